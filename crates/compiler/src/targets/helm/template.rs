//! The templates of a chart: each object of the project with its actions, in a separate file.
//! `files` contains the other files.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::action::{self, Action, TemplateText};
use super::availability::DISRUPTION_BUDGET;
use super::chart::add_setting;
use super::common::{self, Common};
use super::component::{ComponentParameters, Part};
use super::edit::{empty, get, map};
use super::go_json::go_json;
use super::references::{Others, References, Uses};
use super::scope::{Project, Scope, access};
use super::values::Values;
use super::{route, test_hook};
use crate::emit::yaml;
use crate::ir::{Component, Origin, Route, Tree};
use crate::targets::kubernetes::{CONTROLLERS, Object, ObjectSet, hex, is_external_secret};

/// The kinds of objects that the pods of a job depend on: the job, and the files of its containers.
const HELD_BY_JOBS: [&str; 3] = ["Job", "ConfigMap", "Secret"];

/// Objects whose templates share values.
pub(super) struct Piece<'a> {
    of: Of<'a>,
    /// The workload that they belong to; `None` if they are shared.
    pub(super) workload: Option<String>,
    objects: Vec<Object>,
}

/// The origin of the objects of a piece.
#[derive(Clone, Copy)]
enum Of<'a> {
    Component(&'a Component),
    Route(&'a Route),
    /// The project as a whole; each object is a piece of its own.
    Project,
}

/// The templates of a piece, with their values and references.
pub(super) struct Made {
    pub(super) values: Values,
    pub(super) uses: Uses,
    pub(super) templates: Vec<Template>,
}

/// The values of a component that its Job does not contain, or that can be changed in its Job.
const NOT_IN_JOBS: [&str; 3] = ["labels", "annotations", "serviceAccount"];

/// The template variable with the values from outside a job that its name is derived from.
const OTHERS: &str = "$others";

/// The annotation that tells Helm to keep an object when its release is uninstalled.
const POLICY: &str = "helm.sh/resource-policy";

/// The length of most templates at most, in bytes.
const USUAL_LENGTH: usize = 1 << 14;

/// A file in `templates`.
pub(super) struct Template {
    /// The object that it installs, without its document.
    pub(super) object: Object<Action>,
    /// Whether the object is part of a test of the chart.
    pub(super) is_test: bool,
    pub(super) text: String,
}

/// The lines around an object in a template.
#[derive(Debug, Default)]
struct Frame<'a> {
    /// The variables at the start of the template, each with an expression for its value.
    variables: Vec<(&'a str, String)>,
    /// The condition under which the object is rendered.
    condition: Option<String>,
}

/// Creates the templates of a piece.
struct Making<'a> {
    references: References<'a>,
    /// The values from outside the component that the name of a job is derived from.
    others: Others,
    /// The labels and annotations of all objects, as far as the last opened object does not set
    /// them itself.
    common: Common,
    values: Values,
    templates: Vec<Template>,
}

/// Groups objects by origin, in the order in which each origin first appears. Either all objects of
/// a component are in `objects`, or none.
pub(super) fn pieces<'a>(project: &Project<'a>, objects: Vec<Object>) -> Vec<Piece<'a>> {
    let components = &project.object_set.app().components;
    let mut pieces: Vec<Piece> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        if !project.makes(object.is_secret()) {
            continue;
        }
        let (component, route) = (&object.owner.component, &object.owner.route);
        let component = component.as_ref().and_then(|name| components.get(name));
        let route = route.as_ref().and_then(|name| project.route(name));
        let (of, place) = match (component, route) {
            (Some(component), _) => {
                let next = pieces.len();
                let place = places.entry(component.name.clone()).or_insert(next);
                (Of::Component(component), *place)
            }
            // A route and an object of the project are single objects, so each becomes a new piece.
            (None, Some(route)) => (Of::Route(route), pieces.len()),
            (None, None) => (Of::Project, pieces.len()),
        };
        match pieces.get_mut(place) {
            Some(piece) => piece.objects.push(object),
            None => pieces.push(Piece {
                of,
                workload: object.owner.workload.clone(),
                objects: vec![object],
            }),
        }
    }
    pieces
}

