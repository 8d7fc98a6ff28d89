//! `score-rs completions`, and the answers to the questions of its scripts.
//!
//! The scripts run `score-rs` itself for each completion. Those of `clap_complete` are used, except for
//! Bash: see [`bash`].

mod bash;
mod values;

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::CompleteEnv;
use clap_complete::env::{Elvish, Fish, Powershell, Shells, Zsh};

use crate::args::{CommandLine, Completions};
use crate::commands::Outcome;
use crate::input::root;
use crate::report::console;
use crate::report::failure::Failure;
use bash::Bash;

/// The variable in which a script names its shell when it asks for completions.
const VARIABLE: &str = "_SCORE_RS_COMPLETE";

/// The name of the command that the scripts complete and run.
const NAME: &str = "score-rs";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Completes the first word after an autoloaded script, which otherwise only registers its function.
const ZSH_AUTOLOAD: &str = "\
if [[ ${funcstack[1]} == _score-rs ]]; then
    _clap_dynamic_completer_score_rs \"$@\"
fi
";

/// Prints the completion script for a shell.
pub(crate) fn run(args: &Completions) -> Result<Outcome, Failure> {
    let shell = args.shell.to_string();
    let mut script = Vec::new();
    let written = SHELLS.completer(&shell).map_or(Ok(()), |shell| {
        shell.write_registration(VARIABLE, NAME, NAME, NAME, &mut script)
    });
    written.map_err(|error| Failure::new(format!("cannot write the script: {error}")))?;
    if shell == "zsh" {
        script.extend_from_slice(ZSH_AUTOLOAD.as_bytes());
    }
    console::result(&script)?;
    Ok(Outcome::Fine)
}

/// Prints completions if a completion script has started this process, and returns its exit code.
/// Starts no commands, changes no files and prints no errors.
pub(crate) fn answer() -> Option<i32> {
    std::env::var_os(VARIABLE)?;
    // Shells pass words as they were typed, and replace only what follows an opening quote.
    let words = std::env::args_os().map(|word| match word.to_str() {
        Some(word) => word.trim_matches(['\'', '"']).into(),
        None => word,
    });
    let words: Vec<OsString> = words.collect();
    enter(&words);
    let folder = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(|| values::with_values(CommandLine::command()))
        .var(VARIABLE)
        .shells(SHELLS)
        .try_complete(words, folder.as_deref());
    match answered {
        Ok(true) => Some(0),
        Ok(false) => None,
        Err(_) => Some(1),
    }
}

/// Enters the folder of `-C`, unless it is the word at the cursor.
fn enter(words: &[OsString]) {
    let complete = words.split_last().map_or(words, |(_, complete)| complete);
    let pair = complete
        .windows(2)
        .find(|pair| pair[0] == "-C" || pair[0] == "--directory");
    if let Some([_, folder]) = pair {
        // Without the folder, there are only fewer completions.
        let _ = root::enter(Path::new(folder));
    }
}
