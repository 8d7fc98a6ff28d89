//! The inputs of a run: the outside world, the project file and options. Score files are read by
//! `score-spec`.

mod audience;
mod environment;
pub(crate) mod external;
pub(crate) mod folder;
pub(crate) mod options;
pub(crate) mod outside;
pub(crate) mod pass;
pub(crate) mod permission;
pub(crate) mod settings;
pub(crate) mod world;

pub use audience::{Audience, NameList};
pub use environment::EnvironmentId;
pub use external::ExternalWorkload;
pub use pass::Pass;
pub use permission::{NamePattern, NamePatternError};
pub use settings::{ProvisionerSource, Settings};
pub use world::{Call, FileError, Memory, RunError, World};
