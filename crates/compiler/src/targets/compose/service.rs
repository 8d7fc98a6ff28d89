//! Conversion of a container to a service. The user and group of a component are not written:
//! images drop root privileges by themselves, and Compose does not forbid starting as root.

use score_spec::{Code, Diagnostic, Map, Quantities, Quantity, Spanned};

use super::annotation::{self, ServiceSettings};
use super::capability::{LIMITS, REQUESTS, SUBFOLDER, lacking};
use super::files::Parts;
use super::group::{Group, Groups, Member, Network};
use super::model::{Amounts, Deploy, Develop, Hook, Memory, Mount, Resources, Service, Subfolder};
use super::quantity::{self, Amount};
use super::value::{self, Place, Public, PublicTree};
use super::{RESOURCE_LABEL, dependencies, files, health, ports};
use crate::input::folder::path_from;
use crate::ir::field::Field;
use crate::ir::{App, Component, Origin, Run, Storage, Text, Volume};
use crate::targets::{Capability, Compose};

/// The network of all services.
pub(super) const DEFAULT: &str = "default";

/// The service of a container. The files and configs that it refers to are added to `parts`.
pub(super) fn service(
    app: &App,
    options: &Compose,
    groups: &Groups,
    group: &Group,
    member: &Member,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Service {
    let component = group.component;
    let container = member.container;
    let settings = &member.settings;
    health::report(group, member, diagnostics);
    let build = build(app, options, member, diagnostics);
    let files = files::files(app, member, parts, diagnostics);
    let mut volumes = files.mounts;
    volumes.extend(mounts(app, options, member, diagnostics));
    volumes.sort_by(|a, b| a.target.cmp(&b.target));
    Service {
        image: Some(container.image.clone()).filter(|image| image != "." || build.is_none()),
        build,
        pull_policy: settings.pull_policy.clone(),
        platform: settings.platform.clone(),
        profiles: settings.profiles.clone(),
        entrypoint: texts(container.command.as_ref(), diagnostics, |at| Place {
            app,
            member,
            what: "the command",
            field: Field::Command(member.name, at),
        }),
        command: texts(container.args.as_ref(), diagnostics, |at| Place {
            app,
            member,
            what: "an argument",
            field: Field::Argument(member.name, at),
        }),
        environment: environment(app, member, diagnostics),
        env_file: files::env_file(app, member, parts, diagnostics)
            .into_iter()
            .collect(),
        hostname: hostname(member),
        networks: networks(settings),
        network_mode: network_mode(group, member),
        depends_on: dependencies::depends_on(groups, group, member),
        ports: ports::ports(app, member),
        volumes,
        configs: files.configs,
        secrets: files.secrets,
        healthcheck: health::health_check(app, member, diagnostics),
        stop_grace_period: settings.stop_grace_period.clone(),
        pre_stop: pre_stop(settings),
        deploy: deploy(member, diagnostics),
        develop: develop(settings, options),
        restart: settings.restart.clone().or_else(|| restart(component)),
        annotations: annotations(component),
        labels: labels(member),
    }
}

/// The build configuration of the image.
fn build(
    app: &App,
    options: &Compose,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PublicTree> {
    let build = member.container.build.as_ref()?;
    let place = Place {
        app,
        member,
        what: "the build",
        field: Field::Image(member.name),
    };
    let build = match &options.working_folder {
        Some(way) => build.seen_from(way),
        None => build.clone(),
    };
    let public = |text: &Text| value::public(text, place, diagnostics);
    Some(build.tree.map_text(&mut { public }))
}

/// The words of a command. An empty list means none, as in Kubernetes.
fn texts<'a>(
    texts: Option<&Vec<Text>>,
    diagnostics: &mut Vec<Diagnostic>,
    place: impl Fn(usize) -> Place<'a>,
) -> Vec<Public> {
    let texts = texts.into_iter().flatten().enumerate();
    texts
        .map(|(at, text)| value::public(text, place(at), diagnostics))
        .collect()
}

/// The variables that contain no secret.
fn environment(app: &App, member: &Member, diagnostics: &mut Vec<Diagnostic>) -> Map<Public> {
    let variables = member.container.variables.iter();
    variables
        .filter(|(_, text)| !text.is_secret())
        .map(|(name, text)| {
            let what = format!("the variable `{name}`");
            let place = Place {
                app,
                member,
                what: &what,
                field: Field::Variable(member.name, name),
            };
            (name.clone(), value::public(text, place, diagnostics))
        })
        .collect()
}

fn network_mode(group: &Group, member: &Member) -> Option<String> {
    let shares = member.network == Network::Shared;
    let owner = group.owner().filter(|_| shares)?;
    Some(format!("service:{}", owner.service))
}

/// The name of the component as host name: an engine resolves the host names of the containers of a
/// network, and always the names of services.
fn hostname(member: &Member) -> Option<String> {
    let name = &member.component.name;
    let named = member.network == Network::Owner && member.service != *name;
    named.then(|| name.clone())
}

fn mounts(
    app: &App,
    options: &Compose,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Mount> {
    let mounts = member.container.mounts.iter();
    mounts
        .map(|(target, mount)| {
            let field = Field::Volume(member.name, target);
            let volume = app.volumes.get(&mount.volume);
            let path = mount.path.as_deref().unwrap_or_default().trim_matches('/');
            let path = Some(path).filter(|path| !path.is_empty());
            let mount = Mount {
                target: target.clone(),
                read_only: mount.read_only.then_some(true),
                ..source(options, volume, &mount.volume, path)
            };
            match (path, mount.kind) {
                (Some(path), "tmpfs") => {
                    let message = format!(
                        "{} mounts the folder `{path}` of a volume in memory, which is empty when \
                         it is mounted",
                        member.describe()
                    );
                    let found = member
                        .component
                        .finding(Code::TargetInvalid, field, message);
                    diagnostics.push(found.help("remove the `path`"));
                }
                (Some(path), "volume") => {
                    let message = format!(
                        "{} mounts the folder `{path}` of a volume, which Compose does not create",
                        member.describe()
                    );
                    diagnostics.push(lacking(&SUBFOLDER, member.component, field, message));
                }
                _ => {}
            }
            mount
        })
        .collect()
}

/// The source of a mount. In a named volume, Compose requires the folder to exist.
fn source(options: &Compose, volume: Option<&Volume>, name: &str, path: Option<&str>) -> Mount {
    match volume.map(|volume| &volume.storage) {
        Some(Storage::Memory) => Mount {
            kind: "tmpfs",
            tmpfs: volume
                .and_then(|volume| quantity::size(volume.size.as_ref()?))
                .map(|size| Memory { size }),
            ..Mount::default()
        },
        Some(Storage::Host(folder)) => Mount {
            kind: "bind",
            source: Some(match path {
                Some(path) => format!("{}/{path}", from_folder(folder, options)),
                None => from_folder(folder, options),
            }),
            ..Mount::default()
        },
        Some(
            Storage::Managed | Storage::Ephemeral | Storage::Existing(_) | Storage::Written(_),
        )
        | None => Mount {
            kind: "volume",
            source: Some(match volume.map(|volume| &volume.storage) {
                Some(Storage::Written(entry)) => entry.clone(),
                _ => name.to_owned(),
            }),
            volume: path.map(|path| Subfolder {
                subpath: path.to_owned(),
            }),
            ..Mount::default()
        },
    }
}

/// A folder relative to that of the output, as Compose requires it: with a leading `.`.
fn from_folder(folder: &str, options: &Compose) -> String {
    if folder.starts_with(['/', '~']) {
        return folder.to_owned();
    }
    path_from(
        folder,
        options.working_folder.as_deref().unwrap_or_default(),
    )
}

fn deploy(member: &Member, diagnostics: &mut Vec<Diagnostic>) -> Option<Deploy> {
    let container = member.container;
    let resources = Resources {
        limits: amounts(
            member,
            &LIMITS,
            &container.limits,
            quantity::cpus,
            diagnostics,
        ),
        reservations: amounts(
            member,
            &REQUESTS,
            &container.requests,
            quantity::reserved_cpus,
            diagnostics,
        ),
    };
    let any = resources.limits.is_some() || resources.reservations.is_some();
    any.then_some(Deploy { resources })
}

fn amounts(
    member: &Member,
    capability: &Capability,
    quantities: &Quantities,
    cpus: fn(&Quantity) -> Option<Amount>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Amounts> {
    let mut convert = |quantity: Option<&Spanned<Quantity>>,
                       convert: fn(&Quantity) -> Option<Amount>| {
        let quantity = quantity?;
        let who = member.describe();
        let Some(amount) = convert(&quantity.value) else {
            let message = format!("{who} requests `{quantity}`, which Compose cannot express");
            let help = "write CPUs as `500m` or `0.5`, memory as `128Mi` or `128M`";
            let diagnostic = Diagnostic::new(Code::TargetInvalid, message);
            diagnostics.push(diagnostic.at(quantity.span, "").help(help));
            return None;
        };
        if let Some(raised) = amount.raised {
            let message = format!("`{quantity}` for {who} is raised to `{raised}` in Compose");
            let diagnostic = Diagnostic::new(Code::TargetUnsupported, message);
            diagnostics.push(diagnostic.at(quantity.span, "").help(capability.note));
        }
        Some(amount.written)
    };
    let cpus = convert(quantities.cpu.as_ref(), cpus);
    let memory = convert(quantities.memory.as_ref(), quantity::memory);
    (cpus.is_some() || memory.is_some()).then_some(Amounts { cpus, memory })
}

/// Servers are restarted after a crash; the end of a workload should be visible to its developer.
fn restart(component: &Component) -> Option<String> {
    let is_server =
        matches!(component.origin, Origin::Resource { .. }) && component.run == Run::Always;
    is_server.then(|| "unless-stopped".to_owned())
}

/// The annotations that are for no target, and apply to this container.
fn annotations(component: &Component) -> Map<String> {
    let all = component.annotations.iter();
    let mut annotations: Map<String> = all
        .filter(|(name, _)| !name.starts_with("k8s.score.dev/") && !annotation::is_ours(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Origin::Workload(_) = component.origin {
        let name = "compose.score.dev/workload-name".to_owned();
        annotations.insert(name, component.name.clone());
    }
    annotations
}

fn labels(member: &Member) -> Map<String> {
    match &member.component.origin {
        Origin::Workload(_) => member.settings.labels.clone(),
        Origin::Resource { uid, .. } => Map::from_iter([(RESOURCE_LABEL.to_owned(), uid.clone())]),
    }
}

/// The networks of a service in addition to the common one.
fn networks(settings: &ServiceSettings) -> Vec<String> {
    let wanted = settings.networks.iter().filter(|name| *name != DEFAULT);
    let wanted: Vec<String> = wanted.cloned().collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    std::iter::once(DEFAULT.to_owned()).chain(wanted).collect()
}

fn pre_stop(settings: &ServiceSettings) -> Vec<Hook> {
    let command: Vec<Public> = settings
        .pre_stop
        .iter()
        .map(|it| it.as_str().into())
        .collect();
    let hook = (!command.is_empty()).then_some(Hook { command });
    hook.into_iter().collect()
}

/// The actions for changed files. Their paths are relative to the working folder.
fn develop(settings: &ServiceSettings, options: &Compose) -> Option<Develop> {
    let watch = settings.watch.iter().cloned().map(|mut item| {
        if let PublicTree::Map(entries) = &mut item
            && let Some(PublicTree::Text(path)) = entries.get_mut("path")
        {
            *path = from_folder(path.as_plain().unwrap_or_default(), options).into();
        }
        item
    });
    let watch: Vec<PublicTree> = watch.collect();
    (!watch.is_empty()).then_some(Develop { watch })
}
