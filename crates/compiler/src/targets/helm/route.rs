//! The parameters of routes: kind of the object, host, path, gateway, class and certificate.

use super::action::{Action, Body, TemplateTree};
use super::common::Common;
use super::edit::{MORE, behind, below, empty, get, map, more, plain, put, taken};
use super::references::References;
use super::scope::{Scope, access};
use super::values::{Form, Plain, Values};
use crate::ir::{Route, Tree};
use crate::targets::kubernetes::{Object, RouteKind};

/// The template variable that holds the values of a route.
pub(super) const VARIABLE: &str = "$route";

/// The possible kinds of the object of a route. An `Ingress` cannot replace paths.
pub(super) fn kinds(route: &Route) -> impl Iterator<Item = (RouteKind, &'static str)> {
    let kinds = [
        (RouteKind::HttpRoute, "HTTPRoute"),
        (RouteKind::Ingress, "Ingress"),
    ];
    let is_rewritten = route.path_rewrite.is_some();
    let kinds = kinds.into_iter();
    kinds.filter(move |(kind, _)| !(is_rewritten && *kind == RouteKind::Ingress))
}

/// Adds the values that all kinds share, and the kind itself.
pub(super) fn values(values: &mut Values, route: &Route, kind: &str) {
    let about = format!(
        "HTTP route to the port {} of {}.",
        route.port, route.component
    );
    values.group(&["routes", &route.name], about);
    let mut add = |name: &str, about: &'static str, form: Form, default: &str| {
        let path = ["routes", &route.name, name];
        values.add(&path, about, form, Plain::Text(default.into()));
    };
    let kinds = kinds(route).map(|(_, name)| name).collect();
    add(
        "kind",
        "Kind of the route object.",
        Form::OneOf(kinds),
        kind,
    );
    if let [host] = route.hosts.as_slice() {
        add("host", "Host name of requests.", Form::Text, host);
    }
    add(
        "path",
        "Path that requests start with.",
        Form::Text,
        route.prefix(),
    );
    if let Some(path) = route.new_prefix() {
        let about = "Path that replaces it before the workload receives a request.";
        add("pathRewrite", about, Form::Text, path);
    }
    if has_hosts(route) {
        let hosts = route
            .hosts
            .iter()
            .map(|host| Tree::Text(host.as_str().into()));
        let path = ["routes", &route.name, HOSTS];
        let hosts = Plain::List(hosts.collect());
        values.add(&path, "Host names of requests.", Form::Names, hosts);
    }
}

/// The value with the hosts of a route that has several.
const HOSTS: &str = "hosts";

/// Whether a route has several hosts, which are a list in its values.
pub(super) fn has_hosts(route: &Route) -> bool {
    route.hosts.len() > 1
}

/// Adds the parameters of a route object.
pub(super) fn open(
    values: &mut Values,
    references: &mut References,
    route: &Route,
    object: &mut Object<Action>,
    common: &Common,
) {
    let scope = references.scope;
    let mut parameters = RouteParameters {
        values,
        references,
        route,
    };
    match object.kind.as_str() {
        "Ingress" => parameters.ingress(scope, &mut object.tree),
        _ => parameters.http_route(scope, &mut object.tree),
    }
    if let Some(annotations) = map(&mut object.tree, &["metadata", "annotations"]) {
        let taken = taken(annotations);
        let code = common.annotations.with(&code(&["annotations"]));
        annotations.insert(MORE.to_owned(), more(&code));
        let about = "Additional annotations of the route.";
        parameters.add(&["annotations"], about, Form::Texts(taken), empty());
    }
}

fn code(path: &[&str]) -> String {
    access(VARIABLE, path)
}

fn quoted(path: &[&str]) -> TemplateTree {
    Tree::Text(Action::yaml(format!("{} | quote", code(path))))
}

struct RouteParameters<'a, 'r> {
    values: &'a mut Values,
    references: &'a mut References<'r>,
    route: &'a Route,
}

impl RouteParameters<'_, '_> {
    fn add(&mut self, path: &[&str], about: &'static str, form: Form, default: Plain) {
        let path = [&["routes", &*self.route.name], path].concat();
        self.values.add(&path, about, form, default);
    }

    /// An action for the number of the target port.
    fn port(&self, scope: &Scope) -> Option<TemplateTree> {
        let code = scope.port(&self.route.component, &self.route.port)?;
        Some(Tree::Text(Action::yaml(code)))
    }

    /// Adds the parameters for the gateway of an `HTTPRoute`.
    fn gateway(&mut self, tree: &mut TemplateTree) {
        let Some(parent) = map(tree, &["spec", "parentRefs", "0"]) else {
            return;
        };
        let group = ["routes", &*self.route.name, "gateway"];
        let about = "Gateway of an HTTPRoute, optionally with its namespace and listener.";
        self.values.short_group(&group, about);
        let text = |name: &str| {
            parent
                .get(name)
                .and_then(plain)
                .unwrap_or_default()
                .to_owned()
        };
        let [name, namespace, listener] = ["name", "namespace", "sectionName"].map(text);
        let path = ["gateway", "name"];
        put(parent, "name", quoted(&path));
        put(
            parent,
            "namespace",
            behind(&code(&["gateway", "namespace"]), ". | quote"),
        );
        let section = behind(&code(&["gateway", "sectionName"]), ". | quote");
        put(parent, "sectionName", section);
        for (field, about, default) in [
            ("name", "Name of the Gateway.", name),
            (
                "namespace",
                "Namespace of the Gateway; empty for that of the release.",
                namespace,
            ),
            (
                "sectionName",
                "Listener of the Gateway; empty for all listeners.",
                listener,
            ),
        ] {
            let default = Plain::Text(default.into());
            self.add(&["gateway", field], about, Form::Text, default);
        }
    }

