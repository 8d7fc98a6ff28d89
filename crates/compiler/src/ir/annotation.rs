//! Annotations that configure a target: their descriptions, and how their values are read.

use score_spec::{Code, Diagnostic, Kind, Node, Sources, Span, diagnostic::any_error, parse_value};

use crate::ir::Component;
use crate::ir::field::Field;

mod settings;

pub(crate) use self::settings::{Setting, ValueProblem, seconds, settings, unknown};

/// An annotation of workloads that configures a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation {
    /// The whole name. A trailing `NAME` represents any name.
    pub name: &'static str,
    /// Its description, one sentence without a final period.
    pub about: &'static str,
    /// The description of its values, which completes "must be".
    pub form: &'static str,
    /// Its values, as far as editors can check and complete them.
    pub values: AnnotationValues,
    /// Whether it can be set for a single container, with the name of the container and a dot
    /// before the last part.
    pub each_container: bool,
}

/// The values of an annotation for editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationValues {
    /// Strings that only the target can check.
    Any,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// Strings that match this regular expression. All valid values do, but not all that match are valid.
    Pattern(&'static str),
}

impl Annotation {
    /// Whether the annotation has this name.
    pub fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix("NAME") {
            Some(start) => name.len() > start.len() && name.starts_with(start),
            None => self.name == name,
        }
    }
}

/// The annotation that sets the kind of a workload on a platform with several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindAnnotation {
    /// Its name.
    pub name: &'static str,
    /// The kind of a workload without the annotation, or with an invalid one.
    pub default: &'static str,
    /// All kinds.
    pub kinds: &'static [&'static str],
}

impl KindAnnotation {
    /// The kind of a workload with this value of the annotation.
    pub(crate) fn kind(&self, value: Option<&str>) -> &'static str {
        let mut kinds = self.kinds.iter();
        let kind = kinds.find(|kind| value == Some(*kind));
        kind.copied().unwrap_or(self.default)
    }
}

/// The maximum length of a value in a message.
const LONG: usize = 40;

/// An error about the value of the annotation `name` of a component. In `known` it is `general`, without the
/// name of a container.
pub(crate) fn invalid_value(
    component: &Component,
    name: &str,
    known: &[Annotation],
    general: &str,
) -> Diagnostic {
    let value = component.annotations.get(name).map_or("", String::as_str);
    let message = if contains_nul(value) {
        format!("the annotation `{name}` contains a NUL character")
    } else if value.contains(char::is_control) || value.chars().count() > LONG {
        format!("the value of the annotation `{name}` is not valid")
    } else {
        format!("the annotation `{name}` cannot be `{value}`")
    };
    let found = component.finding(Code::TargetInvalid, Field::Annotation(name), message);
    match known.iter().find(|known| known.fits(general)) {
        Some(known) => found.help(format!("it must be {}", known.form)),
        None => found,
    }
}

/// A value that is written as YAML. Programs, and programs that read the output, cannot receive strings with a NUL
/// character, so a value with one is not valid.
pub(crate) fn yaml(text: &str) -> Option<Node> {
    parsed(text).filter(|node| !has_nul(node))
}

/// Whether a value that is written as YAML contains a NUL character, as it is or escaped.
pub(crate) fn contains_nul(text: &str) -> bool {
    text.contains('\0') || parsed(text).is_some_and(|node| has_nul(&node))
}

fn parsed(text: &str) -> Option<Node> {
    let mut sources = Sources::new();
    let id = sources.add("annotation", text);
    let (node, problems) = parse_value(&sources, Span::new(id, 0, text.len()));
    node.filter(|_| !any_error(&problems))
}

fn has_nul(node: &Node) -> bool {
    match &node.kind {
        Kind::Text(text) => text.contains('\0'),
        Kind::List(items) => items.iter().any(has_nul),
        Kind::Map(entries) => {
            let mut entries = entries.iter();
            entries.any(|entry| entry.key.contains('\0') || has_nul(&entry.value))
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => false,
    }
}

/// A number, a boolean or a string, as a string.
pub(crate) fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Text(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// The words of a command that is written as a YAML list of strings.
pub(crate) fn command(text: &str) -> Option<Vec<String>> {
    let node = yaml(text)?;
    let Kind::List(items) = &node.kind else {
        return None;
    };
    let words = items.iter().map(|item| item.text().map(str::to_owned));
    let words: Option<Vec<String>> = words.collect();
    words.filter(|words| words.first().is_some_and(|program| !program.is_empty()))
}

/// Distinct names separated by commas, if all are valid.
pub(crate) fn names(text: &str, is_valid: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim) {
        if !is_valid(name) {
            return None;
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Some(names)
}
