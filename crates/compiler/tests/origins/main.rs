//! The origin of each field of the output is complete: a change of a field in an input only changes fields of the
//! output whose origin names it. All golden cases whose command generates output are changed, field by field: their
//! Score files, the files beside them for environments, overrides files, project files, environments with their image
//! files, own provisioners, and the options for overrides, images, builds, params and the namespace. Policies, levels and
//! tests of provisioners change no output. Charts are compared as the objects of which
//! they are made. `made.txt` lists the fields whose origin is a hash, which score-rs makes; to accept a new list, run
//! with `UPDATE=1`, and review the difference. With `ORIGINS=TEXT`, the test prints each change that an origin does not
//! name and whose line contains the text.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "a test that cannot go on fails"
)]

mod case;
mod change;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use score_compiler::ir::{Sealed, Tree};
use score_compiler::{FieldPath, OriginRole, OriginStep, OutputObject};
use score_spec::Span;

use self::case::{Case, Output, entries};
use self::change::{Change, changes};

/// The maps whose keys are names.
const NAMED: [&str; 20] = [
    "annotations",
    "args",
    "before",
    "command",
    "containers",
    "data",
    "depends_on",
    "entrypoint",
    "env",
    "environment",
    "files",
    "labels",
    "matchLabels",
    "params",
    "ports",
    "resources",
    "selector",
    "stringData",
    "variables",
    "volumes",
];

/// The changes of fields that origins do not name, with the reason.
/// … stands for any text.
const EXCEPTIONS: [(&str, &str); 15] = [
    (
        "compose service env_file.*.path <- metadata.name",
        "the templates of a list share state, so that the order of all resources decides",
    ),
    (
        "compose service depends_on.*.condition <- metadata.name",
        "a circle of resources is broken by the order of all of them; the templates of a list share state, so that the order of all resources decides",
    ),
    (
        "compose service depends_on.*.condition <- resources.*.params.*",
        "a circle of resources is broken by the order of all of them",
    ),
    (
        "compose service environment.* <- metadata.name",
        "the templates of a list share state, so that the order of all resources decides",
    ),
    (
        "compose service volumes.*.source <- metadata.name",
        "the templates of a list share state, so that the order of all resources decides",
    ),
    (
        "compose service depends_on.*.condition <- provisioner compose.services.{{ name('network') }}.network_mode",
        "a circle of services is broken by the order of all of them",
    ),
    (
        "compose service depends_on.*.condition <- provisioner metadata.name",
        "a circle of resources is broken by the order of all of them",
    ),
    (
        "compose service depends_on.*.condition <- provisioner resources.*.params.*",
        "a circle of resources is broken by the order of all of them",
    ),
    (
        "kubernetes CronJob spec.jobTemplate.spec.template.spec.…image <- provisioner kubernetes.0.apiVersion",
        "registries are replaced only in objects of known kinds",
    ),
    (
        "kubernetes Secret  <- provisioner outputs.properties.token.secret",
        "the object exists because of its contents, whose origin is that of its fields",
    ),
    (
        "kubernetes ConfigMap  <- provisioner outputs.properties.token.secret",
        "the object exists because of its contents, whose origin is that of its fields",
    ),
    (
        "kubernetes Deployment spec.template.spec.initContainers.… <- environment workloads.*.metadata.annotations.k8s.score.dev/release-job",
        "an annotation for all workloads is ignored where no container has the name, so that the container is not moved",
    ),
    (
        "kubernetes PersistentVolumeClaim metadata.annotations.* <- provisioner kubernetes.…",
        "a claim is in the wave of the first pod that mounts it, so that all pods decide",
    ),
    (
        "kubernetes PersistentVolumeClaim metadata.annotations.* <- provisioner volume.existing",
        "a claim is in the wave of the first pod that mounts it, so that all pods decide",
    ),
    (
        "kubernetes NetworkPolicy spec.ingress.*.ports.*.port <- metadata.name",
        "an external workload takes the place of one that is renamed, which then has no users",
    ),
];

