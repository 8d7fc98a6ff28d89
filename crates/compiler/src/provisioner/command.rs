//! The configuration of external provisioner commands (`run`). Out of scope: requests and answers, and
//! running commands.

use std::time::Duration;

use score_spec::{Code, Diagnostic, Kind, Node, Sources, Span, Spanned};

use crate::ir::name::is_own_variable;
use crate::provisioner::expression::Pattern;

/// The version of the input and output of commands.
pub(crate) const VERSION: &str = "score-rs/run/v1";

/// The default time limit of a command.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A part of a command that is a file path relative to the folder of the provisioner file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFile {
    /// The path as written.
    pub path: Spanned<String>,
    /// Whether it is the program, and not an argument.
    pub is_program: bool,
}

/// The configuration of a command.
#[derive(Debug)]
pub(crate) struct Command {
    /// The location.
    pub(crate) span: Span,
    /// The name of the provisioner file that contains it, also if another one inherits it.
    pub(crate) file: String,
    /// The program and its arguments.
    pub(crate) words: Vec<Pattern>,
    /// The parts that are file paths relative to the folder of the provisioner file.
    pub(crate) files: Vec<CommandFile>,
    /// The time limit.
    pub(crate) timeout: Duration,
    /// The environment variables to pass, without those of score-rs itself.
    pub(crate) environment: Vec<String>,
    /// Whether it also deletes what it has created.
    pub(crate) deletes: bool,
}

impl Command {
    /// The program followed by a space, if it is a literal.
    pub(crate) fn program(&self) -> String {
        let program = self.words.first().map(Pattern::written).unwrap_or_default();
        if program.is_empty() {
            program
        } else {
            format!("`{program}` ")
        }
    }

    /// The command of a provisioner in a list of this file, for messages about it.
    pub(crate) fn of_list(span: Span, file: &str, timeout: Duration) -> Self {
        Self {
            span,
            file: file.to_owned(),
            words: Vec::new(),
            files: Vec::new(),
            timeout,
            environment: vec!["PATH".to_owned()],
            deletes: false,
        }
    }

    /// Reads a command that has been validated.
    pub(crate) fn read(node: &Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let span = node.get("command").unwrap_or(node).span;
        let items = |name: &str| node.items_at(name).iter();
        let timeout = node.get("timeout").and_then(|timeout| match &timeout.kind {
            Kind::Number(seconds) => seconds.as_u64().map(Duration::from_secs),
            _ => None,
        });
        let mut environment = Vec::new();
        for item in items("environment") {
            let Some(name) = item.text() else { continue };
            if is_own_variable(name) {
                diagnostics.push(own_variable(item, name));
            } else {
                environment.push(name.to_owned());
            }
        }
        Self {
            span,
            file: sources.get(span.source).name.clone(),
            words: items("command")
                .filter_map(|word| Some(Pattern::parse(word.text()?, word.span, diagnostics)))
                .collect(),
            files: items("command")
                .enumerate()
                .filter(|(at, word)| word.text().is_some_and(|word| is_relative(word, *at == 0)))
                .filter_map(|(at, word)| {
                    Some(CommandFile {
                        path: Spanned::new(word.text()?.to_owned(), word.span),
                        is_program: at == 0,
                    })
                })
                .collect(),
            timeout: timeout.unwrap_or(TIMEOUT),
            environment,
            deletes: node.is_true("delete"),
        }
    }
}

/// Whether a part of a command is a relative file path.
fn is_relative(word: &str, is_program: bool) -> bool {
    let is_path = is_program && word.contains('/') && !word.starts_with(['/', '{']);
    is_path || word.starts_with("./") || word.starts_with("../")
}

fn own_variable(item: &Node, name: &str) -> Diagnostic {
    let message =
        format!("`{name}` is a variable of score-rs itself, which is not passed to commands");
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(item.span, "")
        .help("remove it; use another variable for a secret of the command")
}
