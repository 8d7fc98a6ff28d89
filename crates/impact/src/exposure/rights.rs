//! Rights of service accounts, roles and namespaces.

use std::collections::BTreeSet;

use score_compiler::ir::Tree;

use crate::class::Class;
use crate::document_set::DocumentSet;
use crate::found::Found;
use crate::object::Object;
use crate::outputs::Outputs;
use crate::show::quoted;
use crate::tree::{Document, at, entries, flag, items, path, plain, strings};

/// The labels of namespaces with a Pod Security Standard.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// A part of the labels of roles that others aggregate.
const AGGREGATED: &str = "/aggregate-to-";

/// The maximum number of comparisons of rules.
const MOST: usize = 1_000_000;

/// The lists of a rule whose product is allowed.
const AXES: [&str; 4] = ["apiGroups", "resources", "resourceNames", "nonResourceURLs"];

pub(super) fn of_namespace(before: Option<&Object>, after: &Object, found: &mut Found) {
    let level = |object: &Object| match plain(&object.tree, &["metadata", "labels", ENFORCE]) {
        Some("restricted") => 2,
        Some("baseline") => 1,
        _ => 0,
    };
    if before.is_some_and(|before| level(before) > level(after)) {
        let reason = "pods of the namespace may do more than before";
        found.raise(
            Class::Exposure,
            path(&["metadata", "labels", ENFORCE]),
            reason,
        );
    }
}

/// The annotations with which clouds give rights to pods of a service account.
const CLOUD: [&str; 4] = [
    "azure.workload.identity/",
    "cloud.google.com/",
    "eks.amazonaws.com/",
    "iam.gke.io/",
];

pub(super) fn of_account(before: Option<&Object>, after: &Object, found: &mut Found) {
    let is_mounted =
        |object: &Object| flag(&object.tree, &["automountServiceAccountToken"]) != Some(false);
    if before.is_some_and(|before| !is_mounted(before)) && is_mounted(after) {
        let reason = "pods get a token for the API server";
        found.raise(
            Class::Exposure,
            path(&["automountServiceAccountToken"]),
            reason,
        );
    }
    for (key, value) in entries(&after.tree, &["metadata", "annotations"]) {
        let known = before.and_then(|it| at(&it.tree, &["metadata", "annotations", key]));
        if CLOUD.iter().any(|prefix| key.starts_with(prefix)) && known != Some(value) {
            let reason = "pods with the service account get rights in the cloud";
            let place = path(&["metadata", "annotations", key]);
            found.raise(Class::Exposure, place, reason);
        }
    }
}

/// Wider rights of a role: without a binding, which is reported, a new role has no effect.
pub(super) fn of_role(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    for (key, value) in entries(&after.tree, &["metadata", "labels"]) {
        let known = before.and_then(|it| at(&it.tree, &["metadata", "labels", key]));
        if key.contains(AGGREGATED) && plain(value, &[]) == Some("true") && known != Some(value) {
            let reason = "the roles that aggregate it get its rights";
            found.raise(Class::Exposure, path(&["metadata", "labels", key]), reason);
        }
    }
    let Some(before) = before else {
        if outputs.sides.0.binds(after) {
            let reason = "a binding that exists gives its rights";
            found.raise(Class::Exposure, path(&["rules"]), reason);
        }
        return;
    };
    let known: Vec<Right> = items(&before.tree, &["rules"])
        .iter()
        .flat_map(rights)
        .collect();
    let new: usize = items(&after.tree, &["rules"])
        .iter()
        .map(|rule| rights(rule).len())
        .sum();
    if known.len().saturating_mul(new) > MOST {
        let reason = "the role has too many rules to compare them";
        found.raise(Class::Unknown, path(&["rules"]), reason);
        return;
    }
    for (index, rule) in items(&after.tree, &["rules"]).iter().enumerate() {
        let is_covered = |right: &Right| known.iter().any(|it| it.covers(right));
        if let Some(right) = rights(rule).iter().find(|right| !is_covered(right)) {
            let reason = format!("the role allows `{}` on more than before", right.verb);
            let at = path(&["rules"]).item(&index.to_string());
            found.raise(Class::Exposure, at, &reason);
        }
    }
    let field = ["aggregationRule", "clusterRoleSelectors"];
    let known: DocumentSet<'_> = items(&before.tree, &field).iter().collect();
    let mut selectors = items(&after.tree, &field).iter();
    if selectors.any(|selector| !known.contains(selector)) {
        let reason = "the role gets the rights of more roles";
        found.raise(Class::Exposure, path(&["aggregationRule"]), reason);
    }
}

/// A verb of a rule with the lists that it is allowed for.
struct Right<'a> {
    rule: &'a Document,
    verb: &'a str,
}

fn rights(rule: &Document) -> Vec<Right<'_>> {
    let verbs = strings(rule, &["verbs"]).into_iter();
    verbs.map(|verb| Right { rule, verb }).collect()
}

impl Right<'_> {
    /// Whether this rule allows everything that the other one allows.
    fn covers(&self, other: &Right<'_>) -> bool {
        let has =
            |allowed: &[&str], wanted: &str| allowed.contains(&"*") || allowed.contains(&wanted);
        let covers = |axis: &str| {
            let (allowed, wanted) = (strings(self.rule, &[axis]), strings(other.rule, &[axis]));
            match axis {
                // Without names, all objects are meant.
                "resourceNames" if allowed.is_empty() => true,
                "resourceNames" if wanted.is_empty() => false,
                _ => wanted.iter().all(|it| has(&allowed, it)),
            }
        };
        (self.verb == "*" || self.verb == other.verb) && AXES.into_iter().all(covers)
    }
}

pub(super) fn of_binding(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    let subjects = |object: &Object, now: &dyn Fn(Option<&str>, &str) -> String| {
        let subjects = items(&object.tree, &["subjects"]).iter();
        let subjects = subjects.map(|it| subject(it, now));
        subjects.collect::<BTreeSet<String>>()
    };
    let kind = ("", "ServiceAccount");
    let own = after.id.namespace.as_deref();
    let now = |namespace: Option<&str>, name: &str| {
        outputs.pairs.name(kind, namespace.or(own), name).to_owned()
    };
    let known = before.map(|it| subjects(it, &now)).unwrap_or_default();
    let same = |_: Option<&str>, name: &str| name.to_owned();
    if let Some(new) = subjects(after, &same).difference(&known).next() {
        let role = plain(&after.tree, &["roleRef", "name"]).unwrap_or_default();
        let reason = format!(
            "{} gets the rights of the role {}",
            quoted(new),
            quoted(role)
        );
        found.raise(Class::Exposure, path(&["subjects"]), &reason);
    }
}

/// The kind, the namespace and the name of a subject, which can have another name `now`.
fn subject(subject: &Document, now: &dyn Fn(Option<&str>, &str) -> String) -> String {
    let part = |key| match subject.get(key) {
        Some(Tree::Text(text)) => text.as_plain().unwrap_or_default(),
        _ => "",
    };
    let (kind, namespace) = (part("kind"), part("namespace"));
    let name = match kind {
        "ServiceAccount" => now(Some(namespace).filter(|it| !it.is_empty()), part("name")),
        _ => part("name").to_owned(),
    };
    match namespace {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}
