//! The command `score-rs`: everything of the compiler that touches disk, environment and terminal. Not: what
//! a Score file means.
//!
//! A folder imports only from those before it:
//!
//! ```text
//! report    what people and programs read of a run
//! host      disk, environment, processes, the project key and the state
//! output    where files go, and how they are written or compared
//! packages  provisioners that come from elsewhere
//! args      the words of the command line
//! input     the project, its Score files, and the options about them
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
    // A closed pipe is no reason to complain.
    let _ = io::stdout().flush();
    leave(code)
}

/// Ends the process. Everything is written, and the system takes all memory back at once; else the
/// allocator would give back each free page by itself before, which takes a part of a short run.
#[cfg(unix)]
fn leave(code: i32) -> ! {
    signal_hook::low_level::exit(code)
}

#[cfg(not(unix))]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// What the command line asks for, and the code that it ends with.
fn code() -> i32 {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            refuse(&error);
            return error.exit_code();
        }
    };
    let global = &line.global;
    let console = Console::new(global.quiet, global.verbose > 0, global.color);
    progress::start(global.quiet, global.timings);
    let entered = global.directory.as_deref().map_or(Ok(()), root::enter);
    let outcome = entered.and_then(|()| commands::run(&line.command, &console));
    progress::finish();
    match outcome {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Errors | Outcome::Stale) => 1,
        Err(failure) => {
            console.fail(&failure);
            2
        }
    }
}

/// Says what is wrong with the command line, or gives the help that it asks for.
fn refuse(error: &clap::Error) {
    // Scripts pass on names of files, which anybody may have chosen.
    let is_odd = |word: std::ffi::OsString| {
        let word = word.to_string_lossy();
        printable::inert(&printable::clean(&word)) != word
    };
    if error.use_stderr() && std::env::args_os().any(is_odd) {
        console::problem_lines(error.render().to_string().trim_end());
    } else {
        // A closed pipe is no reason to complain.
        let _ = error.print();
    }
}
