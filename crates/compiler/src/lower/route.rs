//! HTTP routes of provisioners.

use score_spec::{
    Code, Diagnostic, Map, Port,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::graph::{Params, Resource};
use crate::ir::{Route, Tree};
use crate::resolve::functions::{annotations, name_of};

impl Lowering<'_> {
    pub(super) fn route(&mut self, resource: &Resource, at: usize, tree: &Tree) {
        let [host, path, port] =
            ["host", "path", "port"].map(|name| self.known_text(resource, tree, name));
        let (Some(host), Some(path), Some(port)) = (host, path, port) else {
            return;
        };
        let Some(workload) = self.project.workloads.get(&resource.workload) else {
            if resource.workload.is_empty() {
                self.diagnostics.push(no_workload(resource));
            }
            return;
        };
        let named = workload.ports.get_key_value(&port).or_else(|| {
            let mut ports = workload.ports.iter();
            ports.find(|(_, known)| known.port.to_string() == port)
        });
        let Some((port, _)) = named else {
            self.diagnostics
                .push(unknown_port(resource, &port, &workload.ports));
            return;
        };
        let label = if at == 0 {
            String::new()
        } else {
            (at + 1).to_string()
        };
        let place = |name: &str| match &resource.params {
            Params::Declared { params, .. } => {
                params.node.get(name).map_or(resource.span, |it| it.span)
            }
            Params::None | Params::Required { .. } => resource.span,
        };
        self.app.routes.push(Route {
            name: name_of(resource, &label),
            resource: resource.uid.clone(),
            path_span: place("path"),
            host_span: place("host"),
            workload: resource.workload.clone(),
            host,
            path,
            component: resource.workload.clone(),
            port: port.clone(),
            annotations: annotations(resource),
        });
    }

    /// A string of a route that must be known before the project runs.
    fn known_text(&mut self, resource: &Resource, tree: &Tree, name: &str) -> Option<String> {
        let plain = match tree.get(name) {
            Some(Tree::Text(text)) => text.as_plain().map(str::to_owned),
            Some(Tree::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        if plain.is_none() {
            let message = format!("the `{name}` of a route is not known before the project runs");
            let diagnostic = Diagnostic::new(Code::ResourceParams, message);
            let diagnostic = diagnostic.at(resource.span, "").help("use plain text");
            self.diagnostics.push(diagnostic);
        }
        plain
    }
}

/// The diagnostic about a route of the project itself.
fn no_workload(resource: &Resource) -> Diagnostic {
    let message = format!(
        "the resource `{}` has a route, but no workload",
        resource.uid
    );
    Diagnostic::new(Code::ResourceUnknownWorkload, message)
        .at(resource.span, "")
        .help("declare it in the Score file of the workload that handles the requests")
}

fn unknown_port(resource: &Resource, port: &str, ports: &Map<Port>) -> Diagnostic {
    let known = || ports.keys().map(String::as_str);
    let help = match nearest(port, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if ports.is_empty() => "declare it under `service.ports`".to_owned(),
        None => format!("the workload has {}", listed(known())),
    };
    let message = format!("`{}` has no service port `{port}`", resource.workload);
    Diagnostic::new(Code::ResourceUnknownWorkload, message)
        .at(resource.span, "")
        .help(help)
}
