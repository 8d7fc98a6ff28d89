//! The files that list the values of a chart: `values.yaml`, its schema, and the table in the
//! README.
//!
//! Each value is written when it is added and then dropped, since a chart can have many.

use std::borrow::Cow;
use std::convert::Infallible;

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use score_spec::Map;

use super::chart::Collect;
use super::schema::{Member, Shapes};
use super::table::{self, Rows};
use super::values::{Entry, Presence, Values};
use crate::emit::yaml;
use crate::ir::Text;
use crate::support::parallel;

/// The number of shapes from which a separate thread pays off.
const MANY: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Listing {
    groups: Map<Group>,
    shapes: Shapes,
}

/// The files that list the values.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) yaml: String,
    pub(super) schema: String,
    /// The table in the README.
    pub(super) table: String,
}

/// A top-level group, or a top-level value.
#[derive(Debug, Default)]
struct Group {
    about: Cow<'static, str>,
    open: bool,
    /// Whether an environment has no entry of the group, or not the value.
    optional: bool,
    /// The value, if it is not a group.
    value: Option<Member>,
    /// The entries of the group, by name.
    members: Map<Member>,
    yaml: Text<Infallible>,
    said: Said,
    rows: Rows,
}

/// The descriptions written to `values.yaml` so far, by entry name. An entry does not repeat the
/// description of another entry with the same name.
#[derive(Debug, Default)]
struct Said(Map<IndexSet<String, RandomState>>);

impl Collect for Listing {
    fn add(&mut self, values: Values) {
        for (name, entry) in values.into_groups() {
            if entry.value.is_some() {
                self.add_value(name, entry);
                continue;
            }
            let group = self.groups.entry(name);
            let group = group.or_insert_with_key(|name| Group {
                rows: Rows::of(name),
                ..Group::default()
            });
            if !entry.about.is_empty() {
                group.about.clone_from(&entry.about);
            }
            group.open |= entry.open;
            group.optional |= entry.is_optional();
            for (name, entry) in entry.into_entries() {
                if group.members.contains_key(&name) {
                    continue;
                }
                group.said.write(&name, &entry, 2, &mut group.yaml);
                group.rows.add(&name, &entry);
                let member = self.shapes.add(entry);
                group.members.insert(name, member);
            }
        }
    }
}

impl Listing {
    /// Adds a top-level value, unless there is one with this name.
    fn add_value(&mut self, name: String, entry: Entry) {
        if self.groups.contains_key(&name) {
            return;
        }
        let mut group = Group {
            optional: entry.is_optional(),
            rows: Rows::of(&name),
            ..Group::default()
        };
        group.said.write(&name, &entry, 0, &mut group.yaml);
        group.rows.add_value(&entry);
        group.value = Some(self.shapes.add(entry));
        self.groups.insert(name, group);
    }

    /// The files; `values.yaml` starts with the header.
    pub(super) fn files(self, header: &str) -> Listed {
        let Self { groups, mut shapes } = self;
        let (mut sections, mut rows, mut members) = (Vec::new(), Vec::new(), Map::default());
        for (name, mut group) in groups {
            if group.value.is_none() && group.members.is_empty() && !group.open {
                continue;
            }
            sections.push(Section {
                name: name.clone(),
                about: group.value.is_none().then_some(group.about),
                // A `Text<Infallible>` contains no references.
                entries: group.yaml.take_plain().unwrap_or_default(),
            });
            rows.push(group.rows);
            let is_required = !group.optional && !group.members.is_empty();
            let member = group.value.unwrap_or_else(|| {
                shapes.group(Cow::default(), (group.open, is_required), group.members)
            });
            members.insert(name, member);
        }
        let root = shapes.group(Cow::default(), (false, true), members);
        let length: usize = sections.iter().map(|it| it.entries.len()).sum();
        let (schema, (yaml, table)) = parallel::both(
            shapes.len() > MANY,
            // The definitions take up to 20 KB, and the other parts are almost twice as long as
            // `values.yaml`. A shorter buffer would be copied into one of twice the length.
            || shapes.schema(&root, 2 * length + (20 << 10)),
            || (joined(header, &sections), table::table(&rows)),
        );
        Listed {
            yaml,
            schema,
            table,
        }
    }
}

/// A top-level group or value in `values.yaml`.
struct Section {
    name: String,
    /// The description of a group; `None` for a value.
    about: Option<Cow<'static, str>>,
    /// The entries of the group, or the value with its name.
    entries: String,
}

/// The text of `values.yaml`.
fn joined(header: &str, sections: &[Section]) -> String {
    let about = |it: &Section| it.about.as_ref().map_or(0, |about| about.len());
    let length = |it: &Section| it.entries.len() + 2 * (it.name.len() + about(it)) + 8;
    let mut text = String::with_capacity(header.len() + sections.iter().map(length).sum::<usize>());
    text.push_str(header);
    let mut yaml = Text::from(text);
    for (index, section) in sections.iter().enumerate() {
        // All its entries can be of environments other than the default one.
        if section.entries.is_empty() {
            continue;
        }
        if index > 0 {
            yaml.push_str("\n");
        }
        if let Some(about) = &section.about {
            comment(about, 0, &mut yaml);
            yaml::emit_key(&section.name, 0, &mut yaml);
        }
        yaml.push_str(&section.entries);
    }
    yaml.take_plain().unwrap_or_default()
}

impl Said {
    /// Writes an entry with its description, indented by `column` spaces, unless the default
    /// environment does not have it.
    fn write(&mut self, name: &str, entry: &Entry, column: usize, out: &mut Text<Infallible>) {
        if entry.presence == Presence::Elsewhere {
            return;
        }
        if self.is_new(name, &entry.about) {
            comment(&entry.about, column, out);
        }
        self.write_bare(name, entry, column, out);
    }

    /// Writes an entry without its own description.
    fn write_bare(&mut self, name: &str, entry: &Entry, column: usize, out: &mut Text<Infallible>) {
        if let Some((default, _)) = &entry.value {
            yaml::emit_entry(name, default, column, out);
            return;
        }
        yaml::emit_key(name, column, out);
        for (name, inner) in entry.entries() {
            if entry.covers && inner.presence != Presence::Elsewhere {
                self.write_bare(name, inner, column + 2, out);
            } else {
                self.write(name, inner, column + 2, out);
            }
        }
    }

    fn is_new(&mut self, name: &str, about: &str) -> bool {
        match self.0.get_mut(name) {
            Some(said) if said.contains(about) => false,
            Some(said) => said.insert(about.to_owned()),
            None => {
                let said = IndexSet::from_iter([about.to_owned()]);
                self.0.insert(name.to_owned(), said);
                true
            }
        }
    }
}

/// Writes sentences as a comment, indented by `column` spaces.
fn comment(about: &str, column: usize, out: &mut Text<Infallible>) {
    for line in wrapped(about, 96 - column) {
        out.push_str(&" ".repeat(column));
        out.push_str("# ");
        out.push_str(&line);
        out.push_str("\n");
    }
}

/// Splits a string into lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}
