//! The command line: commands, options and their help texts. Their implementations are in `commands`.

mod answers;
mod env;
mod environment;
mod export;
mod generate;
mod graph;
mod init;
mod level;
mod man;
mod migrate;
mod packages;
mod plan;
mod policy;
mod provisioners;
mod resources;
mod state;
mod target;
mod version;
mod why;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use score_compiler::NamePattern;

use crate::host::Pending;
use crate::packages::Updates;
use crate::report::console::Color;
use crate::report::format::Format;
use crate::report::levels::{self, Explained};

pub(crate) use answers::answer;
pub(crate) use env::*;
pub(crate) use environment::*;
pub(crate) use export::*;
pub(crate) use generate::*;
pub(crate) use graph::*;
pub(crate) use init::*;
pub(crate) use level::*;
pub(crate) use man::*;
pub(crate) use migrate::*;
pub(crate) use packages::*;
pub(crate) use plan::*;
pub(crate) use policy::*;
pub(crate) use provisioners::*;
pub(crate) use resources::*;
pub(crate) use state::*;
pub(crate) use target::*;
pub(crate) use version::*;
pub(crate) use why::*;

/// Compiles Score workload specs to Docker Compose projects, Kubernetes objects and Helm charts.
///
/// A Score file describes a workload and the resources it needs, such as a database, a volume or a
/// route. score-rs compiles Score files to a Compose project, Kubernetes objects or a Helm chart.
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
  score-rs generate                   write compose.yaml; then: docker compose up
  score-rs generate -t kubernetes     write manifests.yaml; then: kubectl apply -f manifests.yaml
  score-rs generate -t helm           write a chart; then: helm install NAME chart
  score-rs validate                   validate Score files without writing anything
  score-rs plan                       show the effect of a change on what is running

Exit codes:
  0  no errors (warnings are allowed)
  1  the input has errors, a change of a plan is an error, a test of a provisioner failed, or
     something is out of date: a file for `generate --check`, a package for `packages update
     --check`
  2  the command could not be run

Score: https://docs.score.dev"
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Run as if started in this folder, and use the project that it belongs to
    ///
    /// By default, the project is found from the Score files: it is the nearest folder above them with a
    /// project file or a lock file.
    #[arg(short = 'C', long, global = true, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// Print only errors: no warnings, notes or summaries
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print more details; `-vv` prints even more
    ///
    /// Details are the folder of the project, the origin of the key, each file that is read, and the
    /// provisioner of each resource.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colours
    ///
    /// `auto` uses them on a terminal unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
    /// Print the duration of each pass
    #[arg(long, global = true)]
    pub(crate) timings: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Generate(Box<Generate>),
    Validate(Validate),
    Plan(Box<Plan>),
    Explain(Explain),
    Schema(Schema),
    Init(Init),
    Resources(Resources),
    Graph(Graph),
    Why(Why),
    Env(Env),
    State(State),
    Provisioners(Provisioners),
    Packages(Packages),
    Policy(Policy),
    Test(Test),
    Export(Export),
    Migrate(Migrate),
    #[command(alias = "completion")]
    Completions(Completions),
    Man(Man),
    Version(Version),
    CheckVersion(CheckVersion),
}

