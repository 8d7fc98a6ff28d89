//! Finds templates: the built-in ones, those of the project and of packages, and folders that the user names.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::templates::{Template, TemplateFile};
use score_spec::diagnostic::{any_error, listed, nearest, sort};
use score_spec::{Diagnostic, SourceId, Sources};
use score_templates::BUILTIN;

use crate::host::{Folder, Gate, Gates, Kind, canonical, name, or_here};
use crate::input::project::Project;
use crate::packages::{PackageFile, Updates, read_installed, read_lock, template_file};
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// The folder of templates in a project or a package.
pub(crate) const FOLDER: &str = "templates";

/// The start of the names of built-in files.
const BUILT_IN: &str = "builtin:";

/// The maximum size of a file.
const MOST_BYTES: u64 = 1 << 20;

/// The maximum number of files of a template, and of templates of a project.
const MOST_FILES: usize = 256;

/// The maximum number of folders in the path of a file.
const MOST_DEPTH: usize = 6;

/// The files of a template.
#[derive(Debug)]
pub(crate) struct TemplateFolder {
    /// The name by which `init --template` finds it.
    pub(crate) name: String,
    /// Where it is from: `built-in`, `project`, `package:NAME` or `folder`.
    pub(crate) from: String,
    /// Its folder in messages.
    shown: String,
    /// Its folder, unless it is built-in or part of a package.
    folder: Option<PathBuf>,
    /// The files. A problem matters only if the template is used.
    files: Result<Vec<(String, PackageFile)>, Failure>,
    is_hidden: bool,
}

/// A template with its sources.
#[derive(Debug)]
pub(crate) struct ReadTemplate {
    pub(crate) name: String,
    pub(crate) from: String,
    /// Its folder, unless it is built-in or part of a package.
    pub(crate) folder: Option<PathBuf>,
    /// The sources of its files.
    pub(crate) sources: Sources,
    /// The file that describes it.
    pub(crate) about: Option<SourceId>,
    /// The template, if it has no mistakes.
    pub(crate) template: Option<Template>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl TemplateFolder {
    /// Reads the template.
    pub(crate) fn read(self) -> Result<ReadTemplate, Failure> {
        let mut read = ReadTemplate {
            name: self.name,
            from: self.from,
            folder: self.folder,
            sources: Sources::new(),
            about: None,
            template: None,
            diagnostics: Vec::new(),
        };
        let mut files = Vec::new();
        for (path, file) in self.files? {
            let is_about = path == TemplateFile::ABOUT;
            let PackageFile { bytes, executable } = file;
            let file = if is_about || TemplateFile::is_rendered(&path) {
                let id = read.sources.add(format!("{}/{path}", self.shown), bytes);
                if self.is_hidden {
                    read.sources.hide(id);
                }
                if is_about {
                    read.about = Some(id);
                    continue;
                }
                TemplateFile::new(path, id)
            } else {
                TemplateFile::copied(path, bytes)
            };
            files.push(file.with_mode(executable));
        }
        let Some(about) = read.about else {
            let problem = format!("`{}` is not a template", self.shown);
            return Err(
                Failure::new(problem).help(format!("its folder needs a `{}`", TemplateFile::ABOUT))
            );
        };
        let found = &mut read.diagnostics;
        read.template = Template::read(&read.sources, about, files, found);
        sort(found);
        Ok(read)
    }
}

impl ReadTemplate {
    /// The template, unless it has mistakes, which are reported with everything else about it.
    pub(crate) fn reported(&mut self, console: &Console) -> Option<Template> {
        let diagnostics = std::mem::take(&mut self.diagnostics);
        console.report(&self.sources, &diagnostics);
        self.template.take().filter(|_| !any_error(&diagnostics))
    }
}

/// The templates that have names: those of the project, of packages, and the built-in ones.
pub(crate) struct NamedTemplates(Vec<TemplateFolder>);

impl NamedTemplates {
    /// Finds the templates. Problems of packages are reported, and their templates are missing.
    pub(crate) fn find(console: &Console) -> Result<Self, Failure> {
        let (root, gate) = Project::here()?;
        let mut all = of_project(&root, &gate)?;
        all.extend(of_packages(&root, &gate, console)?);
        let names: BTreeSet<String> = all.iter().map(|it| it.name.clone()).collect();
        let built_in = built_in().into_iter().map(|mut template| {
            // One of the project takes precedence.
            if names.contains(&template.name) {
                template.name = format!("{}/{}", template.from, template.name);
            }
            template
        });
        all.extend(built_in);
        let mut seen = BTreeSet::new();
        all.retain(|it| seen.insert(it.name.clone()));
        Ok(Self(all))
    }

