//! Argo CD: an `ApplicationSet` with an element for each environment.

use std::collections::BTreeSet;

use score_spec::{Map, Value};

use crate::deployment::{Deployment, System, deployments};
use crate::findings::Findings;
use crate::tree::{list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "argocd",
    about: "Argo CD: an ApplicationSet with an element for each environment",
    counts_findings: false,
    needs_objects: true,
    render,
};

const ARGOCD: System = System {
    name: "Argo CD",
    has_charts: true,
    keeps_passwords: false,
    has_files: true,
};

/// The name by which Argo CD knows the cluster in which it runs.
const CLUSTER: &str = "in-cluster";

/// The `AppProject` that always exists.
const PROJECT: &str = "default";

/// Environments with the same template: a set.
struct Set<'a> {
    name: String,
    first: &'a Deployment<'a>,
    template: Value,
    elements: Vec<Value>,
}

/// Fields that are the same in all environments are in the template, and others in the elements.
struct Common {
    repository: bool,
    revision: bool,
    project: bool,
}

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let deployments = deployments(views, ARGOCD, findings);
    let common = Common::of(&deployments);
    let mut sets: Vec<Set<'_>> = Vec::new();
    for deployment in &deployments {
        let template = template(deployment, &common);
        let element = element(deployment, &common);
        match sets.iter_mut().find(|set| set.template == template) {
            Some(set) => set.elements.push(element),
            None => sets.push(Set {
                name: name(&sets, deployment),
                first: deployment,
                template,
                elements: vec![element],
            }),
        }
    }
    let documents = sets.into_iter().map(Set::document).collect();
    vec![ExportFile::new("applicationset.yaml", documents)]
}

impl Common {
    fn of(deployments: &[Deployment<'_>]) -> Self {
        let is_same = |of: &dyn Fn(&Deployment<'_>) -> String| {
            let values: BTreeSet<String> = deployments.iter().map(of).collect();
            values.len() < 2
        };
        Self {
            repository: is_same(&|it| it.repository.clone()),
            revision: is_same(&|it| it.revision.to_owned()),
            project: is_same(&|it| project(it).to_owned()),
        }
    }
}

fn project<'a>(deployment: &'a Deployment<'_>) -> &'a str {
    let project = deployment.view.delivery.argocd.project.as_deref();
    project.unwrap_or(PROJECT)
}

/// The name of a new set: that of the project if it is the first, and also that of how it differs, or else of its first environment.
fn name(sets: &[Set<'_>], deployment: &Deployment<'_>) -> String {
    let project = &deployment.project;
    let words = [
        ("chart", deployment.chart.is_some()),
        ("manual", !deployment.view.delivery.argocd.is_automated),
    ];
    let words = words
        .into_iter()
        .filter_map(|(word, applies)| applies.then_some(word));
    let differing: Vec<&str> = std::iter::once(project.as_str()).chain(words).collect();
    let names = [
        project.clone(),
        differing.join("-"),
        deployment.name.clone(),
    ];
    let is_free = |name: &String| sets.iter().all(|set| set.name != *name);
    let free = names.into_iter().find(is_free);
    free.unwrap_or_else(|| format!("{}-{}", deployment.name, sets.len()))
}

impl Set<'_> {
    fn document(self) -> Value {
        let namespace = self.first.view.delivery.argocd.namespace.as_deref();
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
                    ("name", text(self.name)),
                    ("namespace", optional(namespace)),
                ]),
            ),
            ("spec", spec),
        ])
    }
}

/// The values of an environment.
fn element(deployment: &Deployment<'_>, common: &Common) -> Value {
    let cluster = deployment.view.delivery.argocd.cluster.as_deref();
    let own = |is_common: bool, value: &str| if is_common { Value::Null } else { text(value) };
    map([
        ("name", optional(deployment.environment)),
        ("path", text(deployment.folder.as_str())),
        ("cluster", text(cluster.unwrap_or(CLUSTER))),
        ("namespace", text(deployment.namespace)),
        ("values", optional(values(deployment))),
        ("repository", own(common.repository, &deployment.repository)),
        ("revision", own(common.revision, deployment.revision)),
        ("project", own(common.project, project(deployment))),
    ])
}

/// The file with the values of an environment of a chart.
fn values<'a>(deployment: &'a Deployment<'_>) -> Option<&'a str> {
    deployment.chart?;
    deployment.view.values_file.as_deref()
}

/// The template of an application, which only contains what the environments of a set have in common.
fn template(deployment: &Deployment<'_>, common: &Common) -> Value {
    let field = |is_common: bool, value: &str, parameter: &str| {
        if is_common {
            text(literal(value))
        } else {
            text(parameter)
        }
    };
    let name = match deployment.environment {
        Some(_) => format!("{}-{{{{ .name }}}}", literal(&deployment.project)),
        None => literal(&deployment.project),
    };
    let include = deployment.file.as_deref();
    let directory = include.map_or(Value::Null, |file| map([("include", text(literal(file)))]));
    let source = map([
        (
            "repoURL",
            field(
                common.repository,
                &deployment.repository,
                "{{ .repository }}",
            ),
        ),
        (
            "targetRevision",
            field(common.revision, deployment.revision, "{{ .revision }}"),
        ),
        ("path", text("{{ .path }}")),
        ("directory", directory),
        ("helm", helm(deployment)),
    ]);
    let destination = map([
        ("name", text("{{ .cluster }}")),
        ("namespace", text("{{ .namespace }}")),
    ]);
    let spec = map([
        (
            "project",
            field(common.project, project(deployment), "{{ .project }}"),
        ),
        ("source", source),
        ("destination", destination),
        ("syncPolicy", sync_policy(deployment)),
    ]);
    map([("metadata", map([("name", text(name))])), ("spec", spec)])
}

/// The release of a chart, whose objects have the same names in each release with the name of the chart.
fn helm(deployment: &Deployment<'_>) -> Value {
    let Some(chart) = deployment.chart else {
        return Value::Null;
    };
    let values = values(deployment).map_or(Value::Null, |_| list([text("{{ .values }}")]));
    map([
        ("releaseName", text(literal(chart))),
        ("valueFiles", values),
    ])
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
