//! Changes of a document before validation: overrides files and `path=value` properties, compatible
//! with the reference implementations.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Code, Diagnostic, Entry, Kind, Node, SourceId, Sources, Span, parse, parse_value,
    template::split_path,
};

/// The maximum number of elements in the path of a property, which is also the maximum depth of
/// documents.
const MAX_PATH: usize = 100;

/// A change of documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// The name of the workload to change; all workloads if absent.
    pub workload: Option<String>,
    /// The location of the override.
    pub span: Span,
    /// The change.
    pub change: Change,
}

/// The change of an [`Overlay`].
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Merges a document: maps are merged deeply, `null` removes a key, anything else is replaced.
    Merge(Node),
    /// Sets the value at a path, or removes it.
    Set {
        /// Keys of maps and indices of lists; `-1` appends.
        path: Vec<String>,
        /// The new value; removes the value if absent.
        value: Option<Node>,
    },
}

impl Overlay {
    /// The overlay of an overrides file, which contains a single document.
    pub fn file(
        workload: Option<String>,
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let parsed = parse(sources, id);
        diagnostics.extend(parsed.diagnostics);
        let mut documents = parsed.documents.into_iter();
        let whole = Span::new(id, 0, sources.get(id).text.len());
        match (documents.next(), documents.next()) {
            (Some(node), None) if matches!(node.kind, Kind::Map(_)) => Some(Self {
                workload,
                span: node.span,
                change: Change::Merge(node),
            }),
            (Some(node), None) => {
                let found = node.kind_name();
                diagnostics.push(
                    Diagnostic::new(
                        Code::OverrideInvalid,
                        format!("expected a map, found {found}"),
                    )
                    .at(node.span, "")
                    .help("an overrides file has the format of a Score file and contains only the differences"),
                );
                None
            }
            (Some(_), Some(second)) => {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OverrideInvalid,
                        "an overrides file must contain a single document",
                    )
                    .at(second.span, "second document here")
                    .help("put it into a separate file"),
                );
                None
            }
            // An empty file changes nothing.
            (None, _) => Some(Self {
                workload,
                span: whole,
                change: Change::Merge(Node {
                    span: whole,
                    kind: Kind::Map(Vec::new()),
                }),
            }),
        }
    }

    /// The overlay of a property of the form `[WORKLOAD:]PATH=VALUE`.
    pub fn property(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = &sources.get(id).text;
        let whole = Span::new(id, 0, text.len());
        let Some((target, value)) = text.split_once('=') else {
            diagnostics.push(
                Diagnostic::new(Code::OverrideInvalid, "the override has no `=`")
                    .at(whole, "")
                    .help(
                        "write `containers.main.image=nginx:1`, with the prefix `web:` to change \
                     only the workload `web`",
                    ),
            );
            return None;
        };
        let (workload, path) = match target.split_once(':') {
            Some((workload, path)) => (Some(workload.to_owned()), path),
            None => (None, target),
        };
        let path = split_path(path);
        if path.len() > MAX_PATH || path.iter().any(String::is_empty) {
            diagnostics.push(
                Diagnostic::new(
                    Code::OverrideInvalid,
                    "the path of the override has an empty element, or too many elements",
                )
                .at(Span::new(id, 0, target.len()), "")
                .help("separate keys with a single dot; `\\.` is a dot inside a key"),
            );
            return None;
        }
        let value = if value.is_empty() {
            None
        } else {
            let place = Span::new(id, text.len() - value.len(), text.len());
            let (node, problems) = parse_value(sources, place);
            let failed = crate::diagnostic::any_error(&problems);
            diagnostics.extend(problems);
            match node {
                Some(node) if !failed => Some(node),
                _ => return None,
            }
        };
        Some(Self {
            workload,
            span: whole,
            change: Change::Set { path, value },
        })
    }

    /// Applies the change to a document.
    pub fn apply(&self, document: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
        match &self.change {
            Change::Merge(node) => merge(document, node),
            Change::Set { path, value } => {
                if let Err((problem, help)) = set(document, path, value.as_ref(), self.span) {
                    diagnostics.push(
                        Diagnostic::new(Code::OverridePath, problem)
                            .at(self.span, "")
                            .help(help),
                    );
                }
            }
        }
    }
}

