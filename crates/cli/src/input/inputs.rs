//! Collects the inputs of a run: from arguments and files to a [`Request`].

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use score_compiler::model::Model;
use score_compiler::{
    Commands, Compiler, Forms, InputText, Inputs as Texts, Rendered, Target, World, parallel,
    target, targets,
};
use score_spec::{
    Code, Diagnostic, Map, Node, Sources,
    diagnostic::{Merged, any_error, listed, nearest},
};

use crate::args::{Inputs, target_name};
use crate::host::disk::{Disk, read_from};
use crate::host::{Pending, env_file, folder_of, name, or_here, resolved, without_current};
use crate::input::beside;
use crate::input::discover::{Spec, discover, with_pending};
use crate::input::environments::{EnvironmentChoice, distinguish, select_one};
use crate::input::near::near_path;
use crate::input::policies::Policies;
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::{About, Failure, reason};
use crate::report::levels::{Levels, Rules};

/// A compiler, its inputs, and the target.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) compiler: Compiler,
    pub(crate) texts: Texts,
    /// The target.
    pub(crate) target: &'static dyn Target,
    /// The target with the options of the run, if it has any.
    pub(crate) with_options: Option<Arc<dyn Target>>,
    /// The rules by which the project is judged, if it is.
    pub(crate) policies: Option<Arc<Policies>>,
}

impl Request {
    /// Compiles for the target.
    pub(crate) fn compile(self, world: &dyn World) -> Rendered {
        let target = self.with_options.as_deref().unwrap_or(self.target);
        let compiled = self.compiler.compile(world, self.texts);
        let policies = self.policies.as_ref();
        let forms = Forms {
            files: true,
            objects: policies.is_some_and(|it| it.reads_objects(Some(target))),
        };
        let mut rendered = compiled.render_as(target, forms);
        if let Some(policies) = policies {
            policies.judge(&compiled, &mut rendered, Some(target));
        }
        rendered
    }

    /// Compiles for the target, and describes the project.
    pub(crate) fn describe(self, world: &dyn World) -> (Rendered, Model) {
        let target = self.with_options.as_deref().unwrap_or(self.target);
        let compiled = self.compiler.compile(world, self.texts);
        let mut rendered = compiled.render_as(target, Forms::OBJECTS);
        let description = compiled.describe(&mut rendered, Some(target));
        (rendered, description.model)
    }

    /// Only validates, for the target with the options of the run, and with the images that it needs. No
    /// command is started.
    pub(crate) fn check_target(mut self, world: &dyn World) -> Rendered {
        let with_options = self.with_options.take();
        let target = with_options.as_deref().unwrap_or(self.target);
        self.compiler = self.compiler.with_images_required();
        self.check(world, &[target])
    }

    /// Only validates, and returns the documents of the Score files after all layers and overrides, by the name of
    /// the workload. No command is started.
    pub(crate) fn documents(self, world: &dyn World) -> (Rendered, Map<Option<Node>>) {
        let compiler = self.compiler.with_commands(Commands::Skip);
        let compiled = compiler.compile(world, self.texts);
        (compiled.check(), compiled.documents())
    }

    /// Only validates. No command is started.
    pub(crate) fn check(self, world: &dyn World, targets: &[&dyn Target]) -> Rendered {
        let compiler = self.compiler.with_commands(Commands::Skip);
        let compiled = compiler.compile(world, self.texts);
        let Some(policies) = &self.policies else {
            return compiled.check_for(targets);
        };
        let judged = |target: Option<&dyn Target>| {
            let mut rendered = match target {
                Some(target) if policies.reads_objects(Some(target)) => {
                    compiled.check_with_objects(target)
                }
                target => compiled.check_for(target.as_slice()),
            };
            policies.judge(&compiled, &mut rendered, target);
            rendered
        };
        let Some((first, others)) = targets.split_first() else {
            return judged(None);
        };
        let mut rendered = judged(Some(*first));
        let take = std::mem::take::<Vec<Diagnostic>>;
        let found = take(&mut rendered.diagnostics);
        let mut merged = Merged::new(std::mem::take(&mut rendered.sources), found);
        for target in others {
            let other = judged(Some(*target));
            merged.add(&other.sources, other.diagnostics);
        }
        merged.finish();
        (rendered.sources, rendered.diagnostics) = (merged.sources, merged.diagnostics);
        rendered
    }
}

/// All inputs of a run.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The compilation request.
    pub(crate) request: Request,
    /// The targets that `validate` checks: those selected by the options, or else that of the project.
    pub(crate) targets: Vec<&'static dyn Target>,
    /// The paths of the Score files; `None` for standard input.
    pub(crate) files: Vec<Option<PathBuf>>,
    /// The world for the compilation.
    pub(crate) disk: Disk,
    /// The project.
    pub(crate) project: Project,
}

impl Prepared {
    /// Whether the project file has errors. Compiling without its settings would only report
    /// further errors that result from them.
    pub(crate) fn is_broken(&self) -> bool {
        any_error(&self.project.diagnostics)
    }

