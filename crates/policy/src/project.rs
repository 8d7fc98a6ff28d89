//! Judging a compiled project: its workloads, containers, resources, objects and itself become subjects.

use std::sync::Arc;

use score_compiler::ir::{Sealed, Tree};
use score_compiler::model::{Model, ModelResource, ModelWorkload};
use score_compiler::{Compiled, Description, EnvironmentId, OutputObject, Rendered, Target};
use score_spec::diagnostic::Fix;
use score_spec::{Diagnostic, Entry, Kind, Map, Node, Span, Value, Workload};

use crate::data::Data;
use crate::expression::Step;
use crate::fix::Written;
use crate::image::image;
use crate::judge::{Finding, Judge};
use crate::links::Links;
use crate::rule::Place;
use crate::rule_set::RuleSet;
use crate::subject::{On, Subject, Variable};
use crate::waivers::Selection;

/// The places of pod templates in objects: those of Kubernetes, and of operators that use the same form.
const TEMPLATES: [&[&str]; 3] = [
    &["spec", "template"],
    &["spec", "jobTemplate", "spec", "template"],
    &["template"],
];

/// A compiled project.
#[derive(Clone, Copy)]
pub struct CompiledProject<'a> {
    /// The compilation.
    pub compiled: &'a Compiled<'a>,
    /// Its result for the target.
    pub rendered: &'a Rendered,
    /// The description of the result.
    pub description: &'a Description,
    /// The target; without one, there are no objects.
    pub target: Option<&'a dyn Target>,
    /// The location of findings about the whole project: its settings.
    pub settings: Option<Span>,
    /// Whether the compilation has no errors. Otherwise only the workloads without errors are judged, with their
    /// containers and resources.
    pub is_complete: bool,
}

/// A finding with the parts of the project that it is about.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Judgement {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// The finding at its location.
    pub diagnostic: Diagnostic,
    /// The workload.
    pub workload: Option<String>,
    /// The container.
    pub container: Option<String>,
    /// The resource, by its name in the Score file.
    pub resource: Option<String>,
    /// The generated object, as `KIND/NAME`.
    pub object: Option<String>,
}

impl Judgement {
    /// The parts of the project for waivers.
    pub fn selection<'a>(&'a self, environment: Option<&'a str>) -> Selection<'a> {
        Selection {
            workload: self.workload.as_deref(),
            container: self.container.as_deref(),
            resource: self.resource.as_deref(),
            environment,
            object: self.object.as_deref(),
        }
    }
}

/// Judges a project by rules: its workloads by name with their containers and resources, then the objects, then the
/// project. Also returns the rules that could not be evaluated.
pub fn judge(rules: &RuleSet, project: CompiledProject<'_>) -> (Vec<Judgement>, Vec<Diagnostic>) {
    let model = &project.description.model;
    let mut judging = Judging {
        rules,
        project,
        judge: Judge::new(rules),
        environment: model.environment.as_ref().map(environment),
        judgements: Vec::new(),
    };
    judging.workloads(model);
    if project.is_complete {
        judging.objects();
        judging.whole(model);
    }
    let faults = judging.judge.finish(&project.rendered.sources);
    (judging.judgements, faults)
}

/// A project while it is judged.
struct Judging<'a> {
    rules: &'a RuleSet,
    project: CompiledProject<'a>,
    judge: Judge<'a>,
    environment: Option<Value>,
    judgements: Vec<Judgement>,
}

/// A workload that is judged.
#[derive(Clone, Copy)]
struct Judged<'a> {
    name: &'a str,
    spec: &'a Workload,
    document: &'a Node,
    scale: &'a Value,
}

impl<'a> Judging<'a> {
    fn workloads(&mut self, model: &Model) {
        let kinds = [On::Workload, On::Container, On::Resource];
        if !kinds.into_iter().any(|on| self.rules.judges(on)) {
            return;
        }
        let project = self.project;
        let documents = project.compiled.effective_documents(project.rendered);
        for (name, spec) in &project.rendered.project.workloads {
            let (Some(document), Some(of_model)) = (documents.get(name), model.workloads.get(name))
            else {
                continue;
            };
            let scale = scale(of_model);
            let judged = Judged {
                name,
                spec,
                document,
                scale: &scale,
            };
            self.workload(judged);
            self.containers(judged);
            self.resources(judged, model, &of_model.resources);
        }
    }