impl Piece<'_> {
    /// Creates the templates of the piece.
    pub(super) fn make(self, scope: &Scope) -> Made {
        let mut making = Making {
            references: References::new(scope),
            others: Others::new(),
            common: Common::default(),
            values: Values::default(),
            templates: Vec::new(),
        };
        match self.of {
            Of::Component(component) => {
                making.component(component, self.objects);
                if Part::of(component).group == Part::RESOURCES {
                    for setting in scope.settings(&component.name) {
                        add_setting(&mut making.values, setting);
                    }
                }
            }
            Of::Route(route) => {
                for object in self.objects {
                    making.route(route, &object.kind);
                }
            }
            Of::Project => {
                for object in self.objects {
                    making.alone(object);
                }
            }
        }
        Made {
            values: making.values,
            uses: making.references.uses,
            templates: making.templates,
        }
    }
}

impl Making<'_> {
    /// Adds the templates of a component. Its controller comes first, so that `values.yaml` starts
    /// with the values of the controller. A job comes last, since its name is derived from the
    /// values of all objects.
    fn component(&mut self, component: &Component, mut objects: Vec<Object>) {
        let rank = |object: &Object| match object.kind.as_str() {
            "Job" => 2,
            kind if CONTROLLERS.contains(&kind) => 0,
            _ => 1,
        };
        objects.sort_by_key(rank);
        for object in objects {
            // These are added with the controller, which does not need to have them.
            let is_added = match object.kind.as_str() {
                "HorizontalPodAutoscaler" => self.object_set().autoscaler(component).is_some(),
                "PodDisruptionBudget" => self.object_set().budget(component).is_some(),
                _ => false,
            };
            if !is_added {
                self.part(component, object);
            }
        }
    }

    fn part(&mut self, component: &Component, object: Object) {
        let mut frame = frame(&object, self.references.scope.project.has_secret_store());
        frame.variables.insert(0, Part::of(component).variable());
        if object.kind == "Service" {
            self.test(component, &object);
        }
        self.references.take_others();
        let mut object = self.open(object);
        let others = self.references.take_others();
        if HELD_BY_JOBS.contains(&object.kind.as_str()) {
            self.others.extend(others);
        }
        let mut parameters = self.parameters(component);
        match object.kind.as_str() {
            kind if CONTROLLERS.contains(&kind) => {
                parameters.controller(&mut object);
                self.autoscaler(component);
                self.budget(component);
            }
            "ServiceAccount" if parameters.is_workload() => {
                parameters.service_account(&mut object);
                parameters.labels(&mut object);
            }
            "Service" => {
                parameters.service(&mut object);
                parameters.labels(&mut object);
            }
            _ => parameters.labels(&mut object),
        }
        if object.kind == "Job" {
            frame
                .variables
                .extend(self.name_job(component, &mut object));
            object.name.clone_from(&component.name);
        }
        self.write(object, &frame);
    }

    fn parameters<'b>(&'b mut self, component: &'b Component) -> ComponentParameters<'b> {
        let scope = self.references.scope;
        ComponentParameters {
            chart: scope.chart,
            values: &mut self.values,
            object_set: scope.project.object_set,
            component,
            part: Part::of(component),
            common: self.common.clone(),
            fixed_labels: &scope.project.fixed_labels,
        }
    }

    /// Adds the template of an object that belongs to the project as a whole.
    fn alone(&mut self, object: Object) {
        let frame = frame(&object, self.references.scope.project.has_secret_store());
        let is_home = is_home(&object);
        let mut object = self.open_references(object);
        if is_home && let Some(metadata) = map(&mut object.tree, &["metadata"]) {
            // Volumes with data outlive a release, and the database in them keeps its password, so
            // its Secret has to be kept too.
            let annotations = metadata.entry("annotations".to_owned());
            let annotations = annotations.or_insert_with(empty);
            if let Tree::Map(annotations) = annotations {
                annotations.insert(POLICY.to_owned(), Tree::Text("keep".into()));
            }
        }
        self.add_common(&mut object);
        self.write(object, &frame);
    }

    /// Adds the autoscaler of a workload, which the values can enable or disable.
    fn autoscaler(&mut self, component: &Component) {
        if let Some(object) = self.object_set().autoscaler(component) {
            let part = Part::of(component);
            let enabled = part.code(&["autoscaling", "enabled"]);
            self.optional(component, object, &enabled, |parameters, object| {
                parameters.autoscaler(object);
            });
        }
    }

    /// Adds the disruption budget of a workload, which the values can define.
    fn budget(&mut self, component: &Component) {
        if let Some(object) = self.object_set().budget(component) {
            let budget = Part::of(component).code(&[DISRUPTION_BUDGET]);
            self.optional(component, object, &budget, |parameters, object| {
                parameters.budget(object);
            });
        }
    }

    /// Adds an object of a component that exists only under a condition.
    fn optional(
        &mut self,
        component: &Component,
        object: Object,
        condition: &str,
        add: impl Fn(&mut ComponentParameters, &mut Object<Action>),
    ) {
        let mut object = self.open(object);
        let mut parameters = self.parameters(component);
        add(&mut parameters, &mut object);
        parameters.labels(&mut object);
        let frame = Frame {
            variables: vec![Part::of(component).variable()],
            condition: Some(format!("if {condition}")),
        };
        self.write(object, &frame);
    }

    /// Adds a pod that connects to a workload and, if a network policy restricts access to the
    /// workload, a policy that admits the pod.
    fn test(&mut self, component: &Component, service: &Object) {
        let scope = self.references.scope;
        let options = &scope.project.options.objects;
        let app = scope.project.object_set.app();
        let image = app.built_in_image(test_hook::IMAGE);
        let tested = (component, image.as_str());
        let Some(pod) = test_hook::pod(tested, service, options, &mut self.values) else {
            return;
        };
        let has_policy = scope.project.object_set.has_policy(component);
        let access = has_policy.then(|| self.open_references(test_hook::access(component, &pod)));
        let mut pod = self.open_references(pod);
        test_hook::open(&mut pod, &image, scope.chart);
        let condition = Some("if $.Values.tests.enabled".to_owned());
        if let Some(mut access) = access {
            test_hook::admit(&mut access, &mut pod);
            common::add(&mut access.tree, None, &scope.project.fixed_labels);
            let frame = Frame {
                variables: Vec::new(),
                condition: condition.clone(),
            };
            self.templates.push(template(access, &frame, true));
        }
        common::add(&mut pod.tree, None, &scope.project.fixed_labels);
        let frame = Frame {
            variables: vec![Part::of(component).variable()],
            condition,
        };
        self.templates.push(template(pod, &frame, true));
    }

    /// Adds a route as each kind of object that it can be.
    fn route(&mut self, route: &Route, kind: &str) {
        let scope = self.references.scope;
        route::values(&mut self.values, route, kind);
        for (of, name) in route::kinds(route) {
            let mut object = self.open(scope.project.object_set.route(route, of));
            let (references, common) = (&mut self.references, &self.common);
            route::open(&mut self.values, references, route, &mut object, common);
            let values = access("$.Values.routes", &[&route.name]);
            let frame = Frame {
                variables: vec![(route::VARIABLE, values)],
                condition: Some(format!("if eq {}.kind {name:?}", route::VARIABLE)),
            };
            self.write(object, &frame);
        }
    }

    fn object_set(&self) -> &ObjectSet<'_> {
        self.references.scope.project.object_set
    }

    /// The object with its names, secrets and other references replaced by actions, and with actions
    /// for the labels and annotations of all objects.
    fn open(&mut self, object: Object) -> Object<Action> {
        let mut object = self.open_references(object);
        self.add_common(&mut object);
        object
    }

    /// Adds actions for the labels and annotations of all objects.
    fn add_common(&mut self, object: &mut Object<Action>) {
        let project = self.references.scope.project;
        let labels = project.common_labels.as_ref();
        self.common = common::add(&mut object.tree, labels, &project.fixed_labels);
    }

    /// The object with its names, secrets and other references replaced by actions.
    fn open_references(&mut self, object: Object) -> Object<Action> {
        let references = &mut self.references;
        let namespace = references.scope.project.options.objects.namespace.as_ref();
        let is_own = object.kind == "Namespace" && Some(&object.name) == namespace;
        let mut object = references.opened(object);
        if let Some(Tree::Text(name)) = get(&mut object.tree, &["metadata", "name"]) {
            *name = if is_own {
                Action::name("$.Release.Namespace", &*object.name)
            } else {
                references.own_name(&object.name)
            };
        }
        object
    }

    /// Derives the name of a job from its values and from the values of others that it uses,
    /// because the pod template of a job in a cluster is immutable. Returns the variable with the
    /// values of others.
    fn name_job(
        &mut self,
        component: &Component,
        object: &mut Object<Action>,
    ) -> Option<(&'static str, String)> {
        let part = Part::of(component);
        let mut own = self.values.json(&[part.group, part.name]);
        let mut unhashed = Vec::new();
        if let Json::Object(values) = &mut own {
            unhashed.extend(
                NOT_IN_JOBS
                    .into_iter()
                    .filter(|it| values.contains_key(*it)),
            );
            values.retain(|name, _| !unhashed.contains(&&**name));
        }
        let others = std::mem::take(&mut self.others).into_iter();
        let (codes, defaults): (Vec<String>, Vec<Json>) = others.unzip();
        let mut values = String::new();
        go_json(&json!([own, "", [], defaults]), &mut values);
        let hash = hex(&Sha256::digest(values), 32);
        if matches!(component.origin, Origin::Resource { .. }) {
            // Parameters of provisioners are among the values of others.
            unhashed.push("settings");
        }
        let unhashed = unhashed.iter().map(|name| format!(" {name:?}"));
        let own = format!("(omit {}{})", part.variable, unhashed.collect::<String>());
        let list = if codes.is_empty() { "list" } else { OTHERS };
        let arguments = format!("{:?} {own} {hash:?} {list}", object.name);
        let code = self.references.include("job", &arguments);
        if let Some(Tree::Text(name)) = get(&mut object.tree, &["metadata", "name"]) {
            *name = Action::name(code, &*object.name);
        }
        (!codes.is_empty()).then(|| (OTHERS, format!("(list {})", codes.join(" "))))
    }

    fn write(&mut self, object: Object<Action>, frame: &Frame) {
        self.templates.push(template(object, frame, false));
    }
}

