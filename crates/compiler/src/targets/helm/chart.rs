//! A chart of a project: collects its templates and values, and returns its files.

use std::collections::BTreeSet;

use score_spec::Value;

use super::component::Part;
use super::edit::empty;
use super::files;
use super::listing::Listing;
use super::references::Uses;
use super::scope::{Place, Scope};
use super::template::{Made, Template};
use super::values::{Form, Plain, Values};
use crate::ir::{Parameter, Text};
use crate::targets::kubernetes::file_name;
use crate::targets::{OutputContent, OutputFile};

pub(super) struct Chart<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) uses: Uses,
    /// Whether it has HTTP routes.
    pub(super) has_routes: bool,
    /// Whether it contains the namespace that it is installed into.
    pub(super) has_namespace: bool,
    /// Whether it contains pods that test it.
    pub(super) has_tests: bool,
    listing: Listing,
    /// Names of the `Secret`s in the chart.
    secrets: BTreeSet<String>,
    /// The template files.
    templates: Vec<OutputFile>,
    /// The names of the template files.
    taken: BTreeSet<String>,
}

impl<'a> Chart<'a> {
    /// A chart without objects.
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        let mut listing = Listing::default();
        listing.add(groups());
        Self {
            scope,
            uses: Uses::default(),
            has_routes: false,
            has_namespace: false,
            has_tests: false,
            listing,
            secrets: BTreeSet::new(),
            templates: Vec::new(),
            taken: BTreeSet::new(),
        }
    }

    /// Adds the templates and values of a piece.
    pub(super) fn add(&mut self, made: Made) {
        self.listing.add(made.values);
        self.uses.merge(made.uses);
        for template in made.templates {
            self.template(template);
        }
    }

    fn template(&mut self, template: Template) {
        let Template { object, text, .. } = template;
        self.has_tests |= template.is_test;
        self.has_routes |= object.owner.route.is_some();
        let namespace = self.scope.project.options.objects.namespace.as_ref();
        self.has_namespace |= object.kind == "Namespace" && namespace == Some(&object.name);
        let name = if template.is_test {
            format!("tests/{}.yaml", object.name)
        } else {
            file_name(&object, "yaml", &mut self.taken)
        };
        self.templates.push(file(format!("templates/{name}"), text));
        if object.is_secret() {
            self.secrets.insert(object.name);
        }
    }

    /// The files of the chart, in this folder.
    pub(super) fn files(mut self, folder: &str) -> Vec<OutputFile> {
        let mut values = Values::default();
        self.environment(&mut values);
        self.secrets(&mut values);
        for object in self.scope.settings_alone() {
            for setting in self.scope.settings(object) {
                add_setting(&mut values, setting);
            }
        }
        self.listing.add(values);
        let listing = std::mem::take(&mut self.listing);
        let around = files::around(&self, listing).into_iter();
        let around = around.map(|(path, text)| file(path, text));
        let mut files: Vec<OutputFile> = around.chain(self.templates).collect();
        if !folder.is_empty() {
            for path in files.iter_mut().filter_map(|file| file.path.as_mut()) {
                path.insert_str(0, folder);
            }
        }
        files
    }

    /// The description of the chart, in one sentence.
    pub(super) fn description(&self) -> String {
        let given = &self.scope.project.options.description;
        if let Some(given) = given {
            return given.clone();
        }
        let workloads: Vec<&str> = self.scope.workloads().collect();
        match workloads.as_slice() {
            [] => "Shared objects of the workloads".to_owned(),
            [only] => format!("The workload {only}"),
            [first, second] => format!("The workloads {first} and {second}"),
            [first, second, others @ ..] => {
                let others = others.len();
                format!("The workloads {first}, {second} and {others} more")
            }
        }
    }

    /// Adds the values for the environment variables that templates refer to.
    fn environment(&self, values: &mut Values) {
        for (name, required) in &self.uses.variables {
            let path = ["environment", name];
            if *required {
                let form = Form::OptionalText;
                let about = format!("Environment variable {name} (required).");
                values.add(&path, about, form, Plain::Null);
            } else {
                let none = Plain::Text(Text::new());
                let about = format!("Environment variable {name}.");
                values.add(&path, about, Form::Text, none);
            }
        }
    }

    /// Adds the values for the secrets that templates contain or refer to.
    fn secrets(&self, values: &mut Values) {
        let names: BTreeSet<&String> = self.uses.secrets.union(&self.secrets).collect();
        let external = self.scope.project.has_external_secrets();
        let about = if external {
            "Existing Secrets, which must be created before the installation."
        } else {
            "The Secrets. Their values are generated when the chart is installed, and kept when it \
             is upgraded. If the cluster cannot be accessed, for example with `helm template`, use \
             existing Secrets."
        };
        values.group(&["secrets"], about);
        for name in names {
            let (default, about) = match self.scope.place_of("Secret", name) {
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
    values.add(&path, about, form, default);
}

fn file(path: String, text: String) -> OutputFile {
    OutputFile {
        path: Some(path),
        content: OutputContent::Text(text.into()),
        mode: 0o644,
        is_path_hidden: false,
    }
}

/// The values that every chart has, and the other groups in the order in which they are written.
fn groups() -> Values {
    let mut values = Values::default();
    values.group(&["global"], "Settings for all objects.");
    values.open(&["global"]);
    let none = || Plain::Text(Text::new());
    let about = "Registry of all images; overrides their own registries.";
    values.add(&["global", "imageRegistry"], about, Form::Text, none());
    let about = "Names of Secrets with registry credentials.";
    let path = ["global", "imagePullSecrets"];
    values.add(&path, about, Form::Names, Plain::List(Vec::new()));
    let about = "Prefix of all object names. By default, a release that is named after the chart \
     has no prefix, and any other release has its name and a hash.";
    let prefix = Form::Pattern("^([a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?-)?$");
    values.add(&["global", "namePrefix"], about, prefix, Plain::Null);
    values.group(&["environment"], "Values of resources of type environment.");
    values.group(&["workloads"], "The workloads.");
    values.group(&["resources"], "Components of resources.");
    values.group(&["routes"], "HTTP routes.");
    values.group(&["secrets"], "");
    values
}
