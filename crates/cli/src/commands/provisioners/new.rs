//! `score-rs provisioners new`.

use std::io;
use std::path::Path;

use score_spec::Sources;

use crate::args::{New, ProvisionerPaths};
use crate::commands::Outcome;
use crate::host::{Gates, PROJECT_FILE, canonical, folder_of, name};
use crate::input::project::Project;
use crate::output::file::create;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};

/// The template of a provisioner file, with `TYPE` as a placeholder for the resource type.
const SCAFFOLD: &str = include_str!("scaffold.yaml");
const TYPE: &str = "RESOURCE-TYPE";

/// The folder for new provisioners, beside the project file.
const FOLDER: &str = "provisioners";

/// Writes a template of a provisioner.
pub(crate) fn new(args: &New, console: &Console) -> Result<Outcome, Failure> {
    let text = SCAFFOLD.replace(TYPE, &args.kind);
    if args
        .output
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-")
    {
        console::result(text.as_bytes())?;
        return Ok(Outcome::Fine);
    }
    let (root, project) = Project::here()?;
    let path = match &args.output {
        Some(path) => path.clone(),
        None => root.join(FOLDER).join(format!("{}.yaml", args.kind)),
    };
    if args.output.is_none() {
        let folder = root.join(FOLDER);
        project.root().make_folder(FOLDER, 0o777).writing(&folder)?;
    }
    create(&Gates::new(project), &path, text.as_bytes()).map_err(|error| {
        let failure = Failure::write(&path, &error);
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::new(format!("`{}` already exists", path.display()))
                    .help("choose another file with `-o`")
            }
            io::ErrorKind::NotFound => failure.help("create its folder first"),
            _ => failure,
        }
    })?;
    console.done(&format!("wrote {}", name(&path)));
    if is_used(&path)? {
        console.done("next: edit it; `score-rs provisioners list` shows it");
    } else {
        let place = match args.output {
            Some(_) => name(&path),
            None => name(folder_of(&path)),
        };
        console.done(&format!(
            "next: edit it, and list `{place}` under `provisioners` in {PROJECT_FILE} or pass it \
             with `--provisioners`"
        ));
    }
    Ok(Outcome::Fine)
}

/// Whether the project file lists a file or its folder.
fn is_used(path: &Path) -> Result<bool, Failure> {
    let project = Project::around(&mut Sources::new(), &ProvisionerPaths::default())?;
    let mut entries = project.settings.provisioners.iter();
    let known = canonical(path);
    Ok(entries.any(|entry| {
        let entry = canonical(&project.root.join(&entry.from.value));
        entry == known || Some(entry.as_path()) == known.parent()
    }))
}
