//! The amount of work that a schema can cause by itself, and with a document. References make a few lines
//! represent any number of schemas, and the validator follows each of them. Out of scope: the meaning of
//! schemas.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::Node;
use crate::node::Kind;

/// The maximum number of schemas to which a schema can expand.
pub(super) const MOST_SCHEMAS: u64 = 100_000;

/// The maximum number of steps to validate a document.
pub(super) const MOST_STEPS: u64 = 10_000_000;

/// The number of steps up to which they need not be counted exactly.
const FEW_STEPS: u64 = 10_000;

/// The maximum number of pairs of a schema and a value that are visited to count the steps.
const MOST_PAIRS: usize = 500_000;

/// The maximum number of parts with an `$id`. Each reference can start in each of them.
const MOST_BASES: usize = 50;

/// The maximum depth of schemas: far deeper than text can be nested, and small enough for the stack.
const DEEPEST: usize = 500;

/// Keywords with a schema for the value itself.
const SAME: [&str; 4] = ["not", "if", "then", "else"];

/// Keywords with lists of schemas for the value itself.
const SAME_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Keywords with maps of schemas, each of which can apply to the value itself.
const SAME_MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];

/// Keywords with references.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Keywords with a schema for nested values.
const INNER: [&str; 8] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "contentSchema",
];

/// Keywords with maps of schemas for nested values.
const INNER_MAPS: [&str; 2] = ["properties", "patternProperties"];

/// The keyword with a list of schemas for nested values; `items` can also be a list in old drafts.
const INNER_LISTS: [&str; 2] = ["prefixItems", "items"];

type Table<K, V> = IndexMap<K, V>;

/// The size of an expanded schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The number of schemas, counting a schema each time it is reached.
    pub(super) schemas: u64,
    /// The same number, including the values of each `enum`.
    steps: u64,
    /// Whether a reference is recursive, so that the document determines its depth.
    recursive: bool,
}

/// A schema with the targets of its references.
struct Schema<'s> {
    root: &'s Json,
    /// The named parts, by the last segment of their name.
    anchors: Table<&'s str, Vec<&'s Json>>,
    /// The parts that are base locations for pointers.
    bases: Vec<&'s Json>,
}

impl<'s> Schema<'s> {
    fn new(root: &'s Json) -> Self {
        let mut schema = Self {
            root,
            anchors: Table::default(),
            bases: Vec::new(),
        };
        let mut left = vec![root];
        while let Some(at) = left.pop() {
            match at {
                Json::Array(items) => left.extend(items),
                Json::Object(entries) => {
                    for keyword in ["$anchor", "$dynamicAnchor", "$id", "id"] {
                        if let Some(name) = entries.get(keyword).and_then(Json::as_str) {
                            let name = name.trim_end_matches('#');
                            let name = name.rsplit('/').next().unwrap_or_default();
                            schema.anchors.entry(name).or_default().push(at);
                            if keyword.ends_with("id") {
                                schema.bases.push(at);
                            }
                        }
                    }
                    left.extend(entries.values());
                }
                _ => {}
            }
        }
        schema
    }

    /// The possible targets of a reference.
    fn targets(&self, reference: &str) -> Vec<&'s Json> {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = base.rsplit('/').next().unwrap_or_default();
        let bases = match base {
            "" => vec![self.root],
            base => self.anchors.get(base).cloned().unwrap_or_default(),
        };
        match fragment {
            "" => bases,
            name if !name.starts_with('/') => self.anchors.get(name).cloned().unwrap_or_default(),
            pointer => {
                let decoded = decoded(pointer);
                let mut found: Vec<&Json> = Vec::new();
                for base in bases.into_iter().chain(self.bases.iter().copied()) {
                    let target = base.pointer(&decoded);
                    let is_new =
                        |target: &&Json| !found.iter().any(|known| std::ptr::eq(*known, *target));
                    found.extend(target.filter(is_new));
                }
                found
            }
        }
    }

    /// The schemas that apply to the same value as a schema.
    fn same(&self, schema: &'s Map<String, Json>) -> Vec<&'s Json> {
        let mut found: Vec<&Json> = SAME.iter().filter_map(|key| schema.get(*key)).collect();
        let lists = SAME_LISTS
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array());
        found.extend(lists.flatten());
        let maps = SAME_MAPS
            .iter()
            .filter_map(|key| schema.get(*key)?.as_object());
        found.extend(maps.flat_map(Map::values));
        let references = REFERENCES
            .iter()
            .filter_map(|key| schema.get(*key)?.as_str());
        for reference in references {
            found.extend(self.targets(reference));
        }
        found
    }
}

