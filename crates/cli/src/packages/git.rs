//! Packages from Git repositories, fetched with the program `git`. Nothing is checked out: files
//! are read from objects, so that hooks, filters and links of the repository have no effect.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use super::fetch::{Fetched, WHOLE};
use super::files::{MOST_BYTES, PackageFile};
use super::tree::{Tree, TreeEntry};
use super::url::{Url, without_users};
use crate::host::TemporaryFolder;
use crate::host::git::command;
use crate::host::process::{End, bounded};
use crate::report::failure::{Failure, reason};

/// The default reference.
pub(super) const HEAD: &str = "HEAD";

/// Settings of each call: no hooks, no background maintenance, and a timeout for stalled transfers.
const SETTINGS: [&str; 5] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
];

/// The maximum size of the repository. Only a single commit is fetched, without its history.
const MOST_FETCHED: u64 = 64 << 20;

/// Fetches a branch, tag or commit, and opens a file or a folder of it.
pub(super) fn fetch(url: &Url, inner: &str, reference: &str) -> Result<Fetched<'static>, Failure> {
    let folder = TemporaryFolder::new().map_err(|error| {
        Failure::new(format!("there is no temporary folder: {}", reason(&error)))
    })?;
    let repository = Repository {
        folder,
        deadline: Instant::now() + WHOLE,
        most: MOST_FETCHED,
        protocols: match url.scheme.as_str() {
            "file" => "file",
            _ => "https:ssh",
        },
    };
    let commit = repository.get(&url.to_string(), reference)?;
    if let Some(entry) = repository.single(&commit, inner)? {
        let name = inner.rsplit('/').next().unwrap_or(inner);
        let file = repository.content(&entry)?;
        return Ok(Fetched::single(Some(commit), name, file));
    }
    let root = match inner {
        "" => commit.clone(),
        inner => format!("{commit}:{inner}"),
    };
    Ok(Fetched::folder(Some(commit), Commit { repository, root }))
}

/// A folder at a commit.
#[derive(Debug)]
struct Commit {
    repository: Repository,
    /// The object name of the folder.
    root: String,
}

impl Tree for Commit {
    fn entries(&mut self, folder: &str) -> Result<Vec<TreeEntry>, Failure> {
        // With a `/` at the end, Git lists the contents of the folder.
        let path = (!folder.is_empty()).then(|| format!("{folder}/"));
        let entries = self.repository.list(&self.root, path.as_deref())?;
        let entries = entries.into_iter().filter_map(|entry| {
            let name = entry.name.rsplit('/').next()?.to_owned();
            match entry {
                Entry { is_file: true, .. } => Some(TreeEntry::File(name)),
                Entry {
                    is_folder: true, ..
                } => Some(TreeEntry::Folder(name)),
                _ => None,
            }
        });
        Ok(entries.collect())
    }

    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure> {
        let entries = self.repository.list(&self.root, Some(path))?;
        let entry = entries
            .iter()
            .find(|entry| entry.name == path && entry.is_file);
        entry.map(|it| self.repository.content(it)).transpose()
    }
}

/// An entry of a folder in a repository.
#[derive(Debug)]
struct Entry {
    /// Its path as listed.
    name: String,
    /// The id of its object.
    object: String,
    /// Whether it is a regular file, not a link.
    is_file: bool,
    is_executable: bool,
    is_folder: bool,
    /// The size of a file in bytes.
    size: u64,
}

impl Entry {
    /// Parses `MODE TYPE OBJECT SIZE<TAB>NAME`.
    fn parse(line: &str) -> Option<Self> {
        let (about, name) = line.split_once('\t')?;
        let mut words = about.split_whitespace();
        let (mode, kind, object, size) =
            (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Self {
            name: name.to_owned(),
            object: object.to_owned(),
            is_file: kind == "blob" && mode.starts_with("100"),
            is_executable: mode == "100755",
            is_folder: kind == "tree",
            size: size.parse().unwrap_or(0),
        })
    }
}

/// A temporary repository.
#[derive(Debug)]
struct Repository {
    folder: TemporaryFolder,
    /// The deadline for all commands.
    deadline: Instant,
    /// The maximum size in bytes.
    most: u64,
    /// The protocols that Git may use.
    protocols: &'static str,
}

impl Repository {
    /// The entries of a folder, or the single entry with this path.
    fn list(&self, tree: &str, path: Option<&str>) -> Result<Vec<Entry>, Failure> {
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree", tree];
        if let Some(path) = path {
            arguments.extend(["--", path]);
        }
        let text = self.text(&arguments)?;
        Ok(text.split('\0').filter_map(Entry::parse).collect())
    }

    /// Fetches a branch, tag or commit, and returns its commit.
    fn get(&self, address: &str, reference: &str) -> Result<String, Failure> {
        self.run(&["init", "--quiet", "--bare", "--template="])?;
        let options = [
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
        ];
        let get = [&["fetch"], &options[..], &["--", address, reference]].concat();
        self.run(&get).map_err(|failure| {
            let works = format!("check whether `git ls-remote {address}` works");
            failure.help(match reference {
                HEAD => works,
                _ => format!(
                    "{works} and lists `{reference}`; a commit must be given by its full id"
                ),
            })
        })?;
        let commit = self.text(&["rev-parse", "--verify", "FETCH_HEAD^{commit}"])?;
        Ok(commit.trim().to_owned())
    }

