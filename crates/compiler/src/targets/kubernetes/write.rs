//! Writes objects to files: one stream or one file per object, in one of the formats, with secrets
//! where the options require them.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::naming::hex;
use super::objects::Object;
use super::options::{Kubernetes, ObjectFormat, SecretsMode};
use super::provenance::Owner;
use crate::emit::document::ToTree;
use crate::emit::flow::Notation;
use crate::emit::{flow, yaml};
use crate::ir::{App, Sealed, Text, Tree};
use crate::targets::{OutputContent, OutputFile};

/// The first line of every file whose format has comments.
const HEADER: &str = "# Written by score-rs from the Score files of this project: \
                      score-rs generate -t kubernetes\n";

/// The annotation that replaces this line in JSON, which has no comments. It is in the metadata of
/// the list, which programs do not use when they read its items.
const MARK: (&str, &str) = ("k8s.score.dev/written-by", "score-rs");

/// The file that lists the files of the objects, for `kubectl apply -k`.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// The name of the file with secrets, without its extension.
const SECRETS: &str = "secrets";

/// The maximum length of a file name, below the limits of file systems.
const LONGEST: usize = 200;

/// The output files. Objects are added in batches and dropped once they are written.
pub(super) struct Files<'a> {
    options: &'a Kubernetes,
    app: &'a App,
    /// Secrets for a separate file, or for none.
    secrets: Vec<Object<Sealed>>,
    /// Objects that are written together at the end.
    objects: Vec<Object<Sealed>>,
    /// Objects that are written to a single stream.
    stream: Text<Sealed>,
    /// Files with one object each, and their names.
    each: Vec<OutputFile>,
    taken: BTreeSet<String>,
}

impl<'a> Files<'a> {
    pub(super) fn new(options: &'a Kubernetes, app: &'a App) -> Self {
        let secrets = format!("{SECRETS}.{}", extension(options.object_format()));
        Self {
            options,
            app,
            secrets: Vec::new(),
            objects: Vec::new(),
            stream: Text::new(),
            each: Vec::new(),
            taken: [KUSTOMIZATION.to_owned(), secrets].into(),
        }
    }

    /// Adds objects.
    pub(super) fn extend(&mut self, objects: impl IntoIterator<Item = Written>) {
        let format = self.options.object_format();
        for object in objects {
            match object {
                Written::Apart(object) => self.secrets.push(object),
                Written::Together(object) => self.objects.push(object),
                Written::Alone(object, text) if self.options.files => {
                    let folder = self.folder(&object.owner);
                    let path = path(&object, folder, extension(format), &mut self.taken);
                    self.each.push(file(Some(path), text));
                }
                Written::Alone(_, text) => {
                    if format == ObjectFormat::Yaml && !self.stream.segments().is_empty() {
                        self.stream.push_str("---\n");
                    }
                    self.stream.append(text);
                }
            }
        }
    }

    /// The folder of an object. Those of a resource that other workloads declare as well belong to none of them.
    fn folder<'o>(&self, owner: &'o Owner) -> Option<&'o str> {
        let is_shared = owner.resource.as_ref().is_some_and(|uid| {
            let is_owner =
                owner.workload.is_some() && self.app.owners.get(uid) == owner.workload.as_ref();
            is_owner && self.app.shared.contains(uid)
        });
        let workload = owner.workload.as_deref().filter(|_| !is_shared);
        self.options.layout.unwrap_or_default().folder(workload)
    }

    /// All files; the main one, if there is one, comes first.
    pub(super) fn finish(self) -> Vec<OutputFile> {
        let format = self.options.object_format();
        let mut header = HEADER.to_owned();
        if self.options.secrets_mode() == SecretsMode::External {
            header.push_str(&needed(&self.secrets));
        }
        let mut files = self.each;
        files.push(if self.options.files {
            file(Some(KUSTOMIZATION.to_owned()), list(&files, &header))
        } else if format == ObjectFormat::Json {
            file(None, stream(&self.objects, format, &header))
        } else {
            let mut text = Text::from(header);
            text.append(self.stream);
            file(None, text)
        });
        if self.options.secrets_mode() == SecretsMode::Separate && !self.secrets.is_empty() {
            let path = format!("{SECRETS}.{}", extension(format));
            files.push(file(Some(path), stream(&self.secrets, format, HEADER)));
        }
        files
    }
}

/// An object, written if possible.
pub(super) enum Written {
    /// A secret that belongs to another file or to none.
    Apart(Object<Sealed>),
    /// An object that must be written together with all others.
    Together(Object<Sealed>),
    /// An object without its document, and the written document.
    Alone(Object<Sealed>, Text<Sealed>),
}

