//! The fields of Score files and provisioners from which the fields of objects are generated, by the table of the
//! target.

use std::borrow::Cow;

use score_spec::{Quantities, Quantity, Spanned, Valid, Workload};

use super::path::{found, pattern_at};
use super::trail::Trail;
use super::{OriginRole, OriginStep, step};
use crate::ir::{Component, FileContent, Ref, Text, Tree};

/// The word of a row that stands for every container.
const ANY: &str = "{any}";

/// A field of a Score file.
pub(super) struct Field<'a> {
    pub(super) path: Vec<Cow<'a, str>>,
    /// The number of steps that the table contains.
    pub(super) least: usize,
}

impl<'a> Trail<'a> {
    /// Adds that score-rs makes the value from others.
    pub(super) fn made(&mut self) {
        if self.fields().iter().any(|field| field.path.is_empty()) {
            self.push(OriginStep {
                role: OriginRole::Made,
                span: None,
                about: "a hash of the contents".to_owned(),
            });
        }
    }

    /// Adds the field of a Score file or provisioner from which the value is generated: the first one that is written.
    /// The parts of a field can have another form in the Score file, so the fields above follow, down to those of the
    /// table. Fields of all containers are added together.
    pub(super) fn written(&mut self) {
        let Some(component) = self.component else {
            return;
        };
        let mut fields = self.fields();
        fields.retain(|field| !field.path.is_empty());
        let before = self.count();
        let (of_all, others): (Vec<_>, Vec<_>) = fields
            .iter()
            .partition(|field| field.path.get(1).is_some_and(|it| it == ANY));
        for field in others {
            // A variable that no Score file contains consists of others, unless a patch sets it.
            let is_of_variables = field.least == 3 && field.path[2] == "variables";
            if is_of_variables && before > 0 {
                continue;
            }
            // A whole container says nothing about one of its fields.
            let is_container = field.path.len() > 2 && field.path[0] == "containers";
            let least = if is_container {
                field.least.max(3)
            } else {
                field.least
            };
            let path: Vec<&str> = field.path.iter().map(AsRef::as_ref).collect();
            for length in (least..=path.len()).rev() {
                self.field(component, &path[..length]);
                if self.count() > before {
                    return;
                }
            }
        }
        for field in of_all {
            let inner = field.path.get(2..field.least).unwrap_or_default();
            let inner: Vec<&str> = inner.iter().map(AsRef::as_ref).collect();
            for container in component.containers.keys() {
                self.field(
                    component,
                    &[&["containers", container.as_str()], inner.as_slice()].concat(),
                );
            }
        }
    }

