#![doc = "placeholder"]
mod app;
mod compose;
mod kubernetes;
mod secret;
mod target;
mod text;
mod tree;

pub use app::*;
pub use secret::{ALPHANUMERIC, ProjectKey};
pub use target::{OutputContent, OutputFile, RenderOptions, TARGETS, Target, target};
pub use text::{Secret, Segment, Text, Tree};