    fn workload(&mut self, judged: Judged<'_>) {
        let subject = Subject::new(On::Workload, Data::Node(judged.document));
        for finding in self.findings(subject.with(Variable::Scale, Data::Value(judged.scale))) {
            let span = judged.place(&finding.place, None);
            let fix = self.fix(&finding, judged, &[]);
            self.add(&finding, Some(span), |it| {
                it.diagnostic.fix = fix;
                it.workload = Some(judged.name.to_owned());
            });
        }
    }

    fn containers(&mut self, judged: Judged<'_>) {
        if !self.rules.judges(On::Container) {
            return;
        }
        for container in judged.document.entries_at("containers") {
            let name = Value::Text(container.key.clone());
            let image = container.value.get("image").and_then(Node::text).map(image);
            let subject = Subject::new(On::Container, Data::Node(&container.value))
                .with(Variable::Name, Data::Value(&name))
                .with(Variable::Workload, Data::Node(judged.document))
                .with(Variable::Scale, Data::Value(judged.scale));
            let subject = match &image {
                Some(image) => subject.with(Variable::Image, Data::Value(image)),
                None => subject,
            };
            for finding in self.findings(subject) {
                let span = judged.place(&finding.place, Some(container));
                let fix = self.fix(&finding, judged, &["containers", &container.key]);
                self.add(&finding, Some(span), |it| {
                    it.diagnostic.fix = fix;
                    it.workload = Some(judged.name.to_owned());
                    it.container = Some(container.key.clone());
                });
            }
        }
    }

    fn resources(&mut self, judged: Judged<'_>, model: &Model, uids: &Map<String>) {
        if !self.rules.judges(On::Resource) {
            return;
        }
        for resource in judged.document.entries_at("resources") {
            let name = Value::Text(resource.key.clone());
            let uid = uids.get(&resource.key);
            let handled = uid.and_then(|uid| model.resources.get(uid));
            let provisioner = handled.and_then(provisioner);
            let subject = Subject::new(On::Resource, Data::Node(&resource.value))
                .with(Variable::Name, Data::Value(&name))
                .with(Variable::Workload, Data::Node(judged.document))
                .with(Variable::Scale, Data::Value(judged.scale));
            let subject = match &provisioner {
                Some(provisioner) => subject.with(Variable::Provisioner, Data::Value(provisioner)),
                None => subject,
            };
            for finding in self.findings(subject) {
                let span = judged.place(&finding.place, Some(resource));
                let fix = self.fix(&finding, judged, &["resources", &resource.key]);
                self.add(&finding, Some(span), |it| {
                    it.diagnostic.fix = fix;
                    it.workload = Some(judged.name.to_owned());
                    it.resource = Some(resource.key.clone());
                });
            }
        }
    }

    fn objects(&mut self) {
        let objects: &'a [OutputObject] = &self.project.description.objects;
        let judges = |on| self.rules.judges(on);
        let (pods, all, services) = (judges(On::Pod), judges(On::Object), judges(On::Service));
        let links = self.links(objects);
        for (at, object) in objects.iter().enumerate() {
            // Services of Compose have no API version.
            if object.api_version.is_empty() {
                if services {
                    let name = Value::Text(object.name.clone());
                    let subject = Subject::new(On::Service, Data::Object(&object.tree));
                    let subject = subject.with(Variable::Name, Data::Value(&name));
                    self.object(object, subject, &[]);
                }
                continue;
            }
            if all {
                let mut subject = Subject::new(On::Object, Data::Object(&object.tree));
                if let Some(links) = &links {
                    subject = subject.with(Variable::Objects, Data::Value(&links.objects));
                    if let Some(selects) = &links.selects[at] {
                        subject = subject.with(Variable::Selects, Data::Value(selects));
                    }
                }
                self.object(object, subject, &[]);
            }
            if let Some((pod, path)) = template(object).filter(|_| pods) {
                let mut subject = Subject::new(On::Pod, Data::Object(pod));
                if let Some(links) = &links {
                    let selected_by = Data::Value(&links.selected_by[at]);
                    subject = subject.with(Variable::SelectedBy, selected_by);
                }
                self.object(object, subject, path);
            }
        }
    }

