//! The comparison of two sides that are compiled: the changes, and what is not compared, as clauses.

use score_impact::{Changes, Object, Rendering, compare};

use super::compose;
use super::hide;
use super::side::Output;

/// Compares an environment with another one, whose objects are in another namespace.
pub(super) fn with_another(old: &Output<'_>, new: &Output<'_>) -> (Changes, Vec<String>) {
    let namespace = new.namespace.as_deref();
    let before = old.parts_in(namespace, new.is_compose());
    let after = new.parts(new.is_compose());
    let changes = changes((old, new), &old.rendering(before), &new.rendering(after));
    let moved = old.namespace.as_deref().zip(namespace);
    let moved = moved.filter(|(old, new)| old != new);
    let moved = moved
        .map(|(old, new)| format!("the namespaces `{old}` and `{new}` are treated as the same"));
    let target = new.decided.other_target(&old.decided);
    (changes, moved.into_iter().chain(target).collect())
}

/// Compares an environment with what it was before, settings included.
pub(super) fn with_former(old: &Output<'_>, new: &Output<'_>) -> (Changes, Vec<String>) {
    let with_files = new.is_compose();
    let (mut before, mut after) = (old.parts(with_files), new.parts(with_files));
    let appliers = (old.appliers(&before), new.appliers(&after));
    let is_applied = !(appliers.0.is_empty() && appliers.1.is_empty());
    let layout = new.other_layout(old).filter(|_| !is_applied);
    let has_secrets = needs_key(&before) && needs_key(&after);
    before.push(old.decided.object(has_secrets));
    after.push(new.decided.object(has_secrets));
    let changes = changes(
        (old, new),
        &old.rendering(before).with_appliers(appliers.0),
        &new.rendering(after).with_appliers(appliers.1),
    );
    (changes, layout.into_iter().collect())
}

fn changes(
    (old, new): (&Output<'_>, &Output<'_>),
    before: &Rendering<'_>,
    after: &Rendering<'_>,
) -> Changes {
    let mut changes = compare(before, after);
    compose::settle_files(&mut changes);
    hide::external_of(&mut changes, &[old, new]);
    changes
}

/// Whether a value is derived from the project key.
fn needs_key(objects: &[Object]) -> bool {
    objects.iter().any(|object| {
        let mut found = false;
        object.tree.each_text(&mut |text| found |= text.needs_key());
        found
    })
}
