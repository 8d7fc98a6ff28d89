//! Everything that a run prints: diagnostics, failures, progress, tables and differences.

pub(crate) mod advice;
pub(crate) mod console;
pub(crate) mod difference;
pub(crate) mod failure;
pub(crate) mod findings;
pub(crate) mod format;
pub(crate) mod human;
pub(crate) mod levels;
pub(crate) mod output_text;
pub(crate) mod printable;
pub(crate) mod progress;
pub(crate) mod snippet;
pub(crate) mod table;
