//! Files beside Score files with what differs in an environment: `score.NAME.yaml` beside `score.yaml`, and
//! `web.score.NAME.yaml` beside `web.score.yaml`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use score_compiler::InputText;
use score_spec::diagnostic::{listed, misspelled};
use score_spec::{Code, Diagnostic, Sources, Span};

use crate::host::{Gates, Pending, folder_of, is_missing, name};
use crate::input::discover::Spec;
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The end of the name of a Score file.
const SPEC: &str = "score.yaml";

/// The part of the name of a Score file to which the name of an environment is added: `score` or `web.score`.
fn stem(spec: &Spec) -> Option<(&Path, &str)> {
    let Spec::File(path) = spec else {
        return None;
    };
    let file = path.file_name()?.to_str()?;
    let is_named = file == SPEC || file.ends_with(&format!(".{SPEC}"));
    is_named.then(|| (folder_of(path), file.trim_end_matches(".yaml")))
}

/// The files for the environments of a run, each with the index of its Score file, starting with those of the lowest
/// environment.
pub(crate) fn overrides(
    specs: &[Spec],
    project: &Project,
    pending: &Pending,
    console: &Console,
) -> Result<Vec<(usize, InputText)>, Failure> {
    let mut found = Vec::new();
    for environment in &project.chain {
        for (at, spec) in specs.iter().enumerate() {
            let Some((folder, stem)) = stem(spec) else {
                continue;
            };
            let path = folder.join(format!("{stem}.{environment}.yaml"));
            let text = match pending.get(&path) {
                Some(text) => Ok(text.to_vec()),
                None => project.gates.read(&path),
            };
            match text {
                Ok(text) => {
                    let shown = name(&path);
                    console.detail(&format!("reading {shown}"));
                    found.push((at, InputText::new(shown, text)));
                }
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(Failure::read(&path, &error)),
            }
        }
    }
    Ok(found)
}

/// Reports files whose names look like those for an environment that the project does not have.
pub(crate) fn strays(
    specs: &[Spec],
    project: &Project,
    pending: &Pending,
    sources: &mut Sources,
) -> Vec<Diagnostic> {
    if project.environments.is_empty() {
        return Vec::new();
    }
    let mut folders: BTreeMap<&Path, Vec<OsString>> = BTreeMap::new();
    let mut found = Vec::new();
    for (folder, stem) in specs.iter().filter_map(stem) {
        let names = folders.entry(folder);
        let names = names.or_insert_with(|| {
            let new = pending.in_folder(folder);
            let new = new.filter_map(|path| Some(path.file_name()?.to_owned()));
            let mut names = names_in(folder, &project.gates);
            names.extend(new);
            names
        });
        for file in names.iter().filter_map(|name| name.to_str()) {
            let rest = file
                .strip_prefix(stem)
                .and_then(|rest| rest.strip_prefix('.'));
            let environment = rest.and_then(|rest| rest.rsplit_once('.'));
            let environment = environment.filter(|(_, end)| ["yaml", "yml"].contains(end));
            let Some((environment, end)) = environment.filter(|(it, _)| !it.contains('.')) else {
                continue;
            };
            let problem = if !project.environments.contains(environment) {
                unknown(environment, project)
            } else if end == "yml" {
                let message = "the extension of a file for an environment is `.yaml`";
                Diagnostic::new(Code::EnvironmentInvalid, message).help("rename the file")
            } else {
                continue;
            };
            let id = sources.add(name(&folder.join(file)), "");
            found.push(problem.at(Span::new(id, 0, 0), ""));
        }
    }
    found
}

fn names_in(folder: &Path, gates: &Gates) -> Vec<OsString> {
    let open = gates.folder(folder);
    let entries = open.and_then(|folder| folder.entries()).unwrap_or_default();
    entries.into_iter().map(|(name, _)| name).collect()
}

fn unknown(environment: &str, project: &Project) -> Diagnostic {
    let known = || project.environments.iter().map(String::as_str);
    let message = format!("the file is for the unknown environment `{environment}`");
    let help = match misspelled(environment, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("rename or remove it; the project has {}", listed(known())),
    };
    Diagnostic::new(Code::EnvironmentUnknown, message).help(help)
}
