//! The input of a run: the project, its Score files, and the options for them.

mod beside;
pub(crate) mod discover;
pub(crate) mod environments;
pub(crate) mod inputs;
mod near;
pub(crate) mod policies;
pub(crate) mod project;
mod project_environment;
mod project_levels;
mod project_output;
mod project_packages;
pub(crate) mod project_patches;
mod project_policies;
pub(crate) mod project_text;
pub(crate) mod revision;
pub(crate) mod root;
pub(crate) mod templates;
pub(crate) mod unused;
