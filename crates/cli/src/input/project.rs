//! The project: its folder, project file, provisioners and packages.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::catalogue::{Audience, CatalogueEntry, ProvisionerSource};
use score_compiler::{EnvironmentId, PatchSource, Settings, check_sections};
use score_spec::{Code, Diagnostic, Severity, SourceId, Sources, Spanned};

use super::project_patches::fetched_by;
use crate::args::{Inputs, ProvisionerPaths};
use crate::host::disk::read;
use crate::host::{
    Gate, Gates, Kind, LOCK_FILE, Located, PROJECT_FILE, Pins, canonical, is_missing, is_outside,
    is_private, key, name, private,
};
use crate::input::environments::{self, EnvironmentChoice, select_one};
use crate::input::near::near_project;
use crate::input::project_packages::NamedPackage;
use crate::input::root::{FOLDERS_OF_TOOLS, LIST_SUFFIX};
use crate::input::{project_levels, project_output, root};
use crate::report::console::Console;
use crate::report::failure::{Failure, reason};
use crate::report::levels::Rules;

/// A project file without settings.
pub(crate) const EMPTY: &str = "# Settings for all workloads of this project.
apiVersion: \
 score-rs/v1
kind: Project
";

/// A project on disk.
#[derive(Debug)]
pub(crate) struct Project {
    /// Its folder, relative to the working folder; empty if they are the same.
    pub(crate) root: PathBuf,
    /// The gates of its folder and of other folders that the user named.
    pub(crate) gates: Gates,
    /// The source of the project file, if it exists.
    pub(crate) file: Option<SourceId>,
    /// The settings of the project file, or of the environment.
    pub(crate) settings: Settings,
    /// The names of the environment and of those that it extends, starting with the lowest one.
    pub(crate) chain: Vec<String>,
    /// The names of all environments of the project.
    pub(crate) environments: BTreeSet<String>,
    /// The paths of the environment files and of the image files beside them, in messages.
    pub(crate) environment_files: Vec<PathBuf>,
    /// The levels of diagnostics in the project file.
    pub(crate) levels: Rules,
    /// The provisioner files, grouped by entry in order of precedence. An entry is a path in an
    /// option or the project file, or a package.
    pub(crate) provisioners: Vec<CatalogueEntry>,
    /// The patch templates, in the order in which they change the output.
    pub(crate) patch_templates: Vec<PatchSource>,
    /// The files of built-in policies.
    pub(crate) built_in_policies: Vec<SourceId>,
    /// The policy files that the settings list.
    pub(crate) policies: Vec<SourceId>,
    /// The file with waivers, if it exists.
    pub(crate) waivers: Option<SourceId>,
    /// The packages of provisioner files, by file name.
    pub(crate) packages: BTreeMap<String, String>,
    /// The pinned files of those packages, by the names of the same files.
    pub(crate) pins: BTreeMap<String, Arc<Pins>>,
    /// The diagnostics of the project file, the lock file and the installed packages.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// Finds and reads the project around the working folder, with the settings of an environment or else of the
    /// default one.
    pub(crate) fn around(
        sources: &mut Sources,
        options: &ProvisionerPaths,
    ) -> Result<Self, Failure> {
        let inputs = options.inputs();
        let choice = EnvironmentChoice {
            uses_examples: true,
            ..select_one(&inputs)?
        };
        Self::find(sources, &inputs, &choice)
    }

    /// Finds and reads the project around the working folder, without an environment.
    pub(crate) fn without_environment(
        sources: &mut Sources,
        options: &ProvisionerPaths,
    ) -> Result<Self, Failure> {
        Self::find(sources, &options.inputs(), &EnvironmentChoice::default())
    }

