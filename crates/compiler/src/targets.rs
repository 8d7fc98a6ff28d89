//! The targets: what a project can be rendered to. A new one is a file and a line in [`TARGETS`].

pub(crate) mod compose;
pub(crate) mod helm;
pub(crate) mod kubernetes;
pub(crate) mod settle;

use score_spec::{Code, Diagnostic, Map};

use crate::ir::{Annotation, App, Sealed, Text, Tree};
use crate::targets::helm::HelmOptions;
use crate::targets::kubernetes::KubernetesOptions;

/// A format that an [`App`] can be rendered to.
#[derive(Debug)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// The platform that it is for, which a provisioner may write objects for in its own words.
    pub platform: &'static str,
    /// The file that it is written to where nothing else is said.
    pub default_output: &'static str,
    /// Whether the output is a folder of files.
    pub folder: bool,
    /// Whether variables of the environment are read while rendering. Otherwise the target has
    /// its own way to read them later.
    pub reads_environment: bool,
    /// Whether values that provisioners declare for charts stay open.
    pub open_settings: bool,
    /// The port on which routes answer, where it is not the one that `http` stands for.
    pub routes_port: Option<u16>,
    /// Warnings about a specification that are errors here, because the platform refuses what they
    /// are about.
    pub raises: &'static [Code],
    /// The annotations of workloads that are for it.
    pub annotations: &'static [Annotation],
    /// The keys of the lists in a patch whose items are containers, by name.
    pub container_lists: &'static [&'static str],
    /// What it makes of each field of the specification.
    pub capabilities: &'static [Capability],
    /// A text with host names and ports put in, as containers of this target see them.
    pub resolve: fn(&App, &Text) -> Text,
    /// Renders an application. What the target cannot express is a warning, never silence.
    pub render: fn(&App, &RenderOptions, &mut Vec<Diagnostic>) -> Vec<OutputFile>,
}

/// What a target makes of a field of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The path of the field, in which `*` is any name.
    pub field: &'static str,
    /// How much of it arrives.
    pub support: Support,
    /// How, or what to do about what does not; empty where there is nothing to say.
    pub note: &'static str,
}

/// How much a target can express of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// All.
    Full,
    /// A part. What is left out gives a warning.
    Partial,
    /// Nothing, which gives a warning.
    None,
}

/// Every target; the first is the default.
pub static TARGETS: [Target; 3] = [compose::TARGET, kubernetes::TARGET, helm::TARGET];

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Every annotation that a target knows. Targets of one platform know the same ones.
pub(crate) fn known_annotations() -> impl Iterator<Item = &'static Annotation> {
    let own = TARGETS.iter().filter(|it| it.name == it.platform);
    own.flat_map(|target| target.annotations)
}

/// What a target needs to know beside the application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// The project's name.
    pub project: Option<String>,
    /// The namespace to put objects into.
    pub namespace: Option<String>,
    /// Whether to make that namespace too.
    pub generate_namespace: bool,
    /// The way from the folder of the output to the one that relative paths in options start from,
    /// such as `../..`; nothing where both are the same.
    pub working_folder: Option<String>,
    /// The folder of the files that a Compose file refers to, such as those of its secrets, relative to
    /// that of the Compose file; `.score-rs/compose` if omitted. Two Compose files in one folder need
    /// two of them.
    pub folder: Option<String>,
    /// Entries of a Compose file that the project keeps, by section, in Compose's own words.
    pub compose: Map<Tree>,
    /// What there is to choose for Kubernetes.
    pub kubernetes: KubernetesOptions,
    /// What there is to choose for Helm.
    pub helm: HelmOptions,
}

/// A rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// The path relative to the folder of the main file, with `/`; nothing for the main file,
    /// whose name the caller chooses.
    pub path: Option<String>,
    /// The content. Secrets are still sealed in it.
    pub content: OutputContent,
    /// The permission bits.
    pub mode: u32,
    /// Whether the path depends on a value from outside, so that no message may show it.
    pub is_path_hidden: bool,
}

/// The content of an [`OutputFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputContent {
    /// Text, whose secrets are sealed.
    Text(Text<Sealed>),
    /// Bytes that are not text.
    Binary(Vec<u8>),
}
