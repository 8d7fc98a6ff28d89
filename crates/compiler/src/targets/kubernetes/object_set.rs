//! The objects of an application in their order, with unresolved references, and the alternatives
//! that a chart can select: profiles, autoscalers, kinds of routes. The targets replace the
//! references.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::{Diagnostic, Map};

use super::check::check;
use super::dedup::{Seen, Unique};
use super::naming::{Controller, Naming};
use super::network::{self, Network, has_policy};
use super::objects::{self, Body, Metadata, Namespace, Object};
use super::options::{Kubernetes, Profile, RouteKind};
use super::policies::{autoscaler_object, budget_object};
use super::provenance::Owner;
use super::raw::PLATFORM;
use super::reference::{Open, OpenText};
use super::secrets::{Secrets, component_texts, secrets};
use super::security::{Security, profile};
use super::waves::Waves;
use super::workload_options::{Autoscaling, WorkloadOptions};
use super::{existing, is_external_secret, patched_objects, raw, route, workload};
use crate::emit::document::ToTree;
use crate::ir::{App, Component, Origin, Parameter, PatchTemplates, Ref, Route, Text, Tree};
use crate::support::parallel;

/// The number of components whose objects are created at a time: enough for all processors, and
/// small compared to the output.
const BATCH: usize = 32;

/// The default autoscaling of a workload without an annotation, for charts whose values enable it.
const AUTOSCALING: Autoscaling = Autoscaling {
    min: 1,
    max: 3,
    cpu: 80,
};

/// The application with everything that its objects are created from.
pub(crate) struct ObjectSet<'a> {
    pub(super) naming: Naming<'a>,
    /// The options from the annotations of workloads, by component name.
    workload_options: BTreeMap<&'a str, WorkloadOptions>,
    network: Network<'a>,
    secrets: Secrets<'a>,
    /// Absent if the objects have none.
    waves: Option<Waves<'a>>,
}

/// An object without its document.
pub(crate) struct Head {
    pub(crate) kind: String,
    /// Whether it is a core `Secret`, or an object from which one with its name is created.
    pub(crate) is_secret: bool,
    pub(crate) name: String,
    /// Whether it is a custom object, for which an operator can create other objects.
    pub(crate) is_custom: bool,
    pub(crate) owner: Owner,
    /// The parameters of provisioners that it uses.
    pub(crate) settings: Vec<Arc<Parameter>>,
}

impl Head {
    /// The head of an object with a document.
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
            is_secret: object.is_secret() || is_external_secret(object),
            name: object.name.clone(),
            owner: object.owner.clone(),
            settings,
        }
    }

    /// The head of an object that the target itself creates.
    fn new(kind: &str, name: String, owner: Owner) -> Self {
        Self {
            kind: kind.to_owned(),
            is_secret: kind == objects::Secret::KIND,
            name,
            is_custom: false,
            owner,
            settings: Vec::new(),
        }
    }
}

/// The objects of an application in batches: there can be too many to keep all documents in memory.
pub(crate) struct Batches<'d> {
    object_set: &'d ObjectSet<'d>,
    /// The namespace, the objects of provisioners, and secrets that belong to no component; all objects if they are
    /// complete.
    shared: Vec<Object>,
    unique: Unique,
    /// Whether these are all objects of the application.
    is_complete: bool,
}

