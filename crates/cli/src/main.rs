//! The command `score-rs`: everything of the compiler that touches disk, environment and
//! terminal. Not: what a Score file means.

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

use clap::{CommandFactory, Parser};

use args::{Command, CommandLine, ProvisionersCommand, ResourcesCommand, StateCommand};
use commands::{explain, generate, init, provisioners, resources, schema, state, validate};
use input::root;
use report::console::{self, Console};
use report::failure::Failure;
use report::{printable, progress};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command that was carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The input is fine, perhaps with warnings.
    Fine,
    /// The input has errors, which were reported.
    Errors,
    /// Files differ from what would be written.
    Stale,
}

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
    let console = Console::new(&line.global);
    progress::start(&line.global);
    let entered = line.global.directory.as_deref().map_or(Ok(()), root::enter);
    let outcome = entered.and_then(|()| run(&line.command, &console));
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

fn run(command: &Command, console: &Console) -> Result<Outcome, Failure> {
    match command {
        Command::Generate(args) => generate::run(args, console),
        Command::Validate(args) => validate::run(args, console),
        Command::Explain(args) => explain::run(args),
        Command::Schema(args) => schema::run(args, console),
        Command::Init(args) => init::run(args, console),
        Command::Resources(args) => match &args.command {
            ResourcesCommand::List(args) => resources::list(args, console),
            ResourcesCommand::GetOutputs(args) => resources::outputs(args, console),
        },
        Command::State(args) => match &args.command {
            StateCommand::List(args) => state::list(args, console),
            StateCommand::Show(args) => state::show(args, console),
            StateCommand::Remove(args) => state::remove(args, console),
            StateCommand::Move(args) => state::rename(args, console),
        },
        Command::Provisioners(args) => match &args.command {
            ProvisionersCommand::List(args) => provisioners::list(args, console),
            ProvisionersCommand::Show(args) => provisioners::show(args, console),
            ProvisionersCommand::New(args) => provisioners::new(args, console),
            ProvisionersCommand::Add(args) => provisioners::add(args, console),
            ProvisionersCommand::Install(_) => provisioners::install(console),
            ProvisionersCommand::Update(args) => provisioners::update(args, console),
            ProvisionersCommand::Remove(args) => provisioners::remove(args, console),
            ProvisionersCommand::Explain(args) => provisioners::explain(args, console),
            ProvisionersCommand::Test(args) => provisioners::test(args, console),
        },
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(
                args.shell,
                &mut CommandLine::command(),
                "score-rs",
                &mut script,
            );
            console::result(&script)?;
            Ok(Outcome::Fine)
        }
    }
}
