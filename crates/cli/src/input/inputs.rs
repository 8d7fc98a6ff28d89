//! Collects the inputs of a run: from arguments and files to a [`Request`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use score_compiler::{
    Compiler, InputText, Inputs as Texts, Rendered, Target, World, parallel, target, targets,
};
use score_spec::{
    Code, Diagnostic, Sources,
    diagnostic::{any_error, listed, nearest},
};

use crate::args::Inputs;
use crate::host::disk::{Disk, read_from};
use crate::host::{env_file, folder_of, name};
use crate::input::discover::{Spec, discover};
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::{About, Failure, reason};

/// A compiler, its inputs, and the target.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) compiler: Compiler,
    pub(crate) texts: Texts,
    /// The target; `None` to only validate the inputs.
    pub(crate) target: Option<&'static dyn Target>,
    /// The target with the options of the run, if it has any.
    pub(crate) with_options: Option<Rc<dyn Target>>,
}

impl Request {
    /// Compiles for the target, or only validates without one.
    pub(crate) fn compile(self, world: &dyn World) -> Rendered {
        let compiled = self.compiler.compile(world, self.texts);
        match (&self.with_options, self.target) {
            (Some(target), Some(_)) => compiled.render(&**target),
            (None, Some(target)) => compiled.render(target),
            (_, None) => compiled.check(),
        }
    }
}

/// All inputs of a run.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The compilation request.
    pub(crate) request: Request,
    /// The target, even if that of the request is removed.
    pub(crate) target: &'static dyn Target,
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

    /// Whether a Score file comes from standard input.
    pub(crate) fn has_stdin(&self) -> bool {
        self.files.contains(&None)
    }
}

/// Reads all inputs given by the arguments.
pub(crate) fn prepare(inputs: &Inputs, console: &Console) -> Result<Prepared, Failure> {
    let mut sources = Sources::new();
    let files = (
        inputs.files.as_slice(),
        inputs.stdin_filename.as_deref().map(Path::new),
    );
    let mut project = Project::find(&mut sources, &inputs.provisioners, files)?;
    project.tell(console);
    if inputs.locked {
        project.require_locked(&sources);
    }
    let target = choose(inputs.target.as_deref(), &mut project);
    let specs = discover(&inputs.files, &mut project.gates, console)?;
    let env_file = inputs.env_file.as_ref();
    let variables = match env_file.filter(|_| target.needs().reads_environment) {
        Some(path) => env_file::read(path, &project.gates)?
            .map(|text| env_file::parse(&text))
            .ok_or(io::ErrorKind::NotFound.into())
            .reading(path)?,
        None => BTreeMap::new(),
    };
    let mut disk = Disk::new(project.gates.clone(), variables, Some(*console))
        .with_outside(inputs.allow_outside_files);
    let mut settings = project.settings.clone();
    if inputs.no_env {
        settings.environment.clear();
    }
    let texts = texts(inputs, &specs, &mut disk, console)?;
    let files = specs.into_iter().map(|spec| match spec {
        Spec::File(path) => Some(path),
        Spec::Stdin => None,
    });
    if texts.specs.len() >= parallel::ENOUGH {
        parallel::take_part();
    }
    let compiler = Compiler::new()
        .with_catalogue(sources, project.provisioners.clone())
        .with_settings(settings)
        .with_environment(inputs.allow_env.iter().cloned())
        .with_project_folder(project.way().as_deref());
    Ok(Prepared {
        request: Request {
            compiler,
            texts,
            target: Some(target),
            with_options: None,
        },
        target,
        files: files.collect(),
        disk,
        project,
    })
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
        texts.specs.push(read_spec(spec, stdin, disk, console)?);
    }
    for text in &inputs.overrides_file {
        let (workload, path) = overrides(text);
        let bytes = disk.gates().read(path).reading(path)?;
        let text = InputText::new(name(path), bytes);
        texts.overrides.push((workload.map(str::to_owned), text));
    }
    texts.properties = options("--override-property", &inputs.override_property);
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
                    io::ErrorKind::NotFound => {
                        failure.help("`score-rs init` writes a sample Score file")
                    }
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

/// The target given by the option, or by the project file, or the default.
fn choose(option: Option<&str>, project: &mut Project) -> &'static dyn Target {
    if let Some(chosen) = option.and_then(target) {
        return chosen;
    }
    let Some(wanted) = &project.settings.target else {
        return targets()[0];
    };
    if let Some(chosen) = target(&wanted.value) {
        return chosen;
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
    targets()[0]
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
