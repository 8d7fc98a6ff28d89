//! The advice of findings in the words of this program: which of its options and commands help. Not: when
//! advice is given; the libraries say so.

use score_spec::diagnostic::bounded;
use score_spec::{Diagnostic, Hint};

/// How to fix what a finding is about, or where to read about it.
pub(crate) fn advice(found: &Diagnostic) -> String {
    match &found.help {
        Some(hint) => bounded(words(hint)),
        None => format!("`score-rs explain {}` shows an example", found.code),
    }
}

fn words(hint: &Hint) -> String {
    match hint {
        Hint::AllowEnvironment { name } => format!(
            "allow it with `--allow-env {name}`, or under `permissions.environment` in `score-rs.yaml`; or set it in the file of `--env-file`"
        ),
        Hint::SetEnvironment { name } => format!(
            "set `{name}` in the environment of this command, or in the file of `--env-file`"
        ),
        Hint::AllowOutsideFiles => format!("{hint}. Or allow it by `--allow-outside-files`"),
        Hint::AllowCommands => {
            "drop `--no-commands`, or use a provisioner without `run`".to_owned()
        }
        Hint::RememberAnswers => {
            "run `score-rs generate` where commands may run; it remembers what they answer"
                .to_owned()
        }
        Hint::KeptState { .. } => {
            format!("{hint}; `score-rs state` has commands to show and remove it")
        }
        Hint::SetImage {
            workload,
            container,
        } => format!(
            "give it by `--image {workload}/{container}=IMAGE`, or build it by `--build {workload}/{container}=FOLDER`"
        ),
        Hint::SelectContainer { container, image } => {
            format!("say which container it is for: `--image {container}={image}`, once for each")
        }
        Hint::Unpublish => {
            "leave out `--publish`; a resource of type `route` makes a way from outside".to_owned()
        }
        Hint::RenameChart => {
            "rename the workload, or give the chart another name by `--chart-name`".to_owned()
        }
        Hint::SplitChart => "make a chart per workload: `--chart-per-workload`".to_owned(),
        Hint::AddProvisioner { kind, searched } => format!(
            "{searched}; to add the type, write a provisioner with `type: {kind}` and name its file under `provisioners` in `score-rs.yaml`, or by `--provisioners`"
        ),
        Hint::BeginSpec => format!("{hint}; `score-rs init` writes a sample"),
        Hint::NameCode => "`score-rs explain` lists the codes".to_owned(),
        _ => hint.to_string(),
    }
}
