//! Objects that are not compared, because they depend on outputs that are not known.

use std::collections::BTreeMap;

use crate::object::Owner;
use crate::rendering::Rendering;

/// The resources and workloads that are not compared, with the resource whose outputs are not known.
#[derive(Default)]
pub(crate) struct Unanswered {
    resources: BTreeMap<String, String>,
    workloads: BTreeMap<String, String>,
}

impl Unanswered {
    pub(crate) fn of(before: &Rendering<'_>, after: &Rendering<'_>) -> Self {
        let mut found = Self::default();
        for rendering in [before, after] {
            for uid in &rendering.unanswered {
                found.add(uid, rendering);
            }
        }
        found
    }

    fn add(&mut self, cause: &str, rendering: &Rendering<'_>) {
        let mut open = vec![cause];
        while let Some(uid) = open.pop() {
            let is_known = self.resources.insert(uid.to_owned(), cause.to_owned());
            if is_known.as_deref() == Some(cause) {
                continue;
            }
            let model = rendering.model.and_then(|model| model.resources.get(uid));
            if let Some(resource) = model {
                open.extend(resource.required_by.iter().map(String::as_str));
                for workload in &resource.needed_by {
                    self.workloads.insert(workload.clone(), cause.to_owned());
                }
            }
        }
    }

    /// The resource whose outputs an object depends on, if they are not known.
    pub(crate) fn cause(&self, owner: &Owner) -> Option<&str> {
        let cause = match (&owner.resource, &owner.workload) {
            (Some(uid), _) => self.resources.get(uid),
            (None, Some(workload)) => self.workloads.get(workload),
            (None, None) => None,
        };
        cause.map(String::as_str)
    }

    /// Whether a resource is not compared.
    pub(crate) fn has(&self, uid: &str) -> bool {
        self.resources.contains_key(uid)
    }
}
