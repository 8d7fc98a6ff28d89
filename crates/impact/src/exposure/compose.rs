//! Published ports and rights of Compose services.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::ir::Tree;

use super::route::new_host;
use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::outputs::Outputs;
use crate::proxy::{self, ProxyRoute};
use crate::show::quoted;
use crate::tree::{Document, at, entries, flag, items, path, plain, scalar, strings};

/// The fields with which a service shares something of the host, or of another container.
const SHARED: [&str; 6] = ["network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"];

/// The lists of things of the host that a container gets, or of rights.
const GIVEN: [(&str, &str); 7] = [
    ("cap_add", "the container gets the capability"),
    ("devices", "the container gets the device"),
    ("device_cgroup_rules", "the container gets the devices"),
    ("group_add", "the container gets the group"),
    ("gpus", "the container gets the device"),
    ("volumes_from", "the container gets the volumes of"),
    ("sysctls", "the container sets in the kernel"),
];

pub(super) fn exposures(before: Option<&Object>, after: &Object, found: &mut Found) {
    of_ports(before, after, found);
    of_rights(before, after, found);
    of_mounts(before, after, found);
    if let Some(before) = before {
        of_pair(before, after, found);
    }
}

fn of_ports(before: Option<&Object>, after: &Object, found: &mut Found) {
    let known = before.map(published).unwrap_or_default();
    let known: BTreeMap<&str, &str> = known
        .iter()
        .map(|it| (it.host.as_str(), it.container.as_str()))
        .collect();
    for port in published(after) {
        let reason = match known.get(port.host.as_str()) {
            None => format!("the port {} is published", quoted(&port.host)),
            Some(container) if *container != port.container => format!(
                "the published port {} leads to the port {} of the container",
                quoted(&port.host),
                quoted(&port.container)
            ),
            Some(_) => continue,
        };
        let place = path(&["ports"]).item(&port.index.to_string());
        found.raise(Class::Exposure, place, &reason);
    }
}

fn of_rights(before: Option<&Object>, after: &Object, found: &mut Found) {
    let privileged = |object: &Object| flag(&object.tree, &["privileged"]) == Some(true);
    if privileged(after) && !before.is_some_and(privileged) {
        let reason = "the container is privileged";
        found.raise(Class::Exposure, path(&["privileged"]), reason);
    }
    for field in SHARED {
        let shared = |object: &Object| {
            let mode = plain(&object.tree, &[field])?;
            let is_shared =
                mode == "host" || mode.starts_with("container:") || mode.starts_with("service:");
            is_shared.then(|| mode.to_owned())
        };
        if let Some(mode) = shared(after).filter(|it| before.and_then(shared).as_ref() != Some(it))
        {
            let reason = match mode.as_str() {
                "host" => format!("the container uses the `{field}` of the host"),
                mode => format!("the container uses the `{field}` of {}", quoted(mode)),
            };
            found.raise(Class::Exposure, path(&[field]), &reason);
        }
    }
    for (field, reason) in GIVEN {
        let known = before.map(|it| given(it, field)).unwrap_or_default();
        if let Some(new) = given(after, field).difference(&known).next() {
            let reason = format!("{reason} {}", quoted(new));
            found.raise(Class::Exposure, path(&[field]), &reason);
        }
    }
    let is_root = |object: &Object| {
        let user = scalar(&object.tree, &["user"]);
        user.is_some_and(|it| matches!(it.split(':').next(), Some("0" | "root")))
    };
    if is_root(after) && !before.is_some_and(is_root) {
        found.raise(
            Class::Exposure,
            path(&["user"]),
            "the container runs as root",
        );
    }
    let unconfined = |object: &Object| -> BTreeSet<String> {
        let options = strings(&object.tree, &["security_opt"]).into_iter();
        let open = options.filter(|it| {
            it.ends_with("unconfined") || it.starts_with("label") || it.ends_with("unmask")
        });
        open.map(str::to_owned).collect()
    };
    let known = before.map(unconfined).unwrap_or_default();
    if let Some(option) = unconfined(after).difference(&known).next() {
        let reason = format!("the container may do more: {}", quoted(option));
        found.raise(Class::Exposure, path(&["security_opt"]), &reason);
    }
}

/// The items of a list, the names of a map, or the value.
fn given(service: &Object, field: &str) -> BTreeSet<String> {
    match at(&service.tree, &[field]) {
        Some(Tree::List(items)) => items.iter().map(shown).collect(),
        Some(Tree::Map(_)) => {
            let entries = entries(&service.tree, &[field]);
            entries
                .map(|(key, value)| format!("{key}={}", shown(value)))
                .collect()
        }
        Some(value) => [shown(value)].into(),
        None => BTreeSet::new(),
    }
}

