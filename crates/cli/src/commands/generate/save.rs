//! `generate --save`: saves options of a run in the project file. Not: how its text is changed.

mod edit;

use std::path::Path;

use score_compiler::ir::{Asker, Tree};
use score_compiler::{Rendered, Text};
use score_spec::Value;

use crate::args::Generate;
use crate::host::{PROJECT_FILE, canonical};
use crate::input::project::Project;
use crate::output::file::{OPEN, Output, Rule};
use crate::report::console::Console;
use crate::report::failure::{About, Failure};
use edit::Saved;

/// The project file with the builds and published ports that the run asks for, if that changes it.
pub(crate) fn saved(
    compiled: &Rendered,
    project: &Project,
    args: &Generate,
    console: &Console,
) -> Result<Option<Output>, Failure> {
    let builds = builds(compiled, &way_back(project));
    if builds.is_empty() && args.publish.is_empty() {
        console.note("`--save` requires `--build` or `--publish`");
        return Ok(None);
    }
    let before = project
        .file
        .map(|id| compiled.sources.get(id).text.as_str());
    let before = before.unwrap_or_default();
    let mut text = before.to_owned();
    let published = args.publish.iter().map(|text| Value::Text(text.clone()));
    let published = published.map(|text| ("publish", Saved::Item(text)));
    let builds = builds.into_iter().map(|build| ("builds", build));
    let path = project.root.join(PROJECT_FILE);
    for (section, saved) in builds.chain(published) {
        text = edit::with(&text, section, &saved).ok_or_else(|| {
            Failure::new(format!("cannot add to `{section}` in `{}`", path.display())).help(
                format!(
                    "write `{section}` with one entry per line, or add it manually: {}",
                    saved.collection()
                ),
            )
        })?;
    }
    if text == before {
        return Ok(None);
    }
    let place = project
        .gates
        .project
        .locate(Path::new(PROJECT_FILE))
        .writing(&path)?;
    Output::named(place, &path, text.into_bytes(), OPEN, Rule::Edited).map(Some)
}

/// The builds that options ask for, with their folders as the project file sees them.
fn builds(compiled: &Rendered, way: &str) -> Vec<Saved> {
    let mut builds = Vec::new();
    for component in compiled.app.components.values() {
        for (name, container) in &component.containers {
            let build = container.build.as_ref();
            if let Some(build) = build.filter(|build| build.asked_by == Asker::Option) {
                let key = format!("{}/{name}", component.name);
                builds.push(Saved::Entry(key, shortest(&build.seen_from(way).tree)));
            }
        }
    }
    builds
}

/// A build that says nothing but its folder is the folder.
fn shortest(tree: &Tree) -> Value {
    let plain = |text: &Text| text.as_plain().unwrap_or_default().to_owned();
    match (tree, tree.get("context")) {
        (Tree::Map(entries), Some(Tree::Text(folder))) if entries.len() == 1 => {
            Value::Text(plain(folder))
        }
        _ => tree.map_text(&mut |text| plain(text)),
    }
}

/// The way from the project's folder to the working folder; empty if they are the same.
fn way_back(project: &Project) -> String {
    let (root, here) = (project.gates.project.real(), canonical(Path::new(".")));
    let down = here.strip_prefix(root).unwrap_or(Path::new(""));
    let down = down.iter().map(|part| part.to_string_lossy());
    down.collect::<Vec<_>>().join("/")
}
