//! The params of a template, and their values.

use score_spec::diagnostic::{any_error, listed, nearest};
use score_spec::schema::{Codes, Place};
use score_spec::{Code, Diagnostic, Entry, Hint, Kind, Map, Node, SourceId, Sources, Span, Value};

use super::{FOLDER, mark};
use crate::environment::params::{example, schema, typed};
use crate::ir::{Text, Tree};
use crate::provisioner::expression::{Pattern, Scope, json_function, to_text};

/// A param of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateParam {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Whether it needs a value.
    pub is_required: bool,
    /// Its default, which can contain expressions.
    pub default: Option<String>,
    /// Its type, if the schema names a single one.
    pub kind: Option<String>,
    /// Its values, if the schema lists them.
    pub choices: Vec<String>,
}

/// The values of all params for one rendering.
#[derive(Debug, Clone)]
pub struct TemplateValues {
    params: Map<Tree>,
    folder: Option<String>,
}

impl TemplateValues {
    /// The names in the expressions of a template: `params` and `folder`.
    pub(super) fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        scope.set("params", &self.params.clone().into_iter().collect::<Tree>());
        if let Some(folder) = &self.folder {
            scope.set(FOLDER, &Tree::Text(Text::from(folder.as_str())));
        }
        scope.define("json", json_function());
        scope
    }

    /// The value of a param as a string.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = to_text(self.params.get(name)?);
        text.as_plain().map(str::to_owned)
    }
}

/// The value that a user or a test sets: a string of an option, or a value of a file.
pub(super) enum Given<'a> {
    Option(&'a str, Span),
    Node(&'a Node),
}

/// All values that are set, by name with the location of the name.
pub(super) type GivenValues<'a> = Vec<(&'a str, Span, Given<'a>)>;

/// The values of options of the form `NAME=VALUE`.
pub(super) fn of_options<'a>(
    params: &[SourceId],
    sources: &'a Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> GivenValues<'a> {
    let mut values = Vec::new();
    for &id in params {
        let text = &sources.get(id).text;
        if let Some((name, value)) = text.split_once('=') {
            let start = name.len() + 1;
            let value = Given::Option(value, Span::new(id, start, text.len()));
            values.push((name, Span::new(id, 0, name.len()), value));
        } else {
            let found = Diagnostic::new(Code::TemplateParams, "a param needs a value");
            let found = found.at(Span::new(id, 0, text.len()), "");
            diagnostics.push(found.help("write `NAME=VALUE`"));
        }
    }
    values
}

/// The values of a map.
pub(super) fn of_map(map: &Node) -> GivenValues<'_> {
    let entries = map.entries().iter();
    entries
        .map(|entry| {
            (
                entry.key.as_str(),
                entry.key_span,
                Given::Node(&entry.value),
            )
        })
        .collect()
}

/// The params that a schema declares.
pub(super) fn declared(params: Option<&Node>) -> Vec<TemplateParam> {
    let Some(params) = params else {
        return Vec::new();
    };
    let plain = |node: &Node| shown(&node.to_value());
    let properties = params.entries_at("properties").iter();
    let params = properties.map(|entry| TemplateParam {
        name: entry.key.clone(),
        description: entry.value.get("description").map(plain),
        is_required: is_required(params, &entry.key),
        default: entry.value.get("default").map(plain),
        kind: entry
            .value
            .get("type")
            .and_then(Node::text)
            .map(str::to_owned),
        choices: entry.value.items_at("enum").iter().map(plain).collect(),
    });
    params.collect()
}

/// A value as the string of an option.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        value => value.to_json().to_string(),
    }
}

fn is_required(params: &Node, name: &str) -> bool {
    let mut required = params.items_at("required").iter();
    required.any(|required| required.text() == Some(name))
}

/// Checks the declarations of params. Errors are reported.
pub(super) fn check(params: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let _ = schema(params, Code::TemplateInvalid, diagnostics);
    let properties = params.entries_at("properties");
    for required in params.items_at("required") {
        let name = required.text().unwrap_or_default();
        if properties.iter().all(|entry| entry.key != name) {
            let message = format!("`required` names the param `{name}`, which is not declared");
            let found = Diagnostic::new(Code::TemplateInvalid, message).at(required.span, "");
            let known = || properties.iter().map(|entry| entry.key.as_str());
            diagnostics.push(found.help(match nearest(name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "declare it under `properties`".to_owned(),
            }));
        }
    }
    for entry in properties {
        if let Some(default) = entry.value.get("default")
            && let Some(text) = default.text()
        {
            let before = diagnostics.len();
            Pattern::parse(text, default.span, diagnostics);
            diagnostics[before..].iter_mut().for_each(mark);
        }
    }
}

