//! The workload: a Score document after validation, with its defaults made explicit where they
//! do not depend on a target.
//!
//! Field names follow the specification (`score.dev/v1b1`). Not: what a target makes of it.

use std::ops::Deref;

use crate::{Map, Node, Quantity, SourceId, Span, Spanned, Template, Value};

/// Something that passed validation. Only this crate makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Valid<T>(pub(crate) T);

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Valid<Workload> {
    /// The workload with the content of each file that has a `source` replaced by what `read`
    /// makes of the source: its path, and whether placeholders in it are expanded. A file for
    /// which nothing comes back is left out.
    #[must_use]
    pub fn with_sources(
        self,
        mut read: impl FnMut(&Workload, &Spanned<String>, bool) -> Option<FileContent>,
    ) -> Self {
        let mut workload = self.0;
        let containers = 0..workload.containers.len();
        let files = containers.flat_map(|at| {
            let files = workload.containers[at].files.iter().enumerate();
            let sources = files.filter_map(|(file, (_, found))| match &found.content {
                FileContent::Source { path, expand } => Some((at, file, path.clone(), *expand)),
                FileContent::Text(_) | FileContent::Binary(_) => None,
            });
            sources.collect::<Vec<_>>()
        });
        let read: Vec<_> = files
            .map(|(at, file, path, expand)| (at, file, read(&workload, &path, expand)))
            .collect();
        // From the last on, so that the places of the others stay what they are.
        for (at, file, content) in read.into_iter().rev() {
            let files = &mut workload.containers[at].files;
            match content {
                Some(content) => files[file].content = content,
                None => drop(files.shift_remove_index(file)),
            }
        }
        Self(workload)
    }
}

/// One Score document.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The text that the document came from.
    pub source: SourceId,
    /// `metadata.name`: a DNS label of 2 to 63 characters.
    pub name: Spanned<String>,
    /// `metadata.annotations`, each with the place of its name.
    pub annotations: Map<Spanned<String>>,
    /// The places of the values of `metadata.annotations`.
    pub annotation_values: Map<Span>,
    /// The whole of `metadata`, which `${metadata.…}` walks.
    pub metadata: Value,
    /// `service.ports` by name.
    pub ports: Map<Port>,
    /// `containers` by name; never empty.
    pub containers: Map<Container>,
    /// `resources` by name.
    pub resources: Map<Resource>,
}

/// An entry of `service.ports`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Where it was written.
    pub span: Span,
    /// `port`: what others connect to.
    pub port: u16,
    /// `targetPort`: what the container listens on; `port` where it is not given.
    pub target: u16,
    /// `protocol`.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// The default.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// As Score and Kubernetes write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
        }
    }
}

/// An entry of `containers`.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The name, where it was written.
    pub span: Span,
    /// `image`; `.` leaves it open.
    pub image: Spanned<String>,
    /// `command`: replaces the entry point of the image. Only escapes are expanded.
    pub command: Option<Vec<Template>>,
    /// `args`: replaces the arguments of the image. Only escapes are expanded.
    pub args: Option<Vec<Template>>,
    /// `variables` by name.
    pub variables: Map<Template>,
    /// `files` by target path.
    pub files: Map<File>,
    /// `volumes` by target path.
    pub volumes: Map<Volume>,
    /// `before`: the containers that start after this one, and what they wait for.
    pub before: Map<Before>,
    /// `resources.limits`.
    pub limits: Quantities,
    /// `resources.requests`.
    pub requests: Quantities,
    /// `livenessProbe`.
    pub liveness_probe: Option<Probe>,
    /// `readinessProbe`.
    pub readiness_probe: Option<Probe>,
}

/// An entry of `files`.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The target path, where it was written.
    pub span: Span,
    /// Where the content comes from.
    pub content: FileContent,
    /// `mode`: permission bits.
    pub mode: Option<u16>,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// `source`: a path relative to the folder of the Score file.
    Source {
        /// The path as it was written.
        path: Spanned<String>,
        /// Whether placeholders in the content are expanded.
        expand: bool,
    },
    /// `content`.
    Text(Template),
    /// `binaryContent`, decoded.
    Binary(Vec<u8>),
}

/// An entry of `volumes`.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// The target path, where it was written.
    pub span: Span,
    /// `source`: names the volume.
    pub source: Template,
    /// `path` inside the volume.
    pub path: Option<String>,
    /// `readOnly`.
    pub read_only: bool,
}

/// An entry of `before`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The other container's name, where it was written.
    pub span: Span,
    /// `ready`: the state of this container that the other one waits for.
    pub ready: Ready,
}

/// A state that a container waits for in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ready {
    /// It has been started.
    Started,
    /// Its probe has succeeded.
    Healthy,
    /// It has ended without an error.
    Complete,
}

/// `resources.limits` or `resources.requests` of a container, as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quantities {
    /// Whole, fractional or milli-CPUs: `2`, `0.5`, `125m`.
    pub cpu: Option<Spanned<Quantity>>,
    /// Bytes with an optional unit: `128Mi`.
    pub memory: Option<Spanned<Quantity>>,
}

impl Quantities {
    /// Reads a node that the schema has accepted.
    pub fn read(node: Option<&Node>) -> Self {
        let quantity = |name: &str, read: fn(&str) -> Option<Quantity>| {
            let node = node?.get(name)?;
            Some(Spanned::new(read(node.text()?)?, node.span))
        };
        Self {
            cpu: quantity("cpu", Quantity::cpu),
            memory: quantity("memory", Quantity::bytes),
        }
    }
}

/// A probe: `httpGet`, `exec`, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The name of the field, where it was written.
    pub span: Span,
    /// `httpGet`.
    pub http_get: Option<HttpGet>,
    /// `exec.command`. Only escapes are expanded.
    pub exec: Option<Vec<Template>>,
}

/// A request over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGet {
    /// `host`; the workload itself where it is not given.
    pub host: Option<String>,
    /// `scheme`: `HTTP` or `HTTPS`.
    pub scheme: Option<String>,
    /// `path`.
    pub path: String,
    /// `port`.
    pub port: u16,
    /// `httpHeaders`: names and values.
    pub headers: Vec<(String, String)>,
}

/// An entry of `resources`.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The name, where it was written.
    pub span: Span,
    /// `type`.
    pub kind: Spanned<String>,
    /// `class`.
    pub class: Option<Spanned<String>>,
    /// `id`.
    pub id: Option<Spanned<String>>,
    /// `metadata`, if it was given.
    pub metadata: Option<Value>,
    /// `params`, if they were given.
    pub params: Option<Params>,
}

/// `params` of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// The tree with its places, for diagnostics.
    pub node: crate::Node,
    /// The tree with its placeholders.
    pub value: Value<Template>,
}
