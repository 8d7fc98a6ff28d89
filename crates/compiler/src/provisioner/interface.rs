//! The params and outputs of a provisioner.

use std::sync::OnceLock;

use score_spec::{Code, Diagnostic, Kind, Map, Node, Value, schema::Schema};
use serde_json::Value as Json;

/// The keywords of a schema for params without a declaration.
const OPEN: [&str; 2] = ["additionalProperties", "patternProperties"];

/// The help about an invalid schema.
const DRAFT: &str = "see https://json-schema.org/draft/2020-12";

/// The params of a provisioner.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Params {
    /// The declared params with their descriptions.
    pub known: Map<String>,
    /// Whether it accepts others too.
    pub open: bool,
    pub(crate) defaults: Map<Value>,
    schema: Option<LazySchema>,
}

impl Params {
    /// Params of which only names are documented. All are accepted.
    pub(super) fn named(names: &[String]) -> Self {
        Self {
            known: names
                .iter()
                .map(|name| (name.clone(), String::new()))
                .collect(),
            open: true,
            ..Self::default()
        }
    }

    pub(super) fn read(node: &Node) -> Self {
        let properties = node.entries_at("properties").iter();
        let default = |node: &Node| Some(node.get("default")?.to_value());
        Self {
            known: properties
                .map(|entry| (entry.key.clone(), description(&entry.value)))
                .collect(),
            open: OPEN
                .iter()
                .filter_map(|keyword| node.get(keyword))
                .any(|node| node.kind != Kind::Bool(false)),
            defaults: node.map_at("properties", default),
            schema: Some(LazySchema::new(typed(node.to_value().to_json()))),
        }
    }

    /// The JSON Schema of the params for editors. A string can always contain a placeholder, which
    /// a schema cannot describe, so its rules for strings do not apply to those with a placeholder.
    pub(crate) fn editor_schema(&self) -> serde_json::Value {
        let Some(schema) = &self.schema else {
            let names = self
                .known
                .keys()
                .map(|name| (name.clone(), Json::Bool(true)));
            let names: serde_json::Map<String, Json> = names.collect();
            return if names.is_empty() {
                serde_json::json!({})
            } else {
                serde_json::json!({"properties": names})
            };
        };
        let mut schema = schema.json.clone();
        let properties = schema
            .get_mut("properties")
            .and_then(|all| all.as_object_mut());
        for property in properties.into_iter().flat_map(|all| all.values_mut()) {
            let description = property.get("description").cloned();
            *property = serde_json::json!({
                "anyOf": [property.take(), {"type": "string", "pattern": "\\$\\{"}],
            });
            if let Some(description) = description {
                property["description"] = description;
            }
        }
        schema
    }

    /// Whether the schema requires any param.
    pub(crate) fn is_any_required(&self) -> bool {
        let schema = self.schema.as_ref();
        let required = schema.and_then(|schema| schema.json.get("required")?.as_array());
        required.is_some_and(|required| !required.is_empty())
    }

    /// Whether the schema itself rejects unknown params.
    pub(crate) fn closed(&self) -> bool {
        let other = self
            .schema
            .as_ref()
            .and_then(|schema| schema.json.get("additionalProperties"));
        other == Some(&serde_json::Value::Bool(false))
    }

    /// The JSON Schema of the params.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()?.trusted()
    }

    /// Reports an invalid schema and removes it.
    pub(super) fn check(&mut self, document: &Node, diagnostics: &mut Vec<Diagnostic>) {
        let Some(schema) = &self.schema else { return };
        let Err(problem) = Schema::from_value(schema.json.clone()) else {
            return;
        };
        let span = document
            .get("params")
            .map_or(document.span, |node| node.span);
        diagnostics.push(
            Diagnostic::new(
                Code::ProvisionerInvalid,
                format!("`params` is not a JSON Schema: {problem}"),
            )
            .at(span, "")
            .help(DRAFT),
        );
        self.schema = None;
    }
}

/// An output of a provisioner.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// Its short description.
    pub description: String,
    /// Whether it must be kept secret.
    pub secret: bool,
    /// Whether it may be absent.
    pub optional: bool,
    /// Whether it is known only when a container starts.
    pub deferred: bool,
    schema: LazySchema,
}

impl Output {
    pub(super) fn read(node: &Node) -> Self {
        Self {
            description: description(node),
            secret: node.is_true("secret"),
            optional: node.is_true("optional"),
            deferred: node.is_true("deferred"),
            schema: LazySchema::of(node),
        }
    }