/// The template of an object. It drops the document of the object, of which only the text is
/// needed.
fn template(object: Object<Action>, frame: &Frame, is_test: bool) -> Template {
    let mut object = object.arranged();
    let text = text(&object, frame);
    object.tree = Tree::Null;
    Template {
        object,
        is_test,
        text,
    }
}

/// Whether an object is the `Secret` that holds secrets of the project.
fn is_home(object: &Object) -> bool {
    let mut holds = false;
    object.tree.each_text(&mut |text| {
        holds |= text.secrets().any(|secret| secret.object == object.name);
    });
    holds && object.is_secret()
}

/// The frame of an object: a `Secret`, or its source in a store, is rendered only if no existing one is configured.
fn frame(object: &Object, has_store: bool) -> Frame<'static> {
    if !(object.is_secret() || has_store && is_external_secret(object)) {
        return Frame::default();
    }
    let existing = access("$.Values.secrets", &[&object.name, "existingSecret"]);
    Frame {
        variables: Vec::new(),
        condition: Some(format!("if not {existing}")),
    }
}

fn text(object: &Object<Action>, frame: &Frame) -> String {
    let mut out = String::with_capacity(USUAL_LENGTH);
    out.push_str(&comment(object));
    // Writing to a string does not fail.
    for (variable, whole) in &frame.variables {
        let code = whole
            .strip_prefix('(')
            .and_then(|code| code.strip_suffix(')'));
        let code = code.unwrap_or(whole);
        let _ = writeln!(out, "{{{{- {variable} := {code} -}}}}");
    }
    if let Some(condition) = &frame.condition {
        let _ = writeln!(out, "{{{{- {condition} -}}}}");
    }
    let mut document = TemplateText::new();
    yaml::emit(&object.tree, &mut document);
    action::write(&document, &mut out);
    if frame.condition.is_some() {
        out.push_str("{{- end }}\n");
    }
    // A copy without spare capacity: with thousands of templates, the difference is noticeable.
    out.as_str().to_owned()
}

/// The first line of a template.
fn comment(object: &Object<Action>) -> String {
    let Object { kind, owner, .. } = object;
    let article = match (&owner.resource, &owner.workload) {
        (None, None) => "",
        _ => "the ",
    };
    format!(
        "{{{{- /* {kind} of {article}{owner}. Written by score-rs: score-rs generate -t helm */ -}}}}\n"
    )
}
