//! The environments of a project that a delivery system applies from a repository to a cluster.

use score_compiler::kubernetes::SecretsMode;
use score_compiler::model::{Installation, Model};
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
    /// Whether it installs charts.
    pub(crate) has_charts: bool,
    /// Whether Helm itself installs charts, so that it keeps the passwords of an earlier installation.
    pub(crate) keeps_passwords: bool,
    /// Whether it applies single files of a folder.
    pub(crate) has_files: bool,
}

/// An environment that can be applied.
pub(crate) struct Deployment<'a> {
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
    /// The namespace.
    pub(crate) namespace: &'a str,
    /// The name of the chart, if it is one.
    pub(crate) chart: Option<&'a str>,
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
    let name = match environment {
        Some(environment) => format!("{project}-{environment}"),
        None => project.clone(),
    };
    if name.len() > MAX_LABEL {
        let message = format!("the name `{name}` has more than {MAX_LABEL} characters");
        let help = "choose a shorter name for the project or for the environment";
        findings.incomplete(at, message).add(None, help);
    }
    Some(Deployment {
        view,
        project,
        name,
        environment,
        repository: url(&delivery.repository.as_ref()?.value),
        revision: delivery.revision.as_deref().unwrap_or(REVISION),
        folder,
        file,
        namespace: installation.namespace.as_deref()?,
        chart: installation.chart.as_deref(),
    })
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
    if installation.chart.is_some() && !system.has_charts {
        let help = "set the `target` of the environment to `kubernetes`";
        missing("installs no charts", installation.path_span, help);
        return;
    }
    if exposes_secrets(&view.model, installation, system) {
        let help = "set `kubernetes: {secrets: external}`, and create the Secrets by other means";
        let problem = if installation.chart.is_some() {
            "would create new passwords each time it renders the chart"
        } else {
            "reads a repository, which must not contain the values of Secrets"
        };
        missing(problem, installation.secrets_span, help);
    }
}

/// Whether values of Secrets would be in a repository, or lost.
fn exposes_secrets(model: &Model, installation: &Installation, system: System) -> bool {
    let is_inline = installation.secrets == Some(SecretsMode::Inline);
    let mut objects = model.objects.iter();
    is_inline
        && !(installation.chart.is_some() && system.keeps_passwords)
        && objects.any(|object| object.kind == "Secret" && object.api_version == "v1")
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
