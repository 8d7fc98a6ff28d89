//! Packages from Git repositories, by the program `git`. Nothing is checked out, so no hook, filter
//! or link of the repository has a say; files are read from the objects.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::fetch::Fetched;
use super::files::{Files, MOST_BYTES, is_yaml};
use super::url::{Url, without_users};
use crate::failure::{Failure, reason};

/// What a repository has where no branch, tag or commit is named.
pub(super) const HEAD: &str = "HEAD";

/// Settings of each call: no hooks, no work in the background, and an end to transfers that stall.
const SETTINGS: [&str; 5] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
];

/// Variables by which a surrounding Git process says which repository it works on.
const INHERITED: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];

/// Reads a file, or the YAML files directly in a folder, as they are at a branch, tag or commit.
pub(super) fn fetch(url: &Url, inner: &str, reference: &str) -> Result<Fetched, Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::new(format!("there is no temporary folder: {}", reason(&error)))
    })?;
    let repository = Repository {
        folder: folder.path(),
        protocols: if url.scheme == "file" {
            "file"
        } else {
            "https:ssh"
        },
    };
    repository.run(&["init", "--quiet", "--bare", "--template="])?;
    let address = url.to_string();
    let get = [
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-recurse-submodules",
        "--",
        &address,
        reference,
    ];
    repository.run(&get).map_err(|failure| {
        let works = format!("look whether `git ls-remote {address}` works");
        failure.help(match reference {
            HEAD => works,
            _ => format!("{works}, and whether it lists `{reference}`; a commit needs its full id"),
        })
    })?;
    let commit = repository.text(&["rev-parse", "--verify", "FETCH_HEAD^{commit}"])?;
    let commit = commit.trim().to_owned();
    let entries = if inner.is_empty() {
        repository.list(&commit, None)?
    } else {
        let entries = repository.list(&commit, Some(inner))?;
        match entries.as_slice() {
            [] => {
                return Err(Failure::new(format!(
                    "the repository has no `{inner}` at commit {commit}"
                ))
                .help("what stands behind `//` is a file or a folder of the repository"));
            }
            [entry] if entry.is_folder => repository.list(&format!("{commit}:{inner}"), None)?,
            _ => return repository.single(&entries, commit),
        }
    };
    let mut files = Files::default();
    for entry in entries {
        if entry.is_file && is_yaml(&entry.name) {
            files = files.with(&entry.name, repository.content(&entry)?)?;
        }
    }
    Ok(Fetched {
        resolved: Some(commit),
        files,
        single: false,
    })
}

/// An entry of a folder in a repository.
#[derive(Debug)]
struct Entry {
    /// Its path as it was listed.
    name: String,
    /// Its object.
    object: String,
    /// Whether it is a regular file, not a link.
    is_file: bool,
    is_folder: bool,
    /// The bytes of a file.
    size: u64,
}

impl Entry {
    /// Reads `MODE TYPE OBJECT SIZE<TAB>NAME`.
    fn parse(line: &str) -> Option<Self> {
        let (about, name) = line.split_once('\t')?;
        let mut words = about.split_whitespace();
        let (mode, kind, object, size) =
            (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Self {
            name: name.to_owned(),
            object: object.to_owned(),
            is_file: kind == "blob" && mode.starts_with("100"),
            is_folder: kind == "tree",
            size: size.parse().unwrap_or(0),
        })
    }
}

/// A repository of its own.
#[derive(Debug)]
struct Repository<'a> {
    folder: &'a Path,
    /// The protocols that Git may speak.
    protocols: &'static str,
}

impl Repository<'_> {
    /// The entries of a folder, or the one entry that has this path.
    fn list(&self, tree: &str, path: Option<&str>) -> Result<Vec<Entry>, Failure> {
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree", tree];
        if let Some(path) = path {
            arguments.extend(["--", path]);
        }
        let text = self.text(&arguments)?;
        Ok(text.split('\0').filter_map(Entry::parse).collect())
    }

    /// The package of one file.
    fn single(&self, entries: &[Entry], commit: String) -> Result<Fetched, Failure> {
        let Some(entry) = entries.iter().find(|entry| entry.is_file) else {
            return Err(
                Failure::new("what stands behind `//` is a link in the repository")
                    .help("name the file or folder that it leads to"),
            );
        };
        let name = entry.name.rsplit('/').next().unwrap_or_default();
        let files = Files::default().with(name, self.content(entry)?)?;
        Ok(Fetched {
            resolved: Some(commit),
            files,
            single: true,
        })
    }

    /// The content of a file. One that is too large for a package is not read.
    fn content(&self, entry: &Entry) -> Result<Vec<u8>, Failure> {
        if entry.size > MOST_BYTES {
            let name = &entry.name;
            return Err(
                Failure::new(format!("the file `{name}` is larger than 1 MiB"))
                    .help("split it; a file may hold any part of the provisioners"),
            );
        }
        self.run(&["cat-file", "blob", &entry.object])
    }

    /// What a command prints, as text.
    fn text(&self, arguments: &[&str]) -> Result<String, Failure> {
        let bytes = self.run(arguments)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs a command, and gives what it prints.
    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("git");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for name in INHERITED {
            command.env_remove(name);
        }
        let output = command
            .args(arguments)
            .current_dir(self.folder)
            .env("GIT_DIR", self.folder)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", self.protocols)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Failure::new("cannot run `git`: it is not installed")
                    .help("install Git, or use another kind of source"),
                _ => Failure::new(format!("cannot run `git`: {}", reason(&error))),
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Failure::new(format!(
            "`git {}` failed: {}",
            arguments.first().unwrap_or(&""),
            problem(&String::from_utf8_lossy(&output.stderr))
        )))
    }
}

/// What Git says of an error, as one line and without general advice.
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
        return "it does not say why".to_owned();
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::problem;

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
        assert_eq!(problem(""), "it does not say why");
    }
}
