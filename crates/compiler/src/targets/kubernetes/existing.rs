//! Objects of the cluster that resources and workloads name: none of them may be one that the project generates for
//! another part of it.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Span};

use super::annotations::SERVICE_ACCOUNT;
use super::naming::{Controller, Naming};
use super::objects::{self, Body, ConfigMap, ServiceAccount};
use super::provenance::Owner;
use super::raw::PLATFORM;
use super::secrets::Secrets;
use super::workload;
use super::workload_options::{Account, WorkloadOptions, at_annotation};
use crate::ir::field::Field;
use crate::ir::{Component, ExistingKind, ExistingObject, Holder, Tree};

/// The kind of claims for storage.
const CLAIM: &str = "PersistentVolumeClaim";

/// The parts of the project for which an object is generated: several, if identical objects are written once.
type Owners<'a> = BTreeMap<(&'a str, String), Vec<Owner>>;

/// Reports names of objects that the project generates for another part of it.
pub(super) fn check(
    naming: &Naming,
    secrets: &Secrets,
    options: &BTreeMap<&str, WorkloadOptions>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let accounts = accounts(naming, options);
    let existing = &naming.app.existing;
    if existing.is_empty() && accounts.is_empty() {
        return;
    }
    let owners = owners(naming, secrets, options);
    for object in existing {
        if let Some(owner) = owner(object, &owners, naming) {
            let place = place(naming, owner);
            diagnostics.push(object.of_another(naming.app, &format!("the {owner}"), place));
        }
    }
    for (component, name) in accounts {
        let of = owners.get(&(ServiceAccount::KIND, name.to_owned()));
        let of = of.map_or(&[][..], Vec::as_slice);
        let workload = component.job_of.as_ref().unwrap_or(&component.name);
        let may_use = |owner: &Owner| {
            let needed = owner.resource.as_ref();
            owner.workload.as_ref() == Some(workload)
                || needed.is_some_and(|uid| component.needs.contains(uid))
        };
        if let Some(owner) = of.first()
            && !of.iter().any(may_use)
        {
            diagnostics.push(account_of_another(naming, component, name, owner));
        }
    }
}

/// The workloads that name a service account themselves: the project and provisioners may name any.
fn accounts<'a>(
    naming: &Naming<'a>,
    options: &'a BTreeMap<&str, WorkloadOptions>,
) -> Vec<(&'a Component, &'a str)> {
    let components = naming.app.components.values();
    let is_default = |component: &&Component| component.defaults.contains(SERVICE_ACCOUNT);
    let components = components.filter(|component| !is_default(component));
    let named = components.filter_map(|component| {
        match &options.get(component.name.as_str())?.service_account {
            Some(Account::Existing(name)) => Some((component, name.as_str())),
            Some(Account::Own) | None => None,
        }
    });
    named.collect()
}

/// The owners of the objects that others could name.
fn owners<'a>(
    naming: &Naming<'a>,
    secrets: &Secrets<'a>,
    options: &BTreeMap<&str, WorkloadOptions>,
) -> Owners<'a> {
    let mut owners = Owners::new();
    let mut add = |kind: &'a str, name: &str, owner: Owner| {
        let owners = owners.entry((kind, name.to_owned())).or_default();
        owners.push(owner);
    };
    for raw in naming.app.objects(PLATFORM) {
        let name = raw.tree.get("metadata").and_then(|it| it.get("name"));
        if let (Some(kind), Some(name)) = (text(raw.tree.get("kind")), text(name)) {
            add(kind, name, Owner::raw(naming.app, raw));
        }
    }
    for home in secrets.values().flatten() {
        let owner = Owner::resource(naming.app, home.uid);
        add(objects::Secret::KIND, home.name, owner);
    }
    for component in naming.app.components.values() {
        let options = options.get(component.name.as_str());
        let names = options.map(|options| workload::names(naming, component, options));
        for (kind, name) in names.into_iter().flatten() {
            add(kind, &name, Owner::component(component));
        }
    }
    owners
}

fn text(tree: Option<&Tree>) -> Option<&str> {
    match tree {
        Some(Tree::Text(text)) => text.as_plain(),
        _ => None,
    }
}

/// The owner of an object that a resource must not name.
fn owner<'o>(object: &ExistingObject, owners: &'o Owners, naming: &Naming) -> Option<&'o Owner> {
    let of = |kind: &'static str| owners.get(&(kind, object.name.clone()));
    let found = match object.kind {
        ExistingKind::Holder(Holder::Secret) => of(objects::Secret::KIND),
        ExistingKind::Holder(Holder::Config) => of(ConfigMap::KIND),
        ExistingKind::Volume => of(CLAIM).or_else(|| stateful_set(&object.name, owners)),
    };
    let found = found?;
    let workload = naming.app.owners.get(&object.resource);
    let is_its_own = |owner: &Owner| match &owner.resource {
        Some(uid) => object.owners.contains(uid),
        None => owner.workload.as_ref() == workload,
    };
    found.first().filter(|_| !found.iter().any(is_its_own))
}

/// The owners of the stateful set for one of whose pods a claim is created: `VOLUME-SET-NUMBER`.
fn stateful_set<'o>(claim: &str, owners: &'o Owners) -> Option<&'o Vec<Owner>> {
    let (set, number) = claim.rsplit_once('-')?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kind = Controller::StatefulSet.name();
    let mut ends = set.match_indices('-');
    ends.find_map(|(at, _)| owners.get(&(kind, set[at + 1..].to_owned())))
}

/// The location of the part to which an object belongs.
fn place(naming: &Naming, owner: &Owner) -> Option<Span> {
    let app = naming.app;
    let declared = owner.resource.as_ref().and_then(|it| app.declared.get(it));
    let component = || {
        let component = app.components.get(owner.workload.as_deref()?)?;
        component.place(Field::Name)
    };
    declared.copied().or_else(component)
}

fn account_of_another(
    naming: &Naming,
    component: &Component,
    name: &str,
    owner: &Owner,
) -> Diagnostic {
    let message = format!(
        "the workload `{}` names the service account `{name}`, which belongs to the {owner}",
        component.name
    );
    let found = Diagnostic::new(Code::ResourceInternal, message);
    let mut found = at_annotation(component, SERVICE_ACCOUNT, found);
    if let Some(place) = place(naming, owner) {
        found = found.at(place, "it belongs to this");
    }
    found.help("name an account that the project does not generate, or set `own`")
}
