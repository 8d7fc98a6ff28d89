//! The parts of a provisioner for a resource, other than its outputs.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Span, Value};

use super::params::placed;
use super::{Parts, Requested, Resolution};
use crate::ir::{Parameter, Raw, Ref, Text, Tree, name};
use crate::provisioner::expression::{Failure, Pattern, Patterns, Scope, to_text};
use crate::provisioner::{AnnotationPattern, RawPatterns};
use crate::resolve::functions;

impl Resolution<'_> {
    /// The components, the volume, the routes and the published ports of a provisioner.
    pub(super) fn neutral_parts(&mut self, names: &Map<String>, scope: &Scope) -> Option<Parts> {
        let provisioner = &self.resource.provisioner;
        let request = |this: &mut Self, patterns: &Patterns| {
            Some(Requested {
                span: provisioner.span,
                label: String::new(),
                tree: this.complete(patterns, scope)?,
            })
        };
        let mut components = Map::default();
        for (label, component) in &provisioner.components {
            let tree = self.complete(&component.body, scope)?;
            let requested = Requested {
                span: component.span,
                label: label.clone(),
                tree: placed(&component.places, tree),
            };
            components.insert(names.get(label)?.clone(), requested);
        }
        let volume = match &provisioner.volume {
            Some(volume) => Some(request(self, volume)?),
            None => None,
        };
        let mut routes = Vec::new();
        for route in &provisioner.routes {
            routes.push(request(self, route)?);
        }
        let mut publish = Vec::new();
        for port in &provisioner.publish {
            publish.push(request(self, port)?);
        }
        Some(Parts {
            components,
            volume,
            routes,
            publish,
            ..Parts::default()
        })
    }

    /// The chart values of a provisioner, by name: parameters, or their defaults.
    pub(super) fn chart(&mut self, scope: &Scope) -> Option<Tree> {
        let mut chart = Map::default();
        for (name, value) in &self.resource.provisioner.chart {
            let default = self.evaluate(&value.default, scope)?;
            let Some(known) = scalar(&default) else {
                let message = format!(
                    "the default of the chart value `{name}` is {}",
                    default.kind()
                );
                let diagnostic = Diagnostic::new(Code::ProvisionerInvalid, message)
                    .at(value.span, "")
                    .help("it must be a string without references, a number or a boolean");
                self.diagnostics.push(diagnostic);
                return None;
            };
            let setting = Parameter {
                object: functions::name_of(self.resource, ""),
                name: name.clone(),
                description: value.description.clone(),
                default: known,
            };
            let open = Tree::Text(Ref::Parameter(Arc::new(setting)).into());
            let is_open = self.options.open_settings;
            chart.insert(name.clone(), if is_open { open } else { default });
        }
        Some(chart.into())
    }

    /// Adds the platform-specific parts of a provisioner that all workloads share.
    pub(super) fn platform_parts(&mut self, scope: &Scope, parts: &mut Parts) -> Option<()> {
        let provisioner = &self.resource.provisioner;
        parts.objects = self.raw(&provisioner.objects, &|it| !it.is_per_workload, scope)?;
        parts.patches = self.raw(&provisioner.patches, &|it| !it.is_per_workload, scope)?;
        self.annotations(&|it| !it.is_per_workload, scope, &mut parts.annotations)
    }

    /// The output for the platform of the wanted parts.
    pub(super) fn raw(
        &mut self,
        all: &[RawPatterns],
        is_wanted: &dyn Fn(&RawPatterns) -> bool,
        scope: &Scope,
    ) -> Option<Vec<Raw>> {
        let platform = self.options.platform;
        let wanted = |raw: &&RawPatterns| {
            is_wanted(raw) && platform.is_none_or(|wanted| wanted == raw.platform)
        };
        let mut resolved = Vec::new();
        for raw in all.iter().filter(wanted) {
            let values = self.complete_item(&raw.item, scope)?.into_iter();
            resolved.extend(values.map(|value| Raw {
                platform: raw.platform,
                resource: self.resource.uid.clone(),
                workload: self.user.map(|user| user.name.value.clone()),
                tree: value.tree,
                places: value.places,
            }));
        }
        Some(resolved)
    }

    /// Adds the wanted annotations.
    pub(super) fn annotations(
        &mut self,
        is_wanted: &dyn Fn(&AnnotationPattern) -> bool,
        scope: &Scope,
        annotations: &mut Map<(String, Span)>,
    ) -> Option<()> {
        let mut keys: Map<Span> = Map::default();
        let all = self.resource.provisioner.annotations.iter();
        for annotation in all.filter(|it| is_wanted(it)) {
            let key = &annotation.key;
            let name = key.evaluate(scope);
            let name = name.map_err(|failure| self.report(failure)).ok()?;
            if let Some(first) = keys.insert(name.clone(), key.span()) {
                self.report(Some(key.twice(Some(first))));
                return None;
            }
            if !name::is_qualified(&name) {
                self.report(Some(key.no_annotation(&name)));
                return None;
            }
            let (value, span) = (annotation.value.evaluate(scope), annotation.value.span());
            let value = value.map_err(|failure| self.report(failure)).ok()?;
            // An expression without a value omits the annotation.
            if value != Tree::Null {
                let text = self.plain(&value, span)?;
                annotations.insert(name, (text, span));
            }
        }
        Some(())
    }

    /// The value of a string with expressions. Absent if it has none, which is reported.
    pub(super) fn text(&mut self, pattern: &Pattern, scope: &Scope) -> Option<Text> {
        let text = pattern_text(pattern, scope);
        text.map_err(|failure| self.report(failure)).ok()
    }

    /// A value that must not contain references, as a string.
    fn plain(&mut self, value: &Tree, span: Span) -> Option<String> {
        let text = to_text(value);
        if text.as_plain().is_none() {
            let found = Diagnostic::new(
                Code::ProvisionerInvalid,
                "a reference is not allowed here, only plain text",
            );
            let help = "secrets, hosts and ports are not known yet when this is evaluated";
            self.report(Some(Box::new(found.at(span, "").help(help))));
        }
        text.as_plain().map(str::to_owned)
    }
}

/// A value that is neither a list nor a map, and contains no reference.
fn scalar(tree: &Tree) -> Option<Value> {
    match tree {
        Tree::Bool(value) => Some(Value::Bool(*value)),
        Tree::Number(number) => Some(Value::Number(number.clone())),
        Tree::Text(text) => text.as_plain().map(|plain| Value::Text(plain.to_owned())),
        Tree::Null | Tree::List(_) | Tree::Map(_) => None,
    }
}

/// The value of a string with expressions, as text.
fn pattern_text(pattern: &Pattern, scope: &Scope) -> Result<Text, Failure> {
    pattern.evaluate(scope).map(|value| to_text(&value))
}
