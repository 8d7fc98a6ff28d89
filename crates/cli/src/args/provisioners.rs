//! The options of `score-rs provisioners` and their help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AllEnvironments, EnvironmentOptions, Inputs, TargetOption, Uid, target_names};

/// Show, create and install provisioners
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Provisioners {
    #[command(subcommand)]
    pub(crate) command: ProvisionersCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ProvisionersCommand {
    List(ProvisionersList),
    Show(Show),
    Explain(Box<ProvisionersExplain>),
    New(New),
    Convert(Convert),
    Test(ProvisionersTest),
    Add(Add),
    Install(Install),
    Update(Update),
    Remove(Remove),
}

/// The environment whose provisioners are used, and provisioners in addition to those of its settings.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ProvisionerPaths {
    /// Provisioners that take precedence over those of the project file
    ///
    /// A folder includes all `*.yaml` and `*.yml` files in it. Can be repeated.
    #[arg(id = "provisioners", long, value_name = "FILE|FOLDER")]
    pub(crate) paths: Vec<PathBuf>,
    /// Use the provisioners of an environment
    ///
    /// The default is the default environment of the project. `provisioners test` tests the provisioners of
    /// the project and of all environments.
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

impl ProvisionerPaths {
    /// The options as those of a run.
    pub(crate) fn inputs(&self) -> Inputs {
        Inputs {
            provisioners: self.paths.clone(),
            environment: EnvironmentOptions {
                env: self.env.iter().cloned().collect(),
                ..EnvironmentOptions::default()
            },
            ..Inputs::default()
        }
    }
}

/// List the provisioners of the project and of packages, and the built-in ones
#[derive(Debug, Clone, Args)]
pub(crate) struct ProvisionersList {
    #[command(flatten)]
    pub(crate) provisioners: ProvisionerPaths,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Install a package and pin it in `score-rs.lock`
///
/// The files are stored in `.score-rs/provisioners/NAME/`. Provisioners of the project file take
/// precedence over those of packages, which take precedence over the built-in ones. Among packages, the
/// one that was added first takes precedence.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Sources:
  FILE.yaml, FOLDER                              local, relative to the working folder
  https://HOST/FILE.yaml                         a file
  https://HOST/FILE.tar.gz//FOLDER               a folder in an archive
  git+https://HOST/REPO.git//FOLDER?ref=v1.2     a branch, tag or commit of a Git repository
  git+ssh://git@HOST/REPO.git                    the same over SSH
  oci://REGISTRY/REPO:TAG                        an artifact created by `oras push`

From a folder, all `*.yaml` and `*.yml` files directly in it that contain provisioners, environments or policies are
used, and the templates in `templates`.
Adding another `ref` or tag of a package replaces it.

Examples:
  score-rs packages add ../platform/provisioners
  score-rs packages add 'git+https://github.com/acme/platform.git//provisioners?ref=v3'
  score-rs packages add oci://ghcr.io/acme/provisioners:3 --name queues")]
pub(crate) struct Add {
    /// The source of the package
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Name of the package; by default derived from the source
    #[arg(long, value_name = "NAME", value_parser = package_name)]
    pub(crate) name: Option<String>,
}

/// Install the packages in `score-rs.lock`, exactly as locked
///
/// Packages that are up to date are not fetched. Files in `.score-rs/provisioners/` that are not in the
/// lock file are removed. The lock file is never changed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Install;

/// Fetch packages again, and pin their new contents
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs packages update            update all packages
  score-rs packages update acme       update the package acme
  score-rs packages update --check    report changes without applying them
  score-rs packages update --diff     show how the output of the project would change
  score-rs packages update --plan     show the effect on what is running")]
pub(crate) struct Update {
    /// The packages to update; by default all
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Change nothing, and exit with 1 if there are updates
    #[arg(long)]
    pub(crate) check: bool,
    /// Change nothing, and show how the output of the project would change
    ///
    /// This is what `generate --diff` shows after the update: for all environments of the project, or for
    /// those of `--env`. Without environments, it is the output in the working folder. No command of a
    /// provisioner is started. Exits with 1 only on errors, unless `--check` is given as well.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Change nothing, and show the effect of the update on what is running
    ///
    /// This is a plan like that of `score-rs plan`: the project with the new versions, compared with the same
    /// project with the installed ones, for the default environment, or for those of `--env` or `--all-envs`.
    /// Hazards have the levels of the project. Exits with 1 on errors, and if there are updates and `--check` is
    /// given as well.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) plan: bool,
    #[command(flatten)]
    pub(crate) environment: EnvironmentOptions,
    #[command(flatten)]
    pub(crate) all: AllEnvironments,
}

/// Remove packages with their files and their entries in `score-rs.lock`
#[derive(Debug, Clone, Args)]
pub(crate) struct Remove {
    /// The packages to remove
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
}

/// Show the params and outputs of the provisioners of a type or package
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners show postgres                     params, outputs and requirements
  score-rs provisioners show acme                         all provisioners of the package acme
  score-rs provisioners show redis -f yaml >redis.yaml    the source, as a starting point")]
pub(crate) struct Show {
    /// A resource type or a package
    #[arg(value_name = "TYPE|NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) provisioners: ProvisionerPaths,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ShowFormat,
}

/// Write a provisioner as a starting point
///
/// It compiles for every target, and its comments explain each part. An existing file is not changed.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners new smtp                    write provisioners/smtp.yaml
  score-rs provisioners new smtp -o platform.yaml   use another file name
  score-rs provisioners new smtp -o -               print to standard output")]
pub(crate) struct New {
    /// The resource type that it handles
    #[arg(value_name = "TYPE", value_parser = resource_type)]
    pub(crate) kind: String,
    /// Output file; `-` writes to standard output
    ///
    /// The default is `provisioners/TYPE.yaml` beside the project file.
    #[arg(short, long, value_name = "FILE|-")]
    pub(crate) output: Option<PathBuf>,
}

/// Show which provisioner handles a resource, and why the others do not
///
/// A provisioner for the id of a resource takes precedence over one for its class, which takes
/// precedence over one for its type only. If they are equal, the first one takes precedence, in the
/// order: `--provisioners`, project file, packages, built-in provisioners.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners explain 'redis.default#web.cache'
  score-rs provisioners explain 'postgres.large#shared' -f json web/score.yaml

`score-rs resources list` lists the resources.")]
pub(crate) struct ProvisionersExplain {
    #[command(flatten)]
    pub(crate) resource: Uid,
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Output format
    #[arg(help_heading = "Output", short, long, value_enum, default_value_t)]
    pub(crate) format: ExplainFormat,
}

/// Convert the provisioners of score-compose or score-k8s to those of score-rs
///
/// Converts the mechanical part of a list of provisioners with Go templates. A comment that starts with `TODO`
/// marks each place that needs a person, with the original text below it. The result is tested like with
/// `provisioners test`. The file that is converted is not changed.
///
/// Exits with 1 if a place needs a person or a test fails. The result is written nevertheless.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners convert mail.provisioners.yaml
  score-rs provisioners convert mail.provisioners.yaml -o provisioners/mail.yaml")]
pub(crate) struct Convert {
    /// The file with a list of provisioners
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// File to write; by default, and for `-`, standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

/// Run the tests of provisioners in memory, without commands, for every target
///
/// For each test, a Score file with the tested resource is compiled. The results must match the expectations of
/// the test. If it has none, the parts of the provisioner must equal those in files below `NAME.tests` beside the
/// provisioner file `NAME.yaml`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners test                     test all provisioners of the project
  score-rs provisioners test --update            write the expected files; review them before you commit
  score-rs provisioners test platform/smtp.yaml -t compose")]
pub(crate) struct ProvisionersTest {
    /// Provisioner files to test, or folders of such files; by default those of the project
    #[arg(value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// Test only this target; can be repeated
    #[arg(short, long, value_name = "NAME", value_parser = target_names(&[]))]
    pub(crate) target: Vec<String>,
    /// Write expected files and remove obsolete ones
    #[arg(long)]
    pub(crate) update: bool,
    #[command(flatten)]
    pub(crate) provisioners: ProvisionerPaths,
}

/// The output format of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// Text for people
    #[default]
    Text,
    /// A JSON object for programs
    Json,
}

/// The output format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// Columns for people
    #[default]
    Table,
    /// A JSON array for programs
    Json,
}

/// The output format of provisioners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A page for people
    #[default]
    Text,
    /// A JSON array for programs
    Json,
    /// The source file, unchanged
    Yaml,
}

fn package_name(text: &str) -> Result<String, String> {
    if crate::packages::is_name(text) {
        return Ok(text.to_owned());
    }
    Err(
        "use 1 to 64 lower-case letters, digits, `.`, `_` or `-`, beginning with a letter or digit"
            .to_owned(),
    )
}

fn resource_type(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let ends = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    if (2..=63).contains(&text.len()) && text.chars().all(inner) && ends(text) {
        return Ok(text.to_owned());
    }
    Err(
        "use 2 to 63 letters, digits or `-`, beginning and ending with a letter or digit"
            .to_owned(),
    )
}
