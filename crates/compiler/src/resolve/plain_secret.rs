//! Values of environment variables that seem to be secrets and become plain text in the objects of a
//! platform. Secrets in Score files are covered by a rule of `score-spec`.

use score_spec::{
    Code, Diagnostic, Workload,
    secret::sounds_secret,
    template::{Part, Placeholder, Root, Template},
    workload::FileContent,
};

use crate::graph::{Project, Resource};
use crate::ir::{Ref, Text, Tree};
use crate::resolve::Resolved;

/// The type of resources whose outputs are environment variables.
const ENVIRONMENT: &str = "environment";

/// Reports placeholders of containers for environment variables that seem to be secrets. `is_unread` is
/// whether the variables have not been read, so that their resources have no outputs.
pub(crate) fn check(
    (project, resolved): (&Project, &Resolved),
    is_unread: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for workload in project.workloads.values() {
        let mut declared = workload.resources.values();
        if !declared.any(|it| it.kind.value == ENVIRONMENT) {
            continue;
        }
        let mut check = |variable: Option<&str>, template: &Template| {
            for part in &template.parts {
                if let Part::Placeholder(placeholder) = part {
                    let context = (project, resolved, is_unread);
                    let found = finding(workload, context, variable, placeholder);
                    diagnostics.extend(found);
                }
            }
        };
        for container in workload.containers.values() {
            for (name, template) in &container.variables {
                check(Some(name), template);
            }
            for file in container.files.values() {
                if let FileContent::Text(template) = &file.content {
                    check(None, template);
                }
            }
        }
    }
}

fn finding(
    workload: &Workload,
    (project, resolved, is_unread): (&Project, &Resolved, bool),
    variable: Option<&str>,
    placeholder: &Placeholder,
) -> Option<Diagnostic> {
    let Root::Resource(resource) = &placeholder.root else {
        return None;
    };
    let output = placeholder.path.first()?;
    let sounds = [variable, Some(output.as_str())];
    let name = sounds
        .into_iter()
        .flatten()
        .find(|name| sounds_secret(name))?;
    let declared = workload.resources.get(resource)?;
    if declared.kind.value != ENVIRONMENT {
        return None;
    }
    let uid = Project::uid(workload, resource)?;
    let value = resolved.get(&uid).and_then(|it| it.outputs.get(output));
    match value {
        Some(Tree::Text(text)) if is_hidden(text) => return None,
        None if !is_unread || !is_plain_text(project.resources.get(&uid)?, output) => return None,
        _ => {}
    }
    let message =
        format!("`{name}` seems to be a secret, but comes from the environment as plain text");
    Some(
        Diagnostic::new(Code::EnvironmentPlainSecret, message)
            .at(placeholder.span, "")
            .help("use a resource of type `secret`, which refers to a Secret in the cluster"),
    )
}

/// Whether an output without a value will be plain text, as far as its declaration says: secrets, and values that
/// only the platform knows, must be declared as such, except in outputs that are those of another resource.
fn is_plain_text(resource: &Resource, output: &str) -> bool {
    let provisioner = &resource.provisioner;
    let declared = provisioner.outputs.get(output);
    let declared = declared.or(provisioner.any_output.as_ref());
    declared.is_some_and(|it| !it.secret && !it.deferred) && !provisioner.takes_over(output)
}

/// Whether the text reveals nothing, because it is a secret or a value that only the platform
/// knows.
fn is_hidden(text: &Text) -> bool {
    let mut references = text.references();
    references.any(|it| matches!(it, Ref::Secret(_) | Ref::KeyRef(_)))
}
