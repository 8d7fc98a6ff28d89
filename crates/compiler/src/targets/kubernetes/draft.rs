//! An application as objects that nothing has been put into yet, in their order, and what else they could
//! be, which a target needs to know that leaves parts of them open. Not: what is put into them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{Diagnostic, Map};

use super::check::check;
use super::cluster::{Cluster, Controller};
use super::dedup::{Seen, Unique};
use super::network::Network;
use super::objects::{Metadata, Namespace, Object};
use super::options::{Kubernetes, Profile, RouteKind};
use super::policies::autoscaler_object;
use super::provenance::Owner;
use super::reference::{Open, OpenText};
use super::secrets::{Secrets, secrets};
use super::security::{Security, profile};
use super::wishes::{Autoscaling, Wishes};
use super::{raw, route, workload};
use crate::emit::document::ToTree;
use crate::ir::{App, Component, Origin, Parameter, Route, Tree};
use crate::support::parallel;

/// How many components are worked on before their objects are put in their order: enough for all
/// processors, and few beside the text.
const BATCH: usize = 32;

/// The autoscaling of a workload that asks for none, once somebody else does.
const AUTOSCALING: Autoscaling = Autoscaling {
    min: 1,
    max: 3,
    cpu: 80,
};

/// What the objects of an application can be.
pub(crate) struct Draft<'a> {
    pub(super) cluster: Cluster<'a>,
    /// What components ask for, by their names.
    wishes: BTreeMap<&'a str, Wishes>,
    network: Network<'a>,
    secrets: Secrets<'a>,
}

/// Where the objects come from whose heads are known.
pub(crate) enum Bodies {
    /// There are so few that they have been kept.
    Kept(Vec<Object>),
    /// They are made again, but for those at these places, which are there already.
    Again(BTreeSet<usize>),
}

/// An object that there will be. Its document is not here.
pub(crate) struct Head {
    /// Its kind.
    pub(crate) kind: String,
    /// Whether it is a Secret of the cluster.
    pub(crate) is_secret: bool,
    /// Its name.
    pub(crate) name: String,
    /// Whether an operator makes others of it.
    pub(crate) is_custom: bool,
    /// What it is there for.
    pub(crate) owner: Owner,
    /// What it takes of what provisioners let be changed.
    pub(crate) settings: Vec<Arc<Parameter>>,
}

impl Head {
    fn of(object: &Object) -> Self {
        let mut settings = Vec::new();
        object.tree.each_text(&mut |text: &OpenText| {
            settings.extend(text.references().filter_map(|open| match open {
                Open::Parameter(parameter) => Some(Arc::clone(parameter)),
                Open::Secret(_)
                | Open::Env { .. }
                | Open::Host(_)
                | Open::Port { .. }
                | Open::Variable(_) => None,
            }));
        });
        Self {
            is_custom: object.is_custom(),
            kind: object.kind.clone(),
            is_secret: object.is_secret(),
            name: object.name.clone(),
            owner: object.owner.clone(),
            settings,
        }
    }
}

/// The security contexts of a profile.
pub(crate) struct Contexts<R> {
    /// The profile.
    pub(crate) profile: Profile,
    /// That of a pod.
    pub(crate) pod: Option<Tree<R>>,
    /// That of each container.
    pub(crate) container: Option<Tree<R>>,
}

impl<'a> Draft<'a> {
    /// Looks at an application. What the cluster cannot give is reported.
    pub(super) fn new(cluster: Cluster<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        check(&cluster, diagnostics);
        let components: Vec<&Component> = cluster.app.components.values().collect();
        let read = parallel::map(parallel::ENOUGH, &components, |component| {
            let (controller, mut found) = (cluster.controller(component), Vec::new());
            let wishes = Wishes::read(component, controller, &mut found);
            (component.name.as_str(), wishes, found)
        });
        let mut wishes = BTreeMap::new();
        for (name, read, found) in read {
            wishes.insert(name, read);
            diagnostics.extend(found);
        }
        Self {
            wishes,
            network: Network::of(cluster.app),
            secrets: secrets(&cluster, diagnostics),
            cluster,
        }
    }

    /// Looks at an application whose secrets nobody but the cluster remembers.
    pub(crate) fn keeping_secrets(
        app: &'a App,
        options: &'a Kubernetes,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut cluster = Cluster::new(app, options);
        cluster.keeps_secrets = true;
        Self::new(cluster, diagnostics)
    }

    /// Goes through the objects: the namespace, then what resources need, then workloads, then routes;
    /// each sorted by name. Services and ports in texts are still references. `each` turns one into
    /// something, on all processors, and `batch` gets what comes of it in this order, some at a time.
    /// Those of a component come together. An object that is there already is left out.
    pub(super) fn each_batch<T: Send>(
        &self,
        diagnostics: &mut Vec<Diagnostic>,
        each: &(dyn Fn(Object) -> T + Sync),
        batch: &mut dyn FnMut(Vec<T>),
    ) {
        let mut unique = Unique::default();
        let each = |object: Object| (Seen::of(&object), each(object));
        self.every_batch(diagnostics, &each, &mut |made, diagnostics| {
            batch(unique.new_ones(made, diagnostics));
        });
    }

