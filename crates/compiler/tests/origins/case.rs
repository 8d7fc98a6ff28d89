//! A run of a golden case in memory: its command, and the files that the command reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use score_compiler::catalogue::{Audience, CatalogueEntry};
use score_compiler::{
    Commands, Compiled, Compiler, Compose, Environments, Forms, Helm, InputText, Inputs,
    Kubernetes, Memory, NamePattern, OutputObject, Rendered, Selection, Settings, Target, target,
    targets,
};
use score_spec::Sources;
use score_spec::diagnostic::any_error;

/// The files of a case by path.
pub(super) type Files = BTreeMap<String, String>;

/// The options whose values are ignored.
const IGNORED: [&str; 18] = [
    "-o",
    "--output",
    "--output-dir",
    "-p",
    "--publish",
    "--secrets",
    "--chart-name",
    "--state",
    "--deny",
    "--allow",
    "--warn",
    "--profile",
    "--format",
    "--chart-version",
    "--app-version",
    "--package",
    "--color",
    "--patch-templates",
];

/// A part of the input of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// The file with this path.
    File(String),
    /// The option with this name, and its index among those of the name.
    Option(&'static str, usize),
}

impl Input {
    /// The name of its source.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::File(path) => path,
            Self::Option(name, _) => name,
        }
    }
}

/// A command of a golden case.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Case {
    /// The name, for messages.
    pub(super) name: String,
    pub(super) files: Files,
    /// The folder of the project file, with `/` at its end unless it is empty.
    root: String,
    target: Option<String>,
    namespace: Option<String>,
    /// The Score files.
    specs: Vec<String>,
    provisioners: Vec<String>,
    /// Overrides files with their workloads.
    overrides: Vec<(Option<String>, String)>,
    properties: Vec<String>,
    images: Vec<String>,
    builds: Vec<String>,
    environment: Option<String>,
    params: Vec<String>,
    allowed: Vec<String>,
    env_file: Option<String>,
    /// The process environment.
    process: Vec<(String, String)>,
}

/// The inputs of a compilation.
pub(super) struct Setup {
    compiler: Compiler,
    world: Memory,
    inputs: Inputs,
    pub(super) target: Box<dyn Target>,
}

/// A project that was rendered.
pub(super) struct Output<'a> {
    pub(super) compiled: Compiled<'a>,
    pub(super) rendered: Rendered,
    pub(super) objects: Vec<OutputObject>,
    /// The entries of a Compose file besides services.
    pub(super) entries: Vec<OutputObject>,
    pub(super) target: &'a dyn Target,
}

impl Case {
    /// The commands of a case that write output for a target with objects, without duplicates.
    pub(super) fn read(folder: &Path, name: &str) -> Vec<Self> {
        let commands = fs::read_to_string(folder.join("cmd")).unwrap_or_default();
        let mut files = Files::new();
        collect(folder, "", &mut files);
        let process = fs::read_to_string(folder.join("env")).unwrap_or_default();
        let process = process.lines().filter_map(|line| line.split_once('='));
        let process = process.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let base = Self {
            name: name.to_owned(),
            files,
            process: process.collect(),
            ..Self::default()
        };
        let mut cases: Vec<Self> = Vec::new();
        for line in commands.lines() {
            let words = shell_words::split(line).unwrap();
            let case = base.with_command(&words);
            cases.extend(case.filter(|case| !cases.contains(case)));
        }
        cases
    }

