//! Output of provisioners in Compose syntax: entries of the file, and patches of the services of
//! workloads.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Map};

use super::value::{PublicTree, provisioned};
use crate::ir::{App, Component, Raw, Ref, Tree};
use crate::targets::settle::{merge, settle};

/// The name of the platform.
pub(super) const PLATFORM: &str = "compose";

/// The entries of provisioners, by section and name.
pub(super) type Entries = BTreeMap<String, BTreeMap<String, PublicTree>>;

/// Collects the entries of provisioners. `is_taken` checks for names of a section that the
/// application uses.
pub(super) fn entries(
    app: &App,
    is_taken: &dyn Fn(&str, &str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Entries {
    let mut entries = Entries::new();
    for raw in app.objects(PLATFORM) {
        let PublicTree::Map(sections) = settled(app, raw, diagnostics) else {
            continue;
        };
        for (section, named) in *sections {
            let PublicTree::Map(named) = named else {
                continue;
            };
            for (name, mut entry) in *named {
                if !is_name(&name) {
                    diagnostics.push(no_name(raw, &section, &name));
                    continue;
                }
                if section == "services" {
                    replace_image(app, &mut entry);
                }
                let known = entries.entry(section.clone()).or_default();
                // Several resources may need the same network or volume.
                let differs = known.get(&name).is_some_and(|known| *known != entry);
                if differs || is_taken(&section, &name) {
                    diagnostics.push(taken(raw, &section, &name));
                }
                known.insert(name, entry);
            }
        }
    }
    entries
}

fn taken(raw: &Raw, section: &str, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ProjectNameCollision,
        format!(
            "the resource `{}` needs the name `{name}` in `{section}`, which is already in use",
            raw.resource
        ),
    )
    .at(raw.key_place(&[section, name]), "")
    .help("use `{{ name() }}` as the name")
}

/// Whether Compose accepts it as the name of an entry.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && name.chars().all(allowed)
}

fn no_name(raw: &Raw, section: &str, name: &str) -> Diagnostic {
    let resource = &raw.resource;
    let message = format!(
        "`{}` is not a valid key in `{section}`, for the resource `{resource}`",
        name.escape_debug()
    );
    Diagnostic::new(Code::ProvisionerInvalidKey, message)
        .at(raw.key_place(&[section, name]), "")
        .help("use `{{ name() }}`; a name consists of letters, digits, `-`, `_` and `.`")
}

/// Applies the patches of provisioners to a service of a component.
pub(super) fn patch(
    app: &App,
    component: &Component,
    service: &mut PublicTree,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for raw in app.patches(component, PLATFORM) {
        let mut change = settled(app, raw, diagnostics);
        replace_image(app, &mut change);
        merge(service, change);
    }
}

/// Replaces the registry of the image of a service, unless it is built.
fn replace_image(app: &App, service: &mut PublicTree) {
    if let Tree::Map(entries) = service
        && !entries.contains_key("build")
        && let Some(Tree::Text(image)) = entries.get_mut("image")
        && let Some(plain) = image.as_plain()
    {
        *image = app.registries.replace(plain).into();
    }
}

fn settled(app: &App, raw: &Raw, diagnostics: &mut Vec<Diagnostic>) -> PublicTree {
    let resolve = |reference: &Ref| provisioned(app, reference);
    settle(raw, &resolve, &|_| false, diagnostics)
}

/// The services of provisioners that a component needs, with the condition to wait for: healthy if
/// they have a health check, otherwise started.
pub(super) fn waits_for(app: &App, component: &Component) -> Vec<(String, &'static str)> {
    let written = component
        .needs
        .iter()
        .filter_map(|uid| app.written.get(uid));
    let objects = written.flat_map(|written| &written.objects);
    let objects = objects.filter(|raw| raw.platform == PLATFORM);
    let services = objects.filter_map(|raw| match raw.tree.get("services") {
        Some(Tree::Map(services)) => Some(services.iter()),
        _ => None,
    });
    services
        .flatten()
        .map(|(name, service)| {
            let condition = match service.get("healthcheck") {
                Some(_) => super::dependencies::HEALTHY,
                None => super::dependencies::STARTED,
            };
            (name.clone(), condition)
        })
        .collect()
}

/// Whether a service or a patch of a provisioner has dependencies.
pub(super) fn has_dependencies(app: &App) -> bool {
    let written = app.written.values();
    let raw = written.flat_map(|written| written.objects.iter().chain(&written.patches));
    let mut raw = raw.filter(|raw| raw.platform == PLATFORM);
    raw.any(|raw| {
        let services = match raw.tree.get("services") {
            Some(Tree::Map(services)) => Some(services.values()),
            _ => None,
        };
        let mut services = services.into_iter().flatten().chain([&raw.tree]);
        services.any(|service| service.get("depends_on").is_some())
    })
}

/// Sorted entries as a section of the file.
pub(super) fn section(entries: BTreeMap<String, PublicTree>) -> Map<PublicTree> {
    entries.into_iter().collect()
}
