//! Paths of fields, and how they are found in documents.

use std::fmt;
use std::str::FromStr;

use score_spec::{Entry, Kind, Node, Span};

use crate::ir::{Sealed, Tree};
use crate::targets::OutputObject;

/// The pod templates in controllers, longest first.
const TEMPLATES: [&[&str]; 2] = [
    &["spec", "jobTemplate", "spec", "template"],
    &["spec", "template"],
];

/// The path of a field, as in `spec.template.spec.containers[main].env[PORT].value`. In it, a key with other characters
/// than letters, digits, `-`, `_`, `/` and `$` is in brackets, or in quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath {
    /// The steps, with whether each is an item of a list.
    steps: Vec<(String, bool)>,
}

/// A step of a path that an object does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownField {
    /// The path before it.
    pub parent: FieldPath,
    /// The step.
    pub name: String,
    /// The possible steps in its place.
    pub known: Vec<String>,
}

impl FieldPath {
    /// The fields that name an item of a list, in order of precedence.
    pub const NAMES: [&str; 5] = ["name", "mountPath", "target", "key", "containerPort"];

    /// The keys, and the names or indices of items.
    pub fn steps(&self) -> Vec<&str> {
        self.steps.iter().map(|(step, _)| step.as_str()).collect()
    }

    /// Whether this is the path of the document itself.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The path of the value of a key below this one.
    #[must_use]
    pub fn field(mut self, key: &str) -> Self {
        self.push(key, false);
        self
    }

    /// The path of an item of the list at this path, by its name or index.
    #[must_use]
    pub fn item(mut self, name: &str) -> Self {
        self.push(name, true);
        self
    }

    fn push(&mut self, step: &str, is_item: bool) {
        self.steps.push((step.to_owned(), is_item));
    }
}

impl<S: Into<String>> FromIterator<S> for FieldPath {
    fn from_iter<I: IntoIterator<Item = S>>(steps: I) -> Self {
        let steps = steps.into_iter().map(|step| (step.into(), false));
        Self {
            steps: steps.collect(),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (step, is_item)) in self.steps.iter().enumerate() {
            let is_simple = |c: char| c.is_alphanumeric() || "-_/$".contains(c);
            if step.is_empty() || step.contains(['[', ']', '"']) {
                let step = step.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "[\"{step}\"]")?;
            } else if *is_item || !step.chars().all(is_simple) {
                write!(f, "[{step}]")?;
            } else if index == 0 {
                f.write_str(step)?;
            } else {
                write!(f, ".{step}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    /// The problem.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut path = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = if let Some(inner) = rest.strip_prefix('[') {
                bracketed(inner)?
            } else if path.is_empty() {
                key_before(rest)?
            } else {
                let inner = rest.strip_prefix('.');
                key_before(inner.ok_or("a `.` or `[` must follow a `]` or a quote")?)?
            };
            path.push(&step, rest.starts_with('['));
            rest = after;
        }
        Ok(path)
    }
}

/// The step before a `]`, and the text after that.
fn bracketed(text: &str) -> Result<(String, &str), &'static str> {
    let missing = "a `]` is missing";
    if let Some(quoted) = text.strip_prefix('"') {
        let (step, after) = unquoted(quoted)?;
        return Ok((step, after.strip_prefix(']').ok_or(missing)?));
    }
    let (step, after) = text.split_once(']').ok_or(missing)?;
    Ok((step.to_owned(), after))
}

/// The key at the beginning, and the text after it.
fn key_before(text: &str) -> Result<(String, &str), &'static str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return unquoted(quoted);
    }
    let (key, after) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    if key.is_empty() {
        return Err("a key is empty");
    }
    Ok((key.to_owned(), after))
}

/// The text before a quote, and the text after it.
fn unquoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut unquoted = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((unquoted, &text[at + 1..])),
            '\\' => unquoted.extend(chars.next().map(|(_, c)| c)),
            c => unquoted.push(c),
        }
    }
    Err("a quote is missing")
}

impl OutputObject {
    /// The path of a field with the names of items of lists. The items of the given path are selected by index or
    /// name.
    pub fn field(&self, path: &FieldPath) -> Result<FieldPath, UnknownField> {
        let mut at = &*self.tree;
        let mut found = FieldPath::default();
        for (step, _) in &path.steps {
            let next = match at {
                Tree::List(items) => item(items, step).map(|(name, item)| (name, item, true)),
                at => at.get(step).map(|it| (step.clone(), it, false)),
            };
            let Some((name, next, is_item)) = next else {
                return Err(UnknownField {
                    parent: found,
                    name: step.clone(),
                    known: known(at),
                });
            };
            found.push(&name, is_item);
            at = next;
        }
        Ok(found)
    }
}

