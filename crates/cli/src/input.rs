//! What a run reads: the project, its Score files, and the options about them. Not: what the files mean.

pub(crate) mod discover;
pub(crate) mod inputs;
pub(crate) mod project;
pub(crate) mod root;
