//! The destinations of the output of a run, and how it is written or compared with existing files.

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
