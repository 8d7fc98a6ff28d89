//! The application: workloads and the components of resources, in a representation that is
//! independent of targets. Every target renders exactly this.
//!
//! It uses the terms of Score. Concepts of a single target do not belong here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexSet;
use score_spec::{
    Code, Diagnostic, HttpGet, Map, Node, Port, Protocol, Quantities, Quantity, Ready, Span,
};

use crate::ir::{ExistingObject, PatchTemplates, Places, Ref, Registries, Text, Tree, Versions};

/// All components to run. All maps and lists are in the order in which they are rendered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct App {
    /// The name of the project, if it has one.
    pub project: Option<String>,
    /// The components, sorted by name.
    pub components: Map<Component>,
    /// The volumes of components, sorted by name.
    pub volumes: Map<Volume>,
    /// The HTTP routes to components, sorted by host and path.
    pub routes: Vec<Route>,
    /// Container ports that are published on the host, as requested by options and resources.
    pub published: Vec<Published>,
    /// Output of provisioners for a single platform, by the uid of the resource, in dependency
    /// order.
    pub written: Map<Written>,
    /// The workload of a resource, by uid. Shared resources have none.
    pub owners: Map<String>,
    /// The uids of the resources among these that other workloads declare, too.
    pub shared: BTreeSet<String>,
    /// The Score file of a workload, as a path from the folder of the project, by the name of the workload. Empty
    /// without a project.
    pub score_files: Map<String>,
    /// The locations of resource declarations, by uid.
    pub declared: Map<Span>,
    /// The objects of the platform that resources name.
    pub existing: Vec<ExistingObject>,
    /// The replacements for registries. They have been applied to the images of components, but not to those in
    /// [`written`](Self::written).
    pub registries: Registries,
    /// The versions of images of the catalogue. They have been applied to the images of components.
    pub versions: Versions,
    /// The number of images that are set only when files are generated. Always zero except in a check.
    pub open_images: usize,
    /// The patch templates for the target, and their data; absent without them.
    pub patch_templates: Option<PatchTemplates>,
}

impl App {
    /// An image that score-rs itself or its catalogue uses, in the version and from the registry of the project.
    #[must_use]
    pub fn built_in_image(&self, image: &str) -> String {
        self.registries.replace(&self.versions.set(image))
    }
}

/// Output of a provisioner for a single platform.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// Objects of the platform.
    pub objects: Vec<Raw>,
    /// Patches of the components that use the resource.
    pub patches: Vec<Raw>,
    /// Patches of single workloads that use the resource, by name.
    pub workload_patches: BTreeMap<String, Vec<Raw>>,
    /// Files beside the main file, by path below the folder of mounted files.
    pub files: Map<Text>,
}

impl Written {
    /// All objects and patches.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Raw> {
        let patches = self.workload_patches.values().flatten();
        let patches = self.patches.iter().chain(patches);
        self.objects.iter().chain(patches)
    }
}

impl App {
    /// The text with hosts replaced by the names of components, and ports by those of their
    /// services. All other references remain.
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

    /// The patches of provisioners for a platform and component.
    pub fn patches<'a>(
        &'a self,
        component: &'a Component,
        platform: &'a str,
    ) -> impl Iterator<Item = &'a Raw> {
        let patches = self.all_patches(component);
        patches.filter(move |raw| raw.platform == platform)
    }

    /// The patches of provisioners for a component.
    pub(crate) fn all_patches<'a>(
        &'a self,
        component: &'a Component,
    ) -> impl Iterator<Item = &'a Raw> {
        let written = component
            .needs
            .iter()
            .filter_map(|uid| self.written.get(uid));
        written.flat_map(|written| {
            let workload = component.job_of.as_ref().unwrap_or(&component.name);
            let own = written.workload_patches.get(workload);
            written.patches.iter().chain(own.into_iter().flatten())
        })
    }

    /// The objects of provisioners for a platform.
    pub fn objects<'a>(&'a self, platform: &'a str) -> impl Iterator<Item = &'a Raw> {
        let objects = self.written.values().flat_map(|written| &written.objects);
        objects.filter(move |raw| raw.platform == platform)
    }
}

/// The name in a patch that matches all containers of the workload.
pub(crate) const ALL_CONTAINERS: &str = "*";

