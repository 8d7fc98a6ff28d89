//! The rule for a field.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{RULES, Rule};

/// The rules by kind, longest paths first.
type Index = BTreeMap<&'static str, Vec<(Vec<&'static str>, &'static Rule)>>;

static INDEX: OnceLock<Index> = OnceLock::new();

fn index() -> Index {
    let mut index = Index::new();
    for rule in RULES {
        let (kind, path) = rule.parts();
        index.entry(kind).or_default().push((path.collect(), rule));
    }
    for rules in index.values_mut() {
        rules.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    }
    index
}

/// The prefixes of labels and annotations that only tools for people and for deployments read, and no controller that
/// opens access.
const INERT: [&str; 7] = [
    "app.kubernetes.io/",
    "argocd.argoproj.io/",
    "config.kubernetes.io/",
    "helm.sh/",
    "k8s.score.dev/",
    "kubectl.kubernetes.io/",
    "meta.helm.sh/",
];

/// Whether a path is that of a label or annotation that no controller reads.
fn is_inert(path: &[&str]) -> bool {
    let ["metadata", "labels" | "annotations", key, ..] = path else {
        return false;
    };
    INERT.iter().any(|prefix| key.starts_with(prefix))
}

/// The most specific rule for a field of a kind of object, given as `GROUP/KIND`.
pub(crate) fn rule_for(kind: &str, path: &[&str]) -> Option<&'static Rule> {
    let index = INDEX.get_or_init(index);
    let of = |kind: &str| {
        let mut rules = index.get(kind)?.iter();
        rules.find(|(steps, _)| is_below(path, steps))
    };
    let of_kind = of(kind).filter(|_| !is_inert(path));
    let rules = [of_kind, of("*")].into_iter().flatten();
    // Of two equally long ones, that for the kind is the first.
    let longest = rules.rev().max_by_key(|(steps, _)| steps.len());
    longest.map(|(_, rule)| *rule)
}

fn is_below(path: &[&str], steps: &[&str]) -> bool {
    path.len() >= steps.len()
        && steps
            .iter()
            .zip(path)
            .all(|(step, key)| *step == "*" || step == key)
}