fn shown(value: &Document) -> String {
    let redacted = || {
        value
            .map_text(&mut |text| text.redact())
            .to_json()
            .to_string()
    };
    scalar(value, &[]).unwrap_or_else(redacted)
}

/// Folders and files of the host that a container can read, or write.
fn of_mounts(before: Option<&Object>, after: &Object, found: &mut Found) {
    let known = before.map(host_mounts).unwrap_or_default();
    for (source, is_writable) in host_mounts(after) {
        let reason = match known.get(&source) {
            None => format!("the container can use {} of the host", quoted(&source)),
            Some(false) if is_writable => {
                format!("the container can write to {} of the host", quoted(&source))
            }
            Some(_) => continue,
        };
        found.raise(Class::Exposure, path(&["volumes"]), &reason);
    }
}

/// The paths of the host that are mounted, and whether the container can write to them. Files that score-rs writes beside
/// the Compose file are compared by their contents.
fn host_mounts(service: &Object) -> BTreeMap<String, bool> {
    let mut mounts = BTreeMap::new();
    for mount in items(&service.tree, &["volumes"]) {
        let (source, is_writable) = if let Tree::Map(_) = mount {
            if plain(mount, &["type"]) == Some("volume") {
                continue;
            }
            let is_writable = flag(mount, &["read_only"]) != Some(true);
            (plain(mount, &["source"]), is_writable)
        } else {
            let text = plain(mount, &[]).unwrap_or_default();
            let parts: Vec<&str> = text.split(':').collect();
            let is_path = parts.len() > 1 && text.starts_with(['.', '/', '~', '$']);
            let options = parts.get(2).copied().unwrap_or_default();
            let is_writable = !options.split(',').any(|it| it == "ro");
            (parts.first().copied().filter(|_| is_path), is_writable)
        };
        let Some(source) = source.filter(|it| !is_own(it)) else {
            continue;
        };
        *mounts.entry(source.to_owned()).or_insert(false) |= is_writable;
    }
    mounts
}

/// Whether it is a path of a file that score-rs writes: in `compose`, or in `compose-OUTPUT` for an output with another
/// name than the default.
fn is_own(source: &str) -> bool {
    let mut parts = source.split('/');
    let is_folder = |part: &str| {
        let output = part.strip_prefix("compose-");
        part == "compose" || output.is_some_and(|it| !it.is_empty())
    };
    let is_inside = parts.next() == Some(".")
        && parts.next() == Some(".score-rs")
        && parts.next().is_some_and(is_folder);
    let file: Vec<&str> = parts.collect();
    let is_plain = |part: &&str| !matches!(*part, "" | "." | "..");
    is_inside && !file.is_empty() && file.iter().all(is_plain)
}

/// Restrictions of a service that are lost.
fn of_pair(before: &Object, after: &Object, found: &mut Found) {
    let is_read_only = |object: &Object| flag(&object.tree, &["read_only"]) == Some(true);
    if is_read_only(before) && !is_read_only(after) {
        let reason = "the container may write into its image";
        found.raise(Class::Exposure, path(&["read_only"]), reason);
    }
    let user = |object: &Object| scalar(&object.tree, &["user"]);
    if user(before).is_some() && user(after).is_none() {
        let reason = "the container runs as the user of its image, which can be root";
        found.raise(Class::Exposure, path(&["user"]), reason);
    }
    let runtime = |object: &Object| scalar(&object.tree, &["runtime"]);
    if runtime(before).is_some() && runtime(before) != runtime(after) {
        let reason = "another runtime isolates the container";
        found.raise(Class::Exposure, path(&["runtime"]), reason);
    }
    for (field, reason) in [
        ("cap_drop", "the container keeps the capability"),
        ("security_opt", "the container is without the restriction"),
    ] {
        let list = |object: &Object| -> BTreeSet<String> {
            let strings = strings(&object.tree, &[field]).into_iter();
            strings
                .map(|it| it.trim_end_matches(":true").to_owned())
                .collect()
        };
        let new = list(after);
        let mut lost = list(before).into_iter();
        let lost = lost.find(|it| {
            let is_open = it.ends_with("unconfined") || it.ends_with(":false");
            !new.contains(it) && !new.contains("ALL") && !is_open
        });
        if let Some(lost) = lost {
            let reason = format!("{reason} {}", quoted(&lost));
            found.raise(Class::Exposure, path(&[field]), &reason);
        }
    }
    let networks = |object: &Object| given_names(&object.tree, "networks");
    if let Some(network) = networks(after).difference(&networks(before)).next() {
        let reason = format!(
            "the container can be reached in the network {}",
            quoted(network)
        );
        found.raise(Class::Exposure, path(&["networks"]), &reason);
    }
}