    /// The links between objects, if a rule reads them.
    fn links(&self, objects: &'a [OutputObject]) -> Option<Links> {
        let all = [
            (On::Object, Variable::Objects),
            (On::Object, Variable::Selects),
            (On::Pod, Variable::SelectedBy),
        ];
        let mut all = all.into_iter();
        // An output for Compose has no such objects, and the rules for them need not be parsed.
        let has_objects = objects.iter().any(|it| !it.api_version.is_empty());
        let reads = has_objects && all.any(|(on, it)| self.rules.reads(on, it.name()));
        reads.then(|| Links::new(objects, |object| Some(template(object)?.0)))
    }

    /// Judges an object, or the part of it with this path.
    fn object(&mut self, object: &OutputObject, subject: Subject<'_>, path: &[&str]) {
        let owner = owner(object);
        let subject = subject.with(Variable::Owner, Data::Value(&owner));
        for finding in self.findings(subject) {
            let mut steps: Vec<String> = path.iter().map(|it| (*it).to_owned()).collect();
            if finding.place.variable != Variable::Owner.name() {
                steps.extend(finding.place.path.iter().map(word));
            }
            let diagnostic = self.diagnostic(&finding, object, &steps);
            self.judgements.push(Judgement {
                rule: finding.rule.id.clone(),
                diagnostic,
                workload: object.workload.clone(),
                container: object.container.clone(),
                resource: object.resource.clone(),
                object: Some(format!("{}/{}", object.kind, object.name)),
            });
        }
    }

    /// The finding at the origin of a field of an object.
    fn diagnostic(&self, finding: &Finding, object: &OutputObject, path: &[String]) -> Diagnostic {
        let project = self.project;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let origin = project.target.map(|target| {
            let (compiled, rendered) = (project.compiled, project.rendered);
            compiled.origin(rendered, target, object, &path)
        });
        let places = origin.into_iter().flatten();
        let mut places = places.filter_map(|step| Some((step.span?, step.about)));
        let first = places.next();
        // The name of an object in a provisioner can contain a value from outside.
        let is_hidden = object.place.is_some() && project.rendered.has_external_values;
        let shown = if is_hidden {
            format!("an object of kind `{}`", object.kind)
        } else {
            format!("{} `{}`", object.kind, object.name)
        };
        let mut diagnostic = finding.diagnostic(None);
        if let Some((span, _)) = &first {
            diagnostic = diagnostic.at(*span, format!("in {shown}"));
        }
        if first.is_none() {
            let message = &diagnostic.message;
            diagnostic.message = format!("{message}: {shown}");
        }
        if let Some((span, about)) = places.next() {
            diagnostic = diagnostic.at(span, about);
        }
        diagnostic
    }

    fn whole(&mut self, model: &Model) {
        if !self.rules.judges(On::Project) {
            return;
        }
        let value = Value::from_json(model.to_json(&self.project.rendered.sources));
        let subject = Subject::new(On::Project, Data::Value(&value));
        let span = self.project.settings;
        for finding in self.findings(subject) {
            self.add(&finding, span, |_| {});
        }
    }

    fn findings(&mut self, subject: Subject<'_>) -> Vec<Finding> {
        match &self.environment {
            Some(environment) => {
                let subject = subject.with(Variable::Environment, Data::Value(environment));
                self.judge.findings(&subject)
            }
            None => self.judge.findings(&subject),
        }
    }

    /// The fix of a finding in the Score file of a workload.
    fn fix(&self, finding: &Finding, judged: Judged<'_>, path: &[&str]) -> Option<Fix> {
        if !finding.is_fixable {
            return None;
        }
        let written = Written {
            source: judged.spec.source,
            workload: judged.name,
            path,
            effective: judged.document,
        };
        written.fix(&finding.rule, &self.project.rendered.sources)
    }

    fn add(&mut self, finding: &Finding, span: Option<Span>, set: impl FnOnce(&mut Judgement)) {
        let mut judgement = Judgement {
            rule: finding.rule.id.clone(),
            diagnostic: finding.diagnostic(span),
            workload: None,
            container: None,
            resource: None,
            object: None,
        };
        set(&mut judgement);
        self.judgements.push(judgement);
    }
}

