//! Each folder of `tests/cases` is a case: `case.yaml`, and in `expected.json` what becomes of it. `UPDATE=1`
//! writes the latter.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that reads folders"
)]

use std::fs;
use std::path::{Path, PathBuf};

use score_compat::list::{Implementation, Tool};
use score_compat::session::{Project, Request, Service, ServicePort, Session};
use score_compat::{list, patch, services, yaml};
use score_spec::{Diagnostic, Sources};
use serde_json::{Map, Value, json};

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for kind in folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")) {
        for case in folders(&kind) {
            let input = input(&case.join("case.yaml"));
            let found = match kind.file_name().unwrap().to_str().unwrap() {
                "lists" => lists(&input),
                "patches" => patches(&input),
                "services" => of_services(&input),
                "sessions" => sessions(&input),
                other => panic!("nothing runs cases of `{other}`"),
            };
            let found = format!("{found:#}\n");
            let expected = case.join("expected.json");
            if std::env::var_os("UPDATE").is_some() {
                fs::write(&expected, &found).unwrap();
            }
            let expected = fs::read_to_string(&expected).unwrap_or_default();
            if found != expected {
                wrong.push(format!("{}:\n{found}", case.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "these cases differ:\n{}",
        wrong.join("\n")
    );
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    folders.sort();
    folders
}

fn input(path: &Path) -> Value {
    let mut sources = Sources::new();
    let id = sources.add("case", fs::read_to_string(path).unwrap());
    let document = yaml::read(&sources, id);
    let document = document.unwrap_or_else(|faults| panic!("{}: {faults:?}", path.display()));
    yaml::to_json(&document.unwrap()).unwrap()
}

fn text<'a>(input: &'a Value, key: &str) -> &'a str {
    input[key].as_str().unwrap_or_default()
}

fn object(input: &Value, key: &str) -> Map<String, Value> {
    input[key].as_object().cloned().unwrap_or_default()
}

/// A diagnostic as lines with its places.
fn shown(problem: &Diagnostic, sources: &Sources) -> Value {
    let places = problem.labels.iter().map(|label| {
        let source = sources.get(label.span.source);
        let line = source.text[..label.span.range().start]
            .matches('\n')
            .count()
            + 1;
        format!("line {line}: {}", &source.text[label.span.range()])
    });
    json!({"error": problem.message, "at": places.collect::<Vec<_>>()})
}

/// The faults of a file with a list of provisioners.
fn lists(input: &Value) -> Value {
    let mut sources = Sources::new();
    let file = sources.add("acme.provisioners.yaml", text(input, "file"));
    let mut faults = Vec::new();
    let read = list::read(&sources, file, &mut faults);
    let read = read.iter().map(|it| {
        let templates = match &it.implementation {
            Implementation::Templates(templates) => {
                templates.iter().map(|(part, template)| json!({part.key(): template.text})).collect()
            }
            Implementation::Command { program, arguments } => json!({"program": program, "arguments": arguments}),
            Implementation::Environment => json!("environment"),
        };
        json!({"uri": it.uri.value, "type": it.kind, "class": it.class, "id": it.id, "implementation": templates})
    });
    let read: Value = read.collect();
    let faults: Value = faults.iter().map(|fault| shown(fault, &sources)).collect();
    json!({"provisioners": read, "faults": faults})
}

/// The result of the operations of a patch template.
fn patches(input: &Value) -> Value {
    let mut sources = Sources::new();
    let id = sources.add("operations", text(input, "operations"));
    let output = yaml::read(&sources, id).unwrap().unwrap();
    let failed = |fault: patch::Fault| json!({"error": fault.reason.to_string()});
    let operations = match patch::Operation::read_all(&output) {
        Ok(operations) => operations,
        Err(fault) => return failed(fault),
    };
    let mut document = score_spec::Value::from_json(input["document"].clone());
    let mut budget = patch::PatchBudget::for_document(&document);
    for operation in operations {
        if let Err(fault) = operation.apply(&mut document, &mut budget) {
            return failed(fault);
        }
    }
    document.to_json()
}

fn of_services(input: &Value) -> Value {
    let mut sources = Sources::new();
    let id = sources.add("services", text(input, "services"));
    let services = yaml::read(&sources, id).unwrap().unwrap();
    match services::read(&services) {
        Ok(services) => Value::Object(services),
        Err(fault) => {
            let source = &sources.get(fault.span.source).text;
            json!({"error": fault.to_string(), "at": source[fault.span.range()]})
        }
    }
}

/// The answers of provisioners for resources, in their order.
fn sessions(input: &Value) -> Value {
    let mut sources = Sources::new();
    let file = sources.add("acme.provisioners.yaml", text(input, "provisioners"));
    let mut faults = Vec::new();
    let provisioners = list::read(&sources, file, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let services: Vec<Service> = input["services"]
        .as_array()
        .into_iter()
        .flatten()
        .map(service)
        .collect();
    let project = Project {
        tool: if text(input, "tool") == "kubernetes" {
            Tool::Kubernetes
        } else {
            Tool::Compose
        },
        services: &services,
        compose_project: "shop",
        mounts: "mounts",
        namespace: text(input, "namespace"),
    };
    let mut session = Session::new(&project, &object(input, "shared"));
    let mut answers = Vec::new();
    for resource in input["resources"].as_array().unwrap() {
        let kind = text(resource, "type");
        let provisioner = provisioners.iter().find(|it| it.kind == kind).unwrap();
        let Implementation::Templates(templates) = &provisioner.implementation else {
            panic!("{kind} has no templates");
        };
        let request = Request {
            uid: text(resource, "uid"),
            kind,
            class: "default",
            id: text(resource, "uid").split('#').next_back().unwrap(),
            guid: "01234567-89ab-4cde-8f01-23456789abcd",
            params: &object(resource, "params"),
            metadata: &object(resource, "metadata"),
            state: &object(resource, "state"),
            source_workload: text(resource, "workload"),
            workload_metadata: &object(resource, "workload_metadata"),
        };
        let seed = |part: list::Part| {
            let mut seed = [0; 32];
            let name = format!("{} {}", request.uid, part.key());
            for (to, byte) in seed.iter_mut().zip(name.bytes()) {
                *to = byte;
            }
            seed
        };
        answers.push(
            match session.evaluate(templates, &request, &seed, &sources) {
                Ok(answer) => json!({
                    "state": answer.state,
                    "outputs": answer.outputs,
                    "directories": answer.directories,
                    "files": answer.files,
                    "networks": answer.networks,
                    "services": answer.services,
                    "volumes": answer.volumes,
                    "models": answer.models,
                    "info_logs": answer.info_logs,
                    "manifests": answer.manifests,
                    "random_values": answer.random_values,
                }),
                Err(problem) => shown(&problem, &sources),
            },
        );
    }
    for answer in &mut answers {
        let is_empty = |value: &Value| {
            value.as_object().is_some_and(Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty)
        };
        answer
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !is_empty(value));
    }
    json!({"answers": answers, "shared": session.shared().unwrap()})
}

fn service(input: &Value) -> Service {
    let number = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let ports = input["ports"].as_object().into_iter().flatten();
    let ports = ports.map(|(name, port)| ServicePort {
        name: name.clone(),
        port: number(&port[0]),
        target: number(&port[1]),
        protocol: "TCP",
    });
    Service {
        workload: text(input, "workload").to_owned(),
        name: text(input, "name").to_owned(),
        ports: ports.collect(),
    }
}
