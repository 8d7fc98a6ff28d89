//! `score-rs export backstage-template`: a template for the scaffolder of Backstage.

use std::path::Path;

use score_compiler::templates::{OutlineContents, OutlineFile, OutlinePart};
use score_export::{ExportFile, Portal, SKELETON, TemplateView, backstage_template};
use score_spec::diagnostic::{any_error, sort};
use score_spec::{Diagnostic, Sources};

use super::folder;
use crate::args;
use crate::commands::Outcome;
use crate::commands::generate::permission_for_project;
use crate::commands::init::{SCHEMA, SCHEMA_COMMENT};
use crate::host::{is_private, is_spec, resolved, word};
use crate::input::environments::EnvironmentChoice;
use crate::input::project::Project;
use crate::input::templates::{NamedTemplates, ReadTemplate};
use crate::output::mark::MARK;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::levels::Levels;

/// Writes the files of a template for Backstage, or compares them with existing ones.
pub(super) fn run(args: &args::Export, console: &Console) -> Result<Outcome, Failure> {
    let Some(wanted) = &args.template else {
        return Err(Failure::new("the name of the template is missing")
            .help("write `score-rs export backstage-template TEMPLATE -o FOLDER`"));
    };
    if args.all.all_envs || !args.environment.env.is_empty() {
        let problem = "a template is the same in all environments";
        return Err(Failure::new(problem).help("remove `--env` and `--all-envs`"));
    }
    let Some(output) = args
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"))
    else {
        return Err(
            Failure::new("the template has several files").help("name a folder with `-o FOLDER`")
        );
    };
    let mut sources = Sources::new();
    let choice = EnvironmentChoice::default();
    let project = Project::find(&mut sources, &args.inputs(), &choice)?;
    console.report(&sources, &project.diagnostics);
    if any_error(&project.diagnostics) {
        return Ok(Outcome::Errors);
    }
    let mut read = NamedTemplates::find(console)?.take(wanted)?.read()?;
    require_apart(&read, output)?;
    let levels = Levels {
        options: args.levels.rules(),
        project: project.levels.clone(),
        keeps_errors: true,
    };
    let portal = Portal::read(&project.settings);
    let Some(files) = exported(&mut read, &portal, &levels, console) else {
        return Ok(Outcome::Errors);
    };
    let mut permission = permission_for_project(&project, &sources);
    permission.force = args.force;
    let mark = format!(
        "{MARK}from a template: score-rs export backstage-template {}\n",
        command(wanted)
    );
    let folder = folder::ExportFolder {
        path: output,
        mark: &mark,
        files: &files,
    };
    if args.check {
        folder.check(&project.gates, &permission, console)
    } else {
        folder.write(&project.gates, &permission, console)
    }
}

/// Fails if the output would replace files of the template.
fn require_apart(read: &ReadTemplate, output: &Path) -> Result<(), Failure> {
    let Some(folder) = read.folder.as_deref().map(resolved) else {
        return Ok(());
    };
    let to = resolved(output);
    if to.starts_with(&folder) || folder.starts_with(to.join(SKELETON)) {
        let problem = format!(
            "`{}` is in the folder of the template, or contains it",
            output.display()
        );
        return Err(Failure::new(problem).help("choose another folder with `-o`"));
    }
    Ok(())
}

/// The name of a template in a command, in a comment of one line.
fn command(wanted: &str) -> String {
    word(Path::new(wanted)).replace(char::is_control, "?")
}

/// The files, after all findings have been reported. Returns nothing if there are errors.
fn exported(
    read: &mut ReadTemplate,
    portal: &Portal,
    levels: &Levels,
    console: &Console,
) -> Option<Vec<ExportFile>> {
    let template = read.reported(console)?;
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut exported = Vec::new();
    if let Some(files) = template.outline(&mut found) {
        let files: Vec<OutlineFile> = files.into_iter().map(with_schema).collect();
        let (files, losses) = backstage_template(TemplateView {
            name: &read.name.replace('/', "-"),
            template: &template,
            files: &files,
            portal,
        });
        found.extend(losses);
        exported = files;
    }
    sort(&mut found);
    let found = levels.apply(found);
    console.report(&read.sources, &found);
    let private = exported
        .iter()
        .find(|file| is_private(Path::new(file.path.as_str())));
    if let Some(file) = private {
        console.note(&format!(
            "`{}` belongs to Git or score-rs, and cannot be part of a template",
            file.path.as_str()
        ));
    }
    (!any_error(&found) && private.is_none()).then_some(exported)
}

/// A Score file begins with a comment that names its schema, as `init` writes it. A copied one becomes a file that is
/// rendered, so that it is not a Score file of the project that contains the export.
fn with_schema(mut file: OutlineFile) -> OutlineFile {
    let path: String = file.path.iter().map(placeholder).collect();
    if !is_spec(Path::new(&path)) {
        return file;
    }
    if let OutlineContents::Copied(bytes) = &file.contents
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        file.contents = OutlineContents::Rendered(vec![OutlinePart::Text(text.to_owned())]);
    }
    if let OutlineContents::Rendered(parts) = &mut file.contents {
        let line = format!("{SCHEMA_COMMENT}{SCHEMA}\n");
        match parts.first_mut() {
            Some(OutlinePart::Text(text)) if text.starts_with(SCHEMA_COMMENT) => {}
            Some(OutlinePart::Text(text)) => text.insert_str(0, &line),
            _ => parts.insert(0, OutlinePart::Text(line)),
        }
    }
    file
}

fn placeholder(part: &OutlinePart) -> &str {
    match part {
        OutlinePart::Text(text) => text,
        _ => "x",
    }
}
