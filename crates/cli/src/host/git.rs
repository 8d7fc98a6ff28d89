//! Reads a commit of the repository around a project with the program `git`.
//!
//! A checkout can come from a stranger, including its `.git/config`, which can name programs. Therefore only commands
//! that read objects are used: nothing is checked out, so that filters, hooks and links have no effect, no index is
//! read or written, and no missing object is fetched. The settings of the user and of the system remain in effect,
//! because they say which repositories of other users are trusted (`safe.directory`).

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use score_compiler::ir::is_own_variable;

use super::disk::LIMIT;
use super::gate::repository;
use super::git_folder::{self, Refused};
use super::path::folder_of;
use super::process::{End, bounded_to};
use crate::report::failure::{Failure, reason};

/// How long all commands may take together.
const WHOLE: Duration = Duration::from_mins(2);

/// The maximum number of files of a project at a commit.
const MOST_FILES: usize = 200_000;

/// The maximum size of all of them.
const MOST_BYTES: u64 = 512 << 20;

/// The maximum size of a list of files.
const MOST_LISTED: usize = 64 << 20;

/// The maximum size of other answers.
const MOST_ANSWER: usize = 64 << 10;

/// Settings of each call. A folder that looks like a bare repository, which a pull request can add, is not used.
const SETTINGS: [&str; 6] = [
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "gc.auto=0",
    "maintenance.auto=false",
];

/// Variables with which a surrounding Git process, such as a hook, refers to its repository.
const INHERITED: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
];

/// The program `git` with these settings, and without the variables of a surrounding Git process and of score-rs:
/// credential helpers and transports are programs, too.
pub(crate) fn command(settings: &[&str]) -> Command {
    let mut command = Command::new("git");
    for setting in settings {
        command.args(["-c", setting]);
    }
    for name in INHERITED {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_own_variable) {
            command.env_remove(name);
        }
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command
}

/// The repository around a project folder.
#[derive(Debug)]
pub(crate) struct Repository {
    /// Its root folder.
    top: PathBuf,
    /// The path of the project folder in it, with `/` as separator.
    folder: String,
    deadline: Instant,
}

/// An entry of the project folder at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// The path relative to the project folder, whose parts are names.
    pub(crate) path: String,
    pub(crate) kind: TreeKind,
    /// The id of its object.
    object: String,
    size: u64,
}

/// The kinds of entries at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TreeKind {
    File {
        is_executable: bool,
    },
    Link,
    /// A file that is larger than any input may be.
    Large,
    /// A commit of another repository.
    Submodule,
}

impl TreeEntry {
    /// Parses `MODE TYPE OBJECT SIZE<TAB>PATH`.
    fn parse(line: &str) -> Option<Self> {
        let (about, path) = line.split_once('\t')?;
        let mut words = about.split_whitespace();
        let (mode, _, object, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let size = size.parse().unwrap_or(0);
        let kind = match mode {
            "160000" => TreeKind::Submodule,
            _ if size > LIMIT => TreeKind::Large,
            "120000" => TreeKind::Link,
            _ => TreeKind::File {
                is_executable: mode == "100755",
            },
        };
        Some(Self {
            path: path.to_owned(),
            kind,
            object: object.to_owned(),
            size,
        })
    }

    /// Whether its contents are read.
    pub(crate) fn has_contents(&self) -> bool {
        matches!(self.kind, TreeKind::File { .. } | TreeKind::Link)
    }

    /// Whether its path stays in the folder. Git writes no others, but a repository can be crafted.
    fn is_inside(&self) -> bool {
        let is_name = |part: &str| {
            let is_special = ["", ".", ".."].contains(&part) || part.eq_ignore_ascii_case(".git");
            !is_special && (cfg!(unix) || !part.contains(['\\', ':']))
        };
        self.path.split('/').all(is_name)
    }
}

impl Repository {
    /// The repository that contains a project folder, given without links.
    pub(crate) fn around(project: &Path) -> Result<Self, Failure> {
        let none = || {
            Failure::new("the project is not in a Git repository").help(
                "compare with a file or folder (`--against PATH`) or an environment \
                 (`--against env:NAME`) instead",
            )
        };
        let top = repository(project).ok_or_else(none)?;
        git_folder::check(top).map_err(refused)?;
        let inner = project.strip_prefix(top).map_err(|_| none())?;
        let inner = inner.iter().map(|part| part.to_str());
        let inner: Option<Vec<&str>> = inner.collect();
        let inner = inner.ok_or_else(|| {
            Failure::new("the path of the project in its repository is not UTF-8")
                .help("rename the folder")
        })?;
        Ok(Self {
            top: top.to_owned(),
            folder: inner.join("/"),
            deadline: Instant::now() + WHOLE,
        })
    }

