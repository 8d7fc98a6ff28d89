//! Partial expectations: compares the values that a test lists with generated ones.
//!
//! A map matches if each of its entries does; `null` matches an absent entry. A list that contains maps matches if
//! each of its items matches any item. All other values must be equal.

use std::fmt::Write;

use score_spec::diagnostic::{bounded, nearest};
use score_spec::{Kind, Map, Node, Span, Value};

/// The maximum number of steps of a comparison: pairs of values, and the parts of those that are compared as a whole. The
/// items of a list are compared with all generated ones, so that two long lists could take hours.
const MOST_STEPS: usize = 10_000_000;

/// The number of bytes of a string that are compared in one step.
const BYTES: usize = 64;

/// The maximum number of differences that are kept for a value. Others are only counted.
const MOST_KEPT: usize = 8;

/// The fields that identify an item of a list, as paths.
const IDENTITY: [&[&str]; 3] = [&["kind"], &["metadata", "name"], &["name"]];

/// An expected value that differs from the generated one.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    /// The location of the expected value.
    pub(super) span: Span,
    /// The path and the difference, such as `` `objects[0].spec.replicas`: expected 3, found 1 ``.
    pub(super) message: String,
}

/// The differences of a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Differences {
    /// Their number.
    count: usize,
    /// The first of them.
    pub(super) first: Vec<Difference>,
}

impl Differences {
    fn append(&mut self, others: Self) {
        self.count += others.count;
        self.first.extend(others.first);
    }

    /// The number of differences that are not kept.
    pub(super) fn omitted(&self) -> usize {
        self.count.saturating_sub(self.first.len())
    }
}

