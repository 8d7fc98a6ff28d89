//! Small applications for rendering.

use std::sync::Arc;

use score_compiler::ir::{
    Component, Container, Origin, Places, Probe, Ref, Route, Run, Secret, SecretSource,
    SecretValue, Segment,
};
use score_compiler::{App, Text};
use score_spec::{HttpGet, Map, Port, Protocol, Quantities, Ready, Sources, Span};

pub(crate) fn span() -> Span {
    Span::new(Sources::new().add("score.yaml", "name"), 0, 4)
}

pub(crate) fn container() -> Container {
    Container {
        image: "x".to_owned(),
        build: None,
        command: None,
        args: None,
        variables: Map::default(),
        files: Map::default(),
        mounts: Map::default(),
        before: Map::default(),
        limits: Quantities::default(),
        requests: Quantities::default(),
        liveness_probe: None,
        readiness_probe: None,
    }
}

pub(crate) fn before(name: &str, ready: Ready) -> Container {
    Container {
        before: Map::from_iter([(name.to_owned(), ready)]),
        ..container()
    }
}

pub(crate) fn workload<const N: usize>(
    name: &str,
    containers: [(&str, Container); N],
) -> Component {
    let web = Port {
        span: span(),
        port: 80,
        target: 8000,
        protocol: Protocol::Tcp,
    };
    let dns = Port {
        span: span(),
        port: 53,
        target: 53,
        protocol: Protocol::Udp,
    };
    Component {
        name: name.to_owned(),
        origin: Origin::Workload(span()),
        job_of: None,
        run: Run::Always,
        annotations: Map::default(),
        places: Places::default(),
        defaults: [].into(),
        ports: Map::from_iter([("web".to_owned(), web), ("dns".to_owned(), dns)]),
        containers: Map::from_iter(containers.map(|(name, it)| (name.to_owned(), it))),
        needs: [].into(),
        reaches: [].into(),
        waits_for: Map::default(),
        non_root: None,
    }
}

pub(crate) fn server<const N: usize>(name: &str, containers: [(&str, Container); N]) -> Component {
    let origin = Origin::Resource {
        uid: format!("redis.default#{name}"),
        workload: Some("web".to_owned()),
    };
    Component {
        origin,
        ..workload(name, containers)
    }
}

pub(crate) fn app<const N: usize>(components: [Component; N]) -> App {
    let components = components.map(|component| (component.name.clone(), component));
    App {
        components: Map::from_iter(components),
        ..App::default()
    }
}

pub(crate) fn exec(command: &str) -> Probe {
    let exec = Some(command.split(' ').map(Text::from).collect());
    Probe {
        http_get: None,
        exec,
    }
}

pub(crate) fn http() -> Probe {
    let http_get = HttpGet {
        host: None,
        scheme: None,
        path: "/".to_owned(),
        port: 80,
        headers: vec![],
    };
    Probe {
        http_get: Some(http_get),
        exec: None,
    }
}

pub(crate) fn password() -> Segment {
    Segment::Ref(Ref::Secret(Arc::new(Secret {
        resource: "redis.default#cache".to_owned(),
        object: "redis-cache".to_owned(),
        name: "password".to_owned(),
        source: SecretSource::Derived {
            length: 4,
            alphabet: "a".to_owned(),
            rotation: 0,
        },
    })))
}

pub(crate) fn given(value: &str) -> Segment {
    Segment::Ref(Ref::Secret(Arc::new(Secret {
        resource: "vault.default#shared".to_owned(),
        object: "vault-shared".to_owned(),
        name: "token".to_owned(),
        source: SecretSource::External(SecretValue::new(value)),
    })))
}

pub(crate) fn text<const N: usize>(segments: [Segment; N]) -> Text {
    let mut text = Text::new();
    for segment in segments {
        text.push(segment);
    }
    text
}

pub(crate) fn plain(text: &str) -> Segment {
    Segment::Plain(text.to_owned())
}

pub(crate) fn route(host: &str, path: &str) -> Route {
    Route {
        name: "web-route".to_owned(),
        resource: format!("route.default#web.{}", path.len()),
        path_span: span(),
        host_span: span(),
        rewrite_span: span(),
        workload: "web".to_owned(),
        hosts: vec![host.to_owned()],
        path: path.to_owned(),
        path_rewrite: None,
        component: "web".to_owned(),
        port: "web".to_owned(),
        annotations: Map::default(),
    }
}
