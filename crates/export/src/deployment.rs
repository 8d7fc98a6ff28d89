//! The environments of a project that a delivery system applies from a repository to a cluster.

use std::collections::BTreeSet;

use score_compiler::kubernetes::SecretsMode;
use score_compiler::model::{Declaration, Installation, Model, ModelObject};
use score_spec::Span;

use crate::findings::Findings;
use crate::tree::{MAX_LABEL, object_name};
use crate::view::ProjectView;

/// The branch by default.
const REVISION: &str = "main";

/// The abilities of a delivery system.
#[derive(Clone, Copy)]
pub(crate) struct System {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// How it installs charts.
    pub(crate) charts: Charts,
    /// Whether it applies single files of a folder.
    pub(crate) has_files: bool,
    /// Whether it applies objects in the order of their sync waves.
    pub(crate) has_waves: bool,
}

/// How a delivery system installs charts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charts {
    /// Not at all.
    None,
    /// It renders them, and applies the objects.
    Rendered,
    /// With Helm itself, which keeps the passwords of an earlier installation.
    Installed,
}

/// An environment that can be applied.
pub(crate) struct Deployment<'a> {
    /// The index of the view.
    pub(crate) at: usize,
    pub(crate) view: &'a ProjectView,
    /// The name of the project.
    pub(crate) project: String,
    /// The name of the project and of the environment.
    pub(crate) name: String,
    /// The name of the environment.
    pub(crate) environment: Option<&'a str>,
    /// The URL of the repository.
    pub(crate) repository: String,
    /// The branch.
    pub(crate) revision: &'a str,
    /// The folder in the repository; `.` is the whole repository.
    pub(crate) folder: String,
    /// The only file of the folder that is applied; all files if absent.
    pub(crate) file: Option<String>,
    /// The folders of workloads in it; empty if it has none.
    pub(crate) parts: Vec<Part<'a>>,
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// The name of the chart, if it is one.
    pub(crate) chart: Option<&'a str>,
}

/// The folder of a workload, or of all objects that belong to none.
pub(crate) struct Part<'a> {
    pub(crate) workload: Option<&'a str>,
    pub(crate) folder: &'a str,
}

/// The environments that a system can apply. Those without an error are returned; if there are none, there is an error.
pub(crate) fn deployments<'a>(
    views: &'a [ProjectView],
    system: System,
    findings: &mut Findings,
) -> Vec<Deployment<'a>> {
    let mut applied = 0;
    let mut found = Vec::new();
    for (at, view) in views.iter().enumerate() {
        let Some(installation) = view.model.installation.as_ref() else {
            continue;
        };
        if installation.secrets.is_none() {
            let target = view.model.target.as_deref().unwrap_or_default();
            let subject = match view.environment() {
                Some(environment) => format!("`{environment}`"),
                None => "the project".to_owned(),
            };
            let message = format!(
                "{subject} is not exported: {} applies Kubernetes objects, and the target is `{target}`",
                system.name,
            );
            let finding = findings.lossy(at, message);
            finding.add(
                installation.path_span,
                "select other environments with `--env`",
            );
            continue;
        }
        applied += 1;
        found.extend(deployment((at, view), installation, system, findings));
    }
    if applied == 0 && !views.is_empty() {
        let message = format!(
            "{} applies Kubernetes objects, and no selected environment has the target `kubernetes`",
            system.name
        );
        let finding = findings.incomplete(0, message);
        finding.add(
            None,
            "select another environment with `--env`, or set its `target`",
        );
    }
    found
}

/// An environment that can be applied, unless a part is missing. All problems are reported.
fn deployment<'a>(
    (at, view): (usize, &'a ProjectView),
    installation: &'a Installation,
    system: System,
    findings: &mut Findings,
) -> Option<Deployment<'a>> {
    let delivery = &view.delivery;
    let (folder, file) = place(delivery.path.as_deref(), installation);
    report_missing((at, view), installation, system, findings);
    if !system.has_waves && installation.waves_span.is_some() {
        let message = format!(
            "{} applies the objects of `{folder}` without an order: sync waves have no effect",
            system.name
        );
        let finding = findings.lossy(at, message);
        let help = "pods and jobs try again until what they need is available";
        finding.add(installation.waves_span, help);
    }
    if file.is_some() && !system.has_files {
        let message = format!(
            "{} applies all files of a folder, and the output is a single file",
            system.name
        );
        let help = "set `output` to a folder: its path ends with `/`";
        let finding = findings.incomplete(at, message);
        finding.add(installation.path_span, help);
    }
    let environment = view.environment();
    let project = object_name(view.model.project.as_deref()?);
    let name = deployment_name(&project, environment);
    if name.len() > MAX_LABEL {
        let message = format!("the name `{name}` has more than {MAX_LABEL} characters");
        let help = "choose a shorter name for the project or for the environment";
        findings.incomplete(at, message).add(None, help);
    }
    Some(Deployment {
        at,
        view,
        project,
        name,
        environment,
        repository: url(&delivery.repository.as_ref()?.value),
        revision: delivery.revision.as_deref().unwrap_or(REVISION),
        folder,
        file,
        parts: parts(&view.model, installation),
        namespace: installation.namespace.as_deref()?,
        chart: installation.chart.as_deref(),
    })
}

/// The name of a project and of its environment.
pub(crate) fn deployment_name(project: &str, environment: Option<&str>) -> String {
    match environment {
        Some(environment) => format!("{project}-{environment}"),
        None => project.to_owned(),
    }
}

