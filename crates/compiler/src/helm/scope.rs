//! What a chart can refer to: names of objects, which differ per release, ports and secrets. Not: what
//! each object refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value as Json;

use super::component::Part;
use crate::kubernetes::{Draft, Object};
use crate::{Route, SecretsMode, Segment, Setting, Tree};

/// Names of components and objects, each with the kinds of the objects that have it.
type Names = BTreeMap<String, BTreeSet<String>>;

/// The kind of what nobody knows: a custom object may stand for others that have its name.
const ANY: &str = "";

/// What all charts of a project share.
pub(super) struct Project<'a> {
    /// The name of its chart, or what that of what workloads share begins with.
    pub(super) name: String,
    pub(super) draft: &'a Draft<'a>,
    /// Names of components and objects of all charts.
    names: Names,
    /// Names of `Secret`s that charts make, or could make.
    secrets: BTreeSet<String>,
    /// The routes by name.
    routes: BTreeMap<&'a str, &'a Route>,
}

impl<'a> Project<'a> {
    /// A project with these objects.
    pub(super) fn new(name: String, draft: &'a Draft<'a>, objects: &[Object]) -> Self {
        let secrets = objects.iter().filter(|object| object.kind == "Secret");
        let routes = draft.app().routes.iter();
        Self {
            name,
            draft,
            names: names(objects),
            secrets: secrets.map(|object| object.name.clone()).collect(),
            routes: routes.map(|route| (route.name.as_str(), route)).collect(),
        }
    }

    /// The route with this name.
    pub(super) fn route(&self, name: &str) -> Option<&'a Route> {
        self.routes.get(name).copied()
    }

    /// Whether the charts make no secrets.
    pub(super) fn has_external_secrets(&self) -> bool {
        self.draft.options().kubernetes.secrets == SecretsMode::External
    }
}

/// What a chart knows of the project.
pub(super) struct Scope<'a> {
    /// The chart's name, which its named templates begin with.
    pub(super) chart: &'a str,
    pub(super) project: &'a Project<'a>,
    /// Names of components and objects of the chart.
    own: Names,
    /// The kinds of values of the components of the chart: `workloads` or `resources`.
    components: BTreeMap<String, &'static str>,
    /// Names of objects of the chart that belong to a resource itself, with whether all of that name
    /// are `Secret`s.
    of_resources: BTreeMap<String, bool>,
}

/// Where an object is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In this chart.
    Here,
    /// In another chart of the project.
    Peer,
}

impl<'a> Scope<'a> {
    /// What a chart with these objects knows.
    pub(super) fn new(chart: &'a str, project: &'a Project<'a>, objects: &[Object]) -> Self {
        let app = project.draft.app();
        let mut components = BTreeMap::new();
        let mut of_resources = BTreeMap::new();
        for object in objects {
            let owner = &object.owner;
            let component = owner.component.as_ref();
            if let Some(component) = component.and_then(|name| app.components.get(name)) {
                components.insert(component.name.clone(), Part::of(component).group);
            } else if owner.component.is_none() && owner.route.is_none() {
                let name = object.name.clone();
                *of_resources.entry(name).or_insert(true) &= object.kind == "Secret";
            }
        }
        Self {
            chart,
            project,
            own: names(objects),
            components,
            of_resources,
        }
    }

    /// The workloads that the chart installs.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &str> {
        let components = self.components.iter();
        let workloads = components.filter(|(_, group)| **group == Part::WORKLOADS);
        workloads.map(|(name, _)| name.as_str())
    }

    /// Where the component with this name, or an object of it, is made, if the project makes it.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        self.place_where(|names| names.contains_key(name))
    }

    /// The same for an object of a kind, or for one that may stand for it.
    pub(super) fn place_of(&self, kind: &str, name: &str) -> Option<Place> {
        self.place_where(|names| {
            let kinds = names.get(name);
            kinds.is_some_and(|kinds| kinds.contains(kind) || kinds.contains(ANY))
        })
    }

    fn place_where(&self, has: impl Fn(&Names) -> bool) -> Option<Place> {
        if has(&self.own) {
            return Some(Place::Here);
        }
        has(&self.project.names).then_some(Place::Peer)
    }

    /// The name of the custom object of the chart that an operator makes another one of, and names it
    /// after.
    pub(super) fn origin<'b>(&self, name: &'b str) -> Option<&'b str> {
        let ends = name.rmatch_indices('-').map(|(end, _)| end);
        let mut starts = ends.map(|end| &name[..end]);
        let is_custom = |start: &&str| self.own.get(*start).is_some_and(|it| it.contains(ANY));
        starts.find(is_custom)
    }

    /// Whether a `Secret` of this name is, or could be, made by a chart of the project.
    pub(super) fn is_secret(&self, name: &str) -> bool {
        self.project.secrets.contains(name)
    }

    /// Whether an object of this name belongs to a resource itself, and whether all of them are
    /// `Secret`s.
    pub(super) fn of_resource(&self, name: &str) -> Option<bool> {
        self.of_resources.get(name).copied()
    }

    /// An expression for the number of a port. That of another chart does not change.
    pub(super) fn port(&self, component: &str, port: &str) -> Option<String> {
        let group = self.components.get(component)?;
        let path = access("$.Values", &[group, component, "service", "ports", port]);
        Some(path)
    }

    /// The values of others that an object takes something from: expressions, with their defaults.
    pub(super) fn others(&self, tree: &Tree) -> BTreeMap<String, Json> {
        let mut others = BTreeMap::new();
        let external = self.project.has_external_secrets();
        tree.each_text(&mut |text| {
            if let Some(name) = text.as_plain().filter(|name| self.is_secret(name)) {
                let code = access("$.Values.secrets", &[name, "existingSecret"]);
                others.insert(code, if external { name } else { "" }.into());
            }
            for segment in text.segments() {
                match segment {
                    Segment::Env { name, required } => {
                        let default = if *required { Json::Null } else { "".into() };
                        others.insert(access("$.Values.environment", &[name]), default);
                    }
                    Segment::Port { component, port } => {
                        let default = self.project.draft.port(component, port).into();
                        others.extend(self.port(component, port).map(|code| (code, default)));
                    }
                    Segment::Setting(setting) => {
                        others.insert(setting_code(setting), setting.default.to_json());
                    }
                    _ => {}
                }
            }
        });
        others
    }
}

/// An expression for a value that a provisioner declares.
pub(super) fn setting_code(setting: &Setting) -> String {
    let path = ["resources", &setting.object, "settings", &setting.name];
    access("$.Values", &path)
}

/// The names of objects, and of the components that they are parts of.
fn names(objects: &[Object]) -> Names {
    let mut names = Names::new();
    for object in objects {
        if let Some(component) = &object.owner.component {
            names.entry(component.clone()).or_default();
        }
        let kind = if object.is_custom() {
            ANY
        } else {
            &object.kind
        };
        let kinds = names.entry(object.name.clone()).or_default();
        kinds.insert(kind.to_owned());
    }
    names
}

/// An expression for what lies at a path below a value.
pub(super) fn access(base: &str, path: &[&str]) -> String {
    let mut code = base.to_owned();
    let mut open = false;
    for step in path {
        if is_identifier(step) {
            if open {
                code.push(')');
            }
            open = false;
            code.push('.');
            code.push_str(step);
        } else {
            if !open {
                code = format!("(index {code}");
            }
            open = true;
            // Writing to a string does not fail.
            let _ = write!(code, " {step:?}");
        }
    }
    if open {
        code.push(')');
    }
    code
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
}