    /// The levels of diagnostics, with those that options set. Errors remain errors.
    pub(crate) fn levels(&self, options: Rules) -> Levels {
        Levels {
            options,
            project: self.project.levels.clone(),
            keeps_errors: true,
        }
    }

    /// Judges the project by its rules in all compilations, with the levels that options set.
    pub(crate) fn judge(&mut self, options: &Rules) {
        let request = &mut self.request;
        let sources = request.compiler.sources();
        let is_whole = !request.texts.is_part;
        let policies = Policies::read(&self.project, sources, options, is_whole);
        request.policies = Some(Arc::new(policies));
    }

    /// Whether a Score file comes from standard input.
    pub(crate) fn has_stdin(&self) -> bool {
        self.files.contains(&None)
    }
}

/// Reads all inputs of a command that is for a single environment.
pub(crate) fn prepare_one(
    inputs: &Inputs,
    targets: &[String],
    console: &Console,
) -> Result<Prepared, Failure> {
    prepare(inputs, &select_one(inputs)?, targets, console)
}

/// Reads all inputs given by the arguments. Without names of targets, the target is that of the
/// project.
pub(crate) fn prepare(
    inputs: &Inputs,
    selected: &EnvironmentChoice,
    targets: &[String],
    console: &Console,
) -> Result<Prepared, Failure> {
    let mut sources = Sources::new();
    let mut project = Project::find(&mut sources, inputs, selected)?;
    project.tell(console);
    if inputs.locked {
        project.require_locked(&sources);
    }
    let mut targets: Vec<_> = targets.iter().filter_map(|name| target(name)).collect();
    if targets.is_empty() {
        targets.push(target_of(&mut project));
    }
    distinguish(&mut project.diagnostics, &sources);
    let target = targets[0];
    let reads_environment = targets.iter().any(|it| it.needs().reads_environment);
    let specs = specs(inputs, selected, &mut project, console)?;
    let mut disk = disk(inputs, &project, reads_environment, console)?;
    let mut settings = project.settings.clone();
    if inputs.no_env {
        settings.environment.clear();
    }
    let mut texts = texts(inputs, &specs, &mut disk, console)?;
    selected.require_few(&texts.specs)?;
    if project.file.is_some() {
        for (text, spec) in texts.specs.iter_mut().zip(&specs) {
            text.path = within(&project.root, spec);
        }
    }
    texts.beside = beside::overrides(&specs, &project, &inputs.pending, console)?;
    texts.is_part = !inputs.files.is_empty();
    let strays = beside::strays(&specs, &project, &inputs.pending, &mut sources);
    project.diagnostics.extend(strays);
    let files = specs.into_iter().map(Spec::into_path);
    if texts.specs.len() >= parallel::ENOUGH {
        parallel::take_part();
    }
    let compiler = Compiler::new()
        .with_catalogue(sources, project.provisioners.clone())
        .with_settings(settings)
        .with_patch_templates(project.patch_templates.clone())
        .with_environment(inputs.allow_env.iter().cloned())
        .with_project_folder(project.way().as_deref());
    Ok(Prepared {
        request: Request {
            compiler,
            texts,
            target,
            with_options: None,
            policies: None,
        },
        targets,
        files: files.collect(),
        disk,
        project,
    })
}

/// The disk of a run, with the variables of its env file.
fn disk(
    inputs: &Inputs,
    project: &Project,
    reads_environment: bool,
    console: &Console,
) -> Result<Disk, Failure> {
    let env_file = inputs.env_file.as_ref();
    let variables = env_file.map(|path| variables(path, project, reads_environment));
    let variables = variables.transpose()?.unwrap_or_default();
    let disk = Disk::new(project.gates.clone(), variables, Some(*console));
    let disk = disk.with_pending(inputs.pending.clone());
    let mut disk = disk.with_outside(inputs.allow_outside_files);
    disk.set_pins(project.pins.clone());
    Ok(disk)
}

/// The Score files of a run. With an environment, they are those of the whole project by default.
fn specs(
    inputs: &Inputs,
    selected: &EnvironmentChoice,
    project: &mut Project,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    let whole = or_here(&project.root).to_owned();
    if !inputs.pending.is_empty() {
        return with_pending(&whole, &inputs.pending, &mut project.gates, console);
    }
    if selected.name.is_some() && inputs.files.is_empty() {
        return discover(&[whole], project, console);
    }
    discover(&inputs.files, project, console)
}

/// The variables of an env file, which must exist if a target reads it. Compose reads it when the project
/// runs, but its variables take precedence over those in the settings.
fn variables(
    path: &Path,
    project: &Project,
    is_required: bool,
) -> Result<BTreeMap<String, String>, Failure> {
    if !is_required && project.settings.variables.is_empty() {
        return Ok(BTreeMap::new());
    }
    match env_file::read(path, &project.gates)? {
        Some(text) => Ok(env_file::parse(&text)),
        None if is_required => Err(io::Error::from(io::ErrorKind::NotFound)).reading(path),
        None => Ok(BTreeMap::new()),
    }
}

