//! The JSON Schemas of score-rs as strings. Validation against them is not part of this crate.
//!
//! They are plain JSON Schema 2020-12, so editors can use them directly. They also contain annotations
//! that only affect messages:
//!
//! - `x-error`, beside a `pattern`: a description of valid strings, which completes "must be";
//! - `x-empty`: a suggestion for a string that is omitted or empty, or `{"hint": "open-image"}`;
//! - `x-name`, beside a `pattern`: the string is a name, so that a similar valid name is suggested;
//! - `x-pairs`: a list of strings such as `NAME=value` is often written for the map;
//! - `x-short`, beside `properties`: the full form of a map for which a `number`, a `string` or a `list` is
//!   often written, or an `item` of a list;
//! - `x-slips`, beside a `pattern`: wrong suffixes of a string, such as units, and their corrections;
//! - `x-unknown`, beside `properties`: suggestions for fields that do not exist but are often tried;
//! - `x-words`: a command line is often written as a single string.

/// The schema of a Score workload, `score.dev/v1b1`. It accepts the same documents as the official
/// schema.
pub const SCORE_V1B1: &str = include_str!("../score-v1b1.json");

/// The same without annotations: only what decides whether a document is valid.
pub const SCORE_V1B1_RULES: &str = include_str!("../score-v1b1-rules.json");

/// The schema of the optional project file, `score-rs.yaml`.
pub const PROJECT: &str = include_str!("../project.json");

/// The same without annotations.
pub const PROJECT_RULES: &str = include_str!("../project-rules.json");

/// The schema of environment files, for editors: it is derived from that of project files. Settings in them are
/// validated after they have been merged.
pub const ENVIRONMENT: &str = include_str!("../environment.json");

/// The schema of image files beside environment files.
pub const IMAGES: &str = include_str!("../images.json");

/// The schema of provisioner files.
pub const PROVISIONER: &str = include_str!("../provisioner.json");

/// The schema of policy files.
pub const POLICY: &str = include_str!("../policy.json");

/// The schema of files with waivers.
pub const WAIVERS: &str = include_str!("../waivers.json");

/// The schema of the file that describes a template.
pub const TEMPLATE: &str = include_str!("../template.json");

/// The schema of the input of provisioner commands.
pub const RUN_REQUEST: &str = include_str!("../run-request.json");

/// The schema of the output of provisioner commands.
pub const RUN_ANSWER: &str = include_str!("../run-answer.json");

/// The schema of the output of `score-rs validate --format json`.
pub const DIAGNOSTICS: &str = include_str!("../diagnostics.json");

/// The schema of the output of `score-rs graph --format json`.
pub const MODEL: &str = include_str!("../model.json");

/// The schema of the output of `score-rs plan --format json`.
pub const PLAN: &str = include_str!("../plan.json");

/// The schema of the lock file, `score-rs.lock`, which pins provisioner packages.
pub const LOCK: &str = include_str!("../lock.json");
