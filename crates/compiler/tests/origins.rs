//! The origin of each field of the output is complete: a change of a field in a Score file only changes fields of the
//! output whose origin names it. All golden cases are changed, field by field. `origins.txt` lists the fields for which
//! this does not hold yet; to accept a new list, run with `UPDATE=1`, and review the difference: it should only become
//! shorter.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use score_compiler::ir::{Sealed, Tree};
use score_compiler::{
    Compiled, Compiler, FieldPath, Inputs, Memory, OutputObject, Rendered, Target, target,
};
use score_spec::diagnostic::any_error;
use score_spec::{Kind, Node, Span};

/// The areas of golden cases with the targets for which they are compiled.
const AREAS: [(&str, &[&str]); 3] = [
    ("kubernetes", &["kubernetes"]),
    ("compose", &["compose"]),
    ("resources", &["kubernetes", "compose"]),
];

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

/// The input of a case.
#[derive(Clone, Default)]
struct Case {
    compiler: Compiler,
    world: Memory,
    /// The Score files by name.
    specs: BTreeMap<String, String>,
}

/// The Score file before and after a change of one of its fields.
struct Change {
    /// The path of the field.
    field: Vec<String>,
    /// The text of the file.
    text: String,
    /// The places of the field, of its key and of the resource that it belongs to, before and after.
    places: [Vec<(usize, usize)>; 2],
}

/// A project that was rendered.
struct Output<'a> {
    compiled: Compiled<'a>,
    rendered: Rendered,
    objects: Vec<OutputObject>,
}

type Leaves<'a> = BTreeMap<Vec<(String, bool)>, &'a Tree<Sealed>>;

#[test]
fn origins_name_the_fields_that_decide_a_value() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = root.join("../../tests/cases");
    // A published package has no cases.
    if !cases.is_dir() {
        return;
    }
    let mut jobs = Vec::new();
    for (area, targets) in AREAS {
        for folder in folders(&cases.join(area)) {
            jobs.extend(targets.iter().map(|name| (folder.clone(), *name)));
        }
    }
    let halves: Vec<_> = (0..2)
        .map(|half| {
            jobs.iter()
                .skip(half)
                .step_by(2)
                .cloned()
                .collect::<Vec<_>>()
        })
        .collect();
    let (mut missing, mut count) = (BTreeSet::new(), 0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = halves
            .into_iter()
            .map(|jobs| {
                scope.spawn(move || {
                    let (mut missing, mut count) = (BTreeSet::new(), 0);
                    for (folder, name) in jobs {
                        count += check(&Case::read(&folder), target(name).unwrap(), &mut missing);
                    }
                    (missing, count)
                })
            })
            .collect();
        for thread in threads {
            let (part, checked) = thread.join().unwrap();
            missing.extend(part);
            count += checked;
        }
    });
    assert!(count > 1_000, "only {count} changed fields of the output");
    let lines: Vec<&str> = missing.iter().map(String::as_str).collect();
    let list = lines.join("\n") + "\n";
    let golden = root.join("tests/origins.txt");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(&golden, &list).unwrap();
    }
    assert_eq!(list, fs::read_to_string(golden).unwrap());
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

impl Case {
    fn read(folder: &Path) -> Self {
        let mut case = Self::default();
        for path in folders(folder) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            case.world = case.world.with_file(&name, text.as_bytes());
            if name == "score-rs.yaml" {
                case.compiler = case.compiler.with_project(&name, text.as_bytes());
            } else if text.contains("score.dev/v1b1") {
                case.specs.insert(name, text);
            }
        }
        case
    }

    /// The objects, unless there are errors.
    fn output(&self, target: &dyn Target) -> Option<Output<'_>> {
        let mut inputs = Inputs::new();
        for (name, text) in &self.specs {
            inputs = inputs.with_spec(name, text.as_bytes());
        }
        let compiled = self.compiler.compile(&self.world, inputs);
        let rendered = compiled.render(target);
        if any_error(&rendered.diagnostics) {
            return None;
        }
        let objects = compiled.describe(&rendered, Some(target)).objects;
        Some(Output {
            compiled,
            rendered,
            objects,
        })
    }
}

/// Changes each field of the Score files of a case, and returns the number of changes of the output.
fn check(case: &Case, target: &dyn Target, missing: &mut BTreeSet<String>) -> usize {
    let Some(before) = case.output(target) else {
        return 0;
    };
    let mut count = 0;
    for (name, text) in &case.specs {
        for change in changes(name, text) {
            let mut changed = case.clone();
            changed.specs.insert(name.clone(), change.text.clone());
            let Some(after) = changed.output(target) else {
                continue;
            };
            for (kind, path) in unexplained(&before, &after, target, name, &change, &mut count) {
                let field = pattern(change.field.iter().map(|it| (it.clone(), false)));
                missing.insert(format!(
                    "{} {kind} {} <- {field}",
                    target.name(),
                    pattern(path)
                ));
            }
        }
    }
    count
}

