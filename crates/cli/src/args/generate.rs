//! The options of `score-rs generate` and their help texts.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use score_compiler::Helm;
use score_compiler::kubernetes::{ObjectFormat, Profile, SecretsMode};

use super::{AllEnvironments, External, Inputs, LevelOptions, TargetOption, project_name};

/// Generate a Compose project, Kubernetes objects or a Helm chart from Score files
///
/// If there is any error, nothing is written.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  score-rs generate                                   score.yaml to compose.yaml
  score-rs generate web/score.yaml api/score.yaml     two workloads in one project
  score-rs generate -i web:1.2 -p 8080:web:80         set the image, publish a port
  score-rs generate -t kubernetes -n shop -o -        objects to standard output, no files
  score-rs generate -t kubernetes --output-dir k8s    a file per object, for `kubectl apply -k k8s`
  score-rs generate -t helm -o chart                  a chart, for `helm install shop chart`
  score-rs generate -t helm --package -o dist         a packaged chart: dist/shop-0.1.0.tgz
  score-rs generate --overrides-file web:prod.yaml    with overrides for production
  score-rs generate --env prod                        with environments/prod.yaml
  score-rs generate --all-envs                        all environments of the project
  score-rs generate --check --diff                    in CI: check that files are up to date

Secrets are derived from the project key: SCORE_RS_KEY, or .score-rs/key beside the project file,
which is created when it is first needed.")]
#[allow(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "each field is named after its option"
)]
pub(crate) struct Generate {
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) all: AllEnvironments,
    /// Output file or folder; `-` writes to standard output
    ///
    /// With `-`, the disk is left unchanged. The default is `compose.yaml`, `manifests.yaml` or the folder
    /// `chart` in the working folder; for an environment, it is its `output`, or `deploy/NAME/` in the
    /// project folder. Paths in the output are relative to its folder. The state of
    /// provisioner commands is stored in any case. A chart is a folder, which is created if necessary;
    /// files of an earlier run that are no longer generated are removed, and all other files are kept.
    #[arg(help_heading = "Output", short, long, value_name = "FILE|FOLDER|-")]
    pub(crate) output: Option<PathBuf>,
    /// Publish a container port on the host (`compose` only)
    ///
    /// Can be repeated. Examples: `-p 8080:web:80` for port 80 of the container in the workload `web`,
    /// `-p 8080:web:http` for its service port `http`, `-p '5432:postgres.default#web.db.host:5432'` for
    /// port 5432 of the server whose host name is this output of a resource. ADDRESS is an IP address of
    /// this machine, such as `127.0.0.1` or `[::1]`. PROTOCOL is `tcp` or `udp`; by default that of the
    /// service port, or both if there are two.
    #[arg(
        help_heading = "Compose",
        short,
        long,
        value_name = "[ADDRESS:]HOST:WORKLOAD|UID.OUTPUT:CONTAINER[/PROTOCOL]"
    )]
    pub(crate) publish: Vec<String>,
    /// Store `--build` and `--publish` in the project file for later runs
    ///
    /// The project file is created if necessary; comments and other contents are preserved.
    #[arg(help_heading = "Output", long)]
    pub(crate) save: bool,
    /// Replace files that score-rs did not write
    ///
    /// By default, such a file is an error. Inputs, the project key, the state and files in `.git` are
    /// never replaced.
    #[arg(help_heading = "Output", long)]
    pub(crate) force: bool,
    /// Write nothing, and exit with 1 if a file is out of date
    ///
    /// Files in `.score-rs/compose` are compared too, unless the folder does not exist, as in a fresh
    /// checkout.
    #[arg(help_heading = "Output", long, conflicts_with = "save")]
    pub(crate) check: bool,
    /// Write nothing, and show how the output would change, without secrets
    #[arg(help_heading = "Output", long, conflicts_with = "save")]
    pub(crate) diff: bool,
    /// Namespace of all objects (`kubernetes` and `helm` only)
    ///
    /// In a chart, the objects use the namespace of the release.
    #[arg(help_heading = "Kubernetes and Helm", short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Also generate the namespace
    ///
    /// Its labels admit pods of the weakest profile in use.
    #[arg(help_heading = "Kubernetes and Helm", long, requires = "namespace")]
    pub(crate) generate_namespace: bool,
    /// Pod Security Standard of workloads
    ///
    /// Annotations of workloads take precedence. The default is that of the project file, or `baseline`.
    /// Components of the catalogue comply with `restricted`, unless this is `none`.
    #[arg(help_heading = "Kubernetes and Helm", long, value_name = "NAME", value_parser = names(&Profile::ALL))]
    pub(crate) profile: Option<String>,
    /// Destination of secret values
    ///
    /// Has an effect on `kubernetes` and `helm` only. `inline`: among the other objects. `separate`: in
    /// `secrets.yaml` beside them, which only you can read. `external`: nowhere; the Secrets must be
    /// created by other means, and no project key is needed. A chart never contains secrets: it generates
    /// them when it is installed, unless this is `external`.
    #[arg(help_heading = "Secrets and environment", long, value_name = "WHERE", value_parser = names(&SecretsMode::ALL))]
    pub(crate) secrets: Option<String>,
    /// Format of objects (`kubernetes` only)
    #[arg(help_heading = "Kubernetes and Helm", long, value_name = "NAME", value_parser = names(&ObjectFormat::ALL))]
    pub(crate) format: Option<String>,
    /// Write each object to a separate file in this folder (`kubernetes` only)
    ///
    /// The folder also contains a `kustomization.yaml`. It is created if necessary. Files that are listed
    /// in the `kustomization.yaml` of an earlier run and are no longer generated are removed. With `helm`,
    /// this is the same as `--output`.
    #[arg(help_heading = "Kubernetes and Helm", long, value_name = "FOLDER", conflicts_with_all = ["output", "save"])]
    pub(crate) output_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) chart: ChartOptions,
    /// Name of the project; by default that of the project file, or none
    #[arg(alias = "project-name", help_heading = "Output", long, value_name = "NAME", value_parser = project_name)]
    pub(crate) project: Option<String>,
    #[command(flatten)]
    pub(crate) levels: LevelOptions,
    #[command(flatten)]
    pub(crate) external: External,
    /// Drop the state of resources that no command handles any more
    ///
    /// Pass all Score files of the project, or none to find them all: resources that are in none of them
    /// are considered removed. A command with `run.delete` is asked to delete what it has created, in a run
    /// of the whole project.
    #[arg(help_heading = "Provisioners", long)]
    pub(crate) prune: bool,
}

