//! Descriptions of a compiled project for other programs: its model, its objects, and the origins of their fields.

use std::sync::Arc;

use score_spec::diagnostic::any_error;
use score_spec::{Map, Node};

use super::{Compiled, Rendered, read};
use crate::model::{Described, Model};
use crate::origin::{OriginStep, Tracer, is_entry, uses};
use crate::targets::{OutputObject, Target};

/// A project as other programs see it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Description {
    /// Its description.
    pub model: Model,
    /// The objects of the output.
    pub objects: Vec<OutputObject>,
}

/// A target with the options of a project, if it has any.
enum Configured<'t> {
    Own(Box<dyn Target>),
    As(&'t dyn Target),
}

impl Configured<'_> {
    fn get(&self) -> &dyn Target {
        match self {
            Self::Own(target) => &**target,
            Self::As(target) => *target,
        }
    }
}

impl Compiled<'_> {
    /// The description of a project that was rendered for a target, with the [objects](Rendered::objects) of the
    /// rendering, which are taken out of it.
    pub fn describe(&self, rendered: &mut Rendered, target: Option<&dyn Target>) -> Description {
        let objects = rendered.objects.take().unwrap_or_default();
        let target = target.map(|target| self.configured(target));
        let model = Model::of(Described {
            settings: &self.compiler.settings,
            project: &rendered.project,
            resolved: &rendered.resolved,
            app: &rendered.app,
            target: target.as_ref().map(Configured::get),
            objects: &objects,
            has_external_values: rendered.has_external_values,
        });
        Description { model, objects }
    }

    /// The parts of the output besides objects: the [entries](Target::entries) of the target. None if there are errors.
    pub fn entries(&self, rendered: &Rendered, target: &dyn Target) -> Vec<OutputObject> {
        if any_error(&rendered.diagnostics) {
            return Vec::new();
        }
        // A rendering reports the diagnostics.
        let target = self.configured(target);
        target.get().entries(&rendered.app, &mut Vec::new())
    }

    /// The documents of the workloads of a project that was rendered, as they take effect: after all overlays, with the
    /// defaults of the settings and with the images that containers get.
    pub fn effective_documents(&self, rendered: &Rendered) -> Map<Arc<Node>> {
        read::effective_documents(&self.compiler.settings, &rendered.project, &rendered.app)
    }

    /// The origin of a field of an object: the places that decide its value, nearest first; never empty. Items of
    /// lists in the path are selected by index or name.
    pub fn origin(
        &self,
        rendered: &Rendered,
        target: &dyn Target,
        object: &OutputObject,
        path: &[&str],
    ) -> Vec<OriginStep> {
        let configured = self.configured(target);
        let tracer = self.tracer(rendered, target, configured.get());
        let mut steps = tracer.steps(object, path);
        if is_entry(object) {
            // The services that use an entry decide its contents.
            let services = configured.get().objects(&rendered.app, &mut Vec::new());
            for service in &services {
                for path in uses(service, object) {
                    let path: Vec<&str> = path.iter().map(String::as_str).collect();
                    steps.extend(tracer.steps(service, &path));
                }
            }
            let mut seen = Vec::new();
            steps.retain(|step| {
                let is_new = !seen.contains(step);
                seen.push(step.clone());
                is_new
            });
            if steps.iter().any(|step| step.span.is_some()) {
                steps.retain(|step| step.span.is_some());
            }
        }
        steps
    }

    /// The origin of a resource: where it is declared, its provisioner, and why that was chosen. Empty for an unknown
    /// uid.
    pub fn origin_of_resource(
        &self,
        rendered: &Rendered,
        target: &dyn Target,
        uid: &str,
    ) -> Vec<OriginStep> {
        let configured = self.configured(target);
        let tracer = self.tracer(rendered, target, configured.get());
        let resource = rendered.project.resources.get(uid);
        resource.map_or_else(Vec::new, |resource| tracer.resource(resource))
    }

    /// A tracer for a target as it was given, and with the options of the project.
    fn tracer<'t>(
        &'t self,
        rendered: &'t Rendered,
        options: &'t dyn Target,
        target: &'t dyn Target,
    ) -> Tracer<'t> {
        Tracer {
            settings: &self.compiler.settings,
            images: &self.chosen.images,
            builds: &self.chosen.builds,
            options,
            sources: &rendered.sources,
            project: &rendered.project,
            app: &rendered.app,
            target,
        }
    }

    /// A target with the options of the project.
    fn configured<'t>(&self, target: &'t dyn Target) -> Configured<'t> {
        // A rendering reports the diagnostics.
        match target.configured(&self.compiler.settings, &mut Vec::new()) {
            Some(configured) => Configured::Own(configured),
            None => Configured::As(target),
        }
    }
}
