//! HTTP routes of provisioners.

mod check;
mod pattern;

use score_spec::{
    Code, Diagnostic, Map, Port,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::graph::{Params, Resource};
use crate::ir::{Route, Tree};
use crate::resolve::functions::{annotations, name_of};

/// The maximum number of hosts of a route, which is that of an `HTTPRoute`.
const MOST_HOSTS: usize = 16;

impl Lowering<'_> {
    pub(super) fn route(&mut self, resource: &Resource, at: usize, tree: &Tree) {
        let [path, port] = ["path", "port"].map(|name| self.known_text(resource, tree, name));
        let hosts = self.hosts(resource, tree);
        let (Some(hosts), Some(path), Some(port)) = (hosts, path, port) else {
            return;
        };
        let path_rewrite = match tree.get("pathRewrite") {
            None | Some(Tree::Null) => None,
            Some(_) => match self.known_text(resource, tree, "pathRewrite") {
                Some(path) => Some(path),
                None => return,
            },
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
        let route = Route {
            name: name_of(resource, &label),
            resource: resource.uid.clone(),
            path_span: place("path"),
            host_span: place("host"),
            rewrite_span: place("pathRewrite"),
            workload: resource.workload.clone(),
            hosts,
            path,
            path_rewrite,
            component: resource.workload.clone(),
            port: port.clone(),
            annotations: annotations(resource),
        };
        match check::problem(&route) {
            Some(found) => self.diagnostics.push(found),
            None => self.app.routes.push(route),
        }
    }

    /// The host names of a route, each once. The list is not empty.
    fn hosts(&mut self, resource: &Resource, tree: &Tree) -> Option<Vec<String>> {
        let Some(Tree::List(items)) = tree.get("host") else {
            return Some(vec![self.known_text(resource, tree, "host")?]);
        };
        let mut hosts: Vec<String> = Vec::with_capacity(items.len());
        for item in items {
            let host = self.known(resource, Some(item), "host")?;
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        if hosts.is_empty() || hosts.len() > MOST_HOSTS {
            let number = hosts.len();
            let message = format!("a route has 1 to {MOST_HOSTS} hosts, but this one has {number}");
            let diagnostic = Diagnostic::new(Code::ResourceParams, message);
            let diagnostic = diagnostic.at(resource.span, "");
            let help = "declare several routes for more hosts";
            self.diagnostics.push(diagnostic.help(help));
            return None;
        }
        Some(hosts)
    }

    /// A string of a route that must be known before the project runs.
    fn known_text(&mut self, resource: &Resource, tree: &Tree, name: &str) -> Option<String> {
        self.known(resource, tree.get(name), name)
    }

    /// The string of a value of a route, which must be known before the project runs.
    fn known(&mut self, resource: &Resource, value: Option<&Tree>, name: &str) -> Option<String> {
        let plain = match value {
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
