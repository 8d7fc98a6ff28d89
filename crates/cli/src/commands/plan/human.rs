//! A plan as text for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use score_impact::{Change, Class, Rename};
use score_spec::Severity;

use super::judge::LOWERED;
use super::section::{Entry, Section, advice, values};
use super::{at_level, classes};
use crate::report::findings::Findings;
use crate::report::human::count;
use crate::report::printable::clean;

/// The maximum number of changes in a group.
const MOST_LISTED: usize = 20;

/// The width of the column of classes.
const WIDTH: usize = 10;

/// The indentation of text below a change.
const INDENT: &str = "                ";

/// The plans of all environments, each followed by an empty line, and a summary.
pub(super) fn text(sections: &[Section], findings: &Findings) -> String {
    let mut text = String::new();
    let is_single = sections.len() == 1;
    let mut advised = BTreeSet::new();
    for section in sections {
        if let (false, Some(environment)) = (is_single, &section.environment) {
            let _ = writeln!(text, "[{}]", clean(environment));
        }
        if let Some(reason) = &section.is_new {
            let _ = writeln!(text, "everything is new: {}", clean(reason));
        }
        let is_same = section.shown().next().is_none() && section.changes.renames.is_empty();
        if is_same && !is_single {
            let _ = writeln!(text, "nothing changes");
        }
        of_section(section, &mut advised, &mut text);
    }
    let _ = writeln!(text, "{}", summary(sections, findings));
    text
}

/// `advised` has the classes whose general advice has been given.
fn of_section(section: &Section, advised: &mut BTreeSet<Class>, text: &mut String) {
    for rename in &section.changes.renames {
        let _ = writeln!(text, "{}", renamed(rename));
    }
    let mut groups: BTreeMap<(u8, String), Vec<(&Change, &Entry)>> = BTreeMap::new();
    for (change, entry) in section.shown() {
        groups
            .entry(group(change))
            .or_default()
            .push((change, entry));
    }
    for ((_, name), changes) in groups {
        let _ = writeln!(text, "{}", clean(&name));
        let listed = changes.iter().take(MOST_LISTED);
        for (change, entry) in listed {
            of_change((change, entry), advised, text);
        }
        if changes.len() > MOST_LISTED {
            let more = changes.len() - MOST_LISTED;
            let _ = writeln!(text, "    … and {more} more; `-f json` lists all");
        }
    }
}

/// The heading of a change: its workload, its resource, or none of them. Workloads come first.
fn group(change: &Change) -> (u8, String) {
    match (&change.owner.workload, &change.owner.resource) {
        (Some(workload), _) => (0, workload.clone()),
        (None, Some(resource)) => (1, resource.clone()),
        (None, None) => (2, "(shared)".to_owned()),
    }
}

fn of_change((change, entry): (&Change, &Entry), advised: &mut BTreeSet<Class>, text: &mut String) {
    let mark = if entry.level.is_some() { '!' } else { ' ' };
    let class = change.class.name();
    let mut line = format!("  {mark} {class:<WIDTH$}  {}", clean(&subject(change)));
    if let Some(place) = &entry.place {
        let _ = write!(line, "   {}", clean(&place.text()));
    }
    let _ = writeln!(text, "{line}");
    if change.class >= Class::Unknown {
        let _ = writeln!(text, "{INDENT}{}", clean(&change.reason));
    }
    if let Some(reason) = &entry.waiver {
        let _ = writeln!(text, "{INDENT}waived: {}", clean(reason));
    } else if entry.level.is_some() {
        if change.advice.is_some() || advised.insert(change.class) {
            let _ = writeln!(text, "{INDENT}help: {}", clean(advice(change)));
        }
        if entry.is_lowered {
            let _ = writeln!(text, "{INDENT}note: {LOWERED}");
        }
    }
}

/// The thing that changes with its field and values.
fn subject(change: &Change) -> String {
    let mut text = change.subject.to_string();
    if !change.path.is_empty() {
        let _ = write!(text, " {}", change.path);
    }
    match values(change) {
        Some(values) => {
            let _ = write!(text, " {values}");
        }
        None => {
            let _ = write!(text, " {}", change.action.name());
        }
    }
    text
}

fn renamed(rename: &Rename) -> String {
    let (from, to) = (clean(&rename.from), clean(&rename.to));
    let mut text = format!("{to}  renamed from {from} ({} % alike)", rename.share);
    for keep in &rename.keeps {
        let (id, uid) = (clean(&keep.id), clean(&keep.from));
        let resource = match &keep.resource {
            Some(name) => format!("resource `{}`", clean(name)),
            None => format!("resource `{}`", clean(&keep.to)),
        };
        let _ = write!(
            text,
            "\n{INDENT}`id: {id}` of the {resource} keeps the data of `{uid}`"
        );
    }
    text
}

/// The numbers of errors and warnings, and of changes by class.
pub(super) fn summary(sections: &[Section], findings: &Findings) -> String {
    let mut levels = Vec::new();
    for (severity, noun) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let number = findings.count(severity).max(at_level(sections, severity));
        if number > 0 {
            levels.push(count(number, noun));
        }
    }
    let renames: usize = sections.iter().map(|it| it.changes.renames.len()).sum();
    let renames = (renames > 0).then(|| count(renames, "rename"));
    let classes = classes(sections).into_iter();
    let classes = classes.map(|(class, number)| format!("{number} {}", class.name()));
    let changes: Vec<String> = renames.into_iter().chain(classes).collect();
    let changes = if sections.is_empty() {
        "no plan".to_owned()
    } else if changes.is_empty() {
        match sections.len() {
            1 => "nothing changes".to_owned(),
            number => format!("nothing changes in {}", count(number, "environment")),
        }
    } else {
        changes.join(", ")
    };
    if levels.is_empty() {
        return changes;
    }
    format!("{}; {changes}", levels.join(", "))
}
