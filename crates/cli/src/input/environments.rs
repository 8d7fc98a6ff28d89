//! Finds the files of environments, and selects the environments of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::{Environments, Selection, Settings, Target};
use score_spec::{Code, Diagnostic, SourceId, Sources};

use crate::args::{EnvironmentOptions, Inputs, target_name};
use crate::host::{Gate, Kind, PROJECT_FILE, Vault, is_missing, name};
use crate::input::project::Project;
use crate::input::root;
use crate::report::failure::{About, Failure};

/// The folder of environment files beside the project file.
const FOLDER: &str = "environments";

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
}

impl EnvironmentChoice {
    /// Whether the run has several environments.
    pub(crate) fn is_one_of_several(&self) -> bool {
        self.all.len() > 1
    }
}

/// The environment files of a project, and the files with images beside them: each with the name of its environment
/// and its path in messages.
#[derive(Debug, Default)]
pub(crate) struct EnvironmentFiles {
    files: Vec<(String, PathBuf)>,
    images: Vec<(String, PathBuf)>,
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
            let stem = entry.to_str().and_then(|name| name.strip_suffix(".yaml"));
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
        files.files.sort();
        files.images.sort();
        Ok(files)
    }

    /// The names of the environments.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
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

/// The outputs of the environments of a run.
#[derive(Debug, Default)]
pub(crate) struct Outputs(BTreeMap<PathBuf, (String, bool)>);

impl Outputs {
    /// Adds the output of an environment. One that another environment has, too, is reported, unless it is a chart
    /// for both.
    pub(crate) fn add(&mut self, name: &str, path: &Path, is_chart: bool, project: &mut Project) {
        let key: PathBuf = path.components().collect();
        let shown = key.display().to_string();
        let Some((other, is_other)) = self.0.insert(key, (name.to_owned(), is_chart)) else {
            return;
        };
        if is_chart && is_other {
            return;
        }
        let message = format!("the environments `{other}` and `{name}` both write `{shown}`");
        let mut problem = Diagnostic::new(Code::EnvironmentSameOutput, message);
        if let Some(output) = &project.settings.output {
            problem = problem.at(output.span, "");
        }
        let help = "let `output` contain `{{ environment.name }}`";
        project.diagnostics.push(problem.help(help));
    }
}

/// Reads the environments of the project around these Score files, or else around the working folder, and the
/// settings of its project file.
pub(crate) fn read(
    inputs: &Inputs,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(Environments, Settings), Failure> {
    let root = root(inputs)?;
    let gate = Gate::open(&root).reading(&root)?;
    let files = EnvironmentFiles::find(&root, &gate)?;
    let text = match gate.read(Path::new(PROJECT_FILE)) {
        Ok(text) => Some(text),
        Err(error) if is_missing(&error) || error.kind() == io::ErrorKind::IsADirectory => None,
        Err(error) => return Err(Failure::read(&root.join(PROJECT_FILE), &error)),
    };
    let project = text.map(|text| sources.add(name(&root.join(PROJECT_FILE)), text));
    let settings = project.map(|id| Settings::read(sources, id, diagnostics));
    let [files, images] = files.read(&gate, sources)?;
    let environments = Environments::read(sources, project, &files, &images, diagnostics);
    Ok((environments, settings.unwrap_or_default()))
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

/// The output of an environment without `output`, relative to the project folder.
pub(crate) fn default_output(name: &str) -> String {
    format!("deploy/{name}/")
}

fn root(inputs: &Inputs) -> Result<PathBuf, Failure> {
    let stdin = inputs.stdin_filename.as_deref().map(Path::new);
    root::find(&inputs.files, stdin)
}

/// The environments of a run: those of the options, or else the default one of the project. Without environments there
/// is a single run without one. Names are not checked.
pub(crate) fn select(inputs: &Inputs, all: bool) -> Result<Vec<EnvironmentChoice>, Failure> {
    let EnvironmentOptions { env, .. } = &inputs.environment;
    let names: BTreeSet<String> = if all {
        every(inputs)?
    } else if env.is_empty() {
        default(inputs)?.into_iter().collect()
    } else {
        env.iter().cloned().collect()
    };
    let all: Vec<String> = names.into_iter().collect();
    if all.is_empty() {
        return Ok(vec![EnvironmentChoice::default()]);
    }
    let selected = all.iter().map(|name| EnvironmentChoice {
        name: Some(name.clone()),
        all: all.clone(),
        ..EnvironmentChoice::default()
    });
    Ok(selected.collect())
}

/// Adds the environments that have a chart in common with a selected one: a chart is for all of them. `target` is
/// that of the options, which takes precedence over those of environments.
pub(crate) fn with_shared_charts(
    selected: Vec<EnvironmentChoice>,
    inputs: &Inputs,
    target: Option<&str>,
) -> Result<Vec<EnvironmentChoice>, Failure> {
    if selected.iter().any(|selected| selected.name.is_none()) {
        return Ok(selected);
    }
    let mut sources = Sources::new();
    // Each run reports the errors of its own environment.
    let (environments, _) = read(inputs, &mut sources, &mut Vec::new())?;
    let params = params(inputs, &mut sources);
    let mut charts: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
    for environment in environments.iter().filter(|it| !it.is_abstract) {
        let name = &environment.name;
        let selection = Selection {
            name,
            params: &params,
            uses_examples: false,
        };
        let settings = environments.settings(&selection, &sources, &mut Vec::new());
        let of_settings = settings.target.as_ref().map(|target| target.value.as_str());
        let output = settings.output.map(|output| output.value);
        if target.or(of_settings).is_some_and(is_chart) && output.is_some() {
            charts.entry(output).or_default().insert(name.clone());
        }
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
    });
    Ok(selected.collect())
}

/// Whether a target writes charts.
fn is_chart(name: &str) -> bool {
    score_compiler::target(target_name(name)).is_some_and(Target::is_folder)
}

/// The only environment of a run.
pub(crate) fn select_one(inputs: &Inputs) -> Result<EnvironmentChoice, Failure> {
    let mut selected = select(inputs, false)?;
    match (selected.pop(), selected.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(Failure::new("this command is for one environment").help("pass `--env` once")),
    }
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

/// The default environment of the project file.
fn default(inputs: &Inputs) -> Result<Option<String>, Failure> {
    let root = root(inputs)?;
    let Ok(gate) = Gate::open(&root) else {
        return Ok(None);
    };
    let Ok(text) = gate.read(Path::new(PROJECT_FILE)) else {
        return Ok(None);
    };
    // Most project files have no such field, and are read only once.
    let field = b"environment";
    if !text.windows(field.len()).any(|window| window == field) {
        return Ok(None);
    }
    let mut sources = Sources::new();
    let id = sources.add(PROJECT_FILE, text);
    let settings = Settings::read(&sources, id, &mut Vec::new());
    Ok(settings.default_environment.map(|name| name.value))
}