impl Generate {
    /// Whether nothing is written, and no command is started.
    pub(crate) fn is_look(&self) -> bool {
        self.check || self.diff
    }
}

/// The options of charts.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ChartOptions {
    /// Name of the chart
    ///
    /// The default is that of the project file, or of the project. If none of these is set, the name is
    /// that of the only workload, or `app` if there are several. Object names are derived from it, so
    /// choose one before you add a second workload.
    #[arg(help_heading = "Helm", long, value_name = "NAME", value_parser = chart_name)]
    pub(crate) chart_name: Option<String>,
    /// Version of the chart
    ///
    /// The default is that of the project file, or `0.1.0`.
    #[arg(help_heading = "Helm", long, value_name = "VERSION", value_parser = chart_version)]
    pub(crate) chart_version: Option<String>,
    /// Version of the application that the chart installs
    #[arg(help_heading = "Helm", long, value_name = "VERSION", value_parser = app_version)]
    pub(crate) app_version: Option<String>,
    /// Generate a chart for each workload, and one for shared objects
    ///
    /// The output folder then contains a folder for each chart. The name of the chart with shared
    /// objects ends with `-shared`; install it first, and into the same namespace.
    #[arg(help_heading = "Helm", long)]
    pub(crate) chart_per_workload: bool,
    /// Write only the package `NAME-VERSION.tgz` to the folder
    ///
    /// The same input produces the same bytes. The package does not include files that you have added to
    /// a chart folder; use `helm package` for these.
    #[arg(help_heading = "Helm", long)]
    pub(crate) package: bool,
}

fn chart_name(text: &str) -> Result<String, String> {
    if Helm::is_name(text) {
        return Ok(text.to_owned());
    }
    Err(
        "use 1 to 53 lower-case letters, digits or `-`, starting and ending with a letter or digit"
            .to_owned(),
    )
}

fn chart_version(text: &str) -> Result<String, String> {
    if Helm::is_version(text) {
        return Ok(text.to_owned());
    }
    let help = "use a Semantic Versioning 2 version, such as `1.2.3` or `1.2.3-rc.1`";
    let other = text.strip_prefix(['v', 'V']);
    Err(match other.filter(|other| Helm::is_version(other)) {
        Some(other) => format!("did you mean `{other}`?"),
        None => help.to_owned(),
    })
}

fn app_version(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("use a single line that is not empty".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn names<T>(all: &'static [(&'static str, T)]) -> PossibleValuesParser {
    PossibleValuesParser::new(all.iter().map(|(name, _)| *name))
}
