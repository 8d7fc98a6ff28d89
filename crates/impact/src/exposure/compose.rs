//! Published ports and rights of Compose services.

use std::collections::BTreeSet;

use score_compiler::ir::Tree;

use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::show::quoted;
use crate::tree::{Document, flag, items, path, plain, scalar, strings};

/// The fields with which a service shares something of the host.
const SHARED: [&str; 4] = ["network_mode", "pid", "ipc", "userns_mode"];

pub(super) fn exposures(before: Option<&Object>, after: &Object, found: &mut Found) {
    let known = before.map(published).unwrap_or_default();
    let known: BTreeSet<&str> = known.iter().map(|(_, port)| port.as_str()).collect();
    for (index, port) in published(after) {
        if !known.contains(port.as_str()) {
            let reason = format!("the port {} is published", quoted(&port));
            found.raise(
                Class::Exposure,
                path(&["ports"]).item(&index.to_string()),
                &reason,
            );
        }
    }
    let privileged = |object: &Object| flag(&object.tree, &["privileged"]) == Some(true);
    if privileged(after) && !before.is_some_and(privileged) {
        let reason = "the container is privileged";
        found.raise(Class::Exposure, path(&["privileged"]), reason);
    }
    for field in SHARED {
        let is_shared = |object: &Object| plain(&object.tree, &[field]) == Some("host");
        if is_shared(after) && !before.is_some_and(is_shared) {
            let reason = format!("the container uses the `{field}` of the host");
            found.raise(Class::Exposure, path(&[field]), &reason);
        }
    }
    let known = before.map_or(Vec::new(), |before| strings(&before.tree, &["cap_add"]));
    let added = strings(&after.tree, &["cap_add"]);
    if let Some(capability) = added.into_iter().find(|it| !known.contains(it)) {
        let reason = format!("the container gets the capability {}", quoted(capability));
        found.raise(Class::Exposure, path(&["cap_add"]), &reason);
    }
}

/// The published ports of a service with their indices, as `ADDRESS:PORT/PROTOCOL`. The port is that of the host, or
/// `any` if Docker chooses it.
fn published(service: &Object) -> Vec<(usize, String)> {
    let ports = items(&service.tree, &["ports"]).iter().enumerate();
    let shown = ports.filter_map(|(index, port)| Some((index, published_port(port)?)));
    shown.collect()
}

fn published_port(port: &Document) -> Option<String> {
    if let Tree::Map(_) = port {
        let published = scalar(port, &["published"]).unwrap_or_else(|| "any".to_owned());
        let protocol = plain(port, &["protocol"]).unwrap_or("tcp");
        let address = plain(port, &["host_ip"]).unwrap_or("0.0.0.0");
        return Some(format!("{address}:{published}/{protocol}"));
    }
    let text = scalar(port, &[])?;
    let (ports, protocol) = text.rsplit_once('/').unwrap_or((&text, "tcp"));
    let host = match ports.rsplit_once(':') {
        Some((host, _)) => host.to_owned(),
        None => "any".to_owned(),
    };
    let (address, published) = host.rsplit_once(':').unwrap_or(("0.0.0.0", &host));
    let published = if published.is_empty() {
        "any"
    } else {
        published
    };
    Some(format!("{address}:{published}/{protocol}"))
}