impl Batches<'_> {
    /// The heads of all objects. Except for those of the first batch, no documents are built for
    /// them.
    pub(crate) fn heads(&self) -> Vec<Head> {
        let object_set = self.object_set;
        let naming = &object_set.naming;
        let mut heads: Vec<Head> = self.shared.iter().map(Head::of).collect();
        if self.is_complete {
            return heads;
        }
        for component in sorted(naming.app) {
            heads.extend(
                object_set
                    .secrets(&component.name)
                    .map(|object| Head::of(&object)),
            );
            let owner = Owner::component(component);
            let names = workload::names(naming, component, object_set.workload_options(component));
            let mut own = names
                .into_iter()
                .map(|(kind, name)| Head::new(kind, name, owner.clone()));
            if let Some(mut first) = own.next() {
                first.settings = parameters(naming.app, component);
                heads.push(first);
            }
            heads.extend(own);
        }
        for route in &naming.app.routes {
            let workload_options = object_set.workload_options.get(route.workload.as_str());
            let kind = match route::kind(naming, workload_options) {
                RouteKind::HttpRoute => objects::HTTPRoute::KIND,
                RouteKind::Ingress => objects::Ingress::KIND,
            };
            heads.push(Head::new(kind, route.name.clone(), Owner::route(route)));
        }
        heads
    }

    /// Iterates over the objects: the namespace, the objects of resources, of workloads, and
    /// routes, each sorted by name. Services and ports in strings are still references. `each`
    /// converts an object, on all processors, and `batch` receives the results in this order, in
    /// batches. The objects of a component are in the same batch. Duplicates are skipped.
    pub(crate) fn each<T: Send>(
        self,
        diagnostics: &mut Vec<Diagnostic>,
        each: &(dyn Fn(Object) -> T + Sync),
        batch: &mut dyn FnMut(Vec<T>),
    ) {
        let object_set = self.object_set;
        let each = |object: Object| each(object_set.finished(object));
        self.each_unfinished(diagnostics, &each, batch);
    }

    /// Iterates over the objects like [`Self::each`], but before they are finished.
    fn each_unfinished<T: Send>(
        self,
        diagnostics: &mut Vec<Diagnostic>,
        each: &(dyn Fn(Object) -> T + Sync),
        batch: &mut dyn FnMut(Vec<T>),
    ) {
        let Self {
            object_set,
            shared,
            mut unique,
            is_complete,
        } = self;
        let naming = &object_set.naming;
        batch(shared.into_iter().map(each).collect());
        if is_complete {
            return;
        }
        let has_store = naming.options.secret_store().is_some();
        let each = |object: Object| (Seen::of(&object, has_store), each(object));
        for components in sorted(naming.app).chunks(BATCH) {
            let made = parallel::map(parallel::ENOUGH, components, |component| {
                let (workload_options, mut found) =
                    (object_set.workload_options(component), Vec::new());
                let own = workload::objects(
                    naming,
                    &object_set.network,
                    component,
                    workload_options,
                    &mut found,
                );
                let objects = object_set.secrets(&component.name).chain(own);
                (objects.map(each).collect(), found)
            });
            let made = together(made, diagnostics);
            batch(unique.new_ones(made, diagnostics));
        }
        for routes in naming.app.routes.chunks(BATCH) {
            let made = parallel::map(parallel::ENOUGH, routes, |route| {
                let (workload_options, mut found) = (
                    object_set.workload_options.get(route.workload.as_str()),
                    Vec::new(),
                );
                let object = route::object(naming, route, workload_options, &mut found);
                (vec![each(object)], found)
            });
            let made = together(made, diagnostics);
            batch(unique.new_ones(made, diagnostics));
        }
    }
}

/// The parameters of provisioners that the objects of a component use.
fn parameters(app: &App, component: &Component) -> Vec<Arc<Parameter>> {
    let mut parameters = Vec::new();
    let mut add = |text: &Text| {
        parameters.extend(text.references().filter_map(|reference| match reference {
            Ref::Parameter(parameter) => Some(Arc::clone(parameter)),
            _ => None,
        }));
    };
    component_texts(component, &mut add);
    for raw in app.patches(component, PLATFORM) {
        raw.tree.each_text(&mut add);
    }
    parameters
}

/// The security contexts of a profile.
pub(crate) struct Contexts<R> {
    pub(crate) profile: Profile,
    /// The security context of the pod.
    pub(crate) pod: Option<Tree<R>>,
    /// The security context of each container.
    pub(crate) container: Option<Tree<R>>,
}

