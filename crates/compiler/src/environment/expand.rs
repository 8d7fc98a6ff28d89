//! Expressions in settings files.

use score_spec::{Code, Diagnostic, Entry, Kind, Map, Node};

use crate::input::EnvironmentId;
use crate::ir::{Text, Tree};
use crate::provisioner::expression::{Pattern, Scope};

/// The help for values that a settings file cannot contain.
const PLAIN: &str = "`params`, `environment.name`, `environment.type` and `project` are available";

/// The names in expressions: `params`, `environment` and `project`. As in provisioners, a missing name or type is empty.
pub(super) fn scope(
    id: Option<&EnvironmentId>,
    params: &Map<Node>,
    project: Option<&str>,
) -> Scope {
    let text = |text: &str| Tree::Text(Text::from(text));
    let mut scope = Scope::default();
    if let Some(EnvironmentId { name, kind }) = id {
        let kind = text(kind.as_deref().unwrap_or_default());
        let environment = [("name".to_owned(), text(name)), ("type".to_owned(), kind)];
        scope.set("environment", &Tree::from_iter(environment));
    }
    let params = params.iter().map(|(name, value)| {
        let value = value.to_value_with(&mut |text: &str, _| Text::from(text));
        (name.clone(), value)
    });
    scope.set("params", &params.collect());
    scope.set("project", &text(project.unwrap_or_default()));
    scope
}

/// The tree with the values of its expressions. A string that consists of one expression keeps the type of its value.
pub(super) fn expanded(node: &Node, scope: &Scope, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let kind = match &node.kind {
        Kind::Text(text) if text.contains("{{") => {
            return value(text, node, scope, diagnostics).unwrap_or_else(|| node.clone());
        }
        Kind::List(items) => {
            let items = items.iter();
            Kind::List(
                items
                    .map(|item| expanded(item, scope, diagnostics))
                    .collect(),
            )
        }
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| Entry {
                value: expanded(&entry.value, scope, diagnostics),
                key: entry.key.clone(),
                key_span: entry.key_span,
            });
            Kind::Map(entries.collect())
        }
        other => other.clone(),
    };
    Node {
        span: node.span,
        kind,
    }
}

/// The value of a string with expressions. Errors are reported.
fn value(
    text: &str,
    node: &Node,
    scope: &Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let before = diagnostics.len();
    let pattern = Pattern::parse(text, node.span, diagnostics);
    if diagnostics.len() == before {
        match pattern.evaluate(scope) {
            Ok(tree) => return Some(placed(&tree, node)),
            Err(failure) => diagnostics.extend(failure.map(|found| *found)),
        }
    }
    for found in &mut diagnostics[before..] {
        found.code = Code::EnvironmentInvalid;
        found.severity = Code::EnvironmentInvalid.severity();
        if found.help.is_none() {
            found.help = Some(PLAIN.into());
        }
    }
    None
}

/// A value at the location of its expression. Nothing in scope is a reference, so strings are plain.
fn placed(tree: &Tree, at: &Node) -> Node {
    let kind = match tree {
        Tree::Null => Kind::Null,
        Tree::Bool(value) => Kind::Bool(*value),
        Tree::Number(number) => Kind::Number(number.clone()),
        Tree::Text(text) => Kind::Text(text.as_plain().unwrap_or_default().to_owned()),
        Tree::List(items) => Kind::List(items.iter().map(|item| placed(item, at)).collect()),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| Entry {
                key: key.clone(),
                key_span: at.span,
                value: placed(value, at),
            });
            Kind::Map(entries.collect())
        }
    };
    Node {
        span: at.span,
        kind,
    }
}
