//! The command line: its words and their help. Not: what they do.

mod generate;
mod provisioners;
mod state;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use score_compiler::{NamePattern, TARGETS};
use score_spec::Code;

use crate::report::format::Format;
use crate::report::levels::{self, Denied};

pub(crate) use generate::*;
pub(crate) use provisioners::*;
pub(crate) use state::*;

/// Compiles Score workload specs to Docker Compose, Kubernetes and Helm charts.
///
/// A Score file says what a workload is and what it needs: a database, a volume, a route. score-rs
/// turns such files into a Compose project, Kubernetes objects or a Helm chart.
#[derive(Debug, Parser)]
#[command(
    name = "score-rs",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_long_help = "\
Examples:
  score-rs init                       write a sample score.yaml
  score-rs generate                   make compose.yaml of it; then: docker compose up
  score-rs generate -t kubernetes     make manifests.yaml; then: kubectl apply -f manifests.yaml
  score-rs generate -t helm           make a chart; then: helm install NAME chart
  score-rs validate                   check Score files and write nothing

Exit codes:
  0  fine, perhaps with warnings
  1  the input has errors, or `generate --check` found a file that differs
  2  the command could not be carried out

Score: https://docs.score.dev"
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Run as if started in this folder, and take the project that it belongs to
    ///
    /// Without it, the project is that of the Score files: the nearest folder above them with a project
    /// file or a lock file.
    #[arg(short = 'C', long, global = true, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// Print errors only: no warnings, notes and summaries
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print more about what is done
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colours; `auto` means on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
    /// Print how long each pass takes
    #[arg(long, global = true)]
    pub(crate) timings: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Generate(Box<Generate>),
    Validate(Validate),
    Explain(Explain),
    Schema(Schema),
    Init(Init),
    Resources(Resources),
    State(State),
    Provisioners(Provisioners),
    Completions(Completions),
}

/// The Score files, and what changes them.
#[derive(Debug, Clone, Args)]
pub(crate) struct Inputs {
    /// Score files, or folders to look for them in; `-` reads standard input
    ///
    /// Without any, this is `score.yaml` in the working folder. If there is none, it is every
    /// `score.yaml` and `*.score.yaml` in the folders below; hidden folders, `node_modules` and
    /// `target` are left out, and links are not followed.
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    /// What to generate; the project file may say it, else it is `compose`
    #[arg(short, long, value_name = "NAME", value_parser = targets())]
    pub(crate) target: Option<String>,
    /// The name of standard input, for messages and for paths that are relative to the file
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,
    /// Merge a file into the Score files, or into those of one workload
    ///
    /// The file has the form of a Score file and holds only what differs. Maps are merged, `null`
    /// removes, and everything else replaces. May be given more than once.
    #[arg(long, value_name = "[WORKLOAD:]FILE")]
    pub(crate) overrides_file: Vec<String>,
    /// Set one value, or remove it by leaving the value empty
    ///
    /// `\.` is a dot inside a key, a number is an index of a list, and `-1` appends to one. May be
    /// given more than once; comes after the files. Example:
    /// `--override-property web:containers.main.image=web:1.2`
    #[arg(long, value_name = "[WORKLOAD:]PATH=VALUE")]
    pub(crate) override_property: Vec<String>,
    /// The image of containers whose image is `.`, or of the ones that are named
    ///
    /// May be given more than once. Examples: `-i registry.example/web:1.2`,
    /// `-i main=web:1.2`, `-i web/main=web:1.2`. Without a container, the image is for those of one
    /// workload whose image is `.`
    #[arg(short, long, value_name = "[[WORKLOAD/]CONTAINER=]IMAGE")]
    pub(crate) image: Vec<String>,
    /// Build a container's image from a folder, or as Compose's `build` says it in JSON
    ///
    /// May be given more than once. Examples: `--build main=.`, `--build web/main=./web`,
    /// `--build 'web/main={"context": "web", "target": "dev"}'`
    #[arg(long, value_name = "[WORKLOAD/]CONTAINER=FOLDER|JSON")]
    pub(crate) build: Vec<String>,
    /// Provisioners that go before those of the project file and the built-in ones
    ///
    /// A folder stands for all `*.yaml` and `*.yml` files in it. May be given more than once.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
    /// Refuse provisioners that neither the project's folder nor `score-rs.lock` pins
    ///
    /// Those of installed packages are always held against the lock file. With this option, there
    /// may be no others from outside the project's folder, and none that lie among the packages
    /// without being in the lock file.
    #[arg(long)]
    pub(crate) locked: bool,
    /// A file of `NAME=value` lines for resources of type `environment`
    ///
    /// `compose`: Compose itself reads the values when the project runs. `generate` adds a line
    /// to the file for each variable that it lacks, and leaves all other lines as they are.
    /// `kubernetes`: values are read from the file; of the environment of this command, only variables
    /// that are allowed are read.
    /// `helm`: it has no effect, since they are values of the chart.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Allow a variable of the environment of this command to be read
    ///
    /// `*` stands for any characters, as in `APP_*`. May be given more than once, and adds to
    /// `permissions.environment` of the project file. `kubernetes` reads variables while it generates, and
    /// what it reads is in the manifests; other targets read none. Variables of score-rs itself, `SCORE_RS_*`,
    /// cannot be allowed.
    #[arg(long, value_name = "NAME", value_parser = str::parse::<NamePattern>)]
    pub(crate) allow_env: Vec<NamePattern>,
    /// Ignore `permissions.environment` of the project file
    ///
    /// Only variables that `--allow-env` allows are read then, whatever the project file says. For checkouts
    /// that you do not trust.
    #[arg(long)]
    pub(crate) no_env: bool,
    /// Let Score files read files outside the project
    ///
    /// Without it, a `source` that leads out of the folder of the project file, or of the working
    /// folder where there is none, is an error, also through a link. Only for Score files that you trust.
    #[arg(long)]
    pub(crate) allow_outside_files: bool,
}