    /// The commit that a branch, tag or other revision names.
    pub(crate) fn commit(&self, reference: &str) -> Result<String, Failure> {
        if reference.is_empty() || reference.starts_with('-') || reference.contains('\0') {
            let shown = reference.escape_debug();
            let problem = format!("`{shown}` is not a Git revision");
            return Err(Failure::new(problem)
                .help("use a branch, tag or commit, as in `--against git:origin/main`"));
        }
        let peeled = format!("{reference}^{{commit}}");
        let words = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ];
        match self.text(&words, MOST_ANSWER) {
            Ok(commit) if is_id(commit.trim()) => Ok(commit.trim().to_owned()),
            Ok(_) => Err(self.unknown(reference)),
            Err(Problem::Failed(stderr)) if stderr.trim().is_empty() => {
                Err(self.unknown(reference))
            }
            Err(problem) => Err(problem.into_failure("rev-parse")),
        }
    }

    /// The failure for a revision that does not exist.
    fn unknown(&self, reference: &str) -> Failure {
        let shown = reference.escape_debug();
        let failure = Failure::new(format!("the repository has no revision `{shown}`"));
        let words = ["rev-parse", "--is-shallow-repository"];
        let is_shallow = self.text(&words, MOST_ANSWER);
        if is_shallow.is_ok_and(|text| text.trim() == "true") {
            return failure.help(
                "the clone is shallow: fetch the revision first, for example with \
                 `git fetch --unshallow`, or `fetch-depth: 0` of `actions/checkout`",
            );
        }
        failure.help("`git fetch` the branch first, or use another branch, tag or commit")
    }

    /// The entries of the project folder at a commit, sorted by path; absent if it does not have the folder.
    pub(crate) fn entries(&self, commit: &str) -> Result<Option<Vec<TreeEntry>>, Failure> {
        let tree = format!("{commit}:{}", self.folder);
        match self.text(&["cat-file", "-t", &tree], MOST_ANSWER) {
            Ok(kind) if kind.trim() == "tree" => {}
            Ok(_) => return Ok(None),
            Err(Problem::Failed(stderr)) if is_without_path(&stderr) => return Ok(None),
            Err(problem) => return Err(problem.into_failure("cat-file")),
        }
        let words = ["ls-tree", "-r", "-z", "--long", "--full-tree", &tree];
        let text = self.text(&words, MOST_LISTED);
        let text = text.map_err(|problem| problem.into_failure("ls-tree"))?;
        let entries: Vec<TreeEntry> = text.split('\0').filter_map(TreeEntry::parse).collect();
        if let Some(entry) = entries.iter().find(|entry| !entry.is_inside()) {
            let path = entry.path.escape_debug();
            let problem = format!("the commit has a file at `{path}`, which is not a valid path");
            return Err(Failure::new(problem).help("use another revision"));
        }
        let size = entries.iter().filter(|entry| entry.has_contents());
        let size = size.fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
        if entries.len() > MOST_FILES || size > MOST_BYTES {
            let problem = format!(
                "the project folder has more than {MOST_FILES} files or {} MiB at the revision",
                MOST_BYTES >> 20
            );
            return Err(Failure::new(problem)
                .help("move the project file to the folder of its Score files"));
        }
        Ok(Some(entries))
    }

    /// The contents of files and links, in the same order.
    pub(crate) fn contents(&self, entries: &[&TreeEntry]) -> Result<Vec<Vec<u8>>, Failure> {
        let mut input = String::new();
        let mut most = MOST_ANSWER;
        for entry in entries {
            input.push_str(&entry.object);
            input.push('\n');
            most += usize::try_from(entry.size).unwrap_or_default() + 256;
        }
        let bytes = self.run(&["cat-file", "--batch"], input.into_bytes(), most);
        let bytes = bytes.map_err(|problem| problem.into_failure("cat-file"))?;
        let mut rest = bytes.as_slice();
        let contents = entries.iter().map(|entry| {
            content(&mut rest).ok_or_else(|| {
                let path = entry.path.escape_debug();
                Failure::new(format!("Git does not have the contents of `{path}`")).help(
                    "the clone is partial: fetch the missing objects, for example with \
                     `git checkout` of the revision in another working tree",
                )
            })
        });
        contents.collect()
    }

