//! The files of an export: written, printed, or compared with existing ones.

use std::path::{Path, PathBuf};

use score_export::{Export, ExportFile};
use score_spec::diagnostic::listed;
use score_spec::{Sources, parse};

use crate::args;
use crate::commands::Outcome;
use crate::host::{Gates, Kind, folder_of, is_missing, or_here};
use crate::output::file::{OPEN, Output, Permission, Rule, unwritable};
use crate::output::folder;
use crate::output::mark::MARK;
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// The file that makes a folder a template.
const TEMPLATE: &str = "template.yaml";

/// The beginnings of the versions of files that score-rs reads.
const VERSIONS: [&str; 2] = ["score-rs/", "score.dev/"];

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
                let kind = match gates.locate(path) {
                    Ok(located) => located.kind,
                    // It is created together with its folder.
                    Err(error) if is_missing(&error) => None,
                    Err(error) => return Err(unwritable(path, &error)),
                };
                let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
                if is_folder || kind == Some(Kind::Folder) {
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

    /// Writes or prints the files. Missing folders are created.
    pub(super) fn write(
        &self,
        files: &[Written],
        permission: &Permission,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        if !matches!(self.place, Place::Stream) {
            folder::create(&self.gates, &self.folder)?;
        }
        let Some(outputs) = self.outputs(files)? else {
            let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
            console::result(&bytes.concat())?;
            return Ok(Outcome::Fine);
        };
        for output in &outputs {
            output.check(permission)?;
            self.require_no_input(output)?;
        }
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
        if self.lacks_folder() {
            let folder = self.folder.display();
            console.done(&format!("{folder} is missing"));
            return Ok(Outcome::Stale);
        }
        let Some(outputs) = self.outputs(files)? else {
            return Err(Failure::new("standard output cannot be compared")
                .help("name the file with `-o FILE`, or remove `--check`"));
        };
        let mut outcome = Outcome::Fine;
        for output in &outputs {
            output.check(permission)?;
            self.require_no_input(output)?;
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

    /// Fails if an existing file of this format has environments that the new one lacks.
    pub(super) fn require_all(&self, export: &Export, files: &[Written]) -> Result<(), Failure> {
        if self.lacks_folder() {
            return Ok(());
        }
        for output in self.outputs(files)?.into_iter().flatten() {
            let before = output.before().unwrap_or_default();
            if !output.replaces_ours() {
                continue;
            }
            let mut sources = Sources::new();
            let [before, after] = [&*before, &*output.bytes].map(|bytes| {
                let id = sources.add("", bytes);
                parse(&sources, id).documents
            });
            let (before, after) = (export.applied(&before), export.applied(&after));
            let gone: Vec<&str> = before.difference(&after).copied().collect();
            if !gone.is_empty() {
                let (path, gone) = (output.shown(), listed(gone));
                let problem = format!(
                    "`{}` contains {gone}, and the new file does not: all of their objects can be deleted with it",
                    path.display()
                );
                return Err(Failure::new(problem).help(
                    "select all environments, as with `--all-envs`, or remove these with `--force`",
                ));
            }
        }
        Ok(())
    }

    /// Whether the folder of the files does not exist.
    fn lacks_folder(&self) -> bool {
        let folder = || self.gates.folder(&self.folder);
        !matches!(self.place, Place::Stream) && folder().is_err_and(|error| is_missing(&error))
    }

    /// Rejects the files of a project that are inputs of other runs, which `--force` would replace.
    fn require_no_input(&self, output: &Output) -> Result<(), Failure> {
        let what = if self.is_of_template(output) {
            "a file of a template"
        } else if !output.replaces_ours() && is_document(&output.before().unwrap_or_default()) {
            "a file of score-rs or Score"
        } else {
            return Ok(());
        };
        let path = output.shown();
        let problem = format!("`{}` is {what} and cannot be an output", path.display());
        Err(Failure::new(problem).help("choose another file"))
    }

    /// Whether a file exists in the folder of a template, or in a folder below it.
    fn is_of_template(&self, output: &Output) -> bool {
        let mut folders = output.path.ancestors().skip(1);
        output.kind().is_some()
            && folders.any(|folder| {
                let located = self.gates.locate(&folder.join(TEMPLATE));
                located.is_ok_and(|it| it.kind == Some(Kind::File))
            })
    }

    /// The files with their locations; nothing if they are printed.
    fn outputs<'a>(&self, files: &'a [Written]) -> Result<Option<Vec<Output<'a>>>, Failure> {
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
            let bytes = file.bytes.as_slice();
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

/// Whether a file is one that score-rs reads: a Score file, a project file, an environment, provisioners, policies.
fn is_document(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let versions = text
        .lines()
        .filter_map(|line| line.strip_prefix("apiVersion:"));
    let mut versions = versions.map(|version| version.trim_matches([' ', '"', '\'']));
    versions.any(|version| VERSIONS.iter().any(|start| version.starts_with(start)))
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