/// Output of a provisioner in the syntax of a platform, which this module does not interpret.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// The platform: [`Needs::platform`](crate::Needs::platform).
    pub platform: &'static str,
    /// The uid of its resource.
    pub resource: String,
    /// The workload that it is written for; absent for one that all users of the resource share.
    pub workload: Option<String>,
    /// The contents.
    pub tree: Tree,
    /// Their location in the provisioner.
    pub places: Arc<Node>,
}

impl Raw {
    /// The location of a part, given by keys and indices. If an expression created the part, it is
    /// the location of the expression.
    pub fn place(&self, path: &[&str]) -> Span {
        self.node(path).span
    }

    /// The location of the key of a part, or that of the part if an expression created it.
    pub(crate) fn key_place(&self, path: &[&str]) -> Span {
        let Some((key, around)) = path.split_last() else {
            return self.places.span;
        };
        let around = self.node(around);
        around
            .entry(key)
            .map_or(around.span, |entry| entry.key_span)
    }

    /// Whether an expression created the part at this path.
    pub(crate) fn is_expression(&self, path: &[&str]) -> bool {
        let text = self.node(path).text();
        text.is_some_and(|text| text.contains("{{"))
    }

    /// The source text of a part, or of the expression that created it.
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

/// A group of containers that run together and share a network: a workload, or a server or job of a
/// resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// A DNS label, unique in the project. It is the host name of the component.
    pub name: String,
    /// Its purpose.
    pub origin: Origin,
    /// The workload that it belongs to, for a job that a target has separated from its workload.
    pub job_of: Option<String>,
    /// Its lifetime.
    pub run: Run,
    /// Annotations of the workload, after those of the project.
    pub annotations: Map<String>,
    /// The locations of its fields.
    pub places: Places,
    /// The annotations that the project sets for all workloads, even if they do not apply.
    pub defaults: IndexSet<String>,
    /// The service ports, by name.
    pub ports: Map<Port>,
    /// The containers by name, in their original order; never empty.
    pub containers: Map<Container>,
    /// The uids of the resources that it needs, directly or indirectly; empty for a component of a
    /// resource.
    pub needs: IndexSet<String>,
    /// The components whose host or port is in an output of a resource that it declares, even if
    /// the output is not used.
    pub reaches: BTreeSet<String>,
    /// The components that it waits for, with the awaited state, sorted by name.
    pub waits_for: Map<Ready>,
    /// The user and group to which its images switch by themselves, for targets that must not start
    /// them as root.
    pub non_root: Option<NonRoot>,
}

impl Component {
    /// The workload that it belongs to, unless it is shared, and the uid of its resource, unless it is part of a
    /// workload.
    pub(crate) fn belongs_to(&self) -> (Option<&str>, Option<&str>) {
        match &self.origin {
            Origin::Workload(_) => (self.job_of.as_deref().or(Some(&self.name)), None),
            Origin::Resource { uid, workload } => (workload.as_deref(), Some(uid)),
        }
    }
}

/// The purpose of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A workload, with the location of its name in the Score file.
    Workload(Span),
    /// A component of a resource.
    Resource {
        /// The uid of the resource.
        uid: String,
        /// The workload of the resource, unless it is shared.
        workload: Option<String>,
    },
}

/// The lifetime of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Run {
    /// It runs until it is stopped.
    #[default]
    Always,
    /// It runs once, to completion.
    Once,
}

/// A numeric user and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonRoot {
    /// The user id.
    pub user: u32,
    /// The group id.
    pub group: u32,
    /// Whether its programs need the capability to bind ports below 1024 in order to start.
    pub low_ports: bool,
}

/// A container of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The image reference.
    pub image: String,
    /// The build configuration of the image, if it is built.
    pub build: Option<Build>,
    /// Overrides the entry point of the image.
    pub command: Option<Vec<Text>>,
    /// Overrides the default arguments of the image.
    pub args: Option<Vec<Text>>,
    /// The environment variables, in their original order.
    pub variables: Map<Text>,
    /// Files by absolute target path.
    pub files: Map<File>,
    /// Volumes by absolute target path.
    pub mounts: Map<Mount>,
    /// The containers of the component that start after this one, with the conditions that they
    /// wait for.
    pub before: Map<Ready>,
    /// The maximum resources that it may use.
    pub limits: Quantities,
    /// The minimum resources that it needs.
    pub requests: Quantities,
    /// Checks whether it must be restarted.
    pub liveness_probe: Option<Probe>,
    /// Checks whether it can handle requests.
    pub readiness_probe: Option<Probe>,
}

