//! The project: its folder, its project file, its provisioners and its packages of them. Not: its
//! Score files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use score_compiler::Settings;
use score_spec::{Code, Diagnostic, Severity, SourceId, Sources, Spanned};

use crate::disk::{OWN_FOLDER, canonical, read};
use crate::failure::{Failure, reason};
use crate::packages::{LOCK_FILE, read_installed, read_lock};

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
    /// The packages that provisioner files belong to, by the names of the files.
    pub(crate) packages: BTreeMap<String, String>,
    /// What is wrong with the project file, the lock file and the installed packages.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// The project of the nearest folder, from the working folder upwards, that has a project file
    /// or a lock file; else the working folder is one without. The provisioners that options name
    /// come first, those of packages last.
    pub(crate) fn find(sources: &mut Sources, provisioners: &[PathBuf]) -> Result<Self, Failure> {
        let mut project = Self {
            root: root()?.unwrap_or_default(),
            file: None,
            settings: Settings::default(),
            provisioners: Vec::new(),
            packages: BTreeMap::new(),
            diagnostics: Vec::new(),
        };
        let mut seen = BTreeSet::new();
        for path in provisioners {
            let files = files(path).map_err(|error| {
                let failure = Failure::read(path, &error);
                match elsewhere(&path.to_string_lossy()) {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            })?;
            for file in files {
                project.add(&file, &mut seen, sources)?;
            }
        }
        project.add_settings(&mut seen, sources)?;
        project.add_packages(sources)?;
        Ok(project)
    }

    /// Reads the project file, if there is one, and the provisioners that it names.
    fn add_settings(
        &mut self,
        seen: &mut BTreeSet<PathBuf>,
        sources: &mut Sources,
    ) -> Result<(), Failure> {
        let path = self.root.join(PROJECT_FILE);
        if !path.is_file() {
            return Ok(());
        }
        let text = read(&path).map_err(|error| Failure::read(&path, &error))?;
        let id = sources.add(name(&path), text);
        self.file = Some(id);
        self.settings = Settings::read(sources, id, &mut self.diagnostics);
        for entry in self.settings.provisioners.clone() {
            match files(&self.root.join(&entry.value)) {
                Ok(files) => {
                    for file in files {
                        self.add(&file, seen, sources)?;
                    }
                }
                Err(error) => self.diagnostics.push(missing(&entry, &reason(&error))),
            }
        }
        Ok(())
    }

    /// Reads the files of the installed packages that are what the lock file says.
    fn add_packages(&mut self, sources: &mut Sources) -> Result<(), Failure> {
        let Some(lock) = read_lock(&self.root, sources, &mut self.diagnostics)? else {
            return Ok(());
        };
        for file in read_installed(&self.root, &lock, &mut self.diagnostics) {
            let name = name(&file.path);
            self.packages.insert(name.clone(), file.package);
            self.provisioners.push(sources.add(name, file.bytes));
        }
        Ok(())
    }

    /// The provisioner files that are in no package.
    pub(crate) fn own(&self, sources: &Sources) -> Vec<SourceId> {
        let mut own = self.provisioners.clone();
        own.retain(|id| !self.packages.contains_key(&sources.get(*id).name));
        own
    }

    /// Refuses provisioners that neither the project's folder nor the lock file pins.
    pub(crate) fn require_locked(&mut self, sources: &Sources) {
        let root = canonical(&self.root);
        for id in self.own(sources) {
            let path = &sources.get(id).name;
            let known = canonical(Path::new(path));
            let inner = known.strip_prefix(&root);
            if inner.is_ok_and(|inner| !inner.starts_with(OWN_FOLDER)) {
                continue;
            }
            let message = format!(
                "the provisioners `{path}` are neither in the project's folder nor in the lock file"
            );
            self.diagnostics
                .push(Diagnostic::new(Code::PackageUnlocked, message).help(
                    "move them into the project, or install them with `score-rs provisioners add`",
                ));
        }
        for found in &mut self.diagnostics {
            if found.code == Code::PackageUnlocked {
                found.severity = Severity::Error;
            }
        }
    }

    /// The folder of the project, without what is in it.
    pub(crate) fn folder() -> Result<PathBuf, Failure> {
        Ok(root()?.unwrap_or_default())
    }

    /// The provisioner files of these paths. One that the project does not have is added before all
    /// others.
    pub(crate) fn select(
        &mut self,
        sources: &mut Sources,
        paths: &[PathBuf],
    ) -> Result<Vec<SourceId>, Failure> {
        let mut selected = Vec::new();
        let mut new = Vec::new();
        for path in paths {
            for file in files(path).map_err(|error| Failure::read(path, &error))? {
                let mut known = self.provisioners.iter().chain(&new).copied();
                let same = |id: &SourceId| {
                    canonical(Path::new(&sources.get(*id).name)) == canonical(&file)
                };
                if let Some(known) = known.find(same) {
                    selected.push(known);
                    continue;
                }
                let text = read(&file).map_err(|error| Failure::read(&file, &error))?;
                let id = sources.add(name(&file), text);
                selected.push(id);
                new.push(id);
            }
        }
        self.provisioners.splice(0..0, new);
        Ok(selected)
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
    .help(elsewhere(&entry.value).unwrap_or_else(|| {
        "name a file, or a folder of `*.yaml` files, relative to the project file".to_owned()
    }))
}

/// What to do about provisioners that are not on this machine.
fn elsewhere(source: &str) -> Option<String> {
    let help = "what comes from elsewhere is installed, with `score-rs provisioners add`";
    source.contains("://").then(|| help.to_owned())
}

/// The way to the nearest folder with a project file or a lock file.
fn root() -> Result<Option<PathBuf>, Failure> {
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new(format!("there is no working folder: {}", reason(&error))))?;
    let ancestors = folder.ancestors().enumerate();
    let is_root = |folder: &Path| {
        [PROJECT_FILE, LOCK_FILE]
            .iter()
            .any(|name| folder.join(name).is_file())
    };
    let mut roots = ancestors.filter(|(_, folder)| is_root(folder));
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
