//! The table of rules.

use super::{Effect, Rule};

mod cluster;
mod compose;
mod config;
mod network;
mod project;
mod storage;
mod workloads;

/// All rules. The most specific rule for a field decides: that with the longest path, then that for the kind.
pub const RULES: &[Rule] = &joined();

const PARTS: [&[Rule]; 8] = [
    GENERAL,
    workloads::RULES,
    storage::RULES,
    network::RULES,
    config::RULES,
    cluster::RULES,
    compose::RULES,
    project::RULES,
];

const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

const fn joined() -> [Rule; COUNT] {
    let mut all = [GENERAL[0]; COUNT];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            all[at] = PARTS[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
}

const GENERAL: &[Rule] = &[
    rule(
        "labels",
        "* metadata.labels",
        Effect::Metadata,
        "labels of the object itself reach no pod",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    ),
    rule(
        "annotations",
        "* metadata.annotations",
        Effect::Metadata,
        "annotations of the object itself reach no pod",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
    ),
];

/// A row: the name, the kind and the path separated by a space, the effect, the reason and the source.
const fn rule(
    id: &'static str,
    field: &'static str,
    effect: Effect,
    reason: &'static str,
    source: &'static str,
) -> Rule {
    Rule {
        id,
        field,
        effect,
        default: None,
        reason,
        source,
    }
}

/// The row with the value that an omitted field has.
const fn default(value: &'static str, rule: Rule) -> Rule {
    Rule {
        default: Some(value),
        ..rule
    }
}
