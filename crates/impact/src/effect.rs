//! The class of a difference, by the rules.

use score_compiler::ir::Tree;

use crate::class::Class;
use crate::diff::{Difference, Kind, amount};
use crate::object::Object;
use crate::rules::{Effect, Rule, is_pod_default, rule_for};
use crate::tree::{Document, flag, number, plain, scalar};

/// The effect of a difference.
pub(crate) struct Judged {
    pub(crate) class: Class,
    pub(crate) reason: String,
    pub(crate) rule: Option<&'static Rule>,
}

/// A value that differs, below a difference.
#[derive(Clone, Copy)]
struct Leaf<'a> {
    before: Option<&'a Document>,
    after: Option<&'a Document>,
}

/// The effect of a difference of an object; none if it makes no difference, because a field has its default.
///
/// A part on one side only can have several fields, and the worst of them decides.
pub(crate) fn judged(pair: (&Object, &Object), difference: &Difference<'_>) -> Option<Judged> {
    let kind = kind(pair.1);
    let path = difference.path.steps();
    let mut judging = Judging {
        kind: &kind,
        pair,
        path: path.iter().map(|step| (*step).to_owned()).collect(),
        worst: None,
    };
    judging.visit(Leaf {
        before: difference.before,
        after: difference.after,
    });
    let mut judged = judging.worst?;
    match difference.kind {
        Kind::Value => {}
        Kind::Sealed => {
            judged.class = Class::Unknown;
            "a secret cannot be compared without the project key".clone_into(&mut judged.reason);
        }
        // Controllers and the API server compare pod templates and immutable fields item by item.
        Kind::Order if judged.class < Class::Restart && !is_ordered(difference) => return None,
        Kind::Order => judged.reason.push_str(": the items have another order"),
    }
    Some(judged)
}

/// Whether the order of a list has a meaning: containers run one after the other, and variables refer to earlier ones.
fn is_ordered(difference: &Difference<'_>) -> bool {
    let steps = difference.path.steps();
    steps
        .iter()
        .any(|step| ["initContainers", "env"].contains(step))
}

/// The group and kind, as rules name them.
pub(crate) fn kind(object: &Object) -> String {
    match object.id.group.as_str() {
        "" => object.id.kind.clone(),
        group => format!("{group}/{}", object.id.kind),
    }
}

struct Judging<'a> {
    kind: &'a str,
    pair: (&'a Object, &'a Object),
    path: Vec<String>,
    worst: Option<Judged>,
}

impl Judging<'_> {
    fn visit(&mut self, leaf: Leaf<'_>) {
        let one_sided = match (leaf.before, leaf.after) {
            (Some(value), None) => Some((value, false)),
            (None, Some(value)) => Some((value, true)),
            _ => None,
        };
        let Some((Tree::Map(entries), is_new)) = one_sided else {
            return self.leaf(leaf);
        };
        if entries.is_empty() {
            return self.leaf(leaf);
        }
        for (key, value) in entries.iter() {
            self.path.push(key.clone());
            let value = Some(value);
            let (before, after) = if is_new { (None, value) } else { (value, None) };
            self.visit(Leaf { before, after });
            self.path.pop();
        }
    }

    fn leaf(&mut self, leaf: Leaf<'_>) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let rule = rule_for(self.kind, &path);
        if is_default(rule, (self.kind, &path), leaf) {
            return;
        }
        let judged = match rule {
            Some(rule) => {
                let (class, reason) = class(rule, leaf, self.pair);
                Judged {
                    class,
                    reason: reason.to_owned(),
                    rule: Some(rule),
                }
            }
            None => Judged {
                class: Class::Unknown,
                reason: format!("the effects of this field of `{}` are not known", self.kind),
                rule: None,
            },
        };
        if self
            .worst
            .as_ref()
            .is_none_or(|worst| worst.class < judged.class)
        {
            self.worst = Some(judged);
        }
    }
}

