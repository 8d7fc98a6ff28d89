//! Tests of the problems that the table of fields finds.

use score_spec::Value;
use serde_json::json;

use super::{Fault, Shape, Wrong, arrange, faults, patched_list};
use crate::ir::{MergeKey, PatchedList};
use crate::targets::kubernetes::{Open, OpenText, OpenTree};

fn tree(json: serde_json::Value) -> OpenTree {
    Value::from_json(json).map_text(&mut |text| OpenText::from(text.as_str()))
}

/// The problems of an object: paths and messages.
fn wrong(object: &OpenTree, of: &str) -> Vec<String> {
    let words = |Fault { path, wrong }| match wrong {
        Wrong::Unknown { .. } => format!("{}: unknown", path.join(".")),
        Wrong::Key { .. } => format!("{}: key", path.join(".")),
        Wrong::Unidentified { .. } => format!("{}: no identity", path.join(".")),
        Wrong::Type { expected, found } => {
            format!("{}: {found}, not {}", path.join("."), expected.words())
        }
    };
    faults(object, of).into_iter().map(words).collect()
}

#[test]
fn every_type_that_a_field_has_is_there() {
    for line in include_str!("../fields.txt").lines() {
        for field in line.split(' ') {
            let Some((field, of)) = field.split_once(':') else {
                continue;
            };
            let of = of.trim_start_matches(['[', '{']);
            let of = of.split_once('|').map_or(of, |(of, _)| of);
            let is_known = of == "a" || Shape::read(of) != Shape::Any;
            assert!(is_known, "{line}: {field}: {of}");
        }
    }
}

#[test]
fn lists_are_patched_by_the_merge_keys_of_the_api() {
    let merged = |alternatives: &[&[(&'static str, Option<&'static str>)]]| {
        let keys = |&(path, omitted): &_| MergeKey { path, omitted };
        let alternatives = alternatives.iter();
        PatchedList::Merged(
            alternatives
                .map(|it| it.iter().map(keys).collect())
                .collect(),
        )
    };
    for (of, path, expected) in [
        (
            "apps/v1/StatefulSet",
            "spec.volumeClaimTemplates",
            merged(&[&[("metadata.name", None)]]),
        ),
        (
            "batch/v1/CronJob",
            "spec.jobTemplate.spec.template.spec.containers.a.ports",
            merged(&[
                &[("name", None)],
                &[("containerPort", None), ("protocol", Some("TCP"))],
            ]),
        ),
        (
            "core.v1.PodTemplateSpec",
            "spec.containers.a.volumeMounts",
            merged(&[&[("mountPath", None)]]),
        ),
        (
            "core.v1.PodTemplateSpec",
            "spec.imagePullSecrets",
            merged(&[&[("name", Some(""))]]),
        ),
        (
            "core.v1.PodTemplateSpec",
            "spec.initContainers",
            PatchedList::Containers,
        ),
        (
            "core.v1.PodTemplateSpec",
            "spec.containers.a.args",
            PatchedList::Replaced,
        ),
        (
            "core.v1.PodTemplateSpec",
            "spec.tolerations",
            PatchedList::Appended,
        ),
        ("v1/Service", "metadata.finalizers", PatchedList::Appended),
    ] {
        let steps: Vec<&str> = path.split('.').collect();
        assert_eq!(patched_list(of, &steps), Some(expected), "{of}: {path}");
    }
    assert_eq!(patched_list("v1/Service", &["spec", "selector"]), None);
}

#[test]
fn unknown_fields_are_found_at_their_place() {
    let deployment = tree(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"any": "thing"}},
        "spec": {"template": {"spec": {"containers": [
            {"name": "a", "volumeMount": []}, {"env": [{"name": "A", "vale": "b"}]},
        ]}}},
    }));
    assert_eq!(
        wrong(&deployment, "apps/v1/Deployment"),
        [
            "spec.template.spec.containers.0.volumeMount: unknown",
            "spec.template.spec.containers.1.env.0.vale: unknown"
        ]
    );
    let Wrong::Unknown { known } = &faults(&deployment, "apps/v1/Deployment")[0].wrong else {
        panic!("unknown");
    };
    assert!(known.contains(&"volumeMounts"));
    assert_eq!(faults(&deployment, "example.com/v1/Bucket"), []);
}