impl Judged<'_> {
    /// The location of a field, or of the nearest part above it that is written. The entry is the container or
    /// resource that is judged.
    fn place(&self, place: &Place, entry: Option<&Entry>) -> Span {
        let whole = self.spec.name.span;
        match (place.variable, entry) {
            ("workload", _) => nearest(self.document, &place.path).unwrap_or(whole),
            ("scale", _) => self.annotation_of_scale(place).unwrap_or(whole),
            ("image", Some(entry)) => {
                let image = entry.value.get("image");
                image.map_or(entry.key_span, |image| image.span)
            }
            ("provisioner", Some(entry)) => {
                let kind = entry.value.get("type");
                kind.map_or(entry.key_span, |kind| kind.span)
            }
            ("container" | "resource", Some(entry)) => {
                nearest(&entry.value, &place.path).unwrap_or(entry.key_span)
            }
            (_, Some(entry)) => entry.key_span,
            (_, None) => whole,
        }
    }
}

impl Judged<'_> {
    /// The location of the annotation that sets a field of the variable `scale`.
    fn annotation_of_scale(&self, place: &Place) -> Option<Span> {
        let field = place.path.first().map(word).unwrap_or_default();
        let annotations: &[&str] = match field.as_str() {
            "min" | "max" => &["k8s.score.dev/replicas", "k8s.score.dev/autoscaling"],
            "budget" => &["k8s.score.dev/disruption-budget"],
            _ => &["k8s.score.dev/kind"],
        };
        let written = self.document.get("metadata")?.get("annotations")?;
        let mut annotations = annotations.iter();
        annotations.find_map(|name| Some(written.get(name)?.span))
    }
}

/// The pod template of an object, and its path. A pod is its own template. For kinds of operators, a template is what
/// has containers.
fn template(object: &OutputObject) -> Option<(&Tree<Sealed>, &'static [&'static str])> {
    if object.kind == "Pod" {
        return Some((&object.tree, &[]));
    }
    TEMPLATES.iter().find_map(|path| {
        let pod = path.iter().try_fold(&*object.tree, |at, key| at.get(key))?;
        let containers = pod.get("spec")?.get("containers")?;
        matches!(containers, Tree::List(_)).then_some((pod, *path))
    })
}

/// A step in a path of strings.
fn word(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Item(index) => index.to_string(),
    }
}

/// The location of a part, or of the key of the nearest part above it that exists; none for the whole.
fn nearest(document: &Node, path: &[Step]) -> Option<Span> {
    let (mut at, mut span) = (document, None);
    for step in path {
        let next = match step {
            Step::Key(key) => at.entry(key).map(|entry| (&entry.value, entry.key_span)),
            Step::Item(index) => at.items().get(*index).map(|item| (item, item.span)),
        };
        let Some((value, key_span)) = next else {
            return span;
        };
        // The contents of a map or list can be long, so its key represents it.
        let is_leaf = !matches!(value.kind, Kind::Map(_) | Kind::List(_));
        (at, span) = (value, Some(if is_leaf { value.span } else { key_span }));
    }
    span
}

fn environment(id: &EnvironmentId) -> Value {
    map([("name", Some(&*id.name)), ("type", id.kind.as_deref())])
}

fn owner(object: &OutputObject) -> Value {
    map([
        ("workload", object.workload.as_deref()),
        ("resource", object.resource.as_deref()),
    ])
}

fn provisioner(resource: &ModelResource) -> Option<Value> {
    let provisioner = resource.provisioner.as_ref()?;
    let mut value = map([
        ("file", Some(&*provisioner.file)),
        ("description", Some(&provisioner.description)),
    ]);
    if let Value::Map(entries) = &mut value {
        let is_built_in = Value::Bool(provisioner.is_built_in);
        entries.insert("built_in".to_owned(), is_built_in);
    }
    Some(value)
}

fn scale(workload: &ModelWorkload) -> Value {
    let Some(scale) = &workload.scale else {
        return Value::Map(Box::default());
    };
    let mut value = map([("kind", Some(scale.kind))]);
    if let Value::Map(entries) = &mut value {
        for (name, count) in [("min", scale.min), ("max", scale.max)] {
            let count = count.map(|count| Value::Number(count.into()));
            entries.extend(count.map(|count| (name.to_owned(), count)));
        }
        entries.insert("budget".to_owned(), Value::Bool(scale.has_budget));
    }
    value
}

/// A map of strings, without those that are absent.
fn map<const N: usize>(entries: [(&str, Option<&str>); N]) -> Value {
    let entries = entries.into_iter();
    let present = entries.filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
    present
        .map(|(name, text)| (name, Value::Text(text)))
        .collect()
}
