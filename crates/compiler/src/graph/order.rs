//! The order of resources.

use score_spec::{
    Code, Diagnostic, Map,
    diagnostic::{MOST_NAMED, circle},
    graph,
};

use super::{Params, Resource};

/// The resources that must be resolved before a resource: those to which its params refer, those
/// that its provisioner requires, and, if its params come from the provisioner of another resource,
/// those to which the params of the latter refer.
pub(crate) fn depends_on<'a>(
    resources: &'a Map<Resource>,
    resource: &'a Resource,
) -> impl Iterator<Item = &'a String> {
    let parent = match &resource.params {
        Params::Required { parent, .. } => resources.get(parent),
        Params::None | Params::Declared { .. } => None,
    };
    resource
        .refers_to
        .iter()
        .chain(resource.requires.values())
        .chain(parent.into_iter().flat_map(|parent| &parent.refers_to))
}

/// The resources, each after its dependencies. There is no order if they depend on each other in a
/// cycle, which is reported.
pub(super) fn sorted(
    mut resources: Map<Resource>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Map<Resource> {
    resources.sort_keys();
    let mut edges = Vec::new();
    for (at, resource) in resources.values().enumerate() {
        for uid in depends_on(&resources, resource) {
            edges.extend(resources.get_index_of(uid).map(|other| (other, at)));
        }
    }
    match graph::order(resources.len(), &edges) {
        Ok(order) => {
            let mut entries: Vec<_> = resources.into_iter().map(Some).collect();
            order.iter().filter_map(|&at| entries[at].take()).collect()
        }
        Err(members) => {
            // Edges lead from a dependency to its users; for people the opposite direction is more
            // natural.
            let members: Vec<&Resource> = members.iter().rev().map(|&at| &resources[at]).collect();
            diagnostics.push(cycle(&members));
            Map::default()
        }
    }
}

/// The diagnostic about resources that depend on each other in a cycle.
fn cycle(members: &[&Resource]) -> Diagnostic {
    let names: Vec<&str> = members
        .iter()
        .map(|resource| resource.uid.as_str())
        .collect();
    let mut diagnostic = Diagnostic::new(
        Code::ResourceCycle,
        format!("resources depend on each other: {}", circle(&names)),
    );
    for resource in members.iter().take(MOST_NAMED) {
        diagnostic = diagnostic.at(resource.span, format!("`{}`", resource.uid));
    }
    diagnostic.help(
        "remove one of the placeholders in their `params`, or one of the `resources` of their provisioners",
    )
}
