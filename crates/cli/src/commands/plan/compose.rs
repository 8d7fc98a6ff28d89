//! The parts of a Compose project as objects: those of `compose.yaml`, and the files beside it. Variables with secrets
//! are in env files, so they are added to the variables of their services.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use score_compiler::ir::{Sealed, Segment, Tree};
use score_compiler::{OutputContent, OutputFile, OutputObject, Text};
use score_impact::{Changes, Class, Document, Object, ObjectId, Owner};
use score_spec::{Sources, parse};

use crate::host::{OWN_FOLDER, digest};
use crate::output::rendering::{compose_folder, text};

/// The end of the names of files with the variables of a service.
const ENV: &str = ".env";

/// The kind of files beside `compose.yaml`, whose names are paths: containers read them as they read configs.
const FILE: &str = "config";

/// Whether an object is a file beside `compose.yaml`.
pub(super) fn is_file(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == FILE && id.name.contains('/')
}

/// Makes files that are gone harmless: a service that used one has changed, too. Not that of the proxy, whose hosts are
/// gone with it.
pub(super) fn settle_files(changes: &mut Changes) {
    for change in &mut changes.changes {
        let object = change.subject.object();
        let is_file = object.is_some_and(|it| is_file(it) && !it.is_proxy());
        if is_file && change.class == Class::Deletion {
            change.class = Class::Config;
            "the file is not used any more".clone_into(&mut change.reason);
        }
    }
}

/// The contents of the files beside `compose.yaml`, by path.
pub(super) type Files = BTreeMap<String, Text<Sealed>>;

/// The objects of generated files.
pub(super) fn of_files(files: &[OutputFile], with_files: bool) -> Vec<Object> {
    let main = files.iter().find(|file| file.path.is_none());
    // The file contains no secrets.
    let main = main.and_then(text).map(Text::redact).unwrap_or_default();
    let mut sources = Sources::new();
    let id = sources.add("compose.yaml", main);
    let documents = parse(&sources, id).documents;
    let objects = documents
        .iter()
        .filter_map(Object::read)
        .flatten()
        .collect();
    if !with_files {
        return objects;
    }
    let beside = files.iter().filter_map(|file| {
        let path = file.path.clone()?;
        let contents = match &file.content {
            OutputContent::Text(text) => text.clone(),
            OutputContent::Binary(bytes) => contents(bytes),
        };
        Some((path, contents))
    });
    with_files_beside(objects, &beside.collect())
}

/// The contents of a file; a digest of those that are not text.
pub(super) fn contents(bytes: &[u8]) -> Text<Sealed> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => digest(bytes).as_str().into(),
    }
}

/// Adds the files beside `compose.yaml`: variables to services, others as objects.
pub(super) fn with_files_beside(mut objects: Vec<Object>, files: &Files) -> Vec<Object> {
    for service in objects.iter_mut().filter(|it| it.id.kind == "service") {
        let Tree::Map(fields) = Arc::make_mut(&mut service.tree) else {
            continue;
        };
        let Some(Tree::List(entries)) = fields.get_mut("env_file") else {
            continue;
        };
        let mut variables = Vec::new();
        entries.retain(
            |entry| match path_of(entry).and_then(|path| files.get(path)) {
                Some(text) => {
                    variables.extend(lines(text));
                    false
                }
                None => true,
            },
        );
        if entries.is_empty() {
            fields.shift_remove("env_file");
        }
        let mut environment: Vec<(String, Document)> = match fields.get("environment") {
            Some(Tree::Map(known)) => known.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            _ => Vec::new(),
        };
        environment.extend(variables);
        if !environment.is_empty() {
            fields.insert("environment".to_owned(), environment.into_iter().collect());
        }
    }
    let owners: Vec<(String, Owner)> = objects
        .iter()
        .filter(|it| it.id.kind == "service")
        .map(|it| (format!("/{}/", it.id.name), it.owner.clone()))
        .collect();
    let mounted = files.iter().filter(|(path, _)| !path.ends_with(ENV));
    objects.extend(mounted.map(|(path, text)| {
        let owner = owners.iter().find(|(part, _)| path.contains(part));
        let content = ("content".to_owned(), Tree::Text(text.clone()));
        Object {
            id: ObjectId {
                group: String::new(),
                kind: FILE.to_owned(),
                namespace: None,
                name: path.clone(),
            },
            api_version: String::new(),
            owner: owner.map(|(_, owner)| owner.clone()).unwrap_or_default(),
            tree: Arc::new([content].into_iter().collect()),
        }
    }));
    objects
}

/// The folder of the files beside an output file, relative to its folder.
pub(super) fn own_folder(output: &Path) -> String {
    compose_folder(output).unwrap_or_else(|| format!("{OWN_FOLDER}/compose"))
}

/// The names of services with those of their variables.
pub(super) fn variables(objects: &[Object]) -> BTreeSet<(String, String)> {
    let services = objects.iter().filter(|it| it.id.kind == "service");
    let names = services.flat_map(|service| {
        let variables = match service.tree.get("environment") {
            Some(Tree::Map(variables)) => variables.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let service = &service.id.name;
        variables
            .into_iter()
            .map(move |name| (service.clone(), name))
    });
    names.collect()
}

/// The objects with the owners that the compiler knows.
pub(super) fn with_owners(mut objects: Vec<Object>, known: &[OutputObject]) -> Vec<Object> {
    let known: BTreeMap<&str, &OutputObject> =
        known.iter().map(|it| (it.name.as_str(), it)).collect();
    for object in objects.iter_mut().filter(|it| it.id.kind == "service") {
        if let Some(known) = known.get(object.id.name.as_str()) {
            object.owner = Owner {
                workload: known.workload.clone(),
                resource: known.resource.clone(),
            };
        }
    }
    objects
}

/// The path of an env file.
fn path_of(entry: &Document) -> Option<&str> {
    let path = match entry {
        Tree::Text(path) => path,
        entry => match entry.get("path")? {
            Tree::Text(path) => path,
            _ => return None,
        },
    };
    path.as_plain()
}

/// The variables of an env file in raw form: `NAME=value` lines.
fn lines(text: &Text<Sealed>) -> Vec<(String, Document)> {
    let mut lines = vec![Text::<Sealed>::new()];
    for segment in text.segments() {
        match segment {
            Segment::Plain(plain) => {
                for (at, part) in plain.split('\n').enumerate() {
                    if at > 0 {
                        lines.push(Text::new());
                    }
                    if let Some(line) = lines.last_mut() {
                        line.push_str(part);
                    }
                }
            }
            Segment::Ref(secret) => {
                if let Some(line) = lines.last_mut() {
                    line.push_ref(secret.clone());
                }
            }
        }
    }
    lines.iter().filter_map(variable).collect()
}

/// The name and the value of a line.
fn variable(line: &Text<Sealed>) -> Option<(String, Document)> {
    let [Segment::Plain(first), rest @ ..] = line.segments() else {
        return None;
    };
    let (name, start) = first.split_once('=')?;
    let mut value = Text::from(start);
    for segment in rest {
        match segment {
            Segment::Plain(plain) => value.push_str(plain),
            Segment::Ref(secret) => value.push_ref(secret.clone()),
        }
    }
    Some((name.to_owned(), Tree::Text(value)))
}