/// Whether one side has the default of a field, and the other one omits it.
fn is_default(rule: Option<&Rule>, field: (&str, &[&str]), leaf: Leaf<'_>) -> bool {
    let written = match (leaf.before, leaf.after) {
        (Some(value), None) | (None, Some(value)) => scalar(value, &[]),
        _ => None,
    };
    written.is_some_and(|written| {
        rule.and_then(|rule| rule.default) == Some(&written)
            || is_pod_default(field.0, field.1, &written)
    })
}

fn class(rule: &Rule, leaf: Leaf<'_>, pair: (&Object, &Object)) -> (Class, &'static str) {
    let refused = |is_refused: bool| {
        if is_refused {
            (Class::Refused, rule.reason)
        } else {
            (Class::Config, "the API server accepts this change")
        }
    };
    match rule.effect {
        Effect::Metadata => (Class::Metadata, rule.reason),
        Effect::Scale => (Class::Scale, rule.reason),
        Effect::Config => (Class::Config, rule.reason),
        Effect::Restart => (Class::Restart, rule.reason),
        Effect::Job => (Class::Job, rule.reason),
        Effect::Depends => (Class::Unknown, rule.reason),
        Effect::DataLoss => (Class::DataLoss, rule.reason),
        Effect::Downtime => (Class::Downtime, rule.reason),
        Effect::DataLossIfBothSet => match (leaf.before, leaf.after) {
            (Some(_), Some(_)) => (Class::DataLoss, rule.reason),
            _ => (Class::Unknown, "whether it was another one is not known"),
        },
        Effect::DataLossIfDeleted => {
            let deletes = |value: Option<&Document>| {
                let policy = value.and_then(|it| plain(it, &[]));
                matches!(policy, Some("Delete" | "Recycle"))
            };
            let is_new = deletes(leaf.after) && !deletes(leaf.before);
            let class = if is_new {
                Class::DataLoss
            } else {
                Class::Config
            };
            (class, rule.reason)
        }
        Effect::RefusedOnceSet => refused(leaf.before.is_some()),
        Effect::RefusedUnlessRemoved => match leaf.after {
            Some(_) => (Class::Refused, rule.reason),
            None => (Class::Config, "the cluster keeps the old value"),
        },
        Effect::RefusedIfBothSet => match (leaf.before, leaf.after) {
            (Some(_), Some(_)) => (Class::Refused, rule.reason),
            _ => (Class::Unknown, "the cluster may have set the same value"),
        },
        Effect::RefusedIfSmaller => smaller(rule, leaf),
        Effect::RefusedIfImmutable => match flag(&pair.0.tree, &["immutable"]) {
            Some(true) => (Class::Refused, "the old object is `immutable: true`"),
            _ => (Class::Config, rule.reason),
        },
        Effect::RefusedUnlessSuspended => refused(!is_suspended(pair.0)),
        Effect::RefusedUnlessElastic if is_elastic(pair.1) => {
            (Class::Scale, "the number of indexes of the Job changes")
        }
        Effect::Refused | Effect::RefusedUnlessElastic => (Class::Refused, rule.reason),
        Effect::RefusedUnlessTypeChanges => {
            let kind = |object: &Object| plain(&object.tree, &["spec", "type"]).map(str::to_owned);
            refused(kind(pair.0) == kind(pair.1))
        }
    }
}

fn smaller(rule: &Rule, leaf: Leaf<'_>) -> (Class, &'static str) {
    let amount = |value: Option<&Document>| value.and_then(amount);
    match (amount(leaf.before), amount(leaf.after)) {
        (Some(before), Some(after)) if after > before => {
            (Class::Config, "the claim grows, if its class allows it")
        }
        _ => (Class::Refused, rule.reason),
    }
}

fn is_suspended(job: &Object) -> bool {
    flag(&job.tree, &["spec", "suspend"]) == Some(true)
}

/// Whether the completions of a Job can change, together with its parallelism.
fn is_elastic(job: &Object) -> bool {
    let number = |field| number(&job.tree, &["spec", field]);
    plain(&job.tree, &["spec", "completionMode"]) == Some("Indexed")
        && number("completions").is_some()
        && number("completions") == number("parallelism")
}
