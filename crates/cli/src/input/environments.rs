//! Finds the files of environments, and selects the environments of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::{Environments, InputText, Selection, Settings, Target};
use score_spec::overlay::Glob;
use score_spec::{Code, Diagnostic, SourceId, Sources, Span};

use crate::args::{EnvironmentOptions, Inputs, target_name};
use crate::host::{Gate, Kind, PROJECT_FILE, Vault, is_missing, name, resolved, without_current};
use crate::input::project::Project;
use crate::input::root;
use crate::packages::{Updates, environment_name, read_installed, read_lock};
use crate::report::failure::{About, Failure};

/// The folder of environment files beside the project file.
pub(crate) const FOLDER: &str = "environments";

/// The maximum number of environments. Each run of all environments reads each file for each of them.
const MOST_FILES: usize = 500;

/// The maximum number of workloads that a run compiles, in all of its environments together.
const MOST_COMPILED: usize = 100_000;

/// An environment of a run, or a run without one.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvironmentChoice {
    /// The name of the environment.
    pub(crate) name: Option<String>,
    /// The names of all environments of the run, sorted.
    pub(crate) all: Vec<String>,
    /// Whether a missing param gets the first of its examples.
    pub(crate) uses_examples: bool,
    /// Whether the environment has a chart in common with others.
    pub(crate) shares_chart: bool,
    /// The project folder, if the search for the environment has found it.
    pub(crate) root: Option<PathBuf>,
}

impl EnvironmentChoice {
    /// Whether it is the last one of the run.
    pub(crate) fn is_last(&self) -> bool {
        self.all.last() == self.name.as_ref()
    }

    /// Whether the run has several environments.
    pub(crate) fn is_one_of_several(&self) -> bool {
        self.all.len() > 1
    }

    /// Fails if the environments of the run have too many workloads in total: each of them is compiled for each
    /// environment. The documents of the Score files are counted before they are read.
    pub(crate) fn require_few(&self, specs: &[InputText]) -> Result<(), Failure> {
        if !self.is_one_of_several() {
            return Ok(());
        }
        let is_mark = |line: &&[u8]| line.starts_with(b"---") || line.starts_with(b"...");
        let marks = |text: &InputText| {
            text.bytes
                .split(|byte| *byte == b'\n')
                .filter(is_mark)
                .count()
        };
        let workloads: usize = specs.iter().map(|text| marks(text) + 1).sum();
        let environments = self.all.len();
        if workloads.saturating_mul(environments) <= MOST_COMPILED {
            return Ok(());
        }
        let problem = format!(
            "the run has {environments} environments with up to {workloads} workloads each, but the limit is \
             {MOST_COMPILED} workloads in all of them"
        );
        let help = "run the command for some of the environments, with `--env NAME` or a pattern such as `--env 'eu-*'`";
        Err(Failure::new(problem).help(help))
    }
}

/// The environment files of a project, and the files with images beside them: each with the name of its environment
/// and its path in messages.
#[derive(Debug, Default)]
pub(crate) struct EnvironmentFiles {
    files: Vec<(String, PathBuf)>,
    images: Vec<(String, PathBuf)>,
    /// The paths of files with another extension of YAML, which are not read.
    misnamed: Vec<PathBuf>,
}

impl EnvironmentFiles {
    /// Finds the files in the folder of a project. Their contents are not read.
    pub(crate) fn find(root: &Path, gate: &Gate) -> Result<Self, Failure> {
        let shown = root.join(FOLDER);
        let found = match gate.locate(Path::new(FOLDER)) {
            Ok(found) if found.kind == Some(Kind::Folder) => found,
            Ok(_) => return Ok(Self::default()),
            Err(error) if is_missing(&error) => return Ok(Self::default()),
            Err(error) => return Err(Failure::read(&shown, &error)),
        };
        let folder = found.into_folder().reading(&shown)?;
        let mut files = Self::default();
        for (entry, kind) in folder.entries().reading(&shown)? {
            let file = entry.to_str().unwrap_or_default();
            let extension = Path::new(file).extension();
            if extension.is_some_and(|it| it == "yml") && kind != Kind::Folder {
                files.misnamed.push(shown.join(&entry));
            }
            let stem = file.strip_suffix(".yaml");
            let Some(stem) = stem.filter(|stem| !stem.starts_with('.')) else {
                continue;
            };
            if kind == Kind::Folder {
                continue;
            }
            let path = shown.join(&entry);
            match stem.strip_suffix(".images") {
                Some(environment) => files.images.push((environment.to_owned(), path)),
                None => files.files.push((stem.to_owned(), path)),
            }
        }
        if files.files.len().max(files.images.len()) > MOST_FILES {
            let problem = format!("`{}` has more than {MOST_FILES} files", name(&shown));
            let help = "use `params` for an environment that exists several times";
            return Err(Failure::new(problem).help(help));
        }
        files.files.sort();
        files.images.sort();
        Ok(files)
    }

