//! Both sides of a comparison.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::ProjectKey;
use score_compiler::model::Model;

use crate::object::{Object, ObjectId, Owner, group};

/// The output of a project at one time.
#[derive(Default)]
pub struct Rendering<'a> {
    pub(crate) objects: Vec<Object>,
    pub(crate) model: Option<&'a Model>,
    pub(crate) key: Option<&'a ProjectKey>,
    pub(crate) unanswered: BTreeSet<String>,
    pub(crate) appliers: BTreeMap<ObjectId, ObjectId>,
}

impl<'a> Rendering<'a> {
    /// A rendering with these objects.
    pub fn new(objects: impl IntoIterator<Item = Object>) -> Self {
        Self {
            objects: objects.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds the description of the project, and the owners of objects that name none. Without it, resources are known only as far as objects name them, and
    /// workloads only by their objects.
    #[must_use]
    pub fn with_model(mut self, model: &'a Model) -> Self {
        let key = |group_of: &str, kind: &str, name: &str| {
            (group(group_of).to_owned(), kind.to_owned(), name.to_owned())
        };
        let owners = model.objects.iter().map(|it| {
            let owner = Owner {
                workload: it.workload.clone(),
                resource: it.resource.clone(),
            };
            let key = key(&it.api_version, &it.kind, &it.name);
            ((key, it.namespace.as_deref()), owner)
        });
        let owners: BTreeMap<_, _> = owners.collect();
        for object in self
            .objects
            .iter_mut()
            .filter(|it| it.owner == Owner::default())
        {
            let key = key(&object.api_version, &object.id.kind, &object.id.name);
            if let Some(owner) = owners.get(&(key, object.id.namespace.as_deref())) {
                object.owner = owner.clone();
            }
        }

        self.model = Some(model);
        self
    }

    /// Adds the key from which sealed secrets are derived. Without it, a sealed secret is compared only with another
    /// sealed one: compared with text, its effect is unknown.
    #[must_use]
    pub fn with_key(mut self, key: &'a ProjectKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Adds the objects of Argo CD or Flux that apply others, by the identity of those. They delete what is not a part
    /// of their output any more, so that an object that moves from one to another can be deleted.
    #[must_use]
    pub fn with_appliers(
        mut self,
        appliers: impl IntoIterator<Item = (ObjectId, ObjectId)>,
    ) -> Self {
        self.appliers.extend(appliers);
        self
    }

    /// Adds the uids of resources whose outputs are not known, because a command has not been run. Their objects, and
    /// those of the workloads and resources that need them, are not compared; each is [unknown](crate::Class::Unknown).
    #[must_use]
    pub fn with_unanswered(mut self, uids: impl IntoIterator<Item = String>) -> Self {
        self.unanswered.extend(uids);
        self
    }
}
