//! The command `score-rs`: everything of the compiler that touches disk, environment and
//! terminal. Not: what a Score file means.

#![allow(
    clippy::disallowed_methods,
    reason = "this is the crate that touches the outside world"
)]

mod answer;
mod args;
mod chart_folder;
mod chart_package;
mod compare;
mod console;
mod discover;
mod disk;
mod env_file;
mod excerpt;
mod explain;
mod external;
mod failure;
mod findings;
mod fix;
mod folder;
mod format;
mod generate;
mod golden;
mod init;
mod inputs;
mod keep;
mod key;
mod levels;
mod object_folder;
mod output;
mod packages;
mod place;
mod process;
mod progress;
mod project;
mod provisioners;
mod report;
mod resources;
mod schema;
mod staged;
mod state;
mod store;
mod table;
mod trial;
mod validate;
mod without_effect;
mod write;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Command, CommandLine, ProvisionersCommand, ResourcesCommand, StateCommand};
use console::Console;
use failure::Failure;

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

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // A closed pipe is no reason to complain.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let console = Console::new(&line.global);
    progress::start(&line.global);
    let outcome = run(&line.command, &console);
    progress::finish();
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Errors | Outcome::Stale) => ExitCode::from(1),
        Err(failure) => {
            console.fail(&failure);
            ExitCode::from(2)
        }
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
            ProvisionersCommand::Explain(args) => answer::explain(args, console),
            ProvisionersCommand::Test(args) => trial::test(args, console),
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
