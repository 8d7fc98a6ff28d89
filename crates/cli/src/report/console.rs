//! The terminal and its capabilities, which are detected once. Results are written to standard
//! output, everything else to standard error.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use score_compiler::project::Project;
use score_spec::{Diagnostic, SourceId, Sources};

use crate::report::failure::{Failure, reason};
use crate::report::human::{self, Style};
use crate::report::printable::{self, clean, clean_lines, inert, set_in};
use crate::report::progress;
use crate::report::table::{Screen, table};

/// The default width, and the maximum one for legible text.
const WIDTH: usize = 100;

/// The maximum length of an answer in bytes.
const LONGEST_ANSWER: u64 = 1 << 16;

/// The colours of a diff, as terminals and `git diff` have them.
const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

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
    /// The level of details to print.
    verbose: u8,
    /// Whether this is a CI job, in which advice for people has no reader.
    is_job: bool,
    /// The style of messages on standard error.
    style: Style,
    /// Whether results on standard output have colours.
    has_colored_results: bool,
    /// The screen on which results appear; `None` if standard output is not a terminal.
    screen: Option<Screen>,
}

impl Console {
    /// The same console without notes.
    pub(crate) fn quiet(self) -> Self {
        Self {
            quiet: true,
            ..self
        }
    }

    /// The console according to the options and the capabilities of the terminal.
    pub(crate) fn new(quiet: bool, verbose: u8, color: Color) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal_size::terminal_size_of(&stderr)
            .filter(|_| stderr.is_terminal())
            .map_or(WIDTH, |(width, _)| usize::from(width.0));
        let is_colored = |is_terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !set("NO_COLOR") && !dumb,
        };
        let screen = terminal_size::terminal_size_of(&stdout).filter(|_| stdout.is_terminal());
        let screen = screen.map(|(width, _)| Screen {
            width: usize::from(width.0),
            unicode: supports_unicode::on(supports_unicode::Stream::Stdout),
        });
        Self {
            quiet,
            verbose,
            is_job: set("CI"),
            style: Style {
                color: is_colored(stderr.is_terminal()),
                unicode: supports_unicode::on(supports_unicode::Stream::Stderr),
                width: width.clamp(40, WIDTH),
            },
            has_colored_results: is_colored(stdout.is_terminal()),
            screen,
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

    /// Writes a unified diff to standard output, with colours on a terminal.
    pub(crate) fn diff(&self, text: &str) -> Result<(), Failure> {
        let text = inert(&clean_lines(text));
        if !self.has_colored_results {
            return result(text.as_bytes());
        }
        let lines = text.split_inclusive('\n').enumerate();
        let colored = lines.map(|(at, line)| {
            let color = match line.as_bytes().first() {
                // The names of the files.
                _ if at < 2 => BOLD,
                Some(b'-') => RED,
                Some(b'+') => GREEN,
                Some(b'@') => CYAN,
                _ => return line.to_owned(),
            };
            format!("{color}{}{RESET}\n", line.trim_end_matches('\n'))
        });
        result(colored.collect::<String>().as_bytes())
    }

    /// A table as text. On a terminal it fits the width, unless that is very small.
    pub(crate) fn table(&self, header: &[&str], rows: &[Vec<String>]) -> String {
        table(header, rows, self.screen)
    }

    /// Whether results appear on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.screen.is_some()
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
        if self.shows_details() {
            self.done(text);
        }
    }

    /// Whether messages of [`detail`](Self::detail) are shown.
    pub(crate) fn shows_details(&self) -> bool {
        self.verbose > 0
    }

    /// Prints which provisioner handles each resource with `--verbose`, and more about them with `-vv`.
    pub(crate) fn detail_resources(&self, project: &Project) {
        if !self.shows_details() {
            return;
        }
        let quoted = |names: &mut dyn Iterator<Item = &String>| {
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        for (uid, resource) in &project.resources {
            let provisioner = &resource.provisioner;
            self.detail(&format!("`{uid}` is handled by `{}`", provisioner.file));
            if self.verbose < 2 {
                continue;
            }
            if !provisioner.description.is_empty() {
                self.detail(&format!("  {}", provisioner.description));
            }
            if !provisioner.outputs.is_empty() {
                let outputs = quoted(&mut provisioner.outputs.keys());
                self.detail(&format!("  its outputs are {outputs}"));
            }
            let requires = quoted(&mut resource.requires.values());
            let refers_to = quoted(&mut resource.refers_to.iter());
            for (text, uids) in [
                ("it requires", requires),
                ("its params refer to", refers_to),
            ] {
                if !uids.is_empty() {
                    self.detail(&format!("  {text} {uids}"));
                }
            }
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

/// Whether the user can be asked: standard input and standard error are terminals.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question, and returns the answer without spaces around it.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    say(&format!("{}: ", clean(question)));
    let mut answer = String::new();
    let line = io::stdin()
        .lock()
        .take(LONGEST_ANSWER)
        .read_line(&mut answer);
    match line {
        Ok(length) if length > 0 => Ok(answer.trim().to_owned()),
        Ok(_) => Err(Failure::new("there is no answer on standard input")),
        Err(error) => {
            let problem = format!("cannot read standard input: {}", reason(&error));
            Err(Failure::new(problem))
        }
    }
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