/// The build configuration of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Build {
    /// An object with the syntax of Compose's `build`. The folder is relative to the working
    /// folder.
    pub tree: Tree,
    /// The origin of the request.
    pub asked_by: Asker,
}

/// The origin of a request that not every target supports. Requests by options of a run are meant
/// for its target; those of a project or a resource are meant for the targets that support them.
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
    /// The contents.
    pub content: FileContent,
    /// The permission bits; `0644` by default.
    pub mode: Option<u16>,
}

/// The contents of a [`File`].
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// Text, which can contain references.
    Text(Text),
    /// Binary data.
    Binary(Vec<u8>),
}

/// A volume mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The name of the volume in [`App::volumes`].
    pub volume: String,
    /// The folder inside the volume to mount; its root by default.
    pub path: Option<String>,
    /// Whether the mount is read-only.
    pub read_only: bool,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// A DNS label, unique in the project.
    pub name: String,
    /// The uid of its resource.
    pub resource: String,
    /// A shorter name, unique among the volumes of the only component that can mount it; absent if
    /// any component can.
    pub local_name: Option<String>,
    /// The component whose state it contains. A volume without one is a separate resource that
    /// workloads mount.
    pub owner: Option<String>,
    /// The size to request, in bytes (`1Gi`).
    pub size: Option<Quantity>,
    /// The storage location of its data.
    pub storage: Storage,
}

/// The storage location of the data of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Storage {
    /// Chosen by the platform.
    #[default]
    Managed,
    /// Chosen by the platform, and only as long as necessary: the data may be lost.
    Ephemeral,
    /// In memory. It is lost when the container ends.
    Memory,
    /// This folder of the host.
    Host(String),
    /// An existing volume of the platform with this name.
    Existing(String),
    /// A volume with this name that a provisioner declares in the syntax of the platform.
    Written(String),
}

/// A probe of a container: an HTTP request, a command, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// An HTTP request.
    pub http_get: Option<HttpGet>,
    /// A command to run inside the container.
    pub exec: Option<Vec<Text>>,
}

/// An HTTP route to a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// A DNS label, unique in the project.
    pub name: String,
    /// The uid of the resource that requested it.
    pub resource: String,
    /// The location of its path, or that of the resource if its params do not set it.
    pub path_span: Span,
    /// The location of its hosts, likewise.
    pub host_span: Span,
    /// The location of the path that replaces its path, likewise.
    pub rewrite_span: Span,
    /// The workload that declared it.
    pub workload: String,
    /// The host names of requests: at least one.
    pub hosts: Vec<String>,
    /// The path that requests start with.
    pub path: String,
    /// The path that replaces it before the component receives the request; unchanged if absent.
    pub path_rewrite: Option<String>,
    /// The component that handles requests.
    pub component: String,
    /// The name of the component's port.
    pub port: String,
    /// Annotations of the resource.
    pub annotations: Map<String>,
}

impl Route {
    /// The path as a prefix. A trailing `/` has no meaning then: `/api/` is the path `/api` and all
    /// paths below it, as in the Gateway API and for an Ingress.
    pub fn prefix(&self) -> &str {
        let trimmed = self.path.trim_end_matches('/');
        // After a backslash it is part of an expression.
        let slashes = usize::from(trimmed.ends_with('\\'));
        match self.path.get(..trimmed.len() + slashes) {
            Some("") | None => "/",
            Some(path) => path,
        }
    }

    /// Reports that this route matches the same requests as an earlier one.
    pub(crate) fn same_as(&self, first: &Self, host: &str, path: &str) -> Diagnostic {
        let message = format!(
            "the routes `{}` and `{}` both match `{host}{path}`",
            first.resource, self.resource
        );
        let found = Diagnostic::new(Code::TargetInvalid, message).at(self.path_span, "");
        let found = if first.path_span == self.path_span {
            found
        } else {
            found.at(first.path_span, "the first of them")
        };
        found.help("change the host or the path of one of them")
    }

    /// The path that replaces the prefix, without a trailing `/`, which would be doubled before the
    /// rest of a path.
    pub fn new_prefix(&self) -> Option<&str> {
        let path = self.path_rewrite.as_deref()?.trim_end_matches('/');
        Some(if path.is_empty() { "/" } else { path })
    }
}

/// A container port that is published on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The component that listens.
    pub component: String,
    /// The address of the host; all addresses by default.
    pub address: Option<IpAddr>,
    /// The port on the host.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The location of the request.
    pub span: Option<Span>,
    /// The origin of the request.
    pub asked_by: Asker,
}
