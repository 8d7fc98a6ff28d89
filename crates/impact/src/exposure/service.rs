//! Services that are reachable from outside of the cluster.

use std::collections::BTreeSet;

use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::outputs::{Endpoint, Outputs};
use crate::show::quoted;
use crate::tree::{Document, at, items, path, plain, scalar, strings};

/// How far a Service can be reached, from the least on.
fn reach(service: Option<&Object>) -> u8 {
    let kind = service.and_then(|service| plain(&service.tree, &["spec", "type"]));
    match kind {
        Some("NodePort") => 1,
        Some("LoadBalancer") => 2,
        _ => 0,
    }
}

/// A port, whichever its name.
fn port(port: &Document) -> (Option<String>, Option<String>) {
    (scalar(port, &["port"]), scalar(port, &["protocol"]))
}

pub(super) fn exposures(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    if let Some(before) = before
        && let Some((index, endpoint)) = outputs.new_endpoint(before, after)
    {
        of_endpoint((before, after), (index, &endpoint), found);
    }
    let kind = plain(&after.tree, &["spec", "type"]).unwrap_or("ClusterIP");
    if reach(Some(after)) > reach(before) {
        let reason =
            format!("the Service is reachable from outside of the cluster: it is a {kind}");
        found.raise(Class::Exposure, path(&["spec", "type"]), &reason);
    }
    let list = |object: Option<&Object>, field| -> BTreeSet<String> {
        let strings = object.map_or(Vec::new(), |it| strings(&it.tree, &["spec", field]));
        strings.into_iter().map(str::to_owned).collect()
    };
    let addresses = list(Some(after), "externalIPs");
    if let Some(address) = addresses.difference(&list(before, "externalIPs")).next() {
        let reason = format!(
            "the Service is reachable at the external address {}",
            quoted(address)
        );
        found.raise(Class::Exposure, path(&["spec", "externalIPs"]), &reason);
    }
    let Some(before) = before.filter(|it| reach(Some(it)) > 0 && reach(Some(after)) > 0) else {
        return;
    };
    let ranges = |object| list(Some(object), "loadBalancerSourceRanges");
    let (old, new) = (ranges(before), ranges(after));
    if !old.is_empty() && (new.is_empty() || !new.is_subset(&old)) {
        let reason = "more addresses can reach the load balancer";
        found.raise(
            Class::Exposure,
            path(&["spec", "loadBalancerSourceRanges"]),
            reason,
        );
    }
    new_ports(before, after, found);
}

/// Ports of a public Service.
fn new_ports(before: &Object, after: &Object, found: &mut Found) {
    let known: BTreeSet<_> = items(&before.tree, &["spec", "ports"])
        .iter()
        .map(port)
        .collect();
    let ports = items(&after.tree, &["spec", "ports"]);
    for (index, item) in ports.iter().enumerate() {
        if !known.contains(&port(item)) {
            let number = port(item).0.unwrap_or_default();
            let reason = format!(
                "port {} is reachable from outside of the cluster",
                quoted(&number)
            );
            let name = plain(item, &["name"]).map_or(index.to_string(), str::to_owned);
            found.raise(
                Class::Exposure,
                path(&["spec", "ports"]).item(&name),
                &reason,
            );
        }
    }
}

/// Requests from outside of the cluster that reach something else than before.
fn of_endpoint(
    (before, after): (&Object, &Object),
    (index, endpoint): (usize, &Endpoint),
    found: &mut Found,
) {
    let mut reason = format!(
        "requests from outside of the cluster reach {}",
        quoted(&endpoint.pods)
    );
    if !endpoint.port.is_empty() {
        let port = quoted(&endpoint.port);
        reason = format!(
            "requests from outside of the cluster reach port {port} of {}",
            quoted(&endpoint.pods)
        );
    }
    let selector = |object| at(object, &["spec", "selector"]);
    let ports = items(&after.tree, &["spec", "ports"]);
    let place = if selector(&before.tree) != selector(&after.tree) {
        path(&["spec", "selector"])
    } else if let Some(port) = ports.get(index) {
        let name = plain(port, &["name"]).map_or_else(|| index.to_string(), str::to_owned);
        path(&["spec", "ports"]).item(&name).field("targetPort")
    } else {
        path(&["spec", "externalName"])
    };
    found.raise(Class::Exposure, place, &reason);
}
