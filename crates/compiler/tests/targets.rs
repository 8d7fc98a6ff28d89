//! The capability tables of targets are complete and match the schema. Also generates
//! `docs/targets.md` from them.
#![allow(
    clippy::disallowed_methods,
    reason = "the generated document is on the disk"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use score_compiler::fields::{Capability, Support};
use score_compiler::{Compiler, Inputs, Memory, Target, target, targets};
use serde_json::Value as Json;

/// The document that is generated from the targets.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/targets.md");

#[test]
fn the_document_is_up_to_date() {
    let document = document();
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(DOCUMENT, &document).unwrap();
    }
    let found = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        found == document,
        "docs/targets.md is out of date; \
         UPDATE=1 cargo test -p score-compiler --test targets writes it"
    );
}

#[test]
fn each_field_is_one_of_the_specification_and_each_of_it_is_there() {
    let schema: Json = serde_json::from_str(score_schemas::SCORE_V1B1).unwrap();
    let mut fields = BTreeSet::new();
    leaves(&schema, &schema, "", &mut fields);
    for target in targets()
        .into_iter()
        .filter(|it| !it.capabilities().is_empty())
    {
        let said: BTreeSet<&str> = target.capabilities().iter().map(|it| it.field).collect();
        assert_eq!(
            said.len(),
            target.capabilities().len(),
            "{}: one twice",
            target.name()
        );
        let below = |field: &str, of: &str| {
            let rest = field.strip_prefix(of);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        for said in &said {
            let known = fields.iter().any(|field| below(field, said));
            assert!(known, "{}: no field `{said}`", target.name());
        }
        for field in &fields {
            let covered = said.iter().any(|said| below(field, said));
            assert!(covered, "{}: nothing about `{field}`", target.name());
        }
    }
}

#[test]
fn annotations_have_distinct_names_with_a_prefix() {
    let all = || {
        let targets = targets().into_iter().filter(|target| is_own(*target));
        targets.flat_map(|target| target.needs().annotations)
    };
    let names: BTreeSet<&str> = all().map(|annotation| annotation.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(names.iter().all(|name| name.contains('/')), "{names:?}");
}

#[test]
fn a_target_of_another_platform_takes_all_that_is_for_that() {
    let others: Vec<&dyn Target> = targets()
        .into_iter()
        .filter(|target| !is_own(*target))
        .collect();
    assert!(!others.is_empty());
    for other in others {
        let platform = target(other.needs().platform.unwrap()).unwrap();
        assert_eq!(
            other.needs().annotations,
            platform.needs().annotations,
            "{}",
            other.name()
        );
        assert_eq!(
            other.capabilities(),
            platform.capabilities(),
            "{}",
            other.name()
        );
    }
}

/// Features that Compose does not support, with the field whose table row contains the advice.
#[test]
fn what_compose_leaves_out_is_reported_in_the_words_of_the_table() {
    for (field, container) in [
        (
            "containers.*.readinessProbe.httpGet",
            "readinessProbe: {httpGet: {path: /, port: 80}}",
        ),
        (
            "containers.*.livenessProbe.httpGet",
            "livenessProbe: {httpGet: {path: /, port: 80}}",
        ),
        (
            "containers.*.livenessProbe",
            "livenessProbe: {exec: {command: [a]}}, readinessProbe: {exec: {command: [b]}}",
        ),
        (
            "containers.*.volumes.*.path",
            "volumes: {/data: {source: '${resources.data}', path: sub}}",
        ),
        (
            "containers.*.resources.limits",
            "resources: {limits: {cpu: 5m}}",
        ),
        (
            "containers.*.resources.requests",
            "resources: {requests: {memory: 1Mi}}",
        ),
    ] {
        let compose = target("compose").unwrap();
        let spec = format!(
            "{{apiVersion: score.dev/v1b1, metadata: {{name: web}}, resources: {{data: {{type: volume}}}}, \
             containers: {{main: {{image: 'nginx:1', {container}}}}}}}"
        );
        let (compiler, world) = (Compiler::new(), Memory::new());
        let inputs = Inputs::new().with_spec("score.yaml", spec);
        let rendered = compiler.compile(&world, inputs).render(compose);
        let found = rendered.diagnostics.iter();
        let found: Vec<_> = found
            .filter(|found| found.code == score_spec::Code::TargetUnsupported)
            .map(score_spec::Diagnostic::advice)
            .collect();
        assert_eq!(found, [capability(compose, field).note], "{field}");
    }
    let partial = |capability: &&Capability| capability.support != Support::Full;
    let compose = target("compose").unwrap();
    assert_eq!(compose.capabilities().iter().filter(partial).count(), 6);
}

/// Whether the name of the platform of a target is its own, not that of another one.
fn is_own(target: &dyn Target) -> bool {
    Some(target.name()) == target.needs().platform
}

fn capability<'a>(target: &'a dyn Target, field: &str) -> &'a Capability {
    let mut all = target.capabilities().iter();
    all.find(|capability| capability.field == field)
        .unwrap_or_else(|| panic!("nothing about `{field}`"))
}

