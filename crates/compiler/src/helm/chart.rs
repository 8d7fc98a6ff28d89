//! One chart of a project: which objects it installs, its values, and its files.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::Value;

use super::component::{Part, empty};
use super::files;
use super::scope::Scope;
use super::template::Making;
use super::values::{Form, Values};
use crate::kubernetes::{Draft, Object};
use crate::{Origin, OutputContent, OutputFile, SecretsMode, Segment, Text, Tree};

/// A chart.
pub(super) struct Chart<'a> {
    /// Its name.
    pub(super) name: String,
    /// The folder that it lies in, below that of the output.
    pub(super) folder: Option<String>,
    /// The project.
    pub(super) draft: &'a Draft<'a>,
    /// What it installs.
    pub(super) objects: Vec<&'a Object>,
}

impl<'a> Chart<'a> {
    /// What it is, in a sentence.
    pub(super) fn description(&self) -> String {
        let given = self.draft.options().helm.description.clone();
        given.unwrap_or_else(|| {
            let components = self
                .objects
                .iter()
                .filter_map(|it| it.owner.component.as_ref());
            let app = self.draft.app();
            let workloads: BTreeSet<&String> = components
                .filter(|name| {
                    let component = app.components.get(*name);
                    component.is_some_and(|it| matches!(it.origin, Origin::Workload(_)))
                })
                .collect();
            match workloads.len() {
                0 => "What the workloads of a project share".to_owned(),
                1 => format!(
                    "The workload {}",
                    workloads.iter().map(|it| it.as_str()).collect::<String>()
                ),
                count => format!("{count} workloads"),
            }
        })
    }

    /// The files of the chart. `others` are the names of what other charts of the project install.
    pub(super) fn files(&self, others: &BTreeSet<String>) -> Vec<OutputFile> {
        let external = self.draft.options().kubernetes.secrets == SecretsMode::External;
        let mut making = Making {
            draft: self.draft,
            scope: self.scope(others),
            values: groups(),
            templates: Vec::new(),
            taken: BTreeSet::new(),
        };
        environment(&mut making.values, &self.objects);
        let made = self.objects.iter();
        let made: Vec<&Object> = made
            .filter(|object| object.kind != "Secret" || !external)
            .copied()
            .collect();
        making.objects(&made);
        secrets(&mut making.values, &making.scope, &made, external);
        settings(&mut making.values, &making.scope);
        let mut files = files::around(self, &making);
        let templates = making.templates.into_iter();
        files.extend(templates.map(|it| (format!("templates/{}", it.file), it.text)));
        let files = files.into_iter().map(|(path, text)| OutputFile {
            path: Some(match &self.folder {
                Some(folder) => format!("{folder}/{path}"),
                None => path,
            }),
            content: OutputContent::Text(text.into()),
            mode: 0o644,
        });
        files.collect()
    }

    fn scope(&'a self, others: &BTreeSet<String>) -> Scope<'a> {
        let app = self.draft.app();
        let own = names(&self.objects);
        let mut components = BTreeMap::new();
        for object in &self.objects {
            let name = object.owner.component.as_ref();
            if let Some(component) = name.and_then(|name| app.components.get(name)) {
                components.insert(component.name.clone(), Part::of(component).group);
            }
        }
        let mut of_resources = BTreeMap::new();
        for object in &self.objects {
            if object.owner.component.is_none() && object.owner.route.is_none() {
                let name = object.name.clone();
                *of_resources.entry(name).or_insert(true) &= object.kind == "Secret";
            }
        }
        let secrets = self.draft.objects.iter();
        let secrets = secrets.filter(|object| object.kind == "Secret");
        Scope {
            chart: &self.name,
            draft: self.draft,
            peers: others.difference(&own).cloned().collect(),
            own,
            components,
            of_resources,
            secrets: secrets.map(|object| object.name.clone()).collect(),
            used: BTreeSet::new(),
            settings: Vec::new(),
            written: BTreeMap::new(),
        }
    }
}

/// The names of objects, and of the components that they are parts of.
pub(super) fn names(objects: &[&Object]) -> BTreeSet<String> {
    let names = objects.iter().flat_map(|object| {
        let component = object.owner.component.clone();
        component.into_iter().chain([object.name.clone()])
    });
    names.collect()
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
    values.group(
        &["secrets"],
        "The Secrets. Their values are made when the chart is installed, and kept. Where nobody can \
         look into the cluster, such as in `helm template`, name Secrets that exist.",
    );
    values
}

/// Adds the variables that objects refer to.
fn environment(values: &mut Values, objects: &[&Object]) {
    let mut variables = BTreeMap::new();
    for object in objects {
        object.tree.each_text(&mut |text| {
            for segment in text.segments() {
                if let Segment::Env { name, required } = segment {
                    *variables.entry(name.as_str()).or_default() |= *required;
                }
            }
        });
    }
    for (name, required) in variables {
        let path = ["environment", name];
        if required {
            values.add(&path, "Required.", Form::OptionalText, Tree::Null);
        } else {
            values.add(&path, "Optional.", Form::Text, Tree::Text(Text::new()));
        }
    }
}

/// Adds what provisioners let whoever installs the chart change.
fn settings(values: &mut Values, scope: &Scope) {
    for setting in &scope.settings {
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
        values.add(&path, &setting.description, form, default);
    }
}

/// Adds the secrets that objects refer to or are.
fn secrets(values: &mut Values, scope: &Scope, objects: &[&Object], external: bool) {
    let made = objects.iter().filter(|object| object.kind == "Secret");
    let mut names: BTreeSet<&str> = scope.used.iter().map(String::as_str).collect();
    names.extend(made.map(|object| object.name.as_str()));
    for name in names {
        let default = if external { name } else { "" };
        let about = "A Secret that exists, in place of the one of the chart.";
        let path = ["secrets", name, "existingSecret"];
        values.add(&path, about, Form::Text, Tree::Text(default.into()));
        if let Some(keys) = scope.written.get(name) {
            let keys = keys.iter().cloned().collect();
            let about = "Its values by key, in place of those that are made.";
            let path = ["secrets", name, "values"];
            values.add(&path, about, Form::TextsOf(keys), empty());
        }
    }
}
