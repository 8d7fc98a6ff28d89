//! The plan of one environment: its changes with their locations, and the diagnostics of hazards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use score_compiler::{OriginRole, OriginStep, OutputObject};
use score_impact::{Action, Change, Changes, Class, Keep, ObjectId, SECRET, Subject};
use score_policy::Selection;
use score_spec::{Code, Diagnostic, Node, Severity, Sources, Span};

use super::side::{Output, SETTINGS};
use crate::report::levels::Levels;

/// The plan of one environment.
#[derive(Debug)]
pub(super) struct Section {
    /// The environment, if there is one.
    pub(super) environment: Option<String>,
    pub(super) target: String,
    /// The other side, such as `git:main`.
    pub(super) against: String,
    /// The environment that it takes the place of, or why that is not known, as a clause.
    pub(super) former: Option<String>,
    /// The reason why everything is new.
    pub(super) is_new: Option<String>,
    pub(super) changes: Changes,
    /// The entries for the changes, in the same order.
    pub(super) entries: Vec<Entry>,
    /// The parts that are not compared, as clauses.
    pub(super) gaps: Vec<String>,
}

/// The location and the level of a change.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) place: Option<Place>,
    /// The level of a hazard; absent for changes that are none, and for hazards that are allowed.
    pub(super) level: Option<Severity>,
    /// The reason of the waiver.
    pub(super) waiver: Option<String>,
    /// Whether only levels or waivers of the change itself would lower the hazard.
    pub(super) is_lowered: bool,
}

/// A line of a file, or an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    /// The line and column; absent in an option.
    pub(super) position: Option<(usize, usize)>,
    span: Span,
}

/// Finds the locations of changes.
pub(super) struct Locator<'a> {
    output: &'a Output<'a>,
    objects: BTreeMap<ObjectId, &'a OutputObject>,
    /// The locations of params that have another value than before, by the declaration of their resource.
    params: BTreeMap<Span, Span>,
    /// The workloads whose objects are all new.
    new_workloads: BTreeSet<&'a str>,
}

impl Section {
    /// The changes that have an effect, with their entries.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&Change, &Entry)> {
        let all = self.changes.changes.iter().zip(&self.entries);
        all.filter(|(change, _)| change.class != Class::None)
    }

    /// Notes about what is compared, and what is not.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let environment = self.environment.as_deref();
        self.former
            .iter()
            .chain(&self.gaps)
            .map(move |gap| match environment {
                Some(name) => format!("`{name}`: {gap}"),
                None => gap.clone(),
            })
    }
}

impl Place {
    fn new(sources: &Sources, span: Span) -> Self {
        let file = sources.get(span.source).name.clone();
        let position = sources.position(span.source, span.range().start);
        let is_option = file.starts_with("--");
        Self {
            position: (!is_option).then_some((position.line, position.column)),
            file,
            span,
        }
    }