/// The paths of all values in a Score file, with `*` for names.
fn leaves(schema: &Json, root: &Json, path: &str, fields: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return leaves(root.pointer(&reference[1..]).unwrap(), root, path, fields);
    }
    let below = |name: &str| [path, name].join(if path.is_empty() { "" } else { "." });
    let mut is_leaf = true;
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        // The version is irrelevant for targets, and in a deprecated form the `target` is a key.
        if !["apiVersion", "target"].contains(&name.as_str()) {
            leaves(property, root, &below(name), fields);
        }
        is_leaf = false;
    }
    if schema["additionalProperties"].is_object() {
        leaves(&schema["additionalProperties"], root, &below("*"), fields);
        is_leaf = false;
    }
    if is_leaf {
        fields.insert(path.to_owned());
    }
}

/// The text of `docs/targets.md`.
fn document() -> String {
    let mut out = String::from(
        "# Targets\n\n\
         The fields of the specification that each target supports, and the workload annotations that configure it.\n\n\
         <!-- Generated from the targets with UPDATE=1 cargo test -p score-compiler --test targets -->\n",
    );
    for target in targets() {
        if target.needs().annotations.is_empty() && target.capabilities().is_empty() {
            continue;
        }
        if !is_own(target) {
            let (name, summary, platform) = (
                target.name(),
                target.summary(),
                target.needs().platform.unwrap(),
            );
            let summary = capitalized(summary);
            writeln!(
                out,
                "\n## {name}\n\n{summary}. Everything about [{platform}](#{platform}) also applies to it, because it installs the same objects."
            )
            .unwrap();
            continue;
        }
        write!(
            out,
            "\n## {}\n\n{}.\n",
            target.name(),
            capitalized(target.summary())
        )
        .unwrap();
        if !target.capabilities().is_empty() {
            out.push_str("\n### Fields\n\n| field | supported | details |\n|---|---|---|\n");
        }
        for Capability {
            field,
            support,
            note,
        } in target.capabilities()
        {
            let support = match support {
                Support::Full => "yes",
                Support::Partial => "partly",
                Support::None => "no",
            };
            let note = if note.is_empty() { "–" } else { note };
            writeln!(out, "| `{field}` | {support} | {note} |").unwrap();
        }
        if !target.needs().annotations.is_empty() {
            out.push_str(
                "\n### Annotations\n\n| annotation | description | value |\n|---|---|---|\n",
            );
        }
        for annotation in target.needs().annotations {
            let (name, about, form) = (annotation.name, annotation.about, annotation.form);
            writeln!(out, "| `{name}` | {about} | {form} |").unwrap();
        }
    }
    out.push_str(ABOUT);
    out
}

/// The section about the annotations of all targets.
const ABOUT: &str = "\n## Using annotations\n\n\
    Set annotations under `metadata.annotations` of a Score file, or under `defaults.annotations` of the project file for all\n\
    workloads. A workload's own annotations take precedence, also over another annotation for the same setting (`replicas` and\n\
    `autoscaling`, `gateway` and `ingress-class`).\n\n\
    To set a Compose annotation, or a Kubernetes annotation for probes, for a single container, add the name of the container and\n\
    a dot before the last part, as in `compose.score.dev/main.restart` or `k8s.score.dev/main.startup-probe`. It takes precedence\n\
    over the annotation for all containers.\n\n\
    In values, `$` is literal. An unknown annotation is a warning, and an invalid value is an error.\n\n\
    ```yaml\n\
    metadata:\n\
    \x20 name: web\n\
    \x20 annotations:\n\
    \x20   compose.score.dev/restart: unless-stopped\n\
    \x20   compose.score.dev/debug.profiles: debug\n\
    \x20   compose.score.dev/labels: |\n\
    \x20     com.example.team: shop\n\
    ```\n\n\
    For other settings, use a `compose.override.yaml` beside `compose.yaml`, which `docker compose` merges and score-rs never\n\
    modifies. Networks, volumes and `x-…` of the whole file belong in the [project file](project.md).\n";

fn capitalized(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
