//! Argo CD: an `ApplicationSet` with an element for each environment, or for each workload in it.

use std::collections::BTreeSet;

use score_spec::{Map, Node, Value};

use crate::applier::application_name;
use crate::deployment::{Charts, Deployment, System, deployments};
use crate::findings::Findings;
use crate::tree::{MAX_LABEL, list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "argocd",
    about: "Argo CD: an ApplicationSet with an element for each environment",
    counts_findings: false,
    needs_objects: true,
    render,
    environments,
};

const ARGOCD: System = System {
    name: "Argo CD",
    charts: Charts::Rendered,
    has_files: true,
    has_waves: true,
};

/// The name by which Argo CD knows the cluster in which it runs.
const CLUSTER: &str = "in-cluster";

/// The file of a chart with the values of all environments without one of their own.
const VALUES: &str = "values.yaml";

/// The value of an element of a workload that names its environment. No part of the template uses it.
const ENVIRONMENT: &str = "environment";

/// The `AppProject` that always exists.
const PROJECT: &str = "default";

/// Environments with the same template: a set.
struct Set<'a> {
    variant: Variant<'a>,
    template: Value,
    elements: Vec<Value>,
}

/// How the applications of a set differ from those of another one, other than in values.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Variant<'a> {
    project: &'a str,
    is_chart: bool,
    is_single_file: bool,
    is_automated: bool,
    /// The namespace of Argo CD.
    namespace: Option<&'a str>,
}

/// Fields that are the same in all environments are in the template, and others in the elements.
struct Common {
    differing: BTreeSet<&'static str>,
    /// Whether some releases have a file of values of their own.
    has_values: bool,
}

/// An application: an environment, or the part of one that belongs to a workload.
struct Application<'a> {
    /// Its name, as far as the template does not contain it.
    name: Option<String>,
    full_name: String,
    path: String,
    deployment: &'a Deployment<'a>,
}

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let deployments = deployments(views, ARGOCD, findings);
    let common = Common::of(&deployments);
    let mut sets: Vec<Set<'_>> = Vec::new();
    let mut names = BTreeSet::new();
    for deployment in &deployments {
        let variant = Variant::of(deployment);
        let applications = applications(deployment);
        report_names(&applications, &mut names, findings);
        let elements = applications.iter().map(|it| element(it, &common));
        match sets.iter_mut().find(|set| set.variant == variant) {
            Some(set) => set.elements.extend(elements),
            None => sets.push(Set {
                variant,
                template: template(deployment, &common),
                elements: elements.collect(),
            }),
        }
    }
    let documents = sets.into_iter().map(Set::document).collect();
    vec![ExportFile::new("applicationset.yaml", documents)]
}

/// The environments of an `ApplicationSet`, whose Applications Argo CD deletes without their elements.
fn environments(document: &Node) -> Vec<&str> {
    let spec = document.get("spec");
    let generators = spec.map_or(&[][..], |spec| spec.items_at("generators"));
    let lists = generators.iter().filter_map(|it| it.get("list"));
    let elements = lists.flat_map(|it| it.items_at("elements"));
    let names = elements.filter_map(|it| it.get(ENVIRONMENT).or_else(|| it.get("name"))?.text());
    names.collect()
}

/// The applications of an environment.
fn applications<'a>(deployment: &'a Deployment<'a>) -> Vec<Application<'a>> {
    if deployment.parts.is_empty() {
        return vec![Application {
            name: deployment.environment.map(str::to_owned),
            full_name: deployment.name.clone(),
            path: deployment.folder.clone(),
            deployment,
        }];
    }
    let parts = deployment.parts.iter();
    let parts = parts.map(|part| {
        let of = |start: &str| application_name(start, part.workload);
        let full_name = of(&deployment.name);
        let name = deployment.environment.map_or(full_name.clone(), of);
        let path = match deployment.folder.as_str() {
            "." => part.folder.to_owned(),
            folder => format!("{folder}/{}", part.folder),
        };
        Application {
            name: Some(name),
            full_name,
            path,
            deployment,
        }
    });
    parts.collect()
}

