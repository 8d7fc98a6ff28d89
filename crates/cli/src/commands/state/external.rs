//! Compiles with the commands of provisioners: with the state that they need, and saves the state
//! that they give. Not: how a command runs, or where the state lies.

use score_compiler::{Commands, Rendered, State};
use score_spec::{Diagnostic, diagnostic::sort};

use crate::args::External;
use crate::commands::Outcome;
use crate::host::disk::Disk;
use crate::host::state_file::StateFile;
use crate::host::{Gates, key};
use crate::input::inputs::Request;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::progress::{self, Stage};

/// A compiled project, and the state that its commands have read, which is locked.
pub(crate) struct Compilation {
    /// What came out.
    pub(crate) compiled: Rendered,
    file: Option<StateFile>,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To make what is asked for: commands run, and the state changes.
    Make,
    /// To look: no command runs, and nothing changes. What the state knows is used.
    Look,
}

/// Compiles as the options say. The state is only touched if a provisioner has a command, or if
/// something is to be dropped from it.
pub(crate) fn run(
    disk: &Disk,
    mut request: Request,
    gates: &Gates,
    (options, purpose, prune): (&External, Purpose, bool),
    console: &Console,
) -> Result<Compilation, Failure> {
    let path = options.state.as_deref();
    let needs_state = !options.no_commands && request.compiler.has_commands();
    let file = match purpose {
        Purpose::Make if needs_state => Some(StateFile::open(path, gates, console)?),
        Purpose::Look if needs_state => StateFile::find(path, gates, console)?,
        Purpose::Make if prune => StateFile::find(path, gates, console)?,
        _ => None,
    };
    let commands = match purpose {
        _ if options.no_commands => Commands::Refuse,
        Purpose::Make => Commands::Run,
        Purpose::Look => Commands::Recall,
    };
    let state = file.as_ref().map(|file| file.state().clone());
    let mut state = state.unwrap_or_default();
    if purpose == Purpose::Look
        && state.has_secrets()
        && let Some(key) = key::find(&gates.project)?
    {
        state = state.opened(&key);
    }
    // Who only looks does not keep others waiting.
    let file = file.filter(|_| purpose == Purpose::Make);
    request.compiler = request.compiler.with_commands(commands);
    request.texts.state = state;
    let compiled = request.compile(disk);
    progress::begin(Stage::Write, compiled.files.len());
    Ok(Compilation { compiled, file })
}

impl From<Rendered> for Compilation {
    /// What came out where no command ran.
    fn from(compiled: Rendered) -> Self {
        let file = None;
        Self { compiled, file }
    }
}

impl Compilation {
    /// Reports what is wrong, with other findings of the run.
    pub(crate) fn report(&mut self, others: Vec<Diagnostic>, console: &Console) -> Outcome {
        let Rendered {
            sources,
            diagnostics,
            ..
        } = &mut self.compiled;
        diagnostics.extend(others);
        sort(diagnostics);
        console.report(sources, diagnostics);
        Outcome::of(diagnostics)
    }

    /// Saves the state, once the input is known to have no errors. Says what nothing needs any more,
    /// or drops it.
    pub(crate) fn save_state(
        &self,
        gates: &Gates,
        prune: bool,
        console: &Console,
    ) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut state = self.sealed(gates, console)?;
        let vanished = &self.compiled.vanished;
        if prune {
            for uid in vanished {
                state = state.without(uid);
            }
        }
        file.save(&state)?;
        if !vanished.is_empty() {
            let names: Vec<String> = vanished.iter().map(|uid| format!("`{uid}`")).collect();
            let names = names.join(", ");
            console.note(&if prune {
                format!("dropped the state of {names}")
            } else {
                format!(
                    "the state contains {names}, which no command handles any more; use `score-rs \
                     state move` if a resource was renamed, or `--prune` to drop the state of \
                     resources that are in none of the Score files"
                )
            });
        }
        Ok(())
    }

    /// Saves the state of a run that is not about what is gone.
    pub(crate) fn save_state_quietly(
        &self,
        gates: &Gates,
        console: &Console,
    ) -> Result<(), Failure> {
        match &self.file {
            Some(file) => file.save(&self.sealed(gates, console)?),
            None => Ok(()),
        }
    }

    /// The state after the run, its secrets sealed with the project key. Makes a key if it is needed and
    /// there is none.
    fn sealed(&self, gates: &Gates, console: &Console) -> Result<State, Failure> {
        let state = self.compiled.state.clone();
        if !state.has_secrets() {
            return Ok(state);
        }
        let key = key::find_or_create(&gates.project, console)?;
        Ok(state.sealed(&key))
    }
}
