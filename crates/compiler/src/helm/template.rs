//! The templates of a chart: each object of the project opened, in a file of its own. Not: the files
//! around them.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::component::{Opening, Part, get};
use super::hole::{self, Hole};
use super::scope::{Scope, access};
use super::values::Values;
use super::{route, tests};
use crate::kubernetes::{Draft, Object, file_name, hex};
use crate::{Component, Text, Tree, yaml};

/// The objects whose pods a component runs in.
const CONTROLLERS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// A file below `templates`.
#[derive(Debug)]
pub(super) struct Template {
    /// Its name.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
}

/// Makes the templates of a chart, and its values with them.
pub(super) struct Making<'a> {
    pub(super) draft: &'a Draft<'a>,
    pub(super) scope: Scope<'a>,
    pub(super) values: Values,
    pub(super) templates: Vec<Template>,
    /// The names of files so far.
    pub(super) taken: BTreeSet<String>,
}

/// What a template has around an object.
#[derive(Debug, Default)]
struct Frame<'a> {
    /// The variables that it begins with, each with an expression for its value.
    variables: Vec<(&'a str, String)>,
    /// The condition under which the object is there.
    condition: Option<String>,
}

impl<'a> Making<'a> {
    /// Makes the templates of these objects. Controllers go first, so that the values of a component
    /// begin with theirs.
    pub(super) fn objects(&mut self, objects: &[&Object]) {
        let is_controller = |object: &Object| {
            object.owner.component.is_some() && CONTROLLERS.contains(&object.kind.as_str())
        };
        let (controllers, others): (Vec<&Object>, _) =
            objects.iter().partition(|object| is_controller(object));
        for object in controllers.into_iter().chain(others) {
            self.object(object);
        }
    }

    fn object(&mut self, object: &Object) {
        let app = self.draft.app();
        let owner = &object.owner;
        let component = owner.component.as_ref();
        if let Some(name) = &owner.route {
            let mut routes = app.routes.iter();
            if let Some(route) = routes.find(|route| route.name == *name) {
                self.route(route, &object.kind);
            }
        } else if let Some(component) = component.and_then(|name| app.components.get(name)) {
            self.part(component, object);
        } else {
            let open = self.opened(object);
            let frame = frame(object);
            self.write(&open, &frame);
        }
    }

    /// A part of a component. Autoscalers come with their controllers.
    fn part(&mut self, component: &'a Component, object: &Object) {
        let part = Part::of(component);
        let mut open = self.opened(object);
        let mut frame = frame(object);
        frame.variables.insert(0, part.variable());
        if object.kind == "HorizontalPodAutoscaler" {
            return;
        }
        let mut opening = self.opening(component);
        match object.kind.as_str() {
            kind if CONTROLLERS.contains(&kind) => {
                opening.controller(&mut open);
                self.autoscaler(component);
            }
            "Service" => {
                opening.service(&mut open);
                opening.labels(&mut open);
                self.test(component, object);
            }
            _ => opening.labels(&mut open),
        }
        if object.kind == "Job" {
            self.name_job(component, object, &mut open);
            open.name.clone_from(&component.name);
        }
        self.write(&open, &frame);
    }

    fn opening<'b>(&'b mut self, component: &'b Component) -> Opening<'b> {
        Opening {
            chart: self.scope.chart,
            values: &mut self.values,
            draft: self.draft,
            component,
            part: Part::of(component),
        }
    }

    /// The autoscaler that a workload has, or has once the values say so.
    fn autoscaler(&mut self, component: &'a Component) {
        let Some(object) = self.draft.autoscaler(component) else {
            return;
        };
        let mut open = self.opened(&object);
        let mut opening = self.opening(component);
        opening.autoscaler(&mut open);
        opening.labels(&mut open);
        let part = Part::of(component);
        let enabled = access(part.variable, &["autoscaling", "enabled"]);
        let frame = Frame {
            variables: vec![part.variable()],
            condition: Some(format!("if {enabled}")),
        };
        self.write(&open, &frame);
    }

    /// A pod that finds out whether a workload can be reached.
    fn test(&mut self, component: &'a Component, service: &Object) {
        let Some(pod) = tests::pod(component, service, self.draft.options(), &mut self.values)
        else {
            return;
        };
        let mut open = self.opened(&pod);
        tests::open(&mut open, self.scope.chart);
        let part = Part::of(component);
        let variables = vec![part.variable()];
        let condition = Some("if $.Values.tests.enabled".to_owned());
        let text = text(
            &open,
            &Frame {
                variables,
                condition,
            },
        );
        let file = format!("tests/{}.yaml", pod.name);
        self.templates.push(Template { file, text });
    }

    /// A route as each kind of object that it can be.
    fn route(&mut self, route: &crate::Route, kind: &str) {
        route::values(&mut self.values, route, kind);
        for (of, name) in route::KINDS {
            let object = self.draft.route(route, of);
            let mut open = self.opened(&object);
            route::open(&mut self.values, &self.scope, route, &mut open);
            let values = access("$.Values.routes", &[&route.name]);
            let frame = Frame {
                variables: vec![(route::VARIABLE, values)],
                condition: Some(format!("if eq {}.kind {name:?}", route::VARIABLE)),
            };
            self.write(&open, &frame);
        }
    }

