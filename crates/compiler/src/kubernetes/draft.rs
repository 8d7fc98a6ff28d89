//! An application as objects that nothing has been put into yet, and what else they could be: what a
//! target needs that leaves parts of them open. Not: how it does that.

use std::collections::BTreeMap;

use score_spec::Diagnostic;

use super::cluster::{Cluster, Controller};
use super::objects::Object;
use super::options::{Profile, RouteKind};
use super::policies::autoscaler_object;
use super::security::{Security, profile};
use super::wishes::{Autoscaling, Wishes};
use super::{asked, open_objects, route};
use crate::tree::ToTree;
use crate::{App, Component, Origin, RenderOptions, Route, Tree};

/// The autoscaling of a workload that asks for none, once somebody else does.
const AUTOSCALING: Autoscaling = Autoscaling {
    min: 1,
    max: 3,
    cpu: 80,
};

/// What the objects of an application can be.
pub(crate) struct Draft<'a> {
    cluster: Cluster<'a>,
    /// What components ask for, by their names.
    wishes: BTreeMap<&'a str, Wishes>,
}

/// The security contexts of a profile.
pub(crate) struct Contexts {
    /// The profile.
    pub(crate) profile: Profile,
    /// That of a pod.
    pub(crate) pod: Option<Tree>,
    /// That of each container.
    pub(crate) container: Option<Tree>,
}

impl<'a> Draft<'a> {
    /// Makes the objects of an application, in the order in which they are written.
    pub(crate) fn new(
        app: &'a App,
        options: &'a RenderOptions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Self, Vec<Object>) {
        let mut cluster = Cluster::new(app, options);
        cluster.keeps_secrets = true;
        let wishes = asked(&cluster, diagnostics);
        let objects = open_objects(&cluster, &wishes, diagnostics);
        (Self { cluster, wishes }, objects)
    }

    /// The application.
    pub(crate) fn app(&self) -> &'a App {
        self.cluster.app
    }

    /// What else there is to know.
    pub(crate) fn options(&self) -> &'a RenderOptions {
        self.cluster.options
    }

    /// The name of the service of the component with this name.
    pub(crate) fn service<'b>(&'b self, component: &'b str) -> &'b str {
        self.cluster.service(component)
    }

    /// The number under which others reach a named port of a component.
    pub(crate) fn port(&self, component: &str, port: &str) -> Option<u16> {
        self.cluster.port(component, port)
    }

    /// The profile of a component.
    pub(crate) fn profile(&self, component: &Component) -> Profile {
        profile(&self.cluster, component, self.wishes(component))
    }

    /// The security contexts that a workload can have.
    pub(crate) fn contexts(&self, component: &Component) -> Vec<Contexts> {
        let profiles = Profile::ALL.into_iter();
        profiles
            .map(|(_, profile)| {
                let wishes = Wishes {
                    profile: Some(profile),
                    ..self.wishes(component).clone()
                };
                let security = Security::of(&self.cluster, component, &wishes, &mut Vec::new());
                Contexts {
                    profile,
                    pod: security.pod().map(ToTree::to_tree),
                    container: security.container().map(ToTree::to_tree),
                }
            })
            .collect()
    }

    /// The autoscaler that a workload has or could have, if its controller can have one.
    pub(crate) fn autoscaler(&self, component: &Component) -> Option<Object> {
        let controller = self.cluster.controller(component);
        let scales = matches!(controller, Controller::Deployment | Controller::StatefulSet);
        (scales && matches!(component.origin, Origin::Workload(_))).then(|| {
            let asked = self.wishes(component).autoscaling;
            autoscaler_object(&self.cluster, component, asked.unwrap_or(AUTOSCALING))
        })
    }

    /// Whether a workload asks for autoscaling.
    pub(crate) fn is_autoscaled(&self, component: &Component) -> bool {
        self.wishes(component).autoscaling.is_some()
    }

    /// A route as an object of this kind.
    pub(crate) fn route(&self, route: &Route, kind: RouteKind) -> Object {
        let wishes = self.wishes.get(route.workload.as_str());
        route::object_of(&self.cluster, route, wishes, kind, &mut Vec::new())
    }

    fn wishes(&self, component: &Component) -> &Wishes {
        &self.wishes[component.name.as_str()]
    }
}
