//! Renders templates, one per line.
//!
//! Each line of the input is a JSON object:
//!
//! - `template`: the text of the template
//! - `context`: its data
//! - `functions`: `sprig`, or `k8s` for `encodeSecretRef` in addition
//! - `data`: `compose` or `k8s`, if the data is that of a provisioner of score-compose or score-k8s,
//!   which is a struct and not a map
//! - `missing`: `error`, if a value that does not exist must not be printed
//!
//! Each line of the output is an object with the `output`, or with an `error`. The same line always
//! gives the same answer.
//!
//! ```text
//! echo '{"template": "{{ .name | upper }}", "context": {"name": "ada"}}' | cargo run --example batch
//! ```
#![allow(clippy::print_stdout, reason = "this is a program for the terminal")]

use std::io::BufRead;
use std::rc::Rc;

use score_gotemplate::{
    Context, Field, Functions, List, Map, Struct, StructType, Template, Value, ValueType,
};
use serde_json::{Value as Json, json};

/// The fields of the data of both tools.
const COMMON: [&str; 11] = [
    "Uid",
    "Type",
    "Class",
    "Id",
    "Params",
    "Metadata",
    "Init",
    "State",
    "Shared",
    "SourceWorkload",
    "WorkloadServices",
];

/// The fields that are maps, and therefore nil maps if they are missing.
const MAPS: [&str; 6] = [
    "Params",
    "Metadata",
    "Init",
    "State",
    "Shared",
    "WorkloadMetadata",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        let case: Json = serde_json::from_str(&line?)?;
        let answer = match render(&case) {
            Ok(output) => json!({"output": output}),
            Err(error) => json!({"error": error.to_string()}),
        };
        println!("{answer}");
    }
    Ok(())
}

pub(crate) fn render(case: &Json) -> Result<String, score_gotemplate::Error> {
    let functions = match case["functions"].as_str() {
        Some("k8s") => Functions::sprig().with("encodeSecretRef", 2, |names| {
            Ok(format!("🔐💬{}_{}💬🔐", names[0], names[1]))
        }),
        _ => Functions::sprig(),
    };
    let data = match case["data"].as_str() {
        Some("compose") => {
            provisioner_data(&case["context"], &["ComposeProjectName", "MountsDirectory"])
        }
        Some(_) => provisioner_data(&case["context"], &["Guid", "WorkloadMetadata", "Namespace"]),
        None => value(&case["context"]),
    };
    let template = Template::parse(case["template"].as_str().unwrap_or_default(), &functions)?;
    let mut context = Context::new([0; 32]);
    if case["missing"] == "error" {
        context = context.without_missing_values();
    }
    template.execute(&data, &mut context)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::int(integer),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::List(List::new(items.iter().map(value).collect())),
        Json::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, json)| (key.as_str(), value(json)));
            Value::Map(entries.collect())
        }
    }
}

/// The struct that the Go tools pass to templates of provisioners.
fn provisioner_data(context: &Json, others: &[&'static str]) -> Value {
    let names = COMMON.iter().chain(others).copied();
    let (fields, values) = names
        .map(|name| {
            let json = &context[name];
            let value = match name {
                "WorkloadServices" => services(json),
                _ if MAPS.contains(&name) && json.is_null() => Value::Map(Map::nil()),
                _ => value(json),
            };
            (Field::new(name, Value::Nil), value)
        })
        .unzip();
    let data = Rc::new(StructType {
        name: "*templateprov.Data",
        fields,
    });
    Value::Struct(Struct::new(&data, values))
}

/// The services of workloads: structs in a map, so that an unknown workload has an empty one.
fn services(json: &Json) -> Value {
    let field = |name, json_name, zero| Field {
        name,
        json_name,
        zero,
    };
    let port = Rc::new(StructType {
        name: "provisioners.ServicePort",
        fields: vec![
            field("Name", "name", Value::from("")),
            field("Port", "port", Value::int(0)),
            field("TargetPort", "target_port", Value::int(0)),
            field("Protocol", "protocol", Value::named("v1.Protocol", "")),
        ],
    });
    let no_ports = Value::Map(Map::of(ValueType::Struct(Rc::clone(&port))));
    let service = Rc::new(StructType {
        name: "provisioners.NetworkService",
        fields: vec![
            field("ServiceName", "ServiceName", Value::from("")),
            field("Ports", "ports", no_ports),
        ],
    });
    let services = Map::of(ValueType::Struct(Rc::clone(&service)));
    for (name, json) in json.as_object().into_iter().flatten() {
        let ports = Map::of(ValueType::Struct(Rc::clone(&port)));
        for (name, json) in json["Ports"].as_object().into_iter().flatten() {
            let protocol = json["Protocol"].as_str().unwrap_or_default();
            let values = vec![
                value(&json["Name"]),
                value(&json["Port"]),
                value(&json["TargetPort"]),
                Value::named("v1.Protocol", protocol),
            ];
            ports.insert(name.as_str(), Struct::new(&port, values));
        }
        let values = vec![value(&json["ServiceName"]), Value::Map(ports)];
        services.insert(name.as_str(), Struct::new(&service, values));
    }
    Value::Map(services)
}
