//! Locks by their paths. A document is compared with the locks for the keys that it has, not with all of them.

use std::collections::BTreeMap;

use super::{
    Lock, Slots,
    lock::{LockedValue, Path},
};
use crate::{Kind, Node, Span};

/// The path of annotations.
const ANNOTATIONS: [&str; 2] = ["metadata", "annotations"];

/// The maximum length of the name of an annotation that can have a form for a container. Those of score-rs are short.
const LONGEST_FORM: usize = 100;

/// The locks of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Locks {
    root: Branch,
    /// The locks of annotations with a platform, which also lock the forms for single containers.
    forms: BTreeMap<String, FirstLock>,
    number: usize,
}

/// The locks whose paths have the same beginning.
#[derive(Debug, Clone, PartialEq, Default)]
struct Branch {
    /// The lock with this path.
    here: Option<FirstLock>,
    /// The lock with this path or one below it.
    first: Option<FirstLock>,
    /// Those below any key.
    any: Option<Box<Branch>>,
    /// Those below a key.
    keys: BTreeMap<String, Branch>,
}

/// The first of several locks, which messages show. Those that others imply come last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FirstLock {
    order: (bool, usize),
    span: Span,
}

impl FirstLock {
    fn or(self, other: Option<Self>) -> Self {
        other
            .filter(|other| other.order < self.order)
            .unwrap_or(self)
    }
}

impl Locks {
    /// The locks, with one for each annotation that a locked annotation excludes: setting one removes the other.
    pub fn new(locks: impl IntoIterator<Item = Lock>, slots: Slots) -> Self {
        let mut all = Self::default();
        for lock in locks {
            all.add(&lock, slots);
        }
        all
    }

    /// Adds a lock.
    pub fn add(&mut self, lock: &Lock, slots: Slots) {
        let path: Vec<&str> = lock.path.iter().map(String::as_str).collect();
        self.insert(&path, lock.span, false);
        let [metadata, annotations, name] = path[..] else {
            return;
        };
        if !are_annotations([metadata, annotations]) {
            return;
        }
        let slots = slots.iter().filter(|slot| slot.contains(&name));
        for other in slots.flat_map(|slot| slot.iter()).filter(|it| **it != name) {
            self.insert(&[metadata, annotations, other], lock.span, true);
        }
    }

    fn insert(&mut self, path: &[&str], span: Span, is_implied: bool) {
        if path.is_empty() {
            return;
        }
        let order = (is_implied, self.number);
        let lock = FirstLock { order, span };
        self.number += 1;
        if let [metadata, annotations, name] = *path
            && are_annotations([metadata, annotations])
            && name.contains('/')
        {
            let known = self.forms.get(name).copied();
            self.forms.insert(name.to_owned(), lock.or(known));
        }
        let mut branch = &mut self.root;
        branch.first = Some(lock.or(branch.first));
        for key in path {
            branch = match *key {
                "*" => &mut **branch.any.get_or_insert_default(),
                key => branch.keys.entry(key.to_owned()).or_default(),
            };
            branch.first = Some(lock.or(branch.first));
        }
        branch.here = Some(lock.or(branch.here));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.number == 0
    }

    /// The values of a document at locked paths.
    pub(super) fn values(&self, document: &Node) -> BTreeMap<Path, LockedValue> {
        let mut found = Found::default();
        found.collect(document, document.span, &self.all());
        found.values
    }

    /// Removes the values at locked paths.
    pub(super) fn remove(&self, document: &mut Node) {
        remove_below(document, &self.all());
    }

    fn all(&self) -> Reach<'_> {
        Reach {
            locks: self,
            branches: vec![&self.root],
            form: None,
            annotations: Some(0),
        }
    }

    /// The lock of an annotation whose form for a single container this is, such as `k8s.score.dev/main.pre-stop` of
    /// `k8s.score.dev/pre-stop`. Only annotations for score-rs have this form.
    fn form(&self, annotation: &str) -> Option<FirstLock> {
        let (platform, word) = annotation.split_once('/')?;
        if self.forms.is_empty() || !platform.ends_with(".score.dev") {
            return None;
        }
        let dots = word.match_indices('.').map(|(at, _)| &word[at + 1..]);
        let words = dots.filter(|word| word.len() <= LONGEST_FORM);
        let locks = words.filter_map(|word| self.forms.get(&format!("{platform}/{word}")));
        locks.copied().reduce(|a, b| a.or(Some(b)))
    }
}

/// Whether a path of a lock is that of annotations.
fn are_annotations(path: [&str; 2]) -> bool {
    let mut pairs = path.iter().zip(ANNOTATIONS);
    pairs.all(|(part, name)| *part == "*" || *part == name)
}

/// The locks that can apply to a value and to those in it.
struct Reach<'a> {
    locks: &'a Locks,
    branches: Vec<&'a Branch>,
    /// The lock of the annotation whose form for a container the value is.
    form: Option<FirstLock>,
    /// How many elements of [`ANNOTATIONS`] the path has, if it has nothing else.
    annotations: Option<usize>,
}

