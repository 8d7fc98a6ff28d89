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

mod address;
mod app;
mod candidate;
mod catalogue;
mod command;
mod component;
mod compose;
mod editor;
mod expand;
mod expression;
mod field;
mod flow;
mod folder;
mod functions;
mod helm;
mod kubernetes;
mod lower;
mod name;
mod nul;
mod options;
mod outside;
pub mod parallel;
mod pass;
mod permission;
mod plain_secret;
mod plan;
mod provisioner;
mod raw;
mod request;
mod resolve;
mod room;
mod secret;
mod settings;
mod state;
mod target;
mod text;
mod tree;
mod trial;
mod veil;
mod world;
pub mod yaml;

pub use app::*;
pub use candidate::{Candidate, Verdict};
pub use catalogue::Catalogue;
pub use field::Places;
pub use helm::{HelmOptions, Hole};
pub use kubernetes::{
    Gateway, KubernetesOptions, ObjectFormat, Profile, RouteKind, RouteOptions, SecretsMode,
};
pub use pass::Pass;
pub use permission::{NamePattern, NamePatternError, is_own_variable};
pub use plan::{Identity, Project, Resource, plan};
pub use provisioner::{Output, Params, Provisioner};
pub use request::{Compiled, Request, compile};
pub use resolve::{Commands, Provisioned, Resolved, Surroundings, resolve};
pub use secret::{ALPHANUMERIC, ProjectKey};
pub use settings::Settings;
pub use state::{Answerer, Entry, Known, State, StateError};
pub use target::{
    Annotation, Capability, OutputContent, OutputFile, RenderOptions, Support, TARGETS, Target,
    target,
};
pub use text::{Deferred, Given, Holder, Secret, SecretSource, Segment, Setting, Text, Tree};
pub use trial::Trial;
pub use world::{Call, FileError, Memory, RunError, World};