    /// The fields from which the value can be generated, the most probable first.
    fn fields(&self) -> Vec<Field<'a>> {
        let rows = self.tracer.target.origins().iter();
        let fields = rows.filter_map(|row| self.field_of(row.output, row.field, false));
        fields.collect()
    }

    /// The field of a row of a table, if the row is about this field of the output. Whole objects can count as their
    /// kind.
    pub(super) fn field_of(
        &self,
        output: &'static str,
        field: &'static str,
        is_whole_kind: bool,
    ) -> Option<Field<'a>> {
        let (object, path) = (self.leaf.object, self.leaf.normal());
        // Pod templates are shorter in the normal form, so steps are counted from the end.
        let part = |at: usize| {
            let steps = &self.leaf.path;
            steps[steps.len() - (path.len() - at)].part
        };
        let mut words = output.split(' ');
        let kind = words.next();
        kind.filter(|kind| [object.kind.as_str(), "*"].contains(kind))?;
        let container = object.container.as_deref().unwrap_or("");
        let mut captures = vec![("{container}", container), ("{object}", &object.name)];
        let mut rest = path.iter().enumerate();
        for word in words {
            let Some((at, step)) = rest.next() else {
                if is_whole_kind && path.is_empty() && word == "kind" {
                    break;
                }
                return None;
            };
            if let Some(key) = word.strip_prefix("{@") {
                let value = part(at)?.get(key.trim_end_matches('}'))?;
                let Tree::Text(text) = value else {
                    return None;
                };
                captures.push((word, text.as_plain()?));
            } else if word.starts_with('{') {
                captures.push((word, step));
            } else if word != *step {
                return None;
            }
        }
        if field.is_empty() {
            return Some(Field {
                path: Vec::new(),
                least: 0,
            });
        }
        let filled = field.split(' ').map(|word| {
            let mut word = Cow::Borrowed(word);
            for (name, value) in &captures {
                if word == *name {
                    word = Cow::Borrowed(*value);
                } else if word.contains(name) {
                    word = word.replace(name, value).into();
                }
            }
            word
        });
        let mut path: Vec<Cow<'a, str>> = filled.collect();
        let least = path.len();
        path.extend(rest.map(|(_, step)| Cow::Borrowed(*step)));
        Some(Field { path, least })
    }

    /// Adds the steps to a field, if anything sets it.
    fn field(&mut self, component: &'a Component, field: &[&str]) {
        let before = self.count();
        match &component.places.workload {
            Some(workload) => self.of_workload(component, workload, field),
            None => self.of_provisioner(component, field),
        }
        if self.count() > before {
            for text in texts(component, field) {
                self.references(component, field.get(1).copied(), text);
            }
        }
    }

    /// Adds the steps to a field of a Score file, if anything sets it.
    pub(super) fn of_workload(
        &mut self,
        component: &'a Component,
        workload: &'a Valid<Workload>,
        field: &[&str],
    ) {
        let about = field.join(".");
        if let ["metadata", "annotations", name, ..] = field {
            return self.annotation(component, workload, name);
        }
        if let ["containers", container, "image"] = field {
            let mut images = self.tracer.images.iter().rev();
            let image = images.find(|it| it.selector.fits(&component.name, container));
            if let Some(image) = image {
                self.push(step(
                    OriginRole::Overlaid,
                    image.selector.span,
                    about.clone(),
                ));
            }
            self.build(&component.name, container);
        }
        if let Some(found) = found(&workload.document, field) {
            let role = if found.span.source == workload.source {
                OriginRole::Written
            } else {
                OriginRole::Overlaid
            };
            self.push(step(role, found.span, about));
            // The references of a whole container, or of all its variables, say nothing about one of its fields.
            if !matches!(field, ["containers", _] | ["containers", _, "variables"]) {
                self.placeholders(workload, found);
            }
        } else if let ["containers", _, "resources", amount, name] = field {
            let defaults = match *amount {
                "limits" => &self.tracer.settings.limits,
                _ => &self.tracer.settings.requests,
            };
            if let Some(default) = quantity(defaults, name) {
                self.push(step(OriginRole::Defaulted, default.span, about));
            }
        }
    }

    /// Adds the steps to an annotation of a workload: of its Score file, of the settings, or of a provisioner.
    fn annotation(&mut self, component: &'a Component, workload: &'a Valid<Workload>, name: &str) {
        let Some(place) = component.places.annotations.get(name).copied() else {
            return;
        };
        let about = format!("metadata.annotations.{name}");
        let annotation = workload.annotations.get(name);
        if annotation.is_some_and(|it| it.span == place) {
            let span = workload.annotation_values.get(name).copied();
            let role = if place.source == workload.source {
                OriginRole::Written
            } else {
                OriginRole::Overlaid
            };
            self.push(step(role, span.unwrap_or(place), about));
            let path = ["metadata", "annotations", name];
            if let Some(found) = found(&workload.document, &path) {
                self.placeholders(workload, found);
            }
            return;
        }
        let resources = component.needs.iter();
        let mut resources = resources.filter_map(|uid| self.tracer.project.resources.get(uid));
        let resource = resources.find(|resource| {
            let mut patterns = resource.provisioner.annotations.iter();
            patterns.any(|it| [it.key.span(), it.value.span()].contains(&place))
        });
        let Some(resource) = resource else {
            return self.push(step(OriginRole::Defaulted, place, about));
        };
        let about = format!("an annotation of the provisioner of `{}`", resource.uid);
        self.push(step(OriginRole::Patched, place, about));
        self.resource(&resource.uid);
        let patterns = resource.provisioner.annotations.iter();
        for pattern in patterns {
            let spans = [pattern.key.span(), pattern.value.span()];
            if spans.contains(&place) {
                for span in spans {
                    self.reads(resource, span, Some(&component.name));
                }
            }
        }
    }

    /// Adds the steps to a field of a component in a provisioner.
    fn of_provisioner(&mut self, component: &Component, field: &[&str]) {
        let Some((resource, label)) = self.label(component) else {
            return;
        };
        let uid = &resource.uid;
        let patterns = resource.provisioner.components.get(label);
        // A component with a single container has the fields of the container itself.
        let inner = match field {
            ["containers", _, inner @ ..] if !inner.is_empty() => inner,
            _ => field,
        };
        let found = patterns.and_then(|patterns| {
            let places = &patterns.places;
            pattern_at(places, field).or_else(|| pattern_at(places, inner))
        });
        if let Some(found) = found {
            let about = format!("{} of the provisioner of `{uid}`", field.join("."));
            self.push(step(OriginRole::Answered, found.span, about));
            self.reads(resource, found.span, None);
            self.resource(uid);
        }
    }
}

/// The text that a field of a component contains.
pub(super) fn texts<'a>(component: &'a Component, field: &[&str]) -> Vec<&'a Text> {
    let ["containers", container, field @ ..] = field else {
        return Vec::new();
    };
    let Some(container) = component.containers.get(*container) else {
        return Vec::new();
    };
    let word = |words: &'a Option<Vec<Text>>, index: &str| {
        let word = words.as_ref()?.get(index.parse::<usize>().ok()?)?;
        Some(word)
    };
    match field {
        ["variables", name, ..] => container.variables.get(*name).into_iter().collect(),
        ["variables"] => {
            let variables = container.variables.values();
            // Only values that are read when a container starts need further variables.
            let is_read = |it: &Ref| matches!(it, Ref::Secret(_) | Ref::KeyRef(_));
            variables
                .filter(|text| text.references().any(is_read))
                .collect()
        }
        ["command", index, ..] => word(&container.command, index).into_iter().collect(),
        ["args", index, ..] => word(&container.args, index).into_iter().collect(),
        ["files", inner @ ..] => {
            let files = container.files.iter();
            let files = files.filter(|(path, _)| inner.first().is_none_or(|it| it == path));
            let contents = files.filter_map(|(_, file)| match &file.content {
                FileContent::Text(text) => Some(text),
                FileContent::Binary(_) => None,
            });
            contents.collect()
        }
        _ => Vec::new(),
    }
}

fn quantity<'a>(quantities: &'a Quantities, name: &str) -> Option<&'a Spanned<Quantity>> {
    match name {
        "cpu" => quantities.cpu.as_ref(),
        "memory" => quantities.memory.as_ref(),
        _ => None,
    }
}
