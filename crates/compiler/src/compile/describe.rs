//! Descriptions of a compiled project for other programs: its model, its objects, and the origins of their fields.

use std::sync::Arc;

use score_spec::{Map, Node};

use super::{Compiled, Rendered, read};
use crate::model::{Described, Model};
use crate::origin::{OriginStep, Tracer};
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
        let target = self.configured(target);
        let tracer = self.tracer(rendered, target.get());
        tracer.steps(object, path)
    }

    /// The origin of a resource: where it is declared, its provisioner, and why that was chosen. Empty for an unknown
    /// uid.
    pub fn origin_of_resource(
        &self,
        rendered: &Rendered,
        target: &dyn Target,
        uid: &str,
    ) -> Vec<OriginStep> {
        let target = self.configured(target);
        let tracer = self.tracer(rendered, target.get());
        let resource = rendered.project.resources.get(uid);
        resource.map_or_else(Vec::new, |resource| tracer.resource(resource))
    }

    fn tracer<'t>(&'t self, rendered: &'t Rendered, target: &'t dyn Target) -> Tracer<'t> {
        Tracer {
            settings: &self.compiler.settings,
            images: &self.chosen.images,
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
