//! The project file of a project that is taken over. Settings that it already has are kept.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use score_spec::Value;

use super::{OldProject, overridden};
use crate::args::project_name;
use crate::host::{Gates, PROJECT_FILE};
use crate::input::project_patches::with_patch_templates;
use crate::input::project_text::{edited, not_editable, section, with, with_first};
use crate::output::file::Output;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The annotation for the instance label of a workload.
const INSTANCE: &str = "k8s.score.dev/instance";

/// Adds a value to a section of the text of the project file.
type Add<'a> = &'a dyn Fn(&str, &str, &Value) -> Result<String, Failure>;

/// The project file with the name, the provisioners and the instance labels of the old projects; `None` if it has them.
pub(super) fn project_file(
    found: &[OldProject],
    (adopted, patches): (&[PathBuf], &[(&str, Vec<PathBuf>)]),
    root: &Path,
    gates: &Gates,
    console: &Console,
) -> Result<Option<Output<'static>>, Failure> {
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
        if let Some(name) = valid_name(old, console) {
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
        text = with_instances(text, &old.state.suffixes, console, &add)?;
    }
    for old in found {
        text = with_builds(text, &old.state.builds, console, &add)?;
        text = with_images(
            text,
            overridden::images(old, gates, console)?,
            console,
            &add,
        )?;
    }
    let files = found.iter().flat_map(|old| &old.files);
    let files: Vec<&PathBuf> = files.chain(adopted).collect();
    text = with_provisioners(text, &files, root)?;
    for (platform, paths) in patches {
        let paths = paths.iter().map(|path| path.to_string_lossy().into_owned());
        text = with_patch_templates(&text, platform, paths.collect(), root)?;
    }
    edited(gates, root, &before, text)
}

/// The text with provisioner files that it does not list yet, in their order before all others.
fn with_provisioners(mut text: String, files: &[&PathBuf], root: &Path) -> Result<String, Failure> {
    for file in files.iter().rev() {
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
    Ok(text)
}

/// The name of the Compose project. Absent, with a note, if no project can have it.
fn valid_name<'a>(old: &'a OldProject, console: &Console) -> Option<&'a String> {
    let name = old.state.project.as_ref()?;
    if project_name(name).is_err() {
        let name = Value::Text(name.clone()).to_json();
        console.note(&format!(
            "{name} is not a valid name of a project, and is not taken over"
        ));
        return None;
    }
    Some(name)
}

/// The text with the builds of images, except those of containers for which it has another one.
fn with_builds(
    text: String,
    builds: &BTreeMap<String, serde_json::Value>,
    console: &Console,
    add: Add<'_>,
) -> Result<String, Failure> {
    let builds = builds.iter();
    let builds =
        builds.map(|(container, build)| (container.clone(), Value::from_json(build.clone())));
    with_entries(text, "builds", builds, add, &|container, build| {
        console.note(&format!(
            "{PROJECT_FILE} keeps its build of `{container}`; it was {}",
            build.to_json()
        ));
    })
}

/// The text with the images that options set, except those of containers for which it has another one.
fn with_images(
    text: String,
    images: BTreeMap<String, String>,
    console: &Console,
    add: Add<'_>,
) -> Result<String, Failure> {
    let images = images.into_iter();
    let images = images.map(|(container, image)| (container, Value::Text(image)));
    with_entries(text, "images", images, add, &|container, image| {
        console.note(&format!(
            "{PROJECT_FILE} keeps its image of `{container}`; it was {}",
            image.to_json()
        ));
    })
}

/// The text with the instance labels of workloads, except those for which it sets something.
fn with_instances(
    text: String,
    suffixes: &BTreeMap<String, String>,
    console: &Console,
    add: Add<'_>,
) -> Result<String, Failure> {
    let map = |key: &str, value: Value| Value::from_iter([(key.to_owned(), value)]);
    let overlays = suffixes.iter().map(|(workload, suffix)| {
        let label = Value::Text(format!("{workload}{suffix}"));
        let overlay = map("metadata", map("annotations", map(INSTANCE, label)));
        (workload.clone(), overlay)
    });
    with_entries(text, "workloads", overlays, add, &|workload, overlay| {
        console.note(&format!(
            "add to `workloads.{workload}` in {PROJECT_FILE}: {}",
            overlay.to_json()
        ));
    })
}

/// The text with entries of a section, in one edit. `keep` is called for each that has another value there.
fn with_entries(
    text: String,
    name: &str,
    entries: impl Iterator<Item = (String, Value)>,
    add: Add<'_>,
    keep: &dyn Fn(&str, &Value),
) -> Result<String, Failure> {
    let known = section(&text, name);
    let mut added = Vec::new();
    for (key, value) in entries {
        match known.as_ref().and_then(|it| it.get(&key)) {
            None => added.push((key, value)),
            Some(known) if *known != value => keep(&key, &value),
            Some(_) => {}
        }
    }
    if added.is_empty() {
        return Ok(text);
    }
    add(&text, name, &Value::from_iter(added))
}