impl<'a> Reach<'a> {
    /// Those for an entry.
    fn below(&self, key: &str) -> Self {
        let of_branch = |branch: &&'a Branch| [branch.any.as_deref(), branch.keys.get(key)];
        let at = self.annotations;
        let is_next = at.is_some_and(|at| ANNOTATIONS.get(at).is_some_and(|it| *it == key));
        let is_annotation = at == Some(ANNOTATIONS.len());
        Self {
            locks: self.locks,
            branches: self.branches.iter().flat_map(of_branch).flatten().collect(),
            form: is_annotation.then(|| self.locks.form(key)).flatten(),
            annotations: at.filter(|_| is_next).map(|at| at + 1),
        }
    }

    /// The lock of the whole value. A list is one value.
    fn whole(&self, node: &Node) -> Option<FirstLock> {
        let is_list = matches!(node.kind, Kind::List(_));
        let of_branch = |branch: &&Branch| if is_list { branch.first } else { branch.here };
        let locks = self.branches.iter().filter_map(of_branch).chain(self.form);
        locks.reduce(|a, b| a.or(Some(b)))
    }
}

/// The locked values of a document.
#[derive(Default)]
struct Found {
    path: Path,
    values: BTreeMap<Path, LockedValue>,
}

impl Found {
    fn collect(&mut self, node: &Node, key: Span, reach: &Reach<'_>) {
        if let Some(lock) = reach.whole(node) {
            let value = LockedValue {
                value: node.clone(),
                key,
                lock: lock.span,
            };
            self.values.entry(self.path.clone()).or_insert(value);
        }
        if reach.branches.is_empty() {
            return;
        }
        for entry in node.entries() {
            self.path.push(entry.key.clone());
            self.collect(&entry.value, entry.key_span, &reach.below(&entry.key));
            self.path.pop();
        }
    }
}

fn remove_below(node: &mut Node, reach: &Reach<'_>) {
    if reach.branches.is_empty() {
        return;
    }
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain_mut(|it| {
            let inner = reach.below(&it.key);
            let is_removed = inner.whole(&it.value).is_some();
            if !is_removed {
                remove_below(&mut it.value, &inner);
            }
            !is_removed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Locks;
    use crate::{Kind, Sources, Span, overlay::Lock, parse};

    fn locked(paths: &[&str], document: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let id = sources.add("score.yaml", document);
        let document = parse(&sources, id).documents.remove(0);
        let locks = paths.iter().enumerate().map(|(at, path)| {
            let span = Span::new(id, at, at);
            Lock::read(path, span, &mut Vec::new()).unwrap()
        });
        let locks = Locks::new(locks, &[&["x.score.dev/a", "x.score.dev/b"]]);
        let values = locks.values(&document);
        let mut rest = document.clone();
        locks.remove(&mut rest);
        if !matches!(document.kind, Kind::List(_)) {
            assert_eq!(values.is_empty(), rest == document);
            assert!(locks.values(&rest).is_empty(), "{rest:?}");
        }
        let values = values.iter();
        let shown = values.map(|(path, it)| format!("{} {}", path.join("."), it.lock.start));
        shown.collect()
    }

    #[test]
    fn the_first_lock_of_a_value_counts() {
        for (paths, document, expected) in [
            (
                &["a.b", "a.*"][..],
                "{a: {b: 1, c: 2}, d: 3}",
                &["a.b 0", "a.c 1"][..],
            ),
            (&["a.*", "a.b"], "{a: {b: 1}}", &["a.b 0"]),
            (&["a.b.c", "*"], "{a: {b: [c]}}", &["a 1", "a.b 0"]),
            (&["a.b.c"], "{a: [b]}", &["a 0"]),
            (&["a.b"], "[a]", &[" 0"]),
            (&["a.b"], "{a: x, b: {a: y}}", &[]),
            (
                &["*.b", "a.*.c"],
                "{a: {b: {c: 1}, d: {c: 2}}}",
                &["a.b 0", "a.b.c 1", "a.d.c 1"],
            ),
            (&[], "[a]", &[]),
        ] {
            assert_eq!(locked(paths, document), expected, "{paths:?} {document}");
        }
    }

    #[test]
    fn annotations_are_locked_with_their_forms() {
        let lock = r"metadata.annotations.x\.score\.dev/a";
        let annotations = |names: &str| format!("{{metadata: {{annotations: {{{names}}}}}}}");
        for (names, expected) in [
            (
                "x.score.dev/a: 1",
                &["metadata.annotations.x.score.dev/a 0"][..],
            ),
            (
                "x.score.dev/c.d.a: 1",
                &["metadata.annotations.x.score.dev/c.d.a 0"],
            ),
            (
                "x.score.dev/b: 1",
                &["metadata.annotations.x.score.dev/b 0"],
            ),
            (
                "x.score.dev/c.b: 1",
                &["metadata.annotations.x.score.dev/c.b 0"],
            ),
            ("x.score.dev/ca: 1, y.score.dev/c.a: 1, a: 1", &[]),
        ] {
            assert_eq!(locked(&[lock], &annotations(names)), expected, "{names}");
        }
        let elsewhere = "{params: {annotations: {x.score.dev/c.a: 1}}}";
        assert_eq!(locked(&[lock], elsewhere), [] as [&str; 0]);
    }
}