/// The possible steps below a part of a document.
fn known(tree: &Tree<Sealed>) -> Vec<String> {
    match tree {
        Tree::Map(entries) => entries.keys().cloned().collect(),
        Tree::List(items) => {
            let items = items.iter().enumerate();
            let name =
                |(index, item): (usize, _)| key(item).map_or(index.to_string(), str::to_owned);
            items.map(name).collect()
        }
        _ => Vec::new(),
    }
}

/// The item of a list with a name or index, and the name with which it is found again.
fn item<'a>(items: &'a [Tree<Sealed>], step: &str) -> Option<(String, &'a Tree<Sealed>)> {
    let named = |name: &str| items.iter().position(|it| key(it) == Some(name));
    let index = named(step).or_else(|| step.parse().ok())?;
    let item = items.get(index)?;
    let name = key(item).filter(|name| named(name) == Some(index));
    let name = name.map_or_else(|| index.to_string(), str::to_owned);
    Some((name, item))
}

/// A step of a path in an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    /// The key, or the name of the item of a list; the index of one without a name.
    pub(super) name: &'a str,
    /// The part of the object; absent if there is none.
    pub(super) part: Option<&'a Tree<Sealed>>,
}

/// The path with the names of items of lists instead of their indices, and the part with that path.
pub(super) fn items<'a>(
    tree: &'a Tree<Sealed>,
    path: &[&'a str],
) -> (Vec<Step<'a>>, Option<&'a Tree<Sealed>>) {
    let mut at = Some(tree);
    let mut steps = Vec::new();
    for step in path {
        let (name, part) = match at {
            Some(Tree::List(items)) => {
                let by_name = || items.iter().find(|it| key(it) == Some(step));
                let index = step.parse::<usize>().ok();
                let item = by_name().or_else(|| items.get(index?));
                (item.and_then(key).unwrap_or(step), item)
            }
            Some(tree) => (*step, tree.get(step)),
            None => (*step, None),
        };
        steps.push(Step { name, part });
        at = part;
    }
    (steps, at)
}

/// The name of an item of a list.
fn key(item: &Tree<Sealed>) -> Option<&str> {
    FieldPath::NAMES
        .into_iter()
        .find_map(|key| match item.get(key)? {
            Tree::Text(text) => text.as_plain(),
            _ => None,
        })
}

/// A path in which a pod template is `pod`, and containers of both lists are in `containers`.
pub(super) fn normal<'a>(path: &[&'a str]) -> Vec<&'a str> {
    let mut templates = TEMPLATES.into_iter();
    let pod = templates.find_map(|template| path.strip_prefix(template));
    let Some(pod) = pod else {
        return path.to_vec();
    };
    let mut pod = [&["pod"], pod].concat();
    if let ["pod", "spec", list, ..] = pod.as_mut_slice()
        && *list == "initContainers"
    {
        *list = "containers";
    }
    pod
}

/// Whether a field can contain the name of its workload, or a name that is made from it.
pub(super) fn is_named_after(path: &[&str]) -> bool {
    let Some(last) = path.last() else {
        return true;
    };
    // Other annotations have values of their own.
    if path.contains(&"annotations") {
        return last.contains("score.dev/");
    }
    let is_below = |step: &&str| {
        [
            "metadata",
            "labels",
            "matchLabels",
            "selector",
            "hostnames",
            "depends_on",
            "env_file",
        ]
        .contains(step)
    };
    let names = [
        "name",
        "source",
        "hostname",
        "network_mode",
        "claimName",
        "secretName",
        "key",
    ];
    path.iter().any(is_below) || names.contains(last) || last.ends_with("Name")
}

/// The part of a document with this path. Items of lists are selected by index or name.
pub(super) fn found<'a>(document: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(document, |at, step| match &at.kind {
        Kind::List(items) => {
            let index = step.parse::<usize>().ok();
            let by_index = index.and_then(|index| items.get(index));
            by_index.or_else(|| items.iter().find(|item| is_named(item, step)))
        }
        _ => at.get(step),
    })
}

/// The part of a provisioner with this path. An expression can be the key of any entry.
pub(super) fn pattern_at<'a>(document: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(document, |at, step| {
        found(at, &[step]).or_else(|| {
            let mut entries = at.entries().iter();
            let entry = entries.find(|entry| entry.key.contains("{{"))?;
            Some(&entry.value)
        })
    })
}

