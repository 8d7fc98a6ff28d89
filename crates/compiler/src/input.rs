//! Everything that a run starts with: the outside world, the project file and options. Not: Score files,
//! which `score-spec` reads, and provisioners.

pub(crate) mod folder;
pub(crate) mod options;
pub(crate) mod outside;
pub(crate) mod pass;
pub(crate) mod permission;
pub(crate) mod settings;
pub(crate) mod world;

pub use pass::Pass;
pub use permission::{NamePattern, NamePatternError};
pub use settings::Settings;
pub use world::{Call, FileError, Memory, RunError, World};