    /// The names of the environments.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Reports files with another extension of YAML.
    pub(crate) fn report_misnamed(&self, sources: &mut Sources, found: &mut Vec<Diagnostic>) {
        for path in &self.misnamed {
            let id = sources.add(name(path), "");
            let message = "the extension of an environment file is `.yaml`";
            let problem = Diagnostic::new(Code::EnvironmentInvalid, message);
            found.push(problem.at(Span::new(id, 0, 0), "").help("rename the file"));
        }
    }

    /// The paths of all files, in messages.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let all = self.files.iter().chain(&self.images);
        all.map(|(_, path)| path.clone()).collect()
    }

    /// Reads the files, and adds them to the sources.
    pub(crate) fn read(
        &self,
        gate: &Gate,
        sources: &mut Sources,
    ) -> Result<[Vec<(String, SourceId)>; 2], Failure> {
        let mut all = |files: &[(String, PathBuf)]| {
            let files = files.iter().map(|(environment, path)| {
                let file = path.file_name().unwrap_or_default();
                let text = gate.read(&Path::new(FOLDER).join(file)).reading(path)?;
                Ok((environment.clone(), sources.add(name(path), text)))
            });
            files.collect::<Result<Vec<_>, Failure>>()
        };
        Ok([all(&self.files)?, all(&self.images)?])
    }
}

/// The advice for outputs of which one contains the other.
const BESIDE: &str = "use folders that are beside each other";

/// The outputs of the environments of a run by their paths without links.
#[derive(Debug, Default)]
pub(crate) struct Outputs(BTreeMap<PathBuf, Owner>);

/// The environment of an output.
#[derive(Debug)]
struct Owner {
    environment: String,
    /// The path of the chart, if the output is one.
    chart: Option<PathBuf>,
}

impl Outputs {
    /// Adds the output of an environment. It is reported if another environment has the same one, unless it is a
    /// chart for both, and if one of them contains the other.
    pub(crate) fn add(&mut self, name: &str, path: &Path, is_chart: bool, project: &mut Project) {
        let path = without_current(path);
        let key = resolved(&path);
        let shown = path.display();
        let inner = self.0.range(key.clone()..).next();
        let inner = inner.filter(|(other, _)| other.starts_with(&key));
        let outer = key.ancestors().find_map(|it| self.0.get_key_value(it));
        let Some((other, owner)) = inner.or(outer) else {
            let owner = Owner {
                environment: name.to_owned(),
                chart: is_chart.then_some(path),
            };
            self.0.insert(key, owner);
            return;
        };
        let of = &owner.environment;
        let (message, help) = if *other == key {
            if is_chart && owner.chart.as_ref() == Some(&path) {
                return;
            }
            (
                format!("the environments `{of}` and `{name}` both write `{shown}`"),
                "give one of them another `output`, or let it contain `{{ environment.name }}`",
            )
        } else if other.starts_with(&key) {
            (
                format!("the output of `{name}` contains that of `{of}`"),
                BESIDE,
            )
        } else {
            (
                format!("the output of `{name}` is inside that of `{of}`"),
                BESIDE,
            )
        };
        let mut problem = Diagnostic::new(Code::EnvironmentSameOutput, message);
        if let Some(output) = &project.settings.output {
            problem = problem.at(output.span, "");
        }
        project.diagnostics.push(problem.help(help));
    }
}

/// Gives errors in the settings of environments the code of those, also if they are found later.
pub(crate) fn distinguish(diagnostics: &mut [Diagnostic], sources: &Sources) {
    for found in diagnostics {
        let is_in_environment = found.span().is_some_and(|span| {
            let path = Path::new(&sources.get(span.source).name);
            path.parent().is_some_and(|folder| folder.ends_with(FOLDER))
        });
        if found.code == Code::ProjectInvalid && is_in_environment {
            found.code = Code::EnvironmentInvalid;
        }
    }
}

