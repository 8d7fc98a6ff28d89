//! Reading policy files.

use std::sync::{Arc, LazyLock};

use score_spec::diagnostic::{any_error, listed, nearest};
use score_spec::schema::{Codes, Schema};
use score_spec::{
    Code, Diagnostic, Entry, Kind, Node, SourceId, Sources, Span, Value, parse, stored,
};

use crate::condition::Condition;
use crate::example::Example;
use crate::params::Params;
use crate::rule::{Check, Level, Levels, Preset, Rule};
use crate::subject::{On, PARAMS};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::POLICY));

/// The scopes of the rules that are part of score-rs.
pub const BUILT_IN_SCOPES: [&str; 10] = [
    "availability",
    "catalogue",
    "compute",
    "image",
    "metadata",
    "network",
    "probe",
    "secret",
    "security",
    "storage",
];

/// The field of a test that tells its form with several variables.
const SUBJECT: &str = "subject";

/// A document of a policy file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Policy {
    /// The scope of its rules.
    pub name: String,
    /// The location of the name.
    pub span: Span,
    /// The purpose.
    pub description: Option<String>,
    /// The rules in their order in the file.
    pub rules: Vec<Arc<Rule>>,
}

impl Policy {
    /// Whether a document is a policy.
    pub fn is_policy(document: &Node) -> bool {
        document.get("kind").and_then(Node::text) == Some("Policy")
    }

    /// The policies of a file, in which there is nothing else. Rules with errors are left out.
    pub fn read_all(
        sources: &Sources,
        id: SourceId,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Self> {
        let parsed = parse(sources, id);
        diagnostics.extend(parsed.diagnostics);
        let documents = parsed.documents.iter();
        documents
            .filter_map(|document| Self::read(document, sources, diagnostics))
            .collect()
    }

    /// The policies of a file of the rules that are part of score-rs, in its stored form.
    pub fn read_all_built_in(
        sources: &Sources,
        id: SourceId,
        stored: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Self> {
        let documents = stored::documents(sources, id, stored);
        let policies = documents.iter();
        policies
            .filter_map(|document| Self::read_built_in(document, diagnostics))
            .collect()
    }

    /// Reads a document. The scopes of the built-in rules are reserved.
    pub fn read(
        document: &Node,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let found = SCHEMA.check(document, sources, &Codes::all(Code::PolicyInvalid));
        let is_valid = !any_error(&found);
        diagnostics.extend(found);
        if !is_valid {
            return None;
        }
        let policy = Self::of_document(document, Some(sources), diagnostics)?;
        let code_scopes = Code::ALL
            .iter()
            .filter_map(|code| code.name().split('/').next());
        if BUILT_IN_SCOPES
            .into_iter()
            .chain(code_scopes)
            .any(|it| it == policy.name)
        {
            let message = format!("the scope `{}` is reserved for score-rs", policy.name);
            let found = Diagnostic::new(Code::PolicyInvalid, message).at(policy.span, "");
            diagnostics.push(found.help("name the policy after your company or team"));
            return None;
        }
        Some(policy)
    }

    /// Reads a document of the rules that are part of score-rs, which are valid.
    pub fn read_built_in(document: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        Self::of_document(document, None, diagnostics)
    }

    /// Reads a document; without sources, one that is known to be valid.
    fn of_document(
        document: &Node,
        sources: Option<&Sources>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let name = document.get("name")?;
        let scope = name.text()?;
        let rules = document.entries_at("rules").iter();
        Some(Self {
            name: scope.to_owned(),
            span: name.span,
            description: text(document, "description"),
            rules: rules
                .filter_map(|entry| rule(scope, entry, sources, diagnostics))
                .map(Arc::new)
                .collect(),
        })
    }
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name).and_then(Node::text).map(str::to_owned)
}

fn rule(
    scope: &str,
    entry: &Entry,
    sources: Option<&Sources>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let node = &entry.value;
    let on = node.get("on")?.text().and_then(On::from_name)?;
    let id = format!("{scope}/{}", entry.key);
    let before = diagnostics.len();
    let mut condition = |name: &str| {
        let found = node.get(name)?;
        match sources {
            Some(sources) => Condition::read(found, on, sources, diagnostics),
            None => Condition::built_in(found, on),
        }
    };
    let (when, require) = (condition("when"), condition("require"));
    let check = check(entry, require, diagnostics);
    let params = node.get(PARAMS).map(|params| match sources {
        Some(_) => Params::read(params, diagnostics),
        None => Params::built_in(params),
    });
    let examples = examples(node, on, diagnostics);
    let fix = fix(node, on, diagnostics);
    if diagnostics.len() > before {
        return None;
    }
    let check = check?;
    Some(Rule {
        message: text(node, "message").unwrap_or_else(|| format!("the rule `{id}` does not hold")),
        id: id.into(),
        span: entry.key_span,
        on,
        when,
        check,
        help: text(node, "help"),
        description: text(node, "description"),
        levels: levels(node.get("level")),
        params: params.unwrap_or_default(),
        fix,
        examples,
    })
}

/// The values that a rule sets in a Score file, by dotted path.
fn fix(node: &Node, on: On, diagnostics: &mut Vec<Diagnostic>) -> Vec<(String, Value)> {
    if let Some(fix) = node.entry("fix").filter(|_| !on.is_written()) {
        let message = format!("rules on `{}` have no `fix`", on.name());
        let found = Diagnostic::new(Code::PolicyInvalid, message).at(fix.key_span, "");
        diagnostics.push(
            found.help("only parts of a Score file can be fixed: use `help` to say how to comply"),
        );
    }
    let mut values = Vec::new();
    for entry in node.entries_at("fix") {
        add_leaves(entry.key.clone(), entry.value.to_value(), &mut values);
    }
    values
}

/// Adds a value with its path. Maps are merged with those of the subject, so that their entries have paths of their own.
fn add_leaves(path: String, value: Value, values: &mut Vec<(String, Value)>) {
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            for (key, value) in *entries {
                let key = key.replace('\\', r"\\").replace('.', r"\.");
                add_leaves(format!("{path}.{key}"), value, values);
            }
        }
        value => values.push((path, value)),
    }
}