    /// What there will be: there may be too many objects to have all their documents at a time. What is
    /// wrong with them is reported here.
    pub(crate) fn heads(&self, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Head>, Bodies) {
        let (mut all, mut kept, mut unique) = (Vec::new(), Vec::new(), Unique::default());
        let are_few = self.cluster.app.components.len() <= BATCH;
        let each = |object: Object| {
            let (seen, head) = (Seen::of(&object), Head::of(&object));
            (seen, (head, are_few.then_some(object)))
        };
        self.every_batch(diagnostics, &each, &mut |made, diagnostics| {
            for (head, object) in unique.new_ones(made, diagnostics) {
                all.push(head);
                kept.extend(object);
            }
        });
        let bodies = if are_few {
            Bodies::Kept(kept)
        } else {
            Bodies::Again(unique.repeated)
        };
        (all, bodies)
    }

    /// Calls `f` with the objects that have these heads, some at a time.
    pub(crate) fn each_of(&self, bodies: Bodies, f: &mut dyn FnMut(Vec<Object>)) {
        let repeated = match bodies {
            Bodies::Kept(objects) => return f(objects),
            Bodies::Again(repeated) => repeated,
        };
        // What is wrong has been reported with their heads.
        let found = &mut Vec::new();
        let mut count = 0;
        self.every_batch(found, &|object| object, &mut |mut objects, _| {
            objects.retain(|_| {
                count += 1;
                !repeated.contains(&(count - 1))
            });
            f(objects);
        });
    }

    /// The same as `each_batch`, with the objects that are there already.
    fn every_batch<T: Send>(
        &self,
        diagnostics: &mut Vec<Diagnostic>,
        each: &(dyn Fn(Object) -> T + Sync),
        batch: &mut dyn FnMut(Vec<T>, &mut Vec<Diagnostic>),
    ) {
        let cluster = &self.cluster;
        let mut objects: Vec<Object> = self.namespace().into_iter().collect();
        objects.extend(self.secrets(""));
        objects.extend(raw::objects(cluster, diagnostics));
        let made = objects.into_iter().map(each).collect();
        batch(made, diagnostics);
        for components in sorted(cluster.app).chunks(BATCH) {
            let made = parallel::map(parallel::ENOUGH, components, |component| {
                let (wishes, mut found) = (self.wishes(component), Vec::new());
                let own = workload::objects(cluster, &self.network, component, wishes, &mut found);
                let objects = self.secrets(&component.name).chain(own);
                (objects.map(each).collect(), found)
            });
            batch(together(made, diagnostics), diagnostics);
        }
        for routes in cluster.app.routes.chunks(BATCH) {
            let made = parallel::map(parallel::ENOUGH, routes, |route| {
                let (wishes, mut found) = (self.wishes.get(route.workload.as_str()), Vec::new());
                let object = route::object(cluster, route, wishes, &mut found);
                (vec![each(object)], found)
            });
            batch(together(made, diagnostics), diagnostics);
        }
    }

    /// The objects of the secrets that are written before a component, or before none.
    fn secrets(&self, component: &str) -> impl Iterator<Item = Object> {
        let homes = self.secrets.get(component).into_iter().flatten();
        homes.map(|home| home.object(&self.cluster))
    }

    /// The namespace, if it is to be made. It admits pods of the weakest profile that is used.
    fn namespace(&self) -> Option<Object> {
        let options = self.cluster.options;
        let name = options.namespace.as_ref();
        name.filter(|_| options.generate_namespace).map(|name| {
            let components = self.cluster.app.components.values();
            let profiles = components.map(|component| self.profile(component));
            let enforced = match profiles.min() {
                Some(Profile::None) => "privileged",
                Some(Profile::Baseline) => "baseline",
                Some(Profile::Restricted) | None => "restricted",
            };
            let mut labels = self.cluster.common_labels();
            let enforce = "pod-security.kubernetes.io/enforce".to_owned();
            labels.insert(enforce, enforced.to_owned());
            let metadata = Metadata {
                name: name.clone(),
                namespace: None,
                labels,
                annotations: Map::default(),
            };
            Object::new(metadata, Namespace, Owner::default())
        })
    }

    /// The application.
    pub(crate) fn app(&self) -> &'a App {
        self.cluster.app
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
    pub(crate) fn contexts<R>(&self, component: &Component) -> Vec<Contexts<R>> {
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

/// The components, those that resources need first.
fn sorted(app: &App) -> Vec<&Component> {
    let mut components: Vec<&Component> = app.components.values().collect();
    components.sort_by_key(|component| {
        let is_workload = matches!(component.origin, Origin::Workload(_));
        (is_workload, &component.name)
    });
    components
}

/// All that was made, and all that was found.
fn together<T>(made: Vec<(Vec<T>, Vec<Diagnostic>)>, diagnostics: &mut Vec<Diagnostic>) -> Vec<T> {
    let mut all = Vec::new();
    for (made, found) in made {
        all.extend(made);
        diagnostics.extend(found);
    }
    all
}
