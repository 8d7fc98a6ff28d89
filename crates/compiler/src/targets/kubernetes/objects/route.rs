//! The types of route objects: `HTTPRoute` of the Gateway API, and `Ingress`.

use crate::emit::document::document;

document! {
    /// A route of the Gateway API.
    HTTPRoute {
        spec: HttpRouteSpec = "spec",
    }
}

document! {
    /// The specification of a route.
    HttpRouteSpec {
        parent_refs: Vec<ParentRef> = "parentRefs",
        hostnames: Vec<String> = "hostnames",
        rules: Vec<HttpRouteRule> = "rules",
    }
}

document! {
    /// The gateway of a route.
    ParentRef {
        name: String = "name",
        namespace: Option<String> = "namespace",
        section_name: Option<String> = "sectionName",
    }
}

document! {
    /// The backends of matching requests.
    HttpRouteRule {
        matches: Vec<HttpRouteMatch> = "matches",
        filters: Vec<HttpRouteFilter> = "filters",
        backend_refs: Vec<BackendRef> = "backendRefs",
    }
}

document! {
    /// A change of requests.
    HttpRouteFilter {
        kind: &'static str = "type",
        url_rewrite: UrlRewrite = "urlRewrite",
    }
}

document! {
    /// A change of the URL of requests.
    UrlRewrite {
        path: PathModifier = "path",
    }
}

document! {
    /// The replacement for the matched prefix of paths.
    PathModifier {
        kind: &'static str = "type",
        replace_prefix_match: String = "replacePrefixMatch",
    }
}

document! {
    /// A condition on requests.
    HttpRouteMatch {
        path: HttpPathMatch = "path",
    }
}

document! {
    /// A condition on paths.
    HttpPathMatch {
        kind: &'static str = "type",
        value: String = "value",
    }
}

document! {
    /// The service that receives the requests.
    BackendRef {
        name: String = "name",
        port: Option<u16> = "port",
    }
}

document! {
    /// A route of the older API.
    Ingress {
        spec: IngressSpec = "spec",
    }
}

document! {
    /// The specification of an ingress.
    IngressSpec {
        ingress_class_name: Option<String> = "ingressClassName",
        tls: Vec<IngressTls> = "tls",
        rules: Vec<IngressRule> = "rules",
    }
}

document! {
    /// The certificate of hosts.
    IngressTls {
        hosts: Vec<String> = "hosts",
        secret_name: String = "secretName",
    }
}

document! {
    /// The backends of requests to a host.
    IngressRule {
        host: String = "host",
        http: IngressPaths = "http",
    }
}

document! {
    /// The backends of requests by path.
    IngressPaths {
        paths: Vec<IngressPath> = "paths",
    }
}

document! {
    /// The backend of requests to a path.
    IngressPath {
        path: String = "path",
        path_type: &'static str = "pathType",
        backend: IngressBackend = "backend",
    }
}

document! {
    /// The target of requests.
    IngressBackend {
        service: IngressService = "service",
    }
}

document! {
    /// The service that receives the requests.
    IngressService {
        name: String = "name",
        port: IngressPort = "port",
    }
}

document! {
    /// The port of the service.
    IngressPort {
        number: Option<u16> = "number",
    }
}