/// The Score files, and the options that modify them.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Inputs {
    /// Score files, or folders to search for them; `-` reads standard input
    ///
    /// The default is `score.yaml` in the working folder or, if it does not exist, every `score.yaml`
    /// and `*.score.yaml` in the working folder and its subfolders. Hidden folders, `node_modules` and
    /// `target` are skipped, and links are not followed.
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentOptions,
    /// File name for standard input, used in messages and to resolve relative paths
    #[arg(help_heading = "Input", long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Set the image of containers whose image is `.`, or of the named containers
    ///
    /// Can be repeated. Examples: `-i registry.example/web:1.2`, `-i main=web:1.2`, `-i
    /// web/main=web:1.2`. Without a container, the image applies to the containers of one workload whose
    /// image is `.`
    #[arg(
        help_heading = "Images and builds",
        short,
        long,
        value_name = "[[WORKLOAD/]CONTAINER=]IMAGE"
    )]
    pub(crate) image: Vec<String>,
    /// Build the image of a container from a folder, or from a Compose `build` object in JSON
    ///
    /// Can be repeated. Examples: `--build main=.`, `--build web/main=./web`, `--build
    /// 'web/main={"context": "web", "target": "dev"}'`
    #[arg(
        help_heading = "Images and builds",
        long,
        value_name = "[WORKLOAD/]CONTAINER=FOLDER|JSON"
    )]
    pub(crate) build: Vec<String>,
    /// Provisioners that take precedence over all others
    ///
    /// The others are those of the project file and of packages, and the built-in ones. A folder includes
    /// all `*.yaml` and `*.yml` files in it. Can be repeated.
    #[arg(help_heading = "Provisioners", long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
    /// Patch template for the output, after those of the project file
    ///
    /// It is a template of score-compose or score-k8s, for the target of the run. Can be repeated.
    #[arg(help_heading = "Provisioners", long, value_name = "FILE")]
    pub(crate) patch_templates: Vec<PathBuf>,
    /// Reject provisioners that are neither in the project nor pinned
    ///
    /// Files of installed packages are always verified against the lock file. With this option,
    /// provisioners from outside the project folder, and files among the packages that are not in the
    /// lock file, are errors as well.
    #[arg(help_heading = "Provisioners", long)]
    pub(crate) locked: bool,
    /// Packages that are used instead of installed ones; no option sets them.
    #[arg(skip)]
    pub(crate) updates: Updates,
    /// Files that are read before they are written; no option sets them.
    #[arg(skip)]
    pub(crate) pending: Pending,
    /// File with `NAME=value` lines for resources of type `environment`
    ///
    /// `compose`: Compose itself reads the values when the project runs. `generate` adds a line to the
    /// file for each missing variable, and keeps all other lines. `kubernetes`: values are read from the
    /// file, and from the environment only if the variable is allowed. `helm`: no effect, because the
    /// variables are chart values.
    #[arg(help_heading = "Secrets and environment", long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Allow an environment variable of this command to be read
    ///
    /// `*` matches any characters, as in `APP_*`. Can be repeated, and adds to `permissions.environment`
    /// of the project file. Only `kubernetes` reads variables while it generates, and writes their
    /// values to the manifests. Variables of score-rs itself, `SCORE_RS_*`, cannot be allowed.
    #[arg(help_heading = "Secrets and environment", long, value_name = "NAME", value_parser = str::parse::<NamePattern>)]
    pub(crate) allow_env: Vec<NamePattern>,
    /// Ignore `permissions.environment` of the project file
    ///
    /// Only variables allowed with `--allow-env` are then read. Use this for untrusted checkouts.
    #[arg(help_heading = "Secrets and environment", long)]
    pub(crate) no_env: bool,
    /// Allow Score files to read files outside the project
    ///
    /// By default it is an error if a `source` leads out of the folder of the project file (or out of
    /// the working folder, if there is no project file), also through a link. Use this only for Score
    /// files that you trust.
    #[arg(help_heading = "Input", long)]
    pub(crate) allow_outside_files: bool,
}

/// The changes of Score files by options.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Overrides {
    /// Merge a file into the Score files, or into those of one workload
    ///
    /// The file has the format of a Score file, but contains only the differences. Maps are merged,
    /// `null` removes a key, and everything else is replaced. Can be repeated.
    #[arg(
        help_heading = "Input",
        long,
        alias = "override-file",
        value_name = "[WORKLOAD:]FILE"
    )]
    pub(crate) overrides_file: Vec<String>,
    /// Set a value, or remove it if the new value is empty or `null`
    ///
    /// The value is YAML. In the path, `\.` is a dot inside a key and `\\` is a backslash, a number is a list
    /// index, and `-1` appends to a list. Can be repeated; applied after overrides files. Example:
    /// `--override-property web:containers.main.image=web:1.2`
    #[arg(help_heading = "Input", long, value_name = "[WORKLOAD:]PATH=VALUE")]
    pub(crate) override_property: Vec<String>,
}

