//! The command `score-rs`. All access of the compiler to disk, environment and terminal is here;
//! the libraries define what a Score file means.
//!
//! Each folder imports only from those above it:
//!
//! ```text
//! report    the terminal, machine-readable reports, progress
//! host      disk, environment, processes, the project key and the state
//! output    the destinations of files, and how they are written or compared
//! packages  provisioner packages
//! args      the command line
//! input     the project, its Score files, and the options for them
//! commands  a module for each command
//! ```

#![allow(
    clippy::disallowed_methods,
    reason = "this is the crate that touches the outside world"
)]

mod args;
mod commands;
mod host;
mod input;
mod output;
mod packages;
mod report;

use std::io::{self, Write};

use clap::Parser;

use args::CommandLine;
use commands::Outcome;
use input::root;
use report::console::{self, Console};
use report::{printable, progress};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let code = code();
    // A closed pipe is not an error.
    let _ = io::stdout().flush();
    std::process::exit(code)
}

/// Runs the command, and returns the exit code.
fn code() -> i32 {
    if let Some(code) = commands::complete() {
        return code;
    }
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(mut error) => {
            let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            args::answer(&mut error, words);
            refuse(&error);
            return error.exit_code();
        }
    };
    let global = &line.global;
    let console = Console::new(global.quiet, global.verbose, global.color);
    progress::start(global.quiet, global.timings);
    let entered = global.directory.as_deref().map_or(Ok(()), root::enter);
    let outcome = entered.and_then(|()| commands::run(&line.command, &console));
    progress::finish();
    match outcome {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Errors | Outcome::Stale) => 1,
        Err(failure) => {
            console.fail(&failure);
            commands::report_failure(&line.command, failure);
            2
        }
    }
}

/// Prints an error of the command line, or the requested help.
fn refuse(error: &clap::Error) {
    // File names that scripts pass on can contain control sequences, for example from a checkout.
    let is_odd = |word: std::ffi::OsString| {
        let word = word.to_string_lossy();
        printable::inert(&printable::clean(&word)) != word
    };
    if error.use_stderr() && std::env::args_os().any(is_odd) {
        console::problem_lines(error.render().to_string().trim_end());
    } else {
        // A closed pipe is not an error.
        let _ = error.print();
    }
}
