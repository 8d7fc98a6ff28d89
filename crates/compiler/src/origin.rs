//! The origin of a field of the output: the places in Score files, provisioners and settings that decide its value. It
//! is looked up when it is needed, in what other passes have left; nothing is recorded for it.

mod path;

use score_spec::template::{Grammar, Root, Template};
use score_spec::{Node, Quantities, Quantity, Sources, Span, Spanned, Valid, Workload};

pub use self::path::{FieldPath, UnknownField};
use self::path::{found, is_named_after, named, normal, place_in};
use crate::graph::{Project, Resource};
use crate::input::Settings;
use crate::input::options::ImageOption;
use crate::ir::{ALL_CONTAINERS, App, Component, Origin, Raw};
use crate::provisioner::expression::Patterns;
use crate::resolve::functions::name_of;
use crate::targets::{OutputObject, Target};

/// The kinds of the objects of routes.
const IS_ROUTED: [&str; 3] = ["HTTPRoute", "GRPCRoute", "Ingress"];

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
    pub(crate) sources: &'a Sources,
    pub(crate) project: &'a Project,
    pub(crate) app: &'a App,
    /// The target with the options of the project.
    pub(crate) target: &'a dyn Target,
}

impl Tracer<'_> {
    /// The steps from the field of an object with this path, nearest first; never empty. Items of lists are selected by
    /// index or name.
    pub(crate) fn steps(&self, object: &OutputObject, path: &[&str]) -> Vec<OriginStep> {
        let mut steps = Vec::new();
        let named = named(&object.tree, path);
        let resource = object.resource.as_deref();
        let resource = resource.and_then(|uid| self.project.resources.get(uid));
        let component = object.component.as_deref();
        let component = component.and_then(|name| self.app.components.get(name));
        // The settings of a workload also decide how its routes are written.
        let of_workload = object
            .workload
            .as_deref()
            .filter(|_| IS_ROUTED.contains(&object.kind.as_str()));
        let of_workload = of_workload.and_then(|name| self.app.components.get(name));
        if let (Some(raw), Some(resource)) = (self.raw(object), resource) {
            let about = format!("an object of the provisioner of `{}`", resource.uid);
            steps.push(step(OriginRole::Answered, raw.place(path), about));
        }
        if let Some(component) = component {
            let fields = self.fields(object, &named);
            steps.extend(self.patches(object, component, &named));
            steps.extend(self.field(component, &fields));
        } else if let Some(component) = of_workload {
            let fields = self.fields(object, &named);
            steps.extend(self.field(component, &fields));
        }
        if let Some(resource) = resource {
            steps.extend(self.of_resource(resource));
        }
        steps.extend(self.name_of_workload(object, &named, &steps));
        if steps.is_empty() {
            steps.push(OriginStep {
                role: OriginRole::Made,
                span: None,
                about: "made by score-rs".to_owned(),
            });
        }
        steps
    }

    /// The steps of a resource: where it is declared, its provisioner, and why that was chosen.
    pub(crate) fn resource(&self, resource: &Resource) -> Vec<OriginStep> {
        let of_project = self.project.of_project.iter().map(|it| &**it);
        let workloads = self.project.workloads.values().map(|it| &***it);
        let mut steps = Vec::new();
        for workload in of_project.chain(workloads) {
            for (name, declared) in &workload.resources {
                if Project::uid(workload, name).as_deref() == Some(&resource.uid) {
                    let about = match workload.name.value.as_str() {
                        "" => format!("resources.{name} of the project"),
                        of => format!("resources.{name} of `{of}`"),
                    };
                    steps.push(step(OriginRole::Declared, declared.span, about));
                }
            }
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

    /// The name of the workload of the object, from which names, labels and selectors are made, and the uids of its
    /// resources.
    fn name_of_workload(
        &self,
        object: &OutputObject,
        path: &[String],
        known: &[OriginStep],
    ) -> Option<OriginStep> {
        let name = object.workload.as_deref()?;
        let span = self.project.workloads.get(name)?.name.span;
        let is_made = is_named_after(path);
        let is_new = known.iter().all(|it| it.span != Some(span));
        let about = format!("the workload `{name}`");
        (is_made && is_new).then(|| step(OriginRole::Written, span, about))
    }

    /// The output of a provisioner that is this object.
    fn raw(&self, object: &OutputObject) -> Option<&Raw> {
        let (uid, place) = (object.resource.as_ref()?, object.place?);
        let mut written = self.app.written.get(uid)?.objects.iter();
        written.find(|raw| raw.place(&["metadata", "name"]) == place)
    }

    /// The fields of the Score file from which the field with this path is generated, the most probable first. The parts
    /// of a field can have another form in the Score file, so the fields above follow, down to those of the table.
    fn fields(&self, object: &OutputObject, path: &[String]) -> Vec<Vec<String>> {
        let normal = normal(path);
        let rows = self.target.origins().iter();
        let fields = rows.filter_map(|row| {
            let mut words = row.output.split(' ');
            let kind = words
                .next()
                .filter(|kind| [object.kind.as_str(), "*"].contains(kind));
            kind?;
            let mut captures = vec![("{container}", object.container.as_deref().unwrap_or(""))];
            let mut rest = normal.iter();
            for word in words {
                let found = rest.next()?;
                if word.starts_with('{') {
                    captures.push((word, found));
                } else if word != *found {
                    return None;
                }
            }
            let filled = row.field.split(' ').map(|word| {
                let mut word = word.to_owned();
                for (name, value) in &captures {
                    word = word.replace(name, value);
                }
                word
            });
            let filled: Vec<String> = filled.collect();
            let least = filled.len();
            let rest = rest.map(|it| (*it).to_owned());
            Some((filled.into_iter().chain(rest).collect(), least))
        });
        let fields: Vec<(Vec<String>, usize)> = fields.collect();
        let exact = fields.iter().map(|(field, _)| field.clone());
        let above = fields.iter().flat_map(|(field, least)| {
            // A whole container says nothing about one of its fields.
            let lengths = (*least.max(&3)..field.len()).rev();
            lengths.map(|length| field[..length].to_vec())
        });
        exact.chain(above).collect()
    }

    /// The patches of provisioners that set the field.
    fn patches(
        &self,
        object: &OutputObject,
        component: &Component,
        path: &[String],
    ) -> Vec<OriginStep> {
        let Some(platform) = self.target.needs().platform else {
            return Vec::new();
        };
        let normal = normal(path);
        let full: Vec<&str> = path.iter().map(String::as_str).collect();
        // The parts of a patch that can set it, as paths.
        let mut ways: Vec<Vec<&str>> = vec![full.clone()];
        let prefixed = |part| [&[part], full.as_slice()].concat();
        ways.push(prefixed(if object.kind == "Service" {
            "service"
        } else {
            "controller"
        }));
        if normal.first() == Some(&"pod") {
            ways.push(normal.clone());
        }
        let container = match normal.as_slice() {
            ["pod", "spec", "containers", name, rest @ ..] => Some((*name, rest.to_vec())),
            _ => object.container.as_deref().map(|name| (name, full)),
        };
        if let Some((name, rest)) = container {
            let all = ["pod", "spec", "containers", ALL_CONTAINERS];
            ways.push([all.as_slice(), rest.as_slice()].concat());
            for name in [name, ALL_CONTAINERS] {
                ways.push([&["containers", name], rest.as_slice()].concat());
            }
        }
        let patches = self.app.patches(component, platform).filter_map(|raw| {
            let place = ways.iter().find_map(|way| place_in(&raw.places, way))?;
            let about = format!("a patch of the provisioner of `{}`", raw.resource);
            Some(step(OriginRole::Patched, place, about))
        });
        patches.collect()
    }

    /// The steps to the first of these fields that is written, or to the component.
    fn field(&self, component: &Component, fields: &[Vec<String>]) -> Vec<OriginStep> {
        for field in fields {
            let field: Vec<&str> = field.iter().map(String::as_str).collect();
            let steps = match (&component.places.workload, field.as_slice()) {
                (Some(workload), ["containers", "{any}", inner @ ..]) => {
                    let containers = workload.document.entries_at("containers").iter();
                    let field = containers.flat_map(|container| {
                        let field = [&["containers", container.key.as_str()], inner].concat();
                        self.field_of_workload(component, workload, &field)
                    });
                    field.collect()
                }
                (Some(workload), field) => self.field_of_workload(component, workload, field),
                (None, field) => self.field_of_resource(component, field),
            };
            if !steps.is_empty() {
                return steps;
            }
        }
        match component.origin {
            Origin::Workload(span) => {
                let about = format!("the workload `{}`", component.name);
                vec![step(OriginRole::Written, span, about)]
            }
            Origin::Resource { .. } => Vec::new(),
        }
    }

    /// The steps to a field of a Score file; none if nothing sets it.
    fn field_of_workload(
        &self,
        component: &Component,
        workload: &Valid<Workload>,
        field: &[&str],
    ) -> Vec<OriginStep> {
        let about = field.join(".");
        if let ["metadata", "annotations", name, ..] = field {
            let place = component.places.annotations.get(*name);
            let own = workload.annotation_values.get(*name);
            let span = own.filter(|_| workload.annotations.get(*name).map(|it| &it.span) == place);
            let role = if span.is_some() {
                OriginRole::Written
            } else {
                OriginRole::Defaulted
            };
            let span = span.or(place).copied();
            return span
                .map(|span| self.written(role, span, workload, about))
                .into_iter()
                .collect();
        }
        let mut steps = Vec::new();
        if let ["containers", container, "image"] = field {
            let mut images = self.images.iter().rev();
            let image = images.find(|it| it.selector.fits(&component.name, container));
            let span = image.map(|it| it.selector.span);
            steps.extend(span.map(|span| step(OriginRole::Overlaid, span, about.clone())));
        }
        if let Some(found) = found(&workload.document, field) {
            steps.push(self.written(OriginRole::Written, found.span, workload, about));
            // The references of a whole container say nothing about one of its fields.
            if !matches!(field, ["containers", _]) {
                steps.extend(self.references(workload, found));
            }
        } else if let ["containers", _, "resources", amount, name] = field {
            let defaults = match *amount {
                "limits" => &self.settings.limits,
                _ => &self.settings.requests,
            };
            let span = quantity(defaults, name).map(|it| it.span);
            steps.extend(span.map(|span| step(OriginRole::Defaulted, span, about)));
        }
        steps
    }

    /// A field that is written at a place, which can belong to another file than the Score file.
    #[expect(clippy::unused_self, reason = "it is a step like the others")]
    fn written(
        &self,
        role: OriginRole,
        span: Span,
        workload: &Workload,
        about: String,
    ) -> OriginStep {
        let is_own = span.source == workload.source;
        let role = match role {
            OriginRole::Written if !is_own => OriginRole::Overlaid,
            other => other,
        };
        step(role, span, about)
    }

    /// The fields and resources to which the placeholders in a value refer.
    fn references(&self, workload: &Workload, value: &Node) -> Vec<OriginStep> {
        let mut steps = Vec::new();
        value.each_text(&mut |text, span| {
            if text.contains("${") {
                steps.extend(self.references_in(workload, text, span));
            }
        });
        steps
    }

    fn references_in(&self, workload: &Workload, text: &str, span: Span) -> Vec<OriginStep> {
        let mut steps = Vec::new();
        let grammar = Grammar::Placeholders;
        let template = Template::parse(text, span, grammar, self.sources, &mut Vec::new());
        for placeholder in template.placeholders() {
            let Root::Resource(name) = &placeholder.root else {
                let path = placeholder.path.iter().map(String::as_str);
                let path: Vec<&str> = std::iter::once("metadata").chain(path).collect();
                let found = found(&workload.document, &path);
                steps.extend(found.map(|found| {
                    self.written(OriginRole::Written, found.span, workload, path.join("."))
                }));
                continue;
            };
            let (Some(declared), Some(uid)) =
                (workload.resources.get(name), Project::uid(workload, name))
            else {
                continue;
            };
            let output = placeholder.path.first().map_or("", String::as_str);
            let about = match output {
                "" => format!("the resource `{uid}`"),
                output => format!("output `{output}` of `{uid}`"),
            };
            steps.push(step(OriginRole::Referred, declared.span, about));
            let Some(resource) = self.project.resources.get(&uid) else {
                continue;
            };
            let provisioner = &resource.provisioner;
            let value = provisioner
                .values
                .get(output)
                .or_else(|| provisioner.values.get("*"));
            let span = value.and_then(Patterns::place).unwrap_or(provisioner.span);
            let about = format!("value `{output}` of the provisioner");
            steps.push(step(OriginRole::Answered, span, about));
            steps.extend(self.chosen(resource));
        }
        steps
    }

    /// The steps to a field of a component in a provisioner.
    fn field_of_resource(&self, component: &Component, field: &[&str]) -> Vec<OriginStep> {
        let Origin::Resource { uid, .. } = &component.origin else {
            return Vec::new();
        };
        let Some(resource) = self.project.resources.get(uid) else {
            return Vec::new();
        };
        let components = &resource.provisioner.components;
        let fits =
            |label: &str| components.len() == 1 || component.name == name_of(resource, label);
        let patterns = components.iter().find(|(label, _)| fits(label));
        // A component with a single container has the fields of the container itself.
        let inner = match field {
            ["containers", _, inner @ ..] if !inner.is_empty() => inner,
            _ => field,
        };
        let found = patterns.and_then(|(_, patterns)| {
            found(&patterns.places, field).or_else(|| found(&patterns.places, inner))
        });
        let about = format!("{} of the provisioner of `{uid}`", field.join("."));
        let step = found.map(|found| step(OriginRole::Answered, found.span, about));
        step.into_iter().collect()
    }

    /// The steps to a resource: its declaration, and the choice of its provisioner.
    fn of_resource(&self, resource: &Resource) -> Vec<OriginStep> {
        let about = format!("the resource `{}`", resource.uid);
        let mut steps = vec![step(OriginRole::Declared, resource.span, about)];
        steps.extend(self.chosen(resource));
        steps
    }

    /// The setting because of which a provisioner was chosen.
    fn chosen(&self, resource: &Resource) -> Option<OriginStep> {
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
        Some(step(OriginRole::Chosen, source.from.span, about))
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

fn quantity<'a>(quantities: &'a Quantities, name: &str) -> Option<&'a Spanned<Quantity>> {
    match name {
        "cpu" => quantities.cpu.as_ref(),
        "memory" => quantities.memory.as_ref(),
        _ => None,
    }
}
