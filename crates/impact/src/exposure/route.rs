//! Hosts and paths of Ingresses, routes and Gateways.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::FieldPath;

use crate::class::Class;
use crate::document_set::DocumentSet;
use crate::found::Found;
use crate::object::Object;
use crate::outputs::Outputs;
use crate::routes::{ANY, backends, hosts, paths};
use crate::selector::Selector;
use crate::show::quoted;
use crate::tree::{Document, at, items, path, plain, scalar, strings};

pub(super) fn of_ingress(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    let renamed = before.map(|before| renamed_hosts((before, after), outputs));
    let renamed = renamed.unwrap_or_default();
    let known: BTreeSet<(String, String)> = before
        .into_iter()
        .flat_map(paths)
        .map(|(host, path)| (now(&renamed, host).to_owned(), path.to_owned()))
        .collect();
    let hosts: BTreeSet<&str> = known.iter().map(|(host, _)| host.as_str()).collect();
    for (index, rule) in items(&after.tree, &["spec", "rules"]).iter().enumerate() {
        let host = plain(rule, &["host"]).unwrap_or(ANY);
        let at = || path(&["spec", "rules"]).item(&index.to_string());
        if !hosts.contains(host) {
            found.raise(Class::Exposure, at().field("host"), &new_host(host));
            continue;
        }
        for (position, item) in items(rule, &["http", "paths"]).iter().enumerate() {
            let prefix = plain(item, &["path"]).unwrap_or("/");
            if !known.contains(&(host.to_owned(), prefix.to_owned())) {
                let reason = format!("the path {} of {} is new", quoted(prefix), quoted(host));
                let list = at().field("http").field("paths");
                found.raise(Class::Exposure, list.item(&position.to_string()), &reason);
            }
        }
    }
    let fallback = |object: &Object| at(&object.tree, &["spec", "defaultBackend"]).is_some();
    if fallback(after) && !before.is_some_and(fallback) {
        let reason = "requests for any host reach the default backend";
        found.raise(Class::Exposure, path(&["spec", "defaultBackend"]), reason);
    }
    let Some(before) = before else { return };
    other_backend((before, after), (outputs, &renamed), found);
    let class =
        |object: &Object| plain(&object.tree, &["spec", "ingressClassName"]).map(str::to_owned);
    if class(before) != class(after) {
        let reason = "another ingress controller serves it, which can be reached from elsewhere";
        found.raise(Class::Exposure, path(&["spec", "ingressClassName"]), reason);
    }
    without_encryption((before, after), &renamed, found);
}

/// Hosts, renamed ones included, that have no certificate any more.
fn without_encryption(
    (before, after): (&Object, &Object),
    renamed: &BTreeMap<&str, String>,
    found: &mut Found,
) {
    let new = encrypted(after);
    let served: BTreeSet<&str> = paths(after).into_iter().map(|(host, _)| host).collect();
    let old = encrypted(before).into_iter();
    let old: BTreeSet<String> = old.map(|host| now(renamed, &host).to_owned()).collect();
    for host in old.difference(&new) {
        if served.contains(host.as_str()) || host == ANY {
            let reason = format!("requests for {} are not encrypted any more", quoted(host));
            found.raise(Class::Exposure, path(&["spec", "tls"]), &reason);
        }
    }
}

/// The new names of hosts that differ only by the name of the workload, which has another name. A host that is on both
/// sides is not renamed.
fn renamed_hosts<'a>(
    (before, after): (&'a Object, &'a Object),
    outputs: Outputs<'_, '_>,
) -> BTreeMap<&'a str, String> {
    let [old, new] = [before, after].map(|it| hosts(it).into_iter().collect::<BTreeSet<_>>());
    let renamed = old.difference(&new).filter_map(|host| {
        let name = outputs.pairs.with_new_name(&after.owner, host)?;
        let is_new = new.contains(name.as_str()) && !old.contains(name.as_str());
        is_new.then_some((*host, name))
    });
    renamed.collect()
}

/// The name that a host of the old side has now.
fn now<'h>(renamed: &'h BTreeMap<&str, String>, host: &'h str) -> &'h str {
    renamed.get(host).map_or(host, String::as_str)
}

