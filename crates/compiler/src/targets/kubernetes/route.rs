//! Routes: an `HTTPRoute` of the Gateway API, or an `Ingress`. The platform provides the gateway or
//! ingress controller.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use score_spec::{Code, Diagnostic, Map, Span};

use super::naming::{Naming, label, resource_annotations};
use super::objects::{
    BackendRef, HTTPRoute, HttpPathMatch, HttpRouteFilter, HttpRouteMatch, HttpRouteRule,
    HttpRouteSpec, Ingress, IngressBackend, IngressPath, IngressPaths, IngressPort, IngressRule,
    IngressService, IngressSpec, IngressTls, Metadata, Object, ParentRef, PathModifier, UrlRewrite,
};
use super::options::{Gateway, RouteKind, RouteOptions};
use super::provenance::Owner;
use super::workload_options::WorkloadOptions;
use crate::ir::Route;

/// The default gateway of routes.
const GATEWAY: &str = "default";
/// The annotation that selects the cert-manager issuer for the certificate of an ingress.
const ISSUER: &str = "cert-manager.io/cluster-issuer";

/// The object of a route. Annotations of its workload can select a gateway or a class.
pub(super) fn object(
    naming: &Naming,
    route: &Route,
    workload_options: Option<&WorkloadOptions>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Object {
    object_of(
        naming,
        route,
        workload_options,
        kind(naming, workload_options),
        diagnostics,
    )
}

/// Reports routes of the same gateway or class that match the same requests: the older or the first one by name would
/// receive them.
pub(super) fn check(
    naming: &Naming,
    options: &BTreeMap<&str, WorkloadOptions>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut known: BTreeMap<_, &Route> = BTreeMap::new();
    for route in &naming.app.routes {
        let entrance = entrance(naming, options.get(route.workload.as_str()));
        for host in &route.hosts {
            let key = (host, route.prefix(), entrance.clone());
            match known.get(&key) {
                Some(first) => diagnostics.push(route.same_as(first, host, route.prefix())),
                None => {
                    known.insert(key, route);
                }
            }
        }
    }
}

/// The gateway of the routes of a workload with its namespace, whatever the listener is, or their ingress class.
fn entrance(
    naming: &Naming,
    options: Option<&WorkloadOptions>,
) -> (Option<String>, Option<String>) {
    let defaults = naming.options.route_options();
    if kind(naming, options) == RouteKind::Ingress {
        let class = options.and_then(|options| options.ingress_class.as_ref());
        return (None, class.or(defaults.class.as_ref()).cloned());
    }
    let gateway = options.and_then(|options| options.gateway.as_ref());
    let gateway = gateway.or(defaults.gateway.as_ref());
    let namespace = gateway.and_then(|gateway| gateway.namespace.as_ref());
    let namespace = namespace.or(naming.options.namespace.as_ref());
    let name = gateway.map_or(GATEWAY, |gateway| &gateway.name);
    (Some(name.to_owned()), namespace.cloned())
}

/// The kind of the routes of a workload.
pub(super) fn kind(naming: &Naming, workload_options: Option<&WorkloadOptions>) -> RouteKind {
    let gateway = workload_options.and_then(|workload_options| workload_options.gateway.as_ref());
    let class =
        workload_options.and_then(|workload_options| workload_options.ingress_class.as_ref());
    match (gateway, class) {
        (Some(_), _) => RouteKind::HttpRoute,
        (None, Some(_)) => RouteKind::Ingress,
        (None, None) => naming.options.route_options().kind,
    }
}

/// A route as an object of this kind.
pub(super) fn object_of(
    naming: &Naming,
    route: &Route,
    workload_options: Option<&WorkloadOptions>,
    kind: RouteKind,
    diagnostics: &mut Vec<Diagnostic>,
) -> Object {
    let options = naming.options.route_options();
    let gateway = workload_options.and_then(|workload_options| workload_options.gateway.as_ref());
    let class =
        workload_options.and_then(|workload_options| workload_options.ingress_class.as_ref());
    for (place, problem, help) in problems(route) {
        let found = Diagnostic::new(Code::TargetInvalid, problem).at(place, "");
        diagnostics.push(found.help(help));
    }
    let owner = Owner::route(route);
    let annotations = options.annotations.clone();
    match kind {
        RouteKind::HttpRoute => {
            diagnostics.extend(rewritten_expression(route));
            let gateway = gateway.or(options.gateway.as_ref());
            let spec = http_route(naming, route, gateway);
            let metadata = metadata(naming, route, annotations);
            Object::new(metadata, HTTPRoute { spec }, owner)
        }
        RouteKind::Ingress => {
            if !is_prefix(route.prefix()) {
                let message = format!(
                    "the path `{}` of a route is a regular expression, which an Ingress does not support",
                    route.path
                );
                let help = "some controllers support it with an annotation; otherwise use a plain \
                 path or a Gateway";
                let found = Diagnostic::new(Code::TargetUnsupported, message);
                diagnostics.push(found.at(route.path_span, "").help(help));
            }
            diagnostics.extend(rewritten_ingress(route));
            let mut annotations = annotations;
            if let Some(issuer) = &options.issuer {
                annotations.insert(ISSUER.to_owned(), issuer.clone());
            }
            let class = class.or(options.class.as_ref()).cloned();
            let spec = ingress(naming, route, class);
            let metadata = metadata(naming, route, annotations);
            Object::new(metadata, Ingress { spec }, owner)
        }
    }
}

/// The error about a path that is replaced but is not a prefix. A Gateway can replace only a prefix, and the
/// API server rejects anything else.
fn rewritten_expression(route: &Route) -> Option<Diagnostic> {
    if route.path_rewrite.is_none() || is_prefix(route.prefix()) {
        return None;
    }
    let message = format!(
        "the path `{}` of a route is a regular expression, which a Gateway cannot replace",
        route.path
    );
    let found = Diagnostic::new(Code::TargetInvalid, message).at(route.path_span, "");
    Some(found.help("use a plain path, or remove `pathRewrite`"))
}

/// The error about an `Ingress` that would have to replace a path. The workload would receive requests that it
/// does not expect, so this is not a warning.
fn rewritten_ingress(route: &Route) -> Option<Diagnostic> {
    route.path_rewrite.as_ref()?;
    let message = format!(
        "the route `{}` replaces the path of requests, which an Ingress cannot do",
        route.resource
    );
    let help = "use `routes: {kind: HTTPRoute}`, or remove `pathRewrite` and handle the whole path in the \
     workload; controllers have annotations for it, but each has its own";
    let found = Diagnostic::new(Code::TargetInvalid, message).at(route.rewrite_span, "");
    Some(found.help(help))
}

fn metadata(naming: &Naming, route: &Route, annotations: Map<String>) -> Metadata {
    let mut all = resource_annotations(&route.resource, Some(&route.workload));
    all.extend(annotations);
    naming.metadata(
        &route.name,
        naming.labels(&route.component),
        all,
        Some(&route.workload),
    )
}

fn http_route(naming: &Naming, route: &Route, gateway: Option<&Gateway>) -> HttpRouteSpec {
    let rule = HttpRouteRule {
        matches: vec![HttpRouteMatch {
            path: path_match(route.prefix()),
        }],
        filters: route.new_prefix().map(rewrite).into_iter().collect(),
        // The Gateway API accepts only port numbers, not names.
        backend_refs: vec![BackendRef {
            name: naming.service(&route.component).to_owned(),
            port: naming.port(&route.component, &route.port),
        }],
    };
    let parent = match gateway.cloned() {
        Some(gateway) => ParentRef {
            name: gateway.name,
            namespace: gateway.namespace,
            section_name: gateway.listener,
        },
        None => ParentRef {
            name: GATEWAY.to_owned(),
            ..ParentRef::default()
        },
    };
    HttpRouteSpec {
        parent_refs: vec![parent],
        hostnames: route.hosts.clone(),
        rules: vec![rule],
    }
}

/// The filter that replaces the matched prefix.
fn rewrite(new_prefix: &str) -> HttpRouteFilter {
    HttpRouteFilter {
        kind: "URLRewrite",
        url_rewrite: UrlRewrite {
            path: PathModifier {
                kind: "ReplacePrefixMatch",
                replace_prefix_match: new_prefix.to_owned(),
            },
        },
    }
}

fn ingress(naming: &Naming, route: &Route, class: Option<String>) -> IngressSpec {
    let options = naming.options.route_options();
    let secret = options.tls_secret.clone();
    let tls = secret
        .or_else(|| options.issued_secret(route))
        .map(|secret_name| IngressTls {
            hosts: route.hosts.clone(),
            secret_name,
        });
    let path = IngressPath {
        path: route.prefix().to_owned(),
        path_type: if is_prefix(route.prefix()) {
            "Prefix"
        } else {
            "ImplementationSpecific"
        },
        backend: IngressBackend {
            service: IngressService {
                name: naming.service(&route.component).to_owned(),
                port: IngressPort {
                    number: naming.port(&route.component, &route.port),
                },
            },
        },
    };
    let rule = |host: &String| IngressRule {
        host: host.clone(),
        http: IngressPaths {
            paths: vec![path.clone()],
        },
    };
    IngressSpec {
        ingress_class_name: class,
        tls: tls.into_iter().collect(),
        rules: route.hosts.iter().map(rule).collect(),
    }
}

impl RouteOptions {
    /// The name of the Secret with the certificate that the issuer creates for a route. Absent if the options name a
    /// Secret, or no issuer.
    pub(crate) fn issued_secret(&self, route: &Route) -> Option<String> {
        if self.tls_secret.is_some() || self.issuer.is_none() {
            return None;
        }
        Some(match route.hosts.as_slice() {
            // All routes of a host share its certificate.
            [host] => {
                let host = host.replace('.', "-").replace('*', "wildcard");
                label(&format!("{host}-tls"))
            }
            // A certificate for several hosts belongs to the route: two objects that request different
            // certificates for the same Secret would replace each other's.
            _ => label(&format!("{}-tls", route.name)),
        })
    }
}

/// The match for a path. In Compose, a path is a regular expression, and one without special
/// characters is a prefix. The same applies here: a path without special characters becomes a
/// prefix, because every implementation of the Gateway API supports prefixes but not all support
/// expressions. Prefixes can contain only characters of URL paths. A `.` alone does not make a path
/// an expression: `/v1.2` is a prefix.
fn path_match(path: &str) -> HttpPathMatch {
    if is_prefix(path) {
        return HttpPathMatch {
            kind: "PathPrefix",
            value: path.to_owned(),
        };
    }
    HttpPathMatch {
        kind: "RegularExpression",
        // The path itself or anything below it, like a prefix.
        value: format!("^(?:{path})(/.*)?$"),
    }
}

/// Whether a path is a prefix that the Gateway API accepts, and not an expression.
fn is_prefix(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-/._~!&',;=:@".contains(byte),
    })
}

