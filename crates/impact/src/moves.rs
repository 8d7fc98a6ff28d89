//! Objects that another Application or Kustomization applies than before. The old one may delete them when they are gone
//! from its part of the output, before or after the new one has applied them.

use std::collections::BTreeMap;

use score_compiler::FieldPath;

use crate::change::{Action, Change};
use crate::claims;
use crate::class::Class;
use crate::found::Found;
use crate::object::{Object, ObjectId, Owner};
use crate::rendering::Rendering;
use crate::side::Side;
use crate::tree::plain;

/// The annotations with which Argo CD and Flux keep objects, and the word in their values.
const KEPT: [(&str, &str); 2] = [
    ("argocd.argoproj.io/sync-options", "Prune=false"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

/// The maximum number of objects that a reason names.
const MOST_NAMED: usize = 3;

const ADVICE: &str = "keep the old one from deleting them until the new one has applied them, as docs/delivery.md describes";

/// The objects that move from one applier to another.
type Moves<'a> = BTreeMap<(&'a ObjectId, &'a ObjectId), Vec<&'a Object>>;

/// The changes by objects that move: one for each object with data, and one for all others of an applier.
pub(crate) fn moves(
    (before, after): (&Rendering<'_>, &Rendering<'_>),
    (old, new): (&Side<'_>, &Side<'_>),
) -> Vec<Change> {
    let mut moves = Moves::new();
    for (id, to) in &after.appliers {
        let Some(from) = before.appliers.get(id).filter(|from| *from != to) else {
            continue;
        };
        let pair = old
            .objects
            .get(id)
            .copied()
            .zip(new.objects.get(id).copied());
        if let Some((object, now)) = pair
            && !(is_kept(object) || is_kept(now))
        {
            moves.entry((from, to)).or_default().push(now);
        }
    }
    let mut changes = Vec::new();
    for ((from, to), objects) in moves {
        let (data, others): (Vec<&Object>, Vec<&Object>) = objects
            .into_iter()
            .partition(|object| claims::is_lost_with(object));
        changes.extend(data.into_iter().map(|object| {
            let reason = format!(
                "`{to}` applies it in place of `{from}`: if that one deletes it, its data is lost"
            );
            change(
                &Found::new(object, Action::Changed),
                Class::DataLoss,
                &reason,
            )
        }));
        if others.is_empty() {
            continue;
        }
        let named = others.iter().take(MOST_NAMED);
        let mut names: Vec<String> = named.map(|it| format!("`{}`", it.id)).collect();
        if others.len() > MOST_NAMED {
            names.push(format!("{} more", others.len() - MOST_NAMED));
        }
        let reason = format!(
            "it applies what `{from}` applied: if that one deletes it, it is gone until it is created again: {}",
            names.join(", ")
        );
        let owner = common_owner(&others);
        changes.push(change(&Found::about(to, owner), Class::Downtime, &reason));
    }
    changes
}

fn change(found: &Found, class: Class, reason: &str) -> Change {
    let mut change = found.change(class, FieldPath::default(), reason);
    change.advice = Some(ADVICE.to_owned());
    change
}

/// Whether an annotation keeps Argo CD and Flux from deleting an object.
fn is_kept(object: &Object) -> bool {
    KEPT.iter().any(|(key, word)| {
        let value = plain(&object.tree, &["metadata", "annotations", key]);
        value.is_some_and(|value| value.split(',').any(|it| it.trim() == *word))
    })
}

/// The workload to which all objects belong.
fn common_owner(objects: &[&Object]) -> Owner {
    let mut workloads = objects.iter().map(|it| &it.owner.workload);
    let first = workloads.next().cloned().flatten();
    Owner {
        workload: first.filter(|first| workloads.all(|it| it.as_ref() == Some(first))),
        resource: None,
    }
}