/// Requests that reach another backend than before.
fn other_backend(
    (before, after): (&Object, &Object),
    (outputs, renamed): (Outputs<'_, '_>, &BTreeMap<&str, String>),
    found: &mut Found,
) {
    let is_ingress = after.id.kind == "Ingress";
    let mut known: BTreeMap<Option<(&str, &str)>, BTreeSet<String>> = BTreeMap::new();
    for backend in backends(before) {
        let name = if backend.is_service() {
            outputs.service(backend.namespace, backend.name)
        } else {
            backend.name
        };
        let label = backend.label(name, before);
        let requests = backend.requests;
        let requests = requests.map(|(host, path)| (now(renamed, host), path));
        known.entry(requests).or_default().insert(label);
    }
    for backend in backends(after) {
        let label = backend.label(backend.name, after);
        let former = known.get(&backend.requests);
        let is_new = match former {
            Some(former) => !former.contains(&label),
            // Of an Ingress, the host or the path is new, and is reported.
            None => !is_ingress,
        };
        if is_new {
            let reason = format!("requests reach {}", quoted(&label));
            found.raise(Class::Exposure, backend.path, &reason);
        }
    }
}

pub(super) fn new_host(host: &str) -> String {
    match host {
        ANY => "requests for any host reach it".to_owned(),
        host => format!("the host {} is new", quoted(host)),
    }
}

/// The hosts with a certificate; an entry without hosts is for all.
fn encrypted(ingress: &Object) -> BTreeSet<String> {
    let entries = items(&ingress.tree, &["spec", "tls"]).iter();
    let hosts = entries.flat_map(|entry| match strings(entry, &["hosts"]) {
        hosts if hosts.is_empty() => vec![ANY],
        hosts => hosts,
    });
    hosts.map(str::to_owned).collect()
}

pub(super) fn of_route(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    let is_route = after.id.kind.ends_with("Route");
    if !is_route {
        return;
    }
    let renamed = before.map(|before| renamed_hosts((before, after), outputs));
    let renamed = renamed.unwrap_or_default();
    let known = before.map(hosts).unwrap_or_default().into_iter();
    let known: BTreeSet<&str> = known.map(|host| now(&renamed, host)).collect();
    let mut new = hosts(after).into_iter().filter(|it| !known.contains(it));
    if let Some(host) = new.next() {
        found.raise(
            Class::Exposure,
            path(&["spec", "hostnames"]),
            &new_host(host),
        );
    }
    let Some(before) = before else { return };
    other_backend((before, after), (outputs, &renamed), found);
    without_filter(before, after, found);
    let gateways = items(&before.tree, &["spec", "parentRefs"]).iter();
    let gateways: DocumentSet<'_> = gateways.collect();
    let new = items(&after.tree, &["spec", "parentRefs"]).iter();
    if let Some(index) = new.into_iter().position(|it| !gateways.contains(it)) {
        let reason = "the route is reachable through another gateway or listener";
        let at = path(&["spec", "parentRefs"]).item(&label(after, "parentRefs", index));
        found.raise(Class::Exposure, at, reason);
    }
    other_requests(before, after, found);
}

/// Requests that the route accepts, and did not accept before.
fn other_requests(before: &Object, after: &Object, found: &mut Found) {
    let old = items(&before.tree, &["spec", "rules"]);
    let known = old.iter().flat_map(|rule| items(rule, &["matches"]));
    let known: DocumentSet<'_> = known.collect();
    let is_new = |rule: &Document| {
        let mut matches = items(rule, &["matches"]).iter();
        matches.any(|it| !known.contains(it))
    };
    let rules = items(&after.tree, &["spec", "rules"]);
    let is_open = |rule: &Document| items(rule, &["matches"]).is_empty();
    let was_open = old.iter().any(is_open);
    let opens = |rule: &Document| is_open(rule) && !was_open;
    if let Some(index) = rules.iter().position(|rule| is_new(rule) || opens(rule)) {
        let reason = "the route accepts other requests than before";
        let at = path(&["spec", "rules"]).item(&label(after, "rules", index));
        found.raise(Class::Exposure, at, reason);
    }
}

/// Filters, such as those for authentication, that are not used any more.
fn without_filter(before: &Object, after: &Object, found: &mut Found) {
    fn filters(rule: &Document) -> impl Iterator<Item = &Document> {
        let backends = items(rule, &["backendRefs"]).iter();
        let of_backends = backends.flat_map(|it| items(it, &["filters"]));
        items(rule, &["filters"]).iter().chain(of_backends)
    }
    let rules = |object| items(object, &["spec", "rules"]).iter();
    let new: Vec<DocumentSet<'_>> = rules(&after.tree)
        .map(|rule| filters(rule).collect())
        .collect();
    // A filter that all rules have is searched in all of them once.
    let mut kept = DocumentSet::from_iter([]);
    for filter in rules(&before.tree).flat_map(filters) {
        if !kept.insert(filter) {
            continue;
        }
        if let Some(index) = new.iter().position(|filters| !filters.contains(filter)) {
            let kind = plain(filter, &["type"]).unwrap_or("filter");
            let reason = format!(
                "requests pass without the filter {} of before",
                quoted(kind)
            );
            let at = path(&["spec", "rules"]).item(&label(after, "rules", index));
            found.raise(Class::Exposure, at.field("filters"), &reason);
            return;
        }
    }
}