#[test]
fn values_of_wrong_types_are_found_at_their_place() {
    for (of, object, expected) in [
        (
            "apps/v1/Deployment",
            json!({"spec": {"replicas": "three", "paused": "yes", "minReadySeconds": 1.5}}),
            &[
                "spec.replicas: a string, not an integer",
                "spec.paused: a string, not a boolean",
                "spec.minReadySeconds: a number with a fraction, not an integer",
            ][..],
        ),
        (
            "core.v1.PodTemplateSpec",
            json!({"spec": {
                "containers": ["a", null, {"name": "b", "args": [1, "x"], "env": {"A": "b"}}],
                "volumes": "v", "nodeSelector": {"a": 1, "b": null},
            }}),
            &[
                "spec.containers.0: a string, not a map",
                "spec.containers.1: nothing, not a map",
                "spec.containers.2.args.0: a number, not a string",
                "spec.containers.2.env: a map, not a list",
                "spec.volumes: a string, not a list",
                "spec.nodeSelector.a: a number, not a string",
            ],
        ),
        (
            "v1/ConfigMap",
            json!({
                "metadata": {"labels": {"a": true, "b c": "d", "x.y/z": "z"}},
                "data": {"a": {"b": "c"}, "x/y": "z", "x_y.z": "a"},
                "immutable": null,
            }),
            &[
                "metadata.labels.a: a boolean, not a string",
                "metadata.labels.b c: key",
                "data.a: a map, not a string",
                "data.x/y: key",
            ],
        ),
        (
            "v1/Service",
            json!({"spec": {"ports": [
                {"port": 80, "targetPort": "http"}, {"port": "80", "targetPort": 8080},
                {"port": 81, "targetPort": 1.5},
            ]}}),
            &[
                "spec.ports.1.port: a string, not an integer",
                "spec.ports.2.targetPort: a number with a fraction, not an integer or a string",
            ],
        ),
    ] {
        assert_eq!(wrong(&tree(object), of), expected, "{of}");
    }
}

#[test]
fn amounts_and_custom_objects_are_checked() {
    for (of, object, expected) in [
        (
            "v1/PersistentVolumeClaim",
            json!({"spec": {"resources": {"requests": {"storage": "1Gi", "x": 1, "y": true}}}}),
            &["spec.resources.requests.y: a boolean, not a number or a string"][..],
        ),
        (
            "example.com/v1/Bucket",
            json!({"metadata": {"annotations": {"a": 1}}, "spec": {"replicas": "three"}}),
            &["metadata.annotations.a: a number, not a string"],
        ),
    ] {
        assert_eq!(wrong(&tree(object), of), expected, "{of}");
    }
}

#[test]
fn a_port_is_an_integer_or_a_string_and_other_references_are_strings() {
    let port: OpenText = Open::Port {
        component: "a".to_owned(),
        port: "b".to_owned(),
    }
    .into();
    let host: OpenText = Open::Host("a".to_owned()).into();
    let object = |value: &OpenText| {
        tree(json!({"spec": {
            "replicas": "value", "paused": "value", "strategy": {"type": "value"},
            "template": {"metadata": {"labels": {"a": "value"}}},
        }}))
        .map_text(&mut |text| match text.as_plain() {
            Some("value") => value.clone(),
            _ => text.clone(),
        })
    };
    assert_eq!(
        wrong(&object(&port), "apps/v1/Deployment"),
        ["spec.paused: a port, not a boolean"]
    );
    assert_eq!(
        wrong(&object(&host), "apps/v1/Deployment"),
        [
            "spec.replicas: a string, not an integer",
            "spec.paused: a string, not a boolean"
        ]
    );
}

#[test]
fn fields_get_into_order() {
    let mut pod = tree(json!({
        "spec": {"containers": [{"image": "a", "name": "b"}], "nodeName": "c", "volumes": []},
        "metadata": {},
    }));
    arrange(&mut pod, "core.v1.PodTemplateSpec");
    let sorted = json!({
        "metadata": {},
        "spec": {"nodeName": "c", "containers": [{"name": "b", "image": "a"}], "volumes": []},
    });
    assert_eq!(
        pod.map_text(&mut |text| text.as_plain().unwrap_or_default().to_owned())
            .to_json()
            .to_string(),
        sorted.to_string()
    );
}
