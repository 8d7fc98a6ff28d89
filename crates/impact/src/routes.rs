//! Hosts and backends of Ingresses and of routes of the Gateway API.

use score_compiler::FieldPath;

use crate::object::Object;
use crate::proxy;
use crate::tree::{Document, at, items, path, plain, scalar, strings};

/// The host of a rule without one.
pub(crate) const ANY: &str = "*";

/// A Service, or something else, to which a route sends requests.
pub(crate) struct Backend<'a> {
    pub(crate) path: FieldPath,
    /// The host and the path of an Ingress.
    pub(crate) requests: Option<(&'a str, &'a str)>,
    /// The kind, if it is not a Service.
    kind: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: &'a str,
    port: Option<String>,
}

impl Backend<'_> {
    /// Whether it is a Service.
    pub(crate) fn is_service(&self) -> bool {
        self.kind.is_none()
    }

    /// The kind and namespace if they are not the usual ones, the name that it has now, and the port.
    pub(crate) fn label(&self, name: &str, route: &Object) -> String {
        let mut label = String::new();
        if let Some(kind) = self.kind {
            label.push_str(kind);
            label.push('/');
        }
        if let Some(namespace) = self.namespace.filter(|_| self.namespace != own(route)) {
            label.push_str(namespace);
            label.push('/');
        }
        label.push_str(name);
        if let Some(port) = &self.port {
            label.push(':');
            label.push_str(port);
        }
        label
    }
}

fn own(route: &Object) -> Option<&str> {
    route.id.namespace.as_deref()
}

/// Whether an object routes requests: an Ingress, a route of the Gateway API, or the proxy of a Compose project.
pub(crate) fn is_route(object: &Object) -> bool {
    let id = &object.id;
    id.is("networking.k8s.io", "Ingress")
        || id.is_proxy()
        || id.group == "gateway.networking.k8s.io" && id.kind.ends_with("Route")
}

/// The hosts of an Ingress, a route or a proxy.
pub(crate) fn hosts(object: &Object) -> Vec<&str> {
    if !is_route(object) {
        return Vec::new();
    }
    if object.id.is_proxy() {
        return proxy::routes(object).iter().map(|it| it.host).collect();
    }
    if object.id.kind != "Ingress" {
        return match strings(&object.tree, &["spec", "hostnames"]) {
            hosts if hosts.is_empty() => vec![ANY],
            hosts => hosts,
        };
    }
    let rules = items(&object.tree, &["spec", "rules"]).iter();
    let hosts = rules.map(|rule| plain(rule, &["host"]).unwrap_or(ANY));
    let fallback = at(&object.tree, &["spec", "defaultBackend"]).map(|_| ANY);
    hosts.chain(fallback).collect()
}

/// The backends of an Ingress or a route, but not of a proxy.
pub(crate) fn backends(object: &Object) -> Vec<Backend<'_>> {
    if !is_route(object) || object.id.is_proxy() {
        return Vec::new();
    }
    if object.id.kind == "Ingress" {
        return of_ingress(object);
    }
    let mut backends = Vec::new();
    for (index, rule) in items(&object.tree, &["spec", "rules"]).iter().enumerate() {
        let label = plain(rule, &["name"]).map_or_else(|| index.to_string(), str::to_owned);
        let place = path(&["spec", "rules"]).item(&label);
        let mirrors = items(rule, &["filters"]).iter();
        let mirrors = mirrors.filter_map(|filter| at(filter, &["requestMirror", "backendRef"]));
        let mirrors = mirrors.map(|it| (it, place.clone().field("filters")));
        let backed = items(rule, &["backendRefs"]).iter();
        let backed = backed.map(|it| (it, place.clone().field("backendRefs")));
        let found = backed.chain(mirrors);
        backends.extend(found.filter_map(|(it, path)| of_reference(object, it, path)));
    }
    backends
}

/// The hosts and paths of an Ingress. A host without paths has `/`.
pub(crate) fn paths(ingress: &Object) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for rule in items(&ingress.tree, &["spec", "rules"]) {
        let host = plain(rule, &["host"]).unwrap_or(ANY);
        let paths = items(rule, &["http", "paths"]);
        let of_item = |item| (host, plain(item, &["path"]).unwrap_or("/"));
        found.extend(paths.iter().map(of_item));
        if paths.is_empty() {
            found.push((host, "/"));
        }
    }
    found
}

/// The hosts and paths of a proxy, or of an Ingress with those of its default backend; none of other objects.
pub(crate) fn requests(object: &Object) -> Vec<(&str, &str)> {
    if object.id.is_proxy() {
        let routes = proxy::routes(object).into_iter();
        return routes.map(|it| (it.host, it.path)).collect();
    }
    if !object.id.is("networking.k8s.io", "Ingress") {
        return Vec::new();
    }
    let mut requests = paths(object);
    let fallback = at(&object.tree, &["spec", "defaultBackend"]);
    requests.extend(fallback.map(|_| (ANY, "/")));
    requests
}

fn of_reference<'a>(
    route: &'a Object,
    backend: &'a Document,
    path: FieldPath,
) -> Option<Backend<'a>> {
    Some(Backend {
        path,
        requests: None,
        kind: plain(backend, &["kind"]).filter(|kind| *kind != "Service"),
        namespace: plain(backend, &["namespace"]).or(own(route)),
        name: plain(backend, &["name"])?,
        port: scalar(backend, &["port"]),
    })
}

fn of_ingress(ingress: &Object) -> Vec<Backend<'_>> {
    let mut backends = Vec::new();
    if let Some(fallback) = at(&ingress.tree, &["spec", "defaultBackend"]) {
        let place = path(&["spec", "defaultBackend"]);
        backends.extend(of_backend(ingress, fallback, ((ANY, ""), place)));
    }
    for (index, rule) in items(&ingress.tree, &["spec", "rules"]).iter().enumerate() {
        let host = plain(rule, &["host"]).unwrap_or(ANY);
        for (position, item) in items(rule, &["http", "paths"]).iter().enumerate() {
            let prefix = plain(item, &["path"]).unwrap_or("/");
            let list = path(&["spec", "rules"]).item(&index.to_string());
            let list = list.field("http").field("paths");
            let place = list.item(&position.to_string()).field("backend");
            let backend = at(item, &["backend"]);
            let requests = ((host, prefix), place);
            backends.extend(backend.and_then(|it| of_backend(ingress, it, requests)));
        }
    }
    backends
}

fn of_backend<'a>(
    ingress: &'a Object,
    backend: &'a Document,
    (requests, path): ((&'a str, &'a str), FieldPath),
) -> Option<Backend<'a>> {
    let service = at(backend, &["service"]);
    let named = service.or(at(backend, &["resource"]))?;
    let port = |field| scalar(service?, &["port", field]);
    Some(Backend {
        path,
        requests: Some(requests),
        kind: plain(backend, &["resource", "kind"]).filter(|_| service.is_none()),
        namespace: own(ingress),
        name: plain(named, &["name"])?,
        port: port("number").or_else(|| port("name")),
    })
}