/// The requirement of a rule, whose expression has been read.
fn check(
    entry: &Entry,
    require: Option<Condition>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Check> {
    let node = &entry.value;
    match (node.get("require"), node.get("schema")) {
        (Some(_), None) => require.map(Check::Expression),
        (None, Some(schema)) => json_schema(schema, diagnostics),
        (None, None) => {
            let message = format!("the rule `{}` requires nothing", entry.key);
            let found = Diagnostic::new(Code::PolicyInvalid, message).at(entry.key_span, "");
            diagnostics.push(found.help("add `require` with an expression, or `schema`"));
            None
        }
        (Some(require), Some(schema)) => {
            let message = "a rule has either `require` or `schema`";
            let found = Diagnostic::new(Code::PolicyInvalid, message).at(schema.span, "");
            diagnostics.push(found.at(require.span, "`require` is here"));
            None
        }
    }
}

fn json_schema(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Check> {
    match Schema::from_value(node.to_value().to_json()) {
        Ok(schema) => Some(Check::Schema(Box::new(schema))),
        Err(problem) => {
            let message = format!("`schema` is not a JSON Schema: {problem}");
            let found = Diagnostic::new(Code::PolicyInvalid, message).at(node.span, "");
            diagnostics.push(found.help("see https://json-schema.org/draft/2020-12"));
            None
        }
    }
}

/// The levels by preset, each with that of the preset before it unless it has one.
fn levels(node: Option<&Node>) -> Levels {
    let level = |node: &Node| node.text().and_then(Level::from_name);
    match node {
        Some(node) if matches!(node.kind, Kind::Map(_)) => {
            let mut last = Level::Allow;
            Levels(Preset::ALL.map(|preset| {
                last = node.get(preset.name()).and_then(level).unwrap_or(last);
                last
            }))
        }
        node => Levels([node.and_then(level).unwrap_or_default(); 4]),
    }
}

fn examples(node: &Node, on: On, diagnostics: &mut Vec<Diagnostic>) -> Vec<Example> {
    let mut all = Vec::new();
    for (field, passes) in [("passes", true), ("fails", false)] {
        for item in node.items_at(field) {
            all.extend(example(item, passes, on, diagnostics));
        }
    }
    all
}

fn example(
    item: &Node,
    passes: bool,
    on: On,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Example> {
    let mut example = Example {
        passes,
        span: item.span,
        subject: item.get(SUBJECT).unwrap_or(item).clone(),
        variables: Vec::new(),
        params: item.get(SUBJECT).and(item.get(PARAMS)).cloned(),
    };
    if item.get(SUBJECT).is_none() {
        return Some(example);
    }
    let others = item.entries().iter();
    for entry in others.filter(|it| ![SUBJECT, PARAMS].contains(&&*it.key)) {
        let variables = on.variables().iter();
        if let Some(variable) = variables.clone().find(|it| it.name() == entry.key) {
            example.variables.push((*variable, entry.value.clone()));
            continue;
        }
        let known: Vec<&str> = variables.map(|it| it.name()).chain([PARAMS]).collect();
        let message = format!("rules on `{}` have no variable `{}`", on.name(), entry.key);
        let found = Diagnostic::new(Code::PolicyInvalid, message).at(entry.key_span, "");
        diagnostics.push(
            found.help(match nearest(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", listed(known)),
            }),
        );
        return None;
    }
    Some(example)
}