/// The problems of a route: location, message and help.
fn problems(route: &Route) -> Vec<(Span, String, &'static str)> {
    let path = route.prefix();
    let mut problems = Vec::new();
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    for host in &route.hosts {
        if !host.split('.').all(label) || host.len() > 253 {
            problems.push((
                route.host_span,
                format!("the host `{host}` of a route is not a DNS name"),
                "use lower-case letters, digits, `-` and `.`",
            ));
        }
    }
    for host in route
        .hosts
        .iter()
        .filter(|it| it.parse::<Ipv4Addr>().is_ok())
    {
        problems.push((
            route.host_span,
            format!("the host `{host}` of a route is an IP address"),
            "use a DNS name; the gateway or ingress controller has the address",
        ));
    }
    let lower = path.to_ascii_lowercase();
    let inside = ["//", "/./", "/../", "%2f"];
    let refused = inside.into_iter().find(|part| lower.contains(part));
    let refused = refused.or_else(|| ["/.", "/.."].into_iter().find(|end| path.ends_with(end)));
    if let Some(part) = refused.filter(|_| is_prefix(path)) {
        problems.push((
            route.path_span,
            format!("the path `{path}` of a route contains `{part}`"),
            "write the resolved path",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::path_match;

    #[test]
    fn plain_paths_are_prefixes_and_others_expressions() {
        for (path, kind, value) in [
            ("/", "PathPrefix", "/"),
            ("/v1.2/a-b", "PathPrefix", "/v1.2/a-b"),
            ("/a%20b", "PathPrefix", "/a%20b"),
            ("/a%2", "RegularExpression", "^(?:/a%2)(/.*)?$"),
            (
                "/my/[^/]+/path",
                "RegularExpression",
                "^(?:/my/[^/]+/path)(/.*)?$",
            ),
            ("/files/.*", "RegularExpression", "^(?:/files/.*)(/.*)?$"),
            // Without the group, the first alternative would be any path that starts with it.
            ("/a|/b", "RegularExpression", "^(?:/a|/b)(/.*)?$"),
        ] {
            let matched = path_match(path);
            assert_eq!((matched.kind, matched.value.as_str()), (kind, value));
        }
    }
}
