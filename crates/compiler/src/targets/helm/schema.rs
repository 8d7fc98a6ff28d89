//! The JSON Schema of the values of a chart.
//!
//! Helm loads no file larger than five megabytes, so parts that several workloads share are written
//! once, as definitions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use indexmap::map::Entry as Place;
use serde_core::ser::{Serialize, SerializeMap, Serializer};

use super::LARGEST;
use super::values::{Entry, Form};

/// The draft of JSON Schema that every version of Helm reads.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The shapes of values and groups without duplicates, and the number of entries with each shape.
#[derive(Debug, Default)]
pub(super) struct Shapes(IndexMap<Shape, usize, RandomState>);

/// The schema of a value or a group, independent of defaults.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// The description and the form of a value.
    Value(Cow<'static, str>, Form),
    Group {
        about: Cow<'static, str>,
        open: bool,
        members: Vec<(String, Member)>,
    },
}

/// An entry of a group.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    /// The index of its shape.
    shape: usize,
    required: bool,
}

impl Shapes {
    /// Adds the shape of an entry.
    pub(super) fn add(&mut self, entry: Entry) -> Member {
        let required = !entry.is_optional();
        if let Some((_, form)) = entry.value {
            let shape = self.number(Shape::Value(entry.about, form));
            return Member { shape, required };
        }
        // Without a description, groups with the same entries share a shape even if it contains
        // their names.
        let about = if entry.covers {
            entry.about.clone()
        } else {
            Cow::default()
        };
        let open = entry.open;
        let members = entry.into_entries();
        let members = members.map(|(name, entry)| (name, self.add(entry)));
        let members = members.collect::<Vec<_>>();
        self.group(about, (open, required), members)
    }

    /// Adds the shape of a group, which can be open and required.
    pub(super) fn group(
        &mut self,
        about: Cow<'static, str>,
        (open, required): (bool, bool),
        members: impl IntoIterator<Item = (String, Member)>,
    ) -> Member {
        let shape = self.number(Shape::Group {
            about,
            open,
            members: members.into_iter().collect(),
        });
        Member { shape, required }
    }

    fn number(&mut self, shape: Shape) -> usize {
        match self.0.entry(shape) {
            Place::Occupied(mut known) => {
                *known.get_mut() += 1;
                known.index()
            }
            Place::Vacant(place) => {
                let number = place.index();
                place.insert(1);
                number
            }
        }
    }

    /// The number of shapes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The schema of all values, whose top-level group is `root`. The buffer has room for `length` bytes, its
    /// expected length; a longer schema makes it grow. If the expected or the actual length is more than Helm
    /// loads, the schema is written without whitespace.
    pub(super) fn schema(&self, root: &Member, length: usize) -> String {
        let mut definitions = Definitions {
            shapes: self,
            names: BTreeMap::new(),
            order: Vec::new(),
        };
        definitions.add_members(root.shape, &mut Names::default());
        let schema = Schema {
            number: root.shape,
            definitions: &definitions,
        };
        let whole = Whole(schema);
        let mut text = Vec::new();
        // Writing to memory does not fail, and JSON is UTF-8.
        if length <= LARGEST {
            text.reserve(length);
            let _ = serde_json::to_writer_pretty(&mut text, &whole);
        }
        if length.max(text.len()) > LARGEST {
            text.clear();
            text.reserve(length / 2);
            let _ = serde_json::to_writer(&mut text, &whole);
        }
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }
}

/// The shapes that several entries share, which the schema defines once.
struct Definitions<'a> {
    shapes: &'a Shapes,
    /// The names of the definitions, by shape.
    names: BTreeMap<usize, String>,
    /// The defined shapes in the order in which they are written.
    order: Vec<usize>,
}

impl<'a> Definitions<'a> {
    /// Defines the shape of an entry, if several entries have it, and all shapes that it contains.
    fn add(&mut self, name: &'a str, number: usize, names: &mut Names<'a>) {
        if self.names.contains_key(&number) {
            return;
        }
        let is_shared = self.shapes.0[number] > 1;
        if is_shared {
            self.names.insert(number, names.free(name));
        }
        self.add_members(number, names);
        if is_shared {
            self.order.push(number);
        }
    }