/// References from other namespaces that are allowed.
pub(super) fn of_grant(before: Option<&Object>, after: &Object, found: &mut Found) {
    for (list, what) in [
        ("from", "objects of more namespaces may refer to this one"),
        ("to", "objects of other namespaces may refer to more"),
    ] {
        let items_of = |object| items(object, &["spec", list]);
        let known = before.map_or(&[][..], |it| items_of(&it.tree)).iter();
        let known: DocumentSet<'_> = known.collect();
        let mut new = items_of(&after.tree).iter();
        if let Some(index) = new.position(|it| !known.contains(it)) {
            let place = path(&["spec", list]).item(&index.to_string());
            found.raise(Class::Exposure, place, what);
        }
    }
}

/// The name or the index of an item of a list of a spec.
fn label(object: &Object, list: &str, index: usize) -> String {
    let items = items(&object.tree, &["spec", list]);
    let name = plain(&items[index], &["name"]);
    name.map_or_else(|| index.to_string(), str::to_owned)
}

pub(super) fn of_gateway(before: Option<&Object>, after: &Object, found: &mut Found) {
    if let Some(before) = before {
        let class =
            |object: &Object| plain(&object.tree, &["spec", "gatewayClassName"]).map(str::to_owned);
        if class(before) != class(after) {
            let reason = "another controller serves it, which can be reached from elsewhere";
            found.raise(Class::Exposure, path(&["spec", "gatewayClassName"]), reason);
        }
        let addresses = |object: &Object| items(&object.tree, &["spec", "addresses"]).to_vec();
        if addresses(before) != addresses(after) {
            let reason = "the gateway can be reached at other addresses";
            found.raise(Class::Exposure, path(&["spec", "addresses"]), reason);
        }
    }
    let old = before.map_or(&[][..], |it| items(&it.tree, &["spec", "listeners"]));
    let old = old.iter().rev().map(|it| (plain(it, &["name"]), it));
    let old: BTreeMap<Option<&str>, &Document> = old.collect();
    for (index, listener) in items(&after.tree, &["spec", "listeners"])
        .iter()
        .enumerate()
    {
        let name = plain(listener, &["name"]);
        let label = name.map_or_else(|| index.to_string(), str::to_owned);
        let at = path(&["spec", "listeners"]).item(&label);
        match old.get(&name).copied() {
            None => found.raise(Class::Exposure, at, "the gateway has another listener"),
            Some(known) => listener_exposures((known, listener), &at, found),
        }
    }
}

fn listener_exposures((before, after): (&Document, &Document), at: &FieldPath, found: &mut Found) {
    let is_encrypted =
        |listener: &Document| matches!(plain(listener, &["protocol"]), Some("HTTPS" | "TLS"));
    if is_encrypted(before) && !is_encrypted(after) {
        let reason = "requests are not encrypted any more";
        found.raise(Class::Exposure, at.clone().field("protocol"), reason);
    }
    for (field, what) in [("hostname", "host"), ("port", "port")] {
        let value = |listener| scalar(listener, &[field]).unwrap_or_else(|| ANY.to_owned());
        if value(before) != value(after) {
            let reason = format!("the {what} {} is new", quoted(&value(after)));
            found.raise(Class::Exposure, at.clone().field(field), &reason);
        }
    }
    let clients = |listener| crate::tree::at(listener, &["tls", "frontendValidation"]).is_some();
    if clients(before) && !clients(after) {
        let reason = "clients need no certificate any more";
        found.raise(Class::Exposure, at.clone().field("tls"), reason);
    }
    let selector =
        |listener| crate::tree::at(listener, &["allowedRoutes", "namespaces", "selector"]);
    if let (Some(before), Some(after)) = (selector(before), selector(after))
        && !Selector::read(before).covers(&Selector::read(after))
    {
        let reason = "routes of other namespaces can use the gateway";
        found.raise(Class::Exposure, at.clone().field("allowedRoutes"), reason);
    }
    let from = |listener| match plain(listener, &["allowedRoutes", "namespaces", "from"]) {
        Some("All") => 2,
        Some("Selector") => 1,
        _ => 0,
    };
    if from(after) > from(before) {
        let reason = "routes of more namespaces can use the gateway";
        found.raise(Class::Exposure, at.clone().field("allowedRoutes"), reason);
    }
}
