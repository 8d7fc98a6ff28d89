//! Checks of an application for what Kubernetes rejects or cannot express, before objects are
//! created. Problems that become apparent only while an object is created are reported there.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::diagnostic::{MOST_NAMED, listed, nearest};
use score_spec::{Code, Diagnostic, Hint};

use super::annotations::{INSTANCE, KIND, SERVICE_NAME};
use super::naming::{Controller, LABEL, Naming, invalid, selector, unsupported};
use super::provenance::Owner;
use super::raw::PLATFORM;
use super::secrets::each_text;
use super::volumes::sub_path;
use super::workload_options::{at_annotation, is_label_value};
use crate::ir::field::{Field, at};
use crate::ir::name::is_label;
use crate::ir::{Asker, Build, Component, Container, Ref, Storage, Text};

/// The maximum length of the name of a stateful set: a label of its pods contains the name, `-` and
/// ten more characters.
const STATEFUL_SET_NAME: usize = LABEL - 11;
/// The maximum length of the name of a cron job: the names of its jobs have eleven more characters.
const CRON_JOB_NAME: usize = LABEL - 11;

/// Reports all problems of an application.
pub(super) fn check(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    options(naming, diagnostics);
    shared_volumes(naming, diagnostics);
    host_folders(naming, diagnostics);
    hosts(naming, diagnostics);
    instances(naming, diagnostics);
    for component in naming.app.components.values() {
        controller(naming, component, diagnostics);
        ports(naming, component, diagnostics);
        for (name, container) in &component.containers {
            image(component, name, container, diagnostics);
            variables(component, name, container, diagnostics);
            paths(component, name, container, diagnostics);
        }
    }
}

fn options(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    let mut refuse = |message: String| {
        diagnostics.push(Diagnostic::new(Code::TargetInvalid, message));
    };
    let options = naming.options;
    match &options.namespace {
        Some(name) if !is_label(name) => {
            refuse(format!("the namespace `{name}` is not a DNS label"));
        }
        None if options.generate_namespace => {
            refuse("a namespace should be generated, but its name is not set".to_owned());
        }
        _ => {}
    }
    if let Some(project) = &naming.app.project
        && !is_label_value(project)
    {
        refuse(format!(
            "the project name `{project}` is not a valid label value"
        ));
    }
    let fixed = selector("");
    for name in options.labels.keys() {
        if fixed.contains_key(name) {
            diagnostics.push(
                Diagnostic::new(
                    Code::TargetInvalid,
                    format!(
                        "the label `{name}` selects pods, and can be neither changed nor removed"
                    ),
                )
                .help("remove it from `kubernetes.labels` in the project file"),
            );
        }
    }
    let mut published = naming.app.published.iter();
    if let Some(published) = published.find(|published| published.asked_by == Asker::Option) {
        let message = "ports can be published only in Compose";
        let found = Diagnostic::new(Code::TargetUnsupported, message);
        diagnostics.push(at(published.span, found).help(Hint::Unpublish));
    }
}

/// The mounts of each volume.
fn mounts<'a>(naming: &Naming<'a>) -> BTreeMap<&'a str, Vec<(&'a Component, Field<'a>)>> {
    let mut mounts: BTreeMap<&str, Vec<(&Component, Field)>> = BTreeMap::new();
    for component in naming.app.components.values() {
        for (name, container) in &component.containers {
            for (target, mount) in &container.mounts {
                let users = mounts.entry(&mount.volume).or_default();
                users.push((component, Field::Volume(name, target)));
            }
        }
    }
    mounts
}

