//! The secrets of resources: an object for each resource with secrets. Files that contain secrets
//! are separate objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map};

use super::files::LIMIT;
use super::naming::{Naming, resource_annotations};
use super::objects::{self, Object};
use super::provenance::Owner;
use super::raw::PLATFORM;
use super::reference::{Open, OpenText};
use crate::ir::field::at;
use crate::ir::{App, Component, FileContent, Origin, Secret, Text, Tree};

/// The secrets by the component before whose objects they are written; the empty name stands for no
/// component.
pub(super) type Secrets<'a> = BTreeMap<&'a str, Vec<Home<'a>>>;

/// The secrets of a resource that share an object.
pub(super) struct Home<'a> {
    pub(super) name: &'a str,
    /// The uid of the resource.
    pub(super) uid: &'a str,
    /// The workload that the resource belongs to; `None` if it is shared.
    workload: Option<&'a str>,
    secrets: BTreeMap<&'a str, &'a Arc<Secret>>,
}

/// All secrets of an application that need an object.
pub(super) fn secrets<'a>(naming: &Naming<'a>, diagnostics: &mut Vec<Diagnostic>) -> Secrets<'a> {
    let mut servers: BTreeMap<&str, (&'a str, Option<&'a str>)> = BTreeMap::new();
    for component in naming.app.components.values() {
        if let Origin::Resource { uid, workload } = &component.origin {
            servers
                .entry(uid)
                .or_insert((&component.name, workload.as_deref()));
        }
    }
    let mut homes = Secrets::new();
    for (name, secrets) in by_object(naming, diagnostics) {
        let Some(first) = secrets.values().next() else {
            continue;
        };
        let uid = first.resource.as_str();
        let given = secrets.values().filter_map(|it| it.external());
        let size: usize = given.map(str::len).sum();
        if size > LIMIT {
            let place = naming.app.declared.get(uid).copied();
            diagnostics.push(at(place, too_large(uid, size)));
        }
        let server = servers.get(uid);
        let before = server.map_or("", |(component, _)| *component);
        homes.entry(before).or_default().push(Home {
            name,
            uid,
            workload: server.and_then(|(_, workload)| *workload),
            secrets,
        });
    }
    homes
}

impl Home<'_> {
    pub(super) fn object(&self, naming: &Naming) -> Object {
        let owner = Owner::resource(naming.app, self.uid);
        let metadata = naming.metadata(
            self.name,
            naming.labels(self.name),
            resource_annotations(self.uid, self.workload),
            owner.workload.as_deref(),
        );
        let values = self.secrets.iter().map(|(key, secret)| {
            let sealed = Open::Secret(Arc::clone(secret));
            ((*key).to_owned(), OpenText::from(sealed))
        });
        let body = objects::Secret {
            kind: "Opaque",
            string_data: values.collect::<Map<_>>(),
        };
        Object::new(metadata, body, owner)
    }
}

fn too_large(uid: &str, size: usize) -> Diagnostic {
    Diagnostic::new(
        Code::TargetInvalid,
        format!(
            "the secrets of the resource `{uid}` have {size} bytes, but a Secret is limited to {LIMIT} bytes"
        ),
    )
    .help("reduce the secrets of its provisioner, or put the data on a volume")
}

type ByObject<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Arc<Secret>>>;

/// All secrets that need an object, by object and name.
fn by_object<'a>(naming: &Naming<'a>, diagnostics: &mut Vec<Diagnostic>) -> ByObject<'a> {
    let mut objects = ByObject::new();
    let mut add = |secret: &'a Arc<Secret>| {
        let object = objects.entry(&secret.object).or_default();
        let known = *object.entry(&secret.name).or_insert(secret);
        if known != secret {
            diagnostics.push(Diagnostic::new(
                Code::ProjectNameCollision,
                format!(
                    "resource `{}` and resource `{}` would both have a secret `{}` in `Secret/{}`",
                    known.resource, secret.resource, secret.name, secret.object
                ),
            ));
        }
    };
    each_text(naming.app, &mut |text| text.secrets().for_each(&mut add));
    if naming.keeps_secrets {
        let raw = || naming.app.objects(PLATFORM).map(|raw| &raw.tree);
        // Such an object already contains the secrets of its resource.
        let kept: BTreeSet<&str> = raw().filter_map(secret_name).collect();
        let mut add_new = |text: &'a Text| {
            let secrets = text.secrets();
            let new = secrets.filter(|secret| !kept.contains(secret.object.as_str()));
            new.for_each(&mut add);
        };
        raw().for_each(|tree| tree.each_text(&mut add_new));
    }
    objects
}

/// The name of the object, if it is a core `Secret`.
fn secret_name(tree: &Tree) -> Option<&str> {
    let name = tree.get("metadata").and_then(|it| it.get("name"));
    let text = |key| plain(tree.get(key)).unwrap_or_default();
    plain(name).filter(|_| objects::is_secret(text("apiVersion"), text("kind")))
}

fn plain(tree: Option<&Tree>) -> Option<&str> {
    match tree {
        Some(Tree::Text(text)) => text.as_plain(),
        _ => None,
    }
}

/// Calls `f` with each string of an application that can reach the cluster.
pub(super) fn each_text<'a>(app: &'a App, f: &mut impl FnMut(&'a Text)) {
    for component in app.components.values() {
        component_texts(component, f);
    }
}

/// Calls `f` with each string of a component.
pub(super) fn component_texts<'a>(component: &'a Component, f: &mut impl FnMut(&'a Text)) {
    for container in component.containers.values() {
        let commands = container.command.iter().chain(&container.args).flatten();
        commands.for_each(&mut *f);
        container.variables.values().for_each(&mut *f);
        for file in container.files.values() {
            if let FileContent::Text(text) = &file.content {
                f(text);
            }
        }
        let probes = container.liveness_probe.iter();
        let probes = probes.chain(&container.readiness_probe);
        let commands = probes.filter_map(|probe| probe.exec.as_ref());
        commands.flatten().for_each(&mut *f);
    }
}
