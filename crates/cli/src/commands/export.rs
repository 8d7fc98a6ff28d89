//! `score-rs export`: descriptions of the project for other systems.

mod admission;
mod destination;
mod folder;
mod template;
mod view;

use score_export::{Export, ProjectView};
use score_spec::diagnostic::any_error;

use self::destination::Destination;
use self::view::Described;
use crate::args::{self, ADMISSION_POLICIES, BACKSTAGE_TEMPLATE};
use crate::commands::Outcome;
use crate::commands::generate::permission_for_inputs;
use crate::commands::validate::{self, RunFindings};
use crate::input::environments::{select, with_shared_charts};
use crate::input::inputs::prepare;
use crate::output::file::Permission;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Writes the files of an export, or compares them with existing ones. All environments are compiled before anything
/// is written.
pub(crate) fn run(args: &args::Export, console: &Console) -> Result<Outcome, Failure> {
    if args.format == BACKSTAGE_TEMPLATE {
        return template::run(args, console);
    }
    if let Some(template) = &args.template {
        let problem = format!(
            "the export `{}` takes no template, such as `{template}`",
            args.format
        );
        return Err(Failure::new(problem).help("remove the argument"));
    }
    match Export::named(&args.format) {
        Some(export) => project(export, args, console),
        None if args.format == ADMISSION_POLICIES => admission::run(args, console),
        None => Err(Failure::new(format!("unknown format `{}`", args.format))),
    }
}

fn project(export: &Export, args: &args::Export, console: &Console) -> Result<Outcome, Failure> {
    let inputs = args.inputs();
    let selected = select(&inputs, args.all.all_envs)?;
    let charts = with_shared_charts(selected.clone(), &inputs, (None, false))?;
    let (mut described, mut broken) = (Vec::new(), Vec::new());
    let mut permission = Permission {
        force: args.force,
        ..Permission::default()
    };
    let mut destination = None;
    for environment in &selected {
        let prepared = prepare(&inputs, environment, &[], console)?;
        let mark = environment.name.clone();
        let mark = mark.filter(|_| environment.is_one_of_several());
        if prepared.is_broken() {
            let levels = prepared.levels(args.levels.rules());
            let part = validate::partial(prepared, &levels, console);
            broken.push(part.of_environment(mark.as_deref()));
            continue;
        }
        let protected = permission_for_inputs(&prepared, None).protected;
        permission.protected.extend(protected);
        let gates = &prepared.project.gates;
        let root = &prepared.project.root;
        let place = Destination::of(args.output.as_deref(), root, gates)?;
        let values = view::values_file(environment, &charts, &prepared.project);
        let options = (export, place.folder(), values);
        let view = Described::of(prepared, mark, options, &args.levels.rules());
        for identity in &view.used {
            let protected = permission.protected.entry(*identity);
            protected.or_insert("a file that the project uses");
        }
        described.push(view);
        destination = Some(place);
    }
    let (Some(destination), true) = (destination, broken.is_empty()) else {
        return Ok(validate::report_broken(broken, console));
    };
    let Some(files) = exported(export, described, console) else {
        return Ok(Outcome::Errors);
    };
    let written = destination::marked(&files, args);
    if args.check {
        destination.check(&written, &permission, console)
    } else {
        if !args.force {
            destination.require_all(export, &written)?;
        }
        destination.write(&written, &permission, console)
    }
}

/// The files of an export, after the findings of all environments have been reported. Returns nothing if there are
/// errors.
fn exported(
    export: &Export,
    mut described: Vec<Described>,
    console: &Console,
) -> Option<Vec<score_export::ExportFile>> {
    let mut files = Vec::new();
    if described.iter().all(|it| !any_error(&it.diagnostics)) {
        let views = described.iter_mut().map(|it| std::mem::take(&mut it.view));
        let views: Vec<ProjectView> = views.collect();
        let exported = export.render(&views);
        for (described, found) in described.iter_mut().zip(exported.findings) {
            described.diagnostics.extend(found);
        }
        files = exported.files;
    }
    let parts = described.into_iter().map(Described::into_findings);
    let findings = RunFindings::merged(parts.collect());
    let has_errors = any_error(&findings.diagnostics);
    findings.show(console);
    (!has_errors).then_some(files)
}
