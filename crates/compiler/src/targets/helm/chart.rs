//! A chart of a project: collects its templates and values.

use std::collections::BTreeSet;

use score_spec::Value;

use super::common::{OWN_PREFIX, SELECTORS};
use super::component::Part;
use super::edit::empty;
use super::facts::{Facts, Feature};
use super::files;
use super::listing::Listing;
use super::references::Uses;
use super::route::has_hosts;
use super::scope::{Place, Project, Scope, setting_default};
use super::template::{Made, Template};
use super::values::{Form, Plain, Values};
use crate::ir::{Parameter, Text};
use crate::targets::kubernetes::file_name;
use crate::targets::{OutputContent, OutputFile};

/// A chart to which objects are added.
pub(super) struct Chart<'a, C> {
    scope: &'a Scope<'a>,
    uses: Uses,
    facts: Facts,
    values: C,
    /// Names of the `Secret`s in the chart.
    secrets: BTreeSet<String>,
    /// The paths and contents of the templates.
    templates: Vec<(String, String)>,
    /// The names of the template files.
    taken: BTreeSet<String>,
}

/// A chart with all its objects.
#[derive(Debug)]
pub(super) struct Complete<C> {
    pub(super) facts: Facts,
    pub(super) values: C,
    /// The paths and contents of the templates.
    pub(super) templates: Vec<(String, String)>,
}

/// A collection of the values of a chart.
pub(super) trait Collect: Default {
    /// Appends values. If a group already has an entry with the same name, that entry is kept.
    fn add(&mut self, values: Values);
}

impl<'a, C: Collect> Chart<'a, C> {
    /// A chart without objects, in this folder.
    pub(super) fn new(scope: &'a Scope<'a>, folder: String) -> Self {
        let mut values = C::default();
        values.add(groups(scope.project));
        Self {
            scope,
            uses: Uses::default(),
            facts: Facts::of(scope, folder),
            values,
            secrets: BTreeSet::new(),
            templates: Vec::new(),
            taken: BTreeSet::new(),
        }
    }

    /// Adds the templates and values of a piece.
    pub(super) fn add(&mut self, made: Made) {
        self.values.add(made.values);
        self.uses.merge(made.uses);
        for template in made.templates {
            self.template(template);
        }
    }

    fn template(&mut self, template: Template) {
        let Template { object, text, .. } = template;
        let namespace = self.scope.project.options.objects.namespace.as_ref();
        let is_namespace = object.kind == "Namespace" && namespace == Some(&object.name);
        let facts = &mut self.facts;
        facts.add(Feature::Namespace, is_namespace);
        facts.add(Feature::Tests, template.is_test);
        let route = object.owner.route.as_ref();
        facts.add(Feature::Routes, route.is_some());
        let route = route.and_then(|name| self.scope.project.route(name));
        facts.add(Feature::Hosts, route.is_some_and(has_hosts));
        let options = self.scope.project.options.objects.route_options();
        let issued = route.and_then(|route| options.issued_secret(route));
        facts.add(Feature::IssuedCertificates, issued.is_some());
        let name = if template.is_test {
            format!("tests/{}.yaml", object.name)
        } else {
            file_name(&object, None, "yaml", &mut self.taken)
        };
        self.templates.push((format!("templates/{name}"), text));
        if object.is_secret() {
            self.secrets.insert(object.name);
        }
    }

    /// The chart with the values that depend on all objects.
    pub(super) fn complete(mut self) -> Complete<C> {
        let mut values = Values::default();
        self.environment(&mut values);
        self.secrets(&mut values);
        let is_shared = self.scope.project.options.per_workload;
        for object in self.scope.settings_alone() {
            if is_shared {
                // The chart with its component has further values for it.
                values.open(&[Part::RESOURCES, object]);
            }
            for setting in self.scope.settings(object) {
                add_setting(&mut values, setting);
            }
        }
        self.values.add(values);
        let project = self.scope.project;
        let feature = match (project.has_secret_store(), project.has_external_secrets()) {
            (true, _) => Feature::StoredSecrets,
            (false, true) => Feature::ExternalSecrets,
            (false, false) => Feature::OwnSecrets,
        };
        self.facts.add(feature, !self.uses.secrets.is_empty());
        self.facts.named_templates = self.uses.templates;
        Complete {
            facts: self.facts,
            values: self.values,
            templates: self.templates,
        }
    }

    /// Adds the values for the environment variables that templates refer to.
    fn environment(&self, values: &mut Values) {
        for (name, required) in &self.uses.variables {
            let path = ["environment", name];
            let default = self.scope.project.variable(name, *required);
            if *required {
                let form = Form::OptionalText;
                let about = format!("Environment variable {name} (required).");
                values.add(&path, about, form, default);
            } else {
                let about = format!("Environment variable {name}.");
                values.add(&path, about, Form::Text, default);
            }
        }
    }

