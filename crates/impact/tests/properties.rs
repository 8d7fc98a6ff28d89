//! Properties of comparisons of random objects, and their cost.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::disallowed_methods, reason = "a test measures time")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use score_compiler::ir::Tree;
use score_impact::{Class, Document, Object, RULES, Rendering, compare};
use score_spec::{Sources, parse};

/// Random numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn value(&mut self, depth: usize) -> Document {
        const KEYS: [&str; 30] = [
            "spec",
            "template",
            "metadata",
            "labels",
            "annotations",
            "containers",
            "name",
            "image",
            "env",
            "value",
            "ports",
            "port",
            "rules",
            "ingress",
            "egress",
            "from",
            "podSelector",
            "matchLabels",
            "volumes",
            "volumeClaimTemplates",
            "replicas",
            "selector",
            "strategy",
            "type",
            "resources",
            "data",
            "hosts",
            "tls",
            "securityContext",
            "verbs",
        ];
        const TEXTS: [&str; 8] = ["a", "b", "1", "1Gi", "*", "Recreate", "$(A)", "web"];
        match self.below(if depth == 0 { 3 } else { 8 }) {
            0 => Tree::Text((*self.pick(&TEXTS)).into()),
            1 => Tree::Number(self.below(100).into()),
            2 => Tree::Bool(self.below(2) == 0),
            3 | 4 => Tree::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => (0..self.below(5))
                .map(|_| ((*self.pick(&KEYS)).to_owned(), self.value(depth - 1)))
                .collect(),
        }
    }

    fn object(&mut self) -> Object {
        let kind = match self.below(10) {
            0 => "acme.example/Queue",
            1 => "service",
            _ => self
                .pick(RULES)
                .field
                .split(' ')
                .next()
                .unwrap()
                .trim_start_matches('*'),
        };
        let (group, kind) = kind.rsplit_once('/').unwrap_or(("", kind));
        let api_version = if group.is_empty() {
            "v1".to_owned()
        } else {
            format!("{group}/v1")
        };
        let mut object = Object::read(&document(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}",
        ))
        .unwrap()
        .remove(0);
        group.clone_into(&mut object.id.group);
        kind.clone_into(&mut object.id.kind);
        object.api_version = api_version;
        let fields = [
            ("spec".to_owned(), self.value(6)),
            ("data".to_owned(), self.value(2)),
        ];
        object.tree = Arc::new(fields.into_iter().collect());
        object
    }
}

fn document(text: &str) -> score_spec::Node {
    let mut sources = Sources::new();
    let id = sources.add("object.yaml", text);
    parse(&sources, id).documents.remove(0)
}

/// The number of leaves.
fn leaves(value: &Document) -> usize {
    match value {
        Tree::List(items) => items.iter().map(leaves).sum(),
        Tree::Map(entries) => entries.values().map(leaves).sum(),
        _ => 1,
    }
}

/// Changes the leaf with this number to a value that it cannot have.
fn change(value: &mut Document, number: &mut usize) {
    match value {
        Tree::List(items) => items.iter_mut().for_each(|item| change(item, number)),
        Tree::Map(entries) => entries.values_mut().for_each(|value| change(value, number)),
        leaf => {
            if *number == 0 {
                *leaf = Tree::Text("another value".into());
            }
            *number = number.wrapping_sub(1);
        }
    }
}

#[test]
fn an_equal_object_has_no_changes_and_a_changed_leaf_has_one() {
    let mut random = Random(1);
    for _ in 0..300 {
        let object = random.object();
        let before = Rendering::new([object.clone()]);
        assert!(compare(&before, &before).is_empty(), "{object:?}");
        for number in 0..leaves(&object.tree).min(20) {
            let mut changed = object.clone();
            change(Arc::make_mut(&mut changed.tree), &mut { number });
            let changes = compare(&before, &Rendering::new([changed.clone()]));
            let class = changes.class();
            assert!(class > Class::None, "{object:?}\n{changed:?}");
            let is_known = RULES
                .iter()
                .any(|rule| rule.field.contains(&object.id.kind));
            assert!(
                is_known || class >= Class::Unknown,
                "{object:?}\n{changed:?}"
            );
        }
    }
}

