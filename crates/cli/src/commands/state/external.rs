//! Compiles with the commands of provisioners: with the state that they need, and saves the state
//! that they give. Not: how a command runs, or where the state lies.

use score_compiler::{Commands, Rendered, State};

use crate::args::External;
use crate::host::Gates;
use crate::host::disk::Disk;
use crate::host::key;
use crate::host::state_file::StateFile;
use crate::input::inputs::Request;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::progress::{self, Stage};

/// A compiled project, and the state that its commands have read, which is locked.
pub(crate) struct Outcome {
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
    request: Request,
    gates: &Gates,
    (options, purpose, prune): (&External, Purpose, bool),
    console: &Console,
) -> Result<Outcome, Failure> {
    if purpose == Purpose::Look {
        return look(disk, request, gates, options, console);
    }
    let path = options.state.as_deref();
    let file = if !options.no_commands && request.compiler.has_commands() {
        Some(StateFile::open(path, gates, console)?)
    } else if prune {
        StateFile::find(path, gates, console)?
    } else {
        None
    };
    let commands = if options.no_commands {
        Commands::Refuse
    } else {
        Commands::Run
    };
    let state = file.as_ref().map(|file| file.state().clone());
    let compiled = compiled(disk, request, commands, state.unwrap_or_default());
    progress::begin(Stage::Write, compiled.files.len());
    Ok(Outcome { compiled, file })
}

/// Compiles with what the state knows of commands.
fn look(
    disk: &Disk,
    request: Request,
    gates: &Gates,
    options: &External,
    console: &Console,
) -> Result<Outcome, Failure> {
    let commands = if options.no_commands {
        Commands::Refuse
    } else {
        Commands::Recall
    };
    let file = if request.compiler.has_commands() && commands == Commands::Recall {
        StateFile::find(options.state.as_deref(), gates, console)?
    } else {
        None
    };
    let mut state = file.map(|file| file.state().clone()).unwrap_or_default();
    if state.has_secrets()
        && let Some(key) = key::find(&gates.project)?
    {
        state = state.opened(&key);
    }
    let compiled = compiled(disk, request, commands, state);
    progress::begin(Stage::Write, compiled.files.len());
    Ok(compiled.into())
}

fn compiled(disk: &Disk, mut request: Request, commands: Commands, state: State) -> Rendered {
    request.compiler = request.compiler.with_commands(commands);
    request.texts.state = state;
    request.compile(disk)
}

impl From<Rendered> for Outcome {
    /// What came out where no command ran.
    fn from(compiled: Rendered) -> Self {
        Self {
            compiled,
            file: None,
        }
    }
}

impl Outcome {
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

    /// Saves the state of a run that is not about what is gone.
    pub(crate) fn save_state_quietly(
        &self,
        gates: &Gates,
        console: &Console,
    ) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.save(&self.sealed(gates, console)?)
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
