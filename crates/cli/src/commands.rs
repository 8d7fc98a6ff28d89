//! The commands, each in a module.

mod completions;
mod env;
mod explain;
mod export;
mod generate;
mod graph;
mod init;
mod man;
mod migrate;
mod packages;
mod plan;
mod policy;
mod provisioners;
mod resources;
mod schema;
mod state;
mod test;
mod validate;
mod version;
mod why;

use score_spec::{Diagnostic, diagnostic::any_error};

use crate::args::{
    Command, EnvCommand, PackagesCommand, PolicyCommand, ProvisionersCommand, ResourcesCommand,
    StateCommand,
};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::format::Format;

pub(crate) use completions::answer as complete;
use validate::failed;

/// The outcome of a command that ran to completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The input is valid, possibly with warnings.
    Fine,
    /// The input has errors, which have been reported.
    Errors,
    /// Existing files differ from the current output.
    Stale,
}

impl Outcome {
    /// The outcome after these diagnostics have been reported.
    fn of(diagnostics: &[Diagnostic]) -> Self {
        Self::errors_if(any_error(diagnostics))
    }

    /// The outcome depending on whether there are errors.
    fn errors_if(has_errors: bool) -> Self {
        if has_errors { Self::Errors } else { Self::Fine }
    }
}

/// Prints the report of a command that failed, if it prints one for programs.
pub(crate) fn report_failure(command: &Command, failure: Failure) {
    match command {
        Command::Validate(args) if args.format != Format::Human => failed::report(args, failure),
        Command::Plan(args) => plan::report_failure(args, &failure),
        _ => {}
    }
}

/// Runs a command.
pub(crate) fn run(command: &Command, console: &Console) -> Result<Outcome, Failure> {
    match command {
        Command::Generate(args) => generate::run(args, console),
        Command::Validate(args) => validate::run(args, console),
        Command::Plan(args) => plan::run(args, console),
        Command::Explain(args) => explain::run(args, console),
        Command::Schema(args) => schema::run(args, console),
        Command::Init(args) => init::run(args, console),
        Command::Resources(args) => match &args.command {
            ResourcesCommand::List(args) => resources::list(args, console),
            ResourcesCommand::GetOutputs(args) => resources::outputs(args, console),
        },
        Command::Graph(args) => graph::run(args, console),
        Command::Why(args) => why::run(args, console),
        Command::Env(args) => match &args.command {
            EnvCommand::List(args) => env::list(args, console),
            EnvCommand::Show(args) => env::show(args, console),
            EnvCommand::Diff(args) => env::diff(args, console),
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
            ProvisionersCommand::Convert(args) => provisioners::convert(args, console),
            ProvisionersCommand::New(args) => provisioners::new(args, console),
            ProvisionersCommand::Add(args) => provisioners::add(args, console),
            ProvisionersCommand::Install(_) => provisioners::install(console),
            ProvisionersCommand::Update(args) => provisioners::update(args, console),
            ProvisionersCommand::Remove(args) => provisioners::remove(args, console),
            ProvisionersCommand::Explain(args) => provisioners::explain(args, console),
            ProvisionersCommand::Test(args) => provisioners::test(args, console),
        },
        Command::Packages(args) => match &args.command {
            PackagesCommand::List(args) => packages::list(args, console),
            PackagesCommand::Add(args) => provisioners::add(args, console),
            PackagesCommand::Install(_) => provisioners::install(console),
            PackagesCommand::Update(args) => provisioners::update(args, console),
            PackagesCommand::Remove(args) => provisioners::remove(args, console),
        },
        Command::Policy(args) => match &args.command {
            PolicyCommand::List(args) => policy::list(args, console),
            PolicyCommand::Test(args) => policy::test(args, console),
        },
        Command::Test(_) => test::run(console),
        Command::Export(args) => export::run(args, console),
        Command::Completions(args) => completions::run(args),
        Command::Migrate(args) => migrate::run(args, console),
        Command::Man(args) => man::run(args, console),
        Command::Version(_) => version::print(),
        Command::CheckVersion(args) => Ok(version::check(args, console)),
    }
}
