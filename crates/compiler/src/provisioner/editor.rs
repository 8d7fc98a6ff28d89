//! The JSON Schema of Score files for editors, including the resource types of a project and the
//! annotations of targets. Validation uses another schema, which knows neither.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::ir::name::DEFAULT_CLASS;
use crate::ir::{Annotation, AnnotationValues};
use crate::provisioner::{Catalogue, Provisioner};

impl Catalogue {
    /// The schema of Score files in which resources have the types, classes and params of the
    /// loaded provisioners, and workloads these annotations, besides any others. Descriptions list
    /// the outputs.
    pub fn editor_schema<'a>(&self, annotations: impl IntoIterator<Item = &'a Annotation>) -> Json {
        let mut schema: Json =
            serde_json::from_str(score_schemas::SCORE_V1B1).unwrap_or(Json::Null);
        let of_workload = "/properties/metadata/properties/annotations";
        if let Some(field) = schema
            .pointer_mut(of_workload)
            .and_then(Json::as_object_mut)
        {
            complete(field, annotations);
        }
        let mut types: Vec<&str> = self
            .provisioners()
            .filter(|known| self.conditions.allow(known))
            .map(|known| known.kind.as_str())
            .collect();
        types.sort_unstable();
        types.dedup();
        let Some(resource) = schema
            .pointer_mut("/$defs/resource")
            .and_then(Json::as_object_mut)
        else {
            return schema;
        };
        let described = types.iter().map(|kind| {
            let all = self.documents(kind);
            let all: Vec<String> = all.into_iter().map(describe).collect();
            json!({"const": kind, "description": all.join("\n\n")})
        });
        let described: Json = described.collect();
        if let Some(kind) = resource
            .get_mut("properties")
            .and_then(|all| all.get_mut("type"))
        {
            kind["anyOf"] = described;
        }
        let rules = types.iter().map(|kind| self.rule(kind));
        resource.insert("allOf".to_owned(), rules.collect());
        schema
    }

    /// The provisioners of a type, once even if several entries contain them.
    fn documents(&self, kind: &str) -> Vec<&Provisioner> {
        let mut seen = BTreeSet::new();
        let all = self.of_type(kind).map(AsRef::as_ref);
        let all = all.filter(|known| self.conditions.allow(known));
        all.filter(|known| seen.insert(known.span)).collect()
    }

    /// The conditions for resources of a type.
    fn rule(&self, kind: &str) -> Json {
        let mut properties = Map::new();
        let documents = self.documents(kind);
        let classes: Option<Vec<&str>> = documents.iter().map(|it| it.class.as_deref()).collect();
        if let Some(classes) = classes {
            properties.insert("class".to_owned(), json!({"enum": classes}));
        }
        // Provisioners for several classes have different params; the first one applies to all only
        // if it is the only one.
        if let [only] = documents.as_slice() {
            properties.insert("params".to_owned(), only.params.editor_schema());
        }
        let mut then = json!({"properties": properties});
        let required = self.required(kind);
        if !required.is_empty() {
            then["required"] = json!(required);
        }
        json!({
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": then,
        })
    }

    /// The fields that a resource of a type needs, whichever provisioner handles it.
    fn required(&self, kind: &str) -> Vec<&'static str> {
        let all = || self.of_type(kind);
        let default = |class: Option<&str>| class.is_none_or(|class| class == DEFAULT_CLASS);
        let needs_class = !all().any(|known| default(known.class.as_deref()));
        let needs_params = all().all(|known| known.params.is_any_required());
        let needed = [("class", needs_class), ("params", needs_params)].into_iter();
        needed
            .filter_map(|(field, is_needed)| is_needed.then_some(field))
            .collect()
    }
}

/// Adds the annotations to the schema of a field that contains annotations of any name.
fn complete<'a>(
    field: &mut Map<String, Json>,
    annotations: impl IntoIterator<Item = &'a Annotation>,
) {
    let (mut names, mut patterns) = (Map::new(), Map::new());
    for annotation in annotations {
        let schema = value(annotation);
        let (prefix, name) = annotation.name.split_once('/').unwrap_or_default();
        let prefix = prefix.replace('.', r"\.");
        // A trailing `NAME` represents any name.
        let open = name.strip_suffix("NAME");
        let name = open.map_or_else(|| name.to_owned(), |start| format!("{start}.+"));
        if annotation.each_container {
            let container = "[a-z0-9][a-z0-9-]*";
            let pattern = format!(r"^{prefix}/{container}\.{name}$");
            patterns.insert(pattern, schema.clone());
        }
        match open {
            Some(_) => patterns.insert(format!("^{prefix}/{name}$"), schema),
            None => names.insert(annotation.name.to_owned(), schema),
        };
    }
    field.insert("properties".to_owned(), Json::Object(names));
    field.insert("patternProperties".to_owned(), Json::Object(patterns));
}

/// The schema of the values of an annotation.
fn value(annotation: &Annotation) -> Json {
    let description = format!("{}.\n\nValue: {}.", annotation.about, annotation.form);
    let mut schema = json!({"type": "string", "description": description});
    match annotation.values {
        AnnotationValues::Any => {}
        AnnotationValues::OneOf(values) => schema["enum"] = json!(values),
        AnnotationValues::Pattern(pattern) => schema["pattern"] = json!(pattern),
    }
    schema
}

/// The description of a type for editors.
fn describe(known: &Provisioner) -> String {
    let outputs = known.outputs.iter();
    let outputs = outputs.map(|(name, output)| format!("\n- `{name}`: {}", output.description));
    std::iter::once(known.description.clone())
        .chain(outputs)
        .collect()
}
