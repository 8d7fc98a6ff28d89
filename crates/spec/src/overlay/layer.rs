//! The section `workloads` of a project file or an environment.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Slots,
    changes::{Changes, stray_stars},
    glob::Glob,
};
use crate::{Code, Diagnostic, Entry, Kind, Node, Span};

/// The changes of one settings file, by the workloads to change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// `*`, followed by the other patterns in their order.
    patterns: Vec<Step>,
    exact: BTreeMap<String, Step>,
}

/// The change of the workloads that a name or pattern matches.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    workloads: Glob,
    pub(super) span: Span,
    /// The workloads are left out if absent.
    pub(super) changes: Option<Changes>,
}

impl Layer {
    /// Reads a map from a workload name, a glob or `*` to the differences in Score's form, or to `null`, which
    /// leaves the workloads out. Entries with problems are reported and skipped.
    pub fn read(workloads: &Node, slots: Slots, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut layer = Self::default();
        if !matches!(workloads.kind, Kind::Map(_) | Kind::Null) {
            diagnostics.push(not_a_map(workloads, "use workload names as keys"));
        }
        for entry in workloads.entries() {
            let changes = match &entry.value.kind {
                Kind::Null => None,
                Kind::Map(_) => {
                    let problems = problems(entry, slots);
                    if !problems.is_empty() {
                        diagnostics.extend(problems);
                        continue;
                    }
                    Some(Changes::new(entry.value.clone()))
                }
                _ => {
                    let help = "write the differences in the form of a Score file, or `null` to leave \
                                the workload out";
                    diagnostics.push(not_a_map(&entry.value, help));
                    continue;
                }
            };
            let step = Step {
                workloads: Glob::new(entry.key.as_str()),
                span: entry.key_span,
                changes,
            };
            if !step.workloads.is_pattern() {
                layer.exact.insert(entry.key.clone(), step);
            } else if entry.key == "*" {
                layer.patterns.insert(0, step);
            } else {
                layer.patterns.push(step);
            }
        }
        layer
    }

    /// The names and globs that match none of these workloads, and their locations. `*` always matches.
    pub fn unmatched<'a>(
        &'a self,
        names: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = (&'a str, Span)> {
        let exact = self.exact.values();
        let exact = exact.filter(|step| !names.contains(step.workloads.as_str()));
        let patterns = self.patterns.iter().filter(|step| {
            let matched = names.iter().any(|name| step.workloads.matches(name));
            !matched && step.workloads.as_str() != "*"
        });
        let steps = patterns.chain(exact);
        steps.map(|step| (step.workloads.as_str(), step.span))
    }

    /// The steps for a workload, in their order. Only `*` applies to a document without a name.
    pub(super) fn steps<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = &'a Step> {
        let patterns = self.patterns.iter().filter(move |step| {
            name.map_or(step.workloads.as_str() == "*", |name| {
                step.workloads.matches(name)
            })
        });
        patterns.chain(name.and_then(|name| self.exact.get(name)))
    }
}

/// Whether a workload is left out: by the last layer with a `null` that matches it, unless an exact name in the
/// same or a later layer brings it back.
pub(super) fn leave_out(layers: &[Layer], name: Option<&str>) -> bool {
    let steps = layers.iter().flat_map(|layer| layer.steps(name));
    steps.fold(false, |left_out, step| match &step.changes {
        None => true,
        Some(_) => left_out && step.workloads.is_pattern(),
    })
}

fn not_a_map(node: &Node, help: &str) -> Diagnostic {
    let message = format!("expected a map, found {}", node.kind_name());
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(node.span, "")
        .help(help)
}

/// The reasons not to use an entry of `workloads`.
fn problems(entry: &Entry, slots: Slots) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for star in stray_stars(&entry.value) {
        problems.push(
            Diagnostic::new(Code::ProjectInvalid, "`*` is not allowed here")
                .at(star, "")
                .help("`*` stands for each entry of `containers`, `resources` and `service.ports`"),
        );
    }
    let metadata = entry.value.get("metadata");
    let annotations = metadata.map_or(&[][..], |it| it.entries_at("annotations"));
    for slot in slots {
        let is_set = |it: &&Entry| slot.contains(&it.key.as_str()) && it.value.kind != Kind::Null;
        let mut set = annotations.iter().filter(is_set);
        if let (Some(first), Some(second)) = (set.next(), set.next()) {
            let message = format!("`{}` and `{}` exclude each other", first.key, second.key);
            problems.push(
                Diagnostic::new(Code::ProjectInvalid, message)
                    .at(second.key_span, "")
                    .at(first.key_span, "excluded by this annotation")
                    .help("remove one of them"),
            );
        }
    }
    problems
}