/// Reports volumes that several components share: in Kubernetes, each component gets a separate
/// volume.
fn shared_volumes(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    for (volume, mounts) in mounts(naming) {
        let users: BTreeSet<&str> = mounts.iter().map(|(it, _)| it.name.as_str()).collect();
        if users.len() < 2 {
            continue;
        }
        let of = naming.app.volumes.get(volume);
        let of = of.map_or_else(String::new, |v| format!(" of resource `{}`", v.resource));
        let message = format!(
            "the volume{of} is not shared by {}: on Kubernetes each of them has its own",
            listed(users)
        );
        let found = Diagnostic::new(Code::TargetUnsupported, message);
        let mounts = mounts.into_iter().take(MOST_NAMED);
        let found = mounts.fold(found, |found, (component, field)| {
            at(component.place(field), found)
        });
        diagnostics.push(
            found.help("share the data over the network, or put the containers into one workload"),
        );
    }
}

/// Reports host folders with relative paths, which have no meaning on a node.
fn host_folders(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    for volume in naming.app.volumes.values() {
        if let Storage::Host(path) = &volume.storage
            && !path.starts_with('/')
        {
            let uid = &volume.resource;
            let message =
                format!("the folder `{path}` of the host, for the resource `{uid}`, is relative");
            let found = Diagnostic::new(Code::TargetInvalid, message);
            let place = naming.app.declared.get(uid).copied();
            diagnostics.push(
                at(place, found).help("use a path that starts with `/`; it refers to the node"),
            );
        }
    }
}

/// Reports components that others refer to by host name, but that have no Service.
fn hosts(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut note = |text: &'_ Text| {
        for reference in text.references() {
            if let Ref::Host(component) = reference
                && let Some((name, _)) = naming.app.components.get_key_value(component)
            {
                named.insert(name);
            }
        }
    };
    each_text(naming.app, &mut note);
    for raw in naming.app.objects(PLATFORM) {
        raw.tree.each_text(&mut note);
    }
    for component in named.iter().filter_map(|n| naming.app.components.get(*n)) {
        if !naming.has_service(component) {
            let name = &component.name;
            diagnostics.push(
                unsupported(
                    component,
                    Field::Name,
                    format!(
                        "`{name}` is used as a host name, but has no ports and therefore no Service"
                    ),
                )
                .help(format!("declare the service ports of `{name}`")),
            );
        }
    }
}

/// Reports workloads whose pods would be those of another component.
fn instances(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) {
    let components = &naming.app.components;
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for component in components.values() {
        let Some(instance) = naming.instance(&component.name) else {
            continue;
        };
        let is_other = instance != component.name
            && components.contains_key(instance)
            && naming.instance(instance).is_none();
        let own_name = is_other.then_some(instance);
        let other = seen.insert(instance, &component.name).or(own_name);
        if let Some(other) = other {
            let message = format!(
                "the pods of `{}` and `{other}` have the same label `app.kubernetes.io/instance`",
                component.name
            );
            let found = Diagnostic::new(Code::TargetInvalid, message);
            let found = found.help("each workload needs a value of its own");
            diagnostics.push(at_annotation(component, INSTANCE, found));
        }
    }
}

fn controller(naming: &Naming, component: &Component, diagnostics: &mut Vec<Diagnostic>) {
    let name = &component.name;
    if let Some(asked) = component.annotations.get(KIND) {
        let mut refuse = |message: String, help: String| {
            let found = Diagnostic::new(Code::TargetInvalid, message).help(help);
            diagnostics.push(at_annotation(component, KIND, found));
        };
        match Controller::named(asked) {
            Some(kind) if kind == naming.controller(component) => {}
            Some(Controller::Deployment) if naming.owns_volumes(component) => refuse(
                format!("`{name}` keeps state on volumes, which a Deployment would lose"),
                format!("set `{KIND}` to `StatefulSet`"),
            ),
            Some(kind) => refuse(
                format!("`{name}` cannot be a {}", kind.name()),
                format!("drop `{KIND}`"),
            ),
            None => {
                let known = || Controller::ALL.into_iter().map(Controller::name);
                refuse(
                    format!("unknown workload kind `{asked}`"),
                    match nearest(asked, known()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("the kinds are {}", listed(known())),
                    },
                );
            }
        }
    }
    let longest = match naming.controller(component) {
        Controller::StatefulSet => STATEFUL_SET_NAME,
        Controller::CronJob => CRON_JOB_NAME,
        _ => return,
    };
    if name.len() > longest {
        let kind = naming.controller(component).name();
        diagnostics.push(
            invalid(
                component,
                Field::Name,
                format!("the name `{name}` is too long for a {kind}: {longest} characters at most"),
            )
            .help("shorten it"),
        );
    }
}