/// Reads the environments of the project around these Score files, or else around the working folder, and the
/// settings of its project file.
pub(crate) fn read(
    inputs: &Inputs,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(Environments, Settings), Failure> {
    read_in(&root(inputs)?, &inputs.updates, sources, diagnostics)
}

/// The same for the project in this folder, with the packages that it has.
pub(crate) fn read_in(
    root: &Path,
    updates: &Updates,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(Environments, Settings), Failure> {
    let gate = Gate::open(root).reading(root)?;
    let files = EnvironmentFiles::find(root, &gate)?;
    let text = match gate.read(Path::new(PROJECT_FILE)) {
        Ok(text) => Some(text),
        Err(error) if is_missing(&error) || error.kind() == io::ErrorKind::IsADirectory => None,
        Err(error) => return Err(Failure::read(&root.join(PROJECT_FILE), &error)),
    };
    let project = text.map(|text| sources.add(name(&root.join(PROJECT_FILE)), text));
    let settings = project.map(|id| Settings::read(sources, id, diagnostics));
    let [mut files, images] = files.read(&gate, sources)?;
    files.extend(of_packages(
        (root, &gate),
        updates,
        project,
        &files,
        sources,
    ));
    let environments = Environments::read(sources, project, &files, &images, diagnostics);
    Ok((environments, settings.unwrap_or_default()))
}

/// The environments of installed packages, with the names by which others extend them, if a file extends one.
/// Problems of packages are reported when their provisioners are read.
pub(crate) fn of_packages(
    (root, gate): (&Path, &Gate),
    updates: &Updates,
    project: Option<SourceId>,
    files: &[(String, SourceId)],
    sources: &mut Sources,
) -> Vec<(String, SourceId)> {
    let mut texts = files.iter().map(|(_, id)| *id).chain(project);
    if !texts.any(|id| sources.get(id).text.contains("package:")) {
        return Vec::new();
    }
    let (mut of_lock, mut ignored) = (Sources::new(), Vec::new());
    let lock = read_lock((root, gate), &mut of_lock, &mut ignored);
    let lock = lock.ok().flatten().unwrap_or_default();
    let installed = read_installed((root, gate), &lock, updates, &mut ignored).into_iter();
    let environments = installed.filter_map(|file| {
        let name = environment_name(&file.package, &file.file, &file.bytes)?;
        let id = sources.add(crate::host::name(&file.path), file.bytes);
        if file.is_hidden {
            sources.hide(id);
        }
        Some((name, id))
    });
    environments.collect()
}

/// The failure for the name of an unknown environment.
pub(crate) fn unknown(name: &str, known: &Environments) -> Failure {
    Failure::new(format!("unknown environment `{name}`")).help(known.advice(name))
}

/// The vault of an environment of the project around the working folder. The default environment has that of a
/// project without environments.
pub(crate) fn vault(name: &str) -> Result<Vault, Failure> {
    let (known, settings) = read(&Inputs::default(), &mut Sources::new(), &mut Vec::new())?;
    known.get(name).ok_or_else(|| unknown(name, &known))?;
    let default = settings.default_environment.map(|name| name.value);
    let is_default = default.is_some_and(|default| default == name);
    Ok(Vault::of(Some(name).filter(|_| !is_default), false))
}

/// Adds the values of `--param` to the sources.
pub(crate) fn params(inputs: &Inputs, sources: &mut Sources) -> Vec<SourceId> {
    let params = inputs.environment.param.iter();
    let params = params.map(|text| sources.add("--param", text.as_str()));
    params.collect()
}

/// The project folder of these Score files, or else of the working folder.
pub(crate) fn root(inputs: &Inputs) -> Result<PathBuf, Failure> {
    let stdin = inputs.stdin_filename.as_deref().map(Path::new);
    root::find(&inputs.files, stdin)
}

/// The environments of a run: those of the options, or else the default one of the project. Without environments there
/// is a single run without one. Names are not checked.
pub(crate) fn select(inputs: &Inputs, all: bool) -> Result<Vec<EnvironmentChoice>, Failure> {
    let EnvironmentOptions { env, .. } = &inputs.environment;
    let root = root(inputs)?;
    let names: BTreeSet<String> = if all {
        every(inputs)?
    } else if env.is_empty() {
        default(&root).into_iter().collect()
    } else if env.iter().any(|name| name.contains('*')) {
        matching(inputs, env)?
    } else {
        env.iter().cloned().collect()
    };
    let choice = EnvironmentChoice {
        all: names.into_iter().collect(),
        root: Some(root),
        ..EnvironmentChoice::default()
    };
    if choice.all.is_empty() {
        return Ok(vec![choice]);
    }
    let selected = choice.all.iter().map(|name| EnvironmentChoice {
        name: Some(name.clone()),
        ..choice.clone()
    });
    Ok(selected.collect())
}

/// Adds the environments that have a chart in common with a selected one: a chart is for all of them. `target` is
/// that of the options, which takes precedence over those of environments. If options name the output, it is common
/// to the selected environments.
pub(crate) fn with_shared_charts(
    mut selected: Vec<EnvironmentChoice>,
    inputs: &Inputs,
    (target, has_output): (Option<&str>, bool),
) -> Result<Vec<EnvironmentChoice>, Failure> {
    if selected.iter().any(|selected| selected.name.is_none()) {
        return Ok(selected);
    }
    let mut sources = Sources::new();
    // Each run reports the errors of its own environment.
    let (environments, _) = read(inputs, &mut sources, &mut Vec::new())?;
    let params = params(inputs, &mut sources);
    let mut charts: BTreeMap<Option<PathBuf>, BTreeSet<String>> = BTreeMap::new();
    for environment in environments.iter().filter(|it| !it.is_abstract) {
        let name = &environment.name;
        let selection = Selection {
            name,
            params: &params,
            uses_examples: false,
        };
        let settings = environments.settings(&selection, &sources, &mut Vec::new());
        let of_settings = settings.target.as_ref().map(|target| target.value.as_str());
        let output = settings.output.as_ref();
        let output = output.map(|output| without_current(Path::new(&output.value)));
        if target.or(of_settings).is_some_and(is_chart) && (has_output || output.is_some()) {
            let output = output.filter(|_| !has_output);
            charts.entry(output).or_default().insert(name.clone());
        }
    }
    if has_output {
        let of_name = |it: &EnvironmentChoice, charts: &BTreeSet<String>| {
            it.name.as_ref().is_some_and(|name| charts.contains(name))
        };
        let charts = charts.remove(&None).unwrap_or_default();
        let are_charts = selected.iter().all(|it| of_name(it, &charts));
        for environment in &mut selected {
            environment.shares_chart = are_charts && environment.is_one_of_several();
        }
        return Ok(selected);
    }
    let mut shared: BTreeSet<&String> = BTreeSet::new();
    let mut all: BTreeSet<String> = selected.iter().filter_map(|it| it.name.clone()).collect();
    for names in charts.values().filter(|names| names.len() > 1) {
        if names.iter().any(|name| all.contains(name)) {
            all.extend(names.iter().cloned());
            shared.extend(names);
        }
    }
    let names: Vec<String> = all.into_iter().collect();
    let selected = names.iter().map(|name| EnvironmentChoice {
        name: Some(name.clone()),
        all: names.clone(),
        uses_examples: false,
        shares_chart: shared.contains(name),
        root: selected[0].root.clone(),
    });
    Ok(selected.collect())
}

/// Whether a target writes charts.
fn is_chart(name: &str) -> bool {
    score_compiler::target(target_name(name)).is_some_and(Target::is_folder)
}

/// The environments that names or patterns select. A pattern that matches none remains, so that it is reported.
fn matching(inputs: &Inputs, patterns: &[String]) -> Result<BTreeSet<String>, Failure> {
    let concrete = every(inputs)?;
    let names = patterns.iter().flat_map(|pattern| {
        let glob = Glob::new(pattern.as_str());
        let matched = concrete.iter().filter(move |name| glob.matches(name));
        let mut matched: Vec<String> = matched.cloned().collect();
        if matched.is_empty() {
            matched.push(pattern.clone());
        }
        matched
    });
    Ok(names.collect())
}

/// The only environment of a run.
pub(crate) fn select_one(inputs: &Inputs) -> Result<EnvironmentChoice, Failure> {
    let mut selected = select(inputs, false)?;
    match (selected.pop(), selected.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Failure::new("this command is for one environment").help("pass `--env` once")),
    }
}

/// Whether the project has an environment that is not abstract.
pub(crate) fn has_any(inputs: &Inputs) -> Result<bool, Failure> {
    let (environments, _) = read(inputs, &mut Sources::new(), &mut Vec::new())?;
    Ok(environments.iter().any(|it| !it.is_abstract))
}

/// All environments that are not abstract.
fn every(inputs: &Inputs) -> Result<BTreeSet<String>, Failure> {
    let (environments, _) = read(inputs, &mut Sources::new(), &mut Vec::new())?;
    let concrete = environments.iter().filter(|it| !it.is_abstract);
    let names: BTreeSet<String> = concrete.map(|it| it.name.clone()).collect();
    if names.is_empty() {
        return Err(
            Failure::new("the project has no environments").help(format!(
                "add a file `{FOLDER}/NAME.yaml` beside the project file"
            )),
        );
    }
    Ok(names)
}

/// The default environment of the project file. If it cannot be read, that is reported later.
pub(crate) fn default(root: &Path) -> Option<String> {
    let gate = Gate::open(root).ok()?;
    let text = gate.read(Path::new(PROJECT_FILE)).ok()?;
    // Most project files have no such field, and are read only once.
    let field = b"environment";
    if !text.windows(field.len()).any(|window| window == field) {
        return None;
    }
    let mut sources = Sources::new();
    let id = sources.add(PROJECT_FILE, text);
    let settings = Settings::read(&sources, id, &mut Vec::new());
    settings.default_environment.map(|name| name.value)
}
