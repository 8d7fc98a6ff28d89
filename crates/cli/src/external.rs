//! Compiles with the commands of provisioners: with the state that they need, and keeps the state
//! that they give. Not: how a command runs, or where the state lies.

use score_compiler::{Commands, Compiled, Request, compile};

use crate::args::External;
use crate::console::Console;
use crate::disk::Disk;
use crate::failure::Failure;
use crate::host::Gates;
use crate::progress::{self, Stage};
use crate::store::Store;

/// A compiled project, and the state that its commands have read, which is locked.
pub(crate) struct Outcome {
    /// What came out.
    pub(crate) compiled: Compiled,
    store: Option<Store>,
}

/// Compiles as the options say. The state is only touched if a provisioner has a command, or if
/// something is to be dropped from it.
pub(crate) fn run(
    disk: &Disk,
    request: Request,
    gates: &Gates,
    (options, prune): (&External, bool),
    console: &Console,
) -> Result<Outcome, Failure> {
    let path = options.state.as_deref();
    let store = if !options.no_commands && request.has_commands() {
        Some(Store::open(path, gates, console)?)
    } else if prune {
        Store::find(path, gates, console)?
    } else {
        None
    };
    let commands = if options.no_commands {
        Commands::Refuse
    } else {
        Commands::Run
    };
    let state = store.as_ref().map(|store| store.state().clone());
    let request = request.with_commands(commands, state.unwrap_or_default());
    let compiled = compile(disk, request);
    progress::begin(Stage::Write, compiled.files.len());
    Ok(Outcome { compiled, store })
}

impl From<Compiled> for Outcome {
    /// What came out where no command ran.
    fn from(compiled: Compiled) -> Self {
        Self {
            compiled,
            store: None,
        }
    }
}

impl Outcome {
    /// Keeps the state, once the input is known to have no errors. Says what nothing needs any more,
    /// or drops it.
    pub(crate) fn keep(&self, prune: bool, console: &Console) -> Result<(), Failure> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let mut state = self.compiled.state.clone();
        let vanished = &self.compiled.vanished;
        if prune {
            for uid in vanished {
                state = state.without(uid);
            }
        }
        store.save(&state)?;
        if !vanished.is_empty() {
            let names: Vec<String> = vanished.iter().map(|uid| format!("`{uid}`")).collect();
            let names = names.join(", ");
            if prune {
                console.note(&format!("dropped the state of {names}"));
            } else {
                console.note(&format!(
                    "the state has {names}, for which no command answers any more; `score-rs state move` gives it to a resource with a new name, `--prune` drops the state of what is gone from all Score files"
                ));
            }
        }
        Ok(())
    }

    /// Keeps the state of a run that is not about what is gone.
    pub(crate) fn keep_quietly(&self) -> Result<(), Failure> {
        self.store
            .as_ref()
            .map_or(Ok(()), |store| store.save(&self.compiled.state))
    }
}
