//! A folder with a file per object: `--output-dir`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::{OutputFile, ProjectKey};
use score_spec::{Node, Sources, parse};

use crate::host::{Folder, Shared, folder_of};
use crate::output::file::{OPEN, Output, PRIVATE, Rule};
use crate::output::folder::{Plan, require_folders};
use crate::output::mark::{MARK, is_marked};
use crate::output::rendering::{Rendering, is_secret};
use crate::report::failure::Failure;

/// The file that lists the others.
const LIST: &str = "kustomization.yaml";

/// The files with secrets. They are not listed, so that the others can be committed without them.
pub(crate) const SECRETS: [&str; 2] = ["secrets.yaml", "secrets.json"];

/// The path of the file with secrets beside the other objects, if there is one.
pub(crate) fn secrets(run: Rendering) -> Option<PathBuf> {
    let mut files = run.compiled.files.iter();
    let is_secrets = |path: &str| SECRETS.contains(&path);
    let file = files.find(|file| file.path.as_deref().is_some_and(is_secrets))?;
    Some(run.destination.path_of(file))
}

/// Temporary files, which can contain secrets and remain if a run is killed.
const TEMPORARY: &str = ".score-rs-*.tmp";

/// The file that excludes those with secrets from version control.
pub(crate) const IGNORE: &str = ".gitignore";

/// Plans the changes of a folder.
pub(crate) fn plan<'a>(
    files: &'a [OutputFile],
    (path, folder): (&Path, Option<&Shared>),
    key: Option<&ProjectKey>,
) -> Result<Plan<'a>, Failure> {
    let earlier = folder.map(|it| earlier(it)).unwrap_or_default();
    let output = |name: &str, bytes: Cow<'a, [u8]>, mode| {
        let rule = if name == LIST {
            Rule::List
        } else if is_unmarked(name)
            && earlier.contains(name)
            && folder.is_some_and(|folder| is_named_after_object(folder, name))
        {
            Rule::Listed
        } else {
            Rule::Generated
        };
        Output::below(folder, (path, Path::new(name)), bytes, mode, rule)
    };
    let mut names = BTreeSet::new();
    let mut outputs = Vec::with_capacity(files.len() + 1);
    for file in files {
        let name = file.path.as_deref().unwrap_or_default();
        let mode = if is_secret(file) { PRIVATE } else { file.mode };
        let output = output(name, file.reveal(key), mode);
        outputs.push(output.hidden_if(file.is_path_hidden));
        names.insert(name);
    }
    let secrets = SECRETS.iter().find(|name| names.contains(*name));
    if let Some(name) = secrets.filter(|_| is_free(folder)) {
        outputs.push(output(IGNORE, ignore(name).into_bytes().into(), OPEN));
        names.insert(IGNORE);
    }
    let mut plan = Plan::default();
    if let Some(folder) = folder {
        require_parents(folder, path, &names)?;
        let is_new = |name: &&str| {
            folder
                .kind_at(Path::new(name))
                .is_ok_and(|kind| kind.is_none())
        };
        let new: Vec<&str> = names.iter().copied().filter(is_new).collect();
        // List new files before they are written, so that a killed run leaves no unlisted files.
        if new.iter().any(|name| *name != LIST) {
            let all = earlier.iter().map(String::as_str).chain(new);
            plan.journal
                .push(output(LIST, list(all).into_bytes().into(), OPEN));
        }
        // For the same reason, exclude secrets from version control first.
        if let Some(name) = secrets.filter(|_| is_free(Some(folder))) {
            let ignore = output(IGNORE, ignore(name).into_bytes().into(), OPEN);
            plan.journal
                .extend(Some(ignore).filter(|it| !it.is_current()));
        }
        plan.changes.stale = stale(folder, &earlier, &names);
    }
    plan.changes.outputs = outputs;
    Ok(plan)
}

/// Rejects files of workloads below anything but folders.
fn require_parents(folder: &Shared, path: &Path, names: &BTreeSet<&str>) -> Result<(), Failure> {
    let parents = names.iter().filter_map(|name| Path::new(name).parent());
    let mut parents: Vec<&Path> = parents.collect();
    parents.dedup();
    let mut parents = BTreeSet::from_iter(parents).into_iter();
    parents.try_for_each(|parent| require_folders(folder, path, parent))
}

/// The files of earlier runs that are obsolete.
fn stale(
    folder: &Shared,
    earlier: &BTreeSet<String>,
    names: &BTreeSet<&str>,
) -> Vec<(Shared, PathBuf)> {
    let listed = earlier.iter().map(String::as_str);
    let unlisted = unlisted(folder, &listed.chain(names.iter().copied()).collect());
    let gone = earlier.union(&unlisted);
    let gone = gone.filter(|it| !names.contains(it.as_str()));
    let is_ours = |name: &str| {
        if name == IGNORE {
            return is_own_ignore(folder);
        }
        has_no_list(folder, name)
            && (has_mark(folder, name) || is_unmarked(name) && is_named_after_object(folder, name))
    };
    let stale = gone.filter(|name| is_ours(name));
    stale
        .map(|name| (Arc::clone(folder), PathBuf::from(name)))
        .collect()
}

/// Whether a file has the mark.
fn has_mark(folder: &Folder, inner: &str) -> bool {
    let inner = Path::new(inner);
    let name = inner.file_name().unwrap_or_default();
    let parent = folder.parent_of(inner);
    parent.is_ok_and(|parent| is_marked(&parent, name))
}

/// Whether a file is not in a folder that is an output of its own.
fn has_no_list(folder: &Folder, inner: &str) -> bool {
    let parent = folder_of(Path::new(inner));
    let list = parent.join(LIST);
    is_here(parent) || folder.kind_at(&list).is_ok_and(|kind| kind.is_none())
}

