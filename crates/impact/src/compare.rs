//! The comparison of two renderings.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::FieldPath;
use score_compiler::ProjectKey;
use score_compiler::kubernetes::FieldShape;

use crate::change::{Action, Change, Changes, Rename};
use crate::claims;
use crate::class::Class;
use crate::diff::{Comparing, Difference, Kind, differences, names};
use crate::downtime;
use crate::effect::{judged, kind};
use crate::exposure::{Policies, exposures};
use crate::found::Found;
use crate::object::{Object, ObjectId, PROJECT};
use crate::pods::Pod;
use crate::renames::renames;
use crate::rendering::Rendering;
use crate::resources;
use crate::rules::{Effect, rule_for};
use crate::show::{is_sealed, is_secret_field, shown};
use crate::side::Side;
use crate::tree::{Document, path};
use crate::unanswered::Unanswered;

/// Compares the output that was applied with the one that will be applied.
pub fn compare(before: &Rendering<'_>, after: &Rendering<'_>) -> Changes {
    let (old, new) = (Side::of(before), Side::of(after));
    let unanswered = Unanswered::of(before, after);
    let mut renames = renames(&old, &new);
    let mut comparison = Comparison {
        keys: (before.key, after.key),
        policies: Policies::of(&old, &new),
        sides: (&old, &new),
        unanswered: &unanswered,
        changes: Vec::new(),
    };
    comparison.objects(&renames);
    let mut changes = comparison.changes;
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

/// How two objects belong together.
#[derive(Clone, Copy)]
enum Relation<'r> {
    /// They have the same identity.
    Same,
    /// The workload has another name.
    Renamed(&'r Rename),
    /// The name of a Job has a hash of its contents.
    Rerun,
}

struct Comparison<'a, 's> {
    keys: (Option<&'a ProjectKey>, Option<&'a ProjectKey>),
    policies: Policies<'s>,
    sides: (&'s Side<'a>, &'s Side<'a>),
    unanswered: &'s Unanswered,
    changes: Vec<Change>,
}

impl<'a> Comparison<'a, '_> {
    fn objects(&mut self, renames: &[Rename]) {
        let (old, new) = self.sides;
        let is_new = |id: &ObjectId| new.objects.contains_key(id) && !old.objects.contains_key(id);
        let gone = old
            .objects
            .values()
            .filter(|it| !new.objects.contains_key(&it.id));
        let mut partners: BTreeMap<&ObjectId, (&Object, Relation<'_>)> = BTreeMap::new();
        let mut is_paired: BTreeSet<&ObjectId> = BTreeSet::new();
        let from: BTreeMap<&str, &Rename> =
            renames.iter().map(|it| (it.from.as_str(), it)).collect();
        let mut jobs = Jobs::of(new.objects.values().filter(|it| is_new(&it.id)).copied());
        for object in gone {
            let rename = object
                .owner
                .workload
                .as_deref()
                .and_then(|name| from.get(name));
            let renamed = rename.and_then(|rename| {
                let partner = self.renamed(object, rename).filter(|it| is_new(&it.id))?;
                Some((partner, Relation::Renamed(rename)))
            });
            let rerun = || jobs.take(object).map(|partner| (partner, Relation::Rerun));
            if let Some((partner, relation)) = renamed.or_else(rerun) {
                is_paired.insert(&object.id);
                partners.insert(&partner.id, (object, relation));
            }
        }
        for (id, object) in &new.objects {
            match (old.objects.get(id), partners.get(id)) {
                (Some(before), _) => self.pair(before, object, Relation::Same),
                (None, Some((before, relation))) => self.pair(before, object, *relation),
                (None, None) => self.added(object),
            }
        }
        for (id, object) in &old.objects {
            if !new.objects.contains_key(id) && !is_paired.contains(id) {
                self.removed(object);
            }
        }
        self.repeated();
    }

    /// Reports objects with equal identities, if they are not the same on both sides.
    fn repeated(&mut self) {
        let (old, new) = self.sides;
        let trees = |side: &Side<'a>| -> Vec<&Document> {
            side.repeated.iter().map(|object| &object.tree).collect()
        };
        if trees(old) != trees(new) {
            for object in old.repeated.iter().chain(&new.repeated) {
                let reason = "an output has several objects with this name, and the last one wins";
                self.whole(object, Action::Changed, Class::Unknown, reason);
            }
        }
    }

    /// The object that takes the place of one of a renamed workload.
    fn renamed(&self, object: &Object, rename: &Rename) -> Option<&'a Object> {
        let mut id = object.id.clone();
        id.name = id.name.replacen(&rename.from, &rename.to, 1);
        let partner = self.sides.1.objects.get(&id).copied();
        partner.filter(|it| it.owner.workload.as_ref() == Some(&rename.to))
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
        let had_objects = !self.sides.0.objects.is_empty();
        if object.id.is("", PROJECT) && (!had_objects || self.sides.0.has_project()) {
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
        exposures(None, object, &mut found);
        self.policies.exposures(None, object, &mut found);
        self.changes.append(&mut found.changes);
    }

    fn removed(&mut self, object: &'a Object) {
        if self.is_left_out(object, Action::Removed) {
            return;
        }
        let (class, reason) = claims::gone(object, self.sides);
        let mut found = Found::new(object, Action::Removed);
        let change = found.change(class, FieldPath::default(), &reason);
        found.push(change);
        self.policies.gone(object, &mut found);
        self.changes.append(&mut found.changes);
    }

    fn pair(&mut self, before: &'a Object, after: &'a Object, relation: Relation<'_>) {
        let is_same = matches!(relation, Relation::Same);
        let is_known = self.unanswered.cause(&after.owner).is_none();
        if is_same && is_known && before.tree == after.tree {
            return;
        }
        if self.is_left_out(after, Action::Changed) {
            return;
        }
        let comparing = Comparing {
            keys: self.keys,
            renamed: match relation {
                Relation::Renamed(rename) => Some((&rename.from, &rename.to)),
                Relation::Same | Relation::Rerun => None,
            },
            has_null: after.api_version.is_empty(),
        };
        let shape = FieldShape::of(&after.api_version, &after.id.kind);
        let shape = shape.unwrap_or(FieldShape::UNKNOWN);
        let mut found = Found::new(after, Action::Changed);
        if !is_same {
            found.push(moved(before, after, relation, &found));
        }
        for difference in differences(&before.tree, &after.tree, shape, comparing) {
            if let Some(change) = change((before, after), &difference, relation, &found) {
                found.push(change);
            }
        }
        if is_same {
            downtime::interruptions((before, after), self.sides, &mut found);
            claims::losses(before, after, self.sides.0, &mut found);
        } else {
            downtime::of_renamed(before, self.sides.0, &mut found);
        }
        exposures(Some(before), after, &mut found);
        self.policies.exposures(Some(before), after, &mut found);
        self.changes.append(&mut found.changes);
    }
}