/// The changed fields of the output that do not name the changed field.
fn unexplained(
    before: &Output<'_>,
    after: &Output<'_>,
    target: &dyn Target,
    name: &str,
    change: &Change,
    count: &mut usize,
) -> Vec<(String, Vec<(String, bool)>)> {
    let mut found = Vec::new();
    for (old, new) in pairs(&before.objects, &after.objects) {
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
            *count += 1;
            let is_new = old.is_none() || !path.is_empty() && !leaves[0].contains_key(&path);
            let (output, object, places) = if is_new {
                (after, new.unwrap(), &change.places[1])
            } else {
                (before, object, &change.places[0])
            };
            let steps: Vec<&str> = path.iter().map(|(step, _)| step.as_str()).collect();
            let origin = output
                .compiled
                .origin(&output.rendered, target, object, &steps);
            let mut spans = origin.iter().filter_map(|step| step.span);
            let is_named = spans.any(|span| {
                output.rendered.sources.get(span.source).name == name
                    && places.iter().any(|place| is_at(span, *place))
            });
            if !is_named {
                found.push((object.kind.clone(), path));
            }
        }
    }
    found
}

fn is_at(span: Span, (start, end): (usize, usize)) -> bool {
    let span = span.range();
    (span.start <= start && end <= span.end) || (start <= span.start && span.end <= end)
}

/// The objects of the same kind and name, and then those of the same kind.
fn pairs<'a>(
    before: &'a [OutputObject],
    after: &'a [OutputObject],
) -> Vec<(Option<&'a OutputObject>, Option<&'a OutputObject>)> {
    let mut rest: Vec<&OutputObject> = after.iter().collect();
    let mut pairs: Vec<(Option<&OutputObject>, Option<&OutputObject>)> = Vec::new();
    for is_exact in [true, false] {
        for old in before {
            if pairs
                .iter()
                .any(|(it, _)| it.is_some_and(|it| std::ptr::eq(it, old)))
            {
                continue;
            }
            let fits =
                |it: &&OutputObject| it.kind == old.kind && (!is_exact || it.name == old.name);
            match rest.iter().position(fits) {
                Some(index) => pairs.push((Some(old), Some(rest.remove(index)))),
                None if !is_exact => pairs.push((Some(old), None)),
                None => {}
            }
        }
    }
    pairs.extend(rest.into_iter().map(|new| (None, Some(new))));
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
            for (index, item) in items.iter().enumerate() {
                let mut names = FieldPath::NAMES.into_iter();
                let name = names.find_map(|name| match item.get(name)? {
                    Tree::Text(text) => text.as_plain(),
                    _ => None,
                });
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
        let is_annotation = step.contains("score.dev/");
        pattern.push(if (is_item || below) && !is_annotation {
            "*".to_owned()
        } else {
            step
        });
    }
    pattern.join(".")
}

/// A change of each scalar of a Score file.
fn changes(name: &str, text: &str) -> Vec<Change> {
    let mut sources = score_spec::Sources::new();
    let id = sources.add(name, text);
    let mut changes = Vec::new();
    for document in &score_spec::parse(&sources, id).documents {
        change(
            document,
            text,
            &mut Vec::new(),
            &mut Vec::new(),
            &mut changes,
        );
    }
    changes
}

fn change(
    node: &Node,
    text: &str,
    path: &mut Vec<String>,
    keys: &mut Vec<Span>,
    changes: &mut Vec<Change>,
) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                keys.push(entry.key_span);
                change(&entry.value, text, path, keys, changes);
                keys.pop();
                path.pop();
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                change(item, text, path, keys, changes);
                path.pop();
            }
        }
        _ => {
            let range = node.span.range();
            let Some(new) = changed(&text[range.clone()]) else {
                return;
            };
            // Only the expressions of a provisioner tell how it uses a param, so a reference to the resource
            // is a reference to all of its fields.
            let resource = keys.get(1).filter(|_| path[0] == "resources");
            let key = keys.last().into_iter().chain(resource);
            let mut before: Vec<_> = key.map(|it| (it.range().start, it.range().end)).collect();
            let mut after = before.clone();
            before.push((range.start, range.end));
            after.push((range.start, range.start + new.len()));
            changes.push(Change {
                field: path.clone(),
                text: [&text[..range.start], &new, &text[range.end..]].concat(),
                places: [before, after],
            });
        }
    }
}

/// Another value of the same kind.
fn changed(value: &str) -> Option<String> {
    let bare = value.trim_end();
    let (inner, quote) = match bare.chars().next()? {
        quote @ ('"' | '\'') if bare.len() > 1 => (&bare[1..bare.len() - 1], quote.to_string()),
        _ => (bare, String::new()),
    };
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = inner.split_at(digits);
    let new = match number.parse::<u32>() {
        Ok(number) if unit.is_empty() => (number + 1).to_string(),
        Ok(number) if unit.bytes().all(|it| it.is_ascii_alphabetic()) => {
            format!("{}{unit}", number * 2)
        }
        _ => match inner {
            "true" => "false".to_owned(),
            "false" => "true".to_owned(),
            inner => format!("{inner}x"),
        },
    };
    Some([&quote, &new, &quote, &value[bare.len()..]].concat())
}
