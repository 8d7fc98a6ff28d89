//! The origin of a field of the output: the places in Score files, provisioners and settings that decide its value. It
//! is looked up when it is needed, in what other passes have left; nothing is recorded for it.

use score_spec::template::{Grammar, Root, Template};
use score_spec::{
    Entry, Kind, Node, Quantities, Quantity, Sources, Span, Spanned, Valid, Workload,
};

use crate::graph::{Project, Resource};
use crate::input::Settings;
use crate::input::options::ImageOption;
use crate::ir::{ALL_CONTAINERS, App, Component, Origin, Raw, Sealed, Tree};
use crate::provisioner::expression::Patterns;
use crate::resolve::Resolved;
use crate::targets::{OutputObject, Target};

/// The fields that identify an item of a list, in order of precedence.
const KEYS: [&str; 5] = ["name", "mountPath", "target", "key", "containerPort"];

/// The pod templates in controllers, longest first.
const TEMPLATES: [&[&str]; 2] = [
    &["spec", "jobTemplate", "spec", "template"],
    &["spec", "template"],
];

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
    pub(crate) resolved: &'a Resolved,
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
        if let (Some(raw), Some(resource)) = (self.raw(object), resource) {
            let about = format!("an object of the provisioner of `{}`", resource.uid);
            steps.push(step(OriginRole::Answered, raw.place(path), about));
        }
        if let Some(component) = component {
            let fields = self.fields(object, &named);
            steps.extend(self.patches(object, component, &named));
            steps.extend(self.field(component, &fields));
        }
        if let Some(resource) = resource {
            steps.extend(self.of_resource(resource));
        }
        if steps.is_empty() {
            steps.push(OriginStep {
                role: OriginRole::Made,
                span: None,
                about: "made by score-rs".to_owned(),
            });
        }
        steps
    }

    /// The output of a provisioner that is this object.
    fn raw(&self, object: &OutputObject) -> Option<&Raw> {
        let (uid, place) = (object.resource.as_ref()?, object.place?);
        let mut written = self.app.written.get(uid)?.objects.iter();
        written.find(|raw| raw.place(&["metadata", "name"]) == place)
    }

    /// The fields of the Score file from which the field with this path is generated, the most probable first.
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
            Some(filled.chain(rest.map(|it| (*it).to_owned())).collect())
        });
        fields.collect()
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
            let steps = match &component.places.workload {
                Some(workload) => self.field_of_workload(component, workload, &field),
                None => self.field_of_resource(component, &field),
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
            steps.extend(self.references(workload, found));
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

    /// The resources to which the placeholders in a value refer.
    fn references(&self, workload: &Workload, value: &Node) -> Vec<OriginStep> {
        let mut steps = Vec::new();
        let Some(text) = value.text().filter(|text| text.contains("${")) else {
            return steps;
        };
        let template = Template::parse(
            text,
            value.span,
            Grammar::Placeholders,
            self.sources,
            &mut Vec::new(),
        );
        for placeholder in template.placeholders() {
            let Root::Resource(name) = &placeholder.root else {
                continue;
            };
            let (Some(declared), Some(uid)) =
                (workload.resources.get(name), Project::uid(workload, name))
            else {
                continue;
            };
            let output = placeholder.path.first().map_or("", String::as_str);
            let about = format!("output `{output}` of `{uid}`");
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
        let requested = self.resolved.get(uid);
        let requested = requested.and_then(|it| it.parts.components.get(&component.name));
        let found = requested.and_then(|requested| found(&requested.tree, field));
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

/// The path with the names of items of lists instead of their indices.
fn named(tree: &Tree<Sealed>, path: &[&str]) -> Vec<String> {
    let mut at = Some(tree);
    let mut named = Vec::new();
    for step in path {
        let (name, next) = match at {
            Some(Tree::List(items)) => {
                let by_name = || items.iter().find(|it| key(it) == Some(step));
                let index = step.parse::<usize>().ok();
                let item = by_name().or_else(|| items.get(index?));
                (item.and_then(key).unwrap_or(step), item)
            }
            Some(tree) => (*step, tree.get(step)),
            None => (*step, None),
        };
        named.push(name.to_owned());
        at = next;
    }
    named
}

/// The name of an item of a list.
fn key(item: &Tree<Sealed>) -> Option<&str> {
    KEYS.into_iter().find_map(|key| match item.get(key)? {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    })
}

/// A path in which a pod template is `pod`, and containers of both lists are in `containers`.
fn normal(path: &[String]) -> Vec<&str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut templates = TEMPLATES.into_iter();
    let pod = templates.find_map(|template| path.strip_prefix(template));
    let Some(pod) = pod else {
        return path;
    };
    let mut pod = [&["pod"], pod].concat();
    if let ["pod", "spec", list, ..] = pod.as_mut_slice()
        && *list == "initContainers"
    {
        *list = "containers";
    }
    pod
}

/// The part of a document with this path.
fn found<'a, T>(document: &'a Node<T>, path: &[&str]) -> Option<&'a Node<T>> {
    path.iter().try_fold(document, |at, step| match at.kind {
        Kind::List(_) => at.items().get(step.parse::<usize>().ok()?),
        _ => at.get(step),
    })
}

/// The location of the part of a patch with this path. An expression can create all that is below it.
fn place_in(patch: &Node, path: &[&str]) -> Option<Span> {
    let mut at = patch;
    for step in path {
        let next = match &at.kind {
            Kind::List(items) => {
                let mut items_by_key = items.iter();
                items_by_key.find(|item| {
                    let mut keys = KEYS.into_iter();
                    keys.any(|key| item.get(key).and_then(Node::text) == Some(step))
                })
            }
            Kind::Map(_) => at.entry(step).map(|entry: &Entry| &entry.value),
            Kind::Text(text) if text.contains("{{") => return Some(at.span),
            _ => None,
        };
        at = next?;
    }
    Some(at.span)
}
