//! Selects the files of a source that belong to a package: YAML files with something for score-rs, the files that
//! their commands name, and templates.

use std::path::Path;

use score_compiler::catalogue::{Catalogue, Conditions};
use score_spec::{Node, Sources, parse};

use super::fetch::Fetched;
use super::files::{
    Files, MOST_BYTES, MOST_FILES, TEMPLATES, is_document, no_document, plain, too_many,
};
use super::source::Source;
use super::tree::{Tree, TreeEntry, below, joined};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The contents of a YAML file directly in the folder of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Provisioners.
    Provisioners,
    /// An environment.
    Environment,
    /// Policies.
    Policies,
}

impl Contents {
    /// The contents of a file; `None` if it contains nothing for score-rs. It may have errors. A file with
    /// provisioners must not contain anything else.
    pub(crate) fn of(path: &str, bytes: &[u8]) -> Option<Self> {
        if !is_document(path) {
            return None;
        }
        let mut sources = Sources::new();
        let id = sources.add(path, bytes);
        let documents = parse(&sources, id).documents;
        if documents.first().is_some_and(is_list_of_provisioners) {
            return Some(Self::Provisioners);
        }
        let kinds = documents
            .iter()
            .filter_map(|document| document.get("kind").and_then(Node::text));
        let kinds = kinds.filter_map(|kind| match kind {
            "Provisioner" => Some(Self::Provisioners),
            "Environment" => Some(Self::Environment),
            "Policy" => Some(Self::Policies),
            _ => None,
        });
        kinds.min_by_key(|kind| *kind as u8)
    }
}

/// Whether a document is a list of provisioners in the form of score-compose and score-k8s.
fn is_list_of_provisioners(document: &Node) -> bool {
    document
        .items()
        .iter()
        .any(|item| item.get("uri").is_some())
}

/// The name by which others extend the environment in a file of a package; `None` if it contains none.
pub(crate) fn environment_name(package: &str, path: &str, bytes: &[u8]) -> Option<String> {
    let name = path.strip_suffix(".yaml")?;
    let is_environment = Contents::of(path, bytes) == Some(Contents::Environment);
    is_environment.then(|| format!("package:{package}/{name}"))
}

/// The contents that a YAML file of a package can have, for messages.
const KINDS: &str =
    "`kind: Provisioner`, `Environment` or `Policy`, or a list of provisioners with `uri`";

/// The file that describes a template.
const TEMPLATE: &str = "template.yaml";

/// The files of the package. If the source is a single file, it is selected without looking at its contents.
pub(crate) fn choose(
    fetched: &mut Fetched<'_>,
    source: &Source,
    console: &Console,
) -> Result<Files, Failure> {
    let tree = fetched.tree.as_mut();
    let mut files = Files::default();
    if let Some(name) = &fetched.single {
        if !is_document(name) {
            return Err(no_document(&source.to_string()));
        }
        return add(files, tree, name);
    }
    let mut names = Vec::new();
    for entry in tree.entries("")? {
        match entry {
            TreeEntry::File(name) if is_document(&name) => names.push(name),
            _ => {}
        }
    }
    let mut skipped = Vec::new();
    for name in &names {
        let Some(file) = tree.file(name)? else {
            continue;
        };
        // A file that is too large is not parsed, but reported.
        let is_large = file.bytes.len() as u64 > MOST_BYTES;
        if is_large || Contents::of(name, &file.bytes).is_some() {
            files = files.with(name, file)?;
        } else {
            skipped.push(name);
        }
    }
    for path in scripts(&files) {
        if files.get(&path).is_none() {
            files = add(files, tree, &path)?;
        }
    }
    for path in templates(tree)? {
        if files.get(&path).is_none() {
            files = add(files, tree, &path)?;
        }
    }
    if files.len() == 0 {
        return Err(no_package(source, &names));
    }
    for name in skipped {
        console.note(&format!(
            "`{name}` is skipped, because it does not contain {KINDS}"
        ));
    }
    Ok(files)
}

/// The error for a folder with these YAML files, none of which is part of a package.
fn no_package(source: &Source, names: &[String]) -> Failure {
    let found = if names.is_empty() {
        "it has no YAML files".to_owned()
    } else {
        format!("none of its YAML files contains {KINDS}")
    };
    Failure::new(format!("`{source}` is not a package: {found}")).help(
        "use the folder that contains its YAML files; of subfolders, only `templates` is searched",
    )
}

/// Adds a file, if it exists.
fn add(files: Files, tree: &mut dyn Tree, path: &str) -> Result<Files, Failure> {
    match tree.file(path)? {
        Some(file) => files.with(path, file),
        None => Ok(files),
    }
}

/// The paths of the files that the commands of provisioners name. Those outside of the package are omitted.
fn scripts(files: &Files) -> Vec<String> {
    let mut sources = Sources::new();
    let ids = files.iter();
    let ids: Vec<_> = ids
        .filter(|(path, file)| Contents::of(path, &file.bytes) == Some(Contents::Provisioners))
        .map(|(path, file)| sources.add(path, file.bytes.as_slice()))
        .collect();
    // Errors are reported when the package is validated.
    let catalogue = Catalogue::new(
        &mut sources,
        &[ids.into()],
        Conditions::default(),
        &mut Vec::new(),
    );
    let provisioners = catalogue.provisioners();
    let named = provisioners.flat_map(|it| it.files_of_command());
    named.filter_map(|file| script(&file.path.value)).collect()
}

/// The path of a file that a command names, relative to the package; `None` if it cannot be part of it.
pub(super) fn script(word: &str) -> Option<String> {
    plain(Path::new(word)).filter(|path| super::files::is_path(path))
}

/// The paths of the files of all templates: the subfolders of `templates` that describe themselves.
fn templates(tree: &mut dyn Tree) -> Result<Vec<String>, Failure> {
    let mut paths = Vec::new();
    for entry in tree.entries(TEMPLATES)? {
        let TreeEntry::Folder(name) = entry else {
            continue;
        };
        let folder = joined(TEMPLATES, &name);
        let about = joined(&folder, TEMPLATE);
        if tree.file(&about)?.is_some() {
            paths.extend(below(tree, &folder)?);
            if paths.len() > MOST_FILES {
                return Err(too_many());
            }
        }
    }
    Ok(paths)
}
