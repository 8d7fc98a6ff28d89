//! Ways in from outside.

use crate::emit::document::document;

document! {
    /// A way in for HTTP.
    HTTPRoute {
        spec: HttpRouteSpec = "spec",
    }
}

document! {
    /// What a route is to be.
    HttpRouteSpec {
        parent_refs: Vec<ParentRef> = "parentRefs",
        hostnames: Vec<String> = "hostnames",
        rules: Vec<HttpRouteRule> = "rules",
    }
}

document! {
    /// The gateway that a route belongs to.
    ParentRef {
        name: String = "name",
        namespace: Option<String> = "namespace",
        section_name: Option<String> = "sectionName",
    }
}

document! {
    /// Which requests go where.
    HttpRouteRule {
        matches: Vec<HttpRouteMatch> = "matches",
        backend_refs: Vec<BackendRef> = "backendRefs",
    }
}

document! {
    /// Which requests are meant.
    HttpRouteMatch {
        path: HttpPathMatch = "path",
    }
}

document! {
    /// Which paths are meant.
    HttpPathMatch {
        kind: &'static str = "type",
        value: String = "value",
    }
}

document! {
    /// The service that answers.
    BackendRef {
        name: String = "name",
        port: Option<u16> = "port",
    }
}

document! {
    /// The older way in for HTTP.
    Ingress {
        spec: IngressSpec = "spec",
    }
}

document! {
    /// What an ingress is to be.
    IngressSpec {
        ingress_class_name: Option<String> = "ingressClassName",
        tls: Vec<IngressTls> = "tls",
        rules: Vec<IngressRule> = "rules",
    }
}

document! {
    /// Where the certificate of hosts lies.
    IngressTls {
        hosts: Vec<String> = "hosts",
        secret_name: String = "secretName",
    }
}

document! {
    /// What happens to requests to a host.
    IngressRule {
        host: String = "host",
        http: IngressPaths = "http",
    }
}

document! {
    /// What happens to requests by their path.
    IngressPaths {
        paths: Vec<IngressPath> = "paths",
    }
}

document! {
    /// Which requests go where.
    IngressPath {
        path: String = "path",
        path_type: &'static str = "pathType",
        backend: IngressBackend = "backend",
    }
}

document! {
    /// What answers.
    IngressBackend {
        service: IngressService = "service",
    }
}

document! {
    /// The service that answers.
    IngressService {
        name: String = "name",
        port: IngressPort = "port",
    }
}

document! {
    /// The port of that service.
    IngressPort {
        number: Option<u16> = "number",
    }
}
