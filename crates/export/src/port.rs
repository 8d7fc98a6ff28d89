//! Port: blueprints, and the entities of workloads and resources in each environment.

use score_compiler::model::{ModelResource, ModelWorkload};
use score_spec::{Number, Value};

use crate::findings::Findings;
use crate::tree::{list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "port",
    about: "Port: blueprints, and entities of workloads and resources with numbers of findings",
    counts_findings: true,
    needs_objects: false,
    render,
    environments: |_| Vec::new(),
};

const PROJECT: &str = "score_project";
const ENVIRONMENT: &str = "score_environment";
const WORKLOAD: &str = "score_workload";
const RESOURCE: &str = "score_resource";

/// A property of a blueprint: its name, title and type.
type Property = (&'static str, &'static str, &'static str);

/// A relation of a blueprint: its name, title and target, and whether it leads to several entities.
type Relation = (&'static str, &'static str, &'static str, bool);

const PROJECT_PROPERTIES: [Property; 2] = [
    ("domain", "Domain", "string"),
    ("lifecycle", "Lifecycle", "string"),
];

const ENVIRONMENT_PROPERTIES: [Property; 4] = [
    ("type", "Type", "string"),
    ("target", "Target", "string"),
    ("namespace", "Namespace", "string"),
    ("path", "Output", "string"),
];

const WORKLOAD_PROPERTIES: [Property; 7] = [
    ("kind", "Kind", "string"),
    ("images", "Images", "array"),
    ("ports", "Ports", "object"),
    ("min_replicas", "Minimum number of instances", "number"),
    ("max_replicas", "Maximum number of instances", "number"),
    ("errors", "Errors", "number"),
    ("warnings", "Warnings", "number"),
];

const RESOURCE_PROPERTIES: [Property; 5] = [
    ("type", "Type", "string"),
    ("class", "Class", "string"),
    ("id", "Id", "string"),
    ("data", "Has persistent data", "boolean"),
    ("provisioner", "Provisioner", "string"),
];

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let Some(first) = views.first() else {
        return Vec::new();
    };
    let settings = &first.portal;
    let project = settings.system.as_deref();
    let Some(project) = project.or(first.model.project.as_deref()) else {
        let finding = findings.incomplete(0, "Port needs the name of the project");
        finding.add(settings.span, "add `name` to score-rs.yaml");
        return Vec::new();
    };
    let properties = map([
        ("domain", optional(settings.domain.as_deref())),
        ("lifecycle", optional(settings.lifecycle.as_deref())),
    ]);
    let team = optional(settings.system_owner.as_deref());
    let mut entities = vec![entity(
        PROJECT,
        project,
        project,
        team,
        properties,
        Value::Null,
    )];
    for view in views {
        entities.extend(of_environment(view, project));
    }
    vec![
        ExportFile::new("blueprints.yaml", blueprints().into()),
        ExportFile::new("port.yml", vec![list(entities)]),
    ]
}

fn blueprints() -> [Value; 4] {
    let project = ("project", "Project", PROJECT, false);
    let environment = ("environment", "Environment", ENVIRONMENT, false);
    let resources = ("resources", "Resources", RESOURCE, true);
    let needs = ("needs", "Needs", RESOURCE, true);
    let uses = ("uses", "Uses", WORKLOAD, true);
    [
        blueprint(PROJECT, "Score project", &PROJECT_PROPERTIES, &[]),
        blueprint(
            ENVIRONMENT,
            "Score environment",
            &ENVIRONMENT_PROPERTIES,
            &[project],
        ),
        blueprint(
            RESOURCE,
            "Score resource",
            &RESOURCE_PROPERTIES,
            &[project, environment, needs],
        ),
        blueprint(
            WORKLOAD,
            "Score workload",
            &WORKLOAD_PROPERTIES,
            &[project, environment, resources, uses],
        ),
    ]
}

fn blueprint(name: &str, title: &str, properties: &[Property], relations: &[Relation]) -> Value {
    let properties = properties.iter().map(|(name, title, kind)| {
        let property = map([("title", text(*title)), ("type", text(*kind))]);
        ((*name).to_owned(), property)
    });
    let relations = relations.iter().map(|(name, title, target, many)| {
        let relation = map([
            ("title", text(*title)),
            ("target", text(*target)),
            ("required", Value::Bool(false)),
            ("many", Value::Bool(*many)),
        ]);
        ((*name).to_owned(), relation)
    });
    let schema = map([("properties", properties.collect()), ("required", list([]))]);
    map([
        ("identifier", text(name)),
        ("title", text(title)),
        ("schema", schema),
        ("relations", relations.collect()),
    ])
}

fn entity(
    blueprint: &str,
    identifier: &str,
    title: &str,
    team: Value,
    properties: Value,
    relations: Value,
) -> Value {
    map([
        ("identifier", text(identifier)),
        ("title", text(title)),
        ("blueprint", text(blueprint)),
        ("team", team),
        ("properties", properties),
        ("relations", relations),
    ])
}

/// The entities of an environment, or of a project without environments.
fn of_environment(view: &ProjectView, project: &str) -> Vec<Value> {
    let prefix = match view.environment() {
        Some(environment) => format!("{project}/{environment}"),
        None => project.to_owned(),
    };
    let names = Names {
        project,
        environment: view.environment().map(|_| prefix.clone()),
        prefix,
    };
    let mut entities = Vec::new();
    entities.extend(environment(view, &names));
    let resources = view.model.resources.iter();
    entities.extend(resources.map(|(uid, resource)| names.resource(uid, resource)));
    let workloads = view.model.workloads.iter();
    entities.extend(workloads.map(|(name, workload)| names.workload(name, workload, view)));
    entities
}

fn environment(view: &ProjectView, names: &Names<'_>) -> Option<Value> {
    let environment = view.model.environment.as_ref()?;
    let installation = view.model.installation.as_ref();
    let properties = map([
        ("type", optional(environment.kind.as_deref())),
        ("target", optional(view.model.target.as_deref())),
        (
            "namespace",
            optional(installation.and_then(|it| it.namespace.as_deref())),
        ),
        ("path", optional(installation.map(|it| it.path.as_str()))),
    ]);
    let relations = map([("project", text(names.project))]);
    let title = &environment.name;
    let name = &names.prefix;
    Some(entity(
        ENVIRONMENT,
        name,
        title,
        Value::Null,
        properties,
        relations,
    ))
}

/// The identifiers of the entities of an environment.
struct Names<'a> {
    project: &'a str,
    environment: Option<String>,
    prefix: String,
}

