//! The files of an export: written, printed, or compared with existing ones.

use std::path::{Path, PathBuf};

use score_export::ExportFile;

use crate::args;
use crate::commands::Outcome;
use crate::host::{Gates, Kind, folder_of, or_here};
use crate::output::file::{OPEN, Output, Permission, Rule, unwritable};
use crate::output::mark::MARK;
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Where the files go.
pub(super) struct Destination {
    place: Place,
    /// The folder to which paths in the files are relative.
    folder: PathBuf,
    gates: Gates,
}

enum Place {
    Stream,
    File(PathBuf),
    Folder(PathBuf),
}

/// A file with its contents.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Destination {
    /// The destination of `-o`. Paths in printed files are relative to the project folder.
    pub(super) fn of(path: Option<&Path>, root: &Path, gates: &Gates) -> Result<Self, Failure> {
        let place = match path.filter(|path| path.as_os_str() != "-") {
            None => Place::Stream,
            Some(path) => {
                let located = gates.locate(path);
                let located = located.map_err(|error| unwritable(path, &error))?;
                let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
                if is_folder || matches!(located.kind, Some(Kind::Folder)) {
                    Place::Folder(path.to_owned())
                } else {
                    Place::File(path.to_owned())
                }
            }
        };
        let folder = match &place {
            Place::Stream => or_here(root).to_owned(),
            Place::File(path) => folder_of(path).to_owned(),
            Place::Folder(path) => path.clone(),
        };
        Ok(Self {
            place,
            folder,
            gates: gates.clone(),
        })
    }

    /// The folder to which paths in the files are relative.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes or prints the files.
    pub(super) fn write(
        &self,
        files: &[Written],
        permission: &Permission,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let Some(outputs) = self.outputs(files)? else {
            let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
            console::result(&bytes.concat())?;
            return Ok(Outcome::Fine);
        };
        let changes = Changes::from(outputs);
        let changed = changes.apply(permission)?;
        for (output, changed) in changes.outputs.iter().zip(changed) {
            let verb = if changed { "wrote" } else { "unchanged" };
            console.done(&format!("{verb} {}", output.shown().display()));
        }
        Ok(Outcome::Fine)
    }

    /// Compares the files with existing ones.
    pub(super) fn check(
        &self,
        files: &[Written],
        permission: &Permission,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let Some(outputs) = self.outputs(files)? else {
            return Err(Failure::new("standard output cannot be compared")
                .help("name the file with `-o FILE`, or remove `--check`"));
        };
        let mut outcome = Outcome::Fine;
        for output in &outputs {
            output.check(permission)?;
            let state = match output.kind() {
                _ if output.is_current() => "is up to date",
                None => "is missing",
                Some(_) => "differs",
            };
            if !output.is_current() {
                outcome = Outcome::Stale;
            }
            console.done(&format!("{} {state}", output.shown().display()));
        }
        Ok(outcome)
    }

    /// The files with their locations; nothing if they are printed.
    fn outputs(&self, files: &[Written]) -> Result<Option<Vec<Output>>, Failure> {
        let path = |file: &Written| match &self.place {
            Place::Stream => None,
            Place::File(path) => Some(path.clone()),
            Place::Folder(folder) => Some(folder.join(&file.name)),
        };
        if let (Place::File(path), [_, _, ..]) = (&self.place, files) {
            let problem = format!(
                "the export has {} files, and `{}` is a single one",
                files.len(),
                path.display()
            );
            return Err(Failure::new(problem).help("name a folder with `-o FOLDER/`"));
        }
        let outputs = files.iter().map(|file| {
            let path = path(file)?;
            let located = self.gates.locate(&path);
            let bytes = file.bytes.clone();
            let output = located
                .map_err(|error| unwritable(&path, &error))
                .and_then(|located| Output::named(located, &path, bytes, OPEN, Rule::Generated));
            Some(output)
        });
        outputs
            .collect::<Option<Result<Vec<_>, Failure>>>()
            .transpose()
    }
}

/// The files with the mark, which names the command without what only this run needs.
pub(super) fn marked(files: &[ExportFile], args: &args::Export) -> Vec<Written> {
    let mut command = format!("export {}", args.format);
    if args.all.all_envs {
        command.push_str(" --all-envs");
    }
    for name in &args.environment.env {
        command.push_str(" --env ");
        command.push_str(name);
    }
    let mark = format!("{MARK}from the Score files of this project: score-rs {command}\n");
    let files = files.iter();
    let files = files.map(|file| Written {
        name: file.path.as_str().to_owned(),
        bytes: [mark.as_bytes(), &file.to_bytes()].concat(),
    });
    files.collect()
}
