//! The application: workloads and what their resources need, in one vocabulary that no target
//! owns. Every target renders this and nothing else.
//!
//! The words are Score's where Score has one. Not: anything that only one target knows.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexSet;
use score_spec::{HttpGet, Map, Node, Port, Protocol, Quantities, Quantity, Ready, Span};

use crate::ir::{Places, Ref, Text, Tree};

/// Everything that is to run. All maps and lists are in the order in which they are rendered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct App {
    /// The name of the project, if it has one.
    pub project: Option<String>,
    /// What runs, by name, sorted by it.
    pub components: Map<Component>,
    /// The volumes that components mount, by name, sorted by it.
    pub volumes: Map<Volume>,
    /// The ways from outside to components, sorted by host and path.
    pub routes: Vec<Route>,
    /// Ports of containers that are published on the host, as options and resources ask for it.
    pub published: Vec<Published>,
    /// What provisioners write for one platform, by the uid of the resource, in dependency order.
    pub written: Map<Written>,
    /// The workload that a resource belongs to, by its uid. Others are shared.
    pub owners: Map<String>,
    /// Where the resources were declared, by uid.
    pub declared: Map<Span>,
}

/// What a provisioner writes for one platform.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// Objects of the platform.
    pub objects: Vec<Raw>,
    /// Changes to the components that need the resource.
    pub patches: Vec<Raw>,
}

impl App {
    /// The text with the names of components in the place of hosts, and the ports of their services.
    /// Everything else remains.
    pub fn addressed(&self, text: &Text) -> Text {
        text.map(|reference| match reference {
            Ref::Host(component) => component.as_str().into(),
            Ref::Port { component, port } => {
                let component = self.components.get(component);
                let port = component.and_then(|component| component.ports.get(port));
                port.map_or_else(Text::new, |port| port.port.to_string().into())
            }
            Ref::Secret(_)
            | Ref::Env { .. }
            | Ref::Variable(_)
            | Ref::KeyRef(_)
            | Ref::Parameter(_) => reference.clone().into(),
        })
    }

    /// What provisioners write for a platform to change a component.
    pub fn patches<'a>(
        &'a self,
        component: &'a Component,
        platform: &'a str,
    ) -> impl Iterator<Item = &'a Raw> {
        let written = component
            .needs
            .iter()
            .filter_map(|uid| self.written.get(uid));
        let patches = written.flat_map(|written| &written.patches);
        patches.filter(move |raw| raw.platform == platform)
    }

    /// The objects that provisioners write for a platform.
    pub fn objects<'a>(&'a self, platform: &'a str) -> impl Iterator<Item = &'a Raw> {
        let objects = self.written.values().flat_map(|written| &written.objects);
        objects.filter(move |raw| raw.platform == platform)
    }
}

/// The name in a patch that stands for all containers of the workload.
pub(crate) const ALL_CONTAINERS: &str = "*";

/// What a provisioner writes in the words of one platform, past the vocabulary of this module.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// The platform: [`Needs::platform`](crate::Needs::platform).
    pub platform: &'static str,
    /// The uid of the resource that it belongs to.
    pub resource: String,
    /// What it says.
    pub tree: Tree,
    /// Where the provisioner says it.
    pub places: Arc<Node>,
}

impl Raw {
    /// The place of a part: a key or an index per step. Where an expression made the part, it is the
    /// place of the expression.
    pub fn place(&self, path: &[&str]) -> Span {
        self.node(path).span
    }

    /// The place of the key of a part, which is that of the part where an expression made it.
    pub(crate) fn key_place(&self, path: &[&str]) -> Span {
        let Some((key, around)) = path.split_last() else {
            return self.places.span;
        };
        let around = self.node(around);
        around
            .entry(key)
            .map_or(around.span, |entry| entry.key_span)
    }

    /// Whether an expression made the part at this path.
    pub(crate) fn is_expression(&self, path: &[&str]) -> bool {
        let text = self.node(path).text();
        text.is_some_and(|text| text.contains("{{"))
    }

    /// What was written for a part, or the expression that made it.
    fn node(&self, path: &[&str]) -> &Node {
        let mut at = &*self.places;
        for step in path {
            let next = match step.parse::<usize>() {
                Ok(index) if !at.items().is_empty() => at.items().get(index),
                _ => at.get(step),
            };
            let Some(next) = next else { break };
            at = next;
        }
        at
    }
}

/// A group of containers that run together and share a network: a workload, or a server or job
/// that a resource needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// A DNS label, unique in the project. Others reach the component by it.
    pub name: String,
    /// What it is there for.
    pub origin: Origin,
    /// How long it runs.
    pub run: Run,
    /// Annotations of the workload; those of the project come first.
    pub annotations: Map<String>,
    /// Where its fields were written.
    pub places: Places,
    /// The annotations that the project gives to all workloads, whether they fit or not.
    pub defaults: IndexSet<String>,
    /// The ports that others connect to, by name.
    pub ports: Map<Port>,
    /// The containers, by name, in the order in which they were written; never empty.
    pub containers: Map<Container>,
    /// The uids of the resources that it needs, directly or through others; of a component that a
    /// resource needs, nothing.
    pub needs: IndexSet<String>,
    /// The components whose host or port an output of a resource that it declares holds, whether
    /// anything uses that output or not.
    pub reaches: BTreeSet<String>,
    /// The components that it waits for, and the state that it waits for, sorted by name.
    pub waits_for: Map<Ready>,
    /// The user and group that its images drop to by themselves, for targets that must not start
    /// them as root.
    pub non_root: Option<NonRoot>,
}