/// Reports what a system needs and the settings lack, and what would be wrong.
fn report_missing(
    (at, view): (usize, &ProjectView),
    installation: &Installation,
    system: System,
    findings: &mut Findings,
) {
    let mut missing = |message: &str, span: Option<Span>, help: &'static str| {
        let message = format!("{} {message}", system.name);
        findings.incomplete(at, message).add(span, help);
    };
    if view.model.project.is_none() {
        let help = "add `name` to score-rs.yaml";
        missing("needs the name of the project", None, help);
    }
    if view.delivery.repository.is_none() {
        let help = "add `delivery: {repository: URL}` to score-rs.yaml or to the environment";
        let span = view.delivery.span;
        missing("needs the repository of the output", span, help);
    }
    if installation.namespace.is_none() {
        let help = "add `kubernetes: {namespace: NAME}` to score-rs.yaml or to the environment";
        missing("needs the namespace of the objects", None, help);
    }
    if installation.chart.is_some() && system.charts == Charts::None {
        let help = "set the `target` of the environment to `kubernetes`";
        missing("installs no charts", installation.path_span, help);
        return;
    }
    if exposes_secrets(&view.model, installation, system) {
        let help = "set `kubernetes.secrets` to `external`, and create the Secrets by other means, or to `externalSecrets` with a store";
        let problem = if installation.chart.is_some() {
            "would create new passwords each time it renders the chart"
        } else {
            "reads a repository, which must not contain the values of Secrets"
        };
        missing(problem, installation.secrets_span, help);
    }
}

/// The folders of workloads in the output, those with files.
fn parts<'a>(model: &'a Model, installation: &'a Installation) -> Vec<Part<'a>> {
    let is_written = |object: &&ModelObject| {
        installation.secrets == Some(SecretsMode::Inline) || !is_secret(object)
    };
    let objects = model.objects.iter().filter(is_written);
    let workloads = objects.map(|it| {
        let workload = it.workload.as_deref();
        workload.filter(|workload| !is_shared(model, it.resource.as_deref(), workload))
    });
    let workloads: BTreeSet<Option<&str>> = workloads.collect();
    let parts = workloads.into_iter().filter_map(|workload| {
        let folder = installation.layout.folder(workload)?;
        Some(Part { workload, folder })
    });
    parts.collect()
}

/// Whether the resource of an object is one of this workload that others declare as well.
pub(crate) fn is_shared(model: &Model, resource: Option<&str>, workload: &str) -> bool {
    let Some(uid) = resource else {
        return false;
    };
    let declared = model.resources.get(uid).map_or(&[][..], |it| &it.declared);
    let is_own = |it: &Declaration| it.workload.as_deref() == Some(workload);
    let own = |it: &Declaration| uid.ends_with(&format!("#{workload}.{}", it.name));
    declared.iter().any(|it| is_own(it) && own(it)) && !declared.iter().all(is_own)
}

fn is_secret(object: &ModelObject) -> bool {
    object.kind == "Secret" && object.api_version == "v1"
}

/// Whether values of Secrets would be in a repository, or lost.
fn exposes_secrets(model: &Model, installation: &Installation, system: System) -> bool {
    let is_inline = installation.secrets == Some(SecretsMode::Inline);
    let mut objects = model.objects.iter();
    is_inline
        && !(installation.chart.is_some() && system.charts == Charts::Installed)
        && objects.any(is_secret)
}

/// The folder of the output in the repository, and the file in it if that is the output.
fn place(project: Option<&str>, installation: &Installation) -> (String, Option<String>) {
    let path = installation.path.as_str();
    let (folder, file) = match path.rsplit_once('/') {
        _ if installation.chart.is_some() => (path, ""),
        Some((folder, file)) => (folder, file),
        None => ("", path),
    };
    let parts = project.into_iter().chain([folder]);
    let parts = parts.flat_map(|part| part.split('/'));
    let parts: Vec<&str> = parts.filter(|it| !it.is_empty() && *it != ".").collect();
    let folder = match parts.as_slice() {
        [] => ".".to_owned(),
        parts => parts.join("/"),
    };
    (folder, Some(file.to_owned()).filter(|it| !it.is_empty()))
}

/// The URL of a repository: one without a scheme is that of a server with TLS.
fn url(repository: &str) -> String {
    if repository.contains("://") || is_ssh(repository) {
        return repository.to_owned();
    }
    format!("https://{repository}")
}

/// Whether it has the form `USER@HOST:PATH`.
fn is_ssh(repository: &str) -> bool {
    let host = repository.split('/').next().unwrap_or_default();
    host.contains('@') && host.contains(':')
}

/// The URL of a repository for systems that do not know the form `USER@HOST:PATH`.
pub(crate) fn full_url(url: &str) -> String {
    match url.split_once(':') {
        Some((host, path)) if !url.contains("://") => format!("ssh://{host}/{path}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{full_url, url};

    #[test]
    fn repositories_have_full_urls() {
        for (repository, expected, full) in [
            (
                "git.acme.example/a.git",
                "https://git.acme.example/a.git",
                "",
            ),
            ("http://x/a", "http://x/a", ""),
            ("ssh://git@x:22/a", "ssh://git@x:22/a", ""),
            (
                "git@x:team/a.git",
                "git@x:team/a.git",
                "ssh://git@x/team/a.git",
            ),
            ("x:8443/a", "https://x:8443/a", ""),
        ] {
            assert_eq!(url(repository), expected);
            let full = Some(full).filter(|it| !it.is_empty()).unwrap_or(expected);
            assert_eq!(full_url(expected), full);
        }
    }
}
