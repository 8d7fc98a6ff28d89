//! The origin of a field of the output: the places in Score files, provisioners and settings that decide its value. It
//! is looked up when it is needed, in what other passes have left; nothing is recorded for it.

mod fields;
mod parts;
mod path;
mod provisioners;
mod references;
mod settings;
mod trail;
mod uses;

use score_spec::{Sources, Span};

pub use self::path::{FieldPath, UnknownField};
use self::trail::{Leaf, Trail};
pub(crate) use self::uses::{is_entry, uses};
use crate::graph::{Project, Resource};
use crate::input::Settings;
use crate::input::options::{BuildOption, ImageOption};
use crate::ir::App;
use crate::targets::{OutputObject, Target};

/// A step from a field of the output back to a place that decides its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginStep {
    /// The kind of step.
    pub role: OriginRole,
    /// The location; absent for what score-rs itself makes.
    pub span: Option<Span>,
    /// The field, resource or provisioner.
    pub about: String,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginRole {
    /// The value is written in a Score file.
    Written,
    /// A later layer has set the value: an environment, a file beside the Score file, an option.
    Overlaid,
    /// The value is a default of the settings.
    Defaulted,
    /// A setting of the project or of an environment decides the value, or an option in its place.
    Set,
    /// The value refers to an output of a resource, which is declared here.
    Referred,
    /// A provisioner has set the value.
    Answered,
    /// A provisioner has changed the object.
    Patched,
    /// The resource of the provisioner is declared here.
    Declared,
    /// The provisioner was chosen because of this setting.
    Chosen,
    /// score-rs makes the value itself.
    Made,
}

impl OriginRole {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Overlaid => "overlaid",
            Self::Defaulted => "defaulted",
            Self::Set => "set",
            Self::Referred => "referred",
            Self::Answered => "answered",
            Self::Patched => "patched",
            Self::Declared => "declared",
            Self::Chosen => "chosen",
            Self::Made => "made",
        }
    }
}

/// The results of a compilation in which origins are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Tracer<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) images: &'a [ImageOption],
    pub(crate) builds: &'a [BuildOption],
    pub(crate) sources: &'a Sources,
    pub(crate) project: &'a Project,
    pub(crate) app: &'a App,
    /// The target with the options of the project.
    pub(crate) target: &'a dyn Target,
    /// The target with only the options of the run.
    pub(crate) options: &'a dyn Target,
}

impl<'a> Tracer<'a> {
    /// The steps from the field of an object with this path, nearest first; never empty. Items of lists are selected by
    /// index or name.
    pub(crate) fn steps(self, object: &'a OutputObject, path: &[&'a str]) -> Vec<OriginStep> {
        let leaf = Leaf::of(object, path);
        let mut trail = Trail::new(self, leaf);
        trail.made();
        trail.raw();
        trail.patches();
        let before = trail.count();
        trail.written();
        let is_written = trail.count() > before;
        trail.of_target();
        trail.settings(is_written);
        let resource = object.resource.as_deref();
        if let Some(uid) = resource {
            trail.resource(uid);
        }
        trail.finish()
    }

    /// The steps of a resource: where it is declared, its provisioner, and why that was chosen.
    pub(crate) fn resource(self, resource: &'a Resource) -> Vec<OriginStep> {
        let mut steps = Vec::new();
        for (workload, name, span) in self.project.declarations(&resource.uid) {
            let about = match workload.name.value.as_str() {
                "" => format!("resources.{name} of the project"),
                of => format!("resources.{name} of `{of}`"),
            };
            steps.push(step(OriginRole::Declared, span, about));
        }
        if steps.is_empty() {
            let about = "required by another resource";
            steps.push(step(OriginRole::Declared, resource.span, about));
        }
        let about = format!("the provisioner of `{}`", resource.uid);
        let provisioner = resource.provisioner.span;
        steps.push(step(OriginRole::Answered, provisioner, about));
        steps.extend(self.chosen(resource));
        steps
    }

    /// The setting because of which a provisioner was chosen.
    fn chosen(self, resource: &Resource) -> Option<OriginStep> {
        let file = &resource.provisioner.file;
        let mut sources = self.settings.provisioners.iter();
        let source = sources.find(|source| {
            let name = source.package().unwrap_or(&source.from.value);
            is_below(file, name)
        })?;
        let about = format!(
            "`{}` has the provisioner of `{}`",
            source.from, resource.uid
        );
        let place = source.from.span;
        let document = self.settings.document();
        let mut items = document
            .map_or(&[][..], |it| it.items_at("provisioners"))
            .iter();
        let item = items.find(|item| item.span.contains(place));
        let place = item.map_or(place, |item| item.span);
        Some(step(OriginRole::Chosen, place, about))
    }
}

fn step(role: OriginRole, span: Span, about: impl Into<String>) -> OriginStep {
    OriginStep {
        role,
        span: Some(span),
        about: about.into(),
    }
}

/// Whether a path is that of a file or folder, or below it.
fn is_below(path: &str, folder: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !["", "."].contains(part));
        parts.map(str::to_owned).collect()
    };
    let (path, folder) = (parts(path), parts(folder));
    !folder.is_empty() && path.windows(folder.len()).any(|window| window == folder)
}