/// The pointer of a reference, without URI encoding.
fn decoded(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = &tail[2..];
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The schemas for nested values of a schema.
fn inner(schema: &Map<String, Json>) -> Vec<&Json> {
    let mut found: Vec<&Json> = INNER
        .iter()
        .filter_map(|key| schema.get(*key).filter(|inner| inner.is_object()))
        .collect();
    let maps = INNER_MAPS
        .iter()
        .filter_map(|key| schema.get(*key)?.as_object());
    found.extend(maps.flat_map(Map::values));
    let lists = INNER_LISTS
        .iter()
        .filter_map(|key| schema.get(*key)?.as_array());
    found.extend(lists.flatten());
    found
}

/// The cost of the values of an `enum`. Strings are looked up, other values are compared one by
/// one.
fn choices(schema: &Map<String, Json>) -> u64 {
    let values = schema.get("enum").and_then(Json::as_array);
    match values {
        Some(values) if !values.iter().all(Json::is_string) => values.len() as u64,
        _ => 0,
    }
}

/// The size of an expanded schema.
pub(super) fn extent(root: &Json) -> Extent {
    let mut expansion = Expansion {
        schema: Schema::new(root),
        known: Table::default(),
        recursive: false,
    };
    let (schemas, steps) = if expansion.schema.bases.len() > MOST_BASES {
        (u64::MAX, u64::MAX)
    } else {
        expansion.of(root, 0)
    };
    Extent {
        schemas,
        steps,
        recursive: expansion.recursive,
    }
}

struct Expansion<'s> {
    schema: Schema<'s>,
    /// The sizes of expanded schemas by address; `None` for a schema that is being expanded.
    known: Table<*const Json, Option<(u64, u64)>>,
    recursive: bool,
}

impl<'s> Expansion<'s> {
    fn of(&mut self, at: &'s Json, depth: usize) -> (u64, u64) {
        let Some(schema) = at.as_object() else {
            return (1, 1);
        };
        match self.known.get(&std::ptr::from_ref(at)) {
            Some(Some(known)) => return *known,
            Some(None) => {
                self.recursive = true;
                return (1, 1);
            }
            None if depth > DEEPEST => return (u64::MAX, u64::MAX),
            None => {}
        }
        self.known.insert(at, None);
        let (mut schemas, mut steps) = (1u64, 1 + choices(schema));
        for part in self.schema.same(schema).into_iter().chain(inner(schema)) {
            let (more, work) = self.of(part, depth + 1);
            schemas = schemas.saturating_add(more);
            steps = steps.saturating_add(work);
        }
        self.known.insert(at, Some((schemas, steps)));
        (schemas, steps)
    }
}

/// Whether validating a document takes too many steps.
pub(super) fn is_too_much(root: &Json, extent: Extent, node: &Node) -> bool {
    // Each part of a schema is evaluated at most once per value.
    let most = extent.steps.saturating_mul(size(node));
    if !extent.recursive && most <= MOST_STEPS {
        return false;
    }
    let mut check = Check {
        schema: Schema::new(root),
        known: Table::default(),
    };
    check.of(root, node, 0) > MOST_STEPS
}

/// The steps to validate a document: their number, or more if that is still few.
pub(super) fn steps(root: &Json, extent: Extent, node: &Node) -> u64 {
    let most = extent.steps.saturating_mul(size(node));
    if !extent.recursive && most <= FEW_STEPS {
        return most;
    }
    let mut check = Check {
        schema: Schema::new(root),
        known: Table::default(),
    };
    check.of(root, node, 0)
}

/// The number of values in a document.
fn size(node: &Node) -> u64 {
    1 + match &node.kind {
        Kind::List(items) => items.iter().map(size).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
        _ => 0,
    }
}

struct Check<'s> {
    schema: Schema<'s>,
    /// The steps for a schema and a value, by their addresses; `None` while they are being counted.
    known: Table<(*const Json, *const Node), Option<u64>>,
}

