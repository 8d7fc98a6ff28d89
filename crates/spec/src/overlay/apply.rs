//! Applies all changes of a run to the documents of a Score file, and checks that overrides respect the locks.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Change, Effects, Layer, Overlay, Overlays,
    changes::{Changes, follow_members},
    layer::leave_out,
    lock::{self, LockedValue, Path},
};
use crate::{Code, Diagnostic, Kind, Node, SourceId, Sources, Span, diagnostic::listed};

/// The maximum number of nodes that layers can add to the documents of one text. A layer applies to many documents,
/// and what is under `*` to each of their containers.
const MOST_NODES: usize = 1_000_000;

/// Applies the changes of a run to the documents of one Score file.
pub(crate) struct Applier<'a> {
    overlays: &'a Overlays,
    sources: &'a Sources,
    /// The overrides beside the Score file, each with the name of its document if there are several.
    beside: Vec<(&'a Overlay, Option<&'a str>)>,
    defaults: Option<Changes>,
    remaining: usize,
}

/// The locked values of a document in the order in which it changes: after the layers, and after each override.
struct Stages<'a> {
    layered: &'a Node,
    values: Vec<BTreeMap<Path, LockedValue>>,
    overrides: Vec<&'a Overlay>,
}

impl<'a> Applier<'a> {
    /// Selects the overrides for the documents of a Score file, and reports those that select none.
    pub(crate) fn new(
        overlays: &'a Overlays,
        sources: &'a Sources,
        id: SourceId,
        documents: &[Node],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut beside = Vec::new();
        for overlay in overlays.beside.get(&id).into_iter().flatten() {
            let Change::Merge(node) = &overlay.change else {
                beside.push((overlay, overlay.workload.as_deref()));
                continue;
            };
            let wanted = name(node);
            if documents.len() < 2 {
                beside.push((overlay, None));
            } else if wanted.is_some() && documents.iter().any(|it| name(it) == wanted) {
                beside.push((overlay, wanted));
            } else {
                diagnostics.push(selects_none(overlay, node, documents));
            }
        }
        let defaults = overlays.defaults.as_ref();
        let defaults = defaults.filter(|_| !overlays.locks.is_empty());
        Self {
            overlays,
            sources,
            beside,
            defaults: defaults.cloned().map(Changes::new),
            remaining: MOST_NODES,
        }
    }

    /// Whether the layers leave out the workload with this name.
    pub(crate) fn leaves_out(&self, name: Option<&str>) -> bool {
        leave_out(&self.overlays.layers, name)
    }

    /// Applies all changes to a document.
    ///
    /// # Errors
    /// If the layers add too much. The document should not be processed further.
    pub(crate) fn apply(
        &mut self,
        document: &mut Node,
        effects: &mut Effects,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(), Box<Diagnostic>> {
        let name = name(document).map(str::to_owned);
        let name = name.as_deref();
        let written = (!self.overlays.locks.is_empty()).then(|| document.clone());
        let mut remaining = self.remaining;
        self.layer(document, name, &mut remaining, effects)?;
        self.remaining = remaining;
        let beside = self.beside.iter();
        let beside = beside.filter(|(_, wanted)| wanted.is_none() || *wanted == name);
        let general = self.overlays.overrides.iter();
        let general = general.filter(|it| it.workload.is_none() || it.workload.as_deref() == name);
        let overrides = beside.map(|(overlay, _)| *overlay).chain(general);
        let Some(written) = written else {
            overrides.for_each(|overlay| overlay.apply(document, diagnostics));
            return Ok(());
        };
        let layered = document.clone();
        let mut stages = Stages {
            layered: &layered,
            values: vec![self.values(document)],
            overrides: overrides.collect(),
        };
        for overlay in &stages.overrides {
            overlay.apply(document, diagnostics);
            stages.values.push(self.values(document));
        }
        let mut check = Check {
            applier: self,
            name,
            reported: BTreeSet::new(),
            diagnostics,
        };
        check.written(&written, &stages)?;
        check.overrides(&written, document, &stages)
    }

    /// Applies the layers to a document.
    fn layer(
        &self,
        document: &mut Node,
        name: Option<&str>,
        remaining: &mut usize,
        effects: &mut Effects,
    ) -> Result<(), Box<Diagnostic>> {
        for step in self
            .overlays
            .layers
            .iter()
            .flat_map(|it: &Layer| it.steps(name))
        {
            let Some(changes) = &step.changes else {
                continue;
            };
            let Some(left) = remaining.checked_sub(changes.cost(document)) else {
                let message =
                    format!("the workloads of a file grow by more than {MOST_NODES} values");
                let help = "remove entries, or split the Score file";
                let found = Diagnostic::new(Code::YamlLimit, message).at(step.span, "");
                return Err(Box::new(found.help(help)));
            };
            *remaining = left;
            changes.apply(document, effects);
            self.clear_slots(document, changes);
        }
        Ok(())
    }

    /// Removes the annotations that are excluded by those of a layer.
    fn clear_slots(&self, document: &mut Node, changes: &Changes) {
        for slot in self.overlays.slots {
            let Some(name) = changes.annotations().find(|name| slot.contains(name)) else {
                continue;
            };
            let annotations = document.get_mut("metadata");
            let annotations = annotations.and_then(|it| it.get_mut("annotations"));
            if let Some(Kind::Map(entries)) = annotations.map(|it| &mut it.kind) {
                entries.retain(|it| it.key == name || !slot.contains(&it.key.as_str()));
            }
        }
    }

    /// The locked values of a document.
    fn values(&self, document: &Node) -> BTreeMap<Path, LockedValue> {
        let mut document = lock::upgraded(document);
        if let Some(defaults) = &self.defaults {
            defaults.add_below(&mut document);
        }
        self.overlays.locks.values(&document)
    }

    /// The values that the layers give to the locked paths of a document.
    fn decided(
        &self,
        document: &Node,
        name: Option<&str>,
    ) -> Result<BTreeMap<Path, LockedValue>, Box<Diagnostic>> {
        let mut document = lock::upgraded(document);
        self.overlays.locks.remove(&mut document);
        let mut remaining = MOST_NODES;
        self.layer(&mut document, name, &mut remaining, &mut Effects::default())?;
        Ok(self.values(&document))
    }
}

/// The check of a document against the locks.
struct Check<'a, 'b> {
    applier: &'a Applier<'a>,
    name: Option<&'a str>,
    reported: BTreeSet<Path>,
    diagnostics: &'b mut Vec<Diagnostic>,
}

impl Check<'_, '_> {
    /// Checks what the Score file says.
    fn written(&mut self, written: &Node, stages: &Stages<'_>) -> Result<(), Box<Diagnostic>> {
        let decided = self.applier.decided(written, self.name)?;
        let locks = &self.applier.overlays.locks;
        let said = locks.values(&lock::upgraded(written));
        for (path, said) in &said {
            let value = decided.get(path).map(|it| &it.value);
            if !lock::is_part(&said.value, value) {
                self.report(path, said.key, said.lock);
            }
        }
        let Some(values) = stages.values.first() else {
            return Ok(());
        };
        for (path, lock) in union(values, &decided) {
            let is_equal = lock::are_equal(values.get(path), decided.get(path));
            if !is_equal && !self.reported.contains(path) {
                self.report(path, place(written, path).unwrap_or(written.span), lock);
            }
        }
        Ok(())
    }