/// The change of the name of an object.
fn moved(before: &Object, after: &Object, relation: Relation<'_>, found: &Found) -> Change {
    let (class, reason) = match relation {
        Relation::Rerun => (
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
        Relation::Rerun if steps.first() == Some(&"metadata") => return None,
        // The object is another one, so nothing of it is immutable.
        Relation::Rerun | Relation::Renamed(_) if judged.class >= Class::Downtime => {
            judged.class = match Pod::of(pair.1) {
                _ if matches!(relation, Relation::Rerun) => Class::Job,
                Some(_) => Class::Restart,
                None => Class::Config,
            };
            let reason = match relation {
                Relation::Rerun => "a change of this field runs the Job again",
                _ => "it is part of the object with the new name",
            };
            reason.clone_into(&mut judged.reason);
            judged.rule = None;
        }
        Relation::Same | Relation::Rerun | Relation::Renamed(_) => {}
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

/// New Jobs whose names end with a hash of their contents.
struct Jobs<'a>(BTreeMap<(Option<&'a str>, &'a str), Vec<&'a Object>>);

impl<'a> Jobs<'a> {
    fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut jobs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for object in objects {
            if let Some(key) = Self::key(object) {
                jobs.entry(key).or_default().push(object);
            }
        }
        Self(jobs)
    }

    /// The namespace, and the name without the hash.
    fn key(object: &Object) -> Option<(Option<&str>, &str)> {
        let (name, hash) = object.id.name.rsplit_once('-')?;
        let is_hash = hash.len() == 8
            && hash
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let is_job = object.id.is("batch", "Job") && is_hash;
        is_job.then_some((object.id.namespace.as_deref(), name))
    }

    /// The new Job that takes the place of a gone one.
    fn take(&mut self, gone: &'a Object) -> Option<&'a Object> {
        let key = Self::key(gone)?;
        let jobs = self.0.get_mut(&key)?;
        (!jobs.is_empty()).then(|| jobs.remove(0))
    }
}