    /// Finds and reads the project of these Score files, or else of the working folder, with the settings of an
    /// environment. Provisioners given by options have the highest precedence, those of packages the lowest.
    pub(crate) fn find(
        sources: &mut Sources,
        inputs: &Inputs,
        selected: &EnvironmentChoice,
    ) -> Result<Self, Failure> {
        let root = match &selected.root {
            Some(root) => root.clone(),
            None => environments::root(inputs)?,
        };
        let mut project = Self {
            gates: Gates::new(gate(&root)?),
            root,
            file: None,
            chain: Vec::new(),
            environments: BTreeSet::new(),
            environment_files: Vec::new(),
            settings: Settings::default(),
            levels: Rules::default(),
            provisioners: Vec::new(),
            patch_templates: Vec::new(),
            built_in_policies: Vec::new(),
            policies: Vec::new(),
            waivers: None,
            packages: BTreeMap::new(),
            pins: BTreeMap::new(),
            diagnostics: Vec::new(),
        };
        let mut seen = Seen::new();
        for path in &inputs.provisioners {
            let files = files_of(&project.gates, path).map_err(|error| {
                let failure = Failure::read(path, &error);
                match fetched_by("--provisioners", path) {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            })?;
            project.add(files, Audience::default(), &mut seen, sources);
        }
        project.read_settings(sources)?;
        project.read_environment(sources, inputs, selected)?;
        let named = project.add_listed(&mut seen, sources);
        project.add_of_tools(&mut seen, sources)?;
        let policies = project.add_packages(&named, &inputs.updates, sources)?;
        project.add_policies(policies, sources)?;
        project.add_patch_templates(&inputs.patch_templates, sources)?;
        Ok(project)
    }

    /// The folder of the project around the working folder and its gate. Files of the project are
    /// not read.
    pub(crate) fn here() -> Result<(PathBuf, Gate), Failure> {
        let root = root::find(&[], None)?;
        let gate = gate(&root)?;
        Ok((root, gate))
    }

    /// Prints the paths of the project's files if details are requested. Without a project file, names the
    /// file that was probably meant as one.
    pub(crate) fn tell(&self, console: &Console) {
        if self.file.is_none()
            && let Some(near) = near_project(self.gates.project.root())
        {
            let near = name(&self.root.join(near));
            console.note(&format!(
                "`{near}` is not used: the name of a project file is `{PROJECT_FILE}`"
            ));
        }
        if console.shows_details() {
            self.tell_paths(console);
        }
    }

    fn tell_paths(&self, console: &Console) {
        let root = &self.root;
        let folder = match name(root).as_str() {
            "" => ".".to_owned(),
            folder => folder.to_owned(),
        };
        let or_none = |file: &str| {
            let path = root.join(file);
            match self.gates.project.locate(Path::new(file)) {
                Ok(Located { kind: Some(_), .. }) => format!("`{}`", name(&path)),
                _ => "none".to_owned(),
            }
        };
        console.detail(&format!(
            "project folder `{folder}`, project file {}, lock file {}, key {}",
            or_none(PROJECT_FILE),
            or_none(LOCK_FILE),
            key::origin(&self.gates)
        ));
    }

    /// Reads the project file, if it exists.
    fn read_settings(&mut self, sources: &mut Sources) -> Result<(), Failure> {
        let path = self.root.join(PROJECT_FILE);
        let found = self.gates.project.locate(Path::new(PROJECT_FILE));
        let text = match found.and_then(|found| match found.kind {
            None | Some(Kind::Folder) => Ok(None),
            Some(_) => found.read().map(Some),
        }) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(()),
            Err(error) => return Err(Failure::read(&path, &error)),
        };
        let id = sources.add(name(&path), text);
        self.file = Some(id);
        self.settings = Settings::read(sources, id, &mut self.diagnostics);
        check_sections(&self.settings, &mut self.diagnostics);
        project_output::check(&self.settings, &mut self.diagnostics);
        let levels = self.settings.section("levels");
        self.levels = project_levels::rules(levels, &mut self.diagnostics);
        Ok(())
    }

    /// The output of the settings, or the default one of an environment, and whether it is a folder.
    pub(crate) fn output(&self) -> Option<(PathBuf, bool)> {
        let output = self
            .settings
            .output
            .as_ref()
            .map(|output| output.value.clone());
        let default = || Some(EnvironmentId::default_output(self.chain.last()?));
        let output = output.or_else(default)?;
        Some((self.root.join(&output), output.ends_with('/')))
    }

