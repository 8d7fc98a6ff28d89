//! `score-rs migrate`: takes over a project of score-compose or score-k8s.

mod adopted;
mod old_state;
mod overridden;
mod settings;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use score_compiler::{Compose, State, Target};

use self::old_state::OldState;
use crate::args::Migrate;
use crate::commands::Outcome;
use crate::host::state_file::StateFile;
use crate::host::{Gate, Gates, is_missing, key};
use crate::input::project::Project;
use crate::input::root::{LIST_SUFFIX, STATE_OF_TOOLS};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::Changes;
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// A tool whose projects are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tool {
    name: &'static str,
    folder: &'static str,
    platform: &'static str,
}

const TOOLS: [Tool; 2] = [
    Tool {
        name: "score-compose",
        folder: ".score-compose",
        platform: "compose",
    },
    Tool {
        name: "score-k8s",
        folder: ".score-k8s",
        platform: "kubernetes",
    },
];

/// The comment before a patch template, which prints nothing.
const PATCH_HEADER: &str = "{{- /* Written by score-rs migrate. */}}\n";

/// Reads the folders of the tools, and writes a project file, provisioners and a state.
pub(crate) fn run(args: &Migrate, console: &Console) -> Result<Outcome, Failure> {
    let (root, gate) = Project::here()?;
    let gates = Gates::new(gate);
    let mut found = Vec::new();
    for tool in TOOLS {
        let folder = args.folder.clone().unwrap_or_default().join(tool.folder);
        if let Some(text) = old_state::text(&gates.project, &folder.join(STATE_OF_TOOLS))? {
            let state = OldState::read(&text, &folder)?;
            let files = lists(&gates.project, &folder)?;
            found.push(OldProject {
                tool,
                folder,
                state,
                files,
            });
        }
    }
    if found.is_empty() {
        let problem = "there is neither `.score-compose/state.yaml` nor `.score-k8s/state.yaml`";
        return Err(Failure::new(problem).help("name the folder of the old project"));
    }
    let mut outputs = Vec::new();
    let adopted: Vec<PathBuf> = found
        .iter()
        .filter_map(|old| adopted::file(old, &root, &gates, console, &mut outputs).transpose())
        .collect::<Result<_, _>>()?;
    let patches = patch_templates(&found, (&root, &gates), &mut outputs, console)?;
    outputs.extend(settings::project_file(
        &found,
        (&adopted, &patches),
        &root,
        &gates,
        console,
    )?);
    report(&found, console);
    if args.dry_run {
        for output in outputs.iter().filter(|it| !it.is_current()) {
            console.done(&format!("would write {}", output.shown().display()));
        }
        console.done("would write the names and passwords to the state");
        return Ok(Outcome::Fine);
    }
    let key = key::find_or_create(&gates, console)?;
    let file = StateFile::open(None, &gates, console)?;
    let mut state: State = file.state().clone();
    for old in &found {
        state = state.with_imported(old.tool.platform, old.state.imported());
    }
    let shown: Vec<PathBuf> = outputs.iter().map(|it| it.shown().into_owned()).collect();
    // Without the values, the new provisioners would choose other names.
    file.save(&state.sealed(&key))?;
    Changes::from(outputs).apply(&Permission::default())?;
    for path in shown {
        console.done(&format!("wrote {}", path.display()));
    }
    console.done("next: score-rs generate, and compare the result with the old one");
    Ok(Outcome::Fine)
}

/// Adds the patch templates to the outputs, and returns their paths by platform.
fn patch_templates(
    found: &[OldProject],
    (root, gates): (&Path, &Gates),
    outputs: &mut Vec<Output>,
    console: &Console,
) -> Result<Vec<(&'static str, Vec<PathBuf>)>, Failure> {
    let mut templates = Vec::new();
    for old in found.iter().filter(|old| !old.state.patches.is_empty()) {
        let platform = old.tool.platform;
        let mut paths = Vec::new();
        for (index, text) in old.state.patches.iter().enumerate() {
            let path = PathBuf::from(format!("patch-{platform}-{}.tpl", index + 1));
            let text = format!("{PATCH_HEADER}{text}");
            outputs.extend(output((root, gates), &path, text, console)?);
            paths.push(path);
        }
        templates.push((platform, paths));
    }
    Ok(templates)
}

/// A project of one of the tools.
struct OldProject {
    tool: Tool,
    folder: PathBuf,
    state: OldState,
    /// The files with provisioners, in order of precedence.
    files: Vec<PathBuf>,
}

/// The files with provisioners directly in a folder, in the order of their names.
fn lists(gate: &Gate, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let located = gate.locate(folder).reading(folder)?;
    let entries = located.into_folder().reading(folder)?;
    let entries = entries.entries().reading(folder)?;
    let names = entries.into_iter().map(|(name, _)| name);
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.ends_with(LIST_SUFFIX));
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// A file that the command writes in the project. Absent, with a note, if there is one that someone has changed.
fn output(
    (root, gates): (&Path, &Gates),
    path: &Path,
    text: String,
    console: &Console,
) -> Result<Option<Output<'static>>, Failure> {
    let shown = root.join(path);
    match gates.project.read(path) {
        Ok(known) if known != text.as_bytes() => {
            let shown = shown.display();
            console.note(&format!(
                "`{shown}` is kept as it is; remove it to write it again"
            ));
            return Ok(None);
        }
        Ok(_) => {}
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(Failure::read(&shown, &error)),
    }
    let located = gates.project.locate(path).writing(&shown)?;
    Output::named(located, &shown, text.into_bytes(), OPEN, Rule::Generated).map(Some)
}

/// Prints what is taken over, and what is not.
fn report(found: &[OldProject], console: &Console) {
    for old in found {
        let state = &old.state;
        let (name, number) = (old.tool.name, state.resources.len());
        console.done(&format!(
            "{name}: {number} resources keep their names and passwords"
        ));
        if !state.patches.is_empty() {
            console.note(&format!(
                "{name}: check the patch templates: names of services, the order of objects and fields with defaults \
                 differ"
            ));
        }
        let routes_port = Compose::default().needs().routes_port;
        if let (Some(port), Some(here)) = (state.routes_port(), routes_port)
            && port != here
        {
            console.note(&format!(
                "{name}: routes are published on port {here} instead of {port}"
            ));
        }
        let files = state.workloads.values().map(|it| it.file.as_str());
        let files: BTreeSet<&str> = files.collect();
        let files: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        if !files.is_empty() {
            console.note(&format!(
                "{name}: its workloads are in {}; `score-rs generate` needs all of them in one run",
                files.join(", ")
            ));
        }
    }
}
