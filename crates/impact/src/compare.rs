//! The comparison of two renderings.

use score_compiler::FieldPath;
use score_compiler::ProjectKey;
use score_compiler::kubernetes::FieldShape;

use crate::change::{Action, Change, Changes};
use crate::claims;
use crate::class::Class;
use crate::diff::{Comparing, Difference, Kind, differences, names};
use crate::downtime;
use crate::effect::{judged, kind};
use crate::exposure::{Policies, exposures};
use crate::found::Found;
use crate::hosts;
use crate::mounts;
use crate::moves;
use crate::object::{Object, PROJECT};
use crate::outputs::Outputs;
use crate::pairs::{Pairs, Relation};
use crate::pods::Pod;
use crate::renames::renames;
use crate::rendering::Rendering;
use crate::resources;
use crate::rules::{Effect, rule_for};
use crate::servers;
use crate::show::{is_sealed, is_secret_field, shown};
use crate::side::Side;
use crate::tree::{Document, path};
use crate::unanswered::Unanswered;

/// Compares the output that was applied with the one that will be applied.
pub fn compare(before: &Rendering<'_>, after: &Rendering<'_>) -> Changes {
    let (old, new) = (Side::of(before), Side::of(after));
    let unanswered = Unanswered::of(before, after);
    let mut renames = renames(&old, &new);
    let pairs = Pairs::of((&old, &new), &renames);
    let mut comparison = Comparison {
        keys: (before.key, after.key),
        policies: Policies::of(&old, &new),
        outputs: Outputs {
            sides: (&old, &new),
            pairs: &pairs,
        },
        unanswered: &unanswered,
        changes: Vec::new(),
    };
    comparison.objects();
    let mut changes = comparison.changes;
    changes.extend(moves::moves((before, after), (&old, &new)));
    let losses = resources::losses((&old, &new), &renames, &|uid| unanswered.has(uid));
    changes.extend(losses.changes);
    for rename in &mut renames {
        rename.keeps = losses.keeps.get(&rename.to).cloned().unwrap_or_default();
        rename
            .keeps
            .sort_by(|a, b| (&a.resource, &a.to).cmp(&(&b.resource, &b.to)));
    }
    changes.sort_by(|a, b| (&a.owner, &a.subject).cmp(&(&b.owner, &b.subject)));
    Changes { changes, renames }
}

/// The removal of everything in an output: what happens to its data, apart from which each object is only gone.
pub fn removal(before: &Rendering<'_>) -> Changes {
    let mut changes = compare(before, &Rendering::default());
    let side = Side::of(before);
    changes.changes.retain(|change| {
        let object = change.subject.object().and_then(|id| side.objects.get(id));
        object.is_none_or(|object| {
            let is_other = change.class != Class::Deletion && !object.id.is("", PROJECT);
            is_other || claims::has_data(object) || object.id.is("score-rs", "Environment")
        })
    });
    changes
}

struct Comparison<'a, 's> {
    keys: (Option<&'a ProjectKey>, Option<&'a ProjectKey>),
    policies: Policies<'s>,
    outputs: Outputs<'a, 's>,
    unanswered: &'s Unanswered,
    changes: Vec<Change>,
}

