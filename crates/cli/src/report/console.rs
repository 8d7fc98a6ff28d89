//! The terminal: what it can show, decided once, and the two streams. Results go to standard
//! output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use score_spec::{Diagnostic, Sources};

use crate::report::failure::{Failure, reason};
use crate::report::human::{self, Style};
use crate::report::printable::{self, clean, clean_lines, inert, set_in};
use crate::report::progress;

/// The width where nothing tells it, and the widest that is easy to read.
const WIDTH: usize = 100;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// How much to say, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    quiet: bool,
    verbose: bool,
    style: Style,
}

impl Console {
    /// What the options ask for and the terminal can do.
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

    /// Shows findings. If told to be quiet, only errors.
    pub(crate) fn show(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        say(&human::report(sources, diagnostics, self.style, self.quiet));
    }

    /// Shows findings, and how many there are.
    pub(crate) fn report(&self, sources: &Sources, diagnostics: &[Diagnostic]) {
        self.show(sources, diagnostics);
        if let Some(summary) = human::summary(diagnostics) {
            self.done(&summary);
        }
    }

    /// Shows why the command could not be carried out.
    pub(crate) fn fail(&self, failure: &Failure) {
        say(&human::failure(failure, self.style));
    }

    /// Says what was done.
    pub(crate) fn done(&self, text: &str) {
        if !self.quiet {
            say(&format!("{}\n", clean(text)));
        }
    }

    /// Passes on what somebody tells the user, which may have several lines.
    pub(crate) fn tell(&self, from: &str, text: &str) {
        if !self.quiet {
            let (from, text) = (clean(from), set_in(text.trim_end()));
            say(&format!("note: `{from}`: {text}\n"));
        }
    }

    /// Says what the user may not expect.
    pub(crate) fn note(&self, text: &str) {
        self.done(&format!("note: {text}"));
    }

    /// Says what only some want to know.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.done(text);
        }
    }
}

/// Says what failed, however quiet the user wants it.
pub(crate) fn problem(text: &str) {
    say(&format!("{}\n", clean(text)));
}

/// The same for what has several lines.
pub(crate) fn problem_lines(text: &str) {
    say(&format!("{}\n", clean_lines(text)));
}

/// Says lines in which nothing can steer the terminal but the colours of this program. Nothing can be
/// said about an error of the stream on which errors are said.
fn say(text: &str) {
    progress::hide();
    let _ = io::stderr().lock().write_all(inert(text).as_bytes());
}

/// Writes a result for people to standard output.
pub(crate) fn lines(text: &str) -> Result<(), Failure> {
    result(inert(&clean_lines(text)).as_bytes())
}

/// Writes a result that is JSON to standard output.
pub(crate) fn json(text: &str) -> Result<(), Failure> {
    result(printable::json(text).as_bytes())
}

/// Writes a result to standard output, byte for byte: what other programs read, and what has made sure of
/// its safety itself. Whoever reads it may stop early.
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
