//! Patches: changes of provisioners to the objects of workloads, in the syntax of Kubernetes. `raw`
//! contains additional objects of provisioners.

mod check;
mod volumes;

use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Map, Span};

use self::check::checked;
use self::volumes::OwnVolumes;
use super::CONTAINER_LISTS;
use super::fields::{self, Shape, Unmatched, merge};
use super::naming::Naming;
use super::objects::Object;
use super::raw::{PLATFORM, find};
use super::reference::{OpenText, OpenTree};
use super::release::job_name;
use crate::ir::field::Field;
use crate::ir::{ALL_CONTAINERS, Alternatives, Component, PatchedList, Raw, Tree};
use crate::targets::merge::MergeBudget;

/// The types of controllers.
const CONTROLLERS: [&str; 5] = [
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "apps/v1/StatefulSet",
    "batch/v1/CronJob",
    "batch/v1/Job",
];

/// The part of a patch with changes of containers by name.
const CONTAINERS: &str = "containers";

/// Advice about an unknown container in a list, and in [`CONTAINERS`].
const CAN_ADD: &str = "an entry with an `image` adds a container";
const ONLY_CHANGES: &str = "an item of `pod.spec.containers` with an `image` adds a container";

/// The field that an added container copies from the containers of the workload.
const SECURITY_CONTEXT: &str = "securityContext";

/// Merges the patches of provisioners into the objects of a component.
pub(super) fn patch(
    naming: &Naming,
    component: &Component,
    mut service: Option<&mut Object>,
    controller: &mut Object,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let of_controller = fields::kind(&controller.api_version, &controller.kind);
    let template = template(controller);
    // Cloned only if there are patches.
    let mut volumes = None;
    let mut budget = MergeBudget::of_one_of(naming.app.components.len());
    for raw in naming.app.patches(component, PLATFORM) {
        let target = (&*of_controller, template);
        let mut change = checked(naming, component, raw, target, diagnostics);
        let mut part = |name: &str| match &mut change {
            Tree::Map(parts) => parts.shift_remove(name),
            _ => None,
        };
        let mut patching = Patching {
            naming,
            component,
            of_container: shape(fields::CONTAINER),
            raw,
            volumes: volumes.get_or_insert_with(|| OwnVolumes::of(controller, template)),
            budget: &mut budget,
            diagnostics,
        };
        if let (Some(change), Some(service)) = (part("service"), &mut service) {
            patching.merge_at(&["service"], &mut service.tree, change, shape("v1/Service"));
        }
        let parts = ["controller", "pod", CONTAINERS].map(&mut part);
        patching.merge_controller(parts, controller, &of_controller);
        if !budget.take(0) {
            diagnostics.push(budget.too_large(&component.name, raw));
            break;
        }
    }
    if volumes.is_some() {
        fields::arrange(&mut controller.tree, &of_controller);
        if let Some(service) = service {
            fields::arrange(&mut service.tree, "v1/Service");
        }
    }
}

/// The shape of a type of the table.
fn shape(of: &str) -> Shape {
    Shape::of(of).unwrap_or(Shape::Any)
}

/// The effect of a patch on the list at a path from its parts on, in which any step represents an item
/// of a list.
pub(crate) fn patched_list(path: &[&str]) -> PatchedList {
    let list = in_part(path, fields::patched_list);
    list.unwrap_or(PatchedList::Appended)
}

/// The alternatives among the fields of the map at such a path, if there are any.
pub(crate) fn alternatives(path: &[&str]) -> Option<Alternatives> {
    in_part(path, fields::alternatives)
}

/// The answer of the table of fields for a path from the parts of a patch on.
fn in_part<T>(path: &[&str], find: fn(&str, &[&str]) -> Option<T>) -> Option<T> {
    let (part, path) = path.split_first()?;
    // The kind of the controller does not matter: a path leads to the same type in each.
    let types: &[&str] = match *part {
        "service" => &["v1/Service"],
        "controller" => &CONTROLLERS,
        "pod" => &[fields::POD_TEMPLATE],
        _ => &[],
    };
    types.iter().find_map(|of| find(of, path))
}

/// The path to the pod template of a controller.
pub(super) fn template(controller: &Object) -> &'static [&'static str] {
    match controller.kind.as_str() {
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => &["spec", "template"],
    }
}

/// A patch that is being merged into the objects of a component.
struct Patching<'a> {
    naming: &'a Naming<'a>,
    component: &'a Component,
    of_container: Shape,
    raw: &'a Raw,
    volumes: &'a OwnVolumes,
    /// The remaining steps for the component.
    budget: &'a mut MergeBudget,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// An item of a list of containers in a patch.
