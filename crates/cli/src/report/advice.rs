//! The help text of diagnostics, in terms of the options and commands of this program. The
//! libraries decide whether there is any.

use score_spec::diagnostic::bounded;
use score_spec::{Code, Diagnostic, Hint};

/// The advice for a diagnostic, or by default a reference to its page. Absent for failures of the command
/// without help, about which their page says no more.
pub(crate) fn advice(found: &Diagnostic) -> Option<String> {
    match &found.help {
        Some(hint) => Some(bounded(words(hint))),
        None if found.code == Code::RunFailed => None,
        None => Some(match &found.rule {
            Some(rule) => format!("`score-rs explain {rule}` describes the rule"),
            None => page(found.id()),
        }),
    }
}

/// A reference to the page of a code, or of a rule of a policy.
pub(crate) fn page(id: &str) -> String {
    format!("`score-rs explain {id}` shows an example")
}

/// The environments in which a diagnostic was found, in a run of several.
pub(crate) fn environments(found: &Diagnostic) -> Option<String> {
    let names = &found.environments;
    (!names.is_empty()).then(|| format!("in: {}", names.join(", ")))
}

/// The message of a diagnostic with its advice and its environments.
pub(crate) fn advised(found: &Diagnostic) -> String {
    let help = advice(found).map(|help| format!("help: {help}"));
    let parts = [Some(found.message.clone()), help, environments(found)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn words(hint: &Hint) -> String {
    match hint {
        Hint::AllowEnvironment { name } => format!(
            "set it under `variables` in `score-rs.yaml` or an environment file, or in the file of `--env-file`; or allow it with `--allow-env {name}`, or under `permissions.environment`"
        ),
        Hint::SetEnvironment { name } => format!(
            "set `{name}` in the environment of this command, or in the file of `--env-file`"
        ),
        Hint::SetParam { name, value } => format!("set it with `--param {name}={value}`"),
        Hint::AllowOutsideFiles => format!("{hint}, or allow it with `--allow-outside-files`"),
        Hint::AllowCommands => {
            "remove `--no-commands`, or use a provisioner without `run`".to_owned()
        }
        Hint::RememberAnswers => {
            "run `score-rs generate` where commands can run; it stores their answers".to_owned()
        }
        Hint::KeptState { .. } => {
            format!("{hint}; use `score-rs state` to show and remove it")
        }
        Hint::SetImage {
            workload,
            container,
            environment,
        } => {
            let file = |name| format!("in `environments/{name}.images.yaml` or ");
            let file = environment.as_ref().map(file).unwrap_or_default();
            format!(
                "set it {file}with `--image {workload}/{container}=IMAGE`, or build it with `--build {workload}/{container}=FOLDER`"
            )
        }
        Hint::OpenImage => {
            "write `image: .` if the image is set when the workload is deployed, with `--image`"
                .to_owned()
        }
        Hint::SelectContainer { container, image } => {
            format!("name the container: `--image {container}={image}`, once for each container")
        }
        Hint::Unpublish => {
            "remove `--publish`; use a resource of type `route` for access from outside".to_owned()
        }
        Hint::RenameChart => {
            "rename the workload, or set another chart name with `--chart-name`".to_owned()
        }
        Hint::SplitChart => "generate a chart per workload with `--chart-per-workload`".to_owned(),
        Hint::AddProvisioner { kind, searched } => format!(
            "{searched}; to add the type, write a provisioner with `type: {kind}`, and list its file under `provisioners` in `score-rs.yaml` or pass it with `--provisioners`"
        ),
        Hint::BeginSpec => format!("{hint}; `score-rs init` writes a sample"),
        Hint::NameCode => "`score-rs explain` lists the codes".to_owned(),
        _ => hint.to_string(),
    }
}
