//! The differences between two documents, field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use score_compiler::ProjectKey;
use score_compiler::kubernetes::FieldShape;
use score_compiler::{FieldPath, ir::Sealed, ir::Text, ir::Tree};

use crate::change::Action;
use crate::document_set::fingerprint;
use crate::quantity::quantity;
use crate::tree::Document;

/// A difference between two documents.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    /// Its path, with the names of items.
    pub(crate) path: FieldPath,
    /// The old value.
    pub(crate) before: Option<&'a Document>,
    /// The new value.
    pub(crate) after: Option<&'a Document>,
    /// The kind of the difference.
    pub(crate) kind: Kind,
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The values differ.
    Value,
    /// The values cannot be compared, because one is sealed and there is no key.
    Sealed,
    /// The items of two lists that are maps or sets have another order.
    Order,
}

/// The values with which strings of both sides are compared.
#[derive(Clone, Copy, Default)]
pub(crate) struct Comparing<'a> {
    /// The keys of both sides.
    pub(crate) keys: (Option<&'a ProjectKey>, Option<&'a ProjectKey>),
    /// The old and the new name of a workload: strings that differ only by it are equal.
    pub(crate) renamed: Option<(&'a str, &'a str)>,
    /// Whether null is a value, as in Compose.
    pub(crate) has_null: bool,
}

/// The result of a comparison of strings.
#[derive(PartialEq, Eq)]
enum Equality {
    Equal,
    Different,
    /// One is sealed, and there is no key.
    Unknown,
}

impl Difference<'_> {
    /// The kind of difference.
    pub(crate) fn action(&self) -> Action {
        match (self.before, self.after) {
            (None, _) => Action::Added,
            (_, None) => Action::Removed,
            _ => Action::Changed,
        }
    }
}

/// The differences between two documents of this shape. A value on one side only is one difference.
pub(crate) fn differences<'a>(
    before: &'a Document,
    after: &'a Document,
    shape: FieldShape,
    comparing: Comparing<'a>,
) -> Vec<Difference<'a>> {
    let mut walk = Walk {
        comparing,
        found: Vec::new(),
    };
    walk.values(
        before,
        after,
        &At {
            shape,
            path: FieldPath::default(),
        },
    );
    walk.found
}

/// A place in both documents.
struct At {
    shape: FieldShape,
    path: FieldPath,
}

impl At {
    fn field(&self, key: &str) -> Self {
        Self {
            shape: self.shape.field(key),
            path: self.path.clone().field(key),
        }
    }

    fn item(&self, name: &str) -> Self {
        Self {
            shape: self.shape.item(),
            path: self.path.clone().item(name),
        }
    }
}

/// Whether a value is a part of what a container runs, or of its files.
fn is_content(path: &FieldPath) -> bool {
    let contents = [
        "image",
        "command",
        "args",
        "entrypoint",
        "value",
        "environment",
        "data",
        "content",
    ];
    path.steps().iter().any(|step| contents.contains(step))
}

struct Walk<'a> {
    comparing: Comparing<'a>,
    found: Vec<Difference<'a>>,
}