fn merge(base: &mut Node, overlay: &Node) {
    let (Kind::Map(entries), Kind::Map(changes)) = (&mut base.kind, &overlay.kind) else {
        *base = without_nulls(overlay);
        return;
    };
    let places: BTreeMap<String, usize> = (0..entries.len())
        .map(|at| (entries[at].key.clone(), at))
        .collect();
    let mut removed = BTreeSet::new();
    for change in changes {
        match (places.get(&change.key), &change.value.kind) {
            (Some(&at), Kind::Null) => {
                removed.insert(at);
            }
            (Some(&at), _) => merge(&mut entries[at].value, &change.value),
            (None, Kind::Null) => {}
            (None, _) => entries.push(Entry {
                value: without_nulls(&change.value),
                key: change.key.clone(),
                key_span: change.key_span,
            }),
        }
    }
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        !removed.contains(&(at - 1))
    });
}

/// A part of an overlay that is added to the document as a new value, without the keys whose value
/// is `null`.
fn without_nulls(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .filter(|entry| entry.value.kind != Kind::Null)
                .map(|entry| Entry {
                    value: without_nulls(&entry.value),
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node {
        span: node.span,
        kind,
    }
}

/// A message and a help text.
type Problem = (String, &'static str);

fn set(node: &mut Node, path: &[String], value: Option<&Node>, span: Span) -> Result<(), Problem> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    let kind_name = node.kind_name();
    match &mut node.kind {
        Kind::Map(entries) => set_in_map(entries, key, rest, value, span),
        Kind::List(items) => set_in_list(items, key, rest, value, span),
        _ => Err((
            format!("`{key}` cannot be set in {kind_name}"),
            "only maps and lists can have entries",
        )),
    }
}

fn set_in_map(
    entries: &mut Vec<Entry>,
    key: &str,
    rest: &[String],
    value: Option<&Node>,
    span: Span,
) -> Result<(), Problem> {
    let at = entries.iter().position(|entry| entry.key == key);
    match (at, rest, value) {
        (Some(at), [], Some(value)) => entries[at].value = value.clone(),
        (Some(at), [], None) => {
            entries.remove(at);
        }
        (Some(at), rest, _) => return set(&mut entries[at].value, rest, value, span),
        (None, _, None) => {}
        (None, rest, Some(_)) => {
            let mut child = Node {
                span,
                kind: Kind::Map(Vec::new()),
            };
            match (rest, value) {
                ([], Some(value)) => child = value.clone(),
                _ => set(&mut child, rest, value, span)?,
            }
            entries.push(Entry {
                key: key.to_owned(),
                key_span: span,
                value: child,
            });
        }
    }
    Ok(())
}

fn set_in_list(
    items: &mut Vec<Node>,
    key: &str,
    rest: &[String],
    value: Option<&Node>,
    span: Span,
) -> Result<(), Problem> {
    if key == "-1" {
        let Some(value) = value else {
            return Err((
                "`-1` appends an element and requires a value".to_owned(),
                "write a value after the `=`, or use the index of the element to remove",
            ));
        };
        let mut item = Node {
            span,
            kind: Kind::Map(Vec::new()),
        };
        if rest.is_empty() {
            item = value.clone();
        } else {
            set(&mut item, rest, Some(value), span)?;
        }
        items.push(item);
        return Ok(());
    }
    let length = items.len();
    let index = key
        .parse::<usize>()
        .ok()
        .filter(|index| *index < length)
        .ok_or_else(|| {
            (
                format!("`{key}` is not a valid index of a list of length {length}"),
                "list elements are numbered from 0; `-1` appends an element",
            )
        })?;
    match (rest, value) {
        ([], Some(value)) => items[index] = value.clone(),
        ([], None) => {
            items.remove(index);
        }
        (rest, value) => return set(&mut items[index], rest, value, span),
    }
    Ok(())
}