/// Reads the Score files and overrides.
fn texts(
    inputs: &Inputs,
    specs: &[Spec],
    disk: &mut Disk,
    console: &Console,
) -> Result<Texts, Failure> {
    let mut texts = Texts::new();
    let stdin = inputs.stdin_filename.as_deref().unwrap_or("<stdin>");
    for spec in specs {
        let text = match pending_spec(spec, &inputs.pending, disk) {
            Some(text) => text,
            None => read_spec(spec, stdin, disk, console)?,
        };
        texts.specs.push(text);
    }
    for text in &inputs.overrides.overrides_file {
        let (workload, path) = overrides(text);
        let bytes = disk.gates().read(path).reading(path)?;
        let text = InputText::new(name(path), bytes);
        texts.overrides.push((workload.map(str::to_owned), text));
    }
    texts.properties = options("--override-property", &inputs.overrides.override_property);
    texts.images = options("--image", &inputs.image);
    texts.builds = options("--build", &inputs.build);
    Ok(texts)
}

/// Converts the values of an option to inputs, so that diagnostics can refer to them.
pub(crate) fn options(option: &str, texts: &[String]) -> Vec<InputText> {
    let texts = texts.iter();
    texts
        .map(|text| InputText::new(option, text.as_str()))
        .collect()
}

/// A Score file that is not written yet.
fn pending_spec(spec: &Spec, pending: &Pending, disk: &mut Disk) -> Option<InputText> {
    let Spec::File(path) = spec else {
        return None;
    };
    let bytes = pending.get(path)?;
    let name = name(path);
    disk.set_folder(&name, folder_of(path));
    Some(InputText::new(name, bytes))
}

/// Reads a Score file.
fn read_spec(
    spec: &Spec,
    stdin: &str,
    disk: &mut Disk,
    console: &Console,
) -> Result<InputText, Failure> {
    let (name, folder, bytes) = match spec {
        Spec::Stdin => {
            let bytes = read_from(io::stdin().lock()).map_err(|error| {
                Failure::new(format!("cannot read standard input: {}", reason(&error)))
            })?;
            (stdin.to_owned(), folder_of(Path::new(stdin)), bytes)
        }
        Spec::File(path) => {
            let bytes = disk.gates().read(path).map_err(|error| {
                let failure = Failure::read(path, &error);
                match error.kind() {
                    io::ErrorKind::NotFound => match near_path(path, disk.gates()) {
                        Some(near) => failure.help(format!("did you mean `{}`?", near.display())),
                        None => failure.help("`score-rs init` writes a sample Score file"),
                    },
                    _ => failure,
                }
            })?;
            (name(path), folder_of(path), bytes)
        }
    };
    console.detail(&format!("reading {name}"));
    disk.set_folder(&name, folder);
    Ok(InputText::new(name, bytes))
}

/// The path of a Score file from the folder of the project, if it is in it.
fn within(root: &Path, spec: &Spec) -> Option<String> {
    let Spec::File(path) = spec else {
        return None;
    };
    let inner = path.strip_prefix(root).ok().map(without_current);
    let is_plain = |path: &PathBuf| {
        path.components()
            .all(|it| matches!(it, Component::Normal(_)))
    };
    let inner = inner.filter(is_plain).or_else(|| {
        let inner = resolved(path).strip_prefix(resolved(root)).ok()?.to_owned();
        Some(inner)
    })?;
    let names: Option<Vec<&str>> = inner.iter().map(OsStr::to_str).collect();
    Some(names?.join("/"))
}

/// Splits `[WORKLOAD:]FILE`.
fn overrides(text: &str) -> (Option<&str>, &Path) {
    let is_name = |name: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (2..=63).contains(&name.len()) && name.chars().all(inner)
    };
    match text.split_once(':') {
        Some((workload, path)) if is_name(workload) => (Some(workload), Path::new(path)),
        _ => (None, Path::new(text)),
    }
}

/// The target of the project file, or else the default target.
fn target_of(project: &mut Project) -> &'static dyn Target {
    let [default, ..] = targets();
    let Some(wanted) = &project.settings.target else {
        return default;
    };
    if let Some(known) = target(target_name(&wanted.value)) {
        return known;
    }
    let known = || targets().into_iter().map(Target::name);
    let help = match nearest(&wanted.value, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the targets are {}", listed(known())),
    };
    project.diagnostics.push(
        Diagnostic::new(Code::ProjectInvalid, format!("unknown target `{wanted}`"))
            .at(wanted.span, "")
            .help(help),
    );
    default
}

#[cfg(test)]
mod tests {
    use super::overrides;
    use std::path::Path;

    #[test]
    fn overrides_name_a_workload_or_not() {
        for (text, workload, path) in [
            ("a.yaml", None, "a.yaml"),
            ("web:a.yaml", Some("web"), "a.yaml"),
            ("web:b:c.yaml", Some("web"), "b:c.yaml"),
            ("C:\\a.yaml", None, "C:\\a.yaml"),
            ("./x:a.yaml", None, "./x:a.yaml"),
        ] {
            assert_eq!(overrides(text), (workload, Path::new(path)));
        }
    }
}