/// The items of a list, or the keys of a map.
fn given_names(tree: &Document, field: &str) -> BTreeSet<String> {
    let keys = entries(tree, &[field]).map(|(key, _)| key);
    let all = keys.chain(strings(tree, &[field]));
    all.map(str::to_owned).collect()
}

/// A volume that is a folder of the host.
pub(super) fn of_volume(before: Option<&Object>, after: &Object, found: &mut Found) {
    let device =
        |object: &Object| plain(&object.tree, &["driver_opts", "device"]).map(str::to_owned);
    let new = device(after).filter(|it| before.and_then(device).as_ref() != Some(it));
    if let Some(device) = new {
        let reason = format!("containers can use {} of the host", quoted(&device));
        let place = path(&["driver_opts", "device"]);
        found.raise(Class::Exposure, place, &reason);
    }
}

/// Hosts and paths of the proxy that are new, or lead to something else.
pub(super) fn of_proxy(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    let known = before.into_iter().flat_map(proxy::routes);
    let known = known.map(|it| {
        (
            (it.host, it.path),
            (outputs.pairs.workload(it.workload), it.port),
        )
    });
    let known: BTreeMap<_, _> = known.collect();
    let hosts: BTreeSet<&str> = known.keys().map(|(host, _)| *host).collect();
    let mut new_hosts = BTreeSet::new();
    for route in proxy::routes(after) {
        let ProxyRoute {
            host,
            path: prefix,
            workload,
            port,
        } = route;
        let reason = match known.get(&(host, prefix)) {
            _ if !hosts.contains(host) && !new_hosts.insert(host) => continue,
            _ if !hosts.contains(host) => new_host(host),
            None => format!("the path {} of {} is new", quoted(prefix), quoted(host)),
            Some(former) if *former == (workload, port) => continue,
            Some(_) => format!("requests reach {}", quoted(&format!("{workload}:{port}"))),
        };
        found.raise(Class::Exposure, path(&["content"]), &reason);
    }
}

/// A network with a way to the outside.
pub(super) fn of_network(before: Option<&Object>, after: &Object, found: &mut Found) {
    let is_internal = |object: &Object| flag(&object.tree, &["internal"]) == Some(true);
    if before.is_some_and(is_internal) && !is_internal(after) {
        let reason = "containers of the network reach the outside, and can be reached from there";
        found.raise(Class::Exposure, path(&["internal"]), reason);
    }
}

/// A published port.
struct Published {
    index: usize,
    /// `ADDRESS:PORT/PROTOCOL`. The port is that of the host, or `any` if Docker chooses it.
    host: String,
    /// The port of the container.
    container: String,
}

/// The published ports of a service.
fn published(service: &Object) -> Vec<Published> {
    let ports = items(&service.tree, &["ports"]).iter().enumerate();
    let shown = ports.filter_map(|(index, port)| {
        let (host, container) = published_port(port)?;
        Some(Published {
            index,
            host,
            container,
        })
    });
    shown.collect()
}

fn published_port(port: &Document) -> Option<(String, String)> {
    if let Tree::Map(_) = port {
        let published = scalar(port, &["published"]).unwrap_or_else(|| "any".to_owned());
        let protocol = plain(port, &["protocol"]).unwrap_or("tcp");
        let address = plain(port, &["host_ip"]).unwrap_or("0.0.0.0");
        let container = scalar(port, &["target"]).unwrap_or_default();
        return Some((format!("{address}:{published}/{protocol}"), container));
    }
    let text = scalar(port, &[])?;
    let (ports, protocol) = text.rsplit_once('/').unwrap_or((&text, "tcp"));
    let (host, container) = match ports.rsplit_once(':') {
        Some((host, container)) => (host, container),
        None => ("any", ports),
    };
    let (address, published) = host.rsplit_once(':').unwrap_or(("0.0.0.0", host));
    let published = if published.is_empty() {
        "any"
    } else {
        published
    };
    Some((
        format!("{address}:{published}/{protocol}"),
        container.to_owned(),
    ))
}