/// The results of changes.
#[derive(Default)]
struct Findings {
    /// The number of changed leaves.
    count: usize,
    /// The leaves whose origin does not name the changed field, with that.
    unexplained: BTreeSet<String>,
    /// The leaves that score-rs makes, whose origin says so.
    made: BTreeSet<String>,
}

/// The steps to a leaf, with whether each is an item of a list.
type LeafPath = Vec<(String, bool)>;

type Leaves<'a> = BTreeMap<LeafPath, &'a Tree<Sealed>>;

#[test]
fn origins_name_the_fields_that_decide_a_value() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../../tests/cases");
    // A published package has no cases.
    if !folder.is_dir() {
        return;
    }
    let mut cases: Vec<Case> = Vec::new();
    for area in entries(&folder) {
        for folder in entries(&area) {
            let names = [&area, &folder].map(|it| it.file_name().unwrap().to_str().unwrap());
            cases.extend(Case::read(&folder, &names.join("/")));
        }
    }
    let next = AtomicUsize::new(0);
    let (mut count, mut unexplained, mut made) = (0, BTreeSet::new(), BTreeSet::new());
    std::thread::scope(|scope| {
        let work = || {
            let mut findings = Findings::default();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                findings.check(case);
            }
            findings
        };
        let threads = [(); 2].map(|()| scope.spawn(work));
        for thread in threads {
            let findings = thread.join().unwrap();
            count += findings.count;
            unexplained.extend(findings.unexplained);
            made.extend(findings.made);
        }
    });
    assert!(count > 5_000, "only {count} changed fields of the output");
    let lines: Vec<&str> = made.iter().map(String::as_str).collect();
    let made = lines.join("\n") + "\n";
    let golden = root.join("tests/origins/made.txt");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(&golden, &made).unwrap();
    }
    assert_eq!(made, fs::read_to_string(golden).unwrap());
    let exceptions = EXCEPTIONS.iter().map(|(pair, _)| *pair);
    let fits = |exception: &str, pair: &str| match exception.split_once('…') {
        Some((start, end)) => pair.starts_with(start) && pair.ends_with(end),
        None => pair == exception,
    };
    let is_known = |pair: &&String| exceptions.clone().any(|it| fits(it, pair));
    let new: Vec<_> = unexplained.iter().filter(|it| !is_known(it)).collect();
    assert!(new.is_empty(), "without an origin: {new:#?}");
    let is_unused = |exception: &&str| !unexplained.iter().any(|pair| fits(exception, pair));
    let unused: Vec<_> = exceptions.clone().filter(is_unused).collect();
    assert!(unused.is_empty(), "with an origin: {unused:#?}");
}

/// A check that builds objects in place of text has the same ones, and finds the same problems.
fn compare_checks(output: &Output<'_>) {
    let mut checked = output.compiled.check_with_objects(output.target);
    let expected = output.compiled.check_for(&[output.target]).diagnostics;
    assert_eq!(checked.diagnostics, expected);
    let objects = checked.objects.take();
    let is_equal = objects.is_none_or(|objects| {
        // A check reads no external values.
        output.rendered.has_external_values
            || format!("{objects:?}") == format!("{:?}", output.objects)
    });
    assert!(is_equal, "a check has other objects");
}

impl Findings {
    /// Changes each field of the inputs of a case.
    fn check(&mut self, case: &Case) {
        let Some(setup) = case.setup() else {
            return;
        };
        let Some(before) = setup.output() else {
            return;
        };
        compare_checks(&before);
        for input in case.inputs() {
            for change in changes(&input, &case.text(&input)) {
                let Some(changed) = case.with(&input, &change.text).setup() else {
                    continue;
                };
                if let Some(after) = changed.output() {
                    self.compare(case, [&before, &after], &change);
                }
            }
        }
    }