impl<'a> ObjectSet<'a> {
    /// Analyses an application and reports everything that Kubernetes does not support.
    pub(super) fn new(naming: Naming<'a>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        check(&naming, diagnostics);
        let components: Vec<&Component> = naming.app.components.values().collect();
        let read = parallel::map(parallel::ENOUGH, &components, |component| {
            let (controller, mut found) = (naming.controller(component), Vec::new());
            let workload_options = WorkloadOptions::read(component, controller, &mut found);
            network::check(&naming, component, &workload_options, &mut found);
            (component.name.as_str(), workload_options, found)
        });
        let mut workload_options = BTreeMap::new();
        for (name, read, found) in read {
            workload_options.insert(name, read);
            diagnostics.extend(found);
        }
        let secrets = secrets(&naming, diagnostics);
        route::check(&naming, &workload_options, diagnostics);
        existing::check(&naming, &secrets, &workload_options, diagnostics);
        Self {
            workload_options,
            network: Network::of(naming.app),
            secrets,
            waves: naming
                .options
                .waves
                .unwrap_or_default()
                .then(|| Waves::of(&naming)),
            naming,
        }
    }

    /// Analyses an application whose secrets are stored only in the cluster. The variables are
    /// defaults of the environment variables that remain references.
    pub(crate) fn keeping_secrets(
        app: &'a App,
        options: &'a Kubernetes,
        variables: &'a BTreeMap<String, String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut naming = Naming::new(app, options);
        naming.keeps_secrets = true;
        naming.variables = Some(variables);
        Self::new(naming, diagnostics)
    }

