//! Compiles [Score](https://score.dev) workload specs to Docker Compose, Kubernetes objects and Helm charts.
//!
//! ```text
//! text --load--> Valid<Workload>          (score-spec)
//!      --plan--> Project                  the closed graph of resources
//!      --resolve--> Resolved              what provisioners give: outputs, and what has to run
//!      --lower--> App                     workloads and resources in one vocabulary
//!      --render--> OutputFile             a target's files, secrets still sealed
//! ```
//!
//! [`compile`] is all of it. The passes are plain functions over plain data; all I/O goes through
//! a [`World`], and secrets are made only when a caller [reveals](Text::reveal) a rendered text
//! with the [`ProjectKey`].
//!
//! ```
//! use score_compiler::{Memory, OutputContent, Request, compile, target};
//!
//! let request = Request::new().with_target(target("compose").unwrap()).with_spec(
//!     "score.yaml",
//!     "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1}}}",
//! );
//! let compiled = compile(&Memory::new(), request);
//! assert!(compiled.diagnostics.is_empty());
//! let OutputContent::Text(compose) = &compiled.files[0].content else { panic!() };
//! assert!(compose.redact().contains("image: nginx:1"));
//! ```

mod compile;
mod emit;
mod graph;
mod input;
mod ir;
mod lower;
mod provisioner;
mod resolve;
mod support;
mod targets;

pub use compile::{Compiled, Request, compile};
pub use emit::yaml;
pub use graph::{Identity, Project, Resource, plan};
pub use input::{
    Call, FileError, Memory, NamePattern, NamePatternError, Pass, RunError, Settings, World,
};
pub use ir::*;
pub use provisioner::{
    Candidate, Catalogue, Output, Params, Provisioner, ProvisionerTest, Verdict,
};
pub use resolve::{
    Answerer, Commands, Entry, Known, Provisioned, Resolved, State, StateError, Surroundings,
    resolve,
};
pub use support::parallel;
pub use targets::helm::HelmOptions;
pub use targets::kubernetes::{
    Gateway, KubernetesOptions, ObjectFormat, Profile, RouteKind, RouteOptions, SecretsMode,
};
pub use targets::{
    Capability, OutputContent, OutputFile, RenderOptions, Support, TARGETS, Target, target,
};
