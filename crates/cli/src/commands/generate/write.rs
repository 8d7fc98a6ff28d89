//! Writes the files of a run.

use std::path::Path;

use score_compiler::{ProjectKey, Rendered};

use crate::args::Generate;
use crate::commands::generate::save::saved;
use crate::host::{Gates, OWN_FOLDER, Shared, key, require_untracked};
use crate::input::project::Project;
use crate::output::destination::Destination;
use crate::output::file::Output;
use crate::output::rendering::{Rendering, needs_key};
use crate::output::write::Changes;
use crate::output::{exposed, folder};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::human::count;

/// Writes the rendered files to their destination.
pub(super) fn write(
    run: Rendering,
    project: &Project,
    args: &Generate,
    console: &Console,
) -> Result<(), Failure> {
    match run.destination {
        Destination::Stream => {
            print(run.compiled, run.gates, console)?;
            if args.save {
                console.note("`--save` has an effect only with `-o FILE`");
            }
            if run.env_file.is_some() {
                console.note("the env file is written only with `-o FILE`");
            }
        }
        Destination::File(_) => {
            let project_file = if args.save {
                saved(run.compiled, project, args, console)?
            } else {
                None
            };
            write_files(run, project_file, console)?;
        }
        Destination::Objects(path) | Destination::Charts(path) | Destination::Packages(path) => {
            let key = key_for(run, console)?;
            let plan = |folder: &Shared| {
                let files = &run.compiled.files;
                let plan = run.destination.plan(files, key.as_ref(), Some(folder))?;
                Ok(plan.unwrap_or_default())
            };
            let (changed, name) = folder::apply(run.gates, path, run.permission, plan)?;
            console.done(&summary(run.compiled, changed, &name));
        }
    }
    if let Some(note) = exposed::note(run) {
        console.note(&note);
    }
    Ok(())
}

/// Prints the main file. No file is written.
fn print(compiled: &Rendered, gates: &Gates, console: &Console) -> Result<(), Failure> {
    let (main, beside): (Vec<_>, Vec<_>) =
        compiled.files.iter().partition(|file| file.path.is_none());
    let needs_key = main.iter().any(|file| needs_key(file));
    let key = needs_key.then(|| key::need(gates)).transpose()?;
    for file in main {
        console::result(&file.reveal(key.as_ref()))?;
    }
    if !beside.is_empty() {
        let are = if beside.len() == 1 { "is" } else { "are" };
        let files = count(beside.len(), "file");
        console.note(&format!(
            "{files} that the output refers to {are} written only with `-o FILE`"
        ));
    }
    Ok(())
}

/// Writes all files of a run and the project file, if it changes, and reports them.
fn write_files(
    run: Rendering,
    project_file: Option<Output>,
    console: &Console,
) -> Result<(), Failure> {
    // Reject an output that cannot be written before a project key is created.
    run.main()?.check(run.permission)?;
    let named = run.env_file()?.into_iter().chain(project_file);
    let mut outputs: Vec<Output> = named.collect();
    let number = outputs.len();
    let mut paths = run.compiled.files.iter().filter_map(|it| it.path.as_ref());
    if paths.any(|path| Path::new(path).starts_with(OWN_FOLDER)) {
        require_untracked(run.destination.folder())?;
    }
    let key = key_for(run, console)?;
    outputs.extend(run.files(key.as_ref())?);
    let mut changes = Changes::from(outputs);
    let locks = changes.lock()?;
    changes.stale = run.left_over(&changes.outputs)?;
    let written = changes.apply_locked(&locks, run.permission)?;
    drop(locks);
    for (output, changed) in changes.outputs.iter().zip(&written) {
        if output.is_private() {
            let path = output.shown();
            let path = path.display();
            console.detail(&format!("{} {path}", verb(*changed)));
        }
    }
    for output in &changes.outputs[..number] {
        console.done(&format!("wrote {}", output.shown().display()));
    }
    let any = written.contains(&true);
    console.done(&summary(run.compiled, any, run.destination.path()));
    Ok(())
}

/// Finds or creates the key of a run, so that no file of another environment is written if there is none.
pub(super) fn require_key(run: Rendering, console: &Console) -> Result<(), Failure> {
    key_for(run, console).map(|_| ())
}

/// The project key, if a file contains secrets.
fn key_for(run: Rendering, console: &Console) -> Result<Option<ProjectKey>, Failure> {
    let needed = run.needs_key();
    let key = needed.then(|| key::find_or_create(run.gates, console));
    key.transpose()
}

/// A one-line summary.
fn summary(compiled: &Rendered, changed: bool, output: &Path) -> String {
    let workloads = count(compiled.project.workloads.len(), "workload");
    let resources = count(compiled.project.resources.len(), "resource");
    let output = output.display();
    format!("{} {output}: {workloads}, {resources}", verb(changed))
}

fn verb(changed: bool) -> &'static str {
    if changed { "wrote" } else { "unchanged" }
}