struct ContainerChange<'a> {
    /// The part of the patch, and the path from there to the pod spec.
    place: &'a [&'a str],
    list: &'static str,
    index: String,
    change: OpenTree,
}

impl ContainerChange<'_> {
    /// The path to the item in the patch.
    fn path(&self) -> Vec<&str> {
        [self.place, &[self.list, &self.index]].concat()
    }
}

impl Patching<'_> {
    /// Merges the parts `controller`, `pod` and `containers` of the patch into the controller, whose type is `of`.
    fn merge_controller(
        &mut self,
        [change, pod, containers]: [Option<OpenTree>; 3],
        controller: &mut Object,
        of: &str,
    ) {
        let template = template(controller);
        let spec = [template, &["spec"]].concat();
        if let Some(change) = change {
            self.merge(("controller", of), &spec, &mut controller.tree, change);
        }
        if let (Some(change), Some(template)) = (pod, find(&mut controller.tree, template)) {
            self.merge(("pod", fields::POD_TEMPLATE), &["spec"], template, change);
        }
        if let (Some(Tree::Map(changes)), Some(Tree::Map(spec))) =
            (containers, find(&mut controller.tree, &spec))
        {
            self.merge_containers(spec, *changes);
        }
    }

    /// Merges a part of the patch, with its type, into a tree, in which the path `pod` leads to the pod
    /// spec.
    fn merge(
        &mut self,
        (part, of): (&str, &str),
        pod: &[&str],
        tree: &mut OpenTree,
        mut change: OpenTree,
    ) {
        let place = [&[part], pod].concat();
        let entries = entries(&mut change, pod, &place);
        let list = [pod, &["volumes"]].concat();
        if let Some(Tree::List(items)) = find(&mut change, &list) {
            let path = [&[part], &*list].concat();
            let (volumes, component) = (self.volumes, self.component);
            volumes.check(component, self.raw, (&path, items), self.diagnostics);
        }
        self.merge_at(&[part], tree, change, shape(of));
        if let Some(Tree::Map(spec)) = find(tree, pod) {
            for entry in entries {
                self.merge_container(spec, entry);
            }
        }
    }

    /// Merges the part of the patch at a path, and reports what it does not match.
    fn merge_at(&mut self, path: &[&str], tree: &mut OpenTree, change: OpenTree, shape: Shape) {
        for unmatched in merge(tree, change, shape, (self.naming, self.budget)) {
            let Unmatched {
                path: steps,
                key,
                missing,
            } = unmatched;
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            let place = self.raw.place(&[path, &steps].concat());
            let list = steps[..steps.len().saturating_sub(1)].join(".");
            let message = format!("`{list}` has no item with this `{key}`");
            let found = Diagnostic::new(Code::ProvisionerInvalid, message)
                .at(place, "")
                .help(format!("an item with a `{missing}` is added to the list"));
            // An entry for all containers is merged several times.
            if self.budget.take(self.diagnostics.len()) && !self.diagnostics.contains(&found) {
                self.diagnostics.push(found);
            }
        }
    }

    /// Merges changes of containers by name. Those for all of them come first.
    fn merge_containers(&mut self, spec: &mut Map<OpenTree>, mut changes: Map<OpenTree>) {
        if let Some(change) = changes.shift_remove(ALL_CONTAINERS) {
            let path = [CONTAINERS, ALL_CONTAINERS];
            self.merge_all(spec, &path, &change);
        }
        for (name, change) in changes {
            if !self.budget.take(count(spec)) {
                return;
            }
            let path = [CONTAINERS, name.as_str()];
            let wanted = OpenText::from(name.as_str());
            let own = self.component.containers.contains_key(&name);
            if let Some(known) = container(spec, &wanted).filter(|_| own) {
                self.merge_at(&path, known, change, self.of_container);
            } else if !self.is_elsewhere(Some(&wanted)) {
                let place = self.raw.key_place(&path);
                let unknown = self.unknown(spec, Some(&wanted), place, ONLY_CHANGES);
                self.diagnostics.push(unknown);
            }
        }
    }

    /// Merges an entry into the containers that it applies to, or adds a container.
    fn merge_container(&mut self, spec: &mut Map<OpenTree>, mut entry: ContainerChange) {
        // A list of a wrong type has already been reported.
        if !matches!(entry.change, Tree::Map(_)) || !self.budget.take(count(spec)) {
            return;
        }
        let name = match entry.change.get("name") {
            Some(Tree::Text(name)) => Some(name.clone()),
            _ => None,
        };
        if name.as_ref().and_then(OpenText::as_plain) == Some(ALL_CONTAINERS) {
            self.merge_all(spec, &entry.path(), &entry.change);
        } else if has_image(&entry.change) && self.is_of_score_file(name.as_ref()) {
            let taken = self.taken(name.as_ref(), self.name_place(&entry));
            self.report_once(taken);
        } else if let Some(known) = name.as_ref().and_then(|name| container(spec, name)) {
            let change = std::mem::replace(&mut entry.change, Tree::Null);
            self.merge_at(&entry.path(), known, change, self.of_container);
        } else if !self.is_elsewhere(name.as_ref()) {
            self.add_container(spec, name.as_ref(), entry);
        }
    }

    /// Whether a container of the workload is in the release job instead, or the other way round. A
    /// container that a patch adds is only in the workload, as it could keep the job from ending.
    fn is_elsewhere(&self, name: Option<&OpenText>) -> bool {
        self.component.job_of.is_some() || self.is_in_job(name)
    }

    /// Whether a container of the workload is in its release job.
    fn is_in_job(&self, name: Option<&OpenText>) -> bool {
        let name = name.and_then(OpenText::as_plain).unwrap_or_default();
        let components = &self.naming.app.components;
        let job = components.get(&job_name(&self.component.name));
        let job = job.filter(|job| job.job_of.as_ref() == Some(&self.component.name));
        job.is_some_and(|job| job.containers.contains_key(name))
    }

    /// Whether the Score file has a container with this name, wherever annotations have put it.
    fn is_of_score_file(&self, name: Option<&OpenText>) -> bool {
        let plain = name.and_then(OpenText::as_plain).unwrap_or_default();
        self.component.containers.contains_key(plain) || self.is_in_job(name)
    }

    /// The error about a container of the platform with the name of one of the Score file: merged, it would run what
    /// the Score file says with the rights of the platform.
    fn taken(&self, name: Option<&OpenText>, place: Span) -> Diagnostic {
        let name = name.and_then(OpenText::as_plain).unwrap_or_default();
        let workload = self.component.job_of.as_ref();
        let workload = workload.unwrap_or(&self.component.name);
        let message = format!(
            "the resource `{}` adds the container `{name}` to `{workload}`, which has a container with this name",
            self.raw.resource
        );
        let found = Diagnostic::new(Code::ProjectNameCollision, message).at(place, "");
        let declared = self.component.place(Field::Container(name));
        let found = match declared {
            Some(span) => found.at(span, "declared here"),
            None => found,
        };
        found.help(format!(
            "rename the container of the Score file; a patch that is meant to change it is under \
             `{CONTAINERS}`, or has no `image`"
        ))
    }

    /// Reports a problem, unless it has been reported for another part of the workload.
    fn report_once(&mut self, found: Diagnostic) {
        if !self.diagnostics.contains(&found) {
            self.diagnostics.push(found);
        }
    }

    /// The location of the name of an entry.
    fn name_place(&self, entry: &ContainerChange) -> Span {
        let mut path = entry.path();
        path.push("name");
        self.raw.place(&path)
    }

    /// Merges the change at a path of the patch into all containers of the workload.
    fn merge_all(&mut self, spec: &mut Map<OpenTree>, path: &[&str], change: &OpenTree) {
        for list in CONTAINER_LISTS {
            let Some(Tree::List(items)) = spec.get_mut(list) else {
                continue;
            };
            for known in items {
                let own =
                    plain_name(known).filter(|it| self.component.containers.contains_key(*it));
                let Some(name) = own.map(OpenText::from) else {
                    continue;
                };
                if !self.budget.take(1) {
                    return;
                }
                let mut change = change.clone();
                if let Tree::Map(change) = &mut change {
                    change.insert("name".to_owned(), Tree::Text(name));
                }
                self.merge_at(path, known, change, self.of_container);
            }
        }
    }

    /// Adds a container, which must have a name and an image.
    fn add_container(
        &mut self,
        spec: &mut Map<OpenTree>,
        name: Option<&OpenText>,
        mut entry: ContainerChange,
    ) {
        if name.is_none() || !has_image(&entry.change) {
            let unknown = self.unknown(spec, name, self.name_place(&entry), CAN_ADD);
            self.diagnostics.push(unknown);
            return;
        }
        let change = std::mem::replace(&mut entry.change, Tree::Null);
        let mut added = Map::default().into();
        self.merge_at(&entry.path(), &mut added, change, self.of_container);
        // With the security context of the workload, the pod still complies with its Pod Security
        // Standard, unless the patch overrides it.
        let own = self.component.containers.keys().find_map(|name| {
            let known = container(spec, &OpenText::from(name.as_str()))?;
            known.get(SECURITY_CONTEXT).cloned()
        });
        if let (Tree::Map(added), Some(own)) = (&mut added, own) {
            added.entry(SECURITY_CONTEXT.to_owned()).or_insert(own);
        }
        match spec.get_mut(entry.list) {
            Some(Tree::List(items)) => items.push(added),
            _ => drop(spec.insert(entry.list.to_owned(), Tree::List(vec![added]))),
        }
    }

    fn unknown(
        &self,
        spec: &Map<OpenTree>,
        name: Option<&OpenText>,
        place: Span,
        more: &str,
    ) -> Diagnostic {
        let (raw, workload) = (self.raw, &self.component.name);
        let known = CONTAINER_LISTS
            .iter()
            .filter_map(|list| match spec.get(*list) {
                Some(Tree::List(items)) => Some(items.iter().filter_map(plain_name)),
                _ => None,
            });
        let known: Vec<&str> = known.flatten().collect();
        let name = name.and_then(OpenText::as_plain);
        let (message, help) = match (name, name.and_then(|name| nearest(name, known.clone()))) {
            (Some(name), Some(meant)) => (
                format!("workload `{workload}` has no container `{name}`"),
                format!("did you mean `{meant}`? {more}"),
            ),
            (Some(name), None) => (
                format!("workload `{workload}` has no container `{name}`"),
                format!(
                    "use {} or, for all, `{ALL_CONTAINERS}`; {more}",
                    listed(known)
                ),
            ),
            (None, _) => (
                "the patch does not name the container that it changes".to_owned(),
                format!(
                    "add a `name`: {}, or `{ALL_CONTAINERS}` for all",
                    listed(known)
                ),
            ),
        };
        let found = Diagnostic::new(Code::ProvisionerUnknownContainer, message)
            .at(place, "")
            .help(help);
        match self.naming.app.declared.get(&raw.resource) {
            Some(span) => found.at(*span, format!("for the resource `{}`", raw.resource)),
            None => found,
        }
    }
}

