//! The table of the values of a chart, in Markdown. Values whose paths differ only in the name of a
//! workload, a container or the like share a row.

use std::borrow::Cow;
use std::fmt::Write;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use score_spec::Map;

use super::values::Plain;
use super::values::{Entry, json};

/// The groups whose entries are named after something in the project.
const NAMED: [&str; 7] = [
    "workloads",
    "resources",
    "routes",
    "secrets",
    "containers",
    "volumes",
    "ports",
];

/// The table of all groups.
pub(super) fn table(groups: &[Rows]) -> String {
    let mut out = String::from("| value | default | description |\n|---|---|---|\n");
    for rows in groups {
        rows.write(&mut out);
    }
    out
}

/// The rows of a top-level group.
#[derive(Debug, Default)]
pub(super) struct Rows {
    group: String,
    /// The name of its first entry.
    first: String,
    /// The number of its entries.
    count: usize,
    /// The rows by shared path and description. The shared path is relative to the group, or to its
    /// entry if entries are named after something in the project.
    by_way: Map<IndexMap<Cow<'static, str>, Row, RandomState>>,
}

#[derive(Debug)]
struct Row {
    /// The full path of the value, if the row has only one.
    only: Option<String>,
    /// The default, if all values of the row have the same.
    default: Option<Plain>,
}

/// The path of a value.
#[derive(Debug)]
struct Way {
    /// The path with `*` in place of names that have siblings.
    shared: String,
    /// The path with all names.
    own: String,
}

impl Rows {
    /// No rows yet, for the group with this name.
    pub(super) fn of(group: &str) -> Self {
        Self {
            group: group.to_owned(),
            ..Self::default()
        }
    }

    /// Whether entries of the group are named after something in the project.
    fn is_named(&self) -> bool {
        NAMED.contains(&&*self.group)
    }

    pub(super) fn add(&mut self, name: &str, entry: &Entry) {
        let mut way = Way {
            shared: String::new(),
            own: self.group.clone(),
        };
        push_step(name, &mut way.own);
        if !self.is_named() {
            push_step(name, &mut way.shared);
        }
        if self.count == 0 {
            push_step(name, &mut self.first);
        }
        self.count += 1;
        self.entry(name, entry, self.is_named(), &mut way);
    }

    /// Adds the value, if the group is a value itself.
    pub(super) fn add_value(&mut self, entry: &Entry) {
        let mut way = Way {
            shared: String::new(),
            own: self.group.clone(),
        };
        self.entry("", entry, false, &mut way);
    }

    /// Adds an entry at a path; `is_named` tells whether it is named after something in the
    /// project.
    fn entry(&mut self, name: &str, entry: &Entry, is_named: bool, way: &mut Way) {
        let Some((default, _)) = &entry.value else {
            let holds_names = !is_named && NAMED.contains(&name);
            self.entries(entry, holds_names, way);
            return;
        };
        let rows = match self.by_way.get_index_of(&way.shared) {
            Some(index) => &mut self.by_way[index],
            None => self.by_way.entry(way.shared.clone()).or_default(),
        };
        if let Some(row) = rows.get_mut(&*entry.about) {
            row.only = None;
            row.default.take_if(|known| known != default);
        } else {
            let row = Row {
                only: Some(way.own.clone()),
                default: Some(default.clone()),
            };
            rows.insert(entry.about.clone(), row);
        }
    }

    fn entries(&mut self, group: &Entry, hold_names: bool, way: &mut Way) {
        let several = hold_names && group.entries().nth(1).is_some();
        for (name, entry) in group.entries() {
            let (shared, own) = (way.shared.len(), way.own.len());
            push_step(name, &mut way.own);
            if several {
                way.shared.push_str(".*");
            } else {
                push_step(name, &mut way.shared);
            }
            self.entry(name, entry, hold_names, way);
            way.shared.truncate(shared);
            way.own.truncate(own);
        }
    }

    fn write(&self, out: &mut String) {
        let group = match self.count {
            _ if !self.is_named() => self.group.clone(),
            1 => format!("{}{}", self.group, self.first),
            _ => format!("{}.*", self.group),
        };
        for (way, rows) in &self.by_way {
            let shared = format!("{group}{way}");
            for (about, Row { only, default }) in rows {
                let path = code(only.as_ref().unwrap_or(&shared));
                let default = match default {
                    None => "see `values.yaml`".to_owned(),
                    Some(default) => code(&json(default).to_string()),
                };
                let about = cell(about);
                // Writing to a string does not fail.
                let _ = writeln!(out, "| {path} | {default} | {about} |");
            }
        }
    }
}

/// Appends the name of an entry to a path.
fn push_step(name: &str, way: &mut String) {
    for (index, part) in name.split('.').enumerate() {
        way.push_str(if index == 0 { "." } else { "\\." });
        way.push_str(part);
    }
}

/// A string as the text of a table cell: on one line, and without `|`. A backslash would not
/// reliably escape a `|`, since another backslash can precede it.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "&#124;")
}

/// A string as code in a table cell. Between backticks, `\\|` is the only escape sequence of a `|`,
/// so a string that contains it is written as HTML.
fn code(text: &str) -> String {
    if !text.contains(|c: char| c.is_control() || matches!(c, '|' | '`')) {
        return format!("`{text}`");
    }
    let text = text.replace(char::is_control, " ");
    if text.contains("\\|") {
        let mut escaped = String::new();
        for c in text.chars() {
            match c {
                '&' | '<' | '|' | '\\' | '`' | '*' | '_' => {
                    // Writing to a string does not fail.
                    let _ = write!(escaped, "&#{};", u32::from(c));
                }
                c => escaped.push(c),
            }
        }
        return format!("<code>{escaped}</code>");
    }
    let text = text.replace('|', "\\|");
    if !text.contains('`') {
        return format!("`{text}`");
    }
    // A code span ends at a run of backticks as long as its first, so the fence is longer than any
    // run inside.
    let runs = text.split(|character| character != '`');
    let longest = runs.map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}
