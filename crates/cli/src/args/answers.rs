//! Advice for commands and options of score-compose, score-k8s and Docker Compose that score-rs does not
//! have.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands, options of them in score-compose or score-k8s, and what to use instead.
const OPTIONS: &[(&str, &[&str], &str)] = &[
    (
        "generate",
        &["-f", "--file"],
        "pass Score files as arguments: `score-rs generate FILE`",
    ),
    (
        "validate",
        &["--file"],
        "pass Score files as arguments: `score-rs validate FILE`",
    ),
    (
        "get-outputs",
        &["--file"],
        "pass Score files as arguments: `score-rs resources get-outputs UID FILE`",
    ),
    (
        "resources",
        &["--file"],
        "pass Score files as arguments: `score-rs resources list FILE`",
    ),
    (
        "explain",
        &["--file"],
        "pass Score files as arguments: `score-rs provisioners explain UID FILE`",
    ),
    (
        "generate",
        &["--patch-templates", "--patch-manifests"],
        PATCHES,
    ),
    ("init", &["--patch-templates"], PATCHES),
    ("init", &["-p"], "use `--project-name NAME`"),
    (
        "init",
        &["--provisioners"],
        "install provisioners with `score-rs provisioners add SOURCE`",
    ),
    (
        "init",
        &["--no-default-provisioners"],
        "leave it out: provisioners of the project and of packages override the built-in ones",
    ),
    (
        "version",
        &["--no-logo"],
        "leave it out: only the version is printed",
    ),
    (
        "version",
        &["--no-updates-check"],
        "leave it out: score-rs does not check for updates",
    ),
    (
        "completion",
        &["--no-descriptions"],
        "leave it out: shells without descriptions show none",
    ),
    (
        "completions",
        &["--no-descriptions"],
        "leave it out: shells without descriptions show none",
    ),
];

const PATCHES: &str =
    "use `patches` of provisioners, or annotations of workloads: score-rs has no patch templates";

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
    ("--project", "--project-name"),
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
        ErrorKind::UnknownArgument => of_option(context(ContextKind::InvalidArg), &words),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            let mut commands = COMMANDS.iter();
            let known = commands.find(|(command, _)| *command == name);
            // Not a subcommand of a command.
            let is_first = words.get(1).is_some_and(|word| word == name);
            known.filter(|_| is_first).map(|(_, advice)| *advice)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let option = context(ContextKind::InvalidArg);
            let value = context(ContextKind::InvalidValue);
            let is_file = [".yaml", ".yml"].iter().any(|end| value.ends_with(end));
            let is_short = words.iter().any(|word| word.starts_with("-f"));
            let is_meant = option.starts_with("--format ") && is_file && is_short;
            is_meant.then_some("`-f` is `--format`: pass Score files as arguments, without `-f`")
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
        // Otherwise the most similar option of score-rs is suggested as well, also in the usage.
        if error.remove(ContextKind::SuggestedArg).is_some() {
            error.remove(ContextKind::Usage);
        }
    }
}

/// The advice for an unknown option.
fn of_option(option: &str, words: &[String]) -> Option<&'static str> {
    let mut answers = OPTIONS.iter();
    let answer = answers.find(|(command, options, _)| {
        options.contains(&option) && words.iter().any(|word| word == command)
    });
    answer.map(|(_, _, advice)| *advice)
}
