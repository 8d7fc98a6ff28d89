//! `score-rs export`: parts of the project for other programs.

use std::path::Path;

use score_policy::{Cluster, Loss, admission_policies};
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Severity, Sources, Value};

use crate::args::AdmissionPolicies;
use crate::commands::Outcome;
use crate::commands::generate::permission_for_project;
use crate::host::Gates;
use crate::input::policies::Policies;
use crate::input::project::Project;
use crate::output::file::{OPEN, Output, Permission, Rule, unwritable};
use crate::output::mark::MARK;
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::levels::Rules;
use crate::report::output_text::yaml;

/// Writes rules as policies for the API server.
pub(crate) fn admission(args: &AdmissionPolicies, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let project = Project::around(&mut sources, &args.environment.paths())?;
    let (rules, found) = Policies::read(&project, &sources, &Rules::default(), false).into_rules();
    let mut diagnostics = project.diagnostics.clone();
    diagnostics.extend(found);
    let environment = project.settings.environment_id.as_ref();
    let section = project.settings.section("kubernetes");
    let namespace = section.and_then(|it| it.get("namespace")?.text());
    let cluster = Cluster {
        environment: environment.map(|it| (&*it.name, it.kind.as_deref())),
        namespace,
    };
    let (objects, losses) = admission_policies(&rules, cluster);
    let level = match args.deny {
        Some(_) => Severity::Error,
        None => Severity::Warning,
    };
    diagnostics.extend(losses.iter().map(|loss| lossy(loss, level)));
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    let text = document(&objects, environment.map(|it| &*it.name));
    match args.output.as_deref().filter(|it| it.as_os_str() != "-") {
        Some(path) => {
            let mut permission = permission_for_project(&project, &sources);
            permission.force = args.force;
            write(path, text, &permission, &project.gates, console)?;
        }
        None => console::result(text.as_bytes())?,
    }
    Ok(Outcome::Fine)
}

/// The file: the mark and the objects.
fn document(objects: &[Value], environment: Option<&str>) -> String {
    let option = environment.map(|name| format!(" --env {name}"));
    let option = option.unwrap_or_default();
    let mut text = format!("{MARK}export admission-policies{option}\n");
    for object in objects {
        text.push_str("---\n");
        text.push_str(&yaml(object));
    }
    text
}

fn lossy(loss: &Loss, severity: Severity) -> Diagnostic {
    let rule = &loss.rule;
    let extent = if loss.is_exported {
        "cannot be exported exactly"
    } else {
        "cannot be exported"
    };
    let message = format!("the rule `{}` {extent}: {}", rule.id, loss.reason);
    let mut found = Diagnostic::new(Code::ExportLossy, message).at(rule.span, "");
    found.severity = severity;
    found
}

fn write(
    path: &Path,
    text: String,
    permission: &Permission,
    gates: &Gates,
    console: &Console,
) -> Result<(), Failure> {
    let located = gates.locate(path);
    let located = located.map_err(|error| unwritable(path, &error))?;
    let output = Output::named(located, path, text.into_bytes(), OPEN, Rule::Generated)?;
    let shown = output.shown().display().to_string();
    Changes::from(vec![output]).apply(permission)?;
    console.done(&format!("wrote {shown}"));
    Ok(())
}