impl<'s> Check<'s> {
    fn of(&mut self, at: &'s Json, node: &Node, depth: usize) -> u64 {
        let Some(schema) = at.as_object() else {
            return 1;
        };
        let pair = (std::ptr::from_ref(at), std::ptr::from_ref(node));
        match self.known.get(&pair) {
            Some(known) => return known.unwrap_or(1),
            None if depth > DEEPEST || self.known.len() >= MOST_PAIRS => return u64::MAX,
            None => {}
        }
        self.known.insert(pair, None);
        let mut steps = 1 + choices(schema);
        for part in self.schema.same(schema) {
            steps = steps.saturating_add(self.of(part, node, depth + 1));
        }
        for (part, value) in parts(schema, node) {
            // The rest does not matter then.
            if steps > MOST_STEPS {
                break;
            }
            steps = steps.saturating_add(match value {
                Some(value) => self.of(part, value, depth + 1),
                None => 1,
            });
        }
        self.known.insert(pair, Some(steps));
        steps
    }
}

/// The schemas for nested values, each with its value; `None` represents a key.
fn parts<'s, 'n>(
    schema: &'s Map<String, Json>,
    node: &'n Node,
) -> Vec<(&'s Json, Option<&'n Node>)> {
    let mut found = Vec::new();
    match &node.kind {
        Kind::Map(entries) => {
            let known = schema.get("properties").and_then(Json::as_object);
            let patterns = schema.get("patternProperties").and_then(Json::as_object);
            for entry in entries {
                let value = Some(&entry.value);
                found.extend(
                    known
                        .and_then(|it| it.get(&entry.key))
                        .map(|it| (it, value)),
                );
                found.extend(
                    patterns
                        .into_iter()
                        .flat_map(Map::values)
                        .map(|it| (it, value)),
                );
                for key in ["additionalProperties", "unevaluatedProperties"] {
                    found.extend(schema.get(key).map(|it| (it, value)));
                }
                found.extend(schema.get("propertyNames").map(|it| (it, None)));
            }
        }
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let item = Some(item);
                for key in ["items", "additionalItems", "unevaluatedItems", "contains"] {
                    found.extend(schema.get(key).map(|it| (it, item)));
                }
                for list in INNER_LISTS.iter().filter_map(|key| schema.get(*key)) {
                    found.extend(list.get(at).map(|it| (it, item)));
                }
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{MOST_STEPS, extent, is_too_much};
    use crate::{Sources, parse};

    fn doubling(depth: usize, reference: impl Fn(usize) -> Json) -> Json {
        let mut defs = json!({});
        for at in 0..depth {
            defs[format!("d{at}")] = json!({"$anchor": format!("a{at}"), "allOf": [reference(at + 1), reference(at + 1)]});
        }
        defs[format!("d{depth}")] = json!({"$anchor": format!("a{depth}"), "type": "string"});
        json!({"$defs": defs, "anyOf": [reference(0)]})
    }

    fn too_much(schema: &Json, document: &str) -> bool {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", document);
        let node = &parse(&sources, id).documents[0];
        is_too_much(schema, extent(schema), node)
    }

    #[test]
    fn references_that_double_are_counted() {
        for schema in [
            doubling(10, |at| json!({"$ref": format!("#/$defs/d{at}")})),
            doubling(10, |at| json!({"$ref": format!("#/%24defs/d{at}")})),
            doubling(10, |at| json!({"$ref": format!("#a{at}")})),
            doubling(
                10,
                |at| json!({"properties": {"a": {"$ref": format!("#a{at}")}}}),
            ),
        ] {
            let schemas = extent(&schema).schemas;
            assert!((2_000..10_000).contains(&schemas), "{schemas} {schema}");
        }
        let endless = doubling(200, |at| json!({"$ref": format!("#/$defs/d{at}")}));
        assert_eq!(extent(&endless).schemas, u64::MAX);
    }

    #[test]
    fn documents_decide_how_far_recursion_goes() {
        let inner = json!({"properties": {"a": {"$ref": "#"}}});
        let schema = json!({"allOf": [inner, inner]});
        assert!(extent(&schema).schemas < 10);
        let nested = |depth: usize| format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
        assert!(!too_much(&schema, &nested(10)));
        assert!(too_much(&schema, &nested(60)));
    }

    #[test]
    fn each_value_of_a_list_is_compared_with_each_choice() {
        let numbers: Vec<usize> = (0..20_000).collect();
        let list = |count: usize| format!("[{}]", vec!["1"; count].join(", "));
        let schema = json!({"items": {"enum": numbers}});
        assert!(!too_much(&schema, &list(10)));
        assert!(too_much(&schema, &list(2_000)));
        assert_eq!(MOST_STEPS, 10_000_000);
        let texts: Vec<String> = numbers.iter().map(|it| format!("v{it}")).collect();
        assert!(!too_much(&json!({"items": {"enum": texts}}), &list(2_000)));
    }
}