impl<'a> Walk<'a> {
    fn values(&mut self, before: &'a Document, after: &'a Document, at: &At) {
        match (before, after) {
            (Tree::Map(old), Tree::Map(new)) => {
                for (key, value) in old.iter() {
                    match new.get(key) {
                        Some(after) if value == after => {}
                        Some(after) => self.values(value, after, &at.field(key)),
                        None => self.one_sided(&at.field(key), (Some(value), None)),
                    }
                }
                for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                    self.one_sided(&at.field(key), (None, Some(value)));
                }
            }
            (Tree::List(old), Tree::List(new)) => self.lists((old, new), (before, after), at),
            _ => self.leaves(before, after, at),
        }
    }

    /// A value that is only on one side: in Kubernetes, `null` is the same as no value.
    fn one_sided(
        &mut self,
        at: &At,
        (before, after): (Option<&'a Document>, Option<&'a Document>),
    ) {
        let is_null = |it: &Document| *it == Tree::Null && !self.comparing.has_null;
        let is_nothing = |value: Option<&Document>| value.is_none_or(is_null);
        if !is_nothing(before) || !is_nothing(after) {
            self.push(at, (before, after), Kind::Value);
        }
    }

    fn push(
        &mut self,
        at: &At,
        (before, after): (Option<&'a Document>, Option<&'a Document>),
        kind: Kind,
    ) {
        self.found.push(Difference {
            path: at.path.clone(),
            before,
            after,
            kind,
        });
    }

    /// Whether two strings in the contents of a renamed workload differ, even if only by its name: there it can mean
    /// something else, such as a host or an image.
    fn differ_in_name(&self, before: &Document, after: &Document, at: &At) -> bool {
        let (Tree::Text(before), Tree::Text(after)) = (before, after) else {
            return false;
        };
        let plain = before.as_plain().zip(after.as_plain());
        let differ = plain.is_some_and(|(before, after)| before != after);
        differ && self.comparing.renamed.is_some() && is_content(&at.path)
    }

    fn leaves(&mut self, before: &'a Document, after: &'a Document, at: &At) {
        match self.comparing.equality(before, after, at.shape) {
            Equality::Equal if self.differ_in_name(before, after, at) => {
                self.push(at, (Some(before), Some(after)), Kind::Value);
            }
            Equality::Equal => {}
            Equality::Different => self.push(at, (Some(before), Some(after)), Kind::Value),
            Equality::Unknown => self.push(at, (Some(before), Some(after)), Kind::Sealed),
        }
    }

    fn lists(
        &mut self,
        (old, new): (&'a [Document], &'a [Document]),
        whole: (&'a Document, &'a Document),
        at: &At,
    ) {
        if old == new {
            return;
        }
        let is_scalar = |item: &Document| !matches!(item, Tree::Map(_) | Tree::List(_));
        if !at.shape.is_set() && old.iter().chain(new).all(is_scalar) {
            let mut pairs = old.iter().zip(new);
            let is_equal = old.len() == new.len()
                && pairs.all(|(a, b)| {
                    self.comparing.equality(a, b, at.shape.item()) == Equality::Equal
                        && !self.differ_in_name(a, b, at)
                });
            if !is_equal {
                self.push(at, (Some(whole.0), Some(whole.1)), Kind::Value);
            }
            return;
        }
        let (pairing, is_map) = pairing(old, new, at.shape);
        let order: Vec<usize> = pairing
            .iter()
            .filter_map(|(old, new)| old.and(*new))
            .collect();
        if !order.is_sorted() {
            let kind = if is_map { Kind::Order } else { Kind::Value };
            self.push(at, (Some(whole.0), Some(whole.1)), kind);
        }

        let labels = (labels(old), labels(new));
        for (before, after) in pairing {
            let name = match (after, before) {
                (Some(index), _) => &labels.1[index],
                (None, Some(index)) => &labels.0[index],
                (None, None) => continue,
            };
            let (before, after) = (before.map(|it| &old[it]), after.map(|it| &new[it]));
            match (before, after) {
                (Some(before), Some(after)) if before == after => {}
                (Some(before), Some(after)) => self.values(before, after, &at.item(name)),
                sides => self.one_sided(&at.item(name), sides),
            }
        }
    }
}

/// The positions of an item in the old and the new list.
type Pair = (Option<usize>, Option<usize>);

/// The items of two lists that belong together: by merge keys if the list has some, else equal ones, then the others in
/// their order. Also whether the list is a map or a set.
fn pairing(old: &[Document], new: &[Document], shape: FieldShape) -> (Vec<Pair>, bool) {
    let mut partners: Vec<Option<usize>> = vec![None; old.len()];
    let mut is_taken = vec![false; new.len()];
    let has_keys = match_by_keys((old, new), shape, (&mut partners, &mut is_taken));
    match_equal((old, new), (&mut partners, &mut is_taken));
    if !has_keys && !shape.is_set() {
        let mut free = (0..new.len())
            .filter(|at| !is_taken[*at])
            .collect::<Vec<_>>()
            .into_iter();
        for partner in partners.iter_mut().filter(|it| it.is_none()) {
            *partner = free.next();
        }
        for index in partners.iter().flatten() {
            is_taken[*index] = true;
        }
    }
    let pairs = partners.iter().enumerate();
    let pairs = pairs.map(|(index, partner)| (Some(index), *partner));
    let added = (0..new.len()).filter(|at| !is_taken[*at]);
    let pairs = pairs.chain(added.map(|at| (None, Some(at))));
    (pairs.collect(), has_keys || shape.is_set())
}

/// Pairs the items with the same merge keys, and returns whether the list has such keys.
fn match_by_keys(
    (old, new): (&[Document], &[Document]),
    shape: FieldShape,
    (partners, is_taken): (&mut [Option<usize>], &mut [bool]),
) -> bool {
    let of = |items: &[Document]| -> Vec<Vec<Option<String>>> {
        items.iter().map(|item| shape.identities(item)).collect()
    };
    let (old, new) = (of(old), of(new));
    let alternatives = old.iter().chain(&new).map(Vec::len).max().unwrap_or(0);
    for alternative in 0..alternatives {
        let mut positions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, keys) in new.iter().enumerate().rev() {
            if let Some(key) = keys.get(alternative).and_then(Option::as_deref)
                && !is_taken[index]
            {
                positions.entry(key).or_default().push(index);
            }
        }
        for (index, keys) in old.iter().enumerate() {
            let key = keys.get(alternative).and_then(Option::as_deref);
            let free = key.filter(|_| partners[index].is_none());
            let found = free.and_then(|key| positions.get_mut(key)?.pop());
            if let Some(found) = found {
                partners[index] = Some(found);
                is_taken[found] = true;
            }
        }
    }
    alternatives > 0
}

