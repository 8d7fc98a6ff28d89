//! Advice for options of score-compose and score-k8s that score-rs does not have.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands, options of them in score-compose or score-k8s, and what to use instead.
const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "generate",
        "-f",
        "pass Score files as arguments: `score-rs generate FILE`",
    ),
    (
        "generate",
        "--file",
        "pass Score files as arguments: `score-rs generate FILE`",
    ),
    ("init", "-p", "use `--project-name NAME`"),
    (
        "init",
        "--provisioners",
        "install provisioners with `score-rs provisioners add SOURCE`",
    ),
    (
        "init",
        "--no-default-provisioners",
        "leave it out: provisioners of the project and of packages override the built-in ones",
    ),
    (
        "init",
        "--patch-templates",
        "use `patches` of provisioners, or annotations of workloads: score-rs has no patch templates",
    ),
    (
        "version",
        "--no-logo",
        "leave it out: only the version is printed",
    ),
    (
        "version",
        "--no-updates-check",
        "leave it out: score-rs does not check for updates",
    ),
    (
        "completion",
        "--no-descriptions",
        "leave it out: shells without descriptions show none",
    ),
];

/// Replaces the advice of an error about an unknown option if there is a better one. `words` are
/// the arguments of the process.
pub(crate) fn answer(error: &mut Error, words: impl IntoIterator<Item = String>) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let words: Vec<String> = words.into_iter().collect();
    let answer = ANSWERS
        .iter()
        .find(|(command, name, _)| option == name && words.iter().any(|word| word == command));
    if let Some((_, _, advice)) = answer {
        let advice = ContextValue::StyledStrs(vec![StyledStr::from(*advice)]);
        error.insert(ContextKind::Suggested, advice);
        // Otherwise the most similar option of score-rs is suggested as well.
        error.remove(ContextKind::SuggestedArg);
    }
}