impl Written {
    /// Writes an object, if this is possible without the others.
    pub(super) fn of(mut object: Object<Sealed>, options: &Kubernetes) -> Self {
        // With a store, those without values are left.
        let is_apart = options.secrets_mode() != SecretsMode::Inline;
        if object.is_secret() && is_apart && options.secret_store().is_none() {
            return Self::Apart(object);
        }
        if options.object_format() == ObjectFormat::Json && !options.files {
            return Self::Together(object);
        }
        let text = if options.object_format() == ObjectFormat::Json {
            let mut text = Text::new();
            flow::emit(&object.tree, Notation::Json, &mut text);
            text
        } else {
            let header = if options.files { HEADER } else { "" };
            stream(
                std::slice::from_ref(&object),
                options.object_format(),
                header,
            )
        };
        object.tree = Tree::Null;
        Self::Alone(object, text)
    }
}

/// The file that lists the other files.
fn list(files: &[OutputFile], header: &str) -> Text<Sealed> {
    let paths = files.iter().filter_map(|file| file.path.clone());
    let kustomization = [
        ("apiVersion", "kustomize.config.k8s.io/v1beta1".to_tree()),
        ("kind", "Kustomization".to_tree()),
        ("resources", paths.collect::<Vec<_>>().to_tree()),
    ];
    let kustomization = kustomization.map(|(key, it)| (key.to_owned(), it));
    let mut text = Text::from(header);
    yaml::emit(&Tree::from_iter(kustomization), &mut text);
    text
}

/// The path of the file of an object: its name and kind, and a hash if necessary to be unique, in a folder if there is
/// one.
pub(crate) fn path<R>(
    object: &Object<R>,
    folder: Option<&str>,
    extension: &str,
    taken: &mut BTreeSet<String>,
) -> String {
    let file = |stem: &str| match folder {
        Some(folder) => format!("{folder}/{stem}.{extension}"),
        None => format!("{stem}.{extension}"),
    };
    let mut stem = format!("{}-{}", object.name, object.kind.to_lowercase());
    if stem.len() > LONGEST || taken.contains(&file(&stem)) {
        let identity = [
            &object.api_version,
            &object.kind,
            object.namespace.as_ref().unwrap_or(&String::new()),
            &object.name,
        ]
        .map(String::as_str)
        .join("/");
        let start: String = stem.chars().take(LONGEST).collect();
        stem = format!("{start}-{}", hex(&Sha256::digest(identity), 4));
    }
    let path = file(&stem);
    taken.insert(path.clone());
    path
}

fn file(path: Option<String>, text: Text<Sealed>) -> OutputFile {
    OutputFile {
        path,
        mode: if text.is_secret() { 0o600 } else { 0o644 },
        is_path_hidden: false,
        content: OutputContent::Text(text),
    }
}

fn extension(format: ObjectFormat) -> &'static str {
    match format {
        ObjectFormat::Yaml | ObjectFormat::Kyaml => "yaml",
        ObjectFormat::Json => "json",
    }
}

/// Writes objects one after the other.
fn stream(objects: &[Object<Sealed>], format: ObjectFormat, header: &str) -> Text<Sealed> {
    let mut text = Text::new();
    match format {
        ObjectFormat::Yaml => {
            text.push_str(header);
            yaml::emit_all(objects.iter().map(|object| &object.tree), &mut text);
        }
        ObjectFormat::Kyaml => {
            text.push_str(header);
            for object in objects {
                text.push_str("---\n");
                flow::emit(&object.tree, Notation::Kyaml, &mut text);
            }
        }
        // A JSON file contains a single value and no comments.
        ObjectFormat::Json => {
            let map = |entries: Vec<(&str, Tree<Sealed>)>| -> Tree<Sealed> {
                let entries = entries.into_iter();
                entries
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            };
            let items = objects.iter().map(|object| object.tree.clone()).collect();
            let mark = map(vec![(MARK.0, MARK.1.to_tree())]);
            let list = map(vec![
                ("apiVersion", "v1".to_tree()),
                ("kind", "List".to_tree()),
                ("metadata", map(vec![("annotations", mark)])),
                ("items", Tree::List(items)),
            ]);
            flow::emit(&list, Notation::Json, &mut text);
        }
    }
    text
}

/// A comment that names the secrets that must exist, and their keys.
fn needed(secrets: &[Object<Sealed>]) -> String {
    // A key that Kubernetes rejects could contain the end of the comment.
    let is_safe = |key: &&str| {
        key.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let lines = secrets.iter().filter_map(|secret| {
        let values = secret.tree.get("stringData").or(secret.tree.get("data"));
        let Some(Tree::Map(values)) = values else {
            return None;
        };
        let keys = values.keys().map(String::as_str).filter(is_safe);
        let keys: Vec<&str> = keys.collect();
        let name = &secret.name;
        Some(format!(
            "# Requires the Secret {name} with the keys: {}\n",
            keys.join(", ")
        ))
    });
    lines.collect()
}