/// Reports names that are too long, or that another application has.
fn report_names(
    applications: &[Application<'_>],
    names: &mut BTreeSet<String>,
    findings: &mut Findings,
) {
    for application in applications {
        let (at, name) = (application.deployment.at, &application.full_name);
        // That of an environment is checked for all systems.
        if name.len() > MAX_LABEL && *name != application.deployment.name {
            let message = format!("the name `{name}` has more than {MAX_LABEL} characters");
            let help = "choose a shorter name for the project, the environment or the workload";
            findings.incomplete(at, message).add(None, help);
        }
        if !names.insert(name.clone()) {
            let message = format!("two Applications would have the name `{name}`");
            let help =
                "rename the environment or the workload, or set `kubernetes.layout` to `flat`";
            findings.incomplete(at, message).add(None, help);
        }
    }
}

impl Common {
    fn of(deployments: &[Deployment<'_>]) -> Self {
        let differs = |name: &&&str| {
            let values = deployments.iter().filter_map(|it| field(it, name));
            values.collect::<BTreeSet<&str>>().len() > 1
        };
        Self {
            differing: FIELDS.iter().filter(differs).copied().collect(),
            has_values: deployments.iter().any(|it| values(it).is_some()),
        }
    }

    /// The value of a field in the template: that of all environments, or a parameter.
    fn in_template(&self, deployment: &Deployment<'_>, name: &str) -> Value {
        match field(deployment, name) {
            Some(_) if self.differing.contains(name) => text(format!("{{{{ .{name} }}}}")),
            Some(value) => text(literal(value)),
            None => Value::Null,
        }
    }

    /// The value of a field in an element, if the template has a parameter for it.
    fn in_element(&self, deployment: &Deployment<'_>, name: &str) -> Value {
        let value = field(deployment, name);
        optional(value.filter(|_| self.differing.contains(name)))
    }
}

/// The fields that can be the same in all environments.
const FIELDS: [&str; 5] = ["chart", "file", "repository", "revision", "project"];

/// One of the [`FIELDS`].
fn field<'a>(deployment: &'a Deployment<'_>, name: &str) -> Option<&'a str> {
    match name {
        "chart" => deployment.chart,
        "file" => deployment.file.as_deref(),
        "repository" => Some(&deployment.repository),
        "revision" => Some(deployment.revision),
        "project" => Some(project(deployment)),
        _ => None,
    }
}

fn project<'a>(deployment: &'a Deployment<'_>) -> &'a str {
    let project = deployment.view.delivery.argocd.project.as_deref();
    project.unwrap_or(PROJECT)
}

impl<'a> Variant<'a> {
    fn of(deployment: &'a Deployment<'_>) -> Self {
        let argocd = &deployment.view.delivery.argocd;
        Self {
            project: &deployment.project,
            is_chart: deployment.chart.is_some(),
            is_single_file: deployment.file.is_some(),
            is_automated: argocd.is_automated,
            namespace: argocd.namespace.as_deref(),
        }
    }

    /// The name of the set: that of the project, and how the environments are installed. It does not depend on the
    /// other environments, so that it is the same whichever of them are selected.
    fn name(self) -> String {
        let words = [
            ("chart", self.is_chart),
            ("file", self.is_single_file),
            ("manual", !self.is_automated),
        ];
        let words = words
            .into_iter()
            .filter_map(|(word, applies)| applies.then_some(word));
        let words: Vec<&str> = std::iter::once(self.project).chain(words).collect();
        words.join("-")
    }
}

impl Set<'_> {
    fn document(self) -> Value {
        let elements = map([("elements", list(self.elements))]);
        let spec = map([
            ("goTemplate", Value::Bool(true)),
            ("goTemplateOptions", list([text("missingkey=error")])),
            ("generators", list([map([("list", elements)])])),
            ("template", self.template),
        ]);
        map([
            ("apiVersion", text("argoproj.io/v1alpha1")),
            ("kind", text("ApplicationSet")),
            (
                "metadata",
                map([
                    ("name", text(self.variant.name())),
                    ("namespace", optional(self.variant.namespace)),
                ]),
            ),
            ("spec", spec),
        ])
    }
}

/// The values of an application.
fn element(application: &Application<'_>, common: &Common) -> Value {
    let deployment = application.deployment;
    let cluster = deployment.view.delivery.argocd.cluster.as_deref();
    let own = |name: &str| common.in_element(deployment, name);
    let values = values(deployment).unwrap_or(VALUES);
    let has_values = deployment.chart.is_some() && common.has_values;
    map([
        ("name", optional(application.name.as_deref())),
        (
            ENVIRONMENT,
            // Otherwise the name of the element is that of the environment.
            optional(
                (!deployment.parts.is_empty())
                    .then(|| deployment.environment.unwrap_or(&deployment.name)),
            ),
        ),
        ("path", text(application.path.as_str())),
        ("cluster", text(cluster.unwrap_or(CLUSTER))),
        ("namespace", text(deployment.namespace)),
        ("values", optional(has_values.then_some(values))),
        ("chart", own("chart")),
        ("file", own("file")),
        ("repository", own("repository")),
        ("revision", own("revision")),
        ("project", own("project")),
    ])
}

/// The file with the values of an environment of a chart.
fn values<'a>(deployment: &'a Deployment<'_>) -> Option<&'a str> {
    deployment.chart?;
    deployment.view.values_file.as_deref()
}

/// The template of an application, which only contains what the environments of a set have in common. A project without
/// environments is an element of its own.
fn template(deployment: &Deployment<'_>, common: &Common) -> Value {
    let of = |name: &str| common.in_template(deployment, name);
    let name = match deployment.environment {
        Some(_) => format!("{}-{{{{ .name }}}}", literal(&deployment.project)),
        None if !deployment.parts.is_empty() => "{{ .name }}".to_owned(),
        None => literal(&deployment.project),
    };
    let directory = match of("file") {
        Value::Null => Value::Null,
        file => map([("include", file)]),
    };
    let source = map([
        ("repoURL", of("repository")),
        ("targetRevision", of("revision")),
        ("path", text("{{ .path }}")),
        ("directory", directory),
        ("helm", helm(deployment, common)),
    ]);
    let destination = map([
        ("name", text("{{ .cluster }}")),
        ("namespace", text("{{ .namespace }}")),
    ]);
    let spec = map([
        ("project", of("project")),
        ("source", source),
        ("destination", destination),
        ("syncPolicy", sync_policy(deployment)),
    ]);
    map([("metadata", map([("name", text(name))])), ("spec", spec)])
}

/// The release of a chart, whose objects have the same names in each release with the name of the chart.
fn helm(deployment: &Deployment<'_>, common: &Common) -> Value {
    let release = common.in_template(deployment, "chart");
    if release == Value::Null {
        return Value::Null;
    }
    let values = if common.has_values {
        list([text("{{ .values }}")])
    } else {
        Value::Null
    };
    map([("releaseName", release), ("valueFiles", values)])
}

fn sync_policy(deployment: &Deployment<'_>) -> Value {
    if !deployment.view.delivery.argocd.is_automated {
        return Value::Null;
    }
    let automated: Map<Value> = ["prune", "selfHeal"]
        .map(|name| (name.to_owned(), Value::Bool(true)))
        .into_iter()
        .collect();
    map([("automated", automated.into())])
}

/// Text of a project in a template of Go, where `{{` begins an action.
fn literal(plain: &str) -> String {
    plain.replace("{{", "{{ \"{{\" }}")
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn actions_are_escaped() {
        assert_eq!(literal("a{{ .x }}"), "a{{ \"{{\" }} .x }}");
        assert_eq!(literal("{{{"), "{{ \"{{\" }}{");
        assert_eq!(literal("plain"), "plain");
    }
}
