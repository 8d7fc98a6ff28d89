//! Hosts, paths and public ports that are not served any more.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::FieldPath;

use crate::class::Class;
use crate::document_set::DocumentSet;
use crate::found::Found;
use crate::object::Object;
use crate::routes::{ANY, hosts, is_route, requests};
use crate::show::quoted;
use crate::side::Side;
use crate::tree::{Document, items, path, plain, scalar, strings};

/// The hosts of a route that no route has any more, quoted.
pub(crate) fn gone(route: &Object, after: &Side<'_>) -> Vec<String> {
    let hosts: BTreeSet<&str> = hosts(route).into_iter().collect();
    let gone = hosts.into_iter().filter(|host| !after.serves(host));
    gone.map(quoted).collect()
}

/// Adds the interruptions for those who use a host, a path or an address from outside of the cluster.
pub(crate) fn losses((before, after): (&Object, &Object), side: &Side<'_>, found: &mut Found) {
    if is_route(after) {
        return of_route((before, after), side, found);
    }
    if after.id.is("", "Service") {
        of_service(before, after, found);
    }
    if after.id.is("gateway.networking.k8s.io", "Gateway") {
        of_gateway(before, after, found);
    }
}

fn of_route((before, after): (&Object, &Object), side: &Side<'_>, found: &mut Found) {
    let place = match after.id.kind.as_str() {
        "Ingress" => path(&["spec", "rules"]),
        _ if after.id.is_proxy() => path(&["content"]),
        _ => path(&["spec", "hostnames"]),
    };
    let gone = gone(before, side);
    if !gone.is_empty() {
        let reason = format!("no route serves {} any more", listed(&gone));
        found.raise(Class::Downtime, place.clone(), &reason);
    }
    if after.id.kind == "Ingress" || after.id.is_proxy() {
        of_paths((before, after), (side, &place), found);
    } else if let Some(at) = lost_match(before, after).filter(|_| gone.is_empty()) {
        let reason = "requests that the route accepted before are not accepted any more";
        found.raise(Class::Downtime, at, reason);
    }
}

/// Hosts in a message.
pub(crate) fn listed(hosts: &[String]) -> String {
    let any = quoted(ANY);
    let hosts = hosts.iter().map(|host| match host {
        host if *host == any => "hosts without a route of their own",
        host => host.as_str(),
    });
    hosts.collect::<Vec<_>>().join(", ")
}

/// Paths of an Ingress or a proxy that none has any more.
fn of_paths(
    (before, after): (&Object, &Object),
    (side, place): (&Side<'_>, &FieldPath),
    found: &mut Found,
) {
    let known: BTreeSet<(&str, &str)> = requests(after).into_iter().collect();
    let is_lost = |(host, path): &(&str, &str)| {
        let is_kept = known.contains(&(*host, *path)) || known.contains(&(*host, "/"));
        // That a host has no route any more is reported once.
        !is_kept && side.serves(host) && !side.serves_path((*host, *path))
    };
    let lost: BTreeSet<(&str, &str)> = requests(before).into_iter().filter(is_lost).collect();
    for (host, prefix) in lost {
        let reason = format!(
            "the path {} of {} is not served any more",
            quoted(prefix),
            quoted(host)
        );
        found.raise(Class::Downtime, place.clone(), &reason);
    }
}

/// The rules of a route without one of the old matches.
fn lost_match(before: &Object, after: &Object) -> Option<FieldPath> {
    let rules = |object| items(object, &["spec", "rules"]);
    let new = rules(&after.tree);
    if new.iter().any(|rule| items(rule, &["matches"]).is_empty()) {
        return None;
    }
    let known = new.iter().flat_map(|rule| items(rule, &["matches"]));
    let known: DocumentSet<'_> = known.collect();
    let is_lost = |rule: &Document| {
        let old = items(rule, &["matches"]);
        old.is_empty() || old.iter().any(|it| !known.contains(it))
    };
    rules(&before.tree)
        .iter()
        .any(is_lost)
        .then(|| path(&["spec", "rules"]))
}

/// How a Service can be reached from outside of the cluster.
fn is_open(service: &Object) -> bool {
    let kind = plain(&service.tree, &["spec", "type"]);
    matches!(kind, Some("NodePort" | "LoadBalancer"))
}

fn of_service(before: &Object, after: &Object, found: &mut Found) {
    let addresses = |object: &Object| -> BTreeSet<String> {
        let addresses = strings(&object.tree, &["spec", "externalIPs"]).into_iter();
        addresses.map(str::to_owned).collect()
    };
    if let Some(address) = addresses(before).difference(&addresses(after)).next() {
        let reason = format!(
            "the Service cannot be reached at {} any more",
            quoted(address)
        );
        found.raise(Class::Downtime, path(&["spec", "externalIPs"]), &reason);
    }
    if !is_open(before) {
        return;
    }
    if !is_open(after) {
        let reason = "the Service cannot be reached from outside of the cluster any more";
        found.raise(Class::Downtime, path(&["spec", "type"]), reason);
        return;
    }
    let number = |port: &Document| scalar(port, &["port"]).unwrap_or_default();
    let ports = items(&after.tree, &["spec", "ports"]).iter();
    let ports: BTreeMap<String, &Document> = ports.rev().map(|it| (number(it), it)).collect();
    for (index, old) in items(&before.tree, &["spec", "ports"]).iter().enumerate() {
        let name = plain(old, &["name"]).map_or_else(|| index.to_string(), str::to_owned);
        let place = path(&["spec", "ports"]).item(&name);
        let Some(new) = ports.get(&number(old)).copied() else {
            let reason = format!(
                "port {} cannot be reached from outside of the cluster any more",
                quoted(&number(old))
            );
            found.raise(Class::Downtime, place, &reason);
            continue;
        };
        let of_node = |port| scalar(port, &["nodePort"]);
        if let (Some(old), Some(new)) = (of_node(old), of_node(new))
            && old != new
        {
            let reason = format!("the port of the nodes is {} now", quoted(&new));
            found.raise(Class::Downtime, place.field("nodePort"), &reason);
        }
    }
}

fn of_gateway(before: &Object, after: &Object, found: &mut Found) {
    fn names(gateway: &Object) -> impl Iterator<Item = &str> {
        let listeners = items(&gateway.tree, &["spec", "listeners"]).iter();
        listeners.map(|it| plain(it, &["name"]).unwrap_or_default())
    }
    let known: BTreeSet<&str> = names(after).collect();
    for name in names(before) {
        if !known.contains(name) {
            let reason = format!("the gateway has no listener {} any more", quoted(name));
            let place = path(&["spec", "listeners"]).item(name);
            found.raise(Class::Downtime, place, &reason);
        }
    }
}
