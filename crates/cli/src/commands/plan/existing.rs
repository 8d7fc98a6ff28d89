//! The side of the comparison that is on disk: the output of an earlier run, or a path that the user names.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use score_compiler::parallel;
use score_impact::{Object, ObjectId};
use score_spec::diagnostic::any_error;
use score_spec::{Kind as NodeKind, Node, Sources, parse};

use super::compose;
use crate::host::{Gates, Kind, Shared, is_missing, name, or_here};
use crate::output::destination::Destination;
use crate::output::mark::is_marked;
use crate::output::object_folder::{SECRETS, earlier};
use crate::output::write::files_below;
use crate::report::failure::{About, Failure, reason};
use crate::report::human::count;

/// The maximum size of a file.
const MOST_BYTES: u64 = 64 << 20;

/// The maximum number of files in a folder.
const MOST_FILES: usize = 50_000;

/// The minimum size of the parts in which a file is read, and of parts for which threads are started.
const PART: usize = 256 << 10;
const ENOUGH: usize = 2;

/// The maximum depth of folders.
const MOST_DEPTH: usize = 8;

/// Output on disk.
#[derive(Debug, Default)]
pub(super) struct Existing {
    pub(super) objects: Vec<Object>,
    /// The parts that are not compared, as clauses.
    pub(super) gaps: Vec<String>,
    /// Whether the secrets of the output are on disk as well.
    pub(super) has_secrets: bool,
    /// The variables of services from env files, which can be secret.
    pub(super) hidden: BTreeSet<(String, String)>,
}

/// The reader of files.
struct Reader<'a> {
    /// The objects of the new output.
    known: BTreeSet<&'a ObjectId>,
    found: Existing,
    files: usize,
}

/// Reads the output of an earlier run; absent if there is none.
pub(super) fn of_output(
    destination: &Destination,
    gates: &Gates,
    new: &[Object],
) -> Result<Option<Existing>, Failure> {
    let path = destination.path();
    let exists = match gates.locate(or_here(path)) {
        Ok(found) => found.kind.is_some(),
        Err(error) if is_missing(&error) => false,
        Err(error) => return Err(Failure::read(path, &error)),
    };
    match destination {
        Destination::Stream => Err(Failure::new("the output is standard output")
            .help("name the other side with `--against`")),
        _ if !exists => Ok(None),
        Destination::Charts(_) | Destination::Packages(_) => Err(chart(path)),
        Destination::File(_) | Destination::Objects(_) => of_path(path, gates, new).map(Some),
    }
}

/// Reads a file or a folder.
pub(super) fn of_path(path: &Path, gates: &Gates, new: &[Object]) -> Result<Existing, Failure> {
    let located = gates.locate(or_here(path)).reading(path)?;
    let mut reader = Reader {
        known: new.iter().map(|object| &object.id).collect(),
        found: Existing::default(),
        files: 0,
    };
    match (&located.name, located.kind) {
        (_, Some(Kind::Folder)) => {
            let folder = gates.folder(path).reading(path)?;
            reader.folder(&folder, path, (&BTreeSet::new(), 0))?;
        }
        (Some(file), Some(Kind::File)) => {
            let is_ours = is_marked(&located.folder, file);
            reader.file(&located.folder, file, (path, is_ours))?;
            reader.beside(&located.folder, path)?;
        }
        (_, None) => return Err(Failure::read(path, &std::io::ErrorKind::NotFound.into())),
        (_, Some(kind)) => return Err(Failure::read(path, &kind.refusal())),
    }
    Ok(reader.found)
}

/// The failure for a chart.
fn chart(path: &Path) -> Failure {
    let path = name(path);
    Failure::new(format!(
        "`{path}` is a chart, whose objects depend on the values of a release"
    ))
    .help(
        "compare with a revision (`--against git:REF`) or an environment (`--against env:NAME`), or render the \
         chart first: `helm template NAME CHART >old.yaml`, then `--against old.yaml`",
    )
}

