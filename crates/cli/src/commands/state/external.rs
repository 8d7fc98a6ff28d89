//! Compiles with provisioner commands: loads the state that they need, and saves the new state.

use score_compiler::state::Deletion;
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
use crate::report::levels::Levels;
use crate::report::progress::{self, Stage};

/// A compiled project, and the state file of its commands, which is locked.
pub(crate) struct Compilation {
    /// The result of the compilation.
    pub(crate) compiled: Rendered,
    file: Option<StateFile>,
    /// The state without the entries of resources that are gone, if they are dropped.
    deletion: Option<Deletion>,
}

/// The treatment of the state of resources that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// It is kept.
    Keep,
    /// It is dropped, and commands are asked to delete what they have created, if the run has the whole project.
    Drop {
        /// Whether the run has the whole project.
        is_whole: bool,
    },
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
    (options, purpose, gone): (&External, Purpose, Gone),
    console: &Console,
) -> Result<Compilation, Failure> {
    let path = options.state.as_deref();
    let needs_state = !options.no_commands && request.compiler.has_commands();
    let file = match purpose {
        Purpose::Make if needs_state => Some(StateFile::open(path, gates, console)?),
        Purpose::Look if needs_state => StateFile::find(path, gates, console)?,
        Purpose::Make if gone != Gone::Keep => StateFile::find(path, gates, console)?,
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
        && let Some(key) = key::find(gates)?
    {
        state = state.opened(&key);
    }
    // A read-only run releases the lock at once, so that other runs need not wait for it.
    let file = file.filter(|_| purpose == Purpose::Make);
    request.compiler = request.compiler.with_commands(commands);
    request.texts.state = state;
    let (compiled, deletion) = match gone {
        Gone::Drop { is_whole } if file.is_some() => request.compile_and_prune(disk, is_whole),
        _ => (request.compile(disk), None),
    };
    Ok(Compilation {
        compiled,
        file,
        deletion,
    })
}

impl From<Rendered> for Compilation {
    /// The result of a compilation in which no command ran.
    fn from(compiled: Rendered) -> Self {
        Self {
            compiled,
            file: None,
            deletion: None,
        }
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

    /// The findings about commands that were asked to delete something. They are no errors of the input: the state is
    /// saved nevertheless, so that no command is asked again for what it has deleted.
    pub(crate) fn findings_of_deletion(&mut self) -> Vec<Diagnostic> {
        let deletion = self.deletion.as_mut();
        deletion.map_or_else(Vec::new, |it| std::mem::take(&mut it.diagnostics))
    }

    /// Saves the state; call it only if the input has no errors. Entries that no command handles any more are
    /// mentioned in a note.
    pub(crate) fn save_state(&self, gates: &Gates, console: &Console) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        file.save(&self.sealed(gates, console)?)?;
        let dropped = self.deletion.as_ref().map(|it| &it.dropped);
        let names = dropped.unwrap_or(&self.compiled.vanished);
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|uid| format!("`{uid}`")).collect();
            let names = names.join(", ");
            console.note(&if dropped.is_some() {
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

    /// Saves the state without a note about unused entries.
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

    /// The state after the run, with its secrets sealed with the project key. Creates a key if
    /// there are secrets but no key.
    fn sealed(&self, gates: &Gates, console: &Console) -> Result<State, Failure> {
        let state = self.deletion.as_ref().map(|it| &it.state);
        let state = state.unwrap_or(&self.compiled.state).clone();
        if !state.has_secrets() {
            return Ok(state);
        }
        let key = key::find_or_create(gates, console)?;
        Ok(state.sealed(&key))
    }
}