fn targets() -> PossibleValuesParser {
    PossibleValuesParser::new(
        TARGETS
            .iter()
            .map(|target| clap::builder::PossibleValue::new(target.name).help(target.summary)),
    )
}

/// Check Score files and write nothing
///
/// Everything that is wrong is reported at once. With a target, what that target cannot express is
/// reported too.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("target", |target| target.help("Check for this target as well")))]
#[command(after_long_help = "\
Examples:
  score-rs validate                                  the files that `generate` would take
  score-rs validate -t kubernetes web/               what Kubernetes cannot express, too
  score-rs validate --fix                            mend what can be mended without a look
  score-rs validate --deny warnings --format github  annotate a pull request
  score-rs validate - --stdin-filename web/score.yaml <web/score.yaml

`score-rs explain` lists the codes.")]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to print what was found
    #[arg(short, long, value_enum, default_value = "human")]
    pub(crate) format: Format,
    /// Do not report this code
    #[arg(long, value_name = "CODE", value_parser = levels::code)]
    pub(crate) allow: Vec<Code>,
    /// Report this code as a warning
    #[arg(long, value_name = "CODE", value_parser = levels::code)]
    pub(crate) warn: Vec<Code>,
    /// Report this code, or all warnings, as errors
    #[arg(long, value_name = "CODE|warnings", value_parser = levels::denied)]
    pub(crate) deny: Vec<Denied>,
    /// Change the Score files where a finding says how; comments and formatting stay
    #[arg(long)]
    pub(crate) fix: bool,
}

/// Explain a code that findings carry, with an example
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs explain                      all codes
  score-rs explain spec/unknown-field   one of them")]
pub(crate) struct Explain {
    /// The code; without one, all are listed
    #[arg(value_name = "CODE", value_parser = levels::code)]
    pub(crate) code: Option<Code>,
}

/// Print a JSON Schema, for editors and other programs
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs schema >score.schema.json             of Score files
  score-rs schema --project >score.schema.json   with the resource types of this project in it

An editor with a YAML language server uses it by a first line in the Score file:
  # yaml-language-server: $schema=score.schema.json")]
