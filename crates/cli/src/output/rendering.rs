//! The rendered files of a run, as outputs of its destination.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::ir::Sealed;
use score_compiler::project::Provisioned;
use score_compiler::{OutputContent, OutputFile, ProjectKey, Rendered, Target, Text};

use crate::host::{Gates, OWN_FOLDER, Shared, env_file, is_missing};
use crate::output::destination::Destination;
use crate::output::file::{OPEN, Output, PRIVATE, Permission, Rule, unwritable};
use crate::output::write::left_over;
use crate::report::failure::{About, Failure};

/// The description of the file given with `--env-file`.
pub(crate) const ENV_FILE: &str = "the env file";

/// The name of the default output of Compose.
pub(crate) const DEFAULT_COMPOSE: &str = "compose.yaml";

/// The rendered files, their destination, and the permission to replace files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rendering<'a> {
    pub(crate) compiled: &'a Rendered,
    pub(crate) target: &'a dyn Target,
    pub(crate) gates: &'a Gates,
    pub(crate) destination: &'a Destination,
    pub(crate) permission: &'a Permission,
    /// The env file to which missing variables are added.
    pub(crate) env_file: Option<&'a Path>,
}

impl<'a> Rendering<'a> {
    /// All files; the main file is last.
    pub(crate) fn files(self, key: Option<&ProjectKey>) -> Result<Vec<Output<'a>>, Failure> {
        let (base, folder) = (self.base()?, self.destination.folder());
        let files = self.compiled.files.iter();
        let (main, beside): (Vec<_>, Vec<_>) = files.partition(|file| file.path.is_none());
        let mut outputs = Vec::with_capacity(self.compiled.files.len());
        for file in beside {
            let inner = Path::new(file.path.as_deref().unwrap_or_default());
            let bytes = file.reveal(key);
            if inner.starts_with(OWN_FOLDER) {
                let output = Output::below(
                    Some(&base),
                    (folder, inner),
                    bytes,
                    file.mode,
                    Rule::Private,
                );
                outputs.push(output.hidden_if(file.is_path_hidden));
            } else if self.destination.path().file_name() == Some(inner.as_os_str()) {
                let inner = inner.display();
                let problem = format!("`{inner}` is also the name of the file with secrets");
                return Err(Failure::new(problem).help("use another output name"));
            } else {
                outputs.push(self.named(&folder.join(inner), bytes, file.mode)?);
            }
        }
        for file in main {
            // Only the owner may read secrets, regardless of the mode that the target requests.
            let mode = if is_secret(file) { PRIVATE } else { file.mode };
            outputs.push(self.named(self.destination.path(), file.reveal(key), mode)?);
        }
        Ok(outputs)
    }

    /// The main file without its contents, to check whether it can be written.
    pub(crate) fn main(self) -> Result<Output<'static>, Failure> {
        self.named(self.destination.path(), Cow::default(), OPEN)
    }

    fn named<'b>(
        self,
        path: &Path,
        bytes: Cow<'b, [u8]>,
        mode: u32,
    ) -> Result<Output<'b>, Failure> {
        let located = self.gates.locate(path);
        let located = located.map_err(|error| unwritable(path, &error))?;
        Output::named(located, path, bytes, mode, Rule::Generated)
    }

    /// Whether the folder of the output file does not exist. An environment can name one.
    pub(crate) fn lacks_folder(self) -> bool {
        let Destination::File(_) = self.destination else {
            return false;
        };
        let folder = self.gates.folder(self.destination.folder());
        folder.is_err_and(|error| is_missing(&error))
    }

    /// The open folder of the output. Links in the project must not leave it.
    fn base(self) -> Result<Shared, Failure> {
        let folder = self.gates.folder(self.destination.folder());
        folder.writing(self.destination.path())
    }

    /// The files beside the main file that earlier runs wrote and that are obsolete.
    pub(crate) fn left_over(self, outputs: &[Output]) -> Result<Vec<(Shared, PathBuf)>, Failure> {
        if self.target.name() != "compose" {
            return Ok(Vec::new());
        }
        let base = self.base()?;
        let folder = compose_folder(self.destination.path());
        let folder = folder.unwrap_or_else(|| format!("{OWN_FOLDER}/compose"));
        let found = left_over(&base, Path::new(&folder), outputs);
        let found = found.reading(&base.path().join(folder))?.into_iter();
        Ok(found.map(|path| (Arc::clone(&base), path)).collect())
    }

    /// The env file with a line for each variable that the project needs, if one is missing.
    pub(crate) fn env_file(self) -> Result<Option<Output<'static>>, Failure> {
        let Some(path) = self.env_file else {
            return Ok(None);
        };
        let resolved = self.compiled.resolved.values();
        let names: BTreeSet<&String> = resolved.flat_map(Provisioned::variables).collect();
        let before = env_file::read(path, self.gates)?;
        let known = before.clone().unwrap_or_default();
        let Some(text) = env_file::merge(&known, names.iter().map(|name| name.as_str())) else {
            return Ok(None);
        };
        let located = self.gates.locate(path).writing(path)?;
        let output = Output::named(located, path, text.into_bytes(), PRIVATE, Rule::Edited)?;
        output.require_other_than(self.permission, ENV_FILE)?;
        Ok(Some(output.edit_of(before.unwrap_or_default().as_bytes())))
    }

    /// Whether a file requires the project key.
    pub(crate) fn needs_key(self) -> bool {
        self.compiled.files.iter().any(needs_key)
    }
}

/// The folder in `.score-rs` for the files of a Compose output, unless it is the default output.
/// Separate folders allow several outputs in the same folder.
pub(crate) fn compose_folder(output: &Path) -> Option<String> {
    let name = output.file_name()?.to_str()?;
    (![DEFAULT_COMPOSE, "-"].contains(&name)).then(|| format!("{OWN_FOLDER}/compose-{name}"))
}

/// The sealed text of a file, unless it is binary.
pub(crate) fn text(file: &OutputFile) -> Option<&Text<Sealed>> {
    match &file.content {
        OutputContent::Text(text) => Some(text),
        OutputContent::Binary(_) => None,
    }
}

/// Whether a file contains a secret.
pub(crate) fn is_secret(file: &OutputFile) -> bool {
    text(file).is_some_and(Text::is_secret)
}

/// Whether a file requires the project key.
pub(crate) fn needs_key(file: &OutputFile) -> bool {
    text(file).is_some_and(Text::needs_key)
}