#[test]
fn unrelated_objects_are_compared_without_a_panic() {
    let mut random = Random(2);
    for _ in 0..300 {
        let (before, mut after) = (random.object(), random.object());
        after.id = before.id.clone();
        let (before, after) = (Rendering::new([before]), Rendering::new([after]));
        let changes = compare(&before, &after);
        let back = compare(&after, &before);
        assert_eq!(changes.is_empty(), back.is_empty());
    }
}

/// A project with this many workloads of about six objects.
fn project(count: usize, image: &str, prefix: &str) -> Vec<Object> {
    let mut text = String::from("apiVersion: v1\nkind: List\nitems:\n");
    for index in 0..count {
        let name = format!("{prefix}{index}");
        let metadata = format!(
            "metadata: {{name: {name}, annotations: {{k8s.score.dev/workload-name: {name}}}}}"
        );
        let _ = writeln!(
            text,
            "- {{apiVersion: apps/v1, kind: Deployment, {metadata}, spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: main, image: '{image}', env: [{{name: A, value: http://{prefix}{}}}, {{name: B, value: x}}, {{name: C, value: y}}], ports: [{{containerPort: 80}}]}}]}}}}}}}}",
            (index + 1) % count
        );
        let _ = writeln!(
            text,
            "- {{apiVersion: v1, kind: Service, {metadata}, spec: {{selector: {{app: {name}}}, ports: [{{name: http, port: {}}}]}}}}",
            if image.ends_with('1') { 80 } else { 81 }
        );
        let _ = writeln!(
            text,
            "- {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, {metadata}, spec: {{podSelector: {{matchLabels: {{app: {name}}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{{port: {}}}]}}]}}}}",
            if image.ends_with('1') { 80 } else { 81 }
        );
        for kind in ["db", "cache", "queue"] {
            let metadata = format!(
                "metadata: {{name: {kind}-{name}, annotations: {{k8s.score.dev/resource-uid: '{kind}.default#{name}.{kind}', k8s.score.dev/source-workload: {name}}}}}"
            );
            let _ = writeln!(
                text,
                "- {{apiVersion: apps/v1, kind: StatefulSet, {metadata}, spec: {{template: {{spec: {{containers: [{{name: main, image: '{image}'}}]}}}}, volumeClaimTemplates: [{{metadata: {{name: data}}}}]}}}}"
            );
        }
    }
    Object::read(&document(&text)).unwrap()
}

