//! Platform Orchestrator v2: the manifest of a deployment.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use score_compiler::model::{ModelResource, ModelWorkload};
use score_spec::template::{Part, Placeholder, Root, Template};
use score_spec::workload::{Container, FileContent, Resource};
use score_spec::{Map, Node, Value};

use crate::findings::Findings;
use crate::tree::{map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "orchestrator",
    about: "Platform Orchestrator v2: the manifest of a deployment of all workloads",
    counts_findings: false,
    needs_objects: false,
    render,
    environments: |_| Vec::new(),
};

/// The alias of the resource that is the workload itself, and its type.
const WORKLOAD: &str = "score-workload";

/// The prefix of annotations that replace the type, class and id of a resource for the orchestrator.
const ANNOTATIONS: &str = "platform-orchestrator.dev/res";

/// A workload whose parts are written.
struct Writer<'a> {
    at: usize,
    workload: &'a ModelWorkload,
    findings: &'a mut Findings,
}

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let [view] = views else {
        let finding = findings.incomplete(0, "a deployment is for one environment");
        finding.add(None, "pass `--env` once");
        return Vec::new();
    };
    let mut workloads: Map<Value> = Map::default();
    let mut shared: Map<Value> = Map::default();
    for (name, workload) in &view.model.workloads {
        let mut writer = Writer {
            at: 0,
            workload,
            findings,
        };
        let resources = writer.resources(&mut shared);
        workloads.insert(name.clone(), map([("resources", resources.into())]));
    }
    for resource in view.model.resources.values() {
        of_project(resource, &mut shared);
    }
    let shared = Some(shared).filter(|shared| !shared.is_empty());
    let manifest = map([
        ("workloads", workloads.into()),
        ("shared", shared.map_or(Value::Null, Value::from)),
    ]);
    vec![ExportFile::new("manifest.yaml", vec![manifest])]
}

/// A resource that only the project declares.
fn of_project(resource: &ModelResource, shared: &mut Map<Value>) {
    let is_of_project = resource.declared.iter().any(|it| it.workload.is_none());
    let id = &resource.identity.id;
    if is_of_project && !shared.contains_key(id) {
        let params = resource.params.as_ref().map(Node::to_value);
        let declared = map([
            ("type", text(resource.identity.kind.as_str())),
            ("class", optional(resource.identity.class.as_deref())),
            ("params", params.unwrap_or(Value::Null)),
        ]);
        shared.insert(id.clone(), declared);
    }
}

