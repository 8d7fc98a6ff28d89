//! The JSON Schemas of score-rs as texts. Not: a checker of anything against them.
//!
//! They are plain JSON Schema 2020-12, so editors can use them as they are. Beyond the standard they
//! carry annotations that only shape messages:
//!
//! - `x-error`, beside a `pattern`: what a text must be, in words that follow "must be";
//! - `x-empty`: what to write where a text is left out or empty;
//! - `x-slips`, beside a `pattern`: wrong ends of a text, such as units, with what was probably meant;
//! - `x-unknown`, beside `properties`: for fields that do not exist but are often tried, what to do
//!   instead.

/// The schema of a Score workload, `score.dev/v1b1`. It accepts the same documents as the one that
/// the specification publishes.
pub const SCORE_V1B1: &str = include_str!("../score-v1b1.json");

/// The schema of the optional project file, `score-rs.yaml`.
pub const PROJECT: &str = include_str!("../project.json");

/// The schema of provisioner files.
pub const PROVISIONER: &str = include_str!("../provisioner.json");

/// The schema of what the command of a provisioner reads.
pub const RUN_REQUEST: &str = include_str!("../run-request.json");

/// The schema of what the command of a provisioner writes.
pub const RUN_ANSWER: &str = include_str!("../run-answer.json");

/// The schema of what `score-rs validate --format json` prints.
pub const DIAGNOSTICS: &str = include_str!("../diagnostics.json");

/// The schema of the lock file, `score-rs.lock`, which pins packages of provisioners.
pub const LOCK: &str = include_str!("../lock.json");
