//! Paths of Score documents at which the layers decide.
//!
//! A lock compares documents after all changes, not the changes themselves: with merge keys, parents that are
//! replaced and deprecated forms, there are too many ways to change a value.

use std::collections::BTreeMap;

use super::{MAX_PATH, Slots};
use crate::{Code, Diagnostic, Entry, Kind, Node, Span, template::split_path, upgrade::upgrade};

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

    fn matches(&self, at: usize, key: &str) -> bool {
        let locked = self.path[at].as_str();
        locked == "*" || locked == key || (at == 2 && self.is_annotation() && is_form(key, locked))
    }

    /// Whether the lock is for an annotation.
    fn is_annotation(&self) -> bool {
        self.path.len() == 3 && self.matches(0, "metadata") && self.matches(1, "annotations")
    }
}

/// Whether an annotation is the form of another one for a single container, such as
/// `k8s.score.dev/main.pre-stop` of `k8s.score.dev/pre-stop`. Only annotations for score-rs have this form.
fn is_form(annotation: &str, of: &str) -> bool {
    let (Some((platform, word)), Some((of_platform, of_word))) =
        (annotation.split_once('/'), of.split_once('/'))
    else {
        return false;
    };
    let container = word.strip_suffix(of_word);
    platform == of_platform
        && platform.ends_with(".score.dev")
        && container.is_some_and(|it| it.ends_with('.'))
}

/// The locks, with one for each annotation that a locked annotation excludes: setting one removes the other.
pub(super) fn with_slots(locks: &[Lock], slots: Slots) -> Vec<Lock> {
    let mut all: Vec<Lock> = locks
        .iter()
        .filter(|it| !it.path.is_empty())
        .cloned()
        .collect();
    for lock in locks {
        let [metadata, annotations, name] = &lock.path[..] else {
            continue;
        };
        if !lock.is_annotation() {
            continue;
        }
        let slots = slots.iter().filter(|slot| slot.contains(&name.as_str()));
        let others = slots.flat_map(|slot| slot.iter()).filter(|it| **it != name);
        all.extend(others.map(|other| Lock {
            path: vec![metadata.clone(), annotations.clone(), (*other).to_owned()],
            span: lock.span,
        }));
    }
    all
}

/// A document in its current form, as it is validated.
pub(super) fn upgraded(document: &Node) -> Node {
    let mut document = document.clone();
    upgrade(&mut document, &mut Vec::new());
    document
}

/// The values of a document at locked paths.
pub(super) fn values(document: &Node, locks: &[Lock]) -> BTreeMap<Path, LockedValue> {
    let mut values = BTreeMap::new();
    for lock in locks {
        let mut path = Vec::new();
        collect(document, lock, &mut path, document.span, &mut values);
    }
    values
}

fn collect(
    node: &Node,
    lock: &Lock,
    path: &mut Path,
    key: Span,
    values: &mut BTreeMap<Path, LockedValue>,
) {
    let is_whole = path.len() == lock.path.len() || matches!(node.kind, Kind::List(_));
    if is_whole {
        values.entry(path.clone()).or_insert_with(|| LockedValue {
            value: node.clone(),
            key,
            lock: lock.span,
        });
        return;
    }
    let at = path.len();
    for entry in node.entries().iter().filter(|it| lock.matches(at, &it.key)) {
        path.push(entry.key.clone());
        collect(&entry.value, lock, path, entry.key_span, values);
        path.pop();
    }
}

/// Removes the values at locked paths.
pub(super) fn remove(document: &mut Node, locks: &[Lock]) {
    for lock in locks {
        remove_below(document, lock, 0);
    }
}

fn remove_below(node: &mut Node, lock: &Lock, at: usize) {
    let Kind::Map(entries) = &mut node.kind else {
        return;
    };
    let is_whole = |it: &Entry| at + 1 == lock.path.len() || matches!(it.value.kind, Kind::List(_));
    entries.retain(|it| !(lock.matches(at, &it.key) && is_whole(it)));
    for entry in entries.iter_mut().filter(|it| lock.matches(at, &it.key)) {
        remove_below(&mut entry.value, lock, at + 1);
    }
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