    /// Reads the provisioners that the settings list, except packages, which are returned.
    fn add_listed(&mut self, seen: &mut Seen, sources: &mut Sources) -> Vec<NamedPackage> {
        let mut named = Vec::new();
        for source in self.settings.provisioners.clone() {
            let package = source.package().map(str::to_owned);
            let ProvisionerSource { from, audience } = source;
            if let Some(package) = package {
                named.push(NamedPackage {
                    name: Spanned::new(package, from.span),
                    entry: self.provisioners.len(),
                });
                let files = Vec::new();
                self.provisioners.push(CatalogueEntry { files, audience });
                continue;
            }
            let shown = self.root.join(&from.value);
            match listed_files(&self.gates.project, Path::new(&from.value), &shown) {
                Ok(files) => self.add(files, audience, seen, sources),
                Err(error) => self.diagnostics.push(missing(&from, &error)),
            }
        }
        named
    }

    /// Reads the provisioners that score-compose and score-k8s use in this project, unless the settings list others.
    fn add_of_tools(&mut self, seen: &mut Seen, sources: &mut Sources) -> Result<(), Failure> {
        if !self.settings.provisioners.is_empty() {
            return Ok(());
        }
        for folder in FOLDERS_OF_TOOLS {
            let shown = self.root.join(folder);
            let files = match listed_files(&self.gates.project, Path::new(folder), &shown) {
                Ok(files) => files,
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(Failure::read(&shown, &error)),
            };
            let is_list = |file: &ListedFile| name(&file.path).ends_with(LIST_SUFFIX);
            let files: Vec<_> = files.into_iter().filter(is_list).collect();
            if !files.is_empty() {
                self.add(files, Audience::default(), seen, sources);
            }
        }
        Ok(())
    }

    /// The provisioner files that belong to no package.
    pub(crate) fn own(&self, sources: &Sources) -> Vec<SourceId> {
        let all = self.provisioners.iter().flat_map(|it| it.files.clone());
        let is_own = |id: &SourceId| !self.packages.contains_key(&sources.get(*id).name);
        all.filter(is_own).collect()
    }

    /// Rejects provisioners that are neither in the project folder nor pinned by the lock file.
    pub(crate) fn require_locked(&mut self, sources: &Sources) {
        let gate = &self.gates.project;
        for id in self.own(sources) {
            let path = &sources.get(id).name;
            let found = gate.inner(Path::new(path));
            let found = found.and_then(|inner| gate.locate(&inner).ok());
            if found.is_some_and(|found| !is_private(&found.inner)) {
                continue;
            }
            let message = format!(
                "the provisioners `{path}` are neither in the project folder nor in the lock file"
            );
            self.diagnostics.push(
                Diagnostic::new(Code::PackageUnlocked, message).help(
                    "move them into the project, or install them with `score-rs packages add`",
                ),
            );
        }
        for found in &mut self.diagnostics {
            if found.code == Code::PackageUnlocked {
                found.severity = Severity::Error;
            }
        }
    }

    /// The provisioner files at these paths. Files that the project does not have are added with
    /// the highest precedence.
    pub(crate) fn select(
        &mut self,
        sources: &mut Sources,
        paths: &[PathBuf],
    ) -> Result<Vec<SourceId>, Failure> {
        let mut selected = Vec::new();
        let mut new = Vec::new();
        for path in paths {
            let files = files_of(&self.gates, path);
            let mut entry = Vec::new();
            for file in files.map_err(|error| Failure::read(path, &error))? {
                let known = self.provisioners.iter().chain(&new);
                let mut known = known.flat_map(|it| &it.files).chain(&entry);
                let same = |id: &&SourceId| {
                    canonical(Path::new(&sources.get(**id).name)) == canonical(&file.path)
                };
                if let Some(known) = known.find(same) {
                    selected.push(*known);
                    continue;
                }
                let id = sources.add(name(&file.path), file.text);
                selected.push(id);
                entry.push(id);
            }
            new.push(CatalogueEntry::from(entry));
        }
        self.provisioners.splice(0..0, new);
        Ok(selected)
    }

