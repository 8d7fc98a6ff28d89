//! The words of `score-rs generate` and their help. Not: what they do.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use score_compiler::{HelmOptions, ObjectFormat, Profile, SecretsMode};

use super::{External, Inputs, project_name};

/// Make a Compose project, Kubernetes objects or a Helm chart of Score files
///
/// Either everything is written, or, if anything is wrong, nothing.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs generate                                   score.yaml to compose.yaml
  score-rs generate web/score.yaml api/score.yaml     two workloads in one project
  score-rs generate -i web:1.2 -p 8080:web:80         fill in the image, publish a port
  score-rs generate -t kubernetes -n shop -o -        objects on standard output, nothing written
  score-rs generate -t kubernetes --output-dir k8s    a file per object, for `kubectl apply -k k8s`
  score-rs generate -t helm -o chart                  a chart, for `helm install shop chart`
  score-rs generate -t helm --package -o dist         the same, packed: dist/shop-0.1.0.tgz
  score-rs generate --overrides-file web:prod.yaml    with what differs in production
  score-rs generate --check --diff                    in CI: is what is committed up to date?

Secrets are derived from the project key: SCORE_RS_KEY, else .score-rs/key beside the project file,
which is created when it is first needed.")]
#[allow(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "each field is an option, and has its name"
)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Where to write; `-` is standard output, and then nothing is written to disk
    ///
    /// Without it, this is `compose.yaml`, `manifests.yaml` or the folder `chart` in the working
    /// folder. Paths in the output are relative to its folder. What commands of provisioners remember
    /// is kept in any case. A chart is a folder, which is made if there is none; files of an earlier
    /// run that this one does not write are removed, and all others stay.
    #[arg(short, long, value_name = "FILE|FOLDER|-")]
    pub(crate) output: Option<PathBuf>,
    /// Publish a port of a container on the host (`compose` only)
    ///
    /// May be given more than once. Examples: `-p 8080:web:80` for port 80 of the container in the
    /// workload `web`, `-p 8080:web:http` for its service port `http`,
    /// `-p '5432:postgres.default#web.db.host:5432'` for that of the server that an output of a
    /// resource names. ADDRESS is an IP address of this machine, such as `127.0.0.1` or `[::1]`.
    /// PROTOCOL is `tcp` or `udp`; without it, the port has the protocol of the service port, or both
    /// if there are two.
    #[arg(
        short,
        long,
        value_name = "[ADDRESS:]HOST:WORKLOAD|UID.OUTPUT:CONTAINER[/PROTOCOL]"
    )]
    pub(crate) publish: Vec<String>,
    /// Keep `--build` and `--publish` in the project file, so that later runs need not repeat them
    ///
    /// The project file is created if there is none; comments and all else in it stay.
    #[arg(long)]
    pub(crate) save: bool,
    /// Replace files that score-rs did not write
    ///
    /// Without it, such a file is an error. Inputs, the project key, the state and what is in `.git` are
    /// never replaced.
    #[arg(long)]
    pub(crate) force: bool,
    /// Write nothing, and exit with 1 if a file is not what would be written
    ///
    /// Files below `.score-rs/compose` are compared too, unless there is no such folder, as in a
    /// fresh checkout.
    #[arg(long, conflicts_with = "save")]
    pub(crate) check: bool,
    /// Write nothing, and show how the output would change, without secrets
    #[arg(long, conflicts_with = "save")]
    pub(crate) diff: bool,
    /// Put all objects into this namespace (`kubernetes` and `helm` only)
    ///
    /// Objects of a chart then name the namespace that the chart is installed into.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Make the namespace as well
    ///
    /// Its labels admit pods of the weakest profile that is used.
    #[arg(long, requires = "namespace")]
    pub(crate) generate_namespace: bool,
    /// The Pod Security Standard that workloads keep to (`kubernetes` and `helm` only)
    ///
    /// An annotation of a workload goes before it; without it the project file says it, else it is
    /// `baseline`. What the catalogue runs keeps to `restricted`, unless this is `none`.
    #[arg(long, value_name = "NAME", value_parser = names(&Profile::ALL))]
    pub(crate) profile: Option<String>,
    /// Where the values of secrets are written (`kubernetes` and `helm` only)
    ///
    /// `inline`: among the other objects. `separate`: into `secrets.yaml` beside them, which only you
    /// can read. `external`: nowhere; somebody else makes the Secrets, and no project key is needed.
    /// A chart never holds any: it makes them when it is installed, unless this is `external`.
    #[arg(long, value_name = "WHERE", value_parser = names(&SecretsMode::ALL))]
    pub(crate) secrets: Option<String>,
    /// How objects are written (`kubernetes` only)
    #[arg(long, value_name = "NAME", value_parser = names(&ObjectFormat::ALL))]
    pub(crate) format: Option<String>,
    /// Write each object to a file of its own in this folder, and a `kustomization.yaml` (`kubernetes` only)
    ///
    /// The folder is made if there is none. Files that the `kustomization.yaml` of an earlier run lists
    /// and this one does not write are removed. With `helm`, this is the same as `--output`.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["output", "save"])]
    pub(crate) output_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chart: ChartOptions,
    /// The project's name; without it the project file's, or none
    #[arg(long, value_name = "NAME", value_parser = project_name)]
    pub(crate) project_name: Option<String>,
    #[command(flatten)]
    pub(crate) external: External,
    /// Drop the state of resources that no command answers for any more
    ///
    /// Name all Score files of the project, or find them all by naming none: whatever is in none of
    /// them counts as gone.
    #[arg(long)]
    pub(crate) prune: bool,
}

