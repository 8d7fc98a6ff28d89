//! Options of `generate` that have no effect for the selected target.

use score_compiler::Target;
use score_spec::{Code, Diagnostic};

use crate::args::Generate;

/// An option that has no effect.
#[derive(Debug)]
struct Idle {
    /// The option as given on the command line.
    option: String,
    /// The reason, as a clause without a period.
    reason: &'static str,
    /// A target for which the option has an effect.
    meant: &'static str,
}

/// A diagnostic for each given option without effect. Commands can receive variables for any target.
pub(crate) fn without_effect(
    args: &Generate,
    target: &dyn Target,
    has_commands: bool,
) -> Vec<Diagnostic> {
    let mut idle = match target.name() {
        "compose" => compose(args, has_commands),
        "helm" => helm(args, has_commands),
        _ => Vec::new(),
    };
    if !target.is_folder() {
        idle.extend(charts(args));
    }
    idle.into_iter().map(Diagnostic::from).collect()
}

impl From<Idle> for Diagnostic {
    fn from(idle: Idle) -> Self {
        let Idle {
            option,
            reason,
            meant,
        } = idle;
        let message = format!("{reason}, so `{option}` has no effect");
        Diagnostic::new(Code::TargetUnsupported, message)
            .help(format!("remove it, or add `--target {meant}`"))
    }
}

fn compose(args: &Generate, has_commands: bool) -> Vec<Idle> {
    let options = [
        ("namespace", &args.namespace, "Compose has no namespaces"),
        ("profile", &args.profile, "Compose has no security profiles"),
        ("secrets", &args.secrets, "Compose reads secrets from files"),
        ("format", &args.format, "a Compose file is YAML"),
    ];
    let idle = options.into_iter().filter_map(|(name, value, reason)| {
        let option = format!("--{name} {}", value.as_ref()?);
        Some(idle(option, reason, "kubernetes"))
    });
    let reason = "Compose itself reads variables when the project runs";
    idle.chain(allowed(args, has_commands, reason)).collect()
}

/// Options that apply only to charts.
fn charts(args: &Generate) -> impl Iterator<Item = Idle> {
    let chart = &args.chart;
    let values = [
        ("--chart-name", &chart.chart_name),
        ("--chart-version", &chart.chart_version),
        ("--app-version", &chart.app_version),
    ];
    let values = values.into_iter();
    let values = values.filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)));
    let flags = [
        ("--chart-per-workload", chart.chart_per_workload),
        ("--package", chart.package),
    ];
    let flags = flags.into_iter().filter(|(_, is_set)| *is_set);
    let options = values.chain(flags.map(|(name, _)| name.to_owned()));
    options.map(|option| idle(option, "it applies only to charts", "helm"))
}

fn helm(args: &Generate, has_commands: bool) -> Vec<Idle> {
    let mut found = Vec::new();
    if let Some(format) = &args.format {
        let reason = "chart templates are YAML";
        found.push(idle(format!("--format {format}"), reason, "kubernetes"));
    }
    if args.secrets.as_deref() == Some("separate") {
        let reason = "a chart generates its secrets when it is installed";
        found.push(idle("--secrets separate".to_owned(), reason, "kubernetes"));
    }
    if let Some(path) = &args.inputs.env_file {
        let reason = "environment variables are chart values";
        let option = format!("--env-file {}", path.display());
        found.push(idle(option, reason, "kubernetes"));
    }
    let reason = "environment variables are chart values";
    found.extend(allowed(args, has_commands, reason));
    if args.save {
        let reason = "a chart has no published ports and builds to store";
        found.push(idle("--save".to_owned(), reason, "compose"));
    }
    found
}

/// Variables allowed with `--allow-env`, for a target that reads none, unless a command may receive them.
fn allowed(
    args: &Generate,
    has_commands: bool,
    reason: &'static str,
) -> impl Iterator<Item = Idle> {
    let allowed = args.inputs.allow_env.iter().filter(move |_| !has_commands);
    allowed.map(move |name| idle(format!("--allow-env {name}"), reason, "kubernetes"))
}

fn idle(option: String, reason: &'static str, meant: &'static str) -> Idle {
    Idle {
        option,
        reason,
        meant,
    }
}
