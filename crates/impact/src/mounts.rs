//! Claims and volumes that containers see at other paths than before, or not any more.

use std::collections::{BTreeMap, BTreeSet};

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

/// Whether two containers have the same part of the same claim, maybe at another path.
pub(crate) fn share_data(old: &[Mount], new: &[Mount]) -> bool {
    let known: BTreeSet<_> = old.iter().map(Mount::data).collect();
    new.iter().any(|mount| known.contains(&mount.data()))
}

/// Mounts, for lookups. Of several that are alike, the first one is found.
struct Index<'m> {
    by_path: BTreeMap<&'m str, &'m Mount>,
    by_data: BTreeMap<(&'m str, &'m str), &'m Mount>,
    all: BTreeSet<(&'m str, &'m str, &'m str)>,
}

impl<'m> Index<'m> {
    fn of(mounts: &'m [Mount]) -> Self {
        let reversed = || mounts.iter().rev();
        Self {
            by_path: reversed().map(|it| (it.path.as_str(), it)).collect(),
            by_data: reversed().map(|it| (it.data(), it)).collect(),
            all: reversed()
                .map(|it| (it.path.as_str(), it.claim.as_str(), it.part.as_str()))
                .collect(),
        }
    }
}

impl Mount {
    fn data(&self) -> (&str, &str) {
        (&self.claim, &self.part)
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
        if let Some(reason) = changed(&old, &Index::of(&new), &now) {
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
    let (before, after) = (Claims::of(before), Claims::of(after));
    // That the pod does not use a claim any more is reported once, and not for each container.
    let kept: BTreeSet<&str> = after.0.values().copied().collect();
    let all = new.containers();
    let all: Vec<Mount> = all.iter().flat_map(|it| after.mounts(it)).collect();
    let all = Index::of(&all);
    for (old, container) in paired(Some(old), new) {
        let Some(old) = old else { continue };
        let mut known = before.mounts(&old);
        known.retain(|mount| kept.contains(now(&mount.claim).as_str()));
        let (reason, place) = if let Some(container) = container {
            let mounts = after.mounts(&container);
            (changed(&known, &Index::of(&mounts), &now), container)
        } else {
            // Another container can have taken over the work.
            (changed(&known, &all, &now), old)
        };
        if let Some(reason) = reason {
            let reason = format!("container {}: {reason}", quoted(place.name));
            let place = new.container_path(&place, &["volumeMounts"]);
            found.raise(Class::DataLoss, place, &reason);
        }
    }
}

/// The mounts that are not the same any more, as a clause. `now` has the new names of claims.
fn changed(old: &[Mount], new: &Index<'_>, now: &dyn Fn(&str) -> String) -> Option<String> {
    let clauses = old.iter().filter_map(|old| {
        let claim = now(&old.claim);
        let data = (claim.as_str(), old.part.as_str());
        let (path, shown) = (quoted(&old.path), quoted(&old.claim));
        if new.all.contains(&(old.path.as_str(), data.0, data.1)) {
            return None;
        }
        let successor = new.by_path.get(old.path.as_str());
        Some(match (successor, new.by_data.get(&data)) {
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

/// The claims of a pod and its claim templates, by the name of the volume.
pub(crate) struct Claims<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Claims<'a> {
    pub(crate) fn of(object: &'a Object) -> Self {
        let templates = templates(object).iter();
        let names = templates.filter_map(|it| plain(it, &["metadata", "name"]));
        let mut claims: BTreeMap<&str, &str> = names.map(|name| (name, name)).collect();
        let volumes = Pod::of(object).map(Pod::claims).unwrap_or_default();
        claims.extend(volumes.into_iter().rev());
        Self(claims)
    }

    /// The mounts of the claims in a container, block devices included.
    pub(crate) fn mounts(&self, container: &Container<'_>) -> Vec<Mount> {
        let claim = |mount| Some((*self.0.get(plain(mount, &["name"])?)?).to_owned());
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
