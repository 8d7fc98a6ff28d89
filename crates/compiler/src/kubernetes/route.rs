//! Routes: the Gateway API's `HTTPRoute`. Not: the gateway, which the platform has.

use score_spec::{Code, Diagnostic};

use super::cluster::{Cluster, at, resource_annotations};
use super::objects::{
    BackendRef, HTTPRoute, HttpPathMatch, HttpRouteMatch, HttpRouteRule, HttpRouteSpec, Object,
    ParentRef,
};
use crate::Route;

/// The gateway that routes belong to.
const GATEWAY: &str = "default";

/// The object of a route.
pub(super) fn object(
    cluster: &Cluster,
    route: &Route,
    diagnostics: &mut Vec<Diagnostic>,
) -> Object {
    for problem in problems(route) {
        let problem = Diagnostic::new(Code::TargetInvalid, problem);
        diagnostics.push(match cluster.app.components.get(&route.workload) {
            Some(workload) => at(workload, problem),
            None => problem,
        });
    }
    let metadata = cluster.metadata(
        &route.name,
        cluster.labels(&route.component),
        resource_annotations(&route.resource, Some(&route.workload)),
    );
    let rule = HttpRouteRule {
        matches: vec![HttpRouteMatch {
            path: path_match(&route.path),
        }],
        // The Gateway API wants the number; the name of a port is refused.
        backend_refs: vec![BackendRef {
            name: cluster.service(&route.component).to_owned(),
            port: cluster.port(&route.component, &route.port),
        }],
    };
    let spec = HttpRouteSpec {
        parent_refs: vec![ParentRef { name: GATEWAY }],
        hostnames: vec![route.host.clone()],
        rules: vec![rule],
    };
    let purpose = format!("resource `{}`", route.resource);
    Object::new(metadata, HTTPRoute { spec }, purpose)
}

/// How a path is matched. In Compose it is a regular expression, whose plain form is a prefix; the
/// same holds here. The Gateway API allows a prefix only the characters of a URL's path, and every
/// implementation has prefixes but not all have expressions, so that a plain path stays a prefix.
/// A dot alone makes no expression: `/v1.2` is a plain path.
fn path_match(path: &str) -> HttpPathMatch {
    if is_prefix(path) {
        return HttpPathMatch {
            kind: "PathPrefix",
            value: path.to_owned(),
        };
    }
    HttpPathMatch {
        kind: "RegularExpression",
        // The path itself or anything below it, as a prefix means it.
        value: format!("^{path}(/.*)?$"),
    }
}

/// Whether a path is a prefix that the Gateway API allows, and no expression.
fn is_prefix(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-/._~!&',;=:@".contains(byte),
    })
}

/// What the Gateway API would refuse.
fn problems(route: &Route) -> Vec<String> {
    let Route { host, path, .. } = route;
    let mut problems = Vec::new();
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !host.split('.').all(label) || host.len() > 253 {
        problems.push(format!("the host `{host}` of a route is not a DNS name"));
    }
    let lower = path.to_ascii_lowercase();
    let inside = ["//", "/./", "/../", "%2f"];
    let refused = inside.into_iter().find(|part| lower.contains(part));
    let refused = refused.or_else(|| ["/.", "/.."].into_iter().find(|end| path.ends_with(end)));
    if let Some(part) = refused.filter(|_| is_prefix(path)) {
        problems.push(format!("the path `{path}` of a route has `{part}` in it"));
    }
    if path_match(path).value.len() > 1024 {
        problems.push("the path of a route has more than 1024 characters".to_owned());
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
            ("/a%2", "RegularExpression", "^/a%2(/.*)?$"),
            (
                "/my/[^/]+/path",
                "RegularExpression",
                "^/my/[^/]+/path(/.*)?$",
            ),
            ("/files/.*", "RegularExpression", "^/files/.*(/.*)?$"),
        ] {
            let matched = path_match(path);
            assert_eq!((matched.kind, matched.value.as_str()), (kind, value));
        }
    }
}
