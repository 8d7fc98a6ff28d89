//! Merging a document over the one that it extends.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Entry, Kind, Node, Span};

/// The fields that identify a provisioner or are about it alone.
const NOT_INHERITED: [&str; 5] = ["class", "extends", "for", "id", "tests"];

/// The approximate maximum number of bytes that all provisioners of a project inherit. Many short documents can
/// extend a long one.
const MOST_INHERITED: usize = 32 << 20;

/// The approximate size of a node and of an entry without its strings.
const SIZE_OF_NODE: usize = 64;

/// Merges documents, up to a limit.
#[derive(Debug)]
pub(in crate::provisioner) struct Merge {
    remaining: usize,
    is_reported: bool,
}

impl Default for Merge {
    fn default() -> Self {
        Self {
            remaining: MOST_INHERITED,
            is_reported: false,
        }
    }
}

impl Merge {
    /// The document merged over the one that it extends. Absent if it inherits too much, which is reported once, at
    /// its `extends`.
    pub(in crate::provisioner) fn over(
        &mut self,
        base: &Node,
        document: &Node,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Node> {
        let Some(remaining) = self.remaining.checked_sub(size(base)) else {
            if !std::mem::replace(&mut self.is_reported, true) {
                let place = document.get("extends").unwrap_or(document).span;
                diagnostics.push(too_large(place));
            }
            return None;
        };
        self.remaining = remaining;
        let entries = base.entries().iter();
        let inherited = entries.filter(|it| !NOT_INHERITED.contains(&it.key.as_str()));
        Some(Node {
            span: document.span,
            kind: Kind::Map(merged(inherited, document.entries())),
        })
    }
}

/// A value merged over another one: maps are merged, `null` removes an inherited entry, and anything else is
/// replaced.
///
/// It is the rule of overlays, except that a `null` remains if nothing is inherited under its key: patches and
/// Compose entries contain such values. A merged map has the location of its own part, because that decides what is
/// in it.
fn merge(base: &Node, own: &Node) -> Node {
    let kind = match (&base.kind, &own.kind) {
        (Kind::Map(inherited), Kind::Map(own)) => Kind::Map(merged(inherited.iter(), own)),
        _ => own.kind.clone(),
    };
    Node {
        span: own.span,
        kind,
    }
}

fn merged<'a>(inherited: impl Iterator<Item = &'a Entry>, own: &[Entry]) -> Vec<Entry> {
    let mut changes: BTreeMap<&str, &Entry> = own
        .iter()
        .map(|entry| (entry.key.as_str(), entry))
        .collect();
    let mut entries = Vec::new();
    for entry in inherited {
        match changes.remove(entry.key.as_str()) {
            None => entries.push(entry.clone()),
            Some(change) if change.value.kind == Kind::Null => {}
            Some(change) => entries.push(Entry {
                value: merge(&entry.value, &change.value),
                ..change.clone()
            }),
        }
    }
    let added = own
        .iter()
        .filter(|it| changes.contains_key(it.key.as_str()));
    entries.extend(added.cloned());
    entries
}

/// The approximate number of bytes of a tree.
fn size(node: &Node) -> usize {
    let inner = match &node.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
        Kind::Text(text) => text.len(),
        Kind::List(items) => items.iter().map(size).sum(),
        Kind::Map(entries) => {
            let entries = entries.iter();
            entries.map(|it| it.key.len() + size(&it.value)).sum()
        }
    };
    SIZE_OF_NODE + inner
}

fn too_large(span: Span) -> Diagnostic {
    let message = format!(
        "provisioners inherit more than {} MiB from others",
        MOST_INHERITED >> 20
    );
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(span, "exceeded here")
        .help("extend shorter provisioners, or fewer of them")
}
