//! The merged files of an environment as one document, for people who ask where a setting comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::{Entry, Kind, Map, Node, Sources};

use super::merge::{merge, take};
use super::{Environment, Environments, Selection};
use crate::input::EnvironmentId;
use crate::input::settings::Layers;

/// The project file, with the environments of a chain merged over it.
#[derive(Debug)]
pub(super) struct Merged {
    /// The environment; absent for the project file alone.
    pub(super) id: Option<EnvironmentId>,
    /// The settings, without `workloads`.
    pub(super) document: Node,
    /// `workloads` of each file. They are not merged, because each applies to Score files.
    pub(super) workloads: Vec<Node>,
    /// The values of params.
    pub(super) params: Map<Node>,
}

impl Environments {
    /// The settings of an environment as one document, in which each value has its location: those of the project
    /// file and of all environments of the chain, with the values of their expressions, the `type` of the
    /// environment, and the images of image files. `workloads` is merged as well, and keeps each `null`. The
    /// fields `apiVersion`, `kind` and `environment` are omitted.
    ///
    /// Absent if anything has errors, which [`settings`](Self::settings) reports.
    pub fn document(&self, selection: &Selection<'_>, sources: &Sources) -> Option<Node> {
        let chain = self.chain(selection.name);
        let merged = self.expanded(&chain, selection, sources, &mut Vec::new())?;
        Some(self.shown(merged, &chain))
    }

    /// The same document with its expressions as they are written. Absent if one of the files has errors.
    pub fn written(&self, name: &str) -> Option<Node> {
        let chain = self.chain(name);
        Some(self.shown(self.merged(&chain)?, &chain))
    }

    /// The files of the settings of a chain, and the values that their expressions contain.
    pub(super) fn sources_of(&self, chain: &[&Environment], params: Map<Node>) -> Layers {
        let below = self.below_project().into_iter();
        let environments = below.chain(chain.iter().copied());
        let of_project = self.project.iter().map(|it| it.span.source);
        let own_fields = chain.last().and_then(|it| self.inherited(&it.name));
        Layers {
            sources: of_project.chain(environments.map(|it| it.source)).collect(),
            own_fields: own_fields.map(Arc::new),
            params: params
                .into_iter()
                .map(|(name, it)| (name, it.span))
                .collect(),
        }
    }

    fn shown(&self, merged: Merged, chain: &[&Environment]) -> Node {
        let Merged {
            id,
            mut document,
            workloads,
            ..
        } = merged;
        for field in ["apiVersion", "kind", "environment"] {
            take(&mut document, field);
        }
        for images in chain.iter().map(|environment| &environment.images) {
            let Some(first) = images.first() else {
                continue;
            };
            let images = map(first, images.clone());
            let layer = map(first, vec![entry("images", images)]);
            merge(&mut document, layer);
        }
        let workloads = workloads.into_iter().reduce(|mut base, layer| {
            lay_over(&mut base, layer);
            base
        });
        let kind = id.and_then(|id| self.inherited(&id.name));
        let kind = kind.and_then(|mut fields| take(&mut fields, "type"));
        if let Kind::Map(entries) = &mut document.kind {
            let at = usize::from(entries.first().is_some_and(|it| it.key == "name"));
            entries.splice(at..at, kind.map(|kind| entry("type", kind)));
            entries.extend(workloads.map(|workloads| entry("workloads", workloads)));
        }
        document
    }
}

/// A map at the location of its first entry.
fn map(first: &Entry, entries: Vec<Entry>) -> Node {
    Node {
        span: first.key_span,
        kind: Kind::Map(entries),
    }
}

/// An entry at the location of its value.
fn entry(key: &str, value: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        key_span: value.span,
        value,
    }
}

/// Merges a layer over another one. `null` replaces a value, because it removes something from Score files.
fn lay_over(base: &mut Node, layer: Node) {
    let (Kind::Map(entries), Kind::Map(_)) = (&mut base.kind, &layer.kind) else {
        *base = layer;
        return;
    };
    let Kind::Map(changes) = layer.kind else {
        return;
    };
    let known = entries.iter().enumerate();
    let known = known.map(|(at, entry)| (entry.key.clone(), at));
    let known: BTreeMap<String, usize> = known.collect();
    for change in changes {
        match known.get(&change.key) {
            Some(&at) => lay_over(&mut entries[at].value, change.value),
            None => entries.push(change),
        }
    }
}
