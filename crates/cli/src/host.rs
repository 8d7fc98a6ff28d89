//! The host: disk, environment, processes, the project key and the state. All paths of a checkout
//! are opened through a [`Gate`]. The contents of files are interpreted elsewhere.

pub(crate) mod descendants;
pub(crate) mod disk;
pub(crate) mod env_file;
mod folder;
mod gate;
pub(crate) mod git;
mod git_folder;
pub(crate) mod key;
mod lock;
mod open_file;
mod own_folder;
mod path;
mod pending;
mod pin;
pub(crate) mod process;
mod staged;
pub(crate) mod state_file;
mod temporary;
mod tracked;
mod vault;

pub(crate) use folder::{Folder, Identity, Kind, Shared, is_missing, permissions};
pub(crate) use gate::{
    Gate, Gates, Located, checkout, is_outside, is_private, is_repository, private, repository,
};
pub(crate) use lock::{Locks, tidy};
pub(crate) use open_file::OpenFile;
pub(crate) use own_folder::{PRIVATE_FOLDER, own_folder, private_folder};
pub(crate) use path::{
    LOCK_FILE, OWN_FOLDER, PROJECT_FILE, canonical, folder_of, is_reserved, name, or_here,
    relative, resolved, without_current, without_dots, word,
};
pub(crate) use pending::{Pending, is_spec};
pub(crate) use pin::{Pin, Pins, digest};
pub(crate) use staged::{PREFIX, Staged};
pub(crate) use temporary::TemporaryFolder;
pub(crate) use tracked::require_untracked;
pub(crate) use vault::Vault;
