//! The values of a chart: one list, of which `values.yaml`, its schema and the table in the README
//! are made. Not: where they go.

use std::collections::BTreeSet;
use std::fmt::Write;

use indexmap::IndexMap;
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
    pub(super) about: String,
    /// What it is where nothing else is said, and what it may be; nothing for a group.
    pub(super) value: Option<(Tree, Form)>,
    entries: IndexMap<String, Entry>,
    /// Whether there may be others in the group.
    pub(super) open: bool,
    /// Whether what is said of the group in `values.yaml` is enough for all that is in it.
    pub(super) covers: bool,
}

/// What a value may be.
#[derive(Debug, Clone)]
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
    pub(super) fn add(&mut self, path: &[&str], about: &str, form: Form, default: Tree) {
        let entry = self.at(path);
        about.clone_into(&mut entry.about);
        entry.value = Some((default, form));
    }

    /// Adds a group, and says what is in it.
    pub(super) fn group(&mut self, path: &[&str], about: &str) {
        about.clone_into(&mut self.at(path).about);
    }

    /// Adds a group whose description is enough for all that is in it, where space is scarce.
    pub(super) fn short_group(&mut self, path: &[&str], about: &str) {
        self.group(path, about);
        self.at(path).covers = true;
    }

    /// Lets a group have entries that the chart knows nothing of.
    pub(super) fn open(&mut self, path: &[&str]) {
        self.at(path).open = true;
    }

    fn at(&mut self, path: &[&str]) -> &mut Entry {
        path.iter().fold(&mut self.0, |at, step| {
            at.entries.entry((*step).to_owned()).or_default()
        })
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
        self.0.write(0, &mut BTreeSet::new(), &mut out);
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
        self.0.rows("", false, &mut rows);
        let mut out = String::from("| value | default | what it says |\n|---|---|---|\n");
        for (path, Row { default, about }) in rows {
            let default = match default.map(|default| default.replace('|', "\\|")) {
                None => "see `values.yaml`".to_owned(),
                // Code that holds backticks stands between more of them.
                Some(default) if default.contains('`') => format!("`` {default} ``"),
                Some(default) => format!("`{default}`"),
            };
            let about = about.replace('|', "\\|");
            // Writing to a string does not fail.
            let _ = writeln!(out, "| `{path}` | {default} | {about} |");
        }
        out
    }
}

impl Entry {
    /// The entries that are not empty groups.
    pub(super) fn entries(&self) -> Box<dyn Iterator<Item = (&String, &Entry)> + '_> {
        let entries = self.entries.iter();
        Box::new(
            entries.filter(|(_, entry)| entry.value.is_some() || entry.entries().next().is_some()),
        )
    }

    fn json(&self) -> Json {
        match &self.value {
            Some((default, _)) => json(default),
            None => {
                let entries = self.entries();
                let entries = entries.map(|(name, entry)| (name.clone(), entry.json()));
                Json::Object(entries.collect())
            }
        }
    }

    /// Writes what is in a group, with its lines behind so many blanks. What has been `said` of an
    /// entry is not said again of one like it.
    fn write<'a>(&'a self, column: usize, said: &mut BTreeSet<(&'a str, &'a str)>, out: &mut Text) {
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
            out.push_str(&indent);
            let default = match &entry.value {
                Some((default, _)) => default.clone(),
                None => Tree::Map(IndexMap::new()),
            };
            let mut line = Text::new();
            yaml::emit_at(
                &Tree::Map([(name.clone(), default)].into()),
                column,
                &mut line,
            );
            if entry.value.is_some() {
                out.append(line);
            } else {
                let line = line.redact();
                out.push_str(line.trim_end().trim_end_matches(" {}"));
                out.push_str("\n");
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
    fn rows<'a>(&'a self, path: &str, named: bool, rows: &mut IndexMap<String, Row<'a>>) {
        let several = named && self.entries().nth(1).is_some();
        for (name, entry) in self.entries() {
            let step = match several {
                true => "*".to_owned(),
                false => name.replace('.', "\\."),
            };
            let path = match path {
                "" => step,
                path => format!("{path}.{step}"),
            };
            if entry.value.is_none() {
                let holds_names = !named && NAMED.contains(&name.as_str());
                entry.rows(&path, holds_names, rows);
                continue;
            }
            let default = entry.json().to_string();
            let row = rows.entry(path).or_insert_with(|| Row {
                default: Some(default.clone()),
                about: &entry.about,
            });
            if row.default.as_ref() != Some(&default) {
                row.default = None;
            }
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

/// A row of the table of values.
#[derive(Debug)]
struct Row<'a> {
    /// The default, if all values of the row share one.
    default: Option<String>,
    about: &'a str,
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