pub(crate) struct Schema {
    /// What to describe
    #[arg(value_enum, default_value_t)]
    pub(crate) name: SchemaName,
    /// Add the resource types, classes and params that this project's provisioners offer
    #[arg(long)]
    pub(crate) project: bool,
    /// Provisioners that go before those of the project file
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SchemaName {
    /// Score files
    #[default]
    Score,
    /// Provisioner files
    Provisioner,
    /// The project file, `score-rs.yaml`
    Project,
    /// What the command of a provisioner reads
    RunRequest,
    /// What the command of a provisioner writes
    RunAnswer,
    /// What `validate --format json` prints
    Diagnostics,
}

/// Write a sample Score file to start from
///
/// A file that is there already is left as it is. No other command needs this one.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs init                        write score.yaml
  score-rs init -f web.score.yaml      under another name
  score-rs init --project-name shop    write score-rs.yaml too, with the project's name")]
pub(crate) struct Init {
    /// The Score file to write
    #[arg(short, long, value_name = "FILE", default_value = "score.yaml")]
    pub(crate) file: PathBuf,
    /// Write a project file `score-rs.yaml` with this name as well
    #[arg(long, value_name = "NAME", value_parser = project_name)]
    pub(crate) project_name: Option<String>,
    /// Write no Score file
    #[arg(long)]
    pub(crate) no_sample: bool,
}

/// Show the resources that workloads need
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Resources {
    #[command(subcommand)]
    pub(crate) command: ResourcesCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ResourcesCommand {
    List(ResourcesList),
    GetOutputs(ResourcesGetOutputs),
}

/// List the resources, who needs them and who answers them
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs resources list
  score-rs resources list -f json web/score.yaml

No command of a provisioner is started.")]
pub(crate) struct ResourcesList {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to print them
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Print the outputs of a resource
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs resources get-outputs 'redis.default#web.cache'
  score-rs resources get-outputs 'postgres.default#web.db' --show-secrets -f yaml")]
pub(crate) struct ResourcesGetOutputs {
    /// The resource, as `resources list` calls it
    #[arg(value_name = "UID")]
    pub(crate) uid: String,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to print them
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// Print secrets rather than `[redacted]`; needs the project key
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Start commands of provisioners, and remember what they answer
    ///
    /// Without it, what the state knows of their answers is used.
    #[arg(long, conflicts_with = "no_commands")]
    pub(crate) run: bool,
    #[command(flatten)]
    pub(crate) external: External,
}

/// Show which provisioner answers a resource, and why the others do not
///
/// A provisioner for the id of a resource goes before one for its class, and that before one for its
/// type. Among equals the first goes: those of `--provisioners`, then those of the project file, then
/// the built-in ones.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners explain 'redis.default#web.cache'
  score-rs provisioners explain 'postgres.large#shared' -f json web/score.yaml

`score-rs resources list` lists the resources.")]
pub(crate) struct ProvisionersExplain {
    /// The resource, as `resources list` calls it
    #[arg(value_name = "UID")]
    pub(crate) uid: String,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ExplainFormat,
}

/// Run the tests of provisioners: in memory, without commands, for every target
///
/// Each test of a provisioner is a resource, for which a Score file is made and compiled with a key that
/// is always the same. What is rendered must equal the files below `NAME.tests` beside the provisioner
/// file `NAME.yaml`. A chart has no such files: its objects are those of `kubernetes`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners test                     all provisioners of the project
  score-rs provisioners test --update            write what is rendered; read it before you commit it
  score-rs provisioners test platform/smtp.yaml -t compose")]
pub(crate) struct ProvisionersTest {
    /// Provisioner files whose tests to run, or folders of such files; without any, those of the project
    #[arg(value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// Test for this target only; may be given more than once
    #[arg(short, long, value_name = "NAME", value_parser = targets())]
    pub(crate) target: Vec<String>,
    /// Write the files that are rendered, and remove those that no longer are
    #[arg(long)]
    pub(crate) update: bool,
    /// Provisioners that go before those of the project file
    ///
    /// A folder stands for all `*.yaml` and `*.yml` files in it. May be given more than once.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
}

/// How to print an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// Text for people
    #[default]
    Text,
    /// A JSON object for programs
    Json,
}

/// How to print a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// Columns for people
    #[default]
    Table,
    /// A JSON array for programs
    Json,
}

/// How to print an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum OutputFormat {
    /// A JSON object
    #[default]
    Json,
    /// A YAML document
    Yaml,
}

/// How to print provisioners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A page for people
    #[default]
    Text,
    /// A JSON array for programs
    Json,
    /// The source, as it was written
    Yaml,
}

/// Print completions for a shell
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs completions bash > ~/.local/share/bash-completion/completions/score-rs
  score-rs completions zsh > ~/.zfunc/_score-rs
  score-rs completions fish > ~/.config/fish/completions/score-rs.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

fn project_name(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    let fits = text.len() <= 63 && text.chars().all(inner) && !text.starts_with(['-', '_']);
    if text.is_empty() || !fits {
        return Err(
            "use 1 to 63 lower-case letters, digits, `-` or `_`, beginning with a letter or digit"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}
