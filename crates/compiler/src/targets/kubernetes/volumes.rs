//! The volumes of components and their mounts. `files` creates those for the files of Score files.

use std::collections::BTreeSet;

use score_spec::{Map, Quantity};

use super::naming::{Controller, Naming, quantity};
use super::objects::{
    ClaimResources, ClaimSpec, ClaimTemplate, EmptyDir, ExistingClaim, HostPath, Metadata, Volume,
    VolumeMount,
};
use super::workload_options::WorkloadOptions;
use crate::ir::{Component, Container, Mount, Storage};

/// The default size of a volume claim.
const CLAIM_SIZE: &str = "1Gi";

/// The volumes of a component: claims if its pods have persistent storage, otherwise volumes of the
/// pod such as empty folders.
pub(super) fn volumes(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
) -> (Vec<Volume>, Vec<ClaimTemplate>) {
    let stateful = naming.controller(component) == Controller::StatefulSet;
    let mounted = component
        .containers
        .values()
        .flat_map(|c| c.mounts.values());
    let names: BTreeSet<&str> = mounted.map(|mount| mount.volume.as_str()).collect();
    let (mut volumes, mut claims) = (Vec::new(), Vec::new());
    for name in names {
        let volume = naming.app.volumes.get(name);
        let owner = volume.and_then(|volume| volume.owner.as_deref());
        let storage = volume.map(|volume| &volume.storage);
        let managed = storage.is_none_or(|storage| *storage == Storage::Managed);
        if managed && stateful && owner.is_none_or(|owner| owner == component.name) {
            claims.push(claim(
                local_name(naming, name),
                volume.and_then(|v| v.size.as_ref()),
                options.storage_class.clone(),
            ));
        } else {
            let size_limit = volume.and_then(|volume| volume.size.as_ref().map(quantity));
            volumes.push(Volume {
                name: local_name(naming, name).to_owned(),
                ..pod_volume(storage, size_limit)
            });
        }
    }
    (volumes, claims)
}

/// A volume of the pod, which is not a claim template.
fn pod_volume(storage: Option<&Storage>, size_limit: Option<String>) -> Volume {
    let mut volume = Volume::default();
    match storage {
        Some(Storage::Host(path)) => {
            volume.host_path = Some(HostPath { path: path.clone() });
        }
        Some(Storage::Existing(name) | Storage::Written(name)) => {
            let claim_name = name.clone();
            volume.persistent_volume_claim = Some(ExistingClaim { claim_name });
        }
        Some(Storage::Memory) => {
            let medium = Some("Memory");
            volume.empty_dir = Some(EmptyDir { medium, size_limit });
        }
        Some(Storage::Managed | Storage::Ephemeral) | None => {
            let medium = None;
            volume.empty_dir = Some(EmptyDir { medium, size_limit });
        }
    }
    volume
}

fn claim(name: &str, size: Option<&Quantity>, storage_class_name: Option<String>) -> ClaimTemplate {
    let size = size.map_or_else(|| CLAIM_SIZE.to_owned(), quantity);
    ClaimTemplate {
        metadata: Metadata {
            name: name.to_owned(),
            ..Metadata::default()
        },
        spec: ClaimSpec {
            access_modes: vec!["ReadWriteOnce"],
            resources: ClaimResources {
                requests: Map::from_iter([("storage".to_owned(), size)]),
            },
            storage_class_name,
        },
    }
}

/// The name of a volume within its pod.
pub(super) fn local_name<'a>(naming: &'a Naming, name: &'a str) -> &'a str {
    let volume = naming.app.volumes.get(name);
    volume
        .and_then(|volume| volume.local_name.as_deref())
        .unwrap_or(name)
}

pub(super) fn mounts(naming: &Naming, container: &Container) -> Vec<VolumeMount> {
    let mounts = container.mounts.iter();
    mounts
        .map(|(path, mount)| VolumeMount {
            name: local_name(naming, &mount.volume).to_owned(),
            mount_path: path.clone(),
            sub_path: sub_path(mount),
            read_only: mount.read_only.then_some(true),
        })
        .collect()
}

/// The folder inside a volume that is mounted, relative to the volume as Kubernetes requires.
pub(super) fn sub_path(mount: &Mount) -> Option<String> {
    let path = mount.path.as_deref()?.trim_start_matches('/');
    Some(path.to_owned()).filter(|path| !path.is_empty())
}
