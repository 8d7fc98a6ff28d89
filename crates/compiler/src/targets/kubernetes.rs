//! Kubernetes: renders an application as objects: a controller for each component with the objects
//! that it needs, and an object for each route.
//!
//! All names are derived from the application, so that rendering it again gives the same objects,
//! and another workload changes no existing object.
//!
//! There is no order between components, because Kubernetes has none: a pod is restarted until the
//! components it needs are available, and a failed job is retried. `emit` writes the documents.

mod advice;
mod annotations;
mod capabilities;
mod check;
mod dedup;
mod env;
mod existing;
mod external_secret;
mod fields;
mod files;
mod images;
mod lifecycle;
mod naming;
mod network;
mod object_field;
mod object_set;
mod objects;
mod options;
mod order;
mod origins;
mod patch;
mod patched_objects;
mod pod;
mod policies;
mod probes;
mod provenance;
mod raw;
mod reference;
mod release;
mod route;
mod secrets;
mod security;
#[cfg(test)]
mod tests;
mod timing;
mod volumes;
mod waves;
mod workload;
mod workload_options;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::{Code, Diagnostic};

pub use self::external_secret::{ExternalSecrets, StoreKind};
pub use self::options::{
    Gateway, Kubernetes, Layout, ObjectFormat, Profile, RouteKind, RouteOptions, SecretsMode,
};

use self::annotations::ANNOTATIONS;
use self::capabilities::CAPABILITIES;
pub(crate) use self::external_secret::is_external_secret;
pub use self::fields::FieldShape;
pub(crate) use self::fields::{Meaning, Shape};
pub(crate) use self::naming::hex;
use self::naming::{Controller, Naming};
pub(crate) use self::object_field::ObjectField;
pub(crate) use self::object_set::{Contexts, Head, ObjectSet};
pub(crate) use self::objects::Object;
use self::origins::{ORIGINS, SETTINGS};
pub(crate) use self::patch::{alternatives, patched_list};
pub(crate) use self::reference::{Open, OpenText, OpenTree};
pub(crate) use self::release::separate;
use self::workload_options::WorkloadOptions;
pub(crate) use self::write::path as file_name;
use self::write::{Files, Written};
use crate::input::Settings;
use crate::ir::{App, KindAnnotation, Ref, Sealed, Text};
use crate::targets::{
    Capability, FieldOrigin, Forms, Needs, OutputFile, OutputObject, Scale, SettingOrigin, Target,
    TargetOutput,
};

/// The kinds of objects that create the pods of a component.
pub(crate) const CONTROLLERS: [&str; 5] = Controller::NAMES;

/// The lists of containers of a pod. A container of a workload can be in either, depending on which
/// others wait for it, so a patch searches both for its name.
pub(crate) const CONTAINER_LISTS: [&str; 2] = ["containers", "initContainers"];

