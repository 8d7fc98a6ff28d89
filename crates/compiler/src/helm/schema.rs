//! The JSON Schema of the values of a chart. Helm loads no file larger than five megabytes, so that
//! what workloads have in common is said once.

use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::values::{Entry, Form};

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
enum Shape<'a> {
    /// A value of this form, and what is said of it.
    Value(&'a str, &'a Form),
    /// A group.
    Group {
        about: &'a str,
        open: bool,
        members: Vec<Member<'a>>,
    },
}

/// An entry of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Member<'a> {
    name: &'a str,
    /// The number of its shape.
    shape: usize,
    required: bool,
}

/// All shapes, each once.
#[derive(Debug, Default)]
struct Shapes<'a> {
    numbers: BTreeMap<Shape<'a>, usize>,
    /// The shapes by number, and how many entries have each.
    all: Vec<(Shape<'a>, usize)>,
}

impl<'a> Shapes<'a> {
    /// The number of an entry's shape.
    fn add(&mut self, entry: &'a Entry) -> usize {
        let shape = match &entry.value {
            Some((_, form)) => Shape::Value(&entry.about, form),
            None => Shape::Group {
                // Others have names of their own in it.
                about: if entry.covers { &entry.about } else { "" },
                open: entry.open,
                members: self.members(entry),
            },
        };
        let next = self.all.len();
        let number = match self.numbers.entry(shape) {
            Place::Occupied(known) => *known.get(),
            Place::Vacant(place) => {
                self.all.push((place.key().clone(), 0));
                *place.insert(next)
            }
        };
        self.all[number].1 += 1;
        number
    }

    fn members(&mut self, group: &'a Entry) -> Vec<Member<'a>> {
        let entries = group.entries();
        let members = entries.map(|(name, entry)| Member {
            name,
            shape: self.add(entry),
            required: !entry.is_optional(),
        });
        members.collect()
    }
}

struct Writing<'a> {
    shapes: &'a Shapes<'a>,
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
        let mut schema = Map::new();
        let (Shape::Value(about, _) | Shape::Group { about, .. }) = shape;
        if !about.is_empty() {
            schema.insert("description".to_owned(), (*about).into());
        }
        let (open, members) = match shape {
            Shape::Value(_, form) => {
                schema.extend(form.schema());
                return schema;
            }
            Shape::Group { open, members, .. } => (open, members),
        };
        let required = members.iter().filter(|member| member.required);
        let required: Json = required.map(|member| member.name).collect();
        let mut properties = Map::new();
        for member in members {
            let schema = self.entry(member.name, member.shape);
            properties.insert(member.name.to_owned(), schema);
        }
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), Json::Object(properties));
        schema.insert("required".to_owned(), required);
        schema.insert("additionalProperties".to_owned(), (*open).into());
        schema
    }
}
