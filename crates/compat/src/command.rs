//! The JSON that commands read and write.

use serde_json::{Map, Value as Json, json};

use crate::list::Tool;
use crate::session::{Answer, Project, Request, Service};

/// The answer of a command: that of templates, and its change of the shared state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandAnswer {
    /// The parts that templates can have, too.
    pub answer: Answer,
    /// The change of the shared state.
    pub shared: Map<String, Json>,
}

/// The input of a command.
pub fn input(project: &Project<'_>, request: &Request<'_>, shared: &Map<String, Json>) -> Json {
    let optional = |map: &Map<String, Json>| {
        if map.is_empty() {
            Json::Null
        } else {
            Json::from(map.clone())
        }
    };
    let services = project.services.iter();
    let services = services.map(|service| (service.workload.clone(), service_json(service)));
    let mut input = json!({
        "resource_uid": request.uid,
        "resource_type": request.kind,
        "resource_class": request.class,
        "resource_id": request.id,
        "resource_params": optional(request.params),
        "resource_metadata": optional(request.metadata),
        "source_workload": request.source_workload,
        "workload_services": services.collect::<Map<_, _>>(),
        "resource_state": request.state,
        "shared_state": shared,
    });
    match project.tool {
        Tool::Compose => {
            input["compose_project_name"] = project.compose_project.into();
            input["mount_directory_path"] = project.mounts.into();
        }
        Tool::Kubernetes => {
            input["resource_guid"] = request.guid.into();
            input["workload_metadata"] = optional(request.workload_metadata);
            input["namespace"] = project.namespace.into();
        }
    }
    input
}

fn service_json(service: &Service) -> Json {
    let mut ports = Map::new();
    for port in &service.ports {
        let value = json!({
            "name": port.name,
            "port": port.port,
            "target_port": port.target,
            "protocol": port.protocol,
        });
        ports.insert(port.port.to_string(), value.clone());
        ports.insert(port.name.clone(), value);
    }
    json!({"ServiceName": service.name, "ports": ports})
}

/// Reads the output of a command. The rest after the first JSON value is ignored.
///
/// # Errors
///
/// The reason why it is not an answer, which contains no value of it.
pub fn read(tool: Tool, output: &[u8]) -> Result<CommandAnswer, String> {
    let mut values = serde_json::Deserializer::from_slice(output).into_iter::<Json>();
    let first = match values.next() {
        None => return Err("there is no output".to_owned()),
        Some(Err(error)) => {
            return Err(format!(
                "it is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ));
        }
        Some(Ok(first)) => first,
    };
    let fields = match first {
        Json::Null => Map::new(),
        Json::Object(fields) => fields,
        _ => return Err("it is not a JSON object".to_owned()),
    };
    let mut read = CommandAnswer::default();
    for (key, value) in fields {
        take(tool, &mut read, &key.to_ascii_lowercase(), value)?;
    }
    Ok(read)
}

fn take(tool: Tool, read: &mut CommandAnswer, key: &str, value: Json) -> Result<(), String> {
    let answer = &mut read.answer;
    let place = match (tool, key) {
        (_, "resource_state") => &mut answer.state,
        (_, "resource_outputs") => &mut answer.outputs,
        (_, "shared_state") => &mut read.shared,
        (Tool::Compose, "relative_directories") => &mut answer.directories,
        (Tool::Compose, "relative_file_contents") => &mut answer.files,
        (Tool::Compose, "compose_networks") => &mut answer.networks,
        (Tool::Compose, "compose_volumes") => &mut answer.volumes,
        (Tool::Compose, "compose_services") => &mut answer.services,
        (Tool::Compose, "compose_models") => &mut answer.models,
        (Tool::Kubernetes, "manifests") => {
            answer.manifests = match value {
                Json::Null => Vec::new(),
                Json::Array(items) if items.iter().all(Json::is_object) => items,
                _ => return Err("`manifests` is not a list of objects".to_owned()),
            };
            return Ok(());
        }
        _ => return Err(format!("it has the unknown key `{}`", key.escape_debug())),
    };
    *place = match value {
        Json::Null => Map::new(),
        Json::Object(map) => map,
        _ => return Err(format!("`{key}` is not an object")),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::list::Tool;

    #[test]
    fn answers_are_read_as_there() {
        let answer = |text: &str| read(Tool::Kubernetes, text.as_bytes());
        let found = answer(r#"{"Resource_Outputs": {"a": 1}, "manifests": null} rest"#);
        assert_eq!(found.map(|it| it.answer.outputs["a"].clone()), Ok(1.into()));
        assert!(answer("null").is_ok());
        for (text, reason) in [
            ("", "there is no output"),
            ("[]", "it is not a JSON object"),
            ("{\n x", "it is not JSON (line 2, column 2)"),
            (
                r#"{"compose_services": {}}"#,
                "it has the unknown key `compose_services`",
            ),
            (
                r#"{"manifests": {}}"#,
                "`manifests` is not a list of objects",
            ),
            (
                r#"{"resource_state": []}"#,
                "`resource_state` is not an object",
            ),
        ] {
            assert_eq!(answer(text), Err(reason.to_owned()), "{text}");
        }
    }
}
