//! Objects as files: one stream or a file each, in one of the formats, with secrets where the
//! options put them. Not: what the objects are.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::cluster::hex;
use super::objects::Object;
use super::options::{KubernetesOptions, ObjectFormat, SecretsMode};
use crate::flow::{self, Notation};
use crate::tree::ToTree;
use crate::{OutputContent, OutputFile, Text, Tree, yaml};

/// The first line of every file that can hold a comment.
const HEADER: &str = "# Written by score-rs from the Score files of this project: \
                      score-rs generate -t kubernetes\n";

/// The file that lists those of the objects, for `kubectl apply -k`.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// The name of the file of secrets, without what tells its format.
const SECRETS: &str = "secrets";

/// The most characters of a file's name, less than file systems allow.
const LONGEST: usize = 200;

/// The files of objects.
pub(super) fn files(objects: Vec<Object>, options: &KubernetesOptions) -> Vec<OutputFile> {
    let apart = |object: &Object| object.kind == "Secret" && options.secrets != SecretsMode::Inline;
    let (secrets, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(apart);
    let mut header = HEADER.to_owned();
    if options.secrets == SecretsMode::External {
        header.push_str(&needed(&secrets));
    }
    let format = options.format;
    let mut files = if options.files {
        each(&objects, format, &header)
    } else {
        vec![file(None, stream(&objects, format, &header))]
    };
    if options.secrets == SecretsMode::Separate && !secrets.is_empty() {
        let path = format!("{SECRETS}.{}", extension(format));
        files.push(file(Some(path), stream(&secrets, format, HEADER)));
    }
    files
}

/// A file for each object, and one that lists them.
fn each(objects: &[Object], format: ObjectFormat, header: &str) -> Vec<OutputFile> {
    let mut taken = BTreeSet::from([KUSTOMIZATION.to_owned()]);
    taken.insert(format!("{SECRETS}.{}", extension(format)));
    let mut files = Vec::with_capacity(objects.len() + 1);
    let mut resources = Vec::with_capacity(objects.len());
    for object in objects {
        let path = path(object, extension(format), &mut taken);
        resources.push(path.clone());
        let content = stream(std::slice::from_ref(object), format, HEADER);
        files.push(file(Some(path), content));
    }
    let mut kustomization = IndexMap::new();
    kustomization.insert("apiVersion", "kustomize.config.k8s.io/v1beta1".to_tree());
    kustomization.insert("kind", "Kustomization".to_tree());
    kustomization.insert("resources", resources.to_tree());
    let entries = kustomization.into_iter();
    let kustomization = Tree::Map(entries.map(|(key, it)| (key.to_owned(), it)).collect());
    let mut text = Text::from(header);
    yaml::emit(&kustomization, &mut text);
    files.push(file(Some(KUSTOMIZATION.to_owned()), text));
    files
}

/// The name of an object's file: its own name and its kind, and a hash where that does not tell it
/// apart.
pub(crate) fn path(object: &Object, extension: &str, taken: &mut BTreeSet<String>) -> String {
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

fn file(path: Option<String>, text: Text) -> OutputFile {
    OutputFile {
        path,
        mode: if text.is_secret() { 0o600 } else { 0o644 },
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
fn stream(objects: &[Object], format: ObjectFormat, header: &str) -> Text {
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
        ObjectFormat::Json => match objects {
            [object] => flow::emit(&object.tree, Notation::Json, &mut text),
            objects => {
                let items = objects.iter().map(|object| object.tree.clone()).collect();
                let list = [
                    ("apiVersion", "v1".to_tree()),
                    ("kind", "List".to_tree()),
                    ("items", Tree::List(items)),
                ];
                let list = list.map(|(key, value)| (key.to_owned(), value));
                flow::emit(&Tree::Map(list.into()), Notation::Json, &mut text);
            }
        },
    }
    text
}

/// A comment that names the secrets that somebody else has to make, and their keys.
fn needed(secrets: &[Object]) -> String {
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
            "# It needs the Secret {name} with: {}\n",
            keys.join(", ")
        ))
    });
    lines.collect()
}