impl Reader<'_> {
    /// Reads a folder, and those in it. `listed` contains the files in it that the outer folder lists.
    fn folder(
        &mut self,
        folder: &Shared,
        path: &Path,
        (listed, depth): (&BTreeSet<String>, usize),
    ) -> Result<(), Failure> {
        let entries = folder.entries().reading(path)?;
        if entries.iter().any(|(name, _)| name == "Chart.yaml") {
            return Err(chart(path));
        }
        let mut all = earlier(folder);
        all.extend(listed.iter().cloned());
        for (entry, kind) in entries {
            let shown = path.join(&entry);
            let is_hidden = entry.to_string_lossy().starts_with('.');
            if kind == Kind::Folder && !is_hidden {
                if depth == MOST_DEPTH {
                    let shown = name(&shown);
                    self.found
                        .gaps
                        .push(format!("the folder `{shown}` is too deep to be compared"));
                    continue;
                }
                let inner = folder.folder(&entry).map(Arc::new).reading(&shown)?;
                let prefix = format!("{}/", entry.to_string_lossy());
                // The set is sorted, so that the paths with the same prefix follow each other.
                let below = all.range(prefix.clone()..);
                let below = below.map_while(|path| path.strip_prefix(&prefix));
                let below: BTreeSet<String> = below.map(str::to_owned).collect();
                self.folder(&inner, &shown, (&below, depth + 1))?;
                continue;
            }
            let extension = Path::new(&entry).extension().and_then(OsStr::to_str);
            if is_hidden || !matches!(extension, Some("yaml" | "yml" | "json")) {
                continue;
            }
            if kind != Kind::File {
                let shown = name(&shown);
                self.found.gaps.push(format!(
                    "`{shown}` is not a regular file, and is not compared"
                ));
                continue;
            }
            self.files += 1;
            if self.files > MOST_FILES {
                let problem = format!("`{}` has more than {MOST_FILES} files", name(path));
                return Err(Failure::new(problem).help("name a folder with fewer files"));
            }
            let is_listed = entry.to_str().is_some_and(|name| all.contains(name));
            let is_ours = is_marked(folder, &entry) || is_listed && extension == Some("json");
            self.file(folder, &entry, (&shown, is_ours))?;
        }
        Ok(())
    }

    /// Reads the objects of a file. Those of others are compared only with an object that would replace them.
    fn file(
        &mut self,
        folder: &Shared,
        file: &OsStr,
        (path, is_ours): (&Path, bool),
    ) -> Result<(), Failure> {
        let bytes = folder.read_at_most(file, MOST_BYTES).reading(path)?;
        let shown = name(path);
        let parts = documents(&String::from_utf8_lossy(&bytes), &shown)?;
        let mut others = 0;
        for objects in parts.into_iter().flatten() {
            let Some(objects) = objects else {
                self.found.gaps.push(format!(
                    "`{shown}` has a document that is neither an object of Kubernetes nor a Compose project"
                ));
                continue;
            };
            for object in objects {
                let owner = &object.owner;
                let is_of_score = owner.workload.is_some() || owner.resource.is_some();
                if is_ours || is_of_score || self.known.contains(&object.id) {
                    self.found.objects.push(object);
                } else {
                    others += 1;
                }
            }
        }
        if SECRETS.iter().any(|name| file == *name) {
            self.found.has_secrets = true;
        }
        if others > 0 {
            let objects = count(others, "object");
            self.found.gaps.push(format!(
                "`{shown}` was not written by score-rs: {objects} in it that the new output does not have are not \
                 compared"
            ));
        }
        Ok(())
    }

    /// Reads the files beside an output file: secrets of Kubernetes, and those of a Compose project.
    fn beside(&mut self, folder: &Shared, path: &Path) -> Result<(), Failure> {
        let is_compose = self.found.objects.iter().any(|it| it.id.kind == "service");
        if is_compose {
            return self.of_compose(folder, path);
        }
        for secrets in SECRETS {
            let shown = path.with_file_name(secrets);
            if folder.kind(secrets).reading(&shown)? == Some(Kind::File)
                && is_marked(folder, OsStr::new(secrets))
            {
                self.file(folder, OsStr::new(secrets), (&shown, true))?;
            }
        }
        Ok(())
    }

    fn of_compose(&mut self, folder: &Shared, path: &Path) -> Result<(), Failure> {
        let own = compose::own_folder(path);
        let base = match folder.folder_at(Path::new(&own)) {
            Ok(base) => base,
            Err(error) if is_missing(&error) => {
                self.found.gaps.push(format!(
                    "`{own}` does not exist, so that files and variables with secrets are not compared"
                ));
                return Ok(());
            }
            Err(error) => return Err(Failure::read(Path::new(&own), &error)),
        };
        self.found.has_secrets = true;
        let paths = files_below(&base, Path::new(&own));
        let mut files = compose::Files::new();
        for inner in paths.reading(Path::new(&own))? {
            let Some(inner) = inner.to_str().map(str::to_owned) else {
                continue;
            };
            let parent = folder
                .parent_of(Path::new(&inner))
                .reading(Path::new(&inner))?;
            let file = Path::new(&inner).file_name().unwrap_or_default();
            match parent.read_at_most(file, MOST_BYTES) {
                Ok(bytes) => {
                    files.insert(inner, compose::contents(&bytes));
                }
                Err(error) => {
                    let reason = reason(&error);
                    self.found
                        .gaps
                        .push(format!("`{inner}` cannot be compared: {reason}"));
                }
            }
        }
        let objects = std::mem::take(&mut self.found.objects);
        let plain = compose::variables(&objects);
        self.found.objects = compose::with_files_beside(objects, &files);
        let all = compose::variables(&self.found.objects);
        self.found.hidden = all.difference(&plain).cloned().collect();
        Ok(())
    }
}

