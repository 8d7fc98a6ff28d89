//! Where the output of a run goes, and how it is written there, or compared with what is there. Not: what is in it.

pub(crate) mod chart_folder;
pub(crate) mod chart_package;
pub(crate) mod check;
pub(crate) mod destination;
pub(crate) mod exposed;
pub(crate) mod file;
pub(crate) mod folder;
mod fresh;
pub(crate) mod hide;
pub(crate) mod mark;
pub(crate) mod object_folder;
pub(crate) mod rendering;
pub(crate) mod write;
