//! Objects with data: claims, and what happens to them.

use std::collections::BTreeSet;

use crate::class::Class;
use crate::found::Found;
use crate::hosts;
use crate::object::{Object, PROJECT};
use crate::pods::Pod;
use crate::side::Side;
use crate::tree::{Document, at, items, number, path, plain};

/// The kinds that take data with them when they are deleted.
const DATA: [(&str, &str, &str); 4] = [
    (
        "",
        "PersistentVolumeClaim",
        "the claim is deleted, and with it its volume, unless that is retained",
    ),
    (
        "",
        "Namespace",
        "everything in the namespace is deleted, claims included",
    ),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "all objects of the kind are deleted, and what they manage",
    ),
    (
        "snapshot.storage.k8s.io",
        "VolumeSnapshot",
        "the snapshot is deleted, unless its class retains it",
    ),
];

/// Whether an object has data of its own.
pub(crate) fn has_data(object: &Object) -> bool {
    object.id.is("", "PersistentVolumeClaim")
        || object.id.is("", "volume")
        || !templates(object).is_empty()
}

/// Whether data is lost if an object is deleted, even if it is created again.
pub(crate) fn is_lost_with(object: &Object) -> bool {
    let mut kinds = DATA.iter();
    kinds.any(|(group, kind, _)| object.id.is(group, kind)) || deletes_claims(object)
}

/// Whether the claims of a `StatefulSet` are deleted with it.
fn deletes_claims(object: &Object) -> bool {
    let policy = [
        "spec",
        "persistentVolumeClaimRetentionPolicy",
        "whenDeleted",
    ];
    !templates(object).is_empty() && plain(&object.tree, &policy) == Some("Delete")
}

/// The class and the reason for an object that is gone, apart from network policies.
pub(crate) fn gone(object: &Object, sides: (&Side<'_>, &Side<'_>)) -> (Class, String) {
    let id = &object.id;
    let data = DATA.iter().find(|(group, kind, _)| id.is(group, kind));
    if let Some((_, _, reason)) = data {
        return (Class::DataLoss, (*reason).to_owned());
    }
    if id.is("", PROJECT) {
        let reason = "the containers of the project keep running under this name, and its volumes stay behind: those \
                      of another name are new and empty";
        return (Class::DataLoss, reason.to_owned());
    }
    if id.is("score-rs", "Environment") {
        let reason = "the project does not have the environment any more: its objects stay behind, unless Argo CD or \
                      Flux deletes them";
        return (Class::Deletion, reason.to_owned());
    }
    if id.is("", "volume") {
        let reason = "the volume stays behind until it is removed with `docker volume rm`";
        return (Class::Deletion, reason.to_owned());
    }
    if id.is("apps", "StatefulSet") && !templates(object).is_empty() {
        return claims_of_gone(object, sides);
    }
    let policy = ["spec", "target", "creationPolicy"];
    if id.is("external-secrets.io", "ExternalSecret")
        && matches!(plain(&object.tree, &policy), None | Some("Owner"))
    {
        let reason = "the operator deletes the Secret with it, and pods that use it do not start";
        return (Class::Deletion, reason.to_owned());
    }
    let hosts = hosts::gone(object, sides.1);
    if !hosts.is_empty() {
        let reason = format!("no route serves {} any more", hosts::listed(&hosts));
        return (Class::Deletion, reason);
    }
    let reason = match id.is("", "Service").then(|| sides.0.user(object)).flatten() {
        Some(user) => format!("the Service is not part of the output any more, and {user} used it"),
        None => "it is not part of the output any more".to_owned(),
    };
    (Class::Deletion, reason)
}

fn claims_of_gone(object: &Object, sides: (&Side<'_>, &Side<'_>)) -> (Class, String) {
    let claims = claims(object, sides.0);
    if deletes_claims(object) {
        return (
            Class::DataLoss,
            format!("its claims are deleted with it: {claims}"),
        );
    }
    let owner = match (&object.owner.resource, &object.owner.workload) {
        (Some(resource), _) => resource,
        (None, Some(workload)) => workload,
        (None, None) => "",
    };
    if sides.1.has(&object.owner) {
        let reason = format!("`{owner}` starts without its data: its claims stay behind: {claims}");
        return (Class::DataLoss, reason);
    }
    (Class::Deletion, format!("its claims stay behind: {claims}"))
}

/// The claim templates of a `StatefulSet`.
pub(crate) fn templates(object: &Object) -> &[Document] {
    if object.id.is("apps", "StatefulSet") {
        items(&object.tree, &["spec", "volumeClaimTemplates"])
    } else {
        &[]
    }
}

/// The names of the claims of a `StatefulSet`.
pub(crate) fn claims(object: &Object, side: &Side<'_>) -> String {
    let first = number(&object.tree, &["spec", "ordinals", "start"]).unwrap_or(0);
    let count = side.pod_count(object);
    let name = &object.id.name;
    let templates = templates(object).iter();
    let names = templates.filter_map(|it| plain(it, &["metadata", "name"]));
    let claims = names.map(|claim| match count {
        0 => format!("`{claim}-{name}-*`"),
        1 => format!("`{claim}-{name}-{first}`"),
        count => {
            let last = first.saturating_add(count - 1);
            format!("`{claim}-{name}-{first}` to `{claim}-{name}-{last}`")
        }
    });
    claims.collect::<Vec<_>>().join(", ")
}

/// Adds the losses of data by a change of an object.
pub(crate) fn losses(before: &Object, after: &Object, side: &Side<'_>, found: &mut Found) {
    if let (Some(old), Some(new)) = (Pod::of(before), Pod::of(after)) {
        let claims: BTreeSet<&str> = new.claims().into_iter().map(|it| it.1).collect();
        for (volume, claim) in old.claims() {
            if !claims.contains(claim) {
                let reason = format!(
                    "the claim `{claim}` is not used any more, and the pod starts without its data"
                );
                found.raise(
                    Class::DataLoss,
                    new.path(&["volumes"]).item(volume),
                    &reason,
                );
            }
        }
    }
    if templates(before).is_empty() {
        return;
    }
    let ordinals = |object| at(object, &["spec", "ordinals"]);
    if ordinals(&before.tree) != ordinals(&after.tree) {
        let reason = format!(
            "pods get other numbers, and claims can stay behind: {}",
            claims(before, side)
        );
        found.raise(Class::DataLoss, path(&["spec", "ordinals"]), &reason);
    }
    let policy = ["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"];
    let replicas = |object: &Object| number(&object.tree, &["spec", "replicas"]).unwrap_or(1);
    if plain(&after.tree, &policy) == Some("Delete") && replicas(after) < replicas(before) {
        let reason = "the claims of the pods that are removed are deleted";
        found.raise(Class::DataLoss, path(&["spec", "replicas"]), reason);
    }
}
