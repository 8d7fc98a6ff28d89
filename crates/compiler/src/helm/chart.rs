//! One chart of a project: which objects it installs, its values, and its files.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::Value;

use super::component::empty;
use super::files;
use super::references::Uses;
use super::scope::{Place, Project, Scope};
use super::template::{Made, Of, Piece, Template};
use super::values::{Form, Values};
use crate::kubernetes::{Object, file_name};
use crate::{OutputContent, OutputFile, Text, Tree, parallel};

/// A chart.
pub(super) struct Chart<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) values: Values,
    pub(super) uses: Uses,
    pub(super) templates: Vec<Template>,
}

/// The files of the chart that installs these objects, in a folder below that of the output.
pub(super) fn files(
    name: &str,
    folder: Option<&str>,
    project: &Project,
    objects: Vec<Object>,
) -> Vec<OutputFile> {
    let scope = Scope::new(name, project, &objects);
    let chart = Chart::new(&scope, objects);
    let around = files::around(&chart);
    let mut taken = BTreeSet::new();
    let templates = chart.templates.into_iter().map(|template| {
        let Template { object, text, .. } = template;
        let file = if template.is_test {
            format!("tests/{}.yaml", object.name)
        } else {
            file_name(&object, "yaml", &mut taken)
        };
        (format!("templates/{file}"), text)
    });
    let files = around.into_iter().chain(templates);
    let files = files.map(|(path, text)| OutputFile {
        path: Some(match folder {
            Some(folder) => format!("{folder}/{path}"),
            None => path,
        }),
        content: OutputContent::Text(text.into()),
        mode: 0o644,
    });
    files.collect()
}

impl<'a> Chart<'a> {
    fn new(scope: &'a Scope<'a>, objects: Vec<Object>) -> Self {
        let made = parallel::each(pieces(scope, objects), |piece| piece.make(scope));
        let mut chart = Self {
            scope,
            values: groups(),
            uses: Uses::default(),
            templates: Vec::new(),
        };
        for Made {
            values,
            uses,
            templates,
        } in made
        {
            chart.values.merge(values);
            chart.uses.merge(uses);
            chart.templates.extend(templates);
        }
        chart.environment();
        chart.secrets();
        chart.settings();
        chart
    }

    /// What it is, in a sentence.
    pub(super) fn description(&self) -> String {
        let given = &self.scope.project.draft.options().helm.description;
        if let Some(given) = given {
            return given.clone();
        }
        let mut workloads = self.scope.workloads();
        match (workloads.next(), workloads.count()) {
            (None, _) => "What the workloads of a project share".to_owned(),
            (Some(only), 0) => format!("The workload {only}"),
            (Some(_), others) => format!("{} workloads", others + 1),
        }
    }

    /// Whether it has pods that test it.
    pub(super) fn has_tests(&self) -> bool {
        self.templates.iter().any(|template| template.is_test)
    }

    /// Adds the variables that templates refer to.
    fn environment(&mut self) {
        for (name, required) in &self.uses.variables {
            let path = ["environment", name];
            if *required {
                let form = Form::OptionalText;
                let about = format!("The variable {name}, which is required.");
                self.values.add(&path, about, form, Tree::Null);
            } else {
                let none = Tree::Text(Text::new());
                let about = format!("The variable {name}.");
                self.values.add(&path, about, Form::Text, none);
            }
        }
    }

    /// Adds the secrets that templates refer to or are.
    fn secrets(&mut self) {
        let objects = self.templates.iter().map(|template| &template.object);
        let made = objects.filter(|object| object.kind == "Secret");
        let mut names: BTreeSet<&str> = self.uses.secrets.iter().map(String::as_str).collect();
        names.extend(made.map(|object| object.name.as_str()));
        let external = self.scope.project.has_external_secrets();
        let about = if external {
            "The Secrets, which have to be there before."
        } else {
            "The Secrets. Their values are made when the chart is installed, and kept. Where nobody can \
             look into the cluster, such as in `helm template`, name Secrets that exist."
        };
        self.values.group(&["secrets"], about);
        for name in names {
            let (default, about) = match self.scope.place_of("Secret", name) {
                _ if external => (name, "The Secret that exists."),
                Some(Place::Here) => (
                    "",
                    "A Secret that exists, in place of the one of the chart.",
                ),
                _ => (
                    "",
                    "A Secret that exists, in place of the one that another chart of the project makes.",
                ),
            };
            let path = ["secrets", name, "existingSecret"];
            let default = Tree::Text(default.into());
            self.values.add(&path, about, Form::Text, default);
            if let Some(keys) = self.uses.written.get(name) {
                let keys = keys.iter().cloned().collect();
                let about = "Its values by key, in place of those that are made.";
                let path = ["secrets", name, "values"];
                self.values.add(&path, about, Form::TextsOf(keys), empty());
            }
        }
    }

    /// Adds what provisioners let whoever installs the chart change.
    fn settings(&mut self) {
        for setting in &self.uses.settings {
            let path = ["resources", &*setting.object, "settings", &*setting.name];
            let form = match &setting.default {
                Value::Bool(_) => Form::Bool,
                Value::Number(number) if number.is_f64() => Form::Number,
                Value::Number(_) => Form::WholeNumber,
                _ => Form::Text,
            };
            let default = setting
                .default
                .map_text(&mut |text| Text::from(text.as_str()));
            let about = setting.description.clone();
            self.values.add(&path, about, form, default);
        }
    }
}

/// The objects of a chart by what they are parts of, in the order in which that comes first.
fn pieces<'a>(scope: &Scope<'a>, objects: Vec<Object>) -> Vec<Piece<'a>> {
    let project = scope.project;
    let components = &project.draft.app().components;
    let external = project.has_external_secrets();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        if external && object.kind == "Secret" {
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
            // A route is one object, and so is what is there by itself.
            (None, Some(route)) => (Of::Route(route), pieces.len()),
            (None, None) => (Of::Project, pieces.len()),
        };
        match pieces.get_mut(place) {
            Some(piece) => piece.objects.push(object),
            None => pieces.push(Piece {
                of,
                objects: vec![object],
            }),
        }
    }
    pieces
}

/// The values that every chart has, and the groups of others in the order in which they are written.
fn groups() -> Values {
    let mut values = Values::default();
    values.group(&["global"], "What all objects share.");
    values.open(&["global"]);
    let none = || Tree::Text(Text::new());
    let about = "The registry that all images are pulled from, in place of their own.";
    values.add(&["global", "imageRegistry"], about, Form::Text, none());
    let about = "The Secrets with the credentials of registries, by name.";
    let path = ["global", "imagePullSecrets"];
    values.add(&path, about, Form::Names, Tree::List(Vec::new()));
    let about = "What the names of all objects begin with. Without it they begin with nothing in a \
                 release that is called like the chart, and with the release and a hash in any other.";
    let prefix = Form::Pattern("^([a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?-)?$");
    values.add(&["global", "namePrefix"], about, prefix, Tree::Null);
    values.group(&["environment"], "Values of resources of type environment.");
    values.group(&["workloads"], "The workloads.");
    values.group(&["resources"], "What resources of the workloads run.");
    values.group(&["routes"], "The ways from outside to workloads.");
    values.group(&["secrets"], "");
    values
}
