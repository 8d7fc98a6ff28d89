//! `score-rs init --template`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use score_compiler::templates::{RenderedFile, RenderedTemplate, Template};
use score_spec::Sources;
use score_spec::diagnostic::{any_error, sort};

use super::{SCHEMA_COMMENT, SCORE_FILE, ask, first_line, workload_name};
use crate::args::Inputs;
use crate::commands::Outcome;
use crate::commands::validate::of_pending;
use crate::host::{
    Gates, Kind, Pending, Shared, folder_of, is_private, is_reserved, is_spec, name,
};
use crate::input::environments::FOLDER as ENVIRONMENTS;
use crate::input::project::Project;
use crate::input::templates::{NamedTemplates, ReadTemplate};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::Changes;
use crate::packages::Contents;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};

/// The permissions of executable files.
const EXECUTABLE: u32 = 0o755;

/// The file with exceptions from rules in a project folder.
const WAIVERS: &str = "waivers.yaml";

/// Writes the files of a template to the working folder, if they are valid there.
pub(super) fn run(wanted: &str, params: &[String], console: &Console) -> Result<Outcome, Failure> {
    let mut read = NamedTemplates::find(console)?.take(wanted)?.read()?;
    let Some(template) = read.reported(console) else {
        return Ok(Outcome::Errors);
    };
    let Some(rendered) = rendered(&template, params, &mut read, console)? else {
        return Ok(Outcome::Errors);
    };
    if rendered.files.is_empty() {
        let problem = format!(
            "with these params, the template `{}` has no files",
            read.name
        );
        return Err(Failure::new(problem).help("its rendered files are all empty"));
    }
    let (_, gate) = Project::here()?;
    let gates = Gates::new(gate);
    let here = gates.folder(Path::new(".")).reading(Path::new("."))?;
    let files = with_schemas(rendered.files, &gates);
    require_free(&files, &here, &gates)?;
    let inputs = Inputs {
        pending: pending(&files, Path::new("")),
        ..Inputs::default()
    };
    let findings = of_pending(&inputs, console)?.into_findings();
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
    let folder = workload_name(Path::new(SCORE_FILE));
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
        let answers = ask::answers(&known, &params, &folder, console::ask, is_valid)?;
        params.extend(answers);
    }
    let params = params.iter();
    let params: Vec<_> = params
        .map(|text| read.sources.add("--param", text.as_str()))
        .collect();
    let mut found = Vec::new();
    let values = template.values(&params, &folder, &read.sources, &mut found);
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

/// Fails if a file exists, or if a template must not write it.
fn require_free(files: &[RenderedFile], here: &Shared, gates: &Gates) -> Result<(), Failure> {
    let mut existing = Vec::new();
    for file in files {
        let path = Path::new(&file.path);
        if let Some(problem) = reserved(path, gates) {
            let problem = format!("the template would write `{}`, {problem}", file.path);
            return Err(Failure::new(problem).help("use another name in the template"));
        }
        let changed =
            changed_spec(path).filter(|spec| !files.iter().any(|it| Path::new(&it.path) == spec));
        if let Some(spec) = changed {
            let (path, spec) = (&file.path, name(&spec));
            let problem = format!(
                "the template would write `{path}`, which changes `{spec}` in an environment"
            );
            return Err(Failure::new(problem).help("add the Score file to the template"));
        }
        let base = path.file_name().and_then(|name| name.to_str());
        if base.is_some_and(|base| Contents::of(base, &file.bytes).is_some()) {
            let path = &file.path;
            let problem = format!(
                "the template would write `{path}`, which contains provisioners, an environment or policies"
            );
            return Err(Failure::new(problem).help("carry them in a package, beside its templates"));
        }
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

/// The Score file that a file with this name changes in an environment: `score.yaml` for `score.prod.yaml`.
fn changed_spec(path: &Path) -> Option<PathBuf> {
    let (stem, _) = path
        .file_name()?
        .to_str()?
        .strip_suffix(".yaml")?
        .rsplit_once('.')?;
    let spec = folder_of(path).join(format!("{stem}.yaml"));
    is_spec(&spec).then_some(spec)
}

/// The reason why a template must not write a file: it belongs to Git, to score-rs or to the settings of the project.
fn reserved(path: &Path, gates: &Gates) -> Option<&'static str> {
    if is_private(path) {
        return Some("which belongs to Git or score-rs");
    }
    let file = path.file_name().unwrap_or_default();
    if is_reserved(file) {
        return Some("which has the name of a file of the project");
    }
    let inner = gates.project.inner(path)?;
    let mut parts = inner.iter();
    let first = parts.next()?;
    let is_folder = parts.next().is_some();
    let is_setting = if is_folder {
        first.eq_ignore_ascii_case(ENVIRONMENTS)
    } else {
        first.eq_ignore_ascii_case(WAIVERS)
    };
    is_setting.then_some("which belongs to the settings of the project")
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