impl Names<'_> {
    /// The identifier of a workload or a resource: other characters than those of identifiers are replaced.
    fn of(&self, kind: &str, name: &str) -> String {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || "@_.+:/=-".contains(c);
        let name = name.replace('#', ":");
        let name: String = name
            .chars()
            .map(|c| if is_legal(c) { c } else { '-' })
            .collect();
        format!("{}/{kind}/{name}", self.prefix)
    }

    fn resources<'b>(&self, uids: impl Iterator<Item = &'b String>) -> Value {
        list(uids.map(|uid| text(self.of("resources", uid))))
    }

    fn resource(&self, uid: &str, resource: &ModelResource) -> Value {
        let identity = &resource.identity;
        let provisioner = resource.provisioner.as_ref();
        let properties = map([
            ("type", text(identity.kind.as_str())),
            ("class", text(identity.class())),
            ("id", text(identity.id.as_str())),
            ("data", Value::Bool(resource.has_data)),
            (
                "provisioner",
                optional(provisioner.map(|it| it.description.as_str())),
            ),
        ]);
        let needs = resource.requires.values().chain(&resource.refers_to);
        let relations = map([
            ("project", text(self.project)),
            ("environment", optional(self.environment.as_deref())),
            ("needs", self.resources(needs)),
        ]);
        let name = self.of("resources", uid);
        entity(RESOURCE, &name, uid, Value::Null, properties, relations)
    }

    fn workload(&self, name: &str, workload: &ModelWorkload, view: &ProjectView) -> Value {
        let number = |number: usize| Value::Number(Number::from(number));
        let instances = |number: Option<u32>| match number {
            Some(number) => Value::Number(Number::from(number)),
            None => Value::Null,
        };
        let scale = workload.scale.as_ref();
        let images = workload.containers.values();
        let images = images.map(|container| text(container.image.as_str()));
        let ports = workload.ports.iter();
        let ports = ports.map(|(name, it)| (name.clone(), Value::Number(Number::from(it.port))));
        let (errors, warnings) = view.findings.get(name).copied().unwrap_or_default();
        let properties = map([
            ("kind", optional(scale.map(|scale| scale.kind))),
            ("images", list(images)),
            ("ports", ports.collect()),
            ("min_replicas", instances(scale.and_then(|it| it.min))),
            ("max_replicas", instances(scale.and_then(|it| it.max))),
            ("errors", number(errors)),
            ("warnings", number(warnings)),
        ]);
        let uses = workload.refers_to.iter();
        let relations = map([
            ("project", text(self.project)),
            ("environment", optional(self.environment.as_deref())),
            ("resources", self.resources(workload.resources.values())),
            (
                "uses",
                list(uses.map(|other| text(self.of("workloads", other)))),
            ),
        ]);
        let owner = view.portal.owner.as_ref();
        let owner = owner.and_then(|annotation| workload.annotations.get(&annotation.value));
        let owner = optional(owner.map(String::as_str).filter(|owner| !owner.is_empty()));
        let identifier = self.of("workloads", name);
        entity(WORKLOAD, &identifier, name, owner, properties, relations)
    }
}
