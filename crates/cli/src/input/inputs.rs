//! Collects what is to be compiled: from arguments and files to a [`Request`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::{Request, TARGETS, Target, parallel, target};
use score_spec::{
    Code, Diagnostic, SourceId, Sources,
    diagnostic::{any_error, listed, nearest},
};

use crate::args::Inputs;
use crate::host::disk::{Disk, read_from};
use crate::host::env_file;
use crate::input::discover::{Spec, discover};
use crate::input::project::{Project, name};
use crate::report::console::Console;
use crate::report::failure::{Failure, reason};

/// All inputs of a run, read.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// What to compile.
    pub(crate) request: Request,
    /// The target, which the request has too unless that is taken away.
    pub(crate) target: &'static Target,
    /// Where the Score files lie; not one from standard input.
    pub(crate) files: BTreeMap<SourceId, PathBuf>,
    /// The world to compile it in.
    pub(crate) disk: Disk,
    /// The project.
    pub(crate) project: Project,
}

impl Prepared {
    /// Whether the project file has errors. Compiling without what it says would only find more
    /// of the same.
    pub(crate) fn is_broken(&self) -> bool {
        any_error(&self.project.diagnostics)
    }

    /// Whether one of the Score files comes from standard input.
    pub(crate) fn has_stdin(&self) -> bool {
        let specs = &self.request.specs;
        specs.iter().any(|id| !self.files.contains_key(id))
    }
}

/// Reads everything that the arguments name.
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
    let mut disk = Disk::new(project.gates.clone())
        .with_console(*console)
        .with_outside(inputs.allow_outside_files);
    if let Some(path) = inputs
        .env_file
        .as_ref()
        .filter(|_| target.reads_environment)
    {
        let text = env_file::read(path, &project.gates)?
            .ok_or_else(|| Failure::read(path, &io::ErrorKind::NotFound.into()))?;
        disk = disk.with_variables(env_file::parse(&text));
    }
    let mut request = Request::new().with_target(target);
    request.settings = project.settings.clone();
    if inputs.no_env {
        request.settings.environment.clear();
    }
    request.environment.clone_from(&inputs.allow_env);
    request.project_folder = project.way();
    request.render.kubernetes = project.settings.kubernetes.clone();
    request.render.helm = project.settings.helm.clone();
    request.provisioners.clone_from(&project.provisioners);
    let mut files = BTreeMap::new();
    let stdin = inputs.stdin_filename.as_deref().unwrap_or("<stdin>");
    for spec in specs {
        let id = add(&spec, stdin, &mut sources, &mut disk, console)?;
        request.specs.push(id);
        if let Spec::File(path) = spec {
            files.insert(id, path);
        }
    }
    for text in &inputs.overrides_file {
        let (workload, path) = overrides(text);
        let bytes = project.gates.read(path);
        let bytes = bytes.map_err(|error| Failure::read(path, &error))?;
        let id = sources.add(name(path), bytes);
        request.overrides.push((workload.map(str::to_owned), id));
    }
    request.properties = options(
        &mut sources,
        "--override-property",
        &inputs.override_property,
    );
    request.images = options(&mut sources, "--image", &inputs.image);
    request.builds = options(&mut sources, "--build", &inputs.build);
    request.sources = sources;
    if request.specs.len() >= parallel::ENOUGH {
        parallel::take_part();
    }
    Ok(Prepared {
        request,
        target,
        files,
        disk,
        project,
    })
}

/// Options as sources, so that findings can point into them.
pub(crate) fn options(sources: &mut Sources, option: &str, texts: &[String]) -> Vec<SourceId> {
    let texts = texts.iter();
    texts
        .map(|text| sources.add(option, text.as_str()))
        .collect()
}

/// Reads a Score file.
fn add(
    spec: &Spec,
    stdin: &str,
    sources: &mut Sources,
    disk: &mut Disk,
    console: &Console,
) -> Result<SourceId, Failure> {
    let (name, folder, bytes) = match spec {
        Spec::Stdin => {
            let bytes = read_from(io::stdin().lock()).map_err(|error| {
                Failure::new(format!("cannot read standard input: {}", reason(&error)))
            })?;
            let folder = Path::new(stdin).parent().unwrap_or(Path::new(""));
            (stdin.to_owned(), folder, bytes)
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
            let folder = path.parent().unwrap_or(Path::new(""));
            (name(path), folder, bytes)
        }
    };
    console.detail(&format!("reading {name}"));
    disk.place(&name, folder);
    Ok(sources.add(name, bytes))
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

/// The target: what the option says, else the project file, else the first.
fn choose(option: Option<&str>, project: &mut Project) -> &'static Target {
    if let Some(chosen) = option.and_then(target) {
        return chosen;
    }
    let Some(wanted) = &project.settings.target else {
        return &TARGETS[0];
    };
    if let Some(chosen) = target(&wanted.value) {
        return chosen;
    }
    let known = || TARGETS.iter().map(|target| target.name);
    let help = match nearest(&wanted.value, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the targets are {}", listed(known())),
    };
    project.diagnostics.push(
        Diagnostic::new(
            Code::ProjectInvalid,
            format!("there is no target `{wanted}`"),
        )
        .at(wanted.span, "")
        .help(help),
    );
    &TARGETS[0]
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
