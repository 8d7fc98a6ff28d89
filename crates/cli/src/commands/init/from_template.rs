//! `score-rs init --template`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use score_compiler::templates::{RenderedFile, RenderedTemplate, Template};
use score_spec::Sources;
use score_spec::diagnostic::{any_error, sort};

use super::{SCHEMA_COMMENT, SCORE_FILE, ask, first_line, gate, located, workload_name};
use crate::args::Inputs;
use crate::commands::Outcome;
use crate::commands::validate::of_pending;
use crate::host::{Gates, Kind, Pending, Shared, folder_of, is_spec, name};
use crate::input::project::Project;
use crate::input::templates::{NamedTemplates, ReadTemplate};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};

/// The permissions of executable files.
const EXECUTABLE: u32 = 0o755;

/// Writes the files of a template to the working folder, if they are valid there.
pub(super) fn run(wanted: &str, params: &[String], console: &Console) -> Result<Outcome, Failure> {
    let mut read = NamedTemplates::find(console)?.take(wanted)?.read()?;
    let Some(template) = read.reported(console) else {
        return Ok(Outcome::Errors);
    };
    let Some(rendered) = rendered(&template, params, &mut read, console)? else {
        return Ok(Outcome::Errors);
    };
    let (_, gate) = Project::here()?;
    let gates = Gates::new(gate);
    let here = gates.folder(Path::new(".")).reading(Path::new("."))?;
    let files = with_schemas(rendered.files, &gates);
    let inner = gates.project.inner(Path::new("."));
    gate::require_allowed(&files, &read.name, inner.as_deref())?;
    require_free(&files, &here)?;
    let inputs = Inputs {
        pending: pending(&files, Path::new("")),
        ..Inputs::default()
    };
    let findings = of_pending(&inputs, console)?.into_findings();
    let findings = located::in_template(findings, &files, Path::new(""), &read.sources);
    console.report(&findings.sources, &findings.diagnostics);
    if any_error(&findings.diagnostics) {
        console.note_incomplete(&findings.sources, &findings.incomplete);
        let template = &read.name;
        console.note(&format!(
            "nothing was written, because the project would not be valid with the files of the template `{template}`"
        ));
        return Ok(Outcome::Errors);
    }
    write(&files, &here)?;
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    console.done(&format!("wrote {}", paths.join(", ")));
    for next in &rendered.next {
        console.done(&format!("next: {next}"));
    }
    Ok(Outcome::Fine)
}

/// The files of the template with the values of the options, and with answers if the user can be asked. Errors are
/// reported.
fn rendered(
    template: &Template,
    params: &[String],
    read: &mut ReadTemplate,
    console: &Console,
) -> Result<Option<RenderedTemplate>, Failure> {
    let folder = workload_name(Path::new(SCORE_FILE)).ok();
    let folder = folder.as_deref();
    let mut params = params.to_vec();
    if console::can_ask() {
        let is_valid = |option: &str| {
            let mut sources = Sources::new();
            let id = sources.add("--param", option);
            let found = template.check_param(id, &sources);
            console.show(&sources, &found);
            !any_error(&found)
        };
        let known = template.params();
        let answers = ask::answers(&known, &params, folder, console::ask, is_valid)?;
        params.extend(answers);
    }
    let params = params.iter();
    let params: Vec<_> = params
        .map(|text| read.sources.add("--param", text.as_str()))
        .collect();
    let mut found = Vec::new();
    let values = template.values(&params, folder, &read.sources, &mut found);
    let rendered = values.and_then(|values| template.render(&values, &mut found));
    sort(&mut found);
    console.report(&read.sources, &found);
    Ok(rendered)
}

/// The files, whose Score files begin with a comment that names their schema.
fn with_schemas(mut files: Vec<RenderedFile>, gates: &Gates) -> Vec<RenderedFile> {
    for file in &mut files {
        let path = Path::new(&file.path);
        if is_spec(path) && !file.bytes.starts_with(SCHEMA_COMMENT.as_bytes()) {
            let line = first_line(gates, folder_of(path));
            file.bytes.splice(0..0, format!("{line}\n").into_bytes());
            file.origins.shift(line.len() + 1);
        }
    }
    files
}

/// The files as if they existed in a folder.
pub(super) fn pending(files: &[RenderedFile], folder: &Path) -> Pending {
    let files = files.iter();
    let files: BTreeMap<PathBuf, Vec<u8>> = files
        .map(|file| (folder.join(&file.path), file.bytes.clone()))
        .collect();
    Pending::new(files)
}

/// Fails if a file exists, or cannot be written.
fn require_free(files: &[RenderedFile], here: &Shared) -> Result<(), Failure> {
    let mut existing = Vec::new();
    for file in files {
        let path = Path::new(&file.path);
        for folder in path.ancestors().skip(1) {
            let kind = here.kind_at(folder).writing(path)?;
            if kind.is_some_and(|kind| kind != Kind::Folder) {
                let (path, folder) = (&file.path, name(folder));
                let problem = format!("cannot write `{path}`: `{folder}` is not a folder");
                return Err(Failure::new(problem).help("rename or remove it"));
            }
        }
        if here.kind_at(path).writing(path)?.is_some() {
            existing.push(format!("`{}`", file.path));
        }
    }
    if existing.is_empty() {
        return Ok(());
    }
    let exist = if existing.len() == 1 {
        "already exists"
    } else {
        "already exist"
    };
    let problem = format!(
        "{} {exist}, and a template replaces nothing",
        existing.join(", ")
    );
    Err(Failure::new(problem)
        .help("run the command in another folder, or rename or remove the file"))
}

/// Writes all files, or none of them.
fn write(files: &[RenderedFile], here: &Shared) -> Result<(), Failure> {
    let outputs = files.iter().map(|file| {
        let mode = if file.executable { EXECUTABLE } else { OPEN };
        let place = (Path::new(""), Path::new(&file.path));
        Output::below(Some(here), place, file.bytes.clone(), mode, Rule::New)
    });
    let outputs: Vec<Output> = outputs.collect();
    Changes::from(outputs).apply(&Permission::default())?;
    Ok(())
}
