//! The params of an environment: their JSON Schema, and their values in a run.

use score_spec::schema::{Codes, Place, Schema};
use score_spec::{
    Code, Diagnostic, Entry, Hint, Kind, Map, Node, Sources, Span, diagnostic::any_error,
    parse_value,
};

use super::Selection;

/// The declared params of an environment.
#[derive(Debug)]
pub(super) struct ParamSchema<'a> {
    /// The declarations, a JSON Schema; absent without params.
    node: Option<&'a Node>,
}

impl<'a> ParamSchema<'a> {
    /// The params that this schema declares.
    pub(super) fn of(node: Option<&'a Node>) -> Self {
        Self { node }
    }

    /// The values of all params that have one: from the selection, defaults or examples. Missing and invalid ones are
    /// reported.
    pub(super) fn values(
        &self,
        selection: &Selection<'_>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Map<Node>> {
        let Some(node) = self.node else {
            return Some(Map::default());
        };
        let schema = schema(node, Code::EnvironmentInvalid, diagnostics)?;
        let is_required = |name: &str| {
            let mut required = node.items_at("required").iter();
            required.any(|required| required.text() == Some(name))
        };
        let before = diagnostics.len();
        let mut entries: Vec<Entry> = Vec::new();
        for declared in node.entries_at("properties") {
            let name = &declared.key;
            if let Some(value) = value(declared, selection, sources, diagnostics) {
                entries.push(Entry {
                    key: name.clone(),
                    key_span: value.span,
                    value,
                });
            } else if is_required(name) {
                diagnostics.push(missing(declared, selection.name));
            }
        }
        if diagnostics.len() > before {
            return None;
        }
        let values = entries.iter();
        let values = values.map(|entry| (entry.key.clone(), entry.value.clone()));
        let values = values.collect();
        let document = Node {
            span: node.span,
            kind: Kind::Map(entries),
        };
        let codes = Codes::all(Code::EnvironmentParams);
        let place = Place {
            path: "params".to_owned(),
            key: None,
        };
        let problems = schema.check_at(&place, &document, sources, &codes);
        let failed = any_error(&problems);
        diagnostics.extend(problems);
        (!failed).then_some(values)
    }
}

/// The compiled schema. An invalid one is reported with a code.
pub(crate) fn schema(node: &Node, code: Code, diagnostics: &mut Vec<Diagnostic>) -> Option<Schema> {
    let report = |problem| {
        let message = format!("`params` is not a JSON Schema: {problem}");
        let found = Diagnostic::new(code, message).at(node.span, "");
        diagnostics.push(found.help("see https://json-schema.org/draft/2020-12"));
    };
    Schema::from_value(node.to_value().to_json())
        .map_err(report)
        .ok()
}

/// The value of a param: that of the selection, its default, or an example.
fn value(
    declared: &Entry,
    selection: &Selection<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    // As for other options, the last one takes precedence.
    for &id in selection.params.iter().rev() {
        let text = &sources.get(id).text;
        if let Some((name, value)) = text.split_once('=')
            && name == declared.key
        {
            let span = Span::new(id, name.len() + 1, text.len());
            return Some(typed(value, span, declared, sources, diagnostics));
        }
    }
    if let Some(default) = declared.value.get("default") {
        return Some(default.clone());
    }
    let examples = declared.value.items_at("examples");
    examples
        .first()
        .filter(|_| selection.uses_examples)
        .cloned()
}

/// The value of a param in an option: a string, unless its schema requires another type.
pub(crate) fn typed(
    text: &str,
    span: Span,
    declared: &Entry,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    let kind = declared.value.get("type").and_then(Node::text);
    let plain = Node {
        span,
        kind: Kind::Text(text.to_owned()),
    };
    if kind.is_none_or(|kind| kind == "string") {
        return plain;
    }
    let (node, problems) = parse_value(sources, span);
    diagnostics.extend(problems);
    node.unwrap_or(plain)
}

/// An example of a param, if it is a simple one.
pub(crate) fn example(declared: &Entry) -> String {
    let examples = declared.value.items_at("examples");
    let value = match examples.first().map(|example| &example.kind) {
        Some(Kind::Text(text)) => text.clone(),
        Some(Kind::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let is_simple = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if value.is_empty() || !value.chars().all(is_simple) {
        return "VALUE".to_owned();
    }
    value
}

fn missing(declared: &Entry, environment: &str) -> Diagnostic {
    let name = &declared.key;
    if environment.is_empty() {
        let message =
            format!("the settings need the param `{name}`, but no environment is selected");
        let found = Diagnostic::new(Code::EnvironmentParams, message);
        return found
            .at(declared.key_span, "declared here")
            .help("select an environment, or give the param a `default`");
    }
    let message = format!("the environment `{environment}` needs the param `{name}`");
    Diagnostic::new(Code::EnvironmentParams, message)
        .at(declared.key_span, "declared here")
        .help(Hint::SetParam {
            name: name.clone(),
            value: example(declared),
        })
}