    /// An output of which only the name is documented.
    pub(super) fn open() -> Self {
        Self {
            description: String::new(),
            secret: false,
            optional: true,
            deferred: false,
            schema: LazySchema::new(serde_json::json!({})),
        }
    }

    /// Whether its schema contains only the type.
    fn is_simple(&self) -> bool {
        const ABOUT: [&str; 6] = [
            "type",
            "title",
            "description",
            "secret",
            "optional",
            "deferred",
        ];
        let keys = self.schema.json.as_object();
        keys.is_some_and(|keys| keys.keys().all(|key| ABOUT.contains(&key.as_str())))
    }

    /// Reports an invalid schema.
    pub(super) fn check(&self, name: &str, node: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) {
        if self.is_simple() {
            return;
        }
        let problem = Schema::from_value(self.schema.json.clone()).err();
        if let (Some(problem), Some(node)) = (problem, node) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ProvisionerInvalid,
                    format!("the output `{name}` is not a JSON Schema: {problem}"),
                )
                .at(node.span, "")
                .help(DRAFT),
            );
        }
    }

    /// The JSON Schema to validate a value of this kind; absent if the value has the type in the
    /// schema and the schema has no other rules, which is the usual case.
    pub(crate) fn schema_for(&self, kind: &Kind) -> Option<&Schema> {
        let keys = self.schema.json.as_object()?;
        let simple = self.is_simple();
        let fits = match keys.get("type").and_then(serde_json::Value::as_str) {
            Some("string") => matches!(kind, Kind::Text(_)),
            Some("integer") => matches!(kind, Kind::Number(number) if !number.is_f64()),
            None => !keys.contains_key("type"),
            _ => false,
        };
        if simple && fits {
            None
        } else {
            self.schema.get()
        }
    }
}

/// A JSON Schema that is compiled on first use.
#[derive(Debug)]
struct LazySchema {
    json: serde_json::Value,
    compiled: OnceLock<Option<Schema>>,
}

impl LazySchema {
    fn of(node: &Node) -> Self {
        Self::new(node.to_value().to_json())
    }

    fn new(json: serde_json::Value) -> Self {
        let compiled = OnceLock::new();
        Self { json, compiled }
    }

    fn get(&self) -> Option<&Schema> {
        let compile = || Schema::from_value(self.json.clone()).ok();
        self.compiled.get_or_init(compile).as_ref()
    }

    /// The same for one that is known to compile.
    fn trusted(&self) -> Option<&Schema> {
        let make = || Some(Schema::trusted(self.json.clone()));
        self.compiled.get_or_init(make).as_ref()
    }
}

/// The schema of a map in which each property has a type. An expression in a list or a patch can evaluate to a list, a
/// map or `null`, so a Score file could otherwise insert more than the provisioner intends.
fn typed(mut schema: Json) -> Json {
    let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
    for property in properties.into_iter().flat_map(|all| all.values_mut()) {
        if *property == Json::Bool(true) {
            *property = serde_json::json!({});
        }
        let types = types(property);
        if let (Some(types), Json::Object(keywords)) = (types, &mut *property) {
            keywords.insert("type".to_owned(), types);
        }
        *property = typed(property.take());
        if let Some(items) = property.get_mut("items") {
            *items = typed(items.take());
        }
    }
    schema
}

/// The type of a property whose schema does not limit it: the one to which its other keywords or its default apply,
/// otherwise a string, a number or a boolean.
fn types(property: &Json) -> Option<Json> {
    let has = |keywords: &[&str]| {
        keywords
            .iter()
            .any(|keyword| property.get(keyword).is_some())
    };
    let default = property.get("default");
    if has(&["type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf"]) {
        None
    } else if has(&["properties", "additionalProperties", "patternProperties"])
        || default.is_some_and(Json::is_object)
    {
        Some("object".into())
    } else if has(&["items", "prefixItems", "minItems"]) || default.is_some_and(Json::is_array) {
        Some("array".into())
    } else {
        let mut types = vec!["string", "number", "boolean"];
        types.extend(default.filter(|it| it.is_null()).map(|_| "null"));
        Some(types.into())
    }
}

/// The description of a part of a provisioner.
pub(super) fn description(node: &Node) -> String {
    let text = node.get("description").and_then(Node::text);
    text.unwrap_or_default().to_owned()
}