    /// The objects of the application. Reports the problems of objects that belong to no component.
    pub(crate) fn batches(&self, diagnostics: &mut Vec<Diagnostic>) -> Batches<'_> {
        let mut shared: Vec<Object> = self.namespace().into_iter().collect();
        shared.extend(self.secrets(""));
        shared.extend(raw::objects(&self.naming, diagnostics));
        let has_store = self.naming.options.secret_store().is_some();
        let mut unique = Unique::default();
        let seen = shared
            .into_iter()
            .map(|object| (Seen::of(&object, has_store), object));
        let shared = unique.new_ones(seen.collect(), diagnostics);
        let batches = Batches {
            object_set: self,
            shared,
            unique,
            is_complete: false,
        };
        match &self.naming.app.patch_templates {
            Some(templates) => self.patched(batches, templates, diagnostics),
            None => batches,
        }
    }

    /// All objects after the patch templates, as one batch. The templates change objects that are not finished.
    fn patched<'b>(
        &'b self,
        batches: Batches<'b>,
        templates: &PatchTemplates,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Batches<'b> {
        let mut objects = Vec::new();
        batches.each_unfinished(diagnostics, &|object| object, &mut |batch| {
            objects.extend(batch);
        });
        let has_store = self.naming.options.secret_store().is_some();
        let objects = patched_objects::patched(&self.naming, templates, objects, diagnostics);
        let seen = objects
            .into_iter()
            .map(|object| (Seen::of(&object, has_store), object));
        let mut unique = Unique::default();
        Batches {
            object_set: self,
            shared: unique.new_ones(seen.collect(), diagnostics),
            unique,
            is_complete: true,
        }
    }

    /// The object as it is written: with its wave, and in place of an external secret the object from which it is
    /// created.
    fn finished(&self, object: Object) -> Object {
        let object = match self.naming.options.secret_store() {
            Some(store) => store.applied(object),
            None => object,
        };
        match &self.waves {
            Some(waves) => waves.applied(object),
            None => object,
        }
    }

    /// The objects for secrets that are written before the objects of a component; with an empty
    /// name, those that belong to none.
    fn secrets(&self, component: &str) -> impl Iterator<Item = Object> {
        let homes = self.secrets.get(component).into_iter().flatten();
        homes.map(|home| home.object(&self.naming))
    }

    /// The namespace, if it should be generated. It admits pods of the least restrictive profile in
    /// use.
    fn namespace(&self) -> Option<Object> {
        let options = self.naming.options;
        let name = options.namespace.as_ref();
        name.filter(|_| options.generate_namespace).map(|name| {
            let components = self.naming.app.components.values();
            let profiles = components.map(|component| self.profile(component));
            let enforced = match profiles.min() {
                Some(Profile::None) => "privileged",
                Some(Profile::Baseline) => "baseline",
                Some(Profile::Restricted) | None => "restricted",
            };
            let mut labels = self.naming.common_labels();
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

    pub(crate) fn app(&self) -> &'a App {
        self.naming.app
    }

    /// The labels of all objects.
    pub(crate) fn common_labels(&self) -> Map<String> {
        self.naming.common_labels()
    }

    /// The name of the Service of the component with this name.
    pub(crate) fn service<'b>(&'b self, component: &'b str) -> &'b str {
        self.naming.service(component)
    }

    /// The number of a named port in the Service of a component.
    pub(crate) fn port(&self, component: &str, port: &str) -> Option<u16> {
        self.naming.port(component, port)
    }

    pub(crate) fn profile(&self, component: &Component) -> Profile {
        profile(&self.naming, component, self.workload_options(component))
    }

    /// Whether a network policy restricts access to a component.
    pub(crate) fn has_policy(&self, component: &Component) -> bool {
        has_policy(&self.naming, component, self.workload_options(component))
    }

    /// The security contexts of a workload in each profile.
    pub(crate) fn contexts<R>(&self, component: &Component) -> Vec<Contexts<R>> {
        let profiles = Profile::ALL.into_iter();
        profiles
            .map(|(_, profile)| {
                let workload_options = WorkloadOptions {
                    profile: Some(profile),
                    ..self.workload_options(component).clone()
                };
                let security =
                    Security::of(&self.naming, component, &workload_options, &mut Vec::new());
                Contexts {
                    profile,
                    pod: security.pod().map(ToTree::to_tree),
                    container: security.container().map(ToTree::to_tree),
                }
            })
            .collect()
    }

    /// The autoscaler that a workload has or could have, if its controller supports one.
    pub(crate) fn autoscaler(&self, component: &Component) -> Option<Object> {
        self.is_scalable(component).then(|| {
            let asked = self.workload_options(component).autoscaling;
            self.finished(autoscaler_object(
                &self.naming,
                component,
                asked.unwrap_or(AUTOSCALING),
            ))
        })
    }

    /// The disruption budget that a workload has or could have, if its controller supports one. If
    /// the workload requests none, it has no limits.
    pub(crate) fn budget(&self, component: &Component) -> Option<Object> {
        self.is_scalable(component).then(|| {
            let asked = self.workload_options(component).budget.as_ref();
            self.finished(budget_object(&self.naming, component, asked))
        })
    }

    /// Whether a component is a workload whose number of pods can vary.
    fn is_scalable(&self, component: &Component) -> bool {
        let controller = self.naming.controller(component);
        let scales = matches!(controller, Controller::Deployment | Controller::StatefulSet);
        scales && matches!(component.origin, Origin::Workload(_))
    }

    /// Whether a workload requests autoscaling.
    pub(crate) fn is_autoscaled(&self, component: &Component) -> bool {
        self.workload_options(component).autoscaling.is_some()
    }

    /// A route as an object of this kind.
    pub(crate) fn route(&self, route: &Route, kind: RouteKind) -> Object {
        let workload_options = self.workload_options.get(route.workload.as_str());
        let object = route::object_of(&self.naming, route, workload_options, kind, &mut Vec::new());
        self.finished(object)
    }

    fn workload_options(&self, component: &Component) -> &WorkloadOptions {
        &self.workload_options[component.name.as_str()]
    }
}

/// The components; those of resources come first.
fn sorted(app: &App) -> Vec<&Component> {
    let mut components: Vec<&Component> = app.components.values().collect();
    components.sort_by_key(|component| {
        let is_workload = matches!(component.origin, Origin::Workload(_));
        (is_workload, &component.name)
    });
    components
}

/// Joins the results, and collects the diagnostics.
fn together<T>(made: Vec<(Vec<T>, Vec<Diagnostic>)>, diagnostics: &mut Vec<Diagnostic>) -> Vec<T> {
    let mut all = Vec::new();
    for (made, found) in made {
        all.extend(made);
        diagnostics.extend(found);
    }
    all
}