    fn with_command(&self, words: &[String]) -> Option<Self> {
        let mut case = self.clone();
        let (command, words) = words.split_first()?;
        if command != "generate" {
            return None;
        }
        let mut words = words.iter();
        let (mut given, mut folder) = (Vec::new(), String::new());
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned();
            match word.as_str() {
                "-t" => case.target = value(),
                "-n" | "--namespace" => case.namespace = value(),
                "-C" => folder = value()? + "/",
                "--provisioners" => case.provisioners.extend(value()),
                "--override-property" => case.properties.extend(value()),
                "-i" | "--image" => case.images.extend(value()),
                "--build" => case.builds.extend(value()),
                "--env" => case.environment = value(),
                "--param" => case.params.extend(value()),
                "--allow-env" => case.allowed.extend(value()),
                "--env-file" => case.env_file = value(),
                "--overrides-file" => {
                    let text = value()?;
                    let (workload, path) = text.split_once(':').unzip();
                    let path = path.unwrap_or(&text).to_owned();
                    if !self.files.contains_key(&path) {
                        return None;
                    }
                    case.overrides.push((workload.map(str::to_owned), path));
                }
                option if IGNORED.contains(&option) => {
                    value()?;
                }
                option if option.starts_with('-') => {}
                file => given.push(file.to_owned()),
            }
        }
        // The file that is nearest to the folder.
        let mut at = folder.as_str();
        case.root = loop {
            if case.files.contains_key(&format!("{at}score-rs.yaml")) || at.is_empty() {
                break at.to_owned();
            }
            let above = at.trim_end_matches('/').rfind('/');
            at = &at[..above.map_or(0, |slash| slash + 1)];
        };
        case.specs = case.found(&folder, given);
        Some(case)
    }

    /// The Score files among arguments and below folders.
    fn found(&self, folder: &str, given: Vec<String>) -> Vec<String> {
        let mut specs = Vec::new();
        let given = if given.is_empty() {
            vec![String::new()]
        } else {
            given
        };
        for path in given {
            let path = format!("{folder}{path}");
            if self.files.contains_key(&path) {
                specs.push(path);
                continue;
            }
            let below = match path.trim_end_matches('/') {
                "" | "." => String::new(),
                path => format!("{path}/"),
            };
            let is_spec = |path: &str| {
                let file = path.rsplit('/').next().unwrap_or(path);
                file == "score.yaml" || file.ends_with(".score.yaml")
            };
            let all = self.files.keys();
            let all = all.filter(|path| path.starts_with(&below) && is_spec(path));
            let own = format!("{below}score.yaml");
            if self.files.contains_key(&own) {
                specs.push(own);
            } else {
                specs.extend(all.cloned());
            }
        }
        specs
    }

    /// The inputs that are changed.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let mut files = self.specs.clone();
        files.extend(self.overrides.iter().map(|(_, path)| path.clone()));
        let mut settings = Settings::default();
        let mut sources = Sources::new();
        let chain = self.chain(&mut sources, &mut settings).unwrap_or_default();
        files.extend(self.beside(&chain).into_iter().map(|(_, path)| path));
        let root = &self.root;
        files.push(format!("{root}score-rs.yaml"));
        for name in &chain {
            files.push(format!("{root}environments/{name}.yaml"));
            files.push(format!("{root}environments/{name}.images.yaml"));
        }
        let own = self.provisioners.iter().cloned();
        let of_project = settings.provisioners.iter();
        let of_project = of_project.map(|source| format!("{root}{}", source.from.value));
        for path in own.chain(of_project) {
            files.extend(self.below(&path).into_iter().cloned());
        }
        files.retain(|path| self.files.contains_key(path));
        let mut seen = BTreeSet::new();
        files.retain(|path| seen.insert(path.clone()));
        let mut inputs: Vec<Input> = files.into_iter().map(Input::File).collect();
        for (name, options) in self.options() {
            inputs.extend((0..options.len()).map(|index| Input::Option(name, index)));
        }
        inputs
    }

    /// The options with values, by name.
    fn options(&self) -> [(&'static str, Vec<String>); 5] {
        [
            ("--override-property", self.properties.clone()),
            ("--image", self.images.clone()),
            ("--build", self.builds.clone()),
            ("--param", self.params.clone()),
            ("--namespace", self.namespace.iter().cloned().collect()),
        ]
    }

    /// The text of an input.
    pub(super) fn text(&self, input: &Input) -> String {
        match input {
            Input::File(path) => self.files[path].clone(),
            Input::Option(name, index) => {
                let options = self.options();
                let (_, values) = options.iter().find(|(it, _)| it == name).unwrap();
                values[*index].clone()
            }
        }
    }

    /// The case with another text of an input.
    pub(super) fn with(&self, input: &Input, text: &str) -> Self {
        let mut case = self.clone();
        let place = match input {
            Input::File(path) => case.files.get_mut(path).unwrap(),
            Input::Option("--override-property", index) => &mut case.properties[*index],
            Input::Option("--image", index) => &mut case.images[*index],
            Input::Option("--build", index) => &mut case.builds[*index],
            Input::Option("--param", index) => &mut case.params[*index],
            Input::Option(..) => case.namespace.as_mut().unwrap(),
        };
        text.clone_into(place);
        case
    }

    /// Reads the project file and the environment, and returns the names of the environments. Absent if they have
    /// errors.
    fn chain(&self, sources: &mut Sources, settings: &mut Settings) -> Option<Vec<String>> {
        let root = &self.root;
        let project = format!("{root}score-rs.yaml");
        let mut found = Vec::new();
        let Some(text) = self.files.get(&project) else {
            return Some(Vec::new());
        };
        let id = sources.add(project, text.as_str());
        *settings = Settings::read(sources, id, &mut found);
        let default = settings.default_environment.clone().map(|it| it.value);
        if any_error(&found) {
            return None;
        }
        let Some(name) = self.environment.clone().or(default) else {
            return Some(Vec::new());
        };
        let (mut files, mut images) = (Vec::new(), Vec::new());
        let folder = format!("{root}environments/");
        for (path, text) in &self.files {
            let Some(name) = path.strip_prefix(&folder) else {
                continue;
            };
            let Some(stem) = name.strip_suffix(".yaml") else {
                continue;
            };
            let id = sources.add(path.as_str(), text.as_str());
            match stem.strip_suffix(".images") {
                Some(stem) => images.push((stem.to_owned(), id)),
                None => files.push((stem.to_owned(), id)),
            }
        }
        let environments = Environments::read(sources, Some(id), &files, &images, &mut found);
        let params = self.params.iter();
        let params: Vec<_> = params
            .map(|it| sources.add("--param", it.as_str()))
            .collect();
        let selection = Selection {
            params: &params,
            uses_examples: true,
            ..Selection::new(&name)
        };
        *settings = environments.settings(&selection, sources, &mut found);
        let chain = environments.chain(&name);
        let names = chain.iter().map(|it| it.name.clone());
        (!any_error(&found)).then(|| names.collect())
    }

    /// The files beside Score files for environments.
    fn beside(&self, chain: &[String]) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for environment in chain {
            for (at, spec) in self.specs.iter().enumerate() {
                let stem = spec.trim_end_matches(".yaml");
                let path = format!("{stem}.{environment}.yaml");
                if self.files.contains_key(&path) {
                    found.push((at, path));
                }
            }
        }
        found
    }

    /// The files with these names: a file, or all below a folder.
    fn below(&self, path: &str) -> Vec<&String> {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let folder = format!("{path}/");
        let fits = |it: &&String| {
            *it == path
                || (it.starts_with(&folder)
                    && Path::new(it).extension().is_some_and(|it| it == "yaml"))
        };
        self.files.keys().filter(fits).collect()
    }

    /// The inputs of the compilation for the command.
    pub(super) fn setup(&self) -> Option<Setup> {
        let mut sources = Sources::new();
        let mut settings = Settings::default();
        let chain = self.chain(&mut sources, &mut settings)?;
        let name = self.target.as_deref();
        let name = name.or(settings.target.as_ref().map(|it| it.value.as_str()));
        let target: Box<dyn Target> = match name.unwrap_or(targets()[0].name()) {
            "compose" => Box::new(Compose::default()),
            name => {
                target(name)?;
                let objects = Kubernetes {
                    namespace: self.namespace.clone(),
                    ..Kubernetes::default()
                };
                match name {
                    "helm" => Box::new(Helm {
                        objects,
                        ..Helm::default()
                    }),
                    _ => Box::new(objects),
                }
            }
        };
        let mut entries: Vec<CatalogueEntry> = Vec::new();
        let mut is_complete = true;
        let mut add = |path: &str, audience| {
            let files = self.below(path).into_iter();
            is_complete &= files.len() > 0;
            let files = files.map(|path| sources.add(path.as_str(), self.files[path].as_str()));
            let mut entry = CatalogueEntry::from(files.collect::<Vec<_>>());
            entry.audience = audience;
            entries.push(entry);
        };
        for path in &self.provisioners {
            add(path, Audience::default());
        }
        for source in &settings.provisioners {
            add(
                &format!("{}{}", self.root, source.from.value),
                source.audience.clone(),
            );
        }
        // A provisioner of a package is not found.
        if !is_complete
            && settings
                .provisioners
                .iter()
                .all(|it| it.package().is_none())
        {
            return None;
        }
        let allowed = self
            .allowed
            .iter()
            .filter_map(|it| it.parse::<NamePattern>().ok());
        let compiler = Compiler::new()
            .with_catalogue(sources, entries)
            .with_settings(settings)
            .with_environment(allowed)
            .with_commands(Commands::Skip);
        Some(Setup {
            compiler,
            world: self.world(),
            inputs: self.texts(&chain),
            target,
        })
    }

    fn world(&self) -> Memory {
        let mut world = Memory::new();
        for (path, text) in &self.files {
            world = world.with_file(path, text.as_bytes());
            // Sources are relative to the Score file.
            for spec in &self.specs {
                let folder = spec.rfind('/').map_or("", |slash| &spec[..=slash]);
                if let Some(path) = path.strip_prefix(folder) {
                    world = world.with_file(path, text.as_bytes());
                }
            }
        }
        for (name, value) in &self.process {
            world = world.with_environment(name, value);
        }
        let env_file = self.env_file.as_ref().and_then(|path| self.files.get(path));
        let lines = env_file.into_iter().flat_map(|text| text.lines());
        for (name, value) in lines.filter_map(|line| line.split_once('=')) {
            world = world.with_variable(name, value);
        }
        world
    }

    fn texts(&self, chain: &[String]) -> Inputs {
        let text = |path: &String| InputText::new(path, self.files[path].as_str());
        let options = |name: &str, texts: &[String]| -> Vec<InputText> {
            let texts = texts.iter();
            texts.map(|it| InputText::new(name, it.as_str())).collect()
        };
        let has_project = self
            .files
            .contains_key(&format!("{}score-rs.yaml", self.root));
        let mut inputs = Inputs::new();
        for path in &self.specs {
            let mut spec = text(path);
            let inner = path.strip_prefix(&self.root);
            spec.path = inner.filter(|_| has_project).map(str::to_owned);
            inputs.specs.push(spec);
        }
        for (workload, path) in &self.overrides {
            inputs.overrides.push((workload.clone(), text(path)));
        }
        for (at, path) in self.beside(chain) {
            inputs.beside.push((at, text(&path)));
        }
        inputs.properties = options("--override-property", &self.properties);
        inputs.images = options("--image", &self.images);
        inputs.builds = options("--build", &self.builds);
        inputs
    }
}

impl Setup {
    /// The objects, unless there are errors.
    pub(super) fn output(&self) -> Option<Output<'_>> {
        let compiled = self.compiler.compile(&self.world, self.inputs.clone());
        let target = &*self.target;
        let mut rendered = compiled.render_as(target, Forms::OBJECTS);
        if any_error(&rendered.diagnostics) {
            return None;
        }
        let objects = rendered.objects.take().unwrap_or_default();
        let entries = compiled.entries(&rendered, target);
        Some(Output {
            compiled,
            rendered,
            objects,
            entries,
            target,
        })
    }
}

/// The entries of a folder, sorted.
pub(super) fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Reads the files of a case that are UTF-8.
fn collect(folder: &Path, prefix: &str, files: &mut Files) {
    for path in entries(folder) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if prefix.is_empty() && ["expected", "cmd", "env", "stdin"].contains(&name) {
            continue;
        }
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
}
