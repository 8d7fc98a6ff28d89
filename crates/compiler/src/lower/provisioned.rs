//! Conversion of the components of a provisioner from a tree to a [`Component`].
//!
//! The structure of the tree was validated before its expressions were evaluated; expressions of a
//! wrong type are detected here.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use score_spec::{
    HttpGet, Map, Port, Protocol, Quantities, Quantity, Ready, Span, Spanned, path_problem,
};

use crate::graph::Resource;
use crate::ir::{
    Component, Container, File, FileContent, Mount, NonRoot, Origin, Places, Probe, Run, Storage,
    Text, Tree, Volume,
};
use crate::provisioner::expression::to_text;
use crate::resolve::Requested;
use crate::resolve::functions::name_of;

/// The problem, as the end of a sentence that starts with the component.
type Problem = String;

/// The component of a provisioner, and its volumes. Its dependencies are not known yet.
pub(crate) fn read(
    requested: &Requested,
    name: &str,
    resource: &Resource,
) -> Result<(Component, Vec<Volume>), Problem> {
    let tree = &requested.tree;
    let volumes = volumes(tree, name, resource)?;
    let mut containers = Map::default();
    for (label, container) in entries(tree.get("containers")) {
        let container = self::container(container, &volumes, resource.span)
            .map_err(|problem| format!("container `{label}`: {problem}"))?;
        containers.insert(label.clone(), container);
    }
    // They are large, so that spare capacity would be noticeable.
    containers.shrink_to_fit();
    let ports = tree.get("service").and_then(|service| service.get("ports"));
    let component = Component {
        name: name.to_owned(),
        origin: Origin::Resource {
            uid: resource.uid.clone(),
            workload: resource
                .belongs_to()
                .map(|(workload, _)| workload.to_owned()),
        },
        run: match optional_text(tree.get("run"))?.as_deref() {
            Some("once") => Run::Once,
            _ => Run::Always,
        },
        annotations: Map::default(),
        places: Places {
            resource: Some(resource.span),
            ..Places::default()
        },
        defaults: IndexSet::new(),
        ports: entries(ports)
            .map(|(name, tree)| Ok((name.clone(), port(tree, requested.span)?)))
            .collect::<Result<_, Problem>>()?,
        containers,
        needs: IndexSet::new(),
        reaches: BTreeSet::new(),
        waits_for: Map::default(),
        non_root: match tree.get("nonRoot") {
            Some(ids) => Some(NonRoot {
                user: integer(ids.get("user"))?,
                group: integer(ids.get("group"))?,
                low_ports: matches!(ids.get("lowPorts"), Some(Tree::Bool(true))),
            }),
            None => None,
        },
    };
    Ok((component, volumes.into_values().collect()))
}

/// The volumes of a component, by their labels.
fn volumes(tree: &Tree, name: &str, resource: &Resource) -> Result<Map<Volume>, Problem> {
    let volume = |label: &String, volume: &Tree| -> Result<Volume, Problem> {
        Ok(Volume {
            name: name_of(resource, label),
            resource: resource.uid.clone(),
            local_name: Some(label.clone()),
            owner: Some(name.to_owned()),
            size: size(volume.get("size"))?,
            storage: Storage::Managed,
        })
    };
    entries(tree.get("volumes"))
        .map(|(label, tree)| Ok((label.clone(), volume(label, tree)?)))
        .collect()
}

/// The components of the same provisioner that a component waits for, by their labels.
pub(crate) fn after(tree: &Tree) -> Result<Vec<(String, Ready)>, Problem> {
    entries(tree.get("after"))
        .map(|(label, state)| Ok((label.clone(), ready(Some(state))?)))
        .collect()
}

fn container(tree: &Tree, volumes: &Map<Volume>, place: Span) -> Result<Container, Problem> {
    let placed = |amount: Option<Quantity>| amount.map(|amount| Spanned::new(amount, place));
    let quantities = |name: &str| -> Result<Quantities, Problem> {
        let tree = tree.get("resources").and_then(|tree| tree.get(name));
        let get = |name| tree.and_then(|tree| tree.get(name));
        Ok(Quantities {
            cpu: placed(amount(get("cpu"), Quantity::cpu)?),
            memory: placed(amount(get("memory"), Quantity::bytes)?),
        })
    };
    Ok(Container {
        image: text(tree.get("image"))?,
        build: None,
        command: texts(tree.get("command")),
        args: texts(tree.get("args")),
        variables: entries(tree.get("variables"))
            .map(|(name, value)| (name.clone(), to_text(value)))
            .collect(),
        files: entries(tree.get("files"))
            .map(|(target, file)| Ok((self::target(target)?, self::file(file)?)))
            .collect::<Result<_, Problem>>()?,
        mounts: entries(tree.get("volumes"))
            .map(|(target, tree)| Ok((self::target(target)?, mount(tree, volumes)?)))
            .collect::<Result<_, Problem>>()?,
        before: entries(tree.get("before"))
            .map(|(later, tree)| Ok((later.clone(), ready(tree.get("ready"))?)))
            .collect::<Result<_, Problem>>()?,
        limits: quantities("limits")?,
        requests: quantities("requests")?,
        liveness_probe: tree.get("livenessProbe").map(probe).transpose()?,
        readiness_probe: tree.get("readinessProbe").map(probe).transpose()?,
    })
}

