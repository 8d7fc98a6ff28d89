//! The host's disk: open folders, and the gate through which everything that a checkout can name is
//! opened. Not: what is in the files.

pub(crate) mod descendants;
pub(crate) mod disk;
pub(crate) mod env_file;
mod folder;
mod gate;
pub(crate) mod key;
pub(crate) mod process;
pub(crate) mod state_file;
mod tracked;

pub(crate) use folder::{
    Folder, Identity, Kind, Lock, Shared, is_missing, is_temporary_name, permissions,
    temporary_name,
};
pub(crate) use gate::{
    Gate, Gates, Located, checkout, is_outside, is_private, private, relative, without_dots,
};
pub(crate) use tracked::require_untracked;