/// Validate Score files without writing anything
///
/// All problems are reported at once, including what the target does not support. No provisioner
/// command is started, and neither the environment nor the project key is read.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs validate                                  the files that `generate` would use
  score-rs validate -t all web/                      check for every target
  score-rs validate --all-envs                       check every environment
  score-rs validate --fix                            apply the fixes that need no review
  score-rs validate --deny warnings --format github  annotate a pull request
  score-rs validate - --stdin-filename web/score.yaml <web/score.yaml

`score-rs explain` lists the codes.")]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) all: AllEnvironments,
    #[command(flatten)]
    pub(crate) targets: TargetsToCheck,
    /// Output format
    #[arg(
        help_heading = "Report",
        short,
        long,
        value_enum,
        default_value = "human"
    )]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) levels: LevelOptions,
    /// Apply suggested fixes to the Score files; comments and formatting are preserved
    #[arg(help_heading = "Input", long)]
    pub(crate) fix: bool,
}

/// Explain a diagnostic code with an example, or a rule of a policy
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs explain                      list all codes
  score-rs explain spec/unknown-field   explain a code
  score-rs explain acme/owner           explain a rule of the project's policies")]
pub(crate) struct Explain {
    /// The code or rule to explain; by default, list all codes
    #[arg(id = "code", value_name = "CODE|RULE", value_parser = levels::explained)]
    pub(crate) subject: Option<Explained>,
}

/// Print a JSON Schema, for editors and other programs
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs schema >score.schema.json             for Score files
  score-rs schema --project >score.schema.json   with the resource types of this project, and annotations

To use it with a YAML language server, add this line at the top of the Score file:
  # yaml-language-server: $schema=score.schema.json")]
pub(crate) struct Schema {
    /// The subject of the schema
    #[arg(value_enum, default_value_t)]
    pub(crate) name: SchemaName,
    /// Include the resource types of the project, and annotations
    ///
    /// These are the types, classes and params of its provisioners.
    #[arg(long)]
    pub(crate) project: bool,
    #[command(flatten)]
    pub(crate) provisioners: ProvisionerPaths,
}

/// The subject of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SchemaName {
    /// Score files
    #[default]
    Score,
    /// Provisioner files
    Provisioner,
    /// The project file, `score-rs.yaml`
    Project,
    /// Environment files, `environments/NAME.yaml`
    Environment,
    /// Files with the images of an environment, `environments/NAME.images.yaml`
    Images,
    /// Policy files
    Policy,
    /// Files with waivers
    Waivers,
    /// The file that describes a template, `template.yaml`
    Template,
    /// Input of provisioner commands
    RunRequest,
    /// Output of provisioner commands
    RunAnswer,
    /// Output of `validate --format json`
    Diagnostics,
    /// Output of `graph --format json`
    Model,
    /// Output of `plan --format json`
    Plan,
}

/// Print completions for a shell
///
/// Options, codes, environments, resource types, uids, workloads and packages are completed. The script runs `score-rs`
/// for each completion. Write it again after an update.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  eval \"$(score-rs completions bash)\"   in ~/.bashrc
  source <(score-rs completions zsh)     in ~/.zshrc, after compinit
  score-rs completions fish | source     in ~/.config/fish/config.fish

As files:
  score-rs completions bash > ~/.local/share/bash-completion/completions/score-rs
  score-rs completions zsh > ~/.zfunc/_score-rs
  score-rs completions fish > ~/.config/fish/completions/score-rs.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
    /// Accepted for scripts of score-compose and score-k8s; shells without descriptions show none.
    #[arg(long, hide = true)]
    no_descriptions: bool,
}

pub(crate) fn project_name(text: &str) -> Result<String, String> {
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
