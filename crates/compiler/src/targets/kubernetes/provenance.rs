//! The part of an application that an object belongs to.

use std::fmt;

use score_spec::Span;

use crate::ir::{App, Component, Raw, Route};

/// The part of an application that an object belongs to, and with which it is added and removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Owner {
    /// The workload that it belongs to; `None` if it is shared.
    pub(crate) workload: Option<String>,
    /// The uid of the resource that needs it.
    pub(crate) resource: Option<String>,
    /// The component that it is a part of.
    pub(crate) component: Option<String>,
    /// The route that it represents.
    pub(crate) route: Option<String>,
    /// The location of its name in a provisioner.
    pub(crate) place: Option<Span>,
}

impl Owner {
    /// The owner of objects of a component.
    pub(super) fn component(component: &Component) -> Self {
        let (workload, resource) = component.belongs_to();
        Self {
            workload: workload.map(str::to_owned),
            resource: resource.map(str::to_owned),
            component: Some(component.name.clone()),
            ..Self::default()
        }
    }

    /// The owner of objects of a resource that belong to no component.
    pub(super) fn resource(app: &App, uid: &str) -> Self {
        Self {
            workload: app.owners.get(uid).cloned(),
            resource: Some(uid.to_owned()),
            ..Self::default()
        }
    }

    /// The owner of an object in the syntax of Kubernetes.
    pub(super) fn raw(app: &App, raw: &Raw) -> Self {
        let owner = Self::resource(app, &raw.resource);
        Self {
            workload: raw.workload.clone().or(owner.workload),
            place: Some(raw.place(&["metadata", "name"])),
            ..owner
        }
    }

    /// The owner of the object of a route.
    pub(super) fn route(route: &Route) -> Self {
        Self {
            workload: Some(route.workload.clone()),
            resource: Some(route.resource.clone()),
            route: Some(route.name.clone()),
            ..Self::default()
        }
    }
}

/// The owner as in messages.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.resource, &self.workload) {
            (Some(uid), _) => write!(f, "resource `{uid}`"),
            (None, Some(workload)) => write!(f, "workload `{workload}`"),
            (None, None) => f.write_str("the project"),
        }
    }
}
