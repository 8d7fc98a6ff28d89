//! Rules for settings of a project of score-rs that decide which outputs there are.

use super::{Effect, Rule, default, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "project-target",
        "score-rs/Project target",
        Effect::DataLossIfBothSet,
        "both sides are compared for the same target, but the output was for another one: what runs from it stays behind \
         with its data",
        "https://github.com/score-rs/score-rs/blob/main/docs/project.md",
    ),
    default(
        "in-cluster",
        rule(
            "project-cluster",
            "score-rs/Project cluster",
            Effect::DataLoss,
            "everything is new and empty in the other cluster, and what runs in the old one stays behind with its data",
            "https://github.com/score-rs/score-rs/blob/main/docs/export-argocd.md",
        ),
    ),
    rule(
        "project-secrets",
        "score-rs/Project secrets",
        Effect::Downtime,
        "secrets depend on the name of the environment, unless it is the default one: they get other values, and servers \
         keep their old passwords",
        "https://github.com/score-rs/score-rs/blob/main/docs/environments.md",
    ),
];
