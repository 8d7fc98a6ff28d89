//! The values of a chart: one list, of which `values.yaml`, its schema and the table in the README
//! are made. Not: where they go.

use std::borrow::Cow;
use std::fmt::Write;

use indexmap::map::Entry as Place;
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value as Json, json};

use super::schema;
use crate::{Segment, Text, Tree, yaml};

/// The values of a chart, in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Values(Entry);

/// A value, or a group of some.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// What it says, in sentences.
    pub(super) about: Cow<'static, str>,
    /// What it is where nothing else is said, and what it may be; nothing for a group.
    pub(super) value: Option<(Tree, Form)>,
    entries: IndexMap<String, Entry>,
    /// Whether there may be others in the group.
    pub(super) open: bool,
    /// Whether what is said of the group in `values.yaml` is enough for all that is in it.
    pub(super) covers: bool,
}

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// A string.
    Text,
    /// A string that this expression matches.
    Quantity(&'static str),
    /// A string that this expression matches, or nothing.
    Pattern(&'static str),
    /// A string, or nothing.
    OptionalText,
    /// A truth value.
    Bool,
    /// A number.
    Number,
    /// A whole number.
    WholeNumber,
    /// A whole number from the first to the second.
    Integer(u32, u32),
    /// Such a number, or nothing.
    OptionalInteger(u32, u32),
    /// One of these strings.
    OneOf(Vec<&'static str>),
    /// Strings by names, other than these.
    Texts(Vec<String>),
    /// Strings by names, each of which is one of these.
    TextsOf(Vec<String>),
    /// A list of strings.
    Names,
    /// A map in Kubernetes' words.
    Map,
    /// A list of maps in Kubernetes' words.
    Maps,
}

impl Form {
    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Map<String, Json> {
        let integer = |least: &u32, most: &u32, kind: Json| json!({"type": kind, "minimum": least, "maximum": most});
        let schema = match self {
            Form::Text => json!({"type": "string"}),
            Form::Quantity(pattern) => json!({"type": "string", "pattern": pattern}),
            Form::Pattern(pattern) => json!({"type": ["string", "null"], "pattern": pattern}),
            Form::OptionalText => json!({"type": ["string", "null"]}),
            Form::Bool => json!({"type": "boolean"}),
            Form::Number => json!({"type": "number"}),
            Form::WholeNumber => json!({"type": "integer"}),
            Form::Integer(least, most) => integer(least, most, json!("integer")),
            Form::OptionalInteger(least, most) => integer(least, most, json!(["integer", "null"])),
            Form::OneOf(all) => json!({"enum": all}),
            Form::Texts(taken) if taken.is_empty() => {
                json!({"type": "object", "additionalProperties": {"type": "string"}})
            }
            Form::Texts(taken) => json!({
                "type": "object",
                "propertyNames": {"not": {"enum": taken}},
                "additionalProperties": {"type": "string"},
            }),
            Form::TextsOf(names) => json!({
                "type": "object",
                "propertyNames": {"enum": names},
                "additionalProperties": {"type": "string"},
            }),
            Form::Names => json!({"type": "array", "items": {"type": "string"}}),
            Form::Map => json!({"type": "object"}),
            Form::Maps => json!({"type": "array", "items": {"type": "object"}}),
        };
        match schema {
            Json::Object(schema) => schema,
            _ => Map::new(),
        }
    }

    /// Whether a chart works without the value.
    fn is_optional(&self) -> bool {
        matches!(
            self,
            Form::OptionalText | Form::OptionalInteger(..) | Form::Pattern(_)
        )
    }
}

impl Values {
    /// Adds a value, and says in sentences what it is. Groups on the way to it are made.
    pub(super) fn add(
        &mut self,
        path: &[&str],
        about: impl Into<Cow<'static, str>>,
        form: Form,
        default: Tree,
    ) {
        let entry = self.at(path);
        entry.about = about.into();
        entry.value = Some((default, form));
    }

    /// Adds a group, and says what is in it.
    pub(super) fn group(&mut self, path: &[&str], about: impl Into<Cow<'static, str>>) {
        self.at(path).about = about.into();
    }

    /// Adds a group whose description is enough for all that is in it, where space is scarce.
    pub(super) fn short_group(&mut self, path: &[&str], about: &'static str) {
        self.group(path, about);
        self.at(path).covers = true;
    }

    /// Lets a group have entries that the chart knows nothing of.
    pub(super) fn open(&mut self, path: &[&str]) {
        self.at(path).open = true;
    }

    fn at(&mut self, path: &[&str]) -> &mut Entry {
        path.iter().fold(&mut self.0, |at, step| {
            let index = match at.entries.get_index_of(*step) {
                Some(index) => index,
                None => {
                    at.entries
                        .insert_full((*step).to_owned(), Entry::default())
                        .0
                }
            };
            &mut at.entries[index]
        })
    }

    /// Adds values behind those that are there.
    pub(super) fn merge(&mut self, other: Self) {
        self.0.merge(other.0);
    }

    /// The defaults at a path, as JSON.
    pub(super) fn json(&self, path: &[&str]) -> Json {
        let found = path
            .iter()
            .try_fold(&self.0, |at, step| at.entries.get(*step));
        found.map_or(Json::Null, Entry::json)
    }

    /// `values.yaml`.
    pub(super) fn yaml(&self, header: &str) -> String {
        let mut out = Text::from(header);
        self.0.write(0, &mut IndexSet::new(), &mut out);
        out.redact()
    }

    /// `values.schema.json`.
    pub(super) fn schema(&self) -> String {
        let mut text = serde_json::to_string_pretty(&schema::of(&self.0)).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The table of all values, in Markdown.
    pub(super) fn table(&self) -> String {
        let mut rows = IndexMap::new();
        self.0.rows(&Path::default(), false, &mut rows);
        let mut out = String::from("| value | default | what it says |\n|---|---|---|\n");
        for ((path, about), Row { only, default }) in rows {
            let path = code(&only.unwrap_or(path));
            let default = match default {
                None => "see `values.yaml`".to_owned(),
                Some(default) => code(&json(default).to_string()),
            };
            let about = about.replace('|', "\\|");
            // Writing to a string does not fail.
            let _ = writeln!(out, "| {path} | {default} | {about} |");
        }
        out
    }
}

/// A text as code in a cell of a table of Markdown.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let runs = text.split(|character| character != '`');
    match runs.map(str::len).max().unwrap_or_default() {
        0 => format!("`{text}`"),
        // More backticks than are in it end it.
        longest => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

impl Entry {
    fn merge(&mut self, other: Self) {
        if !other.about.is_empty() {
            self.about = other.about;
        }
        self.value = other.value.or(self.value.take());
        self.open |= other.open;
        self.covers |= other.covers;
        for (name, entry) in other.entries {
            match self.entries.entry(name) {
                Place::Occupied(mut own) => own.get_mut().merge(entry),
                Place::Vacant(place) => {
                    place.insert(entry);
                }
            }
        }
    }

    /// The entries that are not empty groups.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&String, &Entry)> {
        let entries = self.entries.iter();
        entries.filter(|(_, entry)| entry.is_there())
    }

    fn is_there(&self) -> bool {
        self.value.is_some() || self.entries.values().any(Self::is_there)
    }

    fn json(&self) -> Json {
        if let Some((default, _)) = &self.value {
            return json(default);
        }
        let entries = self.entries();
        let entries = entries.map(|(name, entry)| (name.clone(), entry.json()));
        Json::Object(entries.collect())
    }

    /// Writes what is in a group, with its lines behind so many blanks. What has been `said` of an
    /// entry is not said again of one like it.
    fn write<'a>(&'a self, column: usize, said: &mut IndexSet<(&'a str, &'a str)>, out: &mut Text) {
        let indent = " ".repeat(column);
        for (index, (name, entry)) in self.entries().enumerate() {
            if column == 0 && index > 0 {
                out.push_str("\n");
            }
            if !self.covers && said.insert((name, &entry.about)) {
                for line in wrapped(&entry.about, 96 - column) {
                    out.push_str(&format!("{indent}# {line}\n"));
                }
            }
            if let Some((default, _)) = &entry.value {
                yaml::emit_entry(name, default, column, out);
            } else {
                yaml::emit_key(name, column, out);
                entry.write(column + 2, said, out);
            }
        }
    }

    /// Whether a chart works without it.
    pub(super) fn is_optional(&self) -> bool {
        matches!(&self.value, Some((_, form)) if form.is_optional())
    }

    /// Adds a row per value. Values that only differ by the name of a workload, a container or the
    /// like share one.
    fn rows<'a>(&'a self, path: &Path, named: bool, rows: &mut Rows<'a>) {
        let several = named && self.entries().nth(1).is_some();
        for (name, entry) in self.entries() {
            let path = path.with(name, several);
            let Some((default, _)) = &entry.value else {
                let holds_names = !named && NAMED.contains(&name.as_str());
                entry.rows(&path, holds_names, rows);
                continue;
            };
            match rows.entry((path.shared, &entry.about)) {
                Place::Vacant(place) => {
                    place.insert(Row {
                        only: Some(path.own),
                        default: Some(default),
                    });
                }
                Place::Occupied(mut row) => {
                    let row = row.get_mut();
                    row.only = None;
                    row.default = row.default.filter(|known| *known == default);
                }
            }
        }
    }
}

/// A way to a value.
#[derive(Debug, Default)]
struct Path {
    /// With `*` in place of names, where there are others beside them.
    shared: String,
    /// With all names.
    own: String,
}

impl Path {
    /// The way to an entry of what is here.
    fn with(&self, name: &str, several: bool) -> Self {
        let name = name.replace('.', "\\.");
        let shared = if several { "*" } else { &name };
        let behind = |path: &str, step: &str| match path {
            "" => step.to_owned(),
            path => format!("{path}.{step}"),
        };
        Self {
            shared: behind(&self.shared, shared),
            own: behind(&self.own, &name),
        }
    }
}

/// The groups in which each entry is named after something of the project.
const NAMED: [&str; 7] = [
    "workloads",
    "resources",
    "routes",
    "secrets",
    "containers",
    "volumes",
    "ports",
];

/// The rows of the table of values, by their shared ways and by what they say.
type Rows<'a> = IndexMap<(String, &'a str), Row<'a>>;

/// A row of the table of values.
#[derive(Debug)]
struct Row<'a> {
    /// The way to the value, if it is the only one.
    only: Option<String>,
    /// The default, if all values of the row share one.
    default: Option<&'a Tree>,
}

/// A default as JSON. It holds plain texts only.
fn json(tree: &Tree) -> Json {
    let plain = |text: &Text| match text.segments() {
        [Segment::Plain(plain)] => plain.clone(),
        _ => String::new(),
    };
    tree.map_text(&mut |text| plain(text)).to_json()
}

/// A text in lines of so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