/// Pairs equal items that are not paired yet.
fn match_equal(
    (old, new): (&[Document], &[Document]),
    (partners, is_taken): (&mut [Option<usize>], &mut [bool]),
) {
    let mut positions: BTreeMap<Cow<'_, str>, Vec<usize>> = BTreeMap::new();
    for (index, item) in new
        .iter()
        .enumerate()
        .rev()
        .filter(|(at, _)| !is_taken[*at])
    {
        positions.entry(fingerprint(item)).or_default().push(index);
    }
    for (index, item) in old.iter().enumerate() {
        if partners[index].is_some() {
            continue;
        }
        let equal = positions.get_mut(&fingerprint(item)).and_then(|it| {
            let found = it.iter().rposition(|at| new[*at] == *item)?;
            Some(it.remove(found))
        });
        if let Some(found) = equal {
            partners[index] = Some(found);
            is_taken[found] = true;
        }
    }
}

/// The names of items in paths: the first field that can name one if no other item has that name, else the index.
fn labels(items: &[Document]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in items.iter().filter_map(name) {
        *counts.entry(name).or_default() += 1;
    }
    let label = |(index, item): (usize, &Document)| match name(item) {
        Some(name) if counts.get(name) == Some(&1) => name.to_owned(),
        _ => index.to_string(),
    };
    items.iter().enumerate().map(label).collect()
}

/// The names of the items of a list, for a report.
pub(crate) fn names(list: &Document) -> String {
    let items = crate::tree::items(list, &[]);
    let name = |item: &Document| {
        let mut names = FieldPath::NAMES.into_iter();
        let named = names.find_map(|key| crate::tree::scalar(item, &[key]));
        let named = named.or_else(|| crate::tree::scalar(item, &["metadata", "name"]));
        named
            .or_else(|| crate::tree::scalar(item, &[]))
            .unwrap_or_else(|| "?".to_owned())
    };
    items.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn name(item: &Document) -> Option<&str> {
    let mut names = FieldPath::NAMES.into_iter();
    let named = names.find_map(|key| crate::tree::plain(item, &[key]));
    named.or_else(|| crate::tree::plain(item, &["metadata", "name"]))
}

fn is_same_amount(before: &Document, after: &Document) -> bool {
    let amount = amount(before);
    amount.is_some() && amount == self::amount(after)
}

/// The amount of a number or a string.
pub(crate) fn amount(value: &Document) -> Option<i128> {
    match value {
        Tree::Text(text) => quantity(text.as_plain()?),
        Tree::Number(number) => quantity(&number.to_string()),
        _ => None,
    }
}

impl Comparing<'_> {
    fn equality(&self, before: &Document, after: &Document, shape: FieldShape) -> Equality {
        if before == after || (shape.is_quantity() && is_same_amount(before, after)) {
            return Equality::Equal;
        }
        match (before, after) {
            (Tree::Text(before), Tree::Text(after)) => self.of_texts(before, after),
            _ => Equality::Different,
        }
    }

    fn of_texts(&self, before: &Text<Sealed>, after: &Text<Sealed>) -> Equality {
        let is_known = |text: &Text<Sealed>, key: Option<_>| key.is_some() || !text.needs_key();
        let both_sealed = before.is_secret() && after.is_secret();
        if before.is_secret() != after.is_secret() || (both_sealed && self.renamed.is_some()) {
            if !is_known(before, self.keys.0) || !is_known(after, self.keys.1) {
                // Secrets of a renamed workload are derived from its name.
                return if both_sealed {
                    Equality::Different
                } else {
                    Equality::Unknown
                };
            }
            let (before, after) = (before.reveal(self.keys.0), after.reveal(self.keys.1));
            return if before == after {
                Equality::Equal
            } else {
                Equality::Different
            };
        }
        let (Some(before), Some(after)) = (before.as_plain(), after.as_plain()) else {
            return Equality::Different;
        };
        match self.renamed {
            Some((from, to)) if before.replace(from, to) == after => Equality::Equal,
            _ => Equality::Different,
        }
    }
}
