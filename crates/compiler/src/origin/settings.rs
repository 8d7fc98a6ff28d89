//! Settings: the places in project files, environments and options of a run that decide the value of a field.

use std::collections::BTreeSet;

use score_spec::{Node, Span};

use super::path::found;
use super::trail::Trail;
use super::{OriginRole, OriginStep, step};
use crate::ir::Tree;

/// The last step of the path of an image.
const IMAGE: &str = "image";

impl Trail<'_> {
    /// Adds the settings from which the field is generated, by the table of the target. `is_written` says whether a Score
    /// file or a provisioner decides it, which takes precedence over defaults.
    pub(super) fn settings(&mut self, is_written: bool) {
        let rows = self.tracer.target.settings().iter();
        let rows = rows.filter(|row| !(row.is_default && is_written));
        let settings: Vec<Vec<String>> = rows
            .filter_map(|row| {
                let field = self.field_of(row.output, row.setting, true)?;
                let path = &field.path[..field.least];
                Some(path.iter().map(|step| step.clone().into_owned()).collect())
            })
            .collect();
        for path in settings {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.setting(&path);
        }
        self.image_settings();
    }

    /// Adds a setting, or the option of the run that takes precedence over it.
    pub(super) fn setting(&mut self, path: &[&str]) {
        let about = path.join(".");
        if self.tracer.options.overrides(path) {
            return self.push(OriginStep {
                role: OriginRole::Set,
                span: None,
                about: format!("{about}, an option of the run"),
            });
        }
        let settings = self.tracer.settings;
        let node = settings.document().and_then(|it| found(it, path));
        if let Some(node) = node {
            self.push_place(OriginRole::Set, node.span, about);
        }
    }

    /// Adds the item of a list in the settings that contains a location. Returns whether there is one.
    pub(super) fn setting_around(&mut self, list: &str, place: Span, about: &str) -> bool {
        let document = self.tracer.settings.document();
        let mut items = document.map_or(&[][..], |it| it.items_at(list)).iter();
        let Some(item) = items.find(|item| item.span.contains(place)) else {
            return false;
        };
        self.push_place(OriginRole::Set, item.span, about.to_owned());
        true
    }

    /// Adds the replacements that an image contains.
    fn image_settings(&mut self) {
        let is_image = self.leaf.path.last().is_some_and(|it| it.name == IMAGE);
        let Some(Tree::Text(text)) = self.leaf.value.filter(|_| is_image) else {
            return;
        };
        let Some(image) = text.as_plain() else {
            return;
        };
        let settings = self.tracer.settings;
        for (image_name, version) in &settings.versions {
            let name = image_name.rsplit('/').next().unwrap_or(image_name);
            let ends = [":", ""].map(|before| format!("{name}{before}{}", version.value));
            if ends.iter().any(|end| image.ends_with(end)) {
                self.setting(&["versions", image_name]);
            }
        }
        for (prefix, replacement) in &settings.registries {
            let rest = image.strip_prefix(replacement.value.as_str());
            if rest.is_some_and(|rest| rest.starts_with([':', '/', '@'])) {
                self.setting(&["registries", prefix]);
            }
        }
    }

    /// Adds the build of the image of a container.
    pub(super) fn build(&mut self, workload: &str, container: &str) {
        let mut builds = self.tracer.builds.iter().rev();
        let build = builds.find(|it| it.selector.fits(workload, container));
        let Some(build) = build else {
            return;
        };
        let place = build.selector.span;
        let document = self.tracer.settings.document();
        let mut entries = document
            .map_or(&[][..], |it| it.entries_at("builds"))
            .iter();
        let entry = entries.find(|entry| entry.key_span == place);
        let place = entry.map_or(place, |entry| entry.value.span);
        let about = format!("builds.{workload}/{container}");
        self.push(step(OriginRole::Set, place, about));
    }

    /// Adds the addresses of workloads outside of the project that the value contains.
    pub(super) fn externals(&mut self) {
        for (name, external) in &self.tracer.settings.externals {
            let host = external.host.to_ascii_lowercase();
            if !self.leaf.has_text(&host) {
                continue;
            }
            self.setting(&["externals", name, "host"]);
        }
        let numbers: Vec<(&str, &str)> = self
            .tracer
            .settings
            .externals
            .iter()
            .flat_map(|(name, external)| {
                let ports = external.ports.iter();
                let used = ports.filter(|(_, number)| self.leaf.has_text(&number.to_string()));
                used.map(|(port, _)| (name.as_str(), port.as_str()))
            })
            .collect();
        for (name, port) in numbers {
            self.setting(&["externals", name, "ports", port]);
        }
    }

    /// Adds the settings that an expression of a provisioner reads.
    pub(super) fn settings_in(&mut self, text: &str) {
        if text.contains("env(") {
            for name in self.tracer.settings.variables.keys() {
                if text.contains(name.as_str()) {
                    self.setting(&["variables", name]);
                }
            }
        }
        if text.contains("workload") {
            self.externals();
        }
        if is_used(text, "namespace") {
            self.setting(&["kubernetes", "namespace"]);
        }
        if is_used(text, "project") {
            self.setting(&["name"]);
        }
        if is_used(text, "environment") {
            self.of_environment("type");
        }
    }

    /// Adds a field of the environment that is no setting.
    fn of_environment(&mut self, field: &str) {
        let fields = self.tracer.settings.layers.own_fields.as_ref();
        if let Some(node) = fields.and_then(|it| it.get(field)) {
            self.push_place(OriginRole::Set, node.span, field.to_owned());
        }
    }

    /// Adds the values that the expressions in settings contain, for the settings among the steps.
    pub(super) fn expressions(&mut self) {
        let settings = self.tracer.settings;
        let mut read: BTreeSet<Span> = BTreeSet::new();
        let mut at = 0;
        while at < self.count() {
            let place = self.span_at(at);
            at += 1;
            let is_setting = |place: &Span| settings.layers.sources.contains(&place.source);
            let Some(place) = place.filter(|it| is_setting(it) && read.insert(*it)) else {
                continue;
            };
            let text = self.tracer.sources.slice(place);
            if !text.contains("{{") {
                continue;
            }
            for (name, value) in &settings.layers.params {
                if text.contains(name.as_str()) {
                    self.push_place(OriginRole::Set, *value, format!("params.{name}"));
                }
            }
            if text.contains("environment") {
                self.of_environment("type");
            }
            if text.contains("project") {
                self.setting(&["name"]);
            }
        }
    }
}

/// Whether the expressions in a string use a name.
pub(super) fn is_used(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut expressions = text.split("{{").skip(1);
    expressions.any(|rest| {
        let expression = rest.split("}}").next().unwrap_or(rest);
        let mut places = expression.match_indices(name);
        places.any(|(at, _)| {
            let before = expression[..at].chars().next_back();
            let after = expression[at + name.len()..].chars().next();
            let is_start = before.is_none_or(|c| !is_part(c) && !".'\"".contains(c));
            is_start && after.is_none_or(|c| !is_part(c))
        })
    })
}

/// The values below a node that contain expressions, with their locations.
pub(super) fn expressions_in(node: &Node) -> Vec<Span> {
    let mut found = Vec::new();
    node.each_text(&mut |text, span| {
        if text.contains("{{") {
            found.push(span);
        }
    });
    found
}