    /// The object with names, secrets and other references left open.
    fn opened(&mut self, object: &Object) -> Object {
        let mut open = object.clone();
        if is_custom(&object.api_version) {
            open.tree = self.scope.custom(open.tree, "");
        }
        open.tree = self.scope.tree(open.tree);
        let own = self.scope.name(&object.name);
        let namespace = self.draft.options().namespace.as_ref();
        let release = |name: &str| Hole::name("$.Release.Namespace", name);
        if let Some(Tree::Text(name)) = get(&mut open.tree, &["metadata", "name"]) {
            *name = match object.kind.as_str() {
                "Namespace" if Some(&object.name) == namespace => release(&object.name),
                _ => own,
            };
        }
        if let Some(Tree::Text(text)) = get(&mut open.tree, &["metadata", "namespace"])
            && text.as_plain() == namespace.map(String::as_str)
        {
            *text = release(text.as_plain().unwrap_or_default());
        }
        open
    }

    /// The name of a job follows from the values that go into it: what it runs can never change in a
    /// cluster.
    fn name_job(&self, component: &Component, object: &Object, open: &mut Object) {
        let part = Part::of(component);
        let own = self.values.json(&[part.group, part.name]);
        let others = self.scope.others(&object.tree);
        let (codes, defaults): (Vec<String>, Vec<Json>) = others.into_iter().unzip();
        let hash = go_json(&json!([own, "", [], defaults]));
        let hash = hex(&Sha256::digest(hash), 32);
        let codes: String = codes.iter().map(|code| format!(" {code}")).collect();
        let variable = part.variable;
        let arguments = format!("{:?} {variable} {hash:?} (list{codes})", object.name);
        let code = self.scope.include("job", &arguments);
        if let Some(Tree::Text(name)) = get(&mut open.tree, &["metadata", "name"]) {
            *name = Hole::name(code, &*object.name);
        }
    }

    fn write(&mut self, object: &Object, frame: &Frame) {
        let object = &object.clone().arranged();
        let file = file_name(object, "yaml", &mut self.taken);
        let text = text(object, frame);
        self.templates.push(Template { file, text });
    }
}

/// Whether objects of a version of an API come with custom resources.
fn is_custom(api_version: &str) -> bool {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// What every template of such an object has around it: a secret may exist already.
fn frame(object: &Object) -> Frame<'static> {
    if object.kind != "Secret" {
        return Frame::default();
    }
    let existing = access("$.Values.secrets", &[&object.name, "existingSecret"]);
    Frame {
        variables: Vec::new(),
        condition: Some(format!("if not {existing}")),
    }
}

/// The text of a template.
fn text(object: &Object, frame: &Frame) -> String {
    let Object { kind, owner, .. } = object;
    let mut out = format!(
        "{{{{- /* {kind} of the {owner}. Written by score-rs: score-rs generate -t helm */ -}}}}\n"
    )
    .replace("of the the project", "of the project");
    for (variable, whole) in &frame.variables {
        let code = whole
            .strip_prefix('(')
            .and_then(|code| code.strip_suffix(')'));
        out.push_str(&format!(
            "{{{{- {variable} := {} -}}}}\n",
            code.unwrap_or(whole)
        ));
    }
    if let Some(condition) = &frame.condition {
        out.push_str(&format!("{{{{- {condition} -}}}}\n"));
    }
    let mut document = Text::new();
    yaml::emit(&object.tree, &mut document);
    out.push_str(&hole::write(&document));
    if frame.condition.is_some() {
        out.push_str("{{- end }}\n");
    }
    out
}

/// JSON as Helm's `toJson` writes it: keys sorted, and characters that mean something in HTML escaped.
fn go_json(json: &Json) -> String {
    match json {
        Json::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter();
            let entries = entries.map(|(key, value)| {
                format!("{}:{}", go_json(&key.as_str().into()), go_json(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(go_json).collect();
            format!("[{}]", items.join(","))
        }
        Json::String(text) => {
            let mut out = Json::from(text.as_str()).to_string();
            for (character, escape) in [
                ('<', "\\u003c"),
                ('>', "\\u003e"),
                ('&', "\\u0026"),
                ('\u{2028}', "\\u2028"),
                ('\u{2029}', "\\u2029"),
            ] {
                out = out.replace(character, escape);
            }
            out
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod unit {
    use serde_json::json;

    use super::go_json;

    #[test]
    fn json_is_that_of_go() {
        let json = json!({"b": ["<a&b>", 1, null], "a": {"d": true, "c": "é\n"}});
        let expected =
            "{\"a\":{\"c\":\"é\\n\",\"d\":true},\"b\":[\"\\u003ca\\u0026b\\u003e\",1,null]}";
        assert_eq!(go_json(&json), expected);
    }
}
