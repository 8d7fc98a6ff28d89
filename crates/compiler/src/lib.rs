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
//! A [`Compiler`] reads and checks the [`Inputs`] once; the result can be
//! [rendered](Compiled::render) for any number of [targets](Target). The passes are plain functions
//! over plain data; all I/O goes through a [`World`], and secrets are derived only when a caller
//! [reveals](Text::reveal) a rendered text with the [`ProjectKey`].
//!
//! ```
//! use score_compiler::{Compiler, Compose, Inputs, Kubernetes, Memory, OutputContent, Target};
//!
//! let compiler = Compiler::new();
//! let world = Memory::new();
//! let inputs = Inputs::new().with_spec(
//!     "score.yaml",
//!     "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1}}}",
//! );
//! let compiled = compiler.compile(&world, inputs);
//! for target in [&Compose::default() as &dyn Target, &Kubernetes::default()] {
//!     let rendered = compiled.render(target);
//!     assert!(rendered.diagnostics.is_empty());
//!     let OutputContent::Text(main) = &rendered.files[0].content else { panic!() };
//!     assert!(main.redact().contains("image: nginx:1"));
//! }
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

pub use compile::{Compiled, Compiler, InputText, Inputs, Rendered};
pub use emit::yaml;
pub use graph::{Identity, Project, Resource, plan};
pub use input::{
    Call, FileError, Memory, NamePattern, NamePatternError, Pass, RunError, Settings, World,
};
pub use ir::*;
pub use provisioner::{
    Answer, Candidate, Catalogue, Output, Params, Provision, Provisioner, ProvisionerTest, Query,
    ServerComponent, Verdict,
};
pub use resolve::{
    Answerer, Commands, Entry, Known, Provisioned, Resolved, State, StateError, Surroundings,
    resolve,
};
pub use support::parallel;
pub use targets::kubernetes::{
    Gateway, ObjectFormat, Profile, RouteKind, RouteOptions, SecretsMode,
};
pub use targets::{
    Capability, Compose, Helm, Kubernetes, Needs, OutputContent, OutputFile, Support, Target,
    check_sections, target, targets,
};