/// A path in a container.
fn target(path: &str) -> Result<String, Problem> {
    match path_problem(path) {
        None => Ok(path.to_owned()),
        Some(problem) => Err(format!("a target path {problem}")),
    }
}

fn file(tree: &Tree) -> Result<File, Problem> {
    let mode = optional_text(tree.get("mode"))?;
    Ok(File {
        content: FileContent::Text(tree.get("content").map(to_text).unwrap_or_default()),
        mode: match mode {
            Some(mode) => Some(
                u16::from_str_radix(&mode, 8)
                    .map_err(|_| format!("`{mode}` is not a valid octal mode"))?,
            ),
            None => None,
        },
    })
}

fn mount(tree: &Tree, volumes: &Map<Volume>) -> Result<Mount, Problem> {
    let source = text(tree.get("source"))?;
    let volume = volumes
        .get(&source)
        .ok_or_else(|| format!("the component has no volume `{source}`"))?;
    Ok(Mount {
        volume: volume.name.clone(),
        path: optional_text(tree.get("path"))?,
        read_only: matches!(tree.get("readOnly"), Some(Tree::Bool(true))),
    })
}

fn probe(tree: &Tree) -> Result<Probe, Problem> {
    let http_get = match tree.get("httpGet") {
        Some(http) => Some(HttpGet {
            host: optional_text(http.get("host"))?,
            scheme: optional_text(http.get("scheme"))?,
            path: text(http.get("path"))?,
            port: integer(http.get("port"))?,
            headers: match http.get("httpHeaders") {
                Some(Tree::List(headers)) => headers
                    .iter()
                    .map(|header| Ok((text(header.get("name"))?, text(header.get("value"))?)))
                    .collect::<Result<_, Problem>>()?,
                _ => Vec::new(),
            },
        }),
        None => None,
    };
    let exec = texts(tree.get("exec").and_then(|exec| exec.get("command")));
    if exec.as_ref().is_some_and(Vec::is_empty) {
        return Err("the command of a probe is empty".to_owned());
    }
    Ok(Probe { http_get, exec })
}

fn port(tree: &Tree, span: Span) -> Result<Port, Problem> {
    let port = integer(tree.get("port"))?;
    Ok(Port {
        span,
        port,
        target: match tree.get("targetPort") {
            Some(target) => integer(Some(target))?,
            None => port,
        },
        protocol: match optional_text(tree.get("protocol"))?.as_deref() {
            Some("UDP") => Protocol::Udp,
            _ => Protocol::Tcp,
        },
    })
}

fn ready(tree: Option<&Tree>) -> Result<Ready, Problem> {
    match text(tree)?.as_str() {
        "started" => Ok(Ready::Started),
        "healthy" => Ok(Ready::Healthy),
        "complete" => Ok(Ready::Complete),
        other => Err(format!(
            "`{other}` is not one of `started`, `healthy` and `complete`"
        )),
    }
}

fn entries(tree: Option<&Tree>) -> impl Iterator<Item = (&String, &Tree)> {
    match tree {
        Some(Tree::Map(entries)) => Some(entries.iter()),
        _ => None,
    }
    .into_iter()
    .flatten()
}

/// A string without references.
fn text(tree: Option<&Tree>) -> Result<String, Problem> {
    optional_text(tree)?.ok_or_else(|| "a string is missing".to_owned())
}

fn optional_text(tree: Option<&Tree>) -> Result<Option<String>, Problem> {
    match tree {
        None => Ok(None),
        Some(Tree::Text(text)) => match text.as_plain() {
            Some(plain) => Ok(Some(plain.to_owned())),
            None => Err("a reference is not allowed here, only plain text".to_owned()),
        },
        Some(other) => Err(format!("expected a string, found {}", other.kind())),
    }
}

/// The size of a volume.
pub(crate) fn size(tree: Option<&Tree>) -> Result<Option<Quantity>, Problem> {
    amount(tree, Quantity::bytes)
}

fn amount(
    tree: Option<&Tree>,
    read: fn(&str) -> Option<Quantity>,
) -> Result<Option<Quantity>, Problem> {
    let given = tree.filter(|tree| **tree != Tree::Null);
    let Some(amount) = optional_text(given)? else {
        return Ok(None);
    };
    match read(&amount) {
        Some(amount) => Ok(Some(amount)),
        None => Err(format!("`{amount}` is not a valid amount")),
    }
}

fn texts(tree: Option<&Tree>) -> Option<Vec<Text>> {
    match tree? {
        Tree::List(items) => Some(items.iter().map(to_text).collect()),
        _ => None,
    }
}

/// An integer, or a string with one.
fn integer<T: std::str::FromStr>(tree: Option<&Tree>) -> Result<T, Problem> {
    let digits = match tree {
        Some(Tree::Number(number)) => number.to_string(),
        tree => text(tree)?,
    };
    digits
        .parse()
        .map_err(|_| format!("`{digits}` is not a number in the valid range"))
}