    /// Checks what overrides say.
    fn overrides(
        &mut self,
        written: &Node,
        document: &Node,
        stages: &Stages<'_>,
    ) -> Result<(), Box<Diagnostic>> {
        let Some(last) = stages
            .values
            .last()
            .filter(|_| !stages.overrides.is_empty())
        else {
            return Ok(());
        };
        // A workload that an override renames is subject to the layers for its new name.
        let new_name = name(document).filter(|new| name(stages.layered) != Some(new));
        let mut base = written.clone();
        follow_members(&mut base, stages.layered, document);
        let decided = self.applier.decided(&base, new_name.or(self.name))?;
        for (path, lock) in union(last, &decided) {
            let value = decided.get(path);
            let mut is_reported = self.reported.contains(path);
            for (pair, overlay) in stages.values.windows(2).zip(&stages.overrides) {
                let [before, after] = [&pair[0], &pair[1]].map(|values| values.get(path));
                if !lock::are_equal(before, after) && !lock::are_equal(after, value) {
                    self.report(path, overlay.place(path), lock);
                    is_reported = true;
                }
            }
            if !is_reported && !lock::are_equal(last.get(path), value) {
                let renamed = new_name.and(document.get("metadata"));
                let renamed = renamed.and_then(|it| it.entry("name"));
                let place = renamed
                    .map(|it| it.key_span)
                    .or_else(|| place(document, path));
                self.report(path, place.unwrap_or(document.span), lock);
            }
        }
        Ok(())
    }

    fn report(&mut self, path: &Path, place: Span, lock: Span) {
        self.reported.insert(path.clone());
        let name = self.name.map_or_else(
            || "a workload without a name".to_owned(),
            |name| format!("`{name}`"),
        );
        let file = &self.applier.sources.get(lock.source).name;
        self.diagnostics.push(
            Diagnostic::new(
                Code::EnvironmentLocked,
                format!("the environment decides `{}` of {name}", lock::shown(path)),
            )
            .at(place, "")
            .at(lock, "locked here")
            .help(format!(
                "use the value of the environment; only `{file}` can change it"
            )),
        );
    }
}

impl Overlay {
    /// The location of the part that changes a path.
    fn place(&self, path: &[String]) -> Span {
        let place = match &self.change {
            Change::Merge(node) => place(node, path),
            Change::Set { .. } => None,
        };
        place.unwrap_or(self.span)
    }
}

/// The location of the last key of a path that a document has.
fn place(node: &Node, path: &[String]) -> Option<Span> {
    let entry = node.entry(path.first()?)?;
    Some(place(&entry.value, &path[1..]).unwrap_or(entry.key_span))
}

/// The paths of two maps, each with the location of its lock.
fn union<'a>(
    a: &'a BTreeMap<Path, LockedValue>,
    b: &'a BTreeMap<Path, LockedValue>,
) -> BTreeMap<&'a Path, Span> {
    let all = a.iter().chain(b);
    all.map(|(path, value)| (path, value.lock)).collect()
}

fn selects_none(overlay: &Overlay, node: &Node, documents: &[Node]) -> Diagnostic {
    let name = node.get("metadata").and_then(|it| it.get("name"));
    let message = "the overrides file must name one of the workloads of its Score file";
    let found = Diagnostic::new(Code::OverrideInvalid, message);
    found
        .at(name.map_or(overlay.span, |name| name.span), "")
        .help(format!(
            "set `metadata.name` to one of {}",
            listed(documents.iter().filter_map(self::name))
        ))
}

/// The name of the workload in a document before validation.
pub(crate) fn name(document: &Node) -> Option<&str> {
    document.get("metadata")?.get("name")?.text()
}
