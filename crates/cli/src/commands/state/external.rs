//! Compiles with provisioner commands: loads the state that they need, and saves the new state.

use score_compiler::{Commands, Rendered, State, Target};
use score_spec::{Diagnostic, diagnostic::sort};

use crate::args::External;
use crate::commands::Outcome;
use crate::host::disk::Disk;
use crate::host::state_file::StateFile;
use crate::host::{Gates, key};
use crate::input::inputs::Request;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::levels::Levels;
use crate::report::progress::{self, Stage};

/// A compiled project, and the state file of its commands, which is locked.
pub(crate) struct Compilation {
    /// The result of the compilation.
    pub(crate) compiled: Rendered,
    file: Option<StateFile>,
}

/// The purpose of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Generating output: commands run, and the state changes.
    Make,
    /// A read-only run: commands do not run, and nothing changes. Answers in the state are used.
    Look,
}

/// Compiles according to the options. The state file is opened only if a provisioner has a command,
/// or if entries are to be dropped.
pub(crate) fn run(
    disk: &Disk,
    mut request: Request,
    gates: &Gates,
    (options, purpose, prunes): (&External, Purpose, bool),
    console: &Console,
) -> Result<Compilation, Failure> {
    let path = options.state.as_deref();
    let compiler = &request.compiler;
    let needs_state = compiler.has_lists() || !options.no_commands && compiler.has_commands();
    let file = match purpose {
        Purpose::Make if needs_state => Some(StateFile::open(path, gates, console)?),
        Purpose::Look if needs_state => StateFile::find(path, gates, console)?,
        Purpose::Make if prunes => StateFile::find(path, gates, console)?,
        _ => None,
    };
    let commands = match purpose {
        _ if options.no_commands => Commands::Refuse,
        Purpose::Make => Commands::Run,
        Purpose::Look => Commands::Recall,
    };
    let state = file.as_ref().map(|file| file.state().clone());
    let mut state = state.unwrap_or_default();
    if state.has_secrets()
        && let Some(key) = key::find(gates)?
    {
        state = state.opened(&key);
    }
    // A read-only run releases the lock at once, so that other runs need not wait for it.
    let file = file.filter(|_| purpose == Purpose::Make);
    request.compiler = request.compiler.with_commands(commands);
    request.texts.state = state;
    let compiled = request.compile(disk);
    Ok(Compilation { compiled, file })
}

impl From<Rendered> for Compilation {
    /// The result of a compilation in which no command ran.
    fn from(compiled: Rendered) -> Self {
        let file = None;
        Self { compiled, file }
    }
}

impl Compilation {
    /// Prints the provisioners of resources in verbose runs, and starts the stage of writing.
    pub(crate) fn detail(&self, console: &Console) {
        console.detail_resources(&self.compiled.project);
        progress::begin(Stage::Write, self.compiled.files.len());
    }

    /// Reports the diagnostics of the compilation, together with others of the run. The outcome depends on
    /// their levels.
    pub(crate) fn report(
        &mut self,
        others: Vec<Diagnostic>,
        levels: &Levels,
        console: &Console,
    ) -> Outcome {
        let Rendered {
            sources,
            diagnostics,
            incomplete,
            ..
        } = &mut self.compiled;
        diagnostics.extend(others);
        sort(diagnostics);
        *diagnostics = levels.apply(std::mem::take(diagnostics));
        console.report(sources, diagnostics);
        console.note_incomplete(sources, incomplete);
        Outcome::of(diagnostics)
    }

    /// Saves the state; call it only if the input has no errors. Unless the state is pruned later, entries that no
    /// command handles any more are mentioned in a note.
    pub(crate) fn save_state(
        &self,
        gates: &Gates,
        prunes: bool,
        console: &Console,
    ) -> Result<(), Failure> {
        self.save_state_quietly(gates, console)?;
        let vanished = &self.compiled.vanished;
        if self.file.is_some() && !prunes && !vanished.is_empty() {
            console.note(&format!(
                "the state contains {}, which no command handles any more; use `score-rs state move` if a \
                 resource was renamed, or `--prune` to drop the state of resources that are in none of the \
                 Score files",
                quoted(vanished)
            ));
        }
        Ok(())
    }

    /// Drops the state of resources that are gone, and asks commands to delete what they have created for them. Call
    /// it when the output is written: otherwise output that is still in use could refer to deleted objects. Returns
    /// the findings.
    pub(crate) fn prune(
        &self,
        (disk, gates): (&Disk, &Gates),
        (target, options, is_whole): (&dyn Target, &External, bool),
        console: &Console,
    ) -> Result<Vec<Diagnostic>, Failure> {
        let Some(file) = &self.file else {
            return Ok(Vec::new());
        };
        let commands = if options.no_commands {
            Commands::Refuse
        } else {
            Commands::Run
        };
        let deletion = self.compiled.prune(disk, commands, target, is_whole);
        if !deletion.dropped.is_empty() {
            file.save(&sealed(&deletion.state, gates, console)?)?;
            let names = quoted(&deletion.dropped);
            console.note(&format!("dropped the state of {names}"));
        }
        Ok(deletion.diagnostics)
    }

    /// Saves the state without a note about unused entries.
    pub(crate) fn save_state_quietly(
        &self,
        gates: &Gates,
        console: &Console,
    ) -> Result<(), Failure> {
        match &self.file {
            Some(file) => file.save(&sealed(&self.compiled.state, gates, console)?),
            None => Ok(()),
        }
    }
}

/// The state with its secrets sealed with the project key. Creates a key if there are secrets but no key.
fn sealed(state: &State, gates: &Gates, console: &Console) -> Result<State, Failure> {
    if !state.has_secrets() {
        return Ok(state.clone());
    }
    let key = key::find_or_create(gates, console)?;
    Ok(state.clone().sealed(&key))
}

/// Uids in messages.
fn quoted(uids: &[String]) -> String {
    let names: Vec<String> = uids.iter().map(|uid| format!("`{uid}`")).collect();
    names.join(", ")
}
