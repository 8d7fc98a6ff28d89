//! Advice for commands and options of score-compose, score-k8s and Docker Compose that score-rs does not
//! have.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, Error};

use super::CommandLine;

/// Commands that read Score files, and their arguments. score-compose and score-k8s have an option.
const FILES: &[(&str, &str)] = &[
    ("generate", "FILE"),
    ("validate", "FILE"),
    ("resources list", "FILE"),
    ("resources get-outputs", "UID FILE"),
    ("provisioners explain", "UID FILE"),
];

/// Commands, options of them in score-compose or score-k8s, and what to use instead.
const OPTIONS: &[(&str, &[&str], &str)] = &[("generate", &["--patch-manifests"], PATCHES)];

const PATCHES: &str = "use `--patch-templates`, or `patches` of provisioners";

/// Commands of other programs, and what to use instead.
const COMMANDS: &[(&str, &str)] = &[
    (
        "up",
        "run `score-rs generate`, then `docker compose up -d --wait`",
    ),
    ("down", "run `docker compose down`"),
    (
        "build",
        "run `score-rs generate --build CONTAINER=FOLDER`, then `docker compose build`",
    ),
    (
        "apply",
        "run `score-rs generate -t kubernetes`, then `kubectl apply -f manifests.yaml`",
    ),
];

/// Options that are accepted, but not in the help, with their names in it.
const ALIASES: &[(&str, &str)] = &[
    ("--override-file", "--overrides-file"),
    ("--project-name", "--project"),
];

/// Replaces the advice of an error about an unknown command or option, or about a Score file in place of
/// a format, if there is a better one. `words` are the arguments of the process.
pub(crate) fn answer(error: &mut Error, words: impl IntoIterator<Item = String>) {
    let words: Vec<String> = words.into_iter().collect();
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let advice = match error.kind() {
        ErrorKind::UnknownArgument => {
            of_option(context(ContextKind::InvalidArg), &command_of(&words))
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            let mut commands = COMMANDS.iter();
            let known = commands.find(|(command, _)| *command == name);
            // Not a subcommand of a command.
            let known = known.filter(|_| command_of(&words).is_empty());
            known.map(|(_, advice)| (*advice).to_owned())
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let option = context(ContextKind::InvalidArg);
            let value = context(ContextKind::InvalidValue);
            let is_file = [".yaml", ".yml"].iter().any(|end| value.ends_with(end));
            let is_short = words.iter().any(|word| word.starts_with("-f"));
            let is_meant = option.starts_with("--format ") && is_file && is_short;
            let advice = "`-f` is `--format`: pass Score files as arguments, without `-f`";
            is_meant.then(|| advice.to_owned())
        }
        _ => None,
    };
    if let Some(ContextValue::String(option)) = error.get(ContextKind::SuggestedArg)
        && let Some((_, name)) = ALIASES.iter().find(|(alias, _)| option == alias)
    {
        let name = ContextValue::String((*name).to_owned());
        error.insert(ContextKind::SuggestedArg, name);
    }
    if let Some(advice) = advice {
        let advice = ContextValue::StyledStrs(vec![StyledStr::from(advice)]);
        error.insert(ContextKind::Suggested, advice);
        // A command with a similar name is not what is meant.
        error.remove(ContextKind::SuggestedSubcommand);
        // Otherwise the most similar option of score-rs is suggested as well, also in the usage.
        if error.remove(ContextKind::SuggestedArg).is_some() {
            error.remove(ContextKind::Usage);
        }
    }
}

/// The advice for an unknown option of a command.
fn of_option(option: &str, command: &str) -> Option<String> {
    let mut files = FILES.iter().filter(|_| ["-f", "--file"].contains(&option));
    if let Some((_, arguments)) = files.find(|(name, _)| *name == command) {
        let usage = format!("score-rs {command} {arguments}");
        return Some(format!("pass Score files as arguments: `{usage}`"));
    }
    let mut answers = OPTIONS.iter();
    let answer = answers.find(|(name, options, _)| *name == command && options.contains(&option));
    answer.map(|(_, _, advice)| (*advice).to_owned())
}

/// The names of the command and of its subcommand in the arguments of the process, such as `resources list`.
fn command_of(words: &[String]) -> String {
    let mut root = CommandLine::command();
    // Adds the global options to all commands.
    root.build();
    let (mut command, mut names) = (&root, Vec::new());
    let mut words = words.iter().skip(1);
    while command.has_subcommands()
        && let Some(word) = words.next()
    {
        if let Some(found) = command.find_subcommand(word) {
            command = found;
            names.push(found.get_name());
        } else if command.get_arguments().any(|it| is_before_value(word, it)) {
            words.next();
        } else if !word.starts_with('-') {
            break;
        }
    }
    names.join(" ")
}

/// Whether a word ends with the name of an option, so that the next word is its value.
fn is_before_value(word: &str, option: &Arg) -> bool {
    let is_long = |name| word.strip_prefix("--") == Some(name);
    // Flags can precede it, as in `-qC`. The rest of the word would be the value.
    let is_short = |name| {
        let names = word.strip_prefix('-').filter(|it| !it.starts_with('-'));
        names.is_some_and(|it| it.split_once(name).is_some_and(|(_, rest)| rest.is_empty()))
    };
    let takes_value = option.get_action().takes_values();
    takes_value
        && (option.get_long().is_some_and(is_long) || option.get_short().is_some_and(is_short))
}
