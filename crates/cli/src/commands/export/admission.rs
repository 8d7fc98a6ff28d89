//! `score-rs export admission-policies`: the rules of the project for the API server of Kubernetes.

use score_policy::{Cluster, Loss, admission_policies};
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Sources, Value};

use super::destination::{Destination, Written};
use crate::args;
use crate::commands::Outcome;
use crate::commands::generate::permission_for_project;
use crate::input::environments::{EnvironmentChoice, select};
use crate::input::policies::Policies;
use crate::input::project::Project;
use crate::output::mark::MARK;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::levels::{Levels, Rules};
use crate::report::output_text::yaml;

/// Writes rules as policies for the API server.
pub(super) fn run(args: &args::Export, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let inputs = args.inputs();
    let mut selected = select(&inputs, args.all.all_envs)?;
    let (Some(choice), true) = (selected.pop(), selected.is_empty()) else {
        let problem = "policies are for the API server of one environment";
        return Err(Failure::new(problem).help("pass `--env` once"));
    };
    let choice = EnvironmentChoice {
        uses_examples: true,
        ..choice
    };
    let project = Project::find(&mut sources, &inputs, &choice)?;
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
    diagnostics.extend(losses.iter().map(lossy));
    let levels = Levels {
        options: args.levels.rules(),
        project: project.levels.clone(),
        keeps_errors: true,
    };
    let diagnostics = levels.apply(diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    let text = document(&objects, environment.map(|it| &*it.name));
    let mut permission = permission_for_project(&project, &sources);
    permission.force = args.force;
    let destination = Destination::of(args.output.as_deref(), &project.root, &project.gates)?;
    let files = [Written {
        name: "admission-policies.yaml".to_owned(),
        bytes: text.into_bytes(),
    }];
    if args.check {
        destination.check(&files, &permission, console)
    } else {
        destination.write(&files, &permission, console)
    }
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

fn lossy(loss: &Loss) -> Diagnostic {
    let rule = &loss.rule;
    let extent = if loss.is_exported {
        "cannot be exported exactly"
    } else {
        "cannot be exported"
    };
    let message = format!("the rule `{}` {extent}: {}", rule.id, loss.reason);
    Diagnostic::new(Code::ExportLossy, message).at(rule.span, "")
}