    /// The path from the working folder to the project folder, if they differ.
    pub(crate) fn way(&self) -> Option<String> {
        let way = name(&self.root);
        Some(way).filter(|way| !way.is_empty())
    }

    /// Adds the files of an entry, except those that an earlier entry has for everyone.
    fn add(
        &mut self,
        files: Vec<ListedFile>,
        audience: Audience,
        seen: &mut Seen,
        sources: &mut Sources,
    ) {
        let is_everyone = audience.is_everyone();
        let mut entry = Vec::new();
        // A folder can contain links to its files.
        let mut here = BTreeSet::new();
        for file in files {
            match seen.entry(file.real) {
                btree_map::Entry::Vacant(free) => {
                    let id = sources.add(name(&file.path), file.text);
                    free.insert((id, is_everyone));
                    here.insert(id);
                    entry.push(id);
                }
                btree_map::Entry::Occupied(mut known) => {
                    let (id, has_everyone) = known.get_mut();
                    if !*has_everyone && !here.contains(id) {
                        *has_everyone = is_everyone;
                        here.insert(*id);
                        entry.push(*id);
                    }
                }
            }
        }
        self.provisioners.push(CatalogueEntry {
            files: entry,
            audience,
        });
    }
}

/// The files of all entries by their paths without links, and whether an entry has them for everyone.
type Seen = BTreeMap<PathBuf, (SourceId, bool)>;

/// A YAML file at a path that an option or the settings list.
pub(super) struct ListedFile {
    /// The path in messages.
    pub(super) path: PathBuf,
    /// The path without links, which identifies the file.
    real: PathBuf,
    pub(super) text: Vec<u8>,
}

/// Opens the project folder.
fn gate(root: &Path) -> Result<Gate, Failure> {
    Gate::open(root).map_err(|error| Failure::read(root, &error))
}

fn missing(entry: &Spanned<String>, error: &io::Error) -> Diagnostic {
    let outside = "a project file can refer only to files in its folder; pass other provisioners \
     with `--provisioners`, or install them with `score-rs packages add`";
    let help = match fetched_by("--provisioners", Path::new(&entry.value)) {
        Some(help) => help,
        None if is_outside(error) => outside.to_owned(),
        None => {
            "use a file, or a folder of `*.yaml` files, relative to the project file".to_owned()
        }
    };
    let reason = reason(error);
    Diagnostic::new(
        Code::ProjectInvalid,
        format!("the provisioners `{entry}` cannot be read: {reason}"),
    )
    .at(entry.span, "")
    .help(help)
}

/// The provisioner files at a path that the user named, which can be outside the project.
fn files_of(gates: &Gates, path: &Path) -> io::Result<Vec<ListedFile>> {
    if let Some((gate, inner)) = gates.of(path) {
        return listed_files(gate, &inner, path);
    }
    if path.is_dir() {
        return listed_files(&Gate::open(path)?, Path::new(""), path);
    }
    Ok(vec![ListedFile {
        path: path.to_owned(),
        real: canonical(path),
        text: read(path)?,
    }])
}

/// A file inside a gate, or the YAML files directly in a folder. `shown` is the path in messages.
pub(super) fn listed_files(gate: &Gate, inner: &Path, shown: &Path) -> io::Result<Vec<ListedFile>> {
    let found = gate.locate(inner)?;
    if is_private(&found.inner) {
        return Err(private());
    }
    match found.kind {
        None => return Err(io::ErrorKind::NotFound.into()),
        Some(Kind::Folder) => {}
        Some(_) => {
            return Ok(vec![ListedFile {
                path: shown.to_owned(),
                real: gate.real().join(&found.inner),
                text: found.read()?,
            }]);
        }
    }
    let real = found.inner.clone();
    let mut files = Vec::new();
    for (name, kind) in found.into_folder()?.entries()? {
        let path = Path::new(&name);
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("yaml" | "yml")) || kind == Kind::Folder {
            continue;
        }
        // A link can lead to a folder, or be dangling.
        match gate.locate(&real.join(path)) {
            Ok(found) if found.kind == Some(Kind::File) => {
                files.extend(listed_files(gate, &real.join(path), &shown.join(path))?);
            }
            Ok(_) => {}
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}
