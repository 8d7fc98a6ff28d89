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
        let mut at = &self.tree;
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

/// The path with the names of items of lists instead of their indices.
pub(super) fn named(tree: &Tree<Sealed>, path: &[&str]) -> Vec<String> {
    let mut at = Some(tree);
    let mut named = Vec::new();
    for step in path {
        let (name, next) = match at {
            Some(Tree::List(items)) => {
                let by_name = || items.iter().find(|it| key(it) == Some(step));
                let index = step.parse::<usize>().ok();
                let item = by_name().or_else(|| items.get(index?));
                (item.and_then(key).unwrap_or(step), item)
            }
            Some(tree) => (*step, tree.get(step)),
            None => (*step, None),
        };
        named.push(name.to_owned());
        at = next;
    }
    named
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
pub(super) fn normal(path: &[String]) -> Vec<&str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut templates = TEMPLATES.into_iter();
    let pod = templates.find_map(|template| path.strip_prefix(template));
    let Some(pod) = pod else {
        return path;
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
pub(super) fn is_named_after(path: &[String]) -> bool {
    let Some(last) = path.last() else {
        return true;
    };
    // Other annotations have values of their own.
    if path.iter().any(|step| step == "annotations") {
        return last.contains("score.dev/");
    }
    let is_below = |step: &String| {
        [
            "metadata",
            "labels",
            "matchLabels",
            "selector",
            "hostnames",
            "depends_on",
            "env_file",
        ]
        .contains(&step.as_str())
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
    path.iter().any(is_below) || names.contains(&last.as_str()) || last.ends_with("Name")
}

/// The part of a document with this path.
pub(super) fn found<'a, T>(document: &'a Node<T>, path: &[&str]) -> Option<&'a Node<T>> {
    path.iter().try_fold(document, |at, step| match at.kind {
        Kind::List(_) => at.items().get(step.parse::<usize>().ok()?),
        _ => at.get(step),
    })
}

/// The location of the part of a patch with this path. An expression can create all that is below it.
pub(super) fn place_in(patch: &Node, path: &[&str]) -> Option<Span> {
    let mut at = patch;
    for step in path {
        let next = match &at.kind {
            Kind::List(items) => {
                let mut items_by_key = items.iter();
                items_by_key.find(|item| {
                    let mut keys = FieldPath::NAMES.into_iter();
                    keys.any(|key| item.get(key).and_then(Node::text) == Some(step))
                })
            }
            Kind::Map(_) => at.entry(step).map(|entry: &Entry| &entry.value),
            Kind::Text(text) if text.contains("{{") => return Some(at.span),
            _ => None,
        };
        at = next?;
    }
    Some(at.span)
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