/// The values of all params that have one. Unknown, missing and invalid ones are reported.
pub(super) fn values(
    params: Option<&Node>,
    given: &GivenValues<'_>,
    folder: Option<&str>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<TemplateValues> {
    let before = diagnostics.len();
    let properties = params.map_or(&[][..], |params| params.entries_at("properties"));
    for (name, span, _) in given {
        if properties.iter().all(|entry| entry.key != *name) {
            diagnostics.push(unknown(name, *span, properties));
        }
    }
    let mut values = TemplateValues {
        params: Map::default(),
        folder: folder.map(str::to_owned),
    };
    let is_missing = |declared: &Entry| {
        let required = params.is_some_and(|params| is_required(params, &declared.key));
        required && declared.value.get("default").is_none()
    };
    let mut entries: Vec<Entry> = Vec::new();
    for declared in properties {
        // As for other options, the last one takes precedence.
        let found = given.iter().rev().find(|(name, ..)| *name == declared.key);
        let value = match found {
            Some((_, _, Given::Node(node))) => Some((*node).clone()),
            Some((_, _, Given::Option(text, span))) => {
                Some(typed(text, *span, declared, sources, diagnostics))
            }
            None => default(declared, &values, diagnostics),
        };
        let Some(value) = value else {
            diagnostics.extend(is_missing(declared).then(|| missing(declared)));
            continue;
        };
        let text = &mut |text: &str, _| Text::from(text);
        let tree = value.to_value_with(text);
        values.params.insert(declared.key.clone(), tree);
        entries.push(Entry {
            key: declared.key.clone(),
            key_span: value.span,
            value,
        });
    }
    if any_error(&diagnostics[before..]) {
        return None;
    }
    let Some(params) = params else {
        return Some(values);
    };
    let document = Node {
        span: params.span,
        kind: Kind::Map(entries),
    };
    matches(&document, params, sources, diagnostics).then_some(values)
}

/// Checks values by the declarations of their params alone. Problems are reported.
pub(super) fn check_given(
    params: Option<&Node>,
    given: &GivenValues<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let properties = params.map_or(&[][..], |params| params.entries_at("properties"));
    for (name, span, value) in given {
        let declared = properties.iter().find(|entry| entry.key == *name);
        let (Some(declared), Some(params)) = (declared, params) else {
            diagnostics.push(unknown(name, *span, properties));
            continue;
        };
        let value = match value {
            Given::Node(node) => (*node).clone(),
            Given::Option(text, span) => typed(text, *span, declared, sources, diagnostics),
        };
        let map = |key: &str, value: Node| Node {
            span: params.span,
            kind: Kind::Map(vec![Entry {
                key: key.to_owned(),
                key_span: declared.key_span,
                value,
            }]),
        };
        let document = map(name, value);
        let schema = map("properties", map(name, declared.value.clone()));
        matches(&document, &schema, sources, diagnostics);
    }
}

/// Whether the values of params match their schema. Problems are reported.
fn matches(
    document: &Node,
    params: &Node,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let Some(schema) = schema(params, Code::TemplateInvalid, diagnostics) else {
        return false;
    };
    let place = Place {
        path: "params".to_owned(),
        key: None,
    };
    let codes = Codes::all(Code::TemplateParams);
    let problems = schema.check_at(&place, document, sources, &codes);
    let failed = any_error(&problems);
    diagnostics.extend(problems);
    !failed
}

/// The default of a param. Its expressions can use the params before it.
fn default(
    declared: &Entry,
    values: &TemplateValues,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let default = declared.value.get("default")?;
    let Some(text) = default.text().filter(|text| text.contains("{{")) else {
        return Some(default.clone());
    };
    let pattern = Pattern::parse(text, default.span, &mut Vec::new());
    match pattern.evaluate(&values.scope()) {
        Ok(value) => {
            let text = to_text(&value);
            let text = text.as_plain().unwrap_or_default().to_owned();
            Some(Node {
                span: default.span,
                kind: Kind::Text(text),
            })
        }
        Err(failure) => {
            let is_unnamed = values.folder.is_none() && {
                let mut named = values.clone();
                named.folder = Some(FOLDER.to_owned());
                pattern.evaluate(&named.scope()).is_ok()
            };
            if is_unnamed {
                let label = "the name of the working folder is not one of a workload";
                diagnostics.push(missing(declared).at(default.span, label));
            } else {
                diagnostics.extend(failure.map(|found| super::of_template(*found)));
            }
            None
        }
    }
}

fn unknown(name: &str, span: Span, properties: &[Entry]) -> Diagnostic {
    let message = format!("the template has no param `{}`", name.escape_debug());
    let known = || properties.iter().map(|entry| entry.key.as_str());
    let help = match nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if properties.is_empty() => "it has no params".to_owned(),
        None => format!("its params are {}", listed(known())),
    };
    let found = Diagnostic::new(Code::TemplateParams, message);
    found.at(span, "").help(help)
}

fn missing(declared: &Entry) -> Diagnostic {
    let name = &declared.key;
    let message = format!("the template needs the param `{name}`");
    let choices = declared.value.items_at("enum").first();
    let choice = choices.and_then(Node::text).map(str::to_owned);
    Diagnostic::new(Code::TemplateParams, message)
        .at(declared.key_span, "declared here")
        .help(Hint::SetParam {
            name: name.clone(),
            value: choice.unwrap_or_else(|| example(declared)),
        })
}