/// The objects of each document of a file; absent for a document that is something else.
type Documents = Vec<Option<Vec<Object>>>;

/// The documents of a file, which can be larger than the parser accepts, in parts.
fn documents(text: &str, shown: &str) -> Result<Vec<Documents>, Failure> {
    let parts = parts(text);
    let read = |(line, part): &(usize, &str)| {
        let mut sources = Sources::new();
        let id = sources.add(shown, *part);
        let parsed = parse(&sources, id);
        let mut errors = parsed.diagnostics.iter();
        if let Some(first) = errors.find(|it| any_error(std::slice::from_ref(it))) {
            let own = first.span().map_or(1, |span| {
                sources.position(span.source, span.range().start).line
            });
            let line = line + own;
            let problem = format!(
                "`{shown}` cannot be compared: line {line}: {}",
                first.message
            );
            return Err(Failure::new(problem)
                .help("repair the file, or write it again with `score-rs generate`"));
        }
        let documents = parsed.documents.iter();
        let documents = documents.filter(|it| !is_empty(it) && !is_kustomization(it));
        Ok(documents.map(Object::read).collect())
    };
    parallel::map(ENOUGH, &parts, read).into_iter().collect()
}

/// The contents of a file, split at lines that begin a document into parts of about [`PART`] bytes, with the number of
/// lines before each. Such a line ends the document before it, whatever that contains.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut line) = (0, 0);
    for (at, _) in text.match_indices("\n---") {
        let next = at + 1;
        let is_mark = text[next + 3..]
            .chars()
            .next()
            .is_none_or(char::is_whitespace);
        if is_mark && next - start >= PART {
            let part = &text[start..next];
            parts.push((line, part));
            line += part.matches('\n').count();
            start = next;
        }
    }
    parts.push((line, &text[start..]));
    parts
}

fn is_empty(document: &Node) -> bool {
    matches!(document.kind, NodeKind::Null)
}

fn is_kustomization(document: &Node) -> bool {
    let version = document.get("apiVersion").and_then(Node::text);
    version.is_some_and(|it| it.starts_with("kustomize.config.k8s.io/"))
}

#[cfg(test)]
mod tests {
    use super::{PART, parts};

    #[test]
    fn large_files_are_read_in_parts() {
        let document = format!("a: {}\nb: |\n  ---\n  x\n", "x".repeat(PART / 2));
        let text = [document.as_str(); 5].join("---\n");
        let found = parts(&text);
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [0, 9, 19]);
        let whole: String = found.iter().map(|(_, part)| *part).collect();
        assert_eq!(whole, text);
        assert!(found[1..].iter().all(|(_, part)| part.starts_with("---\n")));
        assert_eq!(parts("a: b\n---\nc: d\n").len(), 1);
    }
}
