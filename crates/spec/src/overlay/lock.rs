//! Paths of Score documents at which the layers decide.
//!
//! A lock compares documents after all changes, not the changes themselves: with merge keys, parents that are
//! replaced and deprecated forms, there are too many ways to change a value.

use std::collections::BTreeMap;

use super::MAX_PATH;
use crate::{Code, Diagnostic, Kind, Node, Span, template::split_path, upgrade::upgrade};

/// A path that Score files and overrides must not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The keys of maps; `*` matches any key. A list is one value: a path into it locks the whole list.
    pub path: Vec<String>,
    /// The location of the lock.
    pub span: Span,
}

/// The path of a value in a document.
pub(super) type Path = Vec<String>;

/// A value at a locked path.
#[derive(Debug, Clone)]
pub(super) struct LockedValue {
    pub(super) value: Node,
    /// The location of its key.
    pub(super) key: Span,
    /// The location of the lock.
    pub(super) lock: Span,
}

impl Lock {
    /// Reads a path such as `containers.*.resources`, in which `\.` is a dot inside a key. Reports a path with an
    /// empty element or too many of them.
    pub fn read(text: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let path = split_path(text);
        if path.len() <= MAX_PATH && !path.iter().any(String::is_empty) {
            return Some(Self { path, span });
        }
        let message = "the locked path has an empty element, or too many elements";
        let help =
            "separate keys with a single dot; `\\.` is a dot inside a key, and `*` is any key";
        let found = Diagnostic::new(Code::ProjectInvalid, message).at(span, "");
        diagnostics.push(found.help(help));
        None
    }
}

/// A document in its current form, as it is validated.
pub(super) fn upgraded(document: &Node) -> Node {
    let mut document = document.clone();
    upgrade(&mut document, &mut Vec::new());
    document
}

/// Whether two values are equal: their types and, except for the order of keys, their contents.
pub(super) fn are_equal(a: Option<&LockedValue>, b: Option<&LockedValue>) -> bool {
    let value = |it: &LockedValue| it.value.to_value();
    a.map(value) == b.map(value)
}

/// Whether a value says nothing that is not also in the value of the layers, of which it may be a part.
pub(super) fn is_part(said: &Node, decided: Option<&Node>) -> bool {
    match (&said.kind, decided.map(|it| &it.kind)) {
        (_, None) => false,
        (Kind::Map(entries), Some(Kind::Map(decided))) => {
            let decided = decided.iter();
            let decided: BTreeMap<&str, &Node> =
                decided.map(|it| (it.key.as_str(), &it.value)).collect();
            let mut entries = entries.iter();
            entries.all(|it| is_part(&it.value, decided.get(it.key.as_str()).copied()))
        }
        (_, Some(_)) => decided.is_some_and(|node| node.to_value() == said.to_value()),
    }
}

/// The name of a path in messages: that of an annotation, or else the whole path.
pub(super) fn shown(path: &[String]) -> String {
    match path {
        [metadata, annotations, name] if metadata == "metadata" && annotations == "annotations" => {
            name.clone()
        }
        path => {
            let keys = path
                .iter()
                .map(|key| key.replace('\\', r"\\").replace('.', r"\."));
            keys.collect::<Vec<_>>().join(".")
        }
    }
}