    /// Compares the output before and after a change.
    fn compare(&mut self, case: &Case, outputs: [&Output<'_>; 2], change: &Change) {
        // A chart consists of the objects of Kubernetes.
        let target = outputs[0].target.needs().platform.unwrap_or_default();
        for (kind, path, steps) in self.unnamed(outputs, change) {
            let leaf = pattern(path.clone());
            let field = pattern(change.field.iter().map(|it| (it.clone(), false)));
            let leaf = format!("{target} {kind} {leaf}");
            if steps.iter().any(|step| step.role == OriginRole::Made) {
                self.made.insert(leaf);
                continue;
            }
            let pair = format!("{leaf} <- {}{field}", change.prefix());
            if std::env::var("ORIGINS").is_ok_and(|wanted| pair.contains(&wanted)) {
                let path: FieldPath = path.into_iter().map(|(step, _)| step).collect();
                let (name, file) = (&case.name, change.input.name());
                let field = change.field.join(".");
                let steps = steps
                    .iter()
                    .map(|it| format!("{} {}", it.role.name(), it.about));
                let steps: Vec<_> = steps.collect();
                eprintln!("{name}: {kind} {path} <- {file} {field} {steps:?}");
            }
            self.unexplained.insert(pair);
        }
    }

    /// The changed fields of the output that do not name the changed field.
    fn unnamed(
        &mut self,
        [before, after]: [&Output<'_>; 2],
        change: &Change,
    ) -> Vec<(String, LeafPath, Vec<OriginStep>)> {
        let mut found = Vec::new();
        let objects = pairs(&before.objects, &after.objects).into_iter();
        let entries = pairs(&before.entries, &after.entries);
        for (old, new) in objects.chain(entries) {
            if let (Some(old), Some(new)) = (old, new)
                && old.tree == new.tree
            {
                continue;
            }
            let object = old.or(new).unwrap();
            let leaves = match (old, new) {
                (Some(old), Some(new)) => [leaves(&old.tree), leaves(&new.tree)],
                _ => [(); 2].map(|()| Leaves::new()),
            };
            let mut paths: BTreeSet<_> = leaves.iter().flat_map(BTreeMap::keys).cloned().collect();
            paths.retain(|path| leaves[0].get(path) != leaves[1].get(path));
            if old.is_none() || new.is_none() {
                paths.insert(Vec::new());
            }
            for path in paths {
                self.count += 1;
                let is_new = old.is_none() || !path.is_empty() && !leaves[0].contains_key(&path);
                let (output, object, places) = if is_new {
                    (after, new.unwrap(), &change.places[1])
                } else {
                    (before, object, &change.places[0])
                };
                let origin = output.origin(object, &path);
                let is_named = change.is_named(&origin, output, places)
                    || is_new && change.is_replacement()
                    || old.filter(|_| is_new).is_some_and(|old| {
                        let around = nearest(&path, &leaves[0]);
                        let origin = before.origin(old, around);
                        change.is_named(&origin, before, &change.places[0])
                    });
                if !is_named {
                    found.push((object.kind.clone(), path, origin));
                }
            }
        }
        found
    }
}

impl Change {
    /// Whether the origin of a field names the changed field.
    fn is_named(
        &self,
        origin: &[OriginStep],
        output: &Output<'_>,
        places: &[(usize, usize)],
    ) -> bool {
        let name = self.input.name();
        // This option is no source.
        let is_option = |step: &OriginStep| {
            name == "--namespace" && step.about == "kubernetes.namespace, an option of the run"
        };
        let mut spans = origin.iter().filter_map(|step| step.span);
        origin.iter().any(is_option)
            || spans.any(|span| {
                output.rendered.sources.get(span.source).name == name
                    && places.iter().any(|place| is_at(span, *place))
            })
    }

    /// Whether another provisioner handles resources after the change. Its objects cannot name one that is not used.
    fn is_replacement(&self) -> bool {
        let is_choice = ["type", "class", "id"].contains(&self.field[0].as_str());
        self.prefix() == "provisioner " && self.field.len() == 1 && is_choice
    }
}

impl Output<'_> {
    fn origin(&self, object: &OutputObject, path: &[(String, bool)]) -> Vec<OriginStep> {
        let steps: Vec<&str> = path.iter().map(|(step, _)| step.as_str()).collect();
        self.compiled
            .origin(&self.rendered, self.target, object, &steps)
    }
}

/// The nearest field around a new one that was there before the change, whose origin explains what is new in it.
fn nearest<'p>(path: &'p [(String, bool)], before: &Leaves<'_>) -> &'p [(String, bool)] {
    let mut around = (1..path.len()).rev().map(|length| &path[..length]);
    let is_known = |around: &&[(String, bool)]| before.keys().any(|it| it.starts_with(around));
    around.find(is_known).unwrap_or(path)
}

fn is_at(span: Span, (start, end): (usize, usize)) -> bool {
    let span = span.range();
    (span.start <= start && end <= span.end) || (start <= span.start && span.end <= end)
}

/// The objects of the same kind and name, and then those of the same kind, if none was added or removed.
fn pairs<'a>(
    before: &'a [OutputObject],
    after: &'a [OutputObject],
) -> Vec<(Option<&'a OutputObject>, Option<&'a OutputObject>)> {
    let mut rest: Vec<&OutputObject> = after.iter().collect();
    let mut pairs = Vec::new();
    let mut renamed: Vec<&OutputObject> = Vec::new();
    for old in before {
        let fits = |it: &&OutputObject| it.kind == old.kind && it.name == old.name;
        match rest.iter().position(fits) {
            Some(index) => pairs.push((Some(old), Some(rest.remove(index)))),
            None => renamed.push(old),
        }
    }
    let of_kind =
        |objects: &[&OutputObject], kind: &str| objects.iter().filter(|it| it.kind == kind).count();
    for old in &renamed {
        let is_renamed = of_kind(&renamed, &old.kind) == of_kind(&rest, &old.kind);
        let mut new = after.iter().filter(|it| {
            is_renamed
                && it.kind == old.kind
                && rest.iter().any(|rest| std::ptr::eq(*rest, *it))
                && pairs
                    .iter()
                    .all(|(_, new)| new.is_none_or(|new| !std::ptr::eq(new, *it)))
        });
        pairs.push((Some(*old), new.next()));
    }
    let added = rest.into_iter().filter(|it| {
        let mut paired = pairs.iter().filter_map(|(_, new)| *new);
        !paired.any(|new| std::ptr::eq(new, *it))
    });
    let added: Vec<_> = added.map(|new| (None, Some(new))).collect();
    pairs.extend(added);
    pairs
}