    /// The entry of a single file at a commit, or `None` for a folder.
    fn single(&self, commit: &str, inner: &str) -> Result<Option<Entry>, Failure> {
        if inner.is_empty() {
            return Ok(None);
        }
        match self.list(commit, Some(inner))?.into_iter().next() {
            None => {
                let problem = format!("the repository has no `{inner}` at commit {commit}");
                Err(Failure::new(problem)
                    .help("the path after `//` must be a file or a folder of the repository"))
            }
            Some(entry) if entry.is_folder => Ok(None),
            Some(entry) if entry.is_file => Ok(Some(entry)),
            Some(_) => Err(
                Failure::new("the path after `//` is a link in the repository")
                    .help("use the file or folder that it leads to"),
            ),
        }
    }

    /// The contents of a file. Fails if it is too large for a package.
    fn content(&self, entry: &Entry) -> Result<PackageFile, Failure> {
        if entry.size > MOST_BYTES {
            let name = &entry.name;
            return Err(
                Failure::new(format!("the file `{name}` is larger than 1 MiB"))
                    .help("split it into several files"),
            );
        }
        Ok(PackageFile {
            bytes: self.run(&["cat-file", "blob", &entry.object])?,
            executable: entry.is_executable,
        })
    }

    /// The output of a command as text.
    fn text(&self, arguments: &[&str]) -> Result<String, Failure> {
        let bytes = self.run(arguments)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs a command, and returns its output.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let mut command = command(&SETTINGS);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_DIR", self.folder.path())
            .env("GIT_ALLOW_PROTOCOL", self.protocols);
        let mut is_too_much = || size(self.folder.path()) > self.most;
        let finished = bounded(&mut command, Vec::new(), self.deadline, &mut is_too_much);
        let finished = finished.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::new("cannot run `git`: it is not installed")
                .help("install Git, or use another kind of source"),
            _ => Failure::new(format!("cannot run `git`: {}", reason(&error))),
        })?;
        let problem = match finished.end {
            // The command may have ended before its size was checked.
            End::Status(_) if is_too_much() => self.too_large(),
            End::TooLarge => self.too_large(),
            End::Status(status) if status.success() => return Ok(finished.output),
            End::Status(_) => problem(&finished.stderr),
            End::Late => format!("it takes longer than {} seconds", WHOLE.as_secs()),
        };
        let name = arguments.first().unwrap_or(&"");
        Err(Failure::new(format!("`git {name}` failed: {problem}")))
    }

    fn too_large(&self) -> String {
        format!("the repository is larger than {} MiB", self.most >> 20)
    }
}

/// The total size of all files below a folder. Files that disappear in the meantime are ignored.
fn size(folder: &Path) -> u64 {
    let mut size = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(known) if known.is_dir() => open.push(entry.path()),
                Ok(known) => size += known.len(),
                Err(_) => {}
            }
        }
    }
    size
}

/// The error message of Git on a single line, without general advice.
fn problem(errors: &str) -> String {
    let errors = without_users(errors);
    let lines = errors.lines().map(|line| {
        let prefixes = ["fatal: ", "error: "];
        let line = prefixes
            .iter()
            .find_map(|prefix| line.strip_prefix(prefix))
            .unwrap_or(line);
        line.trim().trim_end_matches('.')
    });
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return "it gives no reason".to_owned();
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Repository, problem};

    fn git(folder: &std::path::Path, words: &[&str]) {
        let _alone = crate::host::process::alone();
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let output = command.args(words).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn a_repository_is_limited_in_size_and_time() {
        let from = tempfile::tempdir().unwrap();
        git(from.path(), &["init", "--quiet"]);
        // Random data, which cannot be compressed well.
        let noise = (0u32..300_000).flat_map(|it| it.wrapping_mul(it | 1).to_le_bytes());
        let noise: Vec<u8> = noise.collect();
        std::fs::write(from.path().join("large"), noise).unwrap();
        git(from.path(), &["add", "large"]);
        git(from.path(), &["commit", "--quiet", "-m", "a"]);
        let address = format!("file://{}", from.path().display());
        let fetch = |most: u64, time: u64| {
            let to = crate::host::TemporaryFolder::new().unwrap();
            let repository = Repository {
                folder: to,
                deadline: Instant::now() + Duration::from_secs(time),
                most,
                protocols: "file",
            };
            let failed = repository
                .run(&["init", "--quiet", "--bare", "--template="])
                .err();
            let fetched =
                repository.run(&["fetch", "--quiet", "--depth=1", "--", &address, "HEAD"]);
            failed.or(fetched.err()).map(|failure| failure.message)
        };
        let late = fetch(64 << 20, 0).unwrap();
        assert!(late.ends_with("it takes longer than 300 seconds"), "{late}");
        let large = fetch(1 << 19, 60).unwrap();
        assert_eq!(
            large,
            "`git fetch` failed: the repository is larger than 0 MiB"
        );
        assert_eq!(fetch(64 << 20, 60), None);
    }

    #[test]
    fn errors_are_one_line() {
        let errors =
            "remote: Repository not found.\nfatal: repository 'https://a:b@h/' not found\n";
        assert_eq!(
            problem(errors),
            "remote: Repository not found; repository 'https://h/' not found"
        );
        let errors = "Permission denied.\nfatal: Could not read.\n\nPlease make sure\n";
        assert_eq!(problem(errors), "Permission denied; Could not read");
        assert_eq!(problem(""), "it gives no reason");
    }
}