    /// All templates in order of precedence.
    pub(crate) fn into_all(self) -> Vec<TemplateFolder> {
        self.0
    }

    /// The template that the user names: a name, or a folder.
    pub(crate) fn take(self, wanted: &str) -> Result<TemplateFolder, Failure> {
        let is_path = wanted.starts_with(['.', '/', '~']) || wanted.ends_with('/');
        let path = Path::new(wanted);
        if is_path || path.is_absolute() {
            return of_folder(path);
        }
        let known: Vec<String> = self.0.iter().map(|it| it.name.clone()).collect();
        let mut all = self.0.into_iter();
        if let Some(found) = all.find(|it| it.name == wanted) {
            return Ok(found);
        }
        if path.is_dir() {
            return of_folder(path);
        }
        let names = || known.iter().map(String::as_str);
        let help = match nearest(wanted, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!(
                "the templates are {}; write a folder as `./FOLDER`",
                listed(names())
            ),
        };
        Err(Failure::new(format!("unknown template `{wanted}`")).help(help))
    }
}

/// The built-in templates.
fn built_in() -> Vec<TemplateFolder> {
    let templates = BUILTIN.iter().map(|(template, files)| TemplateFolder {
        name: (*template).to_owned(),
        from: "built-in".to_owned(),
        shown: format!("{BUILT_IN}{FOLDER}/{template}"),
        folder: None,
        files: Ok(files.iter().map(built_in_file).collect()),
        is_hidden: false,
    });
    templates.collect()
}

fn built_in_file((path, text): &(&str, &str)) -> (String, PackageFile) {
    let file = PackageFile {
        bytes: text.as_bytes().to_vec(),
        executable: false,
    };
    ((*path).to_owned(), file)
}

/// The templates of the project: the subfolders of `templates` that describe themselves.
pub(crate) fn of_project(root: &Path, gate: &Gate) -> Result<Vec<TemplateFolder>, Failure> {
    let shown = root.join(FOLDER);
    let folder = gate.root();
    if folder.kind(FOLDER).reading(&shown)? != Some(Kind::Folder) {
        return Ok(Vec::new());
    }
    let folder = folder.folder(FOLDER).reading(&shown)?;
    let mut templates = Vec::new();
    for (entry, kind) in folder.entries().reading(&shown)? {
        let Some(template) = entry.to_str().filter(|_| kind == Kind::Folder) else {
            continue;
        };
        let path = shown.join(template);
        let inner = folder.folder(template).reading(&path)?;
        if inner.kind(TemplateFile::ABOUT).reading(&path)? != Some(Kind::File) {
            continue;
        }
        if templates.len() == MOST_FILES {
            let problem = format!("`{}` has more than {MOST_FILES} templates", name(&shown));
            return Err(Failure::new(problem).help("move some of them to packages"));
        }
        templates.push(TemplateFolder {
            name: template.to_owned(),
            from: "project".to_owned(),
            files: files_of(&inner, &path),
            shown: name(&path),
            folder: Some(path),
            is_hidden: false,
        });
    }
    Ok(templates)
}

/// The templates of installed packages, which match the lock file.
fn of_packages(
    root: &Path,
    gate: &Gate,
    console: &Console,
) -> Result<Vec<TemplateFolder>, Failure> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let lock = read_lock((root, gate), &mut sources, &mut diagnostics)?;
    let lock = lock.unwrap_or_default();
    let updates = Updates::default();
    let installed = read_installed((root, gate), &lock, &updates, &mut diagnostics);
    console.report(&sources, &diagnostics);
    let mut templates: BTreeMap<(String, String), TemplateFolder> = BTreeMap::new();
    for file in installed {
        let Some((template, inner)) = template_file(&file.file) else {
            continue;
        };
        let key = (file.package.clone(), template.to_owned());
        let shown = name(&file.path);
        let folder = shown[..shown.len() - inner.len()].trim_end_matches('/');
        let entry = templates.entry(key).or_insert_with(|| TemplateFolder {
            name: format!("{}/{template}", file.package),
            from: format!("package:{}", file.package),
            shown: folder.to_owned(),
            folder: None,
            files: Ok(Vec::new()),
            is_hidden: file.is_hidden,
        });
        let contents = PackageFile {
            bytes: file.bytes,
            executable: file.executable,
        };
        if let Ok(files) = &mut entry.files {
            files.push((inner.to_owned(), contents));
        }
    }
    Ok(templates.into_values().collect())
}