/// The scalars of a document by path; items of lists are named if they have a name.
fn leaves(tree: &Tree<Sealed>) -> Leaves<'_> {
    let mut leaves = Leaves::new();
    collect(tree, &mut Vec::new(), &mut leaves);
    leaves
}

fn collect<'a>(tree: &'a Tree<Sealed>, path: &mut Vec<(String, bool)>, leaves: &mut Leaves<'a>) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries.iter() {
                path.push((key.clone(), false));
                collect(value, path, leaves);
                path.pop();
            }
        }
        Tree::List(items) => {
            let mut seen = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                let mut names = FieldPath::NAMES.into_iter();
                let name = names.find_map(|name| match item.get(name)? {
                    Tree::Text(text) => text.as_plain(),
                    _ => None,
                });
                let name = name.filter(|name| seen.insert(*name));
                path.push((name.map_or_else(|| index.to_string(), str::to_owned), true));
                collect(item, path, leaves);
                path.pop();
            }
        }
        leaf => {
            leaves.insert(path.clone(), leaf);
        }
    }
}

/// A path in which names are `*`.
fn pattern(path: impl IntoIterator<Item = (String, bool)>) -> String {
    let mut pattern: Vec<String> = Vec::new();
    for (step, is_item) in path {
        let below = pattern
            .last()
            .is_some_and(|it| NAMED.contains(&it.as_str()));
        let is_annotation = step.contains("score.dev/") || step.starts_with("checksum/");
        pattern.push(if (is_item || below) && !is_annotation {
            "*".to_owned()
        } else {
            step
        });
    }
    pattern.join(".")
}