/// A comparison of an expected tree with a generated one.
#[derive(Debug)]
pub(super) struct Matching {
    remaining: usize,
    /// The number of messages that can still be kept.
    room: usize,
    /// Whether differences are only counted, because another item can be nearer.
    counts: bool,
    /// The keys and indices of the expected value that is being compared.
    path: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Matching {
    /// A comparison of the values with this name.
    pub(super) fn new(name: &str) -> Self {
        Self::of_steps(name, MOST_STEPS)
    }

    /// The same with at most so many steps.
    fn of_steps(name: &str, remaining: usize) -> Self {
        Self {
            remaining,
            room: MOST_KEPT,
            counts: false,
            path: vec![Step::Key(name.to_owned())],
        }
    }

    /// The differences between an expected value and a generated one, which can be absent.
    pub(super) fn compare(&mut self, expected: &Node, found: Option<&Value>) -> Differences {
        if !self.take(1) {
            return self.too_much(expected);
        }
        match (&expected.kind, found) {
            (Kind::Null, None | Some(Value::Null)) => Differences::default(),
            (Kind::Null, Some(found)) => self.difference(expected.span, || {
                format!("expected nothing, found {}", shown(found))
            }),
            (Kind::Map(_), Some(Value::Map(entries))) => self.compare_entries(expected, entries),
            (Kind::List(items), Some(Value::List(found))) if items.iter().any(is_map) => {
                self.compare_items(items, found)
            }
            (_, found) => {
                if !self.take(size(expected)) {
                    return self.too_much(expected);
                }
                let wanted = expected.to_value();
                if found == Some(&wanted) {
                    return Differences::default();
                }
                self.difference(expected.span, || {
                    let found = found.map_or("nothing".to_owned(), shown);
                    format!("expected {}, found {found}", shown(&wanted))
                })
            }
        }
    }

    /// Deducts steps, and returns whether they were left.
    fn take(&mut self, steps: usize) -> bool {
        let remaining = self.remaining.checked_sub(steps);
        self.remaining = remaining.unwrap_or_default();
        remaining.is_some()
    }

    /// Whether the message of the next difference is kept.
    fn keeps(&self) -> bool {
        !self.counts && self.room > 0
    }

    fn too_much(&mut self, expected: &Node) -> Differences {
        self.difference(expected.span, || "there is too much to compare".to_owned())
    }

    fn compare_entries(&mut self, expected: &Node, found: &Map<Value>) -> Differences {
        let mut differences = Differences::default();
        for entry in expected.entries() {
            self.path.push(Step::Key(entry.key.clone()));
            let value = found.get(&entry.key);
            let is_missing = value.is_none() && entry.value.kind != Kind::Null;
            let keys = found.keys().map(String::as_str);
            let keys = Some(keys).filter(|_| is_missing && self.keeps());
            let meant = keys.and_then(|keys| nearest(&entry.key, keys));
            differences.append(match meant {
                Some(meant) => self.difference(entry.key_span, || {
                    format!("there is no such entry; there is `{}`", inert(meant))
                }),
                None => self.compare(&entry.value, value),
            });
            self.path.pop();
        }
        differences
    }

    fn compare_items(&mut self, expected: &[Node], found: &[Value]) -> Differences {
        let mut differences = Differences::default();
        for (index, item) in expected.iter().enumerate() {
            self.path.push(Step::Index(index));
            differences.append(self.compare_item(item, found));
            self.path.pop();
            if self.remaining == 0 {
                break;
            }
        }
        differences
    }

    /// The differences between an item and the nearest generated one.
    fn compare_item(&mut self, expected: &Node, found: &[Value]) -> Differences {
        let counts = std::mem::replace(&mut self.counts, true);
        let mut best: Option<((usize, usize), usize)> = None;
        for (index, candidate) in found.iter().enumerate() {
            let differences = self.compare(expected, Some(candidate));
            if differences.count == 0 {
                self.counts = counts;
                return differences;
            }
            if !self.take(IDENTITY.len()) {
                self.counts = counts;
                return self.too_much(expected);
            }
            let others = IDENTITY
                .iter()
                .filter(|path| differs(expected, candidate, path));
            let distance = (others.count(), differences.count);
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, index));
            }
        }
        self.counts = counts;
        let Some(((_, count), index)) = best else {
            return self.difference(expected.span, || {
                "no item matches, because the list is empty".to_owned()
            });
        };
        let mut all = self.difference(expected.span, || {
            let what = name(&found[index]).unwrap_or_else(|| format!("item {index}"));
            format!("no item matches; the nearest one is {what}")
        });
        // Messages are written only for the nearest item.
        all.append(if self.keeps() {
            self.compare(expected, Some(&found[index]))
        } else {
            Differences {
                count,
                first: Vec::new(),
            }
        });
        all
    }

    /// A difference, with a message if it is kept.
    fn difference(&mut self, span: Span, message: impl FnOnce() -> String) -> Differences {
        if !self.keeps() {
            return Differences {
                count: 1,
                first: Vec::new(),
            };
        }
        self.room -= 1;
        let mut path = String::new();
        for step in &self.path {
            let _ = match step {
                Step::Key(key) if path.is_empty() => write!(path, "{}", inert(key)),
                Step::Key(key) => write!(path, ".{}", inert(key)),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        let message = format!("`{}`: {}", bounded(path), message());
        Differences {
            count: 1,
            first: vec![Difference { span, message }],
        }
    }
}

fn is_map(node: &Node) -> bool {
    matches!(node.kind, Kind::Map(_))
}

/// The number of steps to compare a value as a whole.
fn size(node: &Node) -> usize {
    match &node.kind {
        Kind::Text(text) => text.len() / BYTES,
        Kind::List(items) => items.iter().map(|item| 1 + size(item)).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
        _ => 0,
    }
}

/// Whether an item expects another identity, which is a string, than that of a generated one.
fn differs(expected: &Node, found: &Value, path: &[&str]) -> bool {
    let expected = path.iter().try_fold(expected, |at, key| at.get(key));
    let found = path.iter().try_fold(found, |at, key| at.get(key));
    let found = match found {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    expected.is_some_and(|expected| expected.text() != found)
}

/// The name of a generated item: that of an object with its kind, or its `name`.
fn name(item: &Value) -> Option<String> {
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => Some(bounded(inert(text))),
        _ => None,
    };
    let kind = text(item.get("kind"));
    let object = text(item.get("metadata").and_then(|it| it.get("name")));
    match (kind, object) {
        (Some(kind), Some(object)) => Some(format!("{kind} `{object}`")),
        _ => text(item.get("name")).map(|name| format!("`{name}`")),
    }
}

/// A value as JSON of limited length.
fn shown(value: &Value) -> String {
    format!("`{}`", bounded(value.to_json().to_string()))
}

/// A string on a single line.
fn inert(text: &str) -> String {
    text.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use score_spec::{Sources, parse};

    use super::{MOST_KEPT, MOST_STEPS, Matching};

    /// The messages of the differences between two YAML documents, and the number of others.
    fn differences(expected: &str, found: &str) -> (Vec<String>, usize) {
        differences_in(MOST_STEPS, expected, found)
    }

    fn differences_in(steps: usize, expected: &str, found: &str) -> (Vec<String>, usize) {
        let mut sources = Sources::new();
        let expected = sources.add("expected", expected);
        let found = sources.add("found", found);
        let expected = parse(&sources, expected).documents.remove(0);
        let found = parse(&sources, found).documents.remove(0).to_value();
        let mut matching = Matching::of_steps("it", steps);
        let all = matching.compare(&expected, Some(&found));
        let messages = all.first.iter().map(|it| it.message.clone());
        (messages.collect(), all.omitted())
    }

    #[test]
    fn maps_are_subsets_and_lists_of_maps_too() {
        for (expected, found) in [
            ("{a: 1}", "{b: 2, a: 1}"),
            ("{a: {b: null}, c: null}", "{a: {d: 1}, c: null}"),
            (
                "[{name: b}, {name: a}]",
                "[{name: a, x: 1}, {name: c}, {name: b}]",
            ),
            ("[--max, 5]", "[--max, 5]"),
            ("[]", "[]"),
        ] {
            assert_eq!(differences(expected, found), (vec![], 0), "{expected}");
        }
    }

    #[test]
    fn differences_name_the_nearest_item() {
        for (expected, found, message) in [
            (
                "[--max]",
                "[--max, 5]",
                "`it`: expected `[\"--max\"]`, found `[\"--max\",5]`",
            ),
            ("[]", "[1]", "`it`: expected `[]`, found `[1]`"),
            (
                "{a: 80}",
                "{a: '80'}",
                "`it.a`: expected `80`, found `\"80\"`",
            ),
            ("{a: null}", "{a: 1}", "`it.a`: expected nothing, found `1`"),
            ("{a: {}}", "{a: 1}", "`it.a`: expected `{}`, found `1`"),
            (
                "{image: 1}",
                "{imag: 1}",
                "`it.image`: there is no such entry; there is `imag`",
            ),
            (
                "[{a: 1}]",
                "[]",
                "`it[0]`: no item matches, because the list is empty",
            ),
        ] {
            assert_eq!(differences(expected, found), (vec![message.to_owned()], 0));
        }
        let found = "[{kind: A, metadata: {name: y}, a: 1}, {kind: A, metadata: {name: x}, a: 2}]";
        let expected = "[{kind: A, metadata: {name: x}, a: 1}]";
        let messages = [
            "`it[0]`: no item matches; the nearest one is A `x`",
            "`it[0].a`: expected `1`, found `2`",
        ];
        let messages = messages.map(str::to_owned).to_vec();
        assert_eq!(differences(expected, found), (messages, 0));
    }

    #[test]
    fn work_and_messages_are_bounded() {
        let keys = (0..50).map(|at| format!("{at}{at}{at}: 1\n"));
        let (messages, omitted) = differences(&keys.collect::<String>(), "{}");
        assert_eq!((messages.len(), omitted), (MOST_KEPT, 50 - MOST_KEPT));
        let items = |value: &str| format!("[{}]", format!("{{a: {value}}},").repeat(4_000));
        // The comparison of all items takes 16 million steps or more.
        let (messages, _) = differences_in(100_000, &items("1"), &items("2"));
        assert_eq!(messages.len(), MOST_KEPT);
        let (messages, _) = differences_in(2_000, &items("1"), &items("2"));
        assert_eq!(messages, ["`it[0]`: there is too much to compare"]);
        // A large value is compared as a whole, which takes a step for each of its parts.
        let large = |value: &str| format!("{{a: [{}]}}", format!("{value}, ").repeat(2_000));
        let (messages, _) = differences_in(1_000, &large("1"), &large("1"));
        assert_eq!(messages, ["`it.a`: there is too much to compare"]);
        assert_eq!(differences_in(2_100, &large("1"), &large("1")).0, [""; 0]);
        let (_, omitted) = differences(&format!("[{}]", "{a: x}, ".repeat(3)), "[{a: y}]");
        assert_eq!(omitted, 0);
    }
}
