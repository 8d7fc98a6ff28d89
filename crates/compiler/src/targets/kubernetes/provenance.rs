//! What an object is there for. Not: what it is.

use std::fmt;

use crate::ir::{App, Component, Origin, Route};

/// What an object is there for, and with what it comes and goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Owner {
    /// The workload that alone has it; nothing for what workloads share.
    pub(crate) workload: Option<String>,
    /// The uid of the resource that needs it.
    pub(crate) resource: Option<String>,
    /// The component that it is a part of.
    pub(crate) component: Option<String>,
    /// The route that it is.
    pub(crate) route: Option<String>,
}

impl Owner {
    /// A part of a component.
    pub(super) fn component(component: &Component) -> Self {
        let name = Some(component.name.clone());
        let (workload, resource) = match &component.origin {
            Origin::Workload(_) => (name.clone(), None),
            Origin::Resource { uid, workload } => (workload.clone(), Some(uid.clone())),
        };
        Self {
            workload,
            resource,
            component: name,
            route: None,
        }
    }

    /// What a resource needs beside components.
    pub(super) fn resource(app: &App, uid: &str) -> Self {
        Self {
            workload: app.owners.get(uid).cloned(),
            resource: Some(uid.to_owned()),
            ..Self::default()
        }
    }

    /// A route.
    pub(super) fn route(route: &Route) -> Self {
        Self {
            workload: Some(route.workload.clone()),
            resource: Some(route.resource.clone()),
            component: None,
            route: Some(route.name.clone()),
        }
    }
}

/// As messages say it.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.resource, &self.workload) {
            (Some(uid), _) => write!(f, "resource `{uid}`"),
            (None, Some(workload)) => write!(f, "workload `{workload}`"),
            (None, None) => f.write_str("the project"),
        }
    }
}
