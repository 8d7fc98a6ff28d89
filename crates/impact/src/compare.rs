//! The comparison of two renderings.

use std::collections::BTreeMap;

use score_compiler::FieldPath;
use score_compiler::kubernetes::FieldShape;

use crate::change::{Action, Change, Changes, Subject};
use crate::class::Class;
use crate::diff::{Comparing, Difference, differences};
use crate::object::{Object, ObjectId};
use crate::rendering::Rendering;
use crate::rules::{Effect, rule_for};
use crate::show::{is_sealed, is_secret_field, shown};

/// Compares the output that was applied with the one that will be applied.
pub fn compare(before: &Rendering<'_>, after: &Rendering<'_>) -> Changes {
    let old = by_id(before);
    let new = by_id(after);
    let comparing = Comparing {
        keys: (before.key, after.key),
        renamed: None,
    };
    let mut changes = Vec::new();
    for (id, object) in &new {
        match old.get(id) {
            Some(before) => changes.extend(changed(before, object, comparing)),
            None => changes.push(whole(object, Action::Added)),
        }
    }
    let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
    changes.extend(gone.map(|(_, object)| whole(object, Action::Removed)));
    changes.sort_by(|a, b| (&a.owner, &a.subject).cmp(&(&b.owner, &b.subject)));
    Changes {
        changes,
        renames: Vec::new(),
    }
}

fn by_id<'a>(rendering: &'a Rendering<'_>) -> BTreeMap<&'a ObjectId, &'a Object> {
    let objects = rendering.objects.iter();
    objects.map(|object| (&object.id, object)).collect()
}

fn whole(object: &Object, action: Action) -> Change {
    let (class, reason) = match action {
        Action::Removed => (
            Class::Deletion,
            "the object is not part of the output any more",
        ),
        _ => (Class::Unknown, "the object is new"),
    };
    Change {
        class,
        action,
        subject: Subject::Object(object.id.clone()),
        owner: object.owner.clone(),
        path: FieldPath::default(),
        before: None,
        after: None,
        reason: reason.to_owned(),
        advice: None,
        rule: None,
    }
}

fn changed(before: &Object, after: &Object, comparing: Comparing<'_>) -> Vec<Change> {
    if before.tree == after.tree {
        return Vec::new();
    }
    let shape = FieldShape::of(&after.api_version, &after.id.kind);
    let shape = shape.unwrap_or(FieldShape::UNKNOWN);
    let found = differences(&before.tree, &after.tree, shape, comparing);
    found.iter().map(|it| change(after, it)).collect()
}

fn change(object: &Object, difference: &Difference<'_>) -> Change {
    let path = difference.path.steps();
    let kind = format!("{}/{}", object.id.group, object.id.kind);
    let rule = rule_for(kind.trim_start_matches('/'), &path);
    let class = match rule.map(|rule| rule.effect) {
        Some(Effect::Metadata) if !difference.is_sealed => Class::Metadata,
        _ => Class::Unknown,
    };
    let values = [difference.before, difference.after];
    let is_secret =
        is_secret_field(&object.id, &path) || values.into_iter().flatten().any(is_sealed);
    let reason = rule.map_or("no rule is known for this field", |rule| rule.reason);
    Change {
        class,
        action: difference.action(),
        subject: Subject::Object(object.id.clone()),
        owner: object.owner.clone(),
        path: difference.path.clone(),
        before: difference.before.map(|it| shown(it, is_secret)),
        after: difference.after.map(|it| shown(it, is_secret)),
        reason: reason.to_owned(),
        advice: None,
        rule,
    }
}