    /// As in messages.
    pub(super) fn text(&self) -> String {
        match self.position {
            Some((line, _)) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

impl<'a> Locator<'a> {
    /// `old` is the other side, if it is compiled.
    pub(super) fn new(output: &'a Output<'a>, old: Option<&Output<'_>>, changes: &Changes) -> Self {
        let objects = output.objects.iter();
        let mut params = BTreeMap::new();
        for (uid, resource) in &output.model.resources {
            let before = old.and_then(|old| old.model.resources.get(uid)?.params.as_ref());
            let after = resource.params.as_ref();
            let changed = before.zip(after);
            if let Some(span) = changed.and_then(|(before, after)| difference(before, after)) {
                let declared = resource.declared.iter().map(|it| it.span);
                params.extend(declared.map(|declared| (declared, span)));
            }
        }
        Self {
            output,
            params,
            new_workloads: new_workloads(&output.objects, changes),
            objects: objects
                .map(|object| (ObjectId::of(object), object))
                .collect(),
        }
    }

    /// The location of a change: of the field, or else of the nearest field around it. A thing that is gone has none.
    pub(super) fn place(&self, change: &Change, keeps: &[&Keep]) -> Option<Place> {
        let span = match &change.subject {
            Subject::Object(id) if id.group == SETTINGS => self.output.decided.span(&change.path),
            Subject::Resource(uid) => self.of_resource(uid, keeps),
            // All of a new workload is there because of its Score file, also what settings or patches create.
            Subject::Object(_) if self.is_of_new_workload(change) => None,
            Subject::Object(id) => self.objects.get(id).and_then(|object| {
                let path = change.path.steps();
                let mut paths = (0..=path.len()).rev().map(|end| &path[..end]);
                paths.find_map(|path| self.of_field(object, path))
            }),
        };
        let span = span.or_else(|| self.of_owner(change));
        span.map(|span| Place::new(&self.output.rendered.sources, span))
    }

    /// Whether it is a whole object of a new workload itself.
    fn is_of_new_workload(&self, change: &Change) -> bool {
        let workload = change.owner.workload.as_deref();
        change.path.is_empty()
            && change.owner.resource.is_none()
            && workload.is_some_and(|it| self.new_workloads.contains(it))
    }

    fn of_field(&self, object: &OutputObject, path: &[&str]) -> Option<Span> {
        let Output {
            compiled,
            rendered,
            target,
            ..
        } = self.output;
        let steps = compiled.origin(rendered, *target, object, path);
        let is_declared = |step: &&OriginStep| step.role == OriginRole::Declared;
        let declared = steps.iter().find(is_declared);
        // A setting is nearer than the declaration of the resource.
        let is_set = steps
            .first()
            .is_some_and(|step| step.role == OriginRole::Set);
        let declared = declared.filter(|_| object.resource.is_some() && !is_set);
        self.changed(&steps)
            .or_else(|| self.first(declared.map_or(&steps, std::slice::from_ref)))
    }

    fn of_resource(&self, uid: &str, keeps: &[&Keep]) -> Option<Span> {
        let Output {
            compiled,
            rendered,
            target,
            ..
        } = self.output;
        let new = keeps.iter().find(|keep| keep.from == uid);
        let mut uids = [Some(uid), new.map(|keep| keep.to.as_str())]
            .into_iter()
            .flatten();
        uids.find_map(|uid| self.first(&compiled.origin_of_resource(rendered, *target, uid)))
    }

    /// The name of the workload, or the declaration of the resource, if it still exists.
    fn of_owner(&self, change: &Change) -> Option<Span> {
        if change.action == Action::Removed && change.path.is_empty() {
            return None;
        }
        let workload = change.owner.workload.as_ref();
        let workload = workload.and_then(|name| self.output.rendered.project.workloads.get(name));
        if let Some(workload) = workload {
            return Some(workload.name.span);
        }
        self.of_resource(change.owner.resource.as_deref()?, &[])
    }

    /// The param that has changed, of the first resource with one.
    fn changed(&self, steps: &[OriginStep]) -> Option<Span> {
        let mut spans = steps.iter().filter_map(|step| step.span);
        spans.find_map(|span| self.params.get(&span).copied())
    }

    /// The first location in a file of the user.
    fn first(&self, steps: &[OriginStep]) -> Option<Span> {
        let sources = &self.output.rendered.sources;
        let is_own = |span: &Span| !sources.get(span.source).name.starts_with("builtin:");
        steps.iter().filter_map(|step| step.span).find(is_own)
    }
}

/// The workloads whose objects are all new, apart from those of their resources.
fn new_workloads<'a>(objects: &'a [OutputObject], changes: &Changes) -> BTreeSet<&'a str> {
    let added = changes.changes.iter();
    let added = added.filter(|it| it.action == Action::Added && it.path.is_empty());
    let added: BTreeSet<&ObjectId> = added.filter_map(|it| it.subject.object()).collect();
    let (mut new, mut known) = (BTreeSet::new(), BTreeSet::new());
    for object in objects.iter().filter(|it| it.resource.is_none()) {
        if let Some(workload) = &object.workload {
            let is_new = added.contains(&ObjectId::of(object));
            let set = if is_new { &mut new } else { &mut known };
            set.insert(workload.as_str());
        }
    }
    new.retain(|it| !known.contains(it));
    new
}

/// The location of the first part that differs between two values, in the second one.
fn difference(before: &Node, after: &Node) -> Option<Span> {
    let (mut before, mut after) = (before, after);
    if before.to_value() == after.to_value() {
        return None;
    }
    loop {
        let inner = after.entries().iter().find_map(|entry| {
            let old = before.get(&entry.key);
            let is_same = old.is_some_and(|old| old.to_value() == entry.value.to_value());
            (!is_same).then_some((old, &entry.value))
        });
        match inner {
            Some((Some(old), new)) => (before, after) = (old, new),
            Some((None, new)) => return Some(new.span),
            None => return Some(after.span),
        }
    }
}

/// The code of a hazard.
fn code(class: Class) -> Option<Code> {
    Some(match class {
        Class::Unknown => Code::PlanUnknown,
        Class::Downtime => Code::PlanDowntime,
        Class::Exposure => Code::PlanExposure,
        Class::Deletion => Code::PlanDeletion,
        Class::DataLoss => Code::PlanDataLoss,
        Class::Refused => Code::PlanRefused,
        _ => return None,
    })
}

/// The diagnostic of a change, if it is a hazard.
pub(super) fn hazard(change: &Change, place: Option<&Place>) -> Option<Diagnostic> {
    let code = code(change.class)?;
    let found = Diagnostic::new(code, format!("{}: {}", title(change), change.reason));
    let found = found.help(advice(change).to_owned());
    Some(match place {
        Some(place) => found.at(place.span, ""),
        None => found,
    })
}

/// The advice about a change.
pub(super) fn advice(change: &Change) -> &str {
    let advice = change.advice.as_deref();
    advice.unwrap_or(change.class.advice())
}

/// The names that a waiver can select: the workload, the resource by its uid, the environment, the object as `KIND/NAME`.
pub(super) fn selection<'a>(
    change: &'a Change,
    environment: Option<&'a str>,
    object: Option<&'a str>,
) -> Selection<'a> {
    let resource = match &change.subject {
        Subject::Resource(uid) => Some(uid.as_str()),
        Subject::Object(_) => change.owner.resource.as_deref(),
    };
    Selection {
        workload: change.owner.workload.as_deref(),
        container: None,
        resource,
        environment,
        object,
    }
}

/// The object of a change as waivers name it.
pub(super) fn object_name(change: &Change) -> Option<String> {
    let id = change.subject.object()?;
    Some(format!("{}/{}", id.kind, id.name))
}

/// The thing that changes with its field and its values, in a line.
pub(super) fn title(change: &Change) -> String {
    let mut title = format!("`{}`", change.subject);
    if !change.path.is_empty() {
        let _ = write!(title, " `{}`", change.path);
    }
    if let Some(values) = values(change) {
        title.push(' ');
        title.push_str(&values);
    }
    title
}

/// The values before and after.
pub(super) fn values(change: &Change) -> Option<String> {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if before == SECRET && after == SECRET => {
            Some(SECRET.to_owned())
        }
        (Some(before), Some(after)) => Some(format!("{before} → {after}")),
        (None, Some(after)) => Some(format!("new: {after}")),
        (Some(before), None) => Some(format!("was {before}")),
        (None, None) => None,
    }
}

/// The levels of hazards. Errors can be lowered, because nothing is generated.
pub(super) fn levels(levels: Levels) -> Levels {
    Levels {
        keeps_errors: false,
        ..levels
    }
}