    fn add_members(&mut self, number: usize, names: &mut Names<'a>) {
        if let Some((Shape::Group { members, .. }, _)) = self.shapes.0.get_index(number) {
            for (name, member) in members {
                self.add(name, member.shape, names);
            }
        }
    }
}

/// The names of definitions.
#[derive(Default)]
struct Names<'a> {
    taken: BTreeSet<String>,
    /// The last number appended to each name.
    last: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    /// The name, with a number appended if it is taken.
    fn free(&mut self, name: &'a str) -> String {
        let mut free = name.to_owned();
        let last = self.last.entry(name).or_insert(1);
        while !self.taken.insert(free.clone()) {
            *last += 1;
            free = format!("{name}-{last}");
        }
        free
    }
}

/// The schema of all values, with all definitions.
struct Whole<'a>(Schema<'a>);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let definitions = self.0.definitions;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("$schema", DRAFT)?;
        self.0.entries(&mut map)?;
        if !definitions.order.is_empty() {
            map.serialize_entry("definitions", definitions)?;
        }
        map.end()
    }
}

impl Serialize for Definitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = self.order.iter().map(|number| {
            let schema = Schema {
                number: *number,
                definitions: self,
            };
            (&self.names[number], schema)
        });
        serializer.collect_map(each)
    }
}

struct Schema<'a> {
    number: usize,
    definitions: &'a Definitions<'a>,
}

impl Schema<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Some((shape, _)) = self.definitions.shapes.0.get_index(self.number) else {
            return Ok(());
        };
        let (Shape::Value(about, _) | Shape::Group { about, .. }) = shape;
        if !about.is_empty() {
            map.serialize_entry("description", &**about)?;
        }
        match shape {
            Shape::Value(_, form) => match form.kind() {
                Some(kind) => map.serialize_entry("type", kind)?,
                None => {
                    for (key, value) in &form.schema() {
                        map.serialize_entry(key, value)?;
                    }
                }
            },
            Shape::Group { open, members, .. } => {
                let required = members.iter().filter(|(_, member)| member.required);
                let required: Vec<&str> = required.map(|(name, _)| &**name).collect();
                map.serialize_entry("type", "object")?;
                let properties = Properties {
                    members,
                    definitions: self.definitions,
                };
                map.serialize_entry("properties", &properties)?;
                map.serialize_entry("required", &*required)?;
                map.serialize_entry("additionalProperties", open)?;
            }
        }
        Ok(())
    }
}

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

/// The schema of an entry of a group: its shape, or a reference to the definition of the shape.
struct Property<'a>(Schema<'a>);

impl Serialize for Property<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.definitions.names.get(&self.0.number) {
            Some(name) => serializer.collect_map([("$ref", format!("#/definitions/{name}"))]),
            None => self.0.serialize(serializer),
        }
    }
}

struct Properties<'a> {
    members: &'a [(String, Member)],
    definitions: &'a Definitions<'a>,
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = self.members.iter().map(|(name, member)| {
            let schema = Schema {
                number: member.shape,
                definitions: self.definitions,
            };
            (name, Property(schema))
        });
        serializer.collect_map(each)
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Shapes};

    #[test]
    fn schemas_that_helm_would_not_load_have_no_whitespace() {
        let mut shapes = Shapes::default();
        let short = shapes.group("All values.".into(), (false, true), []);
        let long = shapes.group("a".repeat(LARGEST).into(), (false, true), []);
        let pretty = shapes.schema(&short, 0);
        let compact = shapes.schema(&short, LARGEST + 1);
        assert_eq!(pretty.lines().count(), 8);
        assert_eq!(compact.lines().count(), 1);
        assert_eq!(shapes.schema(&long, 0).lines().count(), 1);
        let [pretty, compact] = [pretty, compact].map(|it| serde_json::from_str(&it).ok());
        assert!(pretty.is_some());
        assert_eq!(pretty, compact as Option<serde_json::Value>);
    }
}
