//! Changes during which something cannot be reached.

use std::collections::{BTreeMap, BTreeSet};

use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::pods::Pod;
use crate::selector::Selector;
use crate::side::Side;
use crate::tree::{Document, at, flag, items, path, plain, scalar, strings};

/// Adds the interruptions by a change of an object.
pub(crate) fn interruptions(
    (before, after): (&Object, &Object),
    sides: (&Side<'_>, &Side<'_>),
    found: &mut Found,
) {
    if after.id.is("", "Service") {
        of_ports((before, after), sides.0, found);
        of_selector((before, after), sides, found);
        return;
    }
    if after.id.is("", "service") {
        of_compose(before, after, found);
        return;
    }
    let is_suspended = |object: &Object| flag(&object.tree, &["spec", "suspend"]) == Some(true);
    if after.id.is("batch", "CronJob") && is_suspended(after) && !is_suspended(before) {
        found.raise(
            Class::Downtime,
            path(&["spec", "suspend"]),
            "no run is started any more",
        );
    }
    if let Some(reason) = stopped(after, sides.1)
        && let Some(first) = found.first(Class::Restart)
    {
        found.raise(Class::Downtime, first, &reason);
    }
    let stops =
        |object: &Object| scalar(&object.tree, &["spec", "replicas"]).as_deref() == Some("0");
    if stops(after) && !stops(before) {
        let reason = "no pod is left";
        found.raise(Class::Downtime, path(&["spec", "replicas"]), reason);
    }
    if plain(&after.tree, &["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        let restarts = found
            .changes
            .iter_mut()
            .filter(|it| it.class == Class::Restart);
        for change in restarts {
            "a pod changes only when it is deleted: the update strategy is `OnDelete`"
                .clone_into(&mut change.reason);
        }
    }
}

/// Services of which no container is started.
fn of_compose(before: &Object, after: &Object, found: &mut Found) {
    let is_zero =
        |object: &Object, field: &[&str]| scalar(&object.tree, field).as_deref() == Some("0");
    for field in [&["scale"][..], &["deploy", "replicas"]] {
        if is_zero(after, field) && !is_zero(before, field) {
            found.raise(Class::Downtime, path(field), "no container is left");
        }
    }
    let profiles = |object: &Object| -> BTreeSet<String> {
        let profiles = strings(&object.tree, &["profiles"]).into_iter();
        profiles.map(str::to_owned).collect()
    };
    let (old, new) = (profiles(before), profiles(after));
    // A service without profiles always starts.
    if !new.is_empty() && (old.is_empty() || !old.is_subset(&new)) {
        let reason = "the service is started only with one of its profiles";
        found.raise(Class::Downtime, path(&["profiles"]), reason);
    }
}

/// The reason why no pod runs while pods are replaced.
fn stopped(object: &Object, side: &Side<'_>) -> Option<String> {
    let strategy = |field| plain(&object.tree, &["spec", "strategy", field]);
    let is_single = side.pod_count(object) == 1;
    if object.id.is("apps", "StatefulSet") {
        let waits = plain(&object.tree, &["spec", "updateStrategy", "type"]) == Some("OnDelete");
        let reason = "the only pod is deleted before its successor starts";
        return (is_single && !waits).then(|| reason.to_owned());
    }
    if !object.id.is("apps", "Deployment") {
        return None;
    }
    if strategy("type") == Some("Recreate") {
        let reason = "all pods are stopped before new ones start: the strategy is `Recreate`";
        return Some(reason.to_owned());
    }
    if !is_single {
        return None;
    }
    let surge = scalar(
        &object.tree,
        &["spec", "strategy", "rollingUpdate", "maxSurge"],
    );
    if matches!(surge.as_deref(), Some("0" | "0%")) {
        return Some(
            "the only pod is stopped before its successor starts: `maxSurge` is 0".to_owned(),
        );
    }
    let claims = Pod::of(object)?.claims().into_iter();
    let claim = claims
        .map(|(_, claim)| claim)
        .find(|claim| side.is_exclusive(object, claim))?;
    Some(format!(
        "the only pod must release the claim `{claim}` before its successor can use it"
    ))
}

/// Ports that others use.
fn of_ports((before, after): (&Object, &Object), side: &Side<'_>, found: &mut Found) {
    let port = |port: &Document| {
        let protocol = plain(port, &["protocol"]).unwrap_or("TCP").to_owned();
        (scalar(port, &["port"]), protocol)
    };
    let new = items(&after.tree, &["spec", "ports"]).iter().rev();
    let new: BTreeMap<_, _> = new.map(|it| (port(it), plain(it, &["name"]))).collect();
    for (index, old) in items(&before.tree, &["spec", "ports"]).iter().enumerate() {
        let name = plain(old, &["name"]);
        let number = port(old).0.unwrap_or_default();
        let (reason, name) = match new.get(&port(old)).copied() {
            None => (format!("port {number} is gone"), name),
            Some(new) if new != name => (format!("port {number} has another name"), new),
            Some(_) => continue,
        };
        if let Some(user) = side.user(before) {
            let label = name.map_or_else(|| index.to_string(), str::to_owned);
            let at = path(&["spec", "ports"]).item(&label);
            let reason = format!("{reason}, and {user} uses the Service");
            found.raise(Class::Downtime, at, &reason);
        }
    }
}

/// A selector that selects nothing any more.
fn of_selector(
    (before, after): (&Object, &Object),
    sides: (&Side<'_>, &Side<'_>),
    found: &mut Found,
) {
    if selector(before) == selector(after) {
        return;
    }
    let selects = |service: &Object, side: &Side<'_>| {
        let selector = selector(service).map(Selector::of_labels);
        selector.is_some_and(|it| side.pods.has(service.id.namespace.as_deref(), &it))
    };
    if selects(before, sides.0) && !selects(after, sides.1) {
        let reason = "the Service selects no pod of the output any more";
        found.raise(Class::Downtime, path(&["spec", "selector"]), reason);
    }
}

fn selector(service: &Object) -> Option<&Document> {
    at(&service.tree, &["spec", "selector"])
}

/// Adds the interruption by a Service that has another name.
pub(crate) fn of_renamed(before: &Object, side: &Side<'_>, found: &mut Found) {
    if before.id.is("", "Service")
        && let Some(user) = side.user(before)
    {
        let reason = format!("{user} uses the old name until it is restarted");
        found.raise(Class::Downtime, path(&["metadata", "name"]), &reason);
    }
}