/// Whether the path of a folder is that of the output.
fn is_here(parent: &Path) -> bool {
    parent.as_os_str().is_empty() || parent == Path::new(".")
}

/// A list of files, some of which may not exist yet.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = format!(
        "{MARK}while it updates this folder; run it again if this line stays\n\
         apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    );
    for name in names.filter(|name| *name != LIST) {
        text.push_str("  - ");
        text.push_str(&serde_json::Value::from(name).to_string());
        text.push('\n');
    }
    text
}

/// The files that an earlier run may have written; none if score-rs did not write the list, which
/// [`Output::check`] then rejects.
pub(crate) fn earlier(folder: &Folder) -> BTreeSet<String> {
    let Ok(bytes) = folder.read(LIST) else {
        return BTreeSet::new();
    };
    if !bytes.starts_with(MARK.as_bytes()) {
        return BTreeSet::new();
    }
    let mut sources = Sources::new();
    let id = sources.add(LIST, bytes);
    let documents = parse(&sources, id).documents;
    let listed = documents.first().and_then(|list| list.get("resources"));
    let listed = listed.map_or(&[][..], Node::items).iter();
    // Paths that lead elsewhere are not from score-rs.
    let is_plain = |path: &&str| {
        let mut parts = path.split('/');
        parts.clone().count() <= 2
            && parts.all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\'))
    };
    let names = listed.filter_map(Node::text).filter(is_plain);
    let more = SECRETS.into_iter().chain([IGNORE]);
    names.chain(more).map(str::to_owned).collect()
}

/// Whether a file contains an object in JSON. It has no mark, because the API server would store an
/// additional field. The list determines which of these score-rs wrote. A file with secrets is a
/// `List`, which can have such a field.
fn is_unmarked(name: &str) -> bool {
    let is_json = Path::new(name).extension() == Some(OsStr::new("json"));
    is_json && !SECRETS.contains(&name)
}

/// The other files of objects that an earlier run wrote, beside those in a list. They exist if the user has restored an
/// older list.
fn unlisted(folder: &Folder, listed: &BTreeSet<&str>) -> BTreeSet<String> {
    let folders: BTreeSet<&Path> = listed
        .iter()
        .map(|path| folder_of(Path::new(path)))
        .collect();
    let paths = folders.into_iter().flat_map(|parent| {
        let entries = folder.folder_at(parent).and_then(|it| it.entries());
        let entries = entries.unwrap_or_default().into_iter();
        entries.filter_map(|(name, _)| parent.join(name).into_os_string().into_string().ok())
    });
    let is_object = |path: &String| {
        has_no_list(folder, path) && has_mark(folder, path) && is_named_after_object(folder, path)
    };
    paths
        .filter(|path| !listed.contains(path.as_str()) && is_object(path))
        .collect()
}

/// The contents of the `.gitignore` that excludes a file with secrets.
fn ignore(secrets: &str) -> String {
    format!("{MARK}to keep secrets out of version control\n{secrets}\n{TEMPORARY}\n")
}

/// Whether there is no `.gitignore` of the user.
fn is_free(folder: Option<&Shared>) -> bool {
    folder.is_none_or(|folder| {
        folder.kind(IGNORE).is_ok_and(|kind| kind.is_none()) || is_own_ignore(folder)
    })
}

/// Whether the `.gitignore` has exactly the contents that score-rs wrote. An edited file belongs to
/// the user.
fn is_own_ignore(folder: &Folder) -> bool {
    let known = folder.read(IGNORE).unwrap_or_default();
    SECRETS.iter().any(|name| known == ignore(name).as_bytes())
}

/// Whether the `.gitignore` of the user does not exclude the file with secrets. Only common
/// patterns are recognized.
pub(crate) fn is_exposed(folder: &Folder, secrets: &str) -> bool {
    let Ok(text) = folder.read(IGNORE) else {
        return false;
    };
    let text = String::from_utf8_lossy(&text);
    // Git ignores trailing spaces, but no other whitespace.
    let mut lines = text.lines().map(|line| line.trim_end_matches(' '));
    let covers = |line: &str| {
        let line = line.strip_prefix('/').unwrap_or(line);
        [secrets, "*", "*.*", "secrets.*"].contains(&line)
            || line
                .strip_prefix('*')
                .is_some_and(|end| end.starts_with('.') && secrets.ends_with(end))
    };
    !lines.clone().any(covers) || lines.any(|line| line.starts_with('!'))
}

/// Whether a JSON file contains a single object and is named after it. Other listed files may have
/// been added by the user.
fn is_named_after_object(folder: &Folder, name: &str) -> bool {
    let inner = Path::new(name);
    let file = inner.file_name().unwrap_or_default();
    let bytes = folder.parent_of(inner).and_then(|it| it.read(file));
    let Ok(bytes) = bytes else {
        return false;
    };
    let mut sources = Sources::new();
    let id = sources.add(name, bytes);
    let documents = parse(&sources, id).documents;
    let [object] = documents.as_slice() else {
        return false;
    };
    let text = |node: Option<&Node>| node.and_then(Node::text).map(str::to_owned);
    let metadata = object.get("metadata");
    let (Some(kind), Some(of)) = (
        text(object.get("kind")),
        text(metadata.and_then(|it| it.get("name"))),
    ) else {
        return false;
    };
    let stem = inner.file_stem().and_then(OsStr::to_str);
    let stem = stem.unwrap_or_default();
    // Long names and names in use end with a hash.
    let hash = stem
        .rsplit_once('-')
        .filter(|(_, hash)| hash.len() == 8 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let expected = format!("{of}-{}", kind.to_lowercase());
    object.get("apiVersion").is_some()
        && (stem == expected || hash.is_some_and(|(start, _)| expected.starts_with(start)))
}