fn ports(naming: &Naming, component: &Component, diagnostics: &mut Vec<Diagnostic>) {
    if !naming.has_service(component) {
        return;
    }
    let name = naming.service(&component.name);
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !is_label(name) || !starts_well {
        diagnostics.push(
            invalid(
                component,
                Field::Annotation(SERVICE_NAME),
                format!("a Service cannot be named `{name}`"),
            )
            .help(format!(
                "set the annotation `{SERVICE_NAME}` to a DNS label that starts with a letter"
            )),
        );
    }
    let mut seen = BTreeMap::new();
    for (name, port) in &component.ports {
        if let Some(other) = seen.insert((port.port, port.protocol.as_str()), name) {
            let number = port.port;
            let message = format!("the ports `{other}` and `{name}` are both {number}");
            diagnostics.push(
                Diagnostic::new(Code::TargetInvalid, message)
                    .at(port.span, "")
                    .help(
                        "port numbers of a Service are unique; use different `port` numbers with \
                         the same `targetPort`",
                    ),
            );
        }
    }
}

fn image(
    component: &Component,
    name: &str,
    container: &Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let who = Owner::component(component);
    if container.image == "." {
        let message = format!("container `{name}` of {who} has no image");
        diagnostics.push(
            component
                .finding(Code::ProjectMissingImage, Field::Image(name), message)
                .help("set an image; Kubernetes does not build images"),
        );
    } else if is_asked(container.build.as_ref()) {
        diagnostics.push(
            unsupported(
                component,
                Field::Image(name),
                format!("Kubernetes does not build the image of container `{name}` of {who}"),
            )
            .help(format!(
                "build `{}` and push it to a registry by other means",
                container.image
            )),
        );
    }
}

/// Whether the run requests the build.
fn is_asked(build: Option<&Build>) -> bool {
    build.is_some_and(|build| build.asked_by == Asker::Option)
}

fn variables(
    component: &Component,
    container: &str,
    source: &Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for name in source.variables.keys().filter(|name| !is_variable(name)) {
        diagnostics.push(
            invalid(
                component,
                Field::Variable(container, name),
                format!("the variable `{name}` of container `{container}` cannot be set"),
            )
            .help("use letters, digits, `_`, `-` and `.`, not starting with a digit"),
        );
    }
}

/// Whether every version of Kubernetes accepts the name as that of an environment variable; older
/// versions are stricter.
fn is_variable(name: &str) -> bool {
    let character = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(character)
        && name != "."
        && !name.starts_with("..")
}

fn paths(
    component: &Component,
    container: &str,
    source: &Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let files = source.files.keys();
    let files = files.map(|path| (Field::File(container, path), path));
    let mounts = source.mounts.keys();
    let mounts = mounts.map(|path| (Field::Volume(container, path), path));
    for (field, path) in files.chain(mounts).filter(|(_, path)| path.contains(':')) {
        diagnostics.push(invalid(
            component,
            field,
            format!(
                "nothing can be mounted at `{path}` in container `{container}`, because it contains a colon"
            ),
        ));
    }
    for (target, mount) in &source.mounts {
        let path = sub_path(mount).unwrap_or_default();
        if path.split('/').any(|part| part == "..") {
            diagnostics.push(invalid(
                component,
                Field::Volume(container, target),
                format!(
                    "the path `{path}` inside a volume of container `{container}` leads out of it"
                ),
            ));
        }
    }
}
