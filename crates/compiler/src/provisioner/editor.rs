//! The JSON Schema of Score files for editors, with the resource types of a project in it. Not: the
//! schema that files are checked against; that knows no types.

use serde_json::{Map, Value as Json, json};

use crate::provisioner::{Catalogue, Provisioner};

impl Catalogue {
    /// The schema of Score files in which resources have the types, classes and params that the
    /// provisioners that have been read offer. Descriptions list the outputs.
    pub fn editor_schema(&self) -> Json {
        let mut schema: Json =
            serde_json::from_str(score_schemas::SCORE_V1B1).unwrap_or(Json::Null);
        let mut types: Vec<&str> = self
            .provisioners()
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
            let all = self
                .of_type(kind)
                .map(|known| describe(known))
                .collect::<Vec<_>>();
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

    /// What holds for resources of a type.
    fn rule(&self, kind: &str) -> Json {
        let mut properties = Map::new();
        let classes: Option<Vec<&str>> = self
            .of_type(kind)
            .map(|known| known.class.as_deref())
            .collect();
        if let Some(classes) = classes {
            properties.insert("class".to_owned(), json!({"enum": classes}));
        }
        // Provisioners of several classes differ in their params; the first stands for all only
        // where it is alone.
        let mut all = self.of_type(kind);
        if let (Some(only), None) = (all.next(), all.next()) {
            properties.insert("params".to_owned(), only.params.editor_schema());
        }
        json!({
            "if": {"properties": {"type": {"const": kind}}, "required": ["type"]},
            "then": {"properties": properties},
        })
    }
}

/// What an editor shows for a type.
fn describe(known: &Provisioner) -> String {
    let outputs = known.outputs.iter();
    let outputs = outputs.map(|(name, output)| format!("\n- `{name}`: {}", output.description));
    std::iter::once(known.description.clone())
        .chain(outputs)
        .collect()
}
