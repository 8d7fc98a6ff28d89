//! Changes of Score files by options of the old `generate`, whose results are in the state.

use std::collections::BTreeMap;
use std::path::Path;

use score_compat::yaml;
use score_spec::Sources;
use serde_json::{Map, Value};

use super::OldProject;
use super::old_state::OldWorkload;
use crate::host::{Gates, is_missing};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The image of a container that an option sets.
const NO_IMAGE: &str = ".";

/// The maximum number of paths in a note.
const MOST_PATHS: usize = 5;

/// The images that options set, by `WORKLOAD/CONTAINER`, with a note for each workload with other differences.
pub(super) fn images(
    old: &OldProject,
    gates: &Gates,
    console: &Console,
) -> Result<BTreeMap<String, String>, Failure> {
    let base = old.folder.parent().unwrap_or(Path::new(""));
    let mut images = BTreeMap::new();
    for (name, workload) in &old.state.workloads {
        let path = base.join(&workload.file);
        let written = match gates.project.read(&path) {
            Ok(bytes) => score_file(&bytes),
            Err(error) if is_missing(&error) => None,
            Err(error) => return Err(Failure::read(&path, &error)),
        };
        let Some(mut written) = written.filter(|_| workload.spec.contains_key("containers")) else {
            continue;
        };
        for (container, image) in with_images(&mut written, workload) {
            images.insert(format!("{name}/{container}"), image);
        }
        let mut paths = Vec::new();
        differences(&written, &upgraded(workload.spec.clone()), "", &mut paths);
        if !paths.is_empty() {
            console.note(&note(old, name, workload, &paths));
        }
    }
    Ok(images)
}

/// The contents of a Score file; `None` if it is not valid YAML.
fn score_file(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut sources = Sources::new();
    let id = sources.add("score.yaml", bytes);
    let document = yaml::read(&sources, id).ok()??;
    match yaml::to_json(&document)? {
        Value::Object(fields) => Some(upgraded(fields)),
        _ => None,
    }
}

/// Sets the images that a Score file leaves to options, and returns them by container.
fn with_images(written: &mut Map<String, Value>, workload: &OldWorkload) -> Vec<(String, String)> {
    let mut images = Vec::new();
    let containers = written.get_mut("containers").and_then(Value::as_object_mut);
    for (name, container) in containers.into_iter().flatten() {
        let known = &workload.spec["containers"][name]["image"];
        if let Some(field) = container.get_mut("image")
            && field == NO_IMAGE
            && let Some(image) = known.as_str().filter(|it| *it != NO_IMAGE)
        {
            *field = known.clone();
            images.push((name.clone(), image.to_owned()));
        }
    }
    images
}

/// A Score file with the lists of files and volumes as maps by target, which is how a state has them.
fn upgraded(mut spec: Map<String, Value>) -> Map<String, Value> {
    let containers = spec.get_mut("containers").and_then(Value::as_object_mut);
    for (_, container) in containers.into_iter().flatten() {
        for field in ["files", "volumes"] {
            if let Some(field) = container.get_mut(field)
                && let Value::Array(items) = field
            {
                let items = items.iter_mut().filter_map(|item| {
                    match item.as_object_mut()?.remove("target")? {
                        Value::String(target) => Some((target, item.take())),
                        _ => None,
                    }
                });
                *field = Value::Object(items.collect());
            }
        }
    }
    spec
}

/// Collects the paths at which two maps differ. Empty maps and lists are the same as absent ones.
fn differences(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    prefix: &str,
    paths: &mut Vec<String>,
) {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    for key in old.keys().chain(added) {
        let path = format!("{prefix}{}", key.replace('\\', "\\\\").replace('.', "\\."));
        let none = Map::new();
        let (old, new) = (old.get(key), new.get(key));
        match (old.and_then(map), new.and_then(map)) {
            (Some(old), Some(new)) => differences(old, new, &format!("{path}."), paths),
            (Some(old), None) if new.is_none() => {
                differences(old, &none, &format!("{path}."), paths);
            }
            (None, Some(new)) if old.is_none() => {
                differences(&none, new, &format!("{path}."), paths);
            }
            _ if is_same(old, new) => {}
            _ => paths.push(path),
        }
    }
}

fn map(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}

/// Whether values that are not both maps are the same.
fn is_same(old: Option<&Value>, new: Option<&Value>) -> bool {
    let filled = |value: &&Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    match (old.filter(filled), new.filter(filled)) {
        (Some(Value::Number(old)), Some(Value::Number(new))) => old.as_f64() == new.as_f64(),
        (old, new) => old == new,
    }
}

/// The note for a workload that differs from its Score file. Values are not shown: they can be secrets.
fn note(old: &OldProject, name: &str, workload: &OldWorkload, paths: &[String]) -> String {
    let shown = paths.iter().take(MOST_PATHS);
    let shown: Vec<String> = shown.map(|path| format!("`{path}`")).collect();
    let more = match paths.len().saturating_sub(MOST_PATHS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (tool, file, shown) = (old.tool.name, &workload.file, shown.join(", "));
    format!(
        "{tool}: the last `{tool} generate` had other values than `{file}` for {shown}{more}; unless the file has \
         changed since, pass the options with these values to `score-rs generate`, too, or set the values in \
         `workloads.{name}` of score-rs.yaml"
    )
}