impl Writer<'_> {
    /// The resources of the workload, and the workload as one of them. Those with an id are shared.
    fn resources(&mut self, shared: &mut Map<Value>) -> Map<Value> {
        let spec = &self.workload.spec;
        let mut resources = Map::default();
        for (alias, resource) in &spec.resources {
            if alias == WORKLOAD {
                let message = format!("the name `{WORKLOAD}` is that of the workload itself");
                let finding = self.findings.incomplete(self.at, message);
                finding.add(Some(resource.span), "choose another name for the resource");
            }
            let own = |name: &str| annotation(resource, name);
            let kind = own("Type").unwrap_or(&resource.kind.value);
            let class = own("Class").or(resource.class.as_ref().map(|it| it.value.as_str()));
            let id = own("Id").or(resource.id.as_ref().map(|it| it.value.as_str()));
            let params = resource.params.as_ref();
            let params = params.map(|it| it.value.map_text(&mut |it| self.template(it)));
            let params = params.unwrap_or(Value::Null);
            let declared = |id: Value, params: Value| {
                map([
                    ("type", text(kind)),
                    ("class", optional(class)),
                    ("id", id),
                    ("params", params),
                ])
            };
            let Some(id) = id else {
                resources.insert(alias.clone(), declared(Value::Null, params));
                continue;
            };
            let reference = text(format!("shared.{id}"));
            resources.insert(alias.clone(), declared(reference, Value::Null));
            let known = shared.entry(id.to_owned());
            let known = known.or_insert_with(|| declared(Value::Null, Value::Null));
            if let Value::Map(known) = known {
                for (field, value) in [("class", optional(class)), ("params", params)] {
                    if value != Value::Null {
                        known.insert(field.to_owned(), value);
                    }
                }
            }
        }
        let document = &spec.document;
        let part = |name: &str| document.get(name).map_or(Value::Null, Node::to_value);
        let params = map([
            ("metadata", spec.metadata.clone()),
            ("containers", self.containers()),
            ("service", part("service")),
        ]);
        let workload = map([("type", text(WORKLOAD)), ("params", params)]);
        resources.insert(WORKLOAD.to_owned(), workload);
        resources
    }

    fn containers(&mut self) -> Value {
        let spec = &self.workload.spec;
        let containers = spec.document.entries_at("containers").iter();
        let containers = containers.filter_map(|entry| {
            let container = spec.containers.get(&entry.key)?;
            Some((
                entry.key.clone(),
                self.container(&entry.key, &entry.value, container),
            ))
        });
        containers.collect()
    }

    /// A container as it is written, with the image that it gets and the contents of its files.
    fn container(&mut self, name: &str, node: &Node, container: &Container) -> Value {
        let image = self.workload.containers.get(name);
        let image = image.map_or(container.image.value.as_str(), |it| it.image.as_str());
        if image == "." {
            let message = format!("the image of container `{name}` is not known");
            let finding = self.findings.incomplete(self.at, message);
            finding.add(
                Some(container.image.span),
                "set it in the environment, under `images` or in its file with images",
            );
        }
        let entries = node.entries().iter().map(|entry| {
            let value = match entry.key.as_str() {
                "image" => text(image),
                "variables" => {
                    let variables = container.variables.iter();
                    let variables =
                        variables.map(|(name, it)| (name.clone(), text(self.template(it))));
                    variables.collect()
                }
                "files" => self.files(container),
                "volumes" => self.volumes(&entry.value, container),
                _ => entry.value.to_value(),
            };
            (entry.key.clone(), value)
        });
        entries.collect()
    }

    fn files(&self, container: &Container) -> Value {
        let files = container.files.iter().map(|(path, file)| {
            let (content, binary) = match &file.content {
                FileContent::Text(template) => (text(self.template(template)), Value::Null),
                FileContent::Binary(bytes) => (Value::Null, text(STANDARD.encode(bytes))),
                // A file that cannot be read is an error of the compilation.
                FileContent::Source { .. } => (Value::Null, Value::Null),
            };
            let mode = file.mode.map(|mode| format!("{mode:04o}"));
            let file = map([
                ("content", content),
                ("binaryContent", binary),
                ("mode", optional(mode.as_deref())),
            ]);
            (path.clone(), file)
        });
        files.collect()
    }

    fn volumes(&self, node: &Node, container: &Container) -> Value {
        let volumes = node.entries().iter().map(|entry| {
            let mut volume = entry.value.to_value();
            let typed = container.volumes.get(&entry.key);
            if let (Value::Map(volume), Some(typed)) = (&mut volume, typed) {
                let source = text(self.template(&typed.source));
                volume.insert("source".to_owned(), source);
            }
            (entry.key.clone(), volume)
        });
        volumes.collect()
    }

    /// A string in the grammar of the orchestrator, in which outputs of resources are below `outputs`.
    fn template(&self, template: &Template) -> String {
        let mut written = String::new();
        for part in &template.parts {
            match part {
                Part::Literal(plain) => written.push_str(&plain.replace('$', "$$")),
                Part::Variable(name) => written.extend(["$(", name, ")"]),
                Part::Placeholder(placeholder) => written.push_str(&self.placeholder(placeholder)),
            }
        }
        written
    }

    fn placeholder(&self, placeholder: &Placeholder) -> String {
        let path = placeholder.path.iter();
        let path = path.map(|key| key.replace('\\', "\\\\").replace('.', "\\."));
        match &placeholder.root {
            Root::Resource(name) => {
                // A resource as a whole, such as the source of a volume, has no outputs in its path.
                let outputs = (!placeholder.path.is_empty()).then(|| "outputs".to_owned());
                let path: Vec<String> = [name.clone()]
                    .into_iter()
                    .chain(outputs)
                    .chain(path)
                    .collect();
                format!("${{resources.{}}}", path.join("."))
            }
            Root::Metadata => {
                let metadata = &self.workload.spec.metadata;
                let mut keys = placeholder.path.iter();
                let value = keys.try_fold(metadata, |value, key| value.get(key));
                let value = match value {
                    Some(Value::Text(text)) => text.clone(),
                    Some(other) => other.to_json().to_string(),
                    None => String::new(),
                };
                value.replace('$', "$$")
            }
        }
    }
}

/// The annotation of a resource for the orchestrator, such as `platform-orchestrator.dev/resType`.
fn annotation<'a>(resource: &'a Resource, name: &str) -> Option<&'a str> {
    let annotations = resource.metadata.as_ref()?.get("annotations")?;
    match annotations.get(&format!("{ANNOTATIONS}{name}"))? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
