//! The terminal and its capabilities, which are detected once. Results are written to standard
//! output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use score_spec::{Diagnostic, SourceId, Sources};

use crate::report::failure::{Failure, reason};
use crate::report::human::{self, Style};
use crate::report::printable::{self, clean, clean_lines, inert, set_in};
use crate::report::progress;

/// The default width, and the maximum one for legible text.
const WIDTH: usize = 100;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// The verbosity and the style of output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    quiet: bool,
    verbose: bool,
    /// Whether this is a CI job, in which advice for people has no reader.
    is_job: bool,
    style: Style,
}

impl Console {
    /// The console according to the options and the capabilities of the terminal.
    pub(crate) fn new(quiet: bool, verbose: bool, color: Color) -> Self {
        let stderr = io::stderr();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal_size::terminal_size_of(&stderr)
            .filter(|_| stderr.is_terminal())
            .map_or(WIDTH, |(width, _)| usize::from(width.0));
        Self {
            quiet,
            verbose,
            is_job: set("CI"),
            style: Style {
                color: match color {
                    Color::Always => true,
                    Color::Never => false,
                    Color::Auto => stderr.is_terminal() && !set("NO_COLOR") && !dumb,
                },
                unicode: supports_unicode::on(supports_unicode::Stream::Stderr),
                width: width.clamp(40, WIDTH),
            },
        }
    }

    /// Prints diagnostics, or only errors with `--quiet`.
    pub(crate) fn show(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        say(&human::report(sources, diagnostics, self.style, self.quiet));
    }

    /// Prints diagnostics and their number.
    pub(crate) fn report(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        self.show(sources, diagnostics);
        if let Some(summary) = human::summary(diagnostics) {
            self.done(&summary);
        }
    }

    /// Prints which Score files could not be checked completely, so that fixing the errors can reveal more.
    pub(crate) fn note_incomplete(&self, sources: &Sources, incomplete: &[SourceId]) {
        for id in incomplete {
            let name = &sources.get(*id).name;
            self.note(&format!(
                "`{name}` was not checked completely because of these errors"
            ));
        }
    }

    /// Prints the failure of a command.
    pub(crate) fn fail(&self, failure: &Failure) {
        say(&human::failure(failure, self.style));
    }

    /// Prints a completed action.
    pub(crate) fn done(&self, text: &str) {
        if !self.quiet {
            say(&format!("{}\n", clean(text)));
        }
    }

    /// Prints a message of a provisioner, which can have several lines.
    pub(crate) fn tell(&self, from: &str, text: &str) {
        if !self.quiet {
            let (from, text) = (clean(from), set_in(text.trim_end()));
            say(&format!("note: `{from}`: {text}\n"));
        }
    }

    /// Prints a note.
    pub(crate) fn note(&self, text: &str) {
        self.done(&format!("note: {text}"));
    }

    /// Prints what the user can do next, except in CI.
    pub(crate) fn advise(&self, text: &str) {
        if !self.is_job {
            self.done(text);
        }
    }

    /// Prints a message that is shown only with `--verbose`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.done(text);
        }
    }
}

/// Prints a problem, even with `--quiet`.
pub(crate) fn problem(text: &str) {
    say(&format!("{}\n", clean(text)));
}

/// Prints a problem with several lines.
pub(crate) fn problem_lines(text: &str) {
    say(&format!("{}\n", clean_lines(text)));
}

/// Writes to standard error. Control sequences are escaped, except for colours. Errors are ignored,
/// because there is no other stream to report them on.
fn say(text: &str) {
    progress::hide();
    let _ = io::stderr().lock().write_all(inert(text).as_bytes());
}

/// Writes a human-readable result to standard output.
pub(crate) fn lines(text: &str) -> Result<(), Failure> {
    result(inert(&clean_lines(text)).as_bytes())
}

/// Writes a JSON result to standard output.
pub(crate) fn json(text: &str) -> Result<(), Failure> {
    result(printable::json(text).as_bytes())
}

/// Writes a result to standard output, byte for byte. The caller must escape control sequences,
/// unless the result is only for programs. A closed pipe is not an error.
pub(crate) fn result(bytes: &[u8]) -> Result<(), Failure> {
    progress::hide();
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "cannot write to standard output: {}",
            reason(&error)
        ))),
        _ => Ok(()),
    }
}