    fn http_route(&mut self, scope: &Scope, tree: &mut TemplateTree) {
        self.gateway(tree);
        if has_hosts(self.route) {
            if let Some(spec) = map(tree, &["spec"]) {
                put(spec, "hostnames", below(&code(&[HOSTS])));
            }
        } else if let Some(Tree::List(hosts)) = get(tree, &["spec", "hostnames"]) {
            *hosts = vec![quoted(&["host"])];
        }
        let way = ["spec", "rules", "0", "filters", "0", "urlRewrite", "path"];
        if let Some(path) = map(tree, &way) {
            put(path, "replacePrefixMatch", quoted(&["pathRewrite"]));
        }
        if let Some(path) = map(tree, &["spec", "rules", "0", "matches", "0", "path"]) {
            let is_prefix = path.get("type").and_then(plain) == Some("PathPrefix");
            let value = if is_prefix {
                quoted(&["path"])
            } else {
                let code = format!("printf \"^(?:%s)(/.*)?$\" {} | quote", code(&["path"]));
                Tree::Text(Action::yaml(code))
            };
            put(path, "value", value);
        }
        let port = self.port(scope);
        let backend = map(tree, &["spec", "rules", "0", "backendRefs", "0"]);
        if let (Some(backend), Some(port)) = (backend, port) {
            put(backend, "port", port);
        }
    }

    /// Adds the parameters for the class and the certificate of an `Ingress`.
    fn class(&mut self, tree: &mut TemplateTree) {
        let secret = get(tree, &["spec", "tls", "0", "secretName"]);
        let secret = secret.and_then(|it| plain(it)).unwrap_or_default();
        let secret = secret.to_owned();
        if let Some(spec) = map(tree, &["spec"]) {
            let group = ["routes", &*self.route.name, "ingress"];
            let about = "Class of an Ingress, and the Secret with its certificate.";
            self.values.short_group(&group, about);
            let class = spec.get("ingressClassName").and_then(plain);
            let class = class.unwrap_or_default().to_owned();
            let path = ["ingress", "className"];
            put(spec, "ingressClassName", behind(&code(&path), ". | quote"));
            let about = "Class of the Ingress; empty for the default of the cluster.";
            self.add(&path, about, Form::Text, Tree::Text(class.into()));
            let tls = self.tls(secret);
            put(spec, "tls", tls);
        }
    }

    /// The field `tls` of an `Ingress`, whose default is the Secret with this name unless an issuer creates one.
    fn tls(&mut self, secret: String) -> TemplateTree {
        let path = ["ingress", "tlsSecret"];
        let chosen = code(&path);
        let (condition, name, about, default) = match self.issued_secret() {
            Some(issued) => {
                let about = "Whether requests use TLS.";
                self.add(&["ingress", "tls"], about, Form::Bool, Plain::Bool(true));
                (
                    format!("if {}", code(&["ingress", "tls"])),
                    format!("{chosen} | default ({issued})"),
                    "Name of the Secret with its certificate; if empty, the issuer creates one for the release.",
                    String::new(),
                )
            }
            None => (
                format!("with {chosen}"),
                ".".to_owned(),
                "Name of the Secret with its certificate; empty to disable TLS.",
                secret,
            ),
        };
        self.add(&path, about, Form::Text, Plain::Text(default.into()));
        let hosts = if has_hosts(self.route) {
            vec![format!("  - hosts: {{{{ {} | toJson }}}}", code(&[HOSTS]))]
        } else {
            let host = format!("      - {{{{ {} | quote }}}}", code(&["host"]));
            vec!["  - hosts:".to_owned(), host]
        };
        let name = format!("    secretName: {{{{ {name} | quote }}}}");
        let lines = [vec!["tls:".to_owned()], hosts, vec![name]].concat();
        Action::block([(condition, Body::Lines(lines))])
    }

    /// An expression for the name of the Secret with the certificate that an issuer creates. It depends on the release:
    /// two Ingresses that request different certificates for the same Secret replace each other's.
    fn issued_secret(&mut self) -> Option<String> {
        let options = &self.references.scope.project.options.objects;
        let name = options.route_options().issued_secret(self.route)?;
        Some(if has_hosts(self.route) {
            self.references.include("name", &format!("{name:?}"))
        } else {
            self.references.include("certificate", &code(&["host"]))
        })
    }

    fn ingress(&mut self, scope: &Scope, tree: &mut TemplateTree) {
        self.class(tree);
        let Some(rule) = map(tree, &["spec", "rules", "0"]) else {
            return;
        };
        let host = if has_hosts(self.route) {
            Tree::Text(Action::yaml("$host | quote"))
        } else {
            quoted(&["host"])
        };
        put(rule, "host", host);
        let way = ["spec", "rules", "0", "http", "paths", "0"];
        if let Some(path) = map(tree, &way) {
            put(path, "path", quoted(&["path"]));
        }
        let number = [&way[..], &["backend", "service", "port"]].concat();
        if let (Some(number), Some(port)) = (map(tree, &number), self.port(scope)) {
            put(number, "number", port);
        }
        if has_hosts(self.route)
            && let Some(Tree::List(rules)) = get(tree, &["spec", "rules"])
        {
            // The rules differ only in their hosts.
            rules.truncate(1);
            let each = format!("range $host := {}", code(&[HOSTS]));
            let rule = rules.drain(..).map(|rule| (each.clone(), Body::Tree(rule)));
            *rules = vec![Action::block(rule.collect::<Vec<_>>())];
        }
    }
}