/// The time of a comparison, the shortest of three.
fn time(before: &Rendering<'_>, after: &Rendering<'_>) -> Duration {
    let times = (0..3).map(|_| {
        let start = Instant::now();
        assert!(!compare(before, after).is_empty());
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn the_work_is_proportional_to_the_objects() {
    let projects = |image: &str, prefix: &str| {
        [50, 500].map(|count| Rendering::new(project(count, image, prefix)))
    };
    let before = projects("acme/web:1", "a");
    // Everything changes; all workloads are renamed, and are alike; all are replaced by others.
    for (image, prefix) in [
        ("acme/web:2", "a"),
        ("acme/web:1", "b"),
        ("acme/api:2", "c"),
    ] {
        let after = projects(image, prefix);
        let (small, large) = (time(&before[0], &after[0]), time(&before[1], &after[1]));
        println!("{image} {prefix}: {small:?} {large:?}");
        assert!(large < small * 35, "{image} {prefix}: {small:?} {large:?}");
    }
}

/// Objects with this many parts of each kind, all of which depend on a version.
fn parts(count: usize, version: usize) -> Vec<(&'static str, String)> {
    let list = |part: &dyn Fn(usize) -> String| {
        let parts: Vec<String> = (0..count).map(part).collect();
        format!("[{}]", parts.join(", "))
    };
    let object = |api: &str, kind: &str, spec: &str| {
        format!("{{apiVersion: {api}, kind: {kind}, metadata: {{name: a}}, spec: {{{spec}}}}}\n")
    };
    let pod = |spec: &str| {
        let template = format!("template: {{metadata: {{labels: {{app: a}}}}, spec: {{{spec}}}}}");
        object("apps/v1", "Deployment", &template)
    };
    let volumes =
        list(&|at| format!("{{name: v{at}, persistentVolumeClaim: {{claimName: c{at}}}}}"));
    let mounts = list(&|at| format!("{{name: v{at}, mountPath: /a{}}}", at + version));
    let gateway = |kind: &str, spec: &str| object("gateway.networking.k8s.io/v1", kind, spec);
    let rule = |at: usize| {
        let filter = "filters: [{type: ExtensionRef, extensionRef: {name: auth}}]";
        format!(
            "{{{filter}, matches: [{{path: {{value: /a{}}}}}]}}",
            at + version
        )
    };
    let service = format!(
        "type: LoadBalancer, selector: {{app: a}}, ports: {}",
        list(&|at| format!("{{name: p{at}, port: {}, targetPort: p{at}}}", at + version))
    );
    let ports = list(&|at| {
        format!(
            "{{name: p{at}, containerPort: {}, hostPort: {at}}}",
            at + version
        )
    });
    let proxy = (0..count).map(|at| {
        format!(
            "server_name h{};\n location ~ \"^(?:/a{at})(?:/|$)\" {{\n set $upstream \"w{at}:80\";\n",
            at + version
        )
    });
    let proxy = proxy.collect::<String>();
    let folders = list(&|at| format!("{{name: v{at}, hostPath: {{path: /a{}}}}}", at + version));
    let containers = list(&|at| format!("{{name: c{}, image: a}}", at + version));
    vec![
        ("route", gateway("HTTPRoute", &format!("rules: {}", list(&rule)))),
        (
            "parents",
            gateway("HTTPRoute", &format!("parentRefs: {}", list(&|at| format!("{{name: g{}}}", at + version)))),
        ),
        (
            "listeners",
            gateway("Gateway", &format!("listeners: {}", list(&|at| format!("{{name: g{}}}", at + version)))),
        ),
        (
            "ingress",
            object(
                "networking.k8s.io/v1",
                "Ingress",
                &format!(
                    "rules: {}",
                    list(&|at| format!(
                        "{{host: h{}, http: {{paths: [{{path: /, backend: {{service: {{name: a}}}}}}]}}}}",
                        at + version
                    ))
                ),
            ),
        ),
        (
            "ports",
            format!(
                "{}---\n{}",
                object("v1", "Service", &service),
                pod(&format!("containers: [{{name: main, ports: {ports}}}]"))
            ),
        ),
        (
            "mounts",
            pod(&format!("containers: [{{name: main, volumeMounts: {mounts}}}], volumes: {volumes}")),
        ),
        (
            "folders",
            pod(&format!("containers: [{{name: main, volumeMounts: {mounts}}}], volumes: {folders}")),
        ),
        ("containers", pod(&format!("containers: {containers}, volumes: {volumes}"))),
        (
            "Compose",
            format!(
                "services: {{a: {{image: a, volumes: {}}}}}\nconfigs: {{routes/nginx.conf: {{content: {}}}}}\n",
                list(&|at| format!("\"v{at}:/a{}\"", at + version)),
                serde_json::to_string(&proxy).unwrap()
            )
            .replace("routes/nginx.conf", "\"./routes/nginx.conf\""),
        ),
    ]
}

#[test]
fn the_work_is_proportional_to_the_parts_of_an_object() {
    let rendering = |text: &str| {
        let documents = text.split("---\n").map(document);
        Rendering::new(documents.flat_map(|it| Object::read(&it).unwrap()))
    };
    // Half of the parts are other ones.
    let [small, large] = [200, 2000].map(|count| {
        let (before, after) = (parts(count, 0), parts(count, count / 2));
        let pairs = before.into_iter().zip(after);
        pairs
            .map(|((name, before), (_, after))| {
                let time = time(&rendering(&before), &rendering(&after));
                (name, time)
            })
            .collect::<Vec<_>>()
    });
    for ((name, small), (_, large)) in small.into_iter().zip(large) {
        println!("{name}: {small:?} {large:?}");
        // Ten times as many parts; the square would be a hundred times the work.
        assert!(large < small * 40, "{name}: {small:?} {large:?}");
    }
}
