//! The nodes and edges of a project.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::model::{Model, ModelResource, ModelRoute, ModelWorkload};

/// The nodes of a project, and edges from those that need others to those that are needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The project, environment and target.
    pub title: String,
    /// The nodes: routes, workloads, resources, external workloads.
    pub nodes: Vec<GraphNode>,
    /// The edges, each between two of the nodes.
    pub edges: Vec<GraphEdge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphNode {
    /// The kind of the thing that it represents.
    pub kind: NodeKind,
    /// Its name in the model: that of a workload, the uid of a resource, or the name of a route.
    pub name: String,
    /// The first line of its label.
    pub title: String,
    /// The second line of its label; can be empty.
    pub subtitle: String,
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// An HTTP route.
    Route,
    /// A workload.
    Workload,
    /// A resource without persistent data.
    Resource,
    /// A resource with persistent data.
    Data,
    /// A resource without a provisioner.
    Unhandled,
    /// A workload outside of the project.
    External,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphEdge {
    /// The index of the node that needs the other one.
    pub from: usize,
    /// The index of the node that is needed.
    pub to: usize,
    /// The meaning of the edge.
    pub kind: EdgeKind,
    /// The name of the resource in the workload, or in the provisioner that requires it.
    pub label: Option<String>,
}

/// The kind of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// A route leads to a workload.
    LeadsTo,
    /// A workload uses the host or port of another one.
    Uses,
    /// A workload declares a resource.
    Declares,
    /// The provisioner of a resource requires another one.
    Requires,
    /// The params of a resource refer to another one.
    RefersTo,
}

impl NodeKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Route,
        Self::Workload,
        Self::Resource,
        Self::Data,
        Self::Unhandled,
        Self::External,
    ];

    /// Its name in style sheets.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Workload => "workload",
            Self::Resource => "resource",
            Self::Data => "data",
            Self::Unhandled => "unhandled",
            Self::External => "external",
        }
    }

    /// Its name in legends.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Route => "Route",
            Self::Workload => "Workload",
            Self::Resource => "Resource",
            Self::Data => "Resource with persistent data",
            Self::Unhandled => "Resource without a provisioner",
            Self::External => "External workload",
        }
    }
}

impl EdgeKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::LeadsTo,
        Self::Uses,
        Self::Declares,
        Self::Requires,
        Self::RefersTo,
    ];

    /// Its name in style sheets.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::LeadsTo => "leads-to",
            Self::Uses => "uses",
            Self::Declares => "declares",
            Self::Requires => "requires",
            Self::RefersTo => "refers-to",
        }
    }

    /// The relation of the first node to the second one, as a verb.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::LeadsTo => "leads to",
            Self::Uses => "uses",
            Self::Declares => "declares",
            Self::Requires => "requires",
            Self::RefersTo => "refers to",
        }
    }

    /// The relation of the second node to the first one.
    pub(crate) fn passive(self) -> &'static str {
        match self {
            Self::LeadsTo => "reached by",
            Self::Uses => "used by",
            Self::Declares => "declared by",
            Self::Requires => "required by",
            Self::RefersTo => "referred to by",
        }
    }
}

impl Graph {
    /// The graph of a model.
    pub fn of(model: &Model) -> Self {
        let routes = model.routes.iter().map(route);
        let workloads = model.workloads.iter().map(|(name, it)| workload(name, it));
        let resources = model.resources.iter().map(|(uid, it)| resource(uid, it));
        let externals = model.externals.iter().map(|(name, it)| GraphNode {
            kind: NodeKind::External,
            name: name.clone(),
            title: name.clone(),
            subtitle: it.host.clone(),
        });
        let nodes = routes.chain(workloads).chain(resources).chain(externals);
        let nodes: Vec<GraphNode> = nodes.collect();
        let edges = edges(model, &nodes);
        Self {
            title: title(model),
            nodes,
            edges,
        }
    }

    /// The names by which a node can be [focused](Self::focused): those of workloads, and the uids of resources.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let nodes = self.nodes.iter().filter(|it| it.kind.has_name());
        nodes.map(|it| it.name.as_str())
    }

    /// The part of the graph with a workload or a resource, everything that it needs, and everything that needs it.
    /// `None` if the graph does not have it.
    pub fn focused(&self, name: &str) -> Option<Self> {
        let is_meant = |it: &GraphNode| it.kind.has_name() && it.name == name;
        let start = self.nodes.iter().position(is_meant)?;
        let forward = self.edges.iter().map(|it| (it.from, it.to)).collect();
        let backward = self.edges.iter().map(|it| (it.to, it.from)).collect();
        let mut kept = reached(self.nodes.len(), start, forward);
        let needing = reached(self.nodes.len(), start, backward);
        kept.iter_mut()
            .zip(needing)
            .for_each(|(kept, it)| *kept |= it);
        let mut new = Vec::with_capacity(kept.len());
        let mut next = 0;
        for kept in &kept {
            new.push(next);
            next += usize::from(*kept);
        }
        let nodes = self.nodes.iter().zip(&kept);
        let edges = self.edges.iter();
        Some(Self {
            title: self.title.clone(),
            nodes: nodes
                .filter(|(_, kept)| **kept)
                .map(|(it, _)| it.clone())
                .collect(),
            edges: edges
                .filter(|it| kept[it.from] && kept[it.to])
                .map(|it| GraphEdge {
                    from: new[it.from],
                    to: new[it.to],
                    ..it.clone()
                })
                .collect(),
        })
    }

    /// Removes from a model what is not in the graph. Its totals remain those of the whole project.
    pub fn retain_in(&self, model: &mut Model) {
        let kept = |kinds: &'static [NodeKind]| {
            let nodes = self.nodes.iter().filter(|it| kinds.contains(&it.kind));
            let names = nodes.map(|it| it.name.clone());
            names.collect::<BTreeSet<String>>()
        };
        let workloads = kept(&[NodeKind::Workload]);
        let resources = kept(&[NodeKind::Resource, NodeKind::Data, NodeKind::Unhandled]);
        let externals = kept(&[NodeKind::External]);
        let is_in = |names: &BTreeSet<String>, name: &Option<String>| {
            name.as_ref().is_none_or(|name| names.contains(name))
        };
        model.workloads.retain(|name, _| workloads.contains(name));
        model.resources.retain(|uid, _| resources.contains(uid));
        let routes = self.nodes.iter().filter(|it| it.kind == NodeKind::Route);
        let routes: BTreeSet<(&str, &str)> = routes
            .map(|it| (it.name.as_str(), it.subtitle.as_str()))
            .collect();
        model
            .routes
            .retain(|it| routes.contains(&(it.name.as_str(), it.path.as_str())));
        model.externals.retain(|name, _| externals.contains(name));
        model.objects.retain(|it| {
            let has_owner = it.workload.is_some() || it.resource.is_some();
            has_owner && is_in(&workloads, &it.workload) && is_in(&resources, &it.resource)
        });
    }
}

