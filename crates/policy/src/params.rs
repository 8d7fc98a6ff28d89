//! The params of rules.

use score_spec::schema::{Codes, Place, Schema};
use score_spec::{Code, Diagnostic, Map, Node, Sources, Span, Value};
use serde_json::Value as Json;

use crate::data::node_at;

/// The params that a rule declares.
#[derive(Debug, Default)]
pub struct Params {
    schema: Option<Schema>,
    /// The names of params that have no default and have to be given.
    required: Vec<String>,
    defaults: Map<Value>,
}

impl Params {
    /// Reads the field `params` of a rule.
    pub(crate) fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let schema = |json| {
            let schema = Schema::from_value(json).map_err(|problem| {
                let message = format!("`params` is not a JSON Schema: {problem}");
                diagnostics.push(
                    Diagnostic::new(Code::PolicyInvalid, message)
                        .at(node.span, "")
                        .help("see https://json-schema.org/draft/2020-12"),
                );
            });
            schema.ok()
        };
        Self::new(node.to_value().to_json(), schema)
    }

    /// Reads the field `params` of a built-in rule, whose schema a test compiles.
    pub(crate) fn built_in(node: &Node) -> Self {
        Self::new(node.to_value().to_json(), |json| {
            Some(Schema::trusted(json))
        })
    }

    fn new(mut json: Json, schema: impl FnOnce(Json) -> Option<Schema>) -> Self {
        let properties = json.get("properties").and_then(Json::as_object);
        let defaults = properties.into_iter().flatten().filter_map(|(name, it)| {
            let default = it.get("default")?;
            Some((name.clone(), Value::from_json(default.clone())))
        });
        let defaults: Map<Value> = defaults.collect();
        let required = json.get("required").and_then(Json::as_array);
        let required = required.into_iter().flatten().filter_map(Json::as_str);
        let required = required.filter(|name| !defaults.contains_key(*name));
        let required = required.map(str::to_owned).collect();
        if let Json::Object(keywords) = &mut json {
            keywords.entry("type").or_insert("object".into());
            keywords
                .entry("additionalProperties")
                .or_insert(false.into());
        }
        Self {
            schema: schema(json),
            required,
            defaults,
        }
    }

    /// The names of the params that a rule needs.
    pub fn required(&self) -> &[String] {
        &self.required
    }

    /// The values of the params. Absent if one is missing; then the rule is not judged.
    pub(crate) fn complete(
        &self,
        given: Option<(&Node, Span)>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Value> {
        let mut values = self.defaults.clone();
        if let Some((node, key)) = given {
            let place = Place {
                path: "params".to_owned(),
                key: Some(key),
            };
            let codes = Codes::all(Code::PolicyInvalid);
            let complete = self.with_defaults(node);
            let found = match &self.schema {
                Some(schema) => schema.check_at(&place, &complete, sources, &codes),
                None => vec![unwanted(key)],
            };
            if !found.is_empty() {
                diagnostics.extend(found);
                return None;
            }
            let given = node.entries().iter();
            values.extend(given.map(|it| (it.key.clone(), it.value.to_value())));
        }
        let is_complete = self.required.iter().all(|name| values.contains_key(name));
        is_complete.then(|| values.into())
    }

    /// A map of params with the defaults of those that it does not have.
    fn with_defaults(&self, node: &Node) -> Node {
        let mut complete = node.clone();
        if let score_spec::Kind::Map(entries) = &mut complete.kind {
            for (name, value) in &self.defaults {
                if !entries.iter().any(|it| it.key == *name) {
                    entries.push(score_spec::Entry {
                        key: name.clone(),
                        key_span: node.span,
                        value: node_at(value, node.span),
                    });
                }
            }
        }
        complete
    }
}

fn unwanted(span: Span) -> Diagnostic {
    Diagnostic::new(Code::PolicyInvalid, "the rule has no params").at(span, "")
}
