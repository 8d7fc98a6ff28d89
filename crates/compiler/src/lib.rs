//! Compiles [Score](https://score.dev) workload specs to Docker Compose, Kubernetes objects and Helm charts.
//!
//! ```text
//! text --load--> Valid<Workload>          (score-spec)
//!      --graph--> Project                 the closed graph of resources
//!      --resolve--> Resolved              the results of provisioners: outputs and components
//!      --lower--> App                     workloads and resources in a common representation
//!      --render--> OutputFile             the files of a target, with sealed secrets
//!      --model--> Model                   the description of all of them for other programs
//! ```
//!
//! A [`Compiler`] reads and validates the [`Inputs`] once; the result can be
//! [rendered](Compiled::render) for any number of [targets](Target). The passes are plain functions
//! on plain data. All I/O goes through a [`World`], and secrets are derived only when a caller
//! [reveals](Text::reveal) rendered text with the [`ProjectKey`].
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
mod environment;
mod graph;
mod input;
pub mod ir;
mod lower;
pub mod model;
mod origin;
mod provisioner;
mod resolve;
mod support;
mod targets;
mod template;

pub use compile::{Compiled, Compiler, Description, InputText, Inputs, PatchSource, Rendered};
pub use emit::yaml;
pub use environment::{Environment, Environments, Selection};
pub use input::{EnvironmentId, ExternalWorkload, Memory, NamePattern, Settings, World};
pub use ir::{App, ProjectKey, Text};
pub use origin::{FieldPath, OriginRole, OriginStep, UnknownField};
pub use provisioner::{Answer, Provision, Query, ServerComponent};
pub use resolve::{Commands, State};
#[doc(hidden)]
pub use support::parallel;
pub use targets::{
    Compose, FieldOrigin, Forms, Helm, Kubernetes, Needs, OutputContent, OutputFile, OutputObject,
    Scale, SettingOrigin, Target, TargetOutput, check_sections, target, targets,
};

/// The requests to a [`World`], and the reasons why they fail.
pub mod world {
    pub use crate::input::{Call, FileError, NamePatternError, Pass, RunError};
}

/// Provisioners, and the selection of the one that handles a resource.
pub mod catalogue {
    pub use crate::input::{Audience, NameList, ProvisionerSource};
    pub use crate::provisioner::{
        Candidate, Catalogue, CatalogueEntry, CommandFile, Conditions, Internal, Output, Params,
        Provisioner, ProvisionerTest, Verdict, Wanted,
    };
}

/// Templates of files for new workloads.
pub mod templates {
    pub use crate::template::{
        Origins, OutlineContents, OutlineFile, OutlinePart, RenderedFile, RenderedTemplate,
        Template, TemplateFile, TemplateParam, TemplateValues,
    };
}

/// The graph of resources, and their outputs.
pub mod project {
    pub use crate::graph::{Identity, Project, Resource, ResourceUser};
    pub use crate::resolve::{Provisioned, Resolved};
}

/// The parts of a [`State`].
pub mod state {
    pub use crate::resolve::{
        Deletion, Entry, Imported, ImportedResource, ProvisionerId, RecordedAnswer, StateError,
    };
}

/// Charts for several environments.
pub mod helm {
    pub use crate::targets::EnvironmentCharts;
    pub use crate::targets::helm::merged;
}

/// The parts of Compose files.
pub mod compose {
    pub use crate::targets::compose::SECTIONS;
}

/// The values of the options of [`Kubernetes`], and the fields of objects.
pub mod kubernetes {
    pub use crate::targets::kubernetes::{
        ExternalSecrets, FieldShape, Gateway, Layout, ObjectFormat, Profile, RouteKind,
        RouteOptions, SecretsMode, StoreKind,
    };
}

/// The support of a target for each field of the specification, and the annotations that configure
/// targets.
pub mod fields {
    pub use crate::ir::{Annotation, AnnotationValues};
    pub use crate::targets::{Capability, Support, known_annotations};
}

/// Single passes, for benchmarks.
#[doc(hidden)]
pub mod passes {
    pub use crate::graph::build;
    pub use crate::resolve::{ResolveOptions, resolve};
}
