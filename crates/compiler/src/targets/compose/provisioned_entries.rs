//! Output of provisioners in Compose syntax: entries of the file, and patches of the services of
//! workloads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Map};

use super::fields::{self, Mistake, MistakeKind, Nulls};
use super::forms::{self, Misfit};
use super::value::{PublicTree, provisioned};
use super::variable::{OTHER_NAME, own_variable};
use super::waits::starts_after;
use crate::ir::{ALL_CONTAINERS, App, Component, Raw, Ref, Segment, Tree, Written};
use crate::targets::merge::{MergeBudget, merge};
use crate::targets::settle::settle;

/// The name of the platform.
pub(super) const PLATFORM: &str = "compose";

/// The part of a patch with changes of single services, by the name of their container.
pub(super) const CONTAINERS: &str = "containers";

/// The type of the services of workloads.
const SERVICE: &str = "service";

/// The entries of provisioners, by section and name.
pub(super) type Entries = BTreeMap<String, BTreeMap<String, PublicTree>>;

/// Collects the entries of provisioners. `is_taken` checks for names of a section that the
/// application uses.
pub(super) fn entries(
    (app, raw): (&App, &[Cow<Raw>]),
    is_taken: &dyn Fn(&str, &str) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Entries {
    let mut entries = Entries::new();
    for raw in raw {
        let before = diagnostics.len();
        let PublicTree::Map(sections) = settled(app, raw, diagnostics) else {
            continue;
        };
        let is_settled = diagnostics.len() == before;
        for (section, named) in *sections {
            let PublicTree::Map(named) = named else {
                continue;
            };
            for (name, mut entry) in *named {
                if !is_name(&name) {
                    diagnostics.push(no_name(raw, &section, &name));
                    continue;
                }
                if !matches!(entry, Tree::Map(_) | Tree::Null) {
                    diagnostics.push(no_map(app, raw, &[&section, &name], &entry));
                    continue;
                }
                if is_settled && let Some(of) = fields::of_section(&section) {
                    let found = mistakes(&entry, (of, Nulls::Values));
                    let found = found.iter();
                    let path = [section.as_str(), &name];
                    diagnostics.extend(found.map(|it| mistaken(app, raw, (&path, of), it)));
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

/// The mistakes of an entry, or of a change of one. An entry can be empty.
fn mistakes(entry: &PublicTree, (of, nulls): (&'static str, Nulls)) -> Vec<Mistake> {
    match entry {
        Tree::Map(_) => fields::mistakes(&fields::readable(entry), of, nulls),
        _ => Vec::new(),
    }
}

/// Reports a mistake in the part of a provisioner at a path.
fn mistaken(app: &App, raw: &Raw, (start, of): (&[&str], &str), mistake: &Mistake) -> Diagnostic {
    let steps: Vec<&str> = mistake.path.iter().map(String::as_str).collect();
    let path = [start, &steps].concat();
    let is_expression = raw.is_expression(&path);
    let found = match &mistake.kind {
        MistakeKind::Unknown(_) => {
            let field = mistake.path.join(".");
            let message = format!("a {of} of Compose has no field `{}`", field.escape_debug());
            let found = Diagnostic::new(Code::ProvisionerInvalid, message);
            let found = found.at(raw.key_place(&path), "");
            let of_file = fields::of_section(&field).filter(|_| start.is_empty());
            match (of_file, mistake.similar()) {
                (Some(_), _) => found.help("a patch has the fields of a service; other entries of the file are below `compose`"),
                (None, Some(help)) => found.help(help),
                (None, None) => found.help("look it up in the reference of the Compose file"),
            }
        }
        MistakeKind::Form {
            expected,
            found,
            help,
        } => {
            let name = path.join(".");
            let name = name.escape_debug();
            let around = if start.first().is_none_or(|it| *it == CONTAINERS) {
                " of `patches.compose`"
            } else {
                ""
            };
            let message = format!("expected {expected} at `{name}`{around}, found {found}");
            let found = Diagnostic::new(Code::ProvisionerWrongType, message);
            let found = found.at(raw.place(&path), "");
            match help {
                _ if is_expression => {
                    found.help(format!("use an expression that evaluates to {expected}"))
                }
                Some(help) => found.help(*help),
                None => found,
            }
        }
    };
    match app.declared.get(&raw.resource) {
        Some(span) if is_expression => {
            found.at(*span, format!("for the resource `{}`", raw.resource))
        }
        _ => found,
    }
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
    .help(match raw.workload {
        Some(_) => "use `{{ name(workload.name) }}` as the name",
        None => "use `{{ name() }}` as the name",
    })
}

/// Whether Compose accepts it as the name of an entry.
pub(super) fn is_name(name: &str) -> bool {
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

/// An expression has evaluated to something that is not an entry or a change of one.
fn no_map(app: &App, raw: &Raw, path: &[&str], found: &PublicTree) -> Diagnostic {
    let name = match path {
        [] => "`patches.compose`".to_owned(),
        path => format!("`{}`", path.join(".")),
    };
    let message = format!("expected a map at {name}, found {}", found.kind());
    let wrong = Diagnostic::new(Code::ProvisionerWrongType, message)
        .at(raw.place(path), "")
        .help("let the expression evaluate to a map, in Compose syntax");
    match app.declared.get(&raw.resource) {
        Some(span) => wrong.at(*span, format!("for the resource `{}`", raw.resource)),
        None => wrong,
    }
}

/// Applies the patches of provisioners to the service of a container, within a budget. Changes of all services come
/// first.
pub(super) fn patch(
    app: &App,
    component: &Component,
    (container, service): (&str, &mut PublicTree),
    mut budget: MergeBudget,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for raw in app.patches(component, PLATFORM) {
        let before = diagnostics.len();
        let mut change = settled(app, raw, diagnostics);
        let is_settled = diagnostics.len() == before;
        let of_containers = match &mut change {
            Tree::Map(entries) => entries.shift_remove(CONTAINERS),
            _ => None,
        };
        // The services of a component are patched in the order of its containers.
        let is_first = component.containers.get_index_of(container) == Some(0);
        if is_first && !matches!(change, Tree::Map(_)) {
            diagnostics.push(no_map(app, raw, &[], &change));
        }
        let mut changes = vec![(Vec::new(), change)];
        match of_containers {
            Some(Tree::Map(mut named)) => {
                if is_first {
                    check_containers(app, component, (raw, &named), diagnostics);
                }
                let names = [ALL_CONTAINERS, container].into_iter();
                changes.extend(
                    names.filter_map(|name| {
                        Some((vec![CONTAINERS, name], named.shift_remove(name)?))
                    }),
                );
            }
            Some(other) if is_first => {
                diagnostics.push(no_map(app, raw, &[CONTAINERS], &other));
            }
            _ => {}
        }
        for (path, mut change) in changes {
            // A change of all services is the same for each of them.
            let is_reported = is_settled && (is_first || path.last() == Some(&container));
            for mistake in take_mistakes(&mut change) {
                if is_reported {
                    diagnostics.push(mistaken(app, raw, (&path, SERVICE), &mistake));
                }
            }
            if let Tree::Map(_) = change {
                replace_image(app, &mut change);
                for misfit in forms::unify(service, &mut change) {
                    diagnostics.push(no_form(app, raw, &misfit));
                }
                merge(service, change, &mut budget);
            }
        }
        if !budget.take(0) {
            diagnostics.push(budget.too_large(&component.name, raw));
            break;
        }
    }
}

/// Removes the fields with mistakes from a change of a service, and returns the mistakes.
fn take_mistakes(change: &mut PublicTree) -> Vec<Mistake> {
    let mistakes = mistakes(change, (SERVICE, Nulls::Remove));
    if let Tree::Map(fields) = change {
        let wrong: BTreeSet<&String> = mistakes.iter().filter_map(|it| it.path.first()).collect();
        fields.retain(|field, _| !wrong.contains(field));
    }
    mistakes
}

/// Reports a field of a change that cannot be merged with that of the service.
fn no_form(app: &App, raw: &Raw, misfit: &Misfit) -> Diagnostic {
    let Misfit {
        field,
        part,
        problem,
        help,
    } = misfit;
    let path: Vec<&str> = [field.as_str()]
        .into_iter()
        .chain(part.as_deref())
        .collect();
    let message = format!("{problem} at `{field}` of `patches.compose`");
    let wrong = Diagnostic::new(Code::ProvisionerWrongType, message)
        .at(raw.place(&path), "")
        .help(*help);
    match app.declared.get(&raw.resource) {
        Some(span) => wrong.at(*span, format!("for the resource `{}`", raw.resource)),
        None => wrong,
    }
}

/// Reports changes of containers that the workload does not have.
fn check_containers(
    app: &App,
    component: &Component,
    (raw, changes): (&Raw, &Map<PublicTree>),
    diagnostics: &mut Vec<Diagnostic>,
) {
    let known = || component.containers.keys().map(String::as_str);
    for (name, change) in changes {
        if name == ALL_CONTAINERS || component.containers.contains_key(name) {
            if !matches!(change, Tree::Map(_)) {
                diagnostics.push(no_map(app, raw, &[CONTAINERS, name], change));
            }
            continue;
        }
        let help = match nearest(name, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use {} or, for all, `{ALL_CONTAINERS}`", listed(known())),
        };
        let shown = name.escape_debug();
        let message = format!("workload `{}` has no container `{shown}`", component.name);
        let found = Diagnostic::new(Code::ProvisionerUnknownContainer, message);
        let found = found.at(raw.key_place(&[CONTAINERS, name]), "").help(help);
        diagnostics.push(match app.declared.get(&raw.resource) {
            Some(span) => found.at(*span, format!("for the resource `{}`", raw.resource)),
            None => found,
        });
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
    check_own_variables(raw, &raw.tree, &mut Vec::new(), diagnostics);
    let resolve = |reference: &Ref| provisioned(app, reference);
    settle(raw, &resolve, &|_| false, diagnostics)
}

/// Reports strings and keys that name a variable of score-rs itself: Compose passes on a variable that has
/// no value in `environment`, and reads the one that a secret or config names.
fn check_own_variables(
    raw: &Raw,
    tree: &Tree,
    path: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut below = |step: String, tree: &Tree, diagnostics: &mut Vec<Diagnostic>| {
        path.push(step);
        check_own_variables(raw, tree, path, diagnostics);
        path.pop();
    };
    let own = match tree {
        Tree::Map(entries) => {
            for (key, value) in entries.iter() {
                below(key.clone(), value, diagnostics);
            }
            entries.keys().find_map(|key| own_variable(key))
        }
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                below(index.to_string(), item, diagnostics);
            }
            None
        }
        Tree::Text(text) => text.segments().iter().find_map(|segment| match segment {
            Segment::Plain(plain) => own_variable(plain),
            Segment::Ref(_) => None,
        }),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => None,
    };
    if let Some(name) = own {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let message = format!(
            "a Compose file cannot name `{name}`, which is a variable of score-rs itself, for the resource `{}`",
            raw.resource
        );
        let found = Diagnostic::new(Code::ProvisionerInvalid, message);
        diagnostics.push(found.at(raw.place(&steps), "").help(OTHER_NAME));
    }
}

/// Whether a service or a patch of a provisioner has dependencies.
pub(super) fn has_dependencies(app: &App) -> bool {
    let mut raw = app.written.values().flat_map(Written::all);
    raw.any(|raw| raw.platform == PLATFORM && contains_dependencies(&raw.tree))
}

/// Whether a service of a provisioner depends on others, or a patch lets a service start after others.
fn contains_dependencies(tree: &Tree) -> bool {
    let named = |section: &str| match tree.get(section) {
        Some(Tree::Map(services)) => Some(services.values()),
        _ => None,
    };
    let mut services = named("services").into_iter().flatten();
    let mut changes = named(CONTAINERS).into_iter().flatten().chain([tree]);
    services.any(|service| service.get("depends_on").is_some())
        || changes.any(|change| !starts_after(change).is_empty())
}

/// Sorted entries as a section of the file.
pub(super) fn section(entries: BTreeMap<String, PublicTree>) -> Map<PublicTree> {
    entries.into_iter().collect()
}
