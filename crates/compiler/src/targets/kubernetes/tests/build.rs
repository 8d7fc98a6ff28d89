//! Builds the applications for the tests, and renders them.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Port, Protocol, Quantities, Ready, Sources, Span};
use serde_json::Value;

use crate::ir::{
    App, Component, Container, File, FileContent, Mount, NonRoot, Origin, Places, Ref, Run, Secret,
    SecretSource, Segment, Text, Volume,
};
use crate::targets::{Kubernetes, Target};

pub(super) fn span() -> Span {
    Span::new(Sources::new().add("score.yaml", ""), 0, 0)
}

pub(super) fn container() -> Container {
    Container {
        image: "busybox".to_owned(),
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

pub(super) fn workload(name: &str) -> Component {
    Component {
        name: name.to_owned(),
        origin: Origin::Workload(span()),
        job_of: None,
        run: Run::Always,
        annotations: Map::default(),
        places: Places::default(),
        defaults: IndexSet::new(),
        ports: Map::default(),
        containers: Map::from_iter([("main".to_owned(), container())]),
        needs: IndexSet::new(),
        reaches: BTreeSet::new(),
        waits_for: Map::default(),
        non_root: None,
    }
}

pub(super) fn server(name: &str) -> Component {
    let origin = Origin::Resource {
        uid: format!("redis.default#{name}"),
        workload: Some("web".to_owned()),
    };
    Component {
        origin,
        ports: Map::from_iter([("redis".to_owned(), port(6379, 6379))]),
        non_root: Some(NonRoot {
            user: 999,
            low_ports: false,
            group: 1000,
        }),
        ..workload(name)
    }
}

pub(super) fn port(port: u16, target: u16) -> Port {
    Port {
        span: span(),
        port,
        target,
        protocol: Protocol::Tcp,
    }
}

pub(super) fn secret(object: &str, name: &str) -> Segment {
    Segment::Ref(Ref::Secret(Arc::new(Secret {
        resource: format!("redis.default#{object}"),
        object: object.to_owned(),
        name: name.to_owned(),
        source: SecretSource::Derived {
            length: 16,
            alphabet: crate::ir::ALPHANUMERIC.to_owned(),
            rotation: 0,
        },
    })))
}

pub(super) fn text(parts: impl IntoIterator<Item = Segment>) -> Text {
    let mut text = Text::new();
    parts.into_iter().for_each(|part| text.push(part));
    text
}

pub(super) fn plain(text: &str) -> Segment {
    Segment::Plain(text.to_owned())
}

pub(super) fn app(components: impl IntoIterator<Item = Component>) -> App {
    let components = components.into_iter().map(|c| (c.name.clone(), c));
    let mut components: Map<_> = components.collect();
    components.sort_keys();
    App {
        components,
        ..App::default()
    }
}

pub(super) fn render_with(app: &App, options: &Kubernetes) -> (Vec<Value>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let objects = options.objects(app, &mut diagnostics);
    let json = objects
        .iter()
        .map(|object| object.tree.map_text(&mut Text::redact).to_json());
    (json.collect(), diagnostics)
}

/// Renders an application and expects no diagnostics.
pub(super) fn render(app: &App) -> Vec<Value> {
    let (documents, diagnostics) = render_with(app, &Kubernetes::default());
    assert_eq!(diagnostics, []);
    documents
}

/// The codes and messages of the diagnostics.
pub(super) fn findings(app: &App) -> Vec<(Code, String)> {
    let (_, diagnostics) = render_with(app, &Kubernetes::default());
    let findings = diagnostics.into_iter();
    findings.map(|found| (found.code, found.message)).collect()
}

pub(super) fn names(documents: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    documents
        .iter()
        .map(|d| format!("{}/{}", text(&d["kind"]), text(&d["metadata"]["name"])))
        .collect()
}

pub(super) fn pod(documents: &[Value]) -> &Value {
    let mut templates = documents
        .iter()
        .map(|document| &document["spec"]["template"]);
    templates
        .find(|template| template.is_object())
        .unwrap_or(&Value::Null)
}

pub(super) fn before(others: &[(&str, Ready)]) -> Container {
    let others = others
        .iter()
        .map(|(name, ready)| ((*name).to_owned(), *ready));
    Container {
        before: others.collect(),
        ..container()
    }
}

pub(super) fn with_containers(containers: &[(&str, Container)]) -> App {
    let containers = containers.iter().cloned();
    app([Component {
        containers: containers.map(|(name, c)| (name.to_owned(), c)).collect(),
        ..workload("web")
    }])
}

pub(super) fn file(content: Text, mode: Option<u16>) -> File {
    File {
        content: FileContent::Text(content),
        mode,
    }
}

pub(super) fn mounting(component: Component, volume: &str, owner: Option<&str>) -> App {
    let mut app = app([component]);
    for component in app.components.values_mut() {
        let mount = Mount {
            volume: volume.to_owned(),
            path: Some("/sub".to_owned()),
            read_only: false,
        };
        component.containers[0]
            .mounts
            .insert("/data".to_owned(), mount);
    }
    let volume = Volume {
        name: volume.to_owned(),
        resource: "volume.default#web.data".to_owned(),
        local_name: None,
        owner: owner.map(str::to_owned),
        size: None,
        storage: crate::ir::Storage::Managed,
    };
    app.volumes.insert(volume.name.clone(), volume);
    app
}