/// What a component is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is a workload; the place is its name in the Score file.
    Workload(Span),
    /// A resource needs it.
    Resource {
        /// The resource's uid.
        uid: String,
        /// The workload that the resource belongs to, unless workloads share it.
        workload: Option<String>,
    },
}

/// How long a component runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Run {
    /// Until it is stopped.
    #[default]
    Always,
    /// Once, to its end.
    Once,
}

/// A numeric user and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonRoot {
    /// The user id.
    pub user: u32,
    /// The group id.
    pub group: u32,
    /// Whether its programs need the right to listen on ports below 1024, or do not start at all.
    pub low_ports: bool,
}

/// A container of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The image reference.
    pub image: String,
    /// How to build the image, if it is built.
    pub build: Option<Build>,
    /// Replaces the entry point of the image.
    pub command: Option<Vec<Text>>,
    /// Replaces the arguments of the image.
    pub args: Option<Vec<Text>>,
    /// The environment, in the order in which it was written.
    pub variables: Map<Text>,
    /// Files by absolute target path.
    pub files: Map<File>,
    /// Volumes by absolute target path.
    pub mounts: Map<Mount>,
    /// The containers of the component that start after this one, and what they wait for.
    pub before: Map<Ready>,
    /// The most that it may use.
    pub limits: Quantities,
    /// What it needs at least.
    pub requests: Quantities,
    /// Tells whether it must be restarted.
    pub liveness_probe: Option<Probe>,
    /// Tells whether it can serve.
    pub readiness_probe: Option<Probe>,
}

/// How to build an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// The words of Compose's `build`. The folder is relative to the working folder.
    pub tree: Tree,
    /// Who asks for it.
    pub asked_by: Asker,
}

/// Who asks for something that not every target can do. What a run asks for by an option is meant
/// for its target; what a project or a resource asks for is meant for the targets that can do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// An option of the run.
    Option,
    /// The project file.
    Project,
    /// The resource with this uid.
    Resource(String),
}

/// A file in a container.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The content.
    pub content: FileContent,
    /// The permission bits; `0644` where none are given.
    pub mode: Option<u16>,
}

/// The content of a [`File`].
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// Text, perhaps with references.
    Text(Text),
    /// Bytes that are not text.
    Binary(Vec<u8>),
}

/// A volume at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The name of the volume in [`App::volumes`].
    pub volume: String,
    /// The folder inside the volume to mount; its root where none is given.
    pub path: Option<String>,
    /// Whether the container may only read.
    pub read_only: bool,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// A DNS label, unique in the project.
    pub name: String,
    /// The uid of the resource that it belongs to.
    pub resource: String,
    /// A shorter name, unique among the volumes of the only component that can mount it; nothing
    /// where any component can.
    pub local_name: Option<String>,
    /// The component whose state it holds. A volume without one is a resource of its own that
    /// workloads mount.
    pub owner: Option<String>,
    /// The size to ask for, in bytes (`1Gi`).
    pub size: Option<Quantity>,
    /// Where its data lies.
    pub storage: Storage,
}

/// Where the data of a volume lies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Storage {
    /// Where the platform puts it.
    #[default]
    Managed,
    /// Where the platform puts it, and no longer than it has to: nothing is lost with the data.
    Ephemeral,
    /// In memory. It is gone when the container ends.
    Memory,
    /// In this folder of the host.
    Host(String),
    /// In a volume of this name that the platform has.
    Existing(String),
}

/// A probe of a container: over HTTP, by a command, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// A request over HTTP.
    pub http_get: Option<HttpGet>,
    /// A command to run inside the container.
    pub exec: Option<Vec<Text>>,
}

/// A way from outside to a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// A DNS label, unique in the project.
    pub name: String,
    /// The uid of the resource that asked for it.
    pub resource: String,
    /// Where its path is written; where the resource is declared if its params do not say.
    pub path_span: Span,
    /// Where its host is written, likewise.
    pub host_span: Span,
    /// The workload that declared it.
    pub workload: String,
    /// The host name that requests ask for.
    pub host: String,
    /// The path that requests begin with.
    pub path: String,
    /// The component that answers.
    pub component: String,
    /// The name of the component's port.
    pub port: String,
    /// Annotations of the resource.
    pub annotations: Map<String>,
}

impl Route {
    /// The path as a prefix. A `/` at its end says nothing then: `/api/` is the path `/api` and all
    /// below it, as in the Gateway API and for an Ingress.
    pub fn prefix(&self) -> &str {
        let trimmed = self.path.trim_end_matches('/');
        // Behind a backslash it is a part of an expression.
        let slashes = usize::from(trimmed.ends_with('\\'));
        match self.path.get(..trimmed.len() + slashes) {
            Some("") | None => "/",
            Some(path) => path,
        }
    }
}

/// A port of a container that the host publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The component that listens.
    pub component: String,
    /// The address of the host; all of them where none is given.
    pub address: Option<IpAddr>,
    /// The port on the host.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// Where it is asked for.
    pub span: Option<Span>,
    /// Who asks for it.
    pub asked_by: Asker,
}