/// Whether an item of a list of containers is a container of its own, not only a change of one.
fn has_image(change: &OpenTree) -> bool {
    let image = change.get("image");
    image.is_some_and(|image| *image != Tree::Null)
}

/// Removes the entries of the lists of containers from a patch, in which the path `pod` leads to
/// the pod spec.
fn entries<'a>(
    change: &mut OpenTree,
    pod: &[&str],
    place: &'a [&'a str],
) -> Vec<ContainerChange<'a>> {
    let Some(Tree::Map(spec)) = find(change, pod) else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    for list in CONTAINER_LISTS {
        if !matches!(spec.get(list), Some(Tree::List(_))) {
            continue;
        }
        let Some(Tree::List(items)) = spec.shift_remove(list) else {
            continue;
        };
        let items = items.into_iter().enumerate();
        entries.extend(items.map(|(index, change)| ContainerChange {
            place,
            list,
            index: index.to_string(),
            change,
        }));
    }
    entries
}

/// The number of containers of a pod.
fn count(spec: &Map<OpenTree>) -> usize {
    let lists = CONTAINER_LISTS.iter().map(|list| match spec.get(*list) {
        Some(Tree::List(items)) => items.len(),
        _ => 0,
    });
    lists.sum()
}

/// The container of a pod with this name.
fn container<'t>(spec: &'t mut Map<OpenTree>, name: &OpenText) -> Option<&'t mut OpenTree> {
    let has_name =
        |item: &OpenTree| matches!(item.get("name"), Some(Tree::Text(known)) if known == name);
    let list = CONTAINER_LISTS
        .into_iter()
        .find(|list| match spec.get(*list) {
            Some(Tree::List(items)) => items.iter().any(has_name),
            _ => false,
        })?;
    match spec.get_mut(list) {
        Some(Tree::List(items)) => items.iter_mut().find(|item| has_name(item)),
        _ => None,
    }
}

fn plain_name(container: &OpenTree) -> Option<&str> {
    match container.get("name") {
        Some(Tree::Text(name)) => name.as_plain(),
        _ => None,
    }
}