impl NodeKind {
    /// Whether nodes of this kind have names that the user knows. The kinds are unambiguous: a uid contains `#`.
    fn has_name(self) -> bool {
        !matches!(self, Self::Route | Self::External)
    }
}

/// Which nodes can be reached from a node.
fn reached(number: usize, start: usize, mut edges: Vec<(usize, usize)>) -> Vec<bool> {
    edges.sort_unstable();
    let mut reached = vec![false; number];
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        if std::mem::replace(&mut reached[node], true) {
            continue;
        }
        let first = edges.partition_point(|(from, _)| *from < node);
        let own = edges[first..].iter().take_while(|(from, _)| *from == node);
        open.extend(own.map(|(_, to)| *to));
    }
    reached
}

fn title(model: &Model) -> String {
    let environment = model.environment.as_ref().map(|it| it.name.as_str());
    let parts = [
        model.project.as_deref(),
        environment,
        model.target.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join(" · ")
}

fn route(route: &ModelRoute) -> GraphNode {
    let host = route.hosts.first().map_or("any host", String::as_str);
    let more = match route.hosts.len() {
        0 | 1 => String::new(),
        number => format!(" and {} more", number - 1),
    };
    GraphNode {
        kind: NodeKind::Route,
        name: route.name.clone(),
        title: format!("{host}{more}"),
        subtitle: route.path.clone(),
    }
}

fn workload(name: &str, workload: &ModelWorkload) -> GraphNode {
    let containers: Vec<&str> = workload.containers.keys().map(String::as_str).collect();
    let scale = workload
        .scale
        .as_ref()
        .map(|scale| match (scale.min, scale.max) {
            (Some(min), Some(max)) if min == max => format!(" × {min}"),
            (Some(min), Some(max)) => format!(" × {min}–{max}"),
            _ => String::new(),
        });
    GraphNode {
        kind: NodeKind::Workload,
        name: name.to_owned(),
        title: name.to_owned(),
        subtitle: format!("{}{}", containers.join(", "), scale.unwrap_or_default()),
    }
}

fn resource(uid: &str, resource: &ModelResource) -> GraphNode {
    let identity = &resource.identity;
    let class = identity.class.as_ref().map(|class| format!(".{class}"));
    let kind = match &resource.provisioner {
        None => NodeKind::Unhandled,
        Some(_) if resource.has_data => NodeKind::Data,
        Some(_) => NodeKind::Resource,
    };
    GraphNode {
        kind,
        name: uid.to_owned(),
        title: format!("{}{}", identity.kind, class.unwrap_or_default()),
        subtitle: identity.id.clone(),
    }
}

fn edges(model: &Model, nodes: &[GraphNode]) -> Vec<GraphEdge> {
    let named = nodes
        .iter()
        .enumerate()
        .filter(|(_, it)| it.kind.has_name());
    let known: BTreeMap<&str, usize> = named.map(|(at, it)| (it.name.as_str(), at)).collect();
    let mut edges = Vec::new();
    let mut add = |from: Option<usize>, to: &str, kind: EdgeKind, label: Option<&String>| {
        // Workloads with errors are not part of the model.
        if let (Some(from), Some(to)) = (from, known.get(to).copied()) {
            let label = label.cloned();
            edges.push(GraphEdge {
                from,
                to,
                kind,
                label,
            });
        }
    };
    for (at, route) in model.routes.iter().enumerate() {
        add(Some(at), &route.workload, EdgeKind::LeadsTo, None);
    }
    let find = |name: &str| known.get(name).copied();
    for (name, workload) in &model.workloads {
        for other in &workload.refers_to {
            add(find(name), other, EdgeKind::Uses, None);
        }
        for (local, uid) in &workload.resources {
            add(find(name), uid, EdgeKind::Declares, Some(local));
        }
    }
    for (uid, resource) in &model.resources {
        for (local, other) in &resource.requires {
            add(find(uid), other, EdgeKind::Requires, Some(local));
        }
        for other in &resource.refers_to {
            add(find(uid), other, EdgeKind::RefersTo, None);
        }
    }
    edges
}
