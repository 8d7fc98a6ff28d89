//! The end of the messages of `score-rs generate`: the commands that start the project, and the
//! addresses at which it then responds.

use std::path::{Path, PathBuf};

use score_compiler::App;
use score_compiler::ir::{Origin, Published, Route};
use score_spec::Protocol;

use crate::args::Generate;
use crate::host::{folder_of, word};
use crate::input::root::from_start;
use crate::output::chart_package::identities;
use crate::output::destination::Destination;
use crate::output::object_folder::secrets;
use crate::output::rendering::{DEFAULT_COMPOSE, Rendering};

/// The env file that Compose reads by default, beside the Compose file.
const DEFAULT_ENV_FILE: &str = ".env";

/// The maximum number of commands, and of addresses.
const MOST: usize = 10;

/// The options for Kubernetes objects that the commands depend on.
#[derive(Debug, Default)]
pub(super) struct ObjectOptions {
    /// The namespace of the objects.
    pub(super) namespace: Option<String>,
    /// Whether the namespace is among the objects.
    pub(super) generates_namespace: bool,
    /// Whether Secrets are created by other means.
    pub(super) has_external_secrets: bool,
}

/// The lines to print; none for standard output.
pub(super) fn steps(run: Rendering, args: &Generate, options: &ObjectOptions) -> Vec<String> {
    let mut lines = commands(run, args, options);
    let are_external = options.has_external_secrets && run.target.name() != "compose";
    if are_external && !lines.is_empty() {
        let condition = "create any Secrets that the objects require, then run";
        lines.insert(0, condition.to_owned());
    }
    for (at, line) in lines.iter_mut().enumerate() {
        line.insert_str(0, if at == 0 { "next: " } else { "      " });
    }
    limit(&mut lines);
    // Other targets do not determine the addresses. Hosts and ports can contain external values.
    let port = run.target.needs().routes_port;
    let port = port.filter(|_| !lines.is_empty() && !run.compiled.has_external_values);
    if let Some(port) = port {
        let mut addresses = addresses(&run.compiled.app, port);
        limit(&mut addresses);
        lines.extend(addresses);
    }
    lines
}

/// Replaces the lines after the first ones by their number.
fn limit(lines: &mut Vec<String>) {
    let rest = lines.len().saturating_sub(MOST);
    if rest > 0 {
        lines.truncate(MOST);
        lines.push(format!("  ... and {rest} more"));
    }
}

/// The commands that start the project.
fn commands(run: Rendering, args: &Generate, options: &ObjectOptions) -> Vec<String> {
    let namespace = namespace(options);
    let chart = |path: &dyn Fn(&str, &str, &str) -> PathBuf| {
        let mut charts: Vec<_> = identities(&run.compiled.files).into_iter().collect();
        // The charts of workloads refer to objects of the shared chart.
        let workloads = &run.compiled.project.workloads;
        charts.sort_by_key(|(_, (name, _))| workloads.contains_key(name));
        let install = |(folder, (name, version)): &(&str, (String, String))| {
            // A release that is named after its chart adds nothing to the names of objects.
            let path = word(&from_start(&path(folder, name, version)));
            format!("helm upgrade --install {name} {path}{namespace}")
        };
        charts.iter().map(install).collect()
    };
    match run.destination {
        Destination::Stream => Vec::new(),
        Destination::File(path) if run.target.name() == "compose" => vec![up(path, args)],
        Destination::File(path) => {
            let secrets = secrets_file(run).map(|path| format!(" -f {}", word(&path)));
            let secrets = secrets.unwrap_or_default();
            let path = word(&from_start(path));
            vec![format!("kubectl apply{secrets} -f {path}")]
        }
        // The file with secrets is not listed in `kustomization.yaml`.
        Destination::Objects(path) => {
            let secrets = secrets_file(run);
            let secrets = secrets.map(|path| format!("kubectl apply -f {}", word(&path)));
            let objects = format!("kubectl apply -k {}", word(&from_start(path)));
            // The namespace must exist before the Secrets, and pods wait for these.
            if options.generates_namespace {
                std::iter::once(objects).chain(secrets).collect()
            } else {
                secrets.into_iter().chain([objects]).collect()
            }
        }
        // Without the `/` at the end.
        Destination::Charts(path) => {
            chart(&|folder, _, _| path.join(folder).components().collect())
        }
        Destination::Packages(path) => {
            chart(&|_, name, version| path.join(format!("{name}-{version}.tgz")))
        }
    }
}

/// The command that starts a Compose project.
fn up(output: &Path, args: &Generate) -> String {
    let mut command = "docker compose".to_owned();
    let default = folder_of(output).join(DEFAULT_ENV_FILE);
    let env_file = args.inputs.env_file.as_deref();
    // Without variables, no env file is written.
    if let Some(path) = env_file.filter(|path| *path != default && path.exists()) {
        command = format!("{command} --env-file {}", word(&from_start(path)));
    }
    let output = from_start(output);
    if output != Path::new(DEFAULT_COMPOSE) {
        command = format!("{command} -f {}", word(&output));
    }
    format!("{command} up -d --wait")
}

/// The file with secrets beside the other objects, for the folder in which the user stands.
fn secrets_file(run: Rendering) -> Option<PathBuf> {
    secrets(run).map(|path| from_start(&path))
}

/// The options of Helm for the namespace of a run.
fn namespace(options: &ObjectOptions) -> String {
    let Some(name) = &options.namespace else {
        return String::new();
    };
    // Helm creates the namespace before it installs the one in the chart.
    let take = if options.generates_namespace {
        " --take-ownership"
    } else {
        ""
    };
    format!(" --namespace {name} --create-namespace{take}")
}

/// The addresses of published ports and routes, with the names of their components.
fn addresses(app: &App, routes_port: u16) -> Vec<String> {
    let published = app.published.iter();
    let published = published.map(|it| (it.component.as_str(), published_address(app, it)));
    let routes = app.routes.iter();
    let routes = routes.flat_map(|it| {
        let addresses = route_addresses(it, routes_port);
        addresses.map(move |address| (it.workload.as_str(), address))
    });
    let mut all: Vec<(&str, String)> = published.chain(routes).collect();
    all.dedup();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = all.into_iter();
    let lines = lines.map(|(name, address)| format!("  {name:width$}  {address}"));
    lines.collect()
}

/// The address of a published port. Only workloads are assumed to respond to HTTP.
fn published_address(app: &App, published: &Published) -> String {
    let host = match published.address {
        Some(address) if address.is_unspecified() => "localhost".to_owned(),
        Some(address) if address.is_ipv6() => format!("[{address}]"),
        Some(address) => address.to_string(),
        None => "localhost".to_owned(),
    };
    let port = published.host;
    let component = app.components.get(&published.component);
    let is_workload = component.is_some_and(|it| matches!(it.origin, Origin::Workload(_)));
    match published.protocol {
        Protocol::Udp => format!("{host}:{port}/udp"),
        Protocol::Tcp if is_workload => format!("http://{host}:{port}"),
        Protocol::Tcp => format!("{host}:{port}"),
    }
}

/// The addresses of a route, one for each host. A path that is a pattern is omitted.
fn route_addresses(route: &Route, port: u16) -> impl Iterator<Item = String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let path = route.prefix();
    let path = if path.chars().all(is_plain) {
        path
    } else {
        "/"
    };
    let hosts = route.hosts.iter();
    hosts.map(move |host| format!("http://{host}:{port}{path}"))
}
