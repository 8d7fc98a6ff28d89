//! Objects as files: one stream or a file each, in one of the formats, with secrets where the
//! options put them. Not: what the objects are.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::naming::hex;
use super::objects::Object;
use super::options::{Kubernetes, ObjectFormat, SecretsMode};
use crate::emit::document::ToTree;
use crate::emit::flow::Notation;
use crate::emit::{flow, yaml};
use crate::ir::{Sealed, Text, Tree};
use crate::targets::{OutputContent, OutputFile};

/// The first line of every file that can hold a comment.
const HEADER: &str = "# Written by score-rs from the Score files of this project: \
                      score-rs generate -t kubernetes\n";

/// The annotation that says the same in a list of objects in JSON, which has no comments. Programs read
/// the items of a list and leave its metadata.
const MARK: (&str, &str) = ("k8s.score.dev/written-by", "score-rs");

/// The file that lists those of the objects, for `kubectl apply -k`.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// The name of the file of secrets, without what tells its format.
const SECRETS: &str = "secrets";

/// The most characters of a file's name, less than file systems allow.
const LONGEST: usize = 200;

/// The files of objects, which come some at a time and are gone once they are written.
pub(super) struct Files<'a> {
    options: &'a Kubernetes,
    /// Those that go elsewhere.
    secrets: Vec<Object<Sealed>>,
    /// Those that have to be written together.
    objects: Vec<Object<Sealed>>,
    /// The ones that are written in one stream.
    stream: Text<Sealed>,
    /// The ones that are written in files of their own, and the names of these.
    each: Vec<OutputFile>,
    taken: BTreeSet<String>,
}

impl<'a> Files<'a> {
    /// No files yet.
    pub(super) fn new(options: &'a Kubernetes) -> Self {
        let secrets = format!("{SECRETS}.{}", extension(options.object_format()));
        Self {
            options,
            secrets: Vec::new(),
            objects: Vec::new(),
            stream: Text::new(),
            each: Vec::new(),
            taken: [KUSTOMIZATION.to_owned(), secrets].into(),
        }
    }

    /// Adds objects.
    pub(super) fn add(&mut self, objects: Vec<Written>) {
        let format = self.options.object_format();
        for object in objects {
            match object {
                Written::Apart(object) => self.secrets.push(object),
                Written::Together(object) => self.objects.push(object),
                Written::Alone(object, text) if self.options.files => {
                    let path = path(&object, extension(format), &mut self.taken);
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

    /// All files, the main one first if there is one.
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

/// An object on its way into a file.
pub(super) enum Written {
    /// It goes into another file than the rest, or into none.
    Apart(Object<Sealed>),
    /// It has to be written with all others.
    Together(Object<Sealed>),
    /// It is written by itself, and its document is gone.
    Alone(Object<Sealed>, Text<Sealed>),
}

impl Written {
    /// Writes an object, if that can be done without others.
    pub(super) fn of(mut object: Object<Sealed>, options: &Kubernetes) -> Self {
        if object.is_secret() && options.secrets_mode() != SecretsMode::Inline {
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

/// The file that lists the others.
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

/// The name of an object's file: its own name and its kind, and a hash where that does not tell it
/// apart.
pub(crate) fn path<R>(object: &Object<R>, extension: &str, taken: &mut BTreeSet<String>) -> String {
    let mut stem = format!("{}-{}", object.name, object.kind.to_lowercase());
    if stem.len() > LONGEST || taken.contains(&format!("{stem}.{extension}")) {
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
    let path = format!("{stem}.{extension}");
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

/// Objects one after the other.
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
        // JSON has no comments, and a file holds one value.
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

/// A comment that names the secrets that somebody else has to make, and their keys.
fn needed(secrets: &[Object<Sealed>]) -> String {
    // A key that Kubernetes refuses could end the comment.
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
