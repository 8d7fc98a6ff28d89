//! The objects of the platform that resources name. Those with the secrets of a resource belong to it, on every
//! target; a target also knows the other objects that it generates.

use std::collections::BTreeMap;

use super::Lowering;
use crate::graph::Resource;
use crate::ir::{ExistingKind, ExistingObject, Holder, Storage};
use crate::resolve::functions::name_of;

impl<'a> Lowering<'a> {
    /// Records the existing objects that resources name. Reports those that belong to other resources.
    pub(super) fn existing(&mut self) {
        let mut all = Vec::new();
        for (uid, provisioned) in self.resolved {
            for (holder, name) in &provisioned.references.objects {
                all.push(self.existing_object(ExistingKind::Holder(*holder), name, uid));
            }
        }
        for volume in self.app.volumes.values() {
            if let Storage::Existing(name) = &volume.storage {
                all.push(self.existing_object(ExistingKind::Volume, name, &volume.resource));
            }
        }
        let owners = self.owners_of(&all);
        for object in &all {
            if let Some(owner) = owners.get(&(object.kind, &object.name))
                && !object.owners.contains(&owner.uid)
            {
                let described = format!("the resource `{}`", owner.uid);
                let found = object.of_another(&self.app, &described, Some(owner.span));
                self.diagnostics.push(found);
            }
        }
        self.app.existing = all;
    }

    fn existing_object(&self, kind: ExistingKind, name: &str, uid: &str) -> ExistingObject {
        ExistingObject {
            kind,
            name: name.to_owned(),
            resource: uid.to_owned(),
            owners: self.needs.get(uid).cloned().unwrap_or_default(),
        }
    }

    /// The resources to which objects belong. An object that an operator creates for a resource is named after it, and
    /// its provisioner refers to it.
    fn owners_of<'o>(
        &self,
        all: &'o [ExistingObject],
    ) -> BTreeMap<(ExistingKind, &'o str), &'a Resource> {
        let secrets = self.resolved.iter().filter_map(|(uid, provisioned)| {
            let object = provisioned.references.secrets.as_deref()?;
            Some((object, self.project.resources.get(uid)?))
        });
        let secrets: BTreeMap<&str, &Resource> = secrets.collect();
        let mut owners = BTreeMap::new();
        for object in all {
            let holds_secrets = object.kind == ExistingKind::Holder(Holder::Secret);
            let mut names = in_releases(&object.name);
            let of_secrets = names.find_map(|name| secrets.get(name)).copied();
            let named = self.project.resources.get(&object.resource);
            let named = named.filter(|it| is_named_after(&object.name, &name_of(it, "")));
            if let Some(owner) = of_secrets.filter(|_| holds_secrets).or(named) {
                owners.insert((object.kind, object.name.as_str()), owner);
            }
        }
        owners
    }
}

/// The name of an object, and the names that it has without the name of a release before it.
fn in_releases(name: &str) -> impl Iterator<Item = &str> {
    let rests = name.match_indices('-').map(|(at, _)| &name[at + 1..]);
    std::iter::once(name).chain(rests)
}

/// Whether the name of an object is that of a resource, or begins with it.
fn is_named_after(object: &str, resource: &str) -> bool {
    let rest = object.strip_prefix(resource);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
