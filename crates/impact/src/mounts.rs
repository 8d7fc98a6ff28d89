//! Claims and volumes that containers see at other paths than before, or not any more.

use score_compiler::ir::Tree;

use crate::claims::templates;
use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::pairs::Pairs;
use crate::pods::{Container, Pod, paired};
use crate::show::quoted;
use crate::tree::{Document, items, path, plain};

/// A part of a claim or volume at a path of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// The path in the container, without a slash at the end.
    path: String,
    /// The name of the claim, of the claim template or of the volume of Compose.
    claim: String,
    /// The part of it: empty for the whole.
    part: String,
}

impl Mount {
    /// Whether it is the same part of the same claim, maybe at another path.
    pub(crate) fn has_same_data(&self, other: &Self) -> bool {
        self.claim == other.claim && self.part == other.part
    }
}

/// Adds the losses by mounts that have changed.
pub(crate) fn losses(
    (before, after): (&Object, &Object),
    pairs: &Pairs<'_, '_>,
    found: &mut Found,
) {
    if after.id.is("", "service") {
        let (old, new) = (of_service(before), of_service(after));
        let now = |volume: &str| pairs.name(("", "volume"), None, volume).to_owned();
        if let Some(reason) = changed(&old, &new, &now) {
            found.raise(Class::DataLoss, path(&["volumes"]), &reason);
        }
        return;
    }
    let (Some(old), Some(new)) = (Pod::of(before), Pod::of(after)) else {
        return;
    };
    let namespace = before.id.namespace.as_deref();
    let now = |claim: &str| {
        let kind = ("", "PersistentVolumeClaim");
        pairs.name(kind, namespace, claim).to_owned()
    };
    let kept = claims(after);
    // That the pod does not use a claim any more is reported once, and not for each container.
    let is_kept = |mount: &Mount| kept.iter().any(|(_, claim)| *claim == now(&mount.claim));
    for (old, container) in paired(Some(old), new) {
        let Some(old) = old else { continue };
        let mut known = of_container(before, &old);
        known.retain(is_kept);
        let (mounts, place) = if let Some(container) = &container {
            (of_container(after, container), container)
        } else {
            // Another container can have taken over the work.
            let all = new.containers();
            let mounts = all.iter().flat_map(|it| of_container(after, it));
            (mounts.collect(), &old)
        };
        if let Some(reason) = changed(&known, &mounts, &now) {
            let reason = format!("container {}: {reason}", quoted(place.name));
            let place = new.container_path(place, &["volumeMounts"]);
            found.raise(Class::DataLoss, place, &reason);
        }
    }
}

/// The mounts that are not the same any more, as a clause. `now` has the new names of claims.
fn changed(old: &[Mount], new: &[Mount], now: &dyn Fn(&str) -> String) -> Option<String> {
    let clauses = old.iter().filter_map(|old| {
        let claim = now(&old.claim);
        let is_same = |it: &&Mount| it.claim == claim && it.part == old.part;
        let (path, shown) = (quoted(&old.path), quoted(&old.claim));
        if new.iter().any(|it| is_same(&it) && it.path == old.path) {
            return None;
        }
        let successor = new.iter().find(|it| it.path == old.path);
        Some(match (successor, new.iter().find(is_same)) {
            (Some(new), _) if new.claim == claim => {
                format!("{path} has another folder of {shown}, without its data")
            }
            (Some(new), _) => {
                let new = quoted(&new.claim);
                format!("{path} has {new} in place of {shown}, without its data")
            }
            (None, Some(new)) => {
                let new = quoted(&new.path);
                format!("{shown} is at {new}, and {path} has no data")
            }
            (None, None) => format!("{path} is without the data of {shown}"),
        })
    });
    let clauses: Vec<String> = clauses.collect();
    (!clauses.is_empty()).then(|| clauses.join("; "))
}

/// The volumes of a pod with the names of their claims, and its claim templates.
fn claims(object: &Object) -> Vec<(&str, &str)> {
    let mut claims = Pod::of(object).map(Pod::claims).unwrap_or_default();
    let templates = templates(object).iter();
    let names = templates.filter_map(|it| plain(it, &["metadata", "name"]));
    claims.extend(names.map(|name| (name, name)));
    claims
}

/// The mounts of the claims of a pod in a container, block devices included.
pub(crate) fn of_container(object: &Object, container: &Container<'_>) -> Vec<Mount> {
    let claims = claims(object);
    let claim = |mount| {
        let name = plain(mount, &["name"])?;
        let found = claims.iter().find(|(volume, _)| *volume == name);
        found.map(|(_, claim)| (*claim).to_owned())
    };
    let part = |mount| {
        let part = plain(mount, &["subPath"]).or(plain(mount, &["subPathExpr"]));
        part.unwrap_or_default().trim_matches('/').to_owned()
    };
    let mounts = items(container.tree, &["volumeMounts"]).iter();
    let mounts = mounts.map(|mount| (mount, "mountPath"));
    let devices = items(container.tree, &["volumeDevices"]).iter();
    let all = mounts.chain(devices.map(|device| (device, "devicePath")));
    let mounts = all.filter_map(|(mount, field)| {
        Some(Mount {
            path: trimmed(plain(mount, &[field])?),
            claim: claim(mount)?,
            part: part(mount),
        })
    });
    mounts.collect()
}

/// The mounts of volumes in a Compose service; no files or folders of the host.
pub(crate) fn of_service(service: &Object) -> Vec<Mount> {
    let mounts = items(&service.tree, &["volumes"]).iter();
    mounts.filter_map(of_compose).collect()
}

fn of_compose(mount: &Document) -> Option<Mount> {
    if let Tree::Map(_) = mount {
        let is_volume = plain(mount, &["type"]) == Some("volume");
        let source = plain(mount, &["source"]).filter(|_| is_volume)?;
        let part = plain(mount, &["volume", "subpath"]).unwrap_or_default();
        return Some(Mount {
            path: trimmed(plain(mount, &["target"])?),
            claim: source.to_owned(),
            part: part.trim_matches('/').to_owned(),
        });
    }
    let mut parts = plain(mount, &[])?.split(':');
    let (source, target) = (parts.next()?, parts.next()?);
    let is_path = source.starts_with(['.', '/', '~', '$']);
    (!is_path).then(|| Mount {
        path: trimmed(target),
        claim: source.to_owned(),
        part: String::new(),
    })
}

fn trimmed(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}
