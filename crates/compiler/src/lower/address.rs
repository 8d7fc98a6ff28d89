//! Port numbers after the host of a workload, such as `${resources.api.name}:80`. Compose connects to the
//! port of the container, Kubernetes to that of the Service; a number that is right for one of them may be
//! wrong for the other.

use std::collections::BTreeSet;

use score_spec::{
    Code, Diagnostic, Sources, Span, Workload,
    template::{Part, Placeholder, Root, Template},
};

use crate::graph::Project;
use crate::ir::{App, Component, Origin, Ref, Tree};
use crate::resolve::Resolved;

/// The data for checking addresses.
pub(crate) struct Addresses<'a> {
    pub(crate) project: &'a Project,
    pub(crate) resolved: &'a Resolved,
    pub(crate) app: &'a App,
    pub(crate) sources: &'a Sources,
    /// The platform; any platform if absent.
    pub(crate) platform: Option<&'static str>,
}

impl Addresses<'_> {
    /// Reports each number that is not a port of the preceding workload.
    pub(crate) fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        for workload in self.project.workloads.values() {
            workload.each_template(&mut |template| {
                self.template(workload, template, diagnostics);
            });
        }
    }

    fn template(
        &self,
        workload: &Workload,
        template: &Template,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for pair in template.parts.windows(2) {
            if let [Part::Placeholder(placeholder), Part::Literal(behind)] = pair
                && let Some((number, digits)) = port(behind)
                && let Some(component) = self.host(workload, placeholder)
                && !self.leads_somewhere(component, number)
            {
                let span = self.extended(placeholder.span, digits);
                diagnostics.push(self.report(component, number, span));
            }
        }
    }

    /// The workload whose host a placeholder represents.
    fn host(&self, workload: &Workload, placeholder: &Placeholder) -> Option<&Component> {
        let Root::Resource(name) = &placeholder.root else {
            return None;
        };
        let uid = Project::uid(workload, name)?;
        let (output, []) = placeholder.path.split_first()? else {
            return None;
        };
        let Tree::Text(text) = self.resolved.get(&uid)?.outputs.get(output)? else {
            return None;
        };
        let Ref::Host(host) = text.as_reference()? else {
            return None;
        };
        let component = self.app.components.get(host);
        component.filter(|it| matches!(it.origin, Origin::Workload(_)))
    }

    fn leads_somewhere(&self, component: &Component, number: u16) -> bool {
        let mut ports = component.ports.values();
        ports.any(|port| match self.platform {
            Some("compose") => port.target == number,
            Some(_) => port.port == number,
            None => port.target == number || port.port == number,
        })
    }

    /// The placeholder with the following port, if they are written together.
    fn extended(&self, span: Span, digits: usize) -> Span {
        let end = span.end as usize + 1 + digits;
        let text = &self.sources.get(span.source).text;
        let behind = text.get(span.end as usize..end).unwrap_or_default();
        if port(behind).is_some_and(|(_, known)| known == digits) {
            Span::new(span.source, span.start as usize, end)
        } else {
            span
        }
    }

    fn report(&self, component: &Component, number: u16, span: Span) -> Diagnostic {
        let name = &component.name;
        let service = component.ports.iter().find(|(_, it)| it.port == number);
        let container = component.ports.iter().find(|(_, it)| it.target == number);
        let (message, right) = match (self.platform, service, container) {
            (Some("compose"), Some((port, known)), _) => (
                format!(
                    "in Compose, no container of `{name}` listens on {number}, the service port `{port}`"
                ),
                Some((port, known.target)),
            ),
            (Some(_), None, Some((port, known))) => (
                format!("`{name}` has no service port {number}, only containers listen on it"),
                Some((port, known.port)),
            ),
            _ => (format!("`{name}` has no service port {number}"), None),
        };
        let help = match (right, component.ports.first()) {
            (Some((port, right)), _) => format!(
                "use {right}, or use `${{resources.NAME.port}}` on every target, with `NAME: \
                 {{type: service-port, params: {{workload: {name}, port: {port}}}}}`"
            ),
            (None, Some((port, _))) => format!(
                "its ports are {}; use `${{resources.NAME.port}}` on every target, with `NAME: \
                 {{type: service-port, params: {{workload: {name}, port: {port}}}}}`",
                self.known(component)
            ),
            (None, None) => format!("declare the port under `service.ports` of `{name}`"),
        };
        Diagnostic::new(Code::ResourceLiteralPort, message)
            .at(span, "")
            .help(help)
    }

    /// The valid numbers.
    fn known(&self, component: &Component) -> String {
        let ports = component.ports.values();
        let numbers: BTreeSet<u16> = ports
            .map(|port| match self.platform {
                Some("compose") => port.target,
                _ => port.port,
            })
            .collect();
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        numbers.join(", ")
    }
}

/// The port after a colon at the start of a string, and its number of digits.
fn port(text: &str) -> Option<(u16, usize)> {
    let digits = text.strip_prefix(':')?;
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    Some((digits.parse().ok()?, digits.len()))
}
