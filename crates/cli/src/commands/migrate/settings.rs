//! The project file of a project that is taken over. Settings that it already has are kept.

use std::io;
use std::path::{Path, PathBuf};

use score_spec::Value;

use super::OldProject;
use crate::host::{Gates, PROJECT_FILE};
use crate::input::project_patches::with_patch_templates;
use crate::input::project_text::{edited, not_editable, section, with, with_first};
use crate::output::file::Output;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The annotation for the instance label of a workload.
const INSTANCE: &str = "k8s.score.dev/instance";

/// The project file with the name, the provisioners and the instance labels of the old projects; `None` if it has them.
pub(super) fn project_file(
    found: &[OldProject],
    (adopted, patches): (&[PathBuf], &[(&str, Vec<PathBuf>)]),
    root: &Path,
    gates: &Gates,
    console: &Console,
) -> Result<Option<Output>, Failure> {
    let path = root.join(PROJECT_FILE);
    let before = match gates.project.read(Path::new(PROJECT_FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Failure::read(&path, &error)),
    };
    let before = String::from_utf8(before)
        .map_err(|_| Failure::new(format!("`{}` is not UTF-8", path.display())))?;
    let mut text = before.clone();
    let add = |text: &str, name: &str, value: &Value| {
        with(text, name, value).ok_or_else(|| not_editable(root, name, value))
    };
    for old in found {
        if let Some(name) = &old.state.project {
            let name = Value::Text(name.clone());
            match section(&text, "name") {
                None => text = add(&text, "name", &name)?,
                Some(known) if known != name => console.note(&format!(
                    "{PROJECT_FILE} keeps its `name`; names of volumes began with {}",
                    name.to_json()
                )),
                Some(_) => {}
            }
        }
        for (workload, suffix) in &old.state.suffixes {
            text = instance(text, (workload, suffix), console, &add)?;
        }
    }
    let builds = found.iter().flat_map(|old| &old.state.builds);
    for (container, build) in builds {
        text = with_build(text, (container, build), console, &add)?;
    }
    let files = found.iter().flat_map(|old| &old.files);
    let files: Vec<&PathBuf> = files.chain(adopted).collect();
    for file in files.into_iter().rev() {
        let entry = file.to_string_lossy().into_owned();
        let known = section(&text, "provisioners");
        let is_listed = known.is_some_and(|known| match known {
            Value::List(items) => items.contains(&Value::Text(entry.clone())),
            _ => false,
        });
        if !is_listed {
            let list = || Value::List(vec![Value::Text(entry.clone())]);
            let changed = with_first(&text, "provisioners", &entry);
            text = changed.ok_or_else(|| not_editable(root, "provisioners", &list()))?;
        }
    }
    for (platform, paths) in patches {
        let paths = paths.iter().map(|path| path.to_string_lossy().into_owned());
        text = with_patch_templates(&text, platform, paths.collect(), root)?;
    }
    edited(gates, root, &before, text)
}

/// The text with the build of an image, unless it has another one.
fn with_build(
    text: String,
    (container, build): (&str, &serde_json::Value),
    console: &Console,
    add: &dyn Fn(&str, &str, &Value) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let build = Value::from_json(build.clone());
    let builds = section(&text, "builds");
    match builds.as_ref().and_then(|it| it.get(container)) {
        None => add(
            &text,
            "builds",
            &Value::from_iter([(container.to_owned(), build)]),
        ),
        Some(known) => {
            if *known != build {
                console.note(&format!(
                    "{PROJECT_FILE} keeps its build of `{container}`; it was {}",
                    build.to_json()
                ));
            }
            Ok(text)
        }
    }
}

/// The text with the instance label of a workload, unless it sets something for the workload.
fn instance(
    text: String,
    (workload, suffix): (&str, &str),
    console: &Console,
    add: &dyn Fn(&str, &str, &Value) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let map = |key: &str, value: Value| Value::from_iter([(key.to_owned(), value)]);
    let label = Value::Text(format!("{workload}{suffix}"));
    let overlay = map("metadata", map("annotations", map(INSTANCE, label)));
    let workloads = section(&text, "workloads");
    match workloads.as_ref().and_then(|it| it.get(workload)) {
        None => add(&text, "workloads", &map(workload, overlay)),
        Some(known) => {
            if *known != overlay {
                console.note(&format!(
                    "add to `workloads.{workload}` in {PROJECT_FILE}: {}",
                    overlay.to_json()
                ));
            }
            Ok(text)
        }
    }
}
