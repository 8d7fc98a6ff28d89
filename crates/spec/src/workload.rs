//! The workload: a validated Score document with explicit defaults where they do not depend on a
//! target.
//!
//! Fields are named as in the specification (`score.dev/v1b1`). Out of scope: how targets use them.

use std::ops::Deref;
use std::sync::Arc;

use crate::{Map, Node, Quantity, SourceId, Span, Spanned, Value, template::Template};

/// A validated value. Only this crate can create one.
#[derive(Debug, Clone, PartialEq)]
pub struct Valid<T>(pub(crate) T);

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Valid<Workload> {
    /// See [`Workload::with_sources`].
    #[must_use]
    pub fn with_sources(
        self,
        read: impl FnMut(&Workload, &Spanned<String>, bool) -> Option<FileContent>,
    ) -> Self {
        Self(self.0.with_sources(read))
    }
}

impl Workload {
    /// Calls `f` for each string of its containers and of the params of its resources in which placeholders
    /// are expanded.
    pub fn each_template(&self, f: &mut impl FnMut(&Template)) {
        for container in self.containers.values() {
            container.each_template(f);
        }
        for params in self.resources.values().filter_map(|it| it.params.as_ref()) {
            params.value.each_text(&mut |template| f(template));
        }
    }

    /// The workload with the contents of each file with a `source` replaced by the result of `read`
    /// for its path and whether placeholders are expanded. A file without a result is omitted.
    #[must_use]
    pub fn with_sources(
        self,
        mut read: impl FnMut(&Self, &Spanned<String>, bool) -> Option<FileContent>,
    ) -> Self {
        let mut workload = self;
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
        // In reverse order, so that the indices of the others do not change.
        for (at, file, content) in read.into_iter().rev() {
            let files = &mut workload.containers[at].files;
            match content {
                Some(content) => files[file].content = content,
                None => drop(files.shift_remove_index(file)),
            }
        }
        workload
    }
}

/// One Score document.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The source of the document.
    pub source: SourceId,
    /// The document after all overlays, in which deprecated forms have been replaced. Its values have the locations
    /// at which they were written. For the resources of a project, it is the map of resources.
    pub document: Arc<Node>,
    /// `metadata.name`: a DNS label of 2 to 63 characters.
    pub name: Spanned<String>,
    /// `metadata.annotations`, each with the location of its name.
    pub annotations: Map<Spanned<String>>,
    /// The locations of the values of `metadata.annotations`.
    pub annotation_values: Map<Span>,
    /// The whole `metadata`, for `${metadata.…}`.
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
    /// The location.
    pub span: Span,
    /// `port`: the port to connect to.
    pub port: u16,
    /// `targetPort`: the port on which the container listens; by default `port`.
    pub target: u16,
    /// `protocol`.
    pub protocol: Protocol,
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// TCP, the default.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// The spelling of Score and Kubernetes.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
        }
    }
}

/// An entry of `containers`. `T` is the type of its strings.
#[derive(Debug, Clone, PartialEq)]
pub struct Container<T = Template> {
    /// The name with its location.
    pub span: Span,
    /// `image`; `.` means that it is set later.
    pub image: Spanned<String>,
    /// `command`: overrides the entry point of the image. Only escapes are expanded.
    pub command: Option<Vec<T>>,
    /// `args`: overrides the default arguments of the image. Only escapes are expanded.
    pub args: Option<Vec<T>>,
    /// `variables` by name.
    pub variables: Map<T>,
    /// `files` by target path.
    pub files: Map<File<T>>,
    /// `volumes` by target path.
    pub volumes: Map<Volume<T>>,
    /// `before`: the containers that start after this one, with the conditions that they wait for.
    pub before: Map<Before>,
    /// `resources.limits`.
    pub limits: Quantities,
    /// `resources.requests`.
    pub requests: Quantities,
    /// `livenessProbe`.
    pub liveness_probe: Option<Probe<T>>,
    /// `readinessProbe`.
    pub readiness_probe: Option<Probe<T>>,
}

impl Container {
    /// Calls `f` for each string in which placeholders are expanded.
    pub fn each_template(&self, f: &mut impl FnMut(&Template)) {
        self.variables.values().for_each(&mut *f);
        for file in self.files.values() {
            if let FileContent::Text(template) = &file.content {
                f(template);
            }
        }
        for volume in self.volumes.values() {
            f(&volume.source);
        }
    }
}

/// An entry of `files`.
#[derive(Debug, Clone, PartialEq)]
pub struct File<T = Template> {
    /// The target path with its location.
    pub span: Span,
    /// The origin of the contents.
    pub content: FileContent<T>,
    /// `mode`: permission bits.
    pub mode: Option<u16>,
}

/// The contents of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent<T = Template> {
    /// `source`: a path relative to the folder of the Score file.
    Source {
        /// The path as written.
        path: Spanned<String>,
        /// Whether placeholders in the contents are expanded.
        expand: bool,
    },
    /// `content`.
    Text(T),
    /// `binaryContent`, decoded.
    Binary(Vec<u8>),
}

/// An entry of `volumes`.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume<T = Template> {
    /// The target path with its location.
    pub span: Span,
    /// `source`: the name of the volume.
    pub source: T,
    /// `path` inside the volume.
    pub path: Option<String>,
    /// `readOnly`.
    pub read_only: bool,
}

/// An entry of `before`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The name of the other container with its location.
    pub span: Span,
    /// `ready`: the state of this container that the other one waits for.
    pub ready: Ready,
}

/// A state that a container waits for in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ready {
    /// It has started.
    Started,
    /// Its probe has succeeded.
    Healthy,
    /// It has finished without an error.
    Complete,
}

/// `resources.limits` or `resources.requests` of a container, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quantities {
    /// The number of CPUs: `2`, `0.5`, `125m`.
    pub cpu: Option<Spanned<Quantity>>,
    /// The number of bytes with an optional unit: `128Mi`.
    pub memory: Option<Spanned<Quantity>>,
}

impl Quantities {
    /// Reads a node that has been validated against the schema.
    pub fn read(node: Option<&Node>) -> Self {
        Self::read_with(node, |node| node.text().map(str::to_owned))
    }

    /// The same with a function that reads strings.
    pub(crate) fn read_with<W>(
        node: Option<&Node<W>>,
        mut text: impl FnMut(&Node<W>) -> Option<String>,
    ) -> Self {
        let mut quantity = |name: &str, read: fn(&str) -> Option<Quantity>| {
            let node = node?.get(name)?;
            Some(Spanned::new(read(&text(node)?)?, node.span))
        };
        Self {
            cpu: quantity("cpu", Quantity::cpu),
            memory: quantity("memory", Quantity::bytes),
        }
    }
}

/// A probe: `httpGet`, `exec`, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe<T = Template> {
    /// The name of the field with its location.
    pub span: Span,
    /// `httpGet`.
    pub http_get: Option<HttpGet>,
    /// `exec.command`. Only escapes are expanded.
    pub exec: Option<Vec<T>>,
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGet {
    /// `host`; by default the workload itself.
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
    /// The name with its location.
    pub span: Span,
    /// `type`.
    pub kind: Spanned<String>,
    /// `class`.
    pub class: Option<Spanned<String>>,
    /// `id`.
    pub id: Option<Spanned<String>>,
    /// `metadata`, if set.
    pub metadata: Option<Value>,
    /// `params`, if set.
    pub params: Option<Params>,
}

/// `params` of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// The tree with its locations, for diagnostics.
    pub node: crate::Node,
    /// The tree with its placeholders.
    pub value: Value<Template>,
}