    /// The output of a command as text. Names that are not UTF-8 are not those of inputs.
    fn text(&self, words: &[&str], most: usize) -> Result<String, Problem> {
        let bytes = self.run(words, Vec::new(), most)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs a command in the root folder, and returns its output.
    fn run(&self, words: &[&str], input: Vec<u8>, most: usize) -> Result<Vec<u8>, Problem> {
        let mut command = command(&SETTINGS);
        command
            .args(["--no-pager", "--no-replace-objects"])
            .args(words)
            .current_dir(&self.top)
            // If the `.git` there is not a repository, one further up is not used instead.
            .env("GIT_CEILING_DIRECTORIES", folder_of(&self.top))
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_ALLOW_PROTOCOL", "none");
        let limits = (self.deadline, most);
        let finished = bounded_to(&mut command, input, limits, &mut || false);
        let finished = finished.map_err(Problem::NotStarted)?;
        match finished.end {
            End::Status(status) if status.success() => Ok(finished.output),
            End::Status(_) => Err(Problem::Failed(finished.stderr)),
            End::Late => Err(Problem::Late),
            End::TooLarge => Err(Problem::TooLarge),
        }
    }
}

/// The failure for a repository that is not used.
fn refused(reason: Refused) -> Failure {
    let shown = |path: PathBuf| path.display().to_string().escape_debug().to_string();
    match reason {
        Refused::Elsewhere(path) => Failure::new(format!(
            "the `.git` of the project leads to `{}`, which is not its own repository",
            shown(path)
        ))
        .help(
            "use a clone or a working tree of `git worktree`. A clone with `--shared` or `--reference` gets objects of \
             its own by `git repack -a -d`, and then does not need `.git/objects/info/alternates`",
        ),
        Refused::Special(path) => Failure::new(format!(
            "Git cannot read `{}`: it is not a regular file",
            shown(path)
        ))
        .help("remove it, or use another clone"),
    }
}

/// The reason why a command of Git has no answer.
#[derive(Debug)]
enum Problem {
    NotStarted(io::Error),
    /// The end of standard error.
    Failed(String),
    Late,
    TooLarge,
}

impl Problem {
    fn into_failure(self, command: &str) -> Failure {
        let failed = |problem: &str| Failure::new(format!("`git {command}` failed: {problem}"));
        match self {
            Self::NotStarted(error) if error.kind() == io::ErrorKind::NotFound => Failure::new(
                "cannot run `git`: it is not installed",
            )
            .help("install Git, or compare with a file or folder (`--against PATH`) instead"),
            Self::NotStarted(error) => {
                Failure::new(format!("cannot run `git`: {}", reason(&error)))
            }
            Self::Failed(stderr) if stderr.contains("dubious ownership") => failed(
                "the repository belongs to another user",
            )
            .help("if you trust it, run `git config --global --add safe.directory` with its path"),
            Self::Failed(stderr) => {
                let line = stderr.lines().find(|line| !line.trim().is_empty());
                let line = line.map_or("it gives no reason", |line| line.trim());
                failed(line.strip_prefix("fatal: ").unwrap_or(line))
            }
            Self::Late => failed(&format!("it takes longer than {} seconds", WHOLE.as_secs())),
            Self::TooLarge => failed("its answer is too large"),
        }
    }
}

/// Whether Git reports that a commit does not have a path.
fn is_without_path(stderr: &str) -> bool {
    ["' does not exist in '", "' exists on disk, but not in '"]
        .iter()
        .any(|text| stderr.contains(text))
}

/// Whether a string is the id of an object.
fn is_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Takes the contents of an object from the output of `git cat-file --batch`: `OBJECT blob SIZE`, the contents, and a
/// line break.
fn content(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..end]).ok()?;
    let (about, size) = line.rsplit_once(' ')?;
    let size: usize = size.parse().ok().filter(|_| about.ends_with(" blob"))?;
    let start = end + 1;
    let bytes = rest.get(start..start.checked_add(size)?)?.to_vec();
    *rest = rest.get(start + size + 1..)?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{TreeEntry, TreeKind, content, is_id};

    #[test]
    fn entries_have_kinds() {
        let id = "0".repeat(40);
        for (mode, kind, size, expected) in [
            (
                "100644",
                "blob",
                "5",
                TreeKind::File {
                    is_executable: false,
                },
            ),
            (
                "100755",
                "blob",
                "5",
                TreeKind::File {
                    is_executable: true,
                },
            ),
            ("120000", "blob", "5", TreeKind::Link),
            ("160000", "commit", "-", TreeKind::Submodule),
            ("100644", "blob", "99999999999", TreeKind::Large),
        ] {
            let line = format!("{mode} {kind} {id} {size:>7}\ta b/c\td");
            let entry = TreeEntry::parse(&line).unwrap();
            assert_eq!((entry.kind, entry.path.as_str()), (expected, "a b/c\td"));
            assert!(entry.is_inside());
        }
        for path in [
            "../a",
            "a/../../b",
            "/a",
            "a//b",
            ".git/config",
            "x/.GIT",
            ".",
        ] {
            let entry = TreeEntry::parse(&format!("100644 blob {id} 1\t{path}"));
            assert!(!entry.unwrap().is_inside(), "{path}");
        }
    }

    #[test]
    fn contents_follow_each_other() {
        let mut rest: &[u8] = b"0a blob 3\na\nb\n0b blob 0\n\n0c missing\n";
        assert_eq!(content(&mut rest), Some(b"a\nb".to_vec()));
        assert_eq!(content(&mut rest), Some(Vec::new()));
        assert_eq!(content(&mut rest), None);
        let mut short: &[u8] = b"0a blob 9\nabc\n";
        assert_eq!(content(&mut short), None);
    }

    #[test]
    fn ids_are_hexadecimal() {
        assert!(is_id(&"a0".repeat(20)) && is_id(&"f".repeat(64)));
        assert!(!is_id("HEAD") && !is_id(&"g".repeat(40)));
    }
}
