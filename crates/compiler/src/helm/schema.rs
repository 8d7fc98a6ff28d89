//! The JSON Schema of the values of a chart. Helm loads no file larger than five megabytes, so that
//! what workloads have in common is said once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::values::Entry;

/// The draft of JSON Schema that every version of Helm reads.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of all values.
pub(super) fn of(root: &Entry) -> Json {
    let mut shapes = Shapes::default();
    let root = shapes.add(root);
    let mut writing = Writing {
        shapes: &shapes,
        names: BTreeMap::new(),
        taken: BTreeSet::new(),
        definitions: Map::new(),
    };
    let mut schema = Map::from_iter([("$schema".to_owned(), DRAFT.into())]);
    schema.extend(writing.schema(root));
    if !writing.definitions.is_empty() {
        let definitions = Json::Object(writing.definitions);
        schema.insert("definitions".to_owned(), definitions);
    }
    Json::Object(schema)
}

/// What a value or a group looks like, whatever its default is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// A value with this schema.
    Value(String),
    /// A group of these shapes by name, and whether each has to be there.
    Group {
        about: String,
        open: bool,
        entries: Vec<(String, usize, bool)>,
    },
}

/// All shapes, each once.
#[derive(Debug, Default)]
struct Shapes {
    numbers: BTreeMap<Shape, usize>,
    /// The shapes by number, and how many entries have each.
    all: Vec<(Shape, usize)>,
}

impl Shapes {
    /// The number of an entry's shape.
    fn add(&mut self, entry: &Entry) -> usize {
        let shape = if let Some((_, form)) = &entry.value {
            let mut schema = Map::new();
            if !entry.about.is_empty() {
                schema.insert("description".to_owned(), entry.about.as_str().into());
            }
            schema.extend(form.schema());
            Shape::Value(Json::Object(schema).to_string())
        } else {
            let entries = entry.entries();
            let entries = entries
                .map(|(name, entry)| (name.clone(), self.add(entry), !entry.is_optional()))
                .collect();
            Shape::Group {
                // Others have names of their own in it.
                about: if entry.covers {
                    entry.about.clone()
                } else {
                    String::new()
                },
                open: entry.open,
                entries,
            }
        };
        let next = self.all.len();
        let number = *self.numbers.entry(shape.clone()).or_insert(next);
        if number == next {
            self.all.push((shape, 0));
        }
        self.all[number].1 += 1;
        number
    }
}

struct Writing<'a> {
    shapes: &'a Shapes,
    /// The definitions of shapes.
    names: BTreeMap<usize, String>,
    taken: BTreeSet<String>,
    definitions: Map<String, Json>,
}

impl Writing<'_> {
    /// The schema of an entry: that of its shape, or a reference to it where others have it too.
    fn entry(&mut self, name: &str, number: usize) -> Json {
        if self.shapes.all[number].1 < 2 {
            return Json::Object(self.schema(number));
        }
        if let Some(name) = self.names.get(&number) {
            return json!({"$ref": format!("#/definitions/{name}")});
        }
        let mut free = name.to_owned();
        let mut count = 1;
        while !self.taken.insert(free.clone()) {
            count += 1;
            free = format!("{name}-{count}");
        }
        self.names.insert(number, free.clone());
        let schema = self.schema(number);
        self.definitions.insert(free.clone(), Json::Object(schema));
        json!({"$ref": format!("#/definitions/{free}")})
    }

    fn schema(&mut self, number: usize) -> Map<String, Json> {
        let (shape, _) = &self.shapes.all[number];
        let (about, open, entries) = match shape {
            Shape::Value(schema) => return serde_json::from_str(schema).unwrap_or_default(),
            Shape::Group {
                about,
                open,
                entries,
            } => (about, open, entries),
        };
        let mut schema = Map::new();
        if !about.is_empty() {
            schema.insert("description".to_owned(), about.as_str().into());
        }
        let required = entries.iter().filter(|(_, _, required)| *required);
        let required: Json = required.map(|(name, _, _)| name.as_str()).collect();
        let mut properties = Map::new();
        for (name, number, _) in entries {
            properties.insert(name.clone(), self.entry(name, *number));
        }
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), Json::Object(properties));
        schema.insert("required".to_owned(), required);
        schema.insert("additionalProperties".to_owned(), (*open).into());
        schema
    }
}
