//! Queries of a JSON Schema as a document: the fields that it defines at a location, and other
//! places where a field would belong. Out of scope: validation.

use serde_json::Value as Json;

/// The maximum number of references and combined schemas that are resolved for a schema. Schemas
/// can be recursive.
const REACH: usize = 64;

/// The text of a JSON Schema.
#[derive(Clone, Copy)]
pub(super) struct Shape<'s>(pub(super) &'s Json);

/// A field of a schema, with the schema of its value.
pub(super) type Field<'s> = (&'s str, &'s Json);

impl<'s> Shape<'s> {
    /// The schema for the last `levels` segments of a path in the document.
    pub(super) fn above(self, pointer: &str, levels: usize) -> Option<&'s Json> {
        let mut pointer = pointer;
        for _ in 0..levels {
            pointer = pointer.rsplit_once('/')?.0;
        }
        self.0.pointer(pointer)
    }

    /// A schema, and all schemas that it refers to or combines.
    pub(super) fn spread(self, schema: &'s Json) -> Vec<&'s Json> {
        let mut all = vec![schema];
        let mut next = 0;
        while let Some(&schema) = all.get(next) {
            next += 1;
            let target = schema.get("$ref").and_then(Json::as_str);
            let target = target
                .and_then(|target| target.strip_prefix('#'))
                .and_then(|pointer| self.0.pointer(pointer));
            let lists = ["allOf", "anyOf", "oneOf"].into_iter();
            let combined = lists
                .filter_map(|key| schema.get(key)?.as_array())
                .flatten();
            let conditional = ["then", "else"]
                .into_iter()
                .filter_map(|key| schema.get(key));
            for found in target.into_iter().chain(combined).chain(conditional) {
                if all.len() < REACH && !all.iter().any(|known| std::ptr::eq(*known, found)) {
                    all.push(found);
                }
            }
        }
        all
    }

    /// The fields that a schema defines itself.
    pub(super) fn own_fields(schema: &'s Json) -> Vec<Field<'s>> {
        allowed([schema])
    }

    /// The fields that a schema defines, itself or through references.
    pub(super) fn fields(self, schema: &'s Json) -> Vec<Field<'s>> {
        allowed(self.spread(schema))
    }

    /// The schema of a field, wherever it is defined.
    pub(super) fn field(self, schema: &'s Json, name: &str) -> Option<&'s Json> {
        let fields = self.fields(schema).into_iter();
        fields
            .rev()
            .find(|(field, _)| *field == name)
            .map(|(_, schema)| schema)
    }

    /// The value of an annotation of a schema, or of the schemas that it refers to.
    pub(super) fn annotation(self, schema: &'s Json, keyword: &str) -> Option<&'s Json> {
        let mut schemas = self.spread(schema).into_iter();
        schemas.find_map(|schema| schema.get(keyword))
    }

    /// The field in `fields` under which `name` would belong, with the notation of its path.
    pub(super) fn down(self, fields: &[Field<'s>], name: &str) -> Vec<(&'s str, String)> {
        let mut homes = Vec::new();
        for (field, schema) in fields {
            let schemas = self.spread(schema);
            let has = |schema: &'s Json| self.field(schema, name).is_some();
            let inner = |keyword| schemas.iter().filter_map(move |schema| schema.get(keyword));
            if schemas.iter().any(|schema| has(schema)) {
                homes.push((*field, (*field).to_owned()));
            } else if inner("additionalProperties").any(has) {
                homes.push((*field, format!("{field}.<name>")));
            } else if inner("items").any(has) {
                homes.push((*field, format!("{field}[]")));
            }
        }
        homes
    }

    /// The number of `segments` that lead to the innermost parent map that defines `name`.
    pub(super) fn up(self, segments: &[String], name: &str) -> Option<usize> {
        let mut level = self.spread(self.0);
        let mut found = None;
        for (depth, segment) in segments.iter().enumerate() {
            if allowed(level.iter().copied())
                .iter()
                .any(|(field, _)| *field == name)
            {
                found = Some(depth);
            }
            let inner: Vec<_> = level
                .iter()
                .flat_map(|schema| child(schema, segment))
                .collect();
            level = inner
                .into_iter()
                .flat_map(|schema| self.spread(schema))
                .take(REACH)
                .collect();
        }
        found
    }
}

/// The fields that some of these schemas define and none of them forbids.
fn allowed<'s>(schemas: impl IntoIterator<Item = &'s Json>) -> Vec<Field<'s>> {
    let named = |schema: &'s Json| schema.get("properties")?.as_object();
    let all: Vec<_> = schemas.into_iter().filter_map(named).flatten().collect();
    let forbidden = |name: &str| {
        let mut same = all.iter().filter(|(field, _)| field.as_str() == name);
        same.any(|(_, schema)| schema.as_bool() == Some(false))
    };
    let fields = all.iter().filter(|(name, _)| !forbidden(name));
    fields
        .map(|(name, schema)| (name.as_str(), *schema))
        .collect()
}

/// The schemas for a segment of a path.
fn child<'s>(schema: &'s Json, segment: &str) -> Vec<&'s Json> {
    if let Some(field) = schema
        .get("properties")
        .and_then(|fields| fields.get(segment))
    {
        return vec![field];
    }
    let item = segment
        .parse::<usize>()
        .ok()
        .and_then(|_| schema.get("items"));
    schema
        .get("additionalProperties")
        .into_iter()
        .chain(item)
        .collect()
}
