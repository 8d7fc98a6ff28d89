//! Docker Compose: an application as one `compose.yaml` and the files beside it.
//!
//! A container is a service. Nothing secret and nothing that differs from one machine to the next
//! stands in `compose.yaml`, so that it can be committed; secrets and files lie below
//! `.score-rs/compose`. Not: running Compose, or reading its files.

mod dependencies;
mod files;
mod group;
mod health;
mod model;
mod names;
mod nginx;
mod pattern;
mod ports;
mod quantity;
mod raw;
mod routing;
mod service;
mod value;

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic};

use crate::tree::ToTree;
use crate::{
    App, Component, Origin, OutputContent, OutputFile, RenderOptions, Storage, Target, Text, Tree,
    yaml,
};
use group::Groups;
use model::{Project, Volume};

/// Docker Compose.
pub(crate) const TARGET: Target = Target {
    name: "compose",
    summary: "a Docker Compose project",
    platform: "compose",
    default_output: "compose.yaml",
    reads_environment: false,
    routes_port: Some(ports::ROUTES),
    raises: &[Code::SpecLimitBelowRequest],
    annotations: &[],
    capabilities: &[],
    resolve: value::addresses,
    render,
};

/// The label that names the resource which a service or volume belongs to.
const RESOURCE_LABEL: &str = "dev.score.compose.res.uid";

/// The comment at the top of the file.
const HEADER: &str = "\
# Written by score-rs from the Score files of this project.
# To change it, change those and run `score-rs generate`.
";

fn render(
    app: &App,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    let groups = group::groups(app);
    names::check(&groups, diagnostics);
    ports::check(app, diagnostics);
    let mut files = Vec::new();
    let mut services = services(app, options, &groups, &mut files, diagnostics);
    if let Some((name, proxy)) = routing::proxy(app, &groups, &mut files, diagnostics) {
        services.insert(name, proxy.to_tree());
    }
    let mut volumes = volumes(app);
    let is_taken = |section: &str, name: &str| match section {
        "services" => services.contains_key(name) || groups.contains_key(name),
        "volumes" => volumes.contains_key(name),
        _ => false,
    };
    let mut written = raw::entries(app, &is_taken, diagnostics);
    let mut more = |section| written.remove(section).unwrap_or_default();
    services.extend(more("services"));
    volumes.extend(more("volumes"));
    let project = Project {
        name: options.project.clone(),
        services: raw::section(services),
        networks: raw::section(more("networks")),
        volumes: raw::section(volumes),
        configs: raw::section(more("configs")),
        secrets: raw::section(more("secrets")),
    };
    let mut text = Text::from(HEADER);
    yaml::emit(&value::escape(&project.to_tree()), &mut text);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let main = OutputFile {
        path: None,
        content: OutputContent::Text(text),
        mode: 0o644,
    };
    std::iter::once(main).chain(files).collect()
}

fn services(
    app: &App,
    options: &RenderOptions,
    groups: &Groups,
    files: &mut Vec<OutputFile>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Tree> {
    let mut services = BTreeMap::new();
    for group in groups.values() {
        for member in &group.members {
            let service = service::service(app, options, groups, group, member, files, diagnostics);
            let mut service = service.to_tree();
            raw::patch(app, group.component, &mut service, diagnostics);
            services.insert(member.service.clone(), service);
        }
    }
    services
}

/// The named volumes. One that the platform does not have yet gets no `name`, so that Compose keeps
/// those of different projects apart.
fn volumes(app: &App) -> BTreeMap<String, Tree> {
    let named = |volume: &crate::Volume| {
        let labels = [(RESOURCE_LABEL.to_owned(), volume.resource.clone())];
        let made = match &volume.storage {
            Storage::Memory | Storage::Host(_) => return None,
            Storage::Managed => Volume {
                labels: labels.into(),
                ..Volume::default()
            },
            Storage::Existing(name) => Volume {
                name: Some(name.clone()),
                external: Some(true),
                ..Volume::default()
            },
        };
        Some(made.to_tree())
    };
    let volumes = app.volumes.iter();
    volumes
        .filter_map(|(name, volume)| Some((name.clone(), named(volume)?)))
        .collect()
}

/// A finding about a component, at its name in the Score file if it has one there.
fn finding(code: Code, component: &Component, message: impl Into<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, message);
    match component.origin {
        Origin::Workload(span) => diagnostic.at(span, ""),
        Origin::Resource { .. } => diagnostic,
    }
}
