//! Policies: rules about the workloads of a project and what is generated from them, and exceptions from rules.
//!
//! ```text
//! policy files --Policy::read--> Rules --RuleSet::new(Choice)--> RuleSet --Judge--> Findings
//! files of waivers --Waivers--> verdict per finding
//! ```
//!
//! - A [`Rule`] is a condition in CEL ([`expression`]) or a JSON Schema for subjects of one kind ([`On`]).
//! - A [`RuleSet`] has the rules of several [`Policy`] files, with the levels and params that a project has chosen
//!   ([`Choice`]).
//! - A [`Subject`] is plain data: the caller decides what a workload, a pod or the project is. Values are views of
//!   its documents ([`Data`]).
//! - A [`Judge`] applies the rules to one subject after the other, and returns the [`Finding`]s. It reports an
//!   expression that fails once, when it is finished.
//! - [`Waivers`] tell for each finding whether it is waived at a [`Date`].
//!
//! Rules can come from packages, and subjects from pull requests: an evaluation has a limit of steps, an expression that
//! fails is reported and never passes, and no message contains a value of a subject.
//!
//! This crate knows no commands, does no I/O and reads no clock.
//!
//! ```
//! use score_policy::{Choice, Data, Judge, On, Policy, RuleSet, Subject};
//! use score_spec::{Sources, parse};
//!
//! let mut sources = Sources::new();
//! let text = "
//! apiVersion: score-rs/v1
//! kind: Policy
//! name: acme
//! rules:
//!   owner:
//!     on: workload
//!     require: workload.metadata.annotations['acme.example/owner'].startsWith('team-')
//!     message: the workload has no owner
//! ";
//! let policy = sources.add("policies/acme.yaml", text);
//! let mut diagnostics = Vec::new();
//! let policies = Policy::read_all(&sources, policy, &mut diagnostics);
//! let rules = RuleSet::new(policies, &Choice::default(), &sources, &mut diagnostics);
//!
//! let score = sources.add("score.yaml", "metadata: {name: web}");
//! let score = parse(&sources, score).documents.remove(0);
//! let mut judge = Judge::new(&rules);
//! let findings = judge.findings(&Subject::new(On::Workload, Data::Node(&score)));
//! assert_eq!(&*findings[0].rule.id, "acme/owner");
//! diagnostics.extend(judge.finish(&sources));
//! assert!(diagnostics.is_empty());
//! ```

mod admission;
mod condition;
mod data;
mod date;
mod example;
pub mod expression;
mod fix;
mod image;
mod judge;
mod links;
mod outcome;
mod params;
mod policy;
mod project;
mod rule;
mod rule_set;
mod subject;
mod waiver_set;
mod waivers;

pub use admission::{Cluster, Loss, admission_policies};
pub use condition::Condition;
pub use data::Data;
pub use date::Date;
pub use example::Example;
pub use expression::{Expression, Step};
pub use image::image;
pub use judge::{Finding, Judge};
pub use outcome::{Outcome, test};
pub use params::Params;
pub use policy::{BUILT_IN_SCOPES, Policy};
pub use project::{CompiledProject, Judgement, judge};
pub use rule::{Check, Level, Levels, Place, Preset, Rule};
pub use rule_set::{Choice, LevelChoice, ParamChoice, RuleSet, RuleState};
pub use subject::{On, Subject, Variable};
pub use waivers::{Application, Selection, Verdict, Waiver, Waivers};