/// The template in a folder that the user named.
fn of_folder(path: &Path) -> Result<TemplateFolder, Failure> {
    let (_, gate) = Project::here()?;
    let gates = Gates::new(gate);
    let folder = gates.folder(or_here(path)).reading(path)?;
    let real = canonical(path);
    let base = real.file_name().unwrap_or_default();
    Ok(TemplateFolder {
        name: base.to_string_lossy().into_owned(),
        from: "folder".to_owned(),
        files: files_of(&folder, path),
        shown: name(path).trim_end_matches('/').to_owned(),
        folder: Some(path.to_owned()),
        is_hidden: false,
    })
}

/// The files below an open folder. Links and special files are refused.
fn files_of(folder: &Folder, shown: &Path) -> Result<Vec<(String, PackageFile)>, Failure> {
    let mut files = Vec::new();
    let mut open = vec![(
        folder.folder_at(Path::new("")).reading(shown)?,
        PathBuf::new(),
    )];
    while let Some((folder, inner)) = open.pop() {
        for (entry, kind) in folder.entries().reading(&shown.join(&inner))? {
            let inner = inner.join(&entry);
            let path = shown.join(&inner);
            let fail = |problem: &str| {
                let problem = format!("`{}` cannot be part of a template: {problem}", name(&path));
                Failure::new(problem)
            };
            match kind {
                Kind::Folder if inner.iter().count() > MOST_DEPTH => {
                    return Err(fail("it is in too many folders"));
                }
                Kind::Folder => open.push((folder.folder(&entry).reading(&path)?, inner)),
                Kind::File => {
                    let Some(relative) = inner.to_str() else {
                        return Err(fail("its name is not UTF-8"));
                    };
                    let file = folder.open(&entry).reading(&path)?;
                    let executable = file.is_executable();
                    let bytes = file.read(MOST_BYTES).reading(&path)?;
                    if bytes.len() as u64 > MOST_BYTES {
                        return Err(fail("it is larger than 1 MiB"));
                    }
                    let relative = relative.replace(std::path::MAIN_SEPARATOR, "/");
                    files.push((relative, PackageFile { bytes, executable }));
                }
                Kind::Link | Kind::Other => {
                    let error: io::Error = kind.refusal();
                    return Err(fail(&error.to_string()).help("replace it by a copy"));
                }
            }
            if files.len() > MOST_FILES || open.len() > MOST_FILES {
                let problem = format!("`{}` has more than {MOST_FILES} files", name(shown));
                return Err(
                    Failure::new(problem).help("use a folder that contains only a template")
                );
            }
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}
