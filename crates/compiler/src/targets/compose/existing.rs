//! Volumes that resources name: none of them may be one that Compose creates for another part of the project.

use std::collections::BTreeMap;

use score_spec::Diagnostic;

use super::provisioned_entries::PLATFORM;
use crate::ir::{App, ExistingKind, Storage, Tree};

/// Reports names of volumes that belong to other resources. Compose names a volume `PROJECT_VOLUME`; without a name in
/// the settings, the project is named after a folder.
pub(super) fn check(app: &App, diagnostics: &mut Vec<Diagnostic>) {
    let mut existing = app.existing.iter();
    if !existing.any(|object| object.kind == ExistingKind::Volume) {
        return;
    }
    let volumes = volumes(app);
    for object in &app.existing {
        if object.kind != ExistingKind::Volume {
            continue;
        }
        let ends = object.name.match_indices('_');
        let of_project = ends.filter_map(|(at, _)| {
            let project = &object.name[..at];
            let is_this = app.project.as_ref().is_none_or(|name| name == project);
            volumes
                .by_key
                .get(&object.name[at + 1..])
                .filter(|_| is_this)
        });
        let named = volumes.by_name.get(object.name.as_str());
        let mut owners = named.into_iter().chain(of_project);
        if let Some(uid) = owners.find(|uid| !object.owners.contains(**uid)) {
            let owner = format!("the resource `{uid}`");
            let place = app.declared.get(*uid).copied();
            diagnostics.push(object.of_another(app, &owner, place));
        }
    }
}

/// The uids of the resources of volumes.
#[derive(Default)]
struct Volumes<'a> {
    by_key: BTreeMap<&'a str, &'a str>,
    /// By the name that a provisioner sets.
    by_name: BTreeMap<&'a str, &'a str>,
}

fn volumes(app: &App) -> Volumes<'_> {
    let mut volumes = Volumes::default();
    for (key, volume) in &app.volumes {
        if !matches!(volume.storage, Storage::Existing(_) | Storage::Written(_)) {
            volumes.by_key.insert(key, &volume.resource);
        }
    }
    for raw in app.objects(PLATFORM) {
        let Some(Tree::Map(declared)) = raw.tree.get("volumes") else {
            continue;
        };
        for (key, volume) in declared.iter() {
            match volume.get("name") {
                Some(Tree::Text(name)) => {
                    let plain = name.as_plain().map(|name| (name, raw.resource.as_str()));
                    volumes.by_name.extend(plain);
                }
                _ => {
                    volumes.by_key.insert(key, &raw.resource);
                }
            }
        }
    }
    volumes
}