impl Target for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn needs(&self) -> Needs {
        Needs {
            platform: Some("kubernetes"),
            reads_environment: true,
            raises: &[Code::SpecLimitBelowRequest],
            annotations: ANNOTATIONS,
            kinds: Some(KindAnnotation {
                name: annotations::KIND,
                default: Controller::Deployment.name(),
                kinds: &Controller::NAMES,
            }),
            ..Needs::default()
        }
    }

    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
        self.output(app, Forms::FILES, found).files
    }

    fn objects(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        let output = self.output(app, Forms::OBJECTS, found);
        output.objects.unwrap_or_default()
    }

    /// To write the objects finds no further problems.
    fn output(&self, app: &App, forms: Forms, found: &mut Vec<Diagnostic>) -> TargetOutput {
        let app = separate(app, found);
        let object_set = ObjectSet::new(Naming::new(&app, self), found);
        let mut files = Files::new(self, &app);
        let mut objects = Vec::new();
        let each = |object: Object| {
            let object = filled(&object_set.naming, object);
            if !forms.files {
                return (None, forms.objects.then(|| kept(object)));
            }
            let copy = forms.objects.then(|| kept(object.clone()));
            (Some(Written::of(object, self)), copy)
        };
        let batches = object_set.batches(found);
        batches.each(found, &each, &mut |made| {
            for (written, copy) in made {
                files.extend(written);
                objects.extend(copy);
            }
        });
        TargetOutput {
            files: if forms.files {
                files.finish()
            } else {
                Vec::new()
            },
            objects: forms.objects.then_some(objects),
            charts: None,
        }
    }

    fn scales(&self, app: &App) -> BTreeMap<String, Scale> {
        scales(&Naming::new(app, self))
    }

    fn origins(&self) -> &'static [FieldOrigin] {
        ORIGINS
    }

    fn settings(&self) -> &'static [SettingOrigin] {
        SETTINGS
    }

    fn overrides(&self, setting: &[&str]) -> bool {
        let ["kubernetes", setting @ ..] = setting else {
            return false;
        };
        match setting {
            ["namespace"] => self.namespace.is_some(),
            ["generateNamespace"] => self.generate_namespace,
            ["profile"] => self.profile.is_some(),
            ["secrets"] => self.secrets.is_some() || self.external_secrets.is_some(),
            ["secrets", ..] => self.external_secrets.is_some(),
            ["waves"] => self.waves.is_some(),
            ["labels", name] => self.labels.contains_key(*name),
            ["routes", ..] => self.routes.is_some(),
            ["networkPolicies"] => self.network_policies.is_some(),
            _ => false,
        }
    }

    fn configured(
        &self,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn Target>> {
        Some(Box::new(self.with_section(settings, found)))
    }

    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn resolve(&self, app: &App, text: &Text) -> Text {
        addresses(app, self, text)
    }

    fn summary(&self) -> &'static str {
        "Kubernetes objects"
    }

    fn default_output(&self) -> &'static str {
        "manifests.yaml"
    }

    fn capabilities(&self) -> &'static [Capability] {
        CAPABILITIES
    }
}

/// The string with the host names, ports and defaults that the objects contain.
fn addresses(app: &App, options: &Kubernetes, text: &Text) -> Text {
    let naming = Naming::new(app, options);
    text.map(|reference| match reference {
        Ref::Host(_) | Ref::Port { .. } | Ref::Parameter(_) => {
            let plain = naming.filled(&Open::text(reference));
            plain.as_plain().unwrap_or_default().into()
        }
        Ref::Secret(_) | Ref::Env { .. } | Ref::Variable(_) | Ref::KeyRef(_) => {
            reference.clone().into()
        }
    })
}

/// The object with its references resolved; secrets remain sealed.
fn filled(naming: &Naming, mut object: Object) -> Object<Sealed> {
    let tree = std::mem::replace(&mut object.tree, OpenTree::Null);
    let tree = naming.fill(tree, &object.field());
    object.with_tree(tree)
}

/// An object with its references resolved, for a caller.
pub(crate) fn output_object(object_set: &ObjectSet, object: Object) -> OutputObject {
    kept(filled(&object_set.naming, object))
}

/// An object for a caller.
fn kept(object: Object<Sealed>) -> OutputObject {
    OutputObject {
        api_version: object.api_version,
        kind: object.kind,
        namespace: object.namespace,
        name: object.name,
        workload: object.owner.workload,
        resource: object.owner.resource,
        component: object.owner.component,
        container: None,
        place: object.owner.place,
        tree: Arc::new(object.tree),
    }
}

/// The scales of all components, by name.
fn scales(naming: &Naming) -> BTreeMap<String, Scale> {
    let components = naming.app.components.values();
    let scales = components.map(|component| {
        let controller = naming.controller(component);
        let options = WorkloadOptions::read(component, controller, &mut Vec::new());
        (component.name.clone(), options.scale(controller))
    });
    scales.collect()
}
