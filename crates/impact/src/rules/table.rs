//! The table of rules.

use super::{Effect, Rule};

/// All rules. The most specific rule for a field decides: that with the longest path, then that for the kind.
pub const RULES: &[Rule] = &[
    Rule {
        id: "labels",
        kind: "*",
        path: "metadata.labels",
        effect: Effect::Metadata,
        default: None,
        reason: "labels of the object itself",
        source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    },
    Rule {
        id: "annotations",
        kind: "*",
        path: "metadata.annotations",
        effect: Effect::Metadata,
        default: None,
        reason: "annotations of the object itself",
        source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
    },
];
