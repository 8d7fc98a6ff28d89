//! The entries of the Compose file from the project file, in Compose syntax. Those of provisioners
//! are in `provisioned_entries`.

use score_spec::{Code, Diagnostic, Entry, Kind, Map, Node, Span};

use super::SECTIONS;
use super::fields::{MistakeKind, Nulls, mistakes, of_section};
use super::variable::{OTHER_NAME, own_variable};
use crate::ir::{Sealed, Tree};
use crate::targets::merge::{MergeBudget, merge};

/// Reports the mistakes in the sections `compose` and `builds` of a project file.
pub(super) fn check(sections: &[Entry], builds: &[Entry], diagnostics: &mut Vec<Diagnostic>) {
    for section in sections {
        check_variables(&section.value, diagnostics);
        if let Some(of) = of_section(&section.key) {
            for named in section.value.entries() {
                check_fields(&named.value, of, diagnostics);
            }
        }
    }
    for build in builds {
        check_variables(&build.value, diagnostics);
        check_fields(&build.value, "build", diagnostics);
    }
}

/// Reports strings and keys of an entry that name a variable of score-rs itself: Compose would insert the project
/// key.
fn check_variables(entry: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut text = |text: &str, place: Span| {
        if let Some(name) = own_variable(text) {
            let message = format!(
                "an entry of the Compose file cannot name `{name}`, which is a variable of score-rs itself"
            );
            let found = Diagnostic::new(Code::ProjectInvalid, message);
            diagnostics.push(found.at(place, "").help(OTHER_NAME));
        }
    };
    let mut rest = vec![entry];
    while let Some(node) = rest.pop() {
        match &node.kind {
            Kind::Text(value) => text(value, node.span),
            Kind::List(items) => rest.extend(items.iter().rev()),
            Kind::Map(entries) => {
                for entry in entries {
                    text(&entry.key, entry.key_span);
                }
                rest.extend(entries.iter().rev().map(|entry| &entry.value));
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
        }
    }
}

/// Reports the mistakes of an entry of a type of Compose: unknown fields, and values of other types.
fn check_fields(entry: &Node, of: &'static str, diagnostics: &mut Vec<Diagnostic>) {
    if !matches!(entry.kind, Kind::Map(_)) {
        return;
    }
    let mut finder = Finder::new(entry);
    for mistake in mistakes(&entry.to_value(), of, Nulls::Remove) {
        let (key, value) = finder.find(&mistake.path);
        let field = mistake.path.join(".");
        let field = field.escape_debug();
        let (place, message, help) = match &mistake.kind {
            MistakeKind::Unknown(_) => (
                key,
                format!("a {of} of Compose has no field `{field}`"),
                mistake.similar(),
            ),
            MistakeKind::Form {
                expected,
                found,
                help,
            } => (
                value,
                format!("expected {expected} at `{field}`, found {found}"),
                help.map(str::to_owned),
            ),
        };
        let found = Diagnostic::new(Code::ProjectInvalid, message).at(place, "");
        diagnostics.push(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }
}

/// Finds the parts of an entry at paths in the order of the document. Each search starts at the last result, so that
/// thousands of mistakes are found in linear time.
struct Finder<'a> {
    entry: &'a Node,
    /// The positions of the last result in the maps that contain it.
    last: Vec<usize>,
}

impl<'a> Finder<'a> {
    fn new(entry: &'a Node) -> Self {
        let last = Vec::new();
        Self { entry, last }
    }

    /// The locations of the key and of the value at a path; those of an item of a list are the same.
    fn find(&mut self, path: &[String]) -> (Span, Span) {
        let (mut key, mut at) = (self.entry.span, self.entry);
        for (depth, step) in path.iter().enumerate() {
            let start = self.last.get(depth).copied().unwrap_or_default();
            let Some((position, span, next)) = below(at, step, start) else {
                break;
            };
            if self.last.get(depth) != Some(&position) {
                self.last.truncate(depth);
                self.last.push(position);
            }
            (key, at) = (span, next);
        }
        (key, at.span)
    }
}

/// The part of a value under a key or an index, with its position and the location of its key. Maps are searched from
/// a position on.
fn below<'a>(value: &'a Node, step: &str, start: usize) -> Option<(usize, Span, &'a Node)> {
    let entries = value.entries();
    if entries.is_empty() {
        let position = step.parse().ok()?;
        let item = value.items().get(position)?;
        return Some((position, item.span, item));
    }
    let mut positions = (start..entries.len()).chain(0..start.min(entries.len()));
    let position = positions.find(|position| entries[*position].key == step)?;
    let entry = &entries[position];
    Some((position, entry.key_span, &entry.value))
}

/// Merges the entries into a file, after `$` has been escaped in it: in the entries, `${NAME}` has the
/// meaning of Compose.
pub(super) fn add(file: &mut Tree<Sealed>, own: &Map<Tree<Sealed>>) {
    let Tree::Map(file) = file else { return };
    for (section, value) in own {
        match (file.get_mut(section), value) {
            (Some(Tree::Map(known)), Tree::Map(entries)) => {
                for (name, entry) in entries.iter() {
                    add_entry(known, name, entry);
                }
            }
            (_, Tree::Map(entries)) if of_section(section).is_some() => {
                let mut known = Map::default();
                for (name, entry) in entries.iter() {
                    add_entry(&mut known, name, entry);
                }
                file.insert(section.clone(), known.into());
            }
            _ => {
                file.insert(section.clone(), value.clone());
            }
        }
    }
    // In the customary order: the name, the sections, then fields for other programs.
    let place = |section: &String| SECTIONS.iter().position(|(known, _)| known == section);
    file.sort_by_key(|section, _| (section != "name", place(section).unwrap_or(SECTIONS.len())));
}

/// Adds an entry to a section. An empty entry has all defaults.
fn add_entry(known: &mut Map<Tree<Sealed>>, name: &str, entry: &Tree<Sealed>) {
    let known = known
        .entry(name.to_owned())
        .or_insert_with(|| Map::default().into());
    if *entry != Tree::Null {
        merge(known, entry.clone(), &mut MergeBudget::unlimited());
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use score_spec::{Sources, parse};

    use super::check_fields;

    /// The number of wrong fields, each in a map of its own.
    const MANY: usize = 30_000;

    #[test]
    fn thousands_of_mistakes_have_their_own_locations() {
        let mut text = String::from("context: .\nulimits:\n");
        for number in 0..MANY {
            let _ = writeln!(text, "  u{number}: {{soft: 1, hart: 2}}");
        }
        let mut sources = Sources::new();
        let id = sources.add("score-rs.yaml", text.as_str());
        let document = parse(&sources, id).documents.remove(0);
        let mut found = Vec::new();
        check_fields(&document, "build", &mut found);
        assert_eq!(found.len(), MANY);
        let field = |at: usize| &text[at..at + 4];
        let starts = found.iter().map(|it| it.labels[0].span.start as usize);
        assert!(starts.clone().all(|at| field(at) == "hart"));
        assert!(starts.is_sorted_by(|a, b| a < b));
    }
}