/// Whether an item of a list has a name.
fn is_named(item: &Node, name: &str) -> bool {
    let mut keys = FieldPath::NAMES.into_iter();
    keys.any(|key| item.get(key).and_then(Node::text) == Some(name))
}

/// The location of the part of a patch with this path. An expression can create all that is below it, and the name of
/// an item.
pub(super) fn place_in(patch: &Node, path: &[&str]) -> Option<Span> {
    let mut at = patch;
    for step in path {
        let next = match &at.kind {
            Kind::List(items) => match item_in(items, step) {
                // Maps that are selected by index can be others, as the target merges them by further fields.
                Some(item) if is_other(item, step) => return Some(at.span),
                None if items.iter().any(is_vague) => return Some(at.span),
                item => item,
            },
            Kind::Map(_) => at.entry(step).map(|entry: &Entry| &entry.value),
            _ if is_expression(at) => return Some(at.span),
            _ => None,
        };
        at = next?;
    }
    Some(at.span)
}

/// The item of a list with a name or index.
fn item_in<'a>(items: &'a [Node], step: &str) -> Option<&'a Node> {
    let named = items.iter().find(|item| {
        let assigned = item.text();
        let assigned = assigned.map(|text| text.split_once('=').map_or(text, |(name, _)| name));
        is_named(item, step) || assigned == Some(step)
    });
    let by_index = || {
        let item = items.get(step.parse::<usize>().ok()?)?;
        (!matches!(item.kind, Kind::Map(_))).then_some(item)
    };
    let by_expression = || {
        let mut items = items.iter();
        items.find(|item| {
            let mut names = FieldPath::NAMES.into_iter();
            let name = names.find_map(|name| item.get(name));
            let is_assigned = item.text().is_some_and(|text| {
                let name = text.split_once('=').map(|(name, _)| name);
                name.is_some_and(|name| !name.contains("{{"))
            });
            !is_assigned && is_expression(name.unwrap_or(item))
        })
    };
    let named = named.or_else(by_index).or_else(by_expression);
    named.or_else(|| items.get(step.parse::<usize>().ok()?))
}

/// The locations of the maps and lists around the part with this path, the nearest first.
pub(super) fn around(patch: &Node, path: &[&str]) -> Vec<Span> {
    let mut found = Vec::new();
    if path.is_empty() {
        return vec![patch.span];
    }
    let mut at = Some(patch);
    for step in path {
        let Some(node) = at else {
            break;
        };
        found.push(node.span);
        at = match &node.kind {
            Kind::List(items) => item_in(items, step),
            _ => node.get(step),
        };
    }
    found.reverse();
    found
}

/// Whether an item of a list is a map without the field that names items first, so that it can be any of them.
fn is_vague(item: &Node) -> bool {
    matches!(item.kind, Kind::Map(_)) && item.get(FieldPath::NAMES[0]).is_none()
}

/// Whether an item of a list is a map that does not have a name, and no expression for one.
fn is_other(item: &Node, name: &str) -> bool {
    let mut names = FieldPath::NAMES.into_iter();
    let key = names.find_map(|name| item.get(name));
    matches!(item.kind, Kind::Map(_)) && !is_named(item, name) && !key.is_some_and(is_expression)
}

/// Whether the node is a string with an expression.
fn is_expression(node: &Node) -> bool {
    node.text().is_some_and(|text| text.contains("{{"))
}

#[cfg(test)]
mod tests {
    use super::FieldPath;

    #[test]
    fn paths_are_read_as_they_are_written() {
        for (text, steps) in [
            ("spec.replicas", &["spec", "replicas"][..]),
            ("env[PORT].value", &["env", "PORT", "value"]),
            (
                "metadata.annotations[a.b/c]",
                &["metadata", "annotations", "a.b/c"],
            ),
            ("data.\"a.b\"", &["data", "a.b"]),
            ("data[\"a]\\\"b\"].c", &["data", "a]\"b", "c"]),
            ("", &[]),
        ] {
            let path: FieldPath = text.parse().unwrap();
            assert_eq!(path.steps(), steps, "{text}");
            let again: FieldPath = path.to_string().parse().unwrap();
            assert_eq!(again.steps(), steps, "{text}");
        }
        for wrong in [
            "a[b",
            "a.",
            ".a",
            "a..b",
            "a[b]c",
            "\"a",
            "[\"a\"",
            "a[\"b\"c]",
        ] {
            assert!(wrong.parse::<FieldPath>().is_err(), "{wrong}");
        }
    }
}