impl<'a> Comparison<'a, '_> {
    fn objects(&mut self) {
        let Outputs { sides, pairs } = self.outputs;
        let (old, new) = sides;
        for (id, object) in &new.objects {
            match (old.objects.get(id), pairs.former(id)) {
                (Some(before), _) => self.pair(before, object, Relation::Same),
                (None, Some((before, relation))) => self.pair(before, object, relation),
                (None, None) => self.added(object),
            }
        }
        for (id, object) in &old.objects {
            if !new.objects.contains_key(id) && !pairs.has_other_name(id) {
                self.removed(object);
            }
        }
        self.repeated();
    }

    /// Reports objects with equal identities, if they are not the same on both sides.
    fn repeated(&mut self) {
        let (old, new) = self.outputs.sides;
        let trees = |side: &Side<'a>| -> Vec<&Document> {
            side.repeated.iter().map(|object| &*object.tree).collect()
        };
        if trees(old) != trees(new) {
            for object in old.repeated.iter().chain(&new.repeated) {
                let reason = "an output has several objects with this name, and the last one wins";
                self.whole(object, Action::Changed, Class::Unknown, reason);
            }
        }
    }

    fn whole(&mut self, object: &Object, action: Action, class: Class, reason: &str) {
        let found = Found::new(object, action);
        let change = found.change(class, FieldPath::default(), reason);
        self.changes.push(change);
    }

    /// Whether an object is not compared; this is reported.
    fn is_left_out(&mut self, object: &Object, action: Action) -> bool {
        let Some(cause) = self.unanswered.cause(&object.owner) else {
            return false;
        };
        let reason = format!("it depends on `{cause}`, whose outputs are not known");
        self.whole(object, action, Class::Unknown, &reason);
        true
    }

    fn added(&mut self, object: &'a Object) {
        if self.is_left_out(object, Action::Added) {
            return;
        }
        let had_objects = !self.outputs.sides.0.objects.is_empty();
        if object.id.is("", PROJECT) && (!had_objects || self.outputs.sides.0.has_project()) {
            return;
        }
        let (class, reason) = match rule_for(&kind(object), &[]).map(|rule| rule.effect) {
            _ if object.id.is("", PROJECT) => {
                (Class::Unknown, "the project had the name of its folder")
            }
            _ if object.id.is("batch", "Job") => (Class::Job, "the Job is new and runs"),
            Some(Effect::Scale) => (Class::Scale, "it is new, and decides the number of pods"),
            Some(_) => (Class::Config, "it is new"),
            None => (
                Class::Unknown,
                "it is new, and the effects of its kind are not known",
            ),
        };
        let mut found = Found::new(object, Action::Added);
        let change = found.change(class, FieldPath::default(), reason);
        found.push(change);
        exposures(None, object, self.outputs, &mut found);
        self.policies.exposures(None, object, &mut found);
        self.changes.append(&mut found.changes);
    }

    fn removed(&mut self, object: &'a Object) {
        if self.is_left_out(object, Action::Removed) {
            return;
        }
        let (class, reason) = claims::gone(object, self.outputs.sides);
        let mut found = Found::new(object, Action::Removed);
        let change = found.change(class, FieldPath::default(), &reason);
        found.push(change);
        self.policies.gone(object, &mut found);
        self.changes.append(&mut found.changes);
    }

    fn pair(&mut self, before: &'a Object, after: &'a Object, relation: Relation<'_>) {
        let is_same = matches!(relation, Relation::Same);
        let is_known = self.unanswered.cause(&after.owner).is_none();
        let leads_elsewhere = || self.outputs.new_endpoint(before, after).is_some();
        if is_same && is_known && before.tree == after.tree && !leads_elsewhere() {
            return;
        }
        if self.is_left_out(after, Action::Changed) {
            return;
        }
        let comparing = Comparing {
            keys: self.keys,
            renamed: match relation {
                Relation::Renamed(rename) => Some((&rename.from, &rename.to)),
                Relation::Same | Relation::Rerun { .. } => None,
            },
            has_null: after.api_version.is_empty(),
        };
        let shape = FieldShape::of(&after.api_version, &after.id.kind);
        let shape = shape.unwrap_or(FieldShape::UNKNOWN);
        let mut found = Found::new(after, Action::Changed);
        if !is_same {
            found.push(moved(before, after, relation, &found));
        }
        let differences = match relation {
            // All its contents are named after the workload.
            Relation::Rerun { is_renamed: true } => Vec::new(),
            _ => differences(&before.tree, &after.tree, shape, comparing),
        };
        for difference in differences {
            if let Some(change) = change((before, after), &difference, relation, &found) {
                found.push(change);
            }
        }
        mounts::losses((before, after), self.outputs.pairs, &mut found);
        servers::versions((before, after), &mut found);
        if is_same {
            downtime::interruptions((before, after), self.outputs.sides, &mut found);
            claims::losses(before, after, self.outputs.sides.0, &mut found);
        } else {
            downtime::of_renamed(before, self.outputs.sides.0, &mut found);
        }
        exposures(Some(before), after, self.outputs, &mut found);
        hosts::losses((before, after), self.outputs.sides.1, &mut found);
        self.policies
            .exposures(Some((before, self.outputs.pairs)), after, &mut found);
        self.policies.unselected(before, after, &mut found);
        self.changes.append(&mut found.changes);
    }
}

/// The change of the name of an object.
fn moved(before: &Object, after: &Object, relation: Relation<'_>, found: &Found) -> Change {
    let (class, reason) = match relation {
        Relation::Rerun { is_renamed: true } => {
            (Class::Job, "the Job runs again under its new name")
        }
        Relation::Rerun { .. } => (
            Class::Job,
            "the contents of the Job have changed, and it runs again",
        ),
        // For an object of a resource, the resource is reported.
        _ if claims::has_data(before) && before.owner.resource.is_none() => (
            Class::DataLoss,
            "it starts empty under its new name, and the old data stays behind",
        ),
        _ if after.id.is("batch", "Job") => (Class::Job, "the Job runs again under its new name"),
        _ if Pod::of(after).is_some() => (
            Class::Restart,
            "it starts under its new name, and the old pods are stopped",
        ),
        _ if after.id.is("", "service") => (
            Class::Restart,
            "it starts under its new name, and the old container is stopped",
        ),
        _ if rule_for(&kind(after), &[]).is_none() => (
            Class::Unknown,
            "it has a new name, and the effects of its kind are not known",
        ),
        _ => (Class::Config, "it has a new name"),
    };
    let mut change = found.change(class, path(&["metadata", "name"]), reason);
    change.before = Some(before.id.name.clone());
    change.after = Some(after.id.name.clone());
    change
}

/// The change of a field.
fn change(
    pair: (&Object, &Object),
    difference: &Difference<'_>,
    relation: Relation<'_>,
    found: &Found,
) -> Option<Change> {
    let steps = difference.path.steps();
    let mut judged = judged(pair, difference)?;
    match relation {
        Relation::Rerun { .. } if steps.first() == Some(&"metadata") => return None,
        // The object is another one, so nothing of it is immutable.
        Relation::Rerun { .. } | Relation::Renamed(_) if judged.class >= Class::Downtime => {
            judged.class = match Pod::of(pair.1) {
                _ if matches!(relation, Relation::Rerun { .. }) => Class::Job,
                Some(_) => Class::Restart,
                None => Class::Config,
            };
            let reason = match relation {
                Relation::Rerun { .. } => "a change of this field runs the Job again",
                _ => "it is part of the object with the new name",
            };
            reason.clone_into(&mut judged.reason);
            judged.rule = None;
        }
        Relation::Same | Relation::Rerun { .. } | Relation::Renamed(_) => {}
    }
    let values = [difference.before, difference.after];
    let is_secret =
        is_secret_field(&pair.1.id, &steps) || values.into_iter().flatten().any(is_sealed);
    let [old, new] = match difference.kind {
        Kind::Order => values.map(|value| value.map(names)),
        Kind::Value | Kind::Sealed => shown(values, is_secret),
    };
    let mut change = found.change(judged.class, difference.path.clone(), &judged.reason);
    change.action = difference.action();
    (change.before, change.after) = (old, new);
    change.rule = judged.rule;
    Some(change)
}