/// What there is to choose of a chart.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChartOptions {
    /// The chart's name; without it the project file's, else the project's (`helm` only)
    ///
    /// Without any of these it is that of the only workload, or `app` where there are several. Names of
    /// objects follow from it, so choose one before a second workload comes.
    #[arg(long, value_name = "NAME", value_parser = chart_name)]
    pub(crate) chart_name: Option<String>,
    /// The chart's version; without it the project file's, else `0.1.0` (`helm` only)
    #[arg(long, value_name = "VERSION", value_parser = chart_version)]
    pub(crate) chart_version: Option<String>,
    /// The version of what the chart installs (`helm` only)
    #[arg(long, value_name = "VERSION", value_parser = app_version)]
    pub(crate) app_version: Option<String>,
    /// Make a chart of each workload, and one of what they share (`helm` only)
    ///
    /// The folder then holds a chart per workload, in a folder with its name, and one whose name ends
    /// with `-shared`, which has to be installed first, and into the same namespace.
    #[arg(long)]
    pub(crate) chart_per_workload: bool,
    /// Write `NAME-VERSION.tgz` into the folder, and no chart beside it (`helm` only)
    ///
    /// The same input gives the same bytes. Files that you have added to a chart are not in it; for
    /// these there is `helm package`.
    #[arg(long)]
    pub(crate) package: bool,
}

fn chart_name(text: &str) -> Result<String, String> {
    if HelmOptions::is_name(text) {
        return Ok(text.to_owned());
    }
    Err(
        "use 1 to 53 lower-case letters, digits or `-`, beginning and ending with a letter or digit"
            .to_owned(),
    )
}

fn chart_version(text: &str) -> Result<String, String> {
    if HelmOptions::is_version(text) {
        return Ok(text.to_owned());
    }
    let help = "use a version of Semantic Versioning 2, such as `1.2.3` or `1.2.3-rc.1`";
    let other = text.strip_prefix(['v', 'V']);
    Err(match other.filter(|other| HelmOptions::is_version(other)) {
        Some(other) => format!("did you mean `{other}`?"),
        None => help.to_owned(),
    })
}

fn app_version(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("use one line that is not blank".to_owned());
    }
    Ok(text.to_owned())
}

fn names<T>(all: &'static [(&'static str, T)]) -> PossibleValuesParser {
    PossibleValuesParser::new(all.iter().map(|(name, _)| *name))
}
