//! The words of `score-rs provisioners` and their help. Not: what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ListFormat, ProvisionersExplain, ProvisionersTest, ShowFormat};

/// Show, write and install the provisioners that answer resources
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
    Test(ProvisionersTest),
    Add(Add),
    Install(Install),
    Update(Update),
    Remove(Remove),
}

/// List the provisioners: those of the project, of packages, and the built-in ones
#[derive(Debug, Clone, Args)]
pub(crate) struct ProvisionersList {
    /// Provisioners that go before those of the project file
    ///
    /// A folder stands for all `*.yaml` and `*.yml` files in it. May be given more than once.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
    /// How to print them
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Install a package of provisioners and pin it in `score-rs.lock`
///
/// The files go to `.score-rs/provisioners/NAME/`. They go behind the provisioners of the project
/// file and before the built-in ones, and the package that was added first goes before the others.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Sources:
  FILE.yaml, FOLDER                              on this machine, relative to the working folder
  https://HOST/FILE.yaml                         a file
  https://HOST/FILE.tar.gz//FOLDER               an archive, and a folder in it
  git+https://HOST/REPO.git//FOLDER?ref=v1.2     a branch, tag or commit, by the program git
  git+ssh://git@HOST/REPO.git                    the same by SSH
  oci://REGISTRY/REPO:TAG                        an artifact, as `oras push` makes them

Of a folder, the `*.yaml` and `*.yml` files directly in it with provisioners are taken. Adding
another `ref` or tag of a package replaces it.

Examples:
  score-rs provisioners add ../platform/provisioners
  score-rs provisioners add 'git+https://github.com/acme/platform.git//provisioners?ref=v3'
  score-rs provisioners add oci://ghcr.io/acme/provisioners:3 --name queues")]
pub(crate) struct Add {
    /// Where the package comes from
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// What to call the package, rather than what follows from its source
    #[arg(long, value_name = "NAME", value_parser = package_name)]
    pub(crate) name: Option<String>,
}

/// Install what `score-rs.lock` names, exactly as it was locked
///
/// A package whose files are as they should be is left alone. What lies in
/// `.score-rs/provisioners/` and is not in the lock file is removed. The lock file never changes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Install;

/// Fetch packages anew, and pin what comes
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners update            all packages
  score-rs provisioners update acme       one of them
  score-rs provisioners update --check    only say what would change; exit code 1 if anything would")]
pub(crate) struct Update {
    /// The packages; without one, all
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Change nothing; exit code 1 if there is something to change
    #[arg(long)]
    pub(crate) check: bool,
}

/// Remove packages, their files and their lines in `score-rs.lock`
#[derive(Debug, Clone, Args)]
pub(crate) struct Remove {
    /// The packages
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
}

/// Show what the provisioners of a type or of a package take and give
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners show postgres                     params, outputs and what it needs
  score-rs provisioners show acme                         all provisioners of the package acme
  score-rs provisioners show redis -f yaml >redis.yaml    the source, to start one's own from")]
pub(crate) struct Show {
    /// A resource type, or a package
    #[arg(value_name = "TYPE|NAME")]
    pub(crate) name: String,
    /// Provisioners that go before those of the project file
    ///
    /// A folder stands for all `*.yaml` and `*.yml` files in it. May be given more than once.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) provisioners: Vec<PathBuf>,
    /// How to print them
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ShowFormat,
}

/// Write a provisioner to start from
///
/// It compiles as it is, for every target, and its comments say what each part is for. A file that
/// is there already is left as it is.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs provisioners new smtp                    write provisioners/smtp.yaml
  score-rs provisioners new smtp -o platform.yaml   under another name
  score-rs provisioners new smtp -o -               on standard output")]
pub(crate) struct New {
    /// The resource type that it answers
    #[arg(value_name = "TYPE", value_parser = resource_type)]
    pub(crate) kind: String,
    /// Where to write; `-` is standard output
    ///
    /// Without it, this is `provisioners/TYPE.yaml` beside the project file.
    #[arg(short, long, value_name = "FILE|-")]
    pub(crate) output: Option<PathBuf>,
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
