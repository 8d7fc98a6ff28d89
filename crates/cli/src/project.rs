//! The project: its folder, its project file, its provisioners. Not: its Score files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use score_compiler::Settings;
use score_spec::{Code, Diagnostic, SourceId, Sources, Spanned};

use crate::disk::{canonical, read};
use crate::failure::{Failure, reason};

/// The name of the project file.
pub(crate) const PROJECT_FILE: &str = "score-rs.yaml";

/// A project file that says nothing yet.
pub(crate) const EMPTY: &str = "\
# What holds for all workloads of this project.
apiVersion: score-rs/v1
kind: Project
";

/// A project as it lies on the disk.
#[derive(Debug)]
pub(crate) struct Project {
    /// Its folder, relative to the working folder; empty if it is that one.
    pub(crate) root: PathBuf,
    /// The text of its project file, if it has one.
    pub(crate) file: Option<SourceId>,
    /// What its project file says.
    pub(crate) settings: Settings,
    /// Its provisioner files, in order of precedence.
    pub(crate) provisioners: Vec<SourceId>,
    /// What is wrong with the project file.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// The project of the nearest folder, from the working folder upwards, that has a project
    /// file; else the working folder is one without. The provisioners that options name come
    /// first.
    pub(crate) fn find(sources: &mut Sources, provisioners: &[PathBuf]) -> Result<Self, Failure> {
        let mut project = Self {
            root: PathBuf::new(),
            file: None,
            settings: Settings::default(),
            provisioners: Vec::new(),
            diagnostics: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for path in provisioners {
            let files = files(path).map_err(|error| Failure::read(path, &error))?;
            for file in files {
                project.add(&file, &mut seen, sources)?;
            }
        }
        let Some(root) = root()? else {
            return Ok(project);
        };
        let path = root.join(PROJECT_FILE);
        let text = read(&path).map_err(|error| Failure::read(&path, &error))?;
        let id = sources.add(name(&path), text);
        project.root = root;
        project.file = Some(id);
        project.settings = Settings::read(sources, id, &mut project.diagnostics);
        for entry in project.settings.provisioners.clone() {
            match files(&project.root.join(&entry.value)) {
                Ok(files) => {
                    for file in files {
                        project.add(&file, &mut seen, sources)?;
                    }
                }
                Err(error) => project.diagnostics.push(missing(&entry, &reason(&error))),
            }
        }
        Ok(project)
    }

    /// The way from the working folder to the project's, if they differ.
    pub(crate) fn way(&self) -> Option<String> {
        let way = name(&self.root);
        Some(way).filter(|way| !way.is_empty())
    }

    fn add(
        &mut self,
        file: &Path,
        seen: &mut BTreeSet<PathBuf>,
        sources: &mut Sources,
    ) -> Result<(), Failure> {
        if seen.insert(canonical(file)) {
            let text = read(file).map_err(|error| Failure::read(file, &error))?;
            self.provisioners.push(sources.add(name(file), text));
        }
        Ok(())
    }
}

fn missing(entry: &Spanned<String>, reason: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ProjectInvalid,
        format!("the provisioners `{entry}` cannot be read: {reason}"),
    )
    .at(entry.span, "")
    .help("name a file, or a folder of `*.yaml` files, relative to the project file")
}

/// The way to the nearest folder with a project file.
fn root() -> Result<Option<PathBuf>, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new(format!("there is no working folder: {}", reason(&error))))?;
    let ancestors = folder.ancestors().enumerate();
    let mut roots = ancestors.filter(|(_, folder)| folder.join(PROJECT_FILE).is_file());
    Ok(roots
        .next()
        .map(|(up, _)| std::iter::repeat_n("..", up).collect()))
}

/// A file, or the provisioner files directly in a folder.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("yaml" | "yml")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What messages call a file.
pub(crate) fn name(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    if cfg!(windows) {
        name.replace('\\', "/")
    } else {
        name
    }
}