    /// Adds the values for the secrets that templates contain or refer to.
    fn secrets(&self, values: &mut Values) {
        let names: BTreeSet<&String> = self.uses.secrets.union(&self.secrets).collect();
        let external = self.scope.project.has_external_secrets();
        let about = if external {
            "Existing Secrets, which must be created before the installation."
        } else if self.scope.project.has_secret_store() {
            "The Secrets, which the operator External Secrets creates from a store."
        } else {
            "The Secrets. Their values are generated when the chart is installed, and kept when it \
             is upgraded. If the cluster cannot be accessed, for example with `helm template`, use \
             existing Secrets."
        };
        values.group(&["secrets"], about);
        for name in names {
            let place = self.scope.place_of("Secret", name);
            let (default, about) = match place {
                _ if external => (name.as_str(), "Name of the existing Secret."),
                Some(Place::Here) => (
                    "",
                    "Name of an existing Secret to use instead of the Secret of this chart.",
                ),
                _ => (
                    "",
                    "Name of an existing Secret to use instead of the Secret of another chart of the project.",
                ),
            };
            if place != Some(Place::Here) && self.scope.project.options.per_workload {
                // The chart with the Secret has further values for it.
                values.open(&["secrets", name]);
            }
            let path = ["secrets", name, "existingSecret"];
            let default = Plain::Text(default.into());
            values.add(&path, about, Form::Text, default);
            if let Some(keys) = self.uses.written.get(name) {
                let keys = keys.iter().cloned().collect();
                let about = "Values by key, instead of the generated ones.";
                let path = ["secrets", name, "values"];
                values.add(&path, about, Form::TextsOf(keys), empty());
            }
        }
    }
}

/// Adds the value for a parameter that a provisioner declares.
pub(super) fn add_setting(values: &mut Values, setting: &Parameter) {
    let path = [
        Part::RESOURCES,
        &*setting.object,
        "settings",
        &*setting.name,
    ];
    let default = setting_default(setting);
    let form = match &default {
        Value::Bool(_) => Form::Bool,
        Value::Number(number) if number.is_f64() => Form::Number,
        Value::Number(_) => Form::WholeNumber,
        _ => Form::Text,
    };
    let default = default.map_text(&mut |text| Text::from(text.as_str()));
    let about = setting.description.clone();
    values.add(&path, about, form, default);
}

impl Complete<Listing> {
    /// The files of the chart.
    pub(super) fn files(self) -> Vec<OutputFile> {
        let around = files::around(&self.facts, self.values).into_iter();
        files_in(&self.facts.folder, around.chain(self.templates))
    }
}

/// Files of a chart in its folder, which is empty or ends with `/`.
pub(super) fn files_in(
    folder: &str,
    files: impl Iterator<Item = (String, String)>,
) -> Vec<OutputFile> {
    let files = files.map(|(mut path, text)| {
        path.insert_str(0, folder);
        OutputFile {
            path: Some(path),
            content: OutputContent::Text(text.into()),
            mode: 0o644,
            is_path_hidden: false,
        }
    });
    files.collect()
}

/// The values that every chart has, and the other groups in the order in which they are written.
fn groups(project: &Project) -> Values {
    let mut values = Values::default();
    values.group(&["global"], "Settings for all objects.");
    values.open(&["global"]);
    let none = || Plain::Text(Text::new());
    let about = "Registry of all images; overrides their own registries.";
    values.add(&["global", "imageRegistry"], about, Form::Text, none());
    let about = "Names of Secrets with registry credentials.";
    let path = ["global", "imagePullSecrets"];
    values.add(&path, about, Form::Names, Plain::List(Vec::new()));
    let about = "Prefix of all object names. If null, they start with the release name, unless the \
     release is named after the chart.";
    let prefix = Form::Pattern("^([a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?-)?$");
    values.add(&["global", "namePrefix"], about, prefix, Plain::Null);
    if let Some(labels) = &project.common_labels {
        let labels = labels.iter();
        let labels = labels.map(|(name, label)| (name.clone(), Plain::Text(label.as_str().into())));
        let about = "Labels of all objects, except pods.";
        let form = Form::Texts(SELECTORS.map(str::to_owned).to_vec());
        values.add(&["global", "labels"], about, form, labels.collect());
    }
    let about = "Name to use instead of the release name in object names.";
    let form = Form::Pattern("^([a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?)?$");
    values.add(&["fullnameOverride"], about, form, none());
    let about = "Labels of all objects and pods, except the pods of Jobs, which cannot be changed.";
    let form = Form::Texts(project.fixed_labels.clone());
    values.add(&["commonLabels"], about, form, empty());
    let form = Form::TextsWithout(OWN_PREFIX);
    values.add(
        &["commonAnnotations"],
        "Annotations of all objects.",
        form,
        empty(),
    );
    for (name, about) in [
        ("environment", "Values of resources of type environment."),
        ("workloads", "The workloads."),
        ("resources", "Components of resources."),
        ("routes", "HTTP routes."),
        ("secrets", ""),
        ("tests", ""),
    ] {
        values.group(&[name], about);
        if project.options.per_workload {
            // A file with the values of all charts of the project is valid for each of them.
            values.open(&[name]);
        }
    }
    values
}
