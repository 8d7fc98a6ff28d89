//! Rules for settings of a project of score-rs that decide which outputs there are.

use super::{Effect, Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "project-target",
        "score-rs/Project target",
        Effect::DataLossIfBothSet,
        "both sides are compared for the same target, but the output was for another one: what runs from it stays behind \
         with its data",
        "https://github.com/score-rs/score-rs/blob/main/docs/project.md",
    ),
    rule(
        "project-environment",
        "score-rs/Project environment",
        Effect::Downtime,
        "the default environment has keys of its own: secrets of the old and the new one get other values, and servers \
         keep their old passwords",
        "https://github.com/score-rs/score-rs/blob/main/docs/environments.md",
    ),
];
