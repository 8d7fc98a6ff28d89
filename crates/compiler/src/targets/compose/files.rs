//! The contents of files in containers, and variables with secrets: as files beside `compose.yaml`,
//! or as configs and secrets in it. Writing them to the disk is out of scope.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic};

use super::group::Member;
use super::model::{Bind, Config, EnvFile, Grant, Mount, Secret};
use super::value::{self, Content, Place, PublicTree};
use crate::emit::document::ToTree;
use crate::ir::field::Field;
use crate::ir::name::hash;
use crate::ir::{App, FileContent, Sealed, Text};
use crate::targets::{Compose, OutputContent, OutputFile};

/// The default folder of all files except the main one.
const FOLDER: &str = ".score-rs/compose";

/// The default mode of a file.
const MODE: u16 = 0o644;

/// The maximum length of a file name beside `compose.yaml` in bytes, which leaves room for a suffix, and of
/// its path, which leaves room for the project folder.
const LONGEST_NAME: usize = 200;
const LONGEST_PATH: usize = 1000;

/// The names by which version control programs recognize their repositories, whose configuration can run
/// commands. Any folder with a file `HEAD` can be a Git repository.
const REPOSITORIES: [&str; 4] = [".git", ".hg", ".jj", "head"];

/// The owner's write permission.
const WRITE: u16 = 0o200;

/// Files, configs and secrets of services.
#[derive(Debug)]
pub(super) struct Parts {
    /// The folder of the files, relative to that of `compose.yaml`.
    folder: String,
    /// Files beside `compose.yaml`.
    pub(super) files: Vec<OutputFile>,
    /// Entries of its `configs`.
    pub(super) configs: BTreeMap<String, PublicTree>,
    /// Entries of its `secrets`.
    pub(super) secrets: BTreeMap<String, PublicTree>,
}

/// The folder of the files that services of provisioners mount, relative to that of `compose.yaml`.
pub(super) fn mounts(options: &Compose) -> String {
    format!("{}/mounts", options.folder.as_deref().unwrap_or(FOLDER))
}

impl Parts {
    /// An empty collection.
    pub(super) fn new(options: &Compose) -> Self {
        let folder = options.folder.as_deref().unwrap_or(FOLDER);
        Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            configs: BTreeMap::new(),
            secrets: BTreeMap::new(),
        }
    }

    /// Adds the env file of a service. Returns its path.
    pub(super) fn add_env_file(&mut self, service: &str, content: Text<Sealed>) -> String {
        let path = format!("{}/{service}.env", self.folder);
        self.files.push(OutputFile {
            path: Some(path.clone()),
            content: OutputContent::Text(content),
            mode: 0o600,
            is_path_hidden: false,
        });
        path
    }

    /// Adds those of other services, which have different names.
    pub(super) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.configs.extend(other.configs);
        self.secrets.extend(other.secrets);
    }
}

/// The mounts of a container's files.
#[derive(Debug, Default)]
pub(super) struct MountedFiles {
    /// Files beside `compose.yaml`.
    pub(super) mounts: Vec<Mount>,
    /// Files with environment variables, which Compose replaces only in `compose.yaml`.
    pub(super) configs: Vec<Grant>,
    /// Files that consist of a platform secret.
    pub(super) secrets: Vec<Grant>,
}

/// Adds a file, config or secret for each file of the container.
pub(super) fn files(
    app: &App,
    member: &Member,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> MountedFiles {
    let files = &member.container.files;
    let paths = paths(files.keys().map(String::as_str));
    let mut all = MountedFiles::default();
    for ((target, file), path) in files.iter().zip(paths) {
        let what = format!("the file `{target}`");
        let place = Place {
            app,
            member,
            what: &what,
            field: Field::File(member.name, target),
        };
        let mode = file.mode.unwrap_or(MODE);
        let grant = |source| Grant {
            source,
            target: target.clone(),
            mode: format!("{mode:04o}"),
        };
        let content = match &file.content {
            FileContent::Binary(bytes) => OutputContent::Binary(bytes.clone()),
            FileContent::Text(text) => match value::content(text, place, diagnostics) {
                Content::Fixed(text) => OutputContent::Text(text),
                Content::Variable(content) => {
                    let entry = Config { content }.to_tree();
                    let name = insert(&mut parts.configs, &member.service, &path, entry);
                    all.configs.push(grant(name));
                    continue;
                }
                Content::Secret(environment) => {
                    let entry = Secret { environment }.to_tree();
                    let name = insert(&mut parts.secrets, &member.service, &path, entry);
                    all.secrets.push(grant(name));
                    continue;
                }
            },
        };
        // The owner always has write permission for the file on the disk, so that the next run can
        // replace it.
        let outer = mode | WRITE;
        let mount = add(&member.service, &path, target, content, outer, parts);
        all.mounts.push(Mount {
            read_only: (mode & WRITE == 0).then_some(true),
            ..mount
        });
    }
    all
}

/// Adds an entry for a file of a service and returns its name. Service names contain no dots, so
/// entries of different services are distinct.
fn insert(
    entries: &mut BTreeMap<String, PublicTree>,
    service: &str,
    path: &str,
    entry: PublicTree,
) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() || "_-".contains(c) {
            c
        } else {
            '.'
        }
    };
    let mut name: String = service
        .chars()
        .chain(['.'])
        .chain(path.chars().map(letter))
        .collect();
    while entries.contains_key(&name) {
        name.push('_');
    }
    entries.insert(name.clone(), entry);
    name
}

/// Adds a file for a service, and mounts it at `target`.
pub(super) fn add(
    service: &str,
    path: &str,
    target: &str,
    content: OutputContent,
    mode: u16,
    parts: &mut Parts,
) -> Mount {
    let path = format!("{}/{service}/{path}", parts.folder);
    let source = format!("./{path}");
    parts.files.push(OutputFile {
        path: Some(path),
        content,
        mode: mode.into(),
        is_path_hidden: false,
    });
    Mount {
        kind: "bind",
        source: Some(source),
        target: target.to_owned(),
        // A missing file must be an error. Otherwise Docker creates a folder in its place.
        bind: Some(Bind {
            create_host_path: false,
        }),
        ..Mount::default()
    }
}

/// Adds the env file of a service, if any of its variables contains a secret.
pub(super) fn env_file(
    app: &App,
    member: &Member,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<EnvFile> {
    let variables = member.container.variables.iter();
    let mut content = Text::new();
    for (name, text) in variables.filter(|(_, text)| text.is_secret()) {
        let what = format!("the variable `{name}`");
        let place = Place {
            app,
            member,
            what: &what,
            field: Field::Variable(member.name, name),
        };
        let blank = |c: char| c.is_whitespace() || c == '\0';
        if name.starts_with('#') || name.contains(blank) {
            let message = format!(
                "{what} of {} contains a secret, but an env file cannot contain a variable with that name",
                member.describe()
            );
            let component = member.component;
            let diagnostic = component.finding(Code::TargetInvalid, place.field, message);
            diagnostics.push(diagnostic.help("use a name of letters, digits and `_`"));
        }
        content.push_str(name);
        content.push_str("=");
        content.append(value::line(text, place, diagnostics));
        content.push_str("\n");
    }
    if content.segments().is_empty() {
        return None;
    }
    Some(EnvFile {
        path: parts.add_env_file(&member.service, content),
        // The file is not committed. A checkout without it must still be a valid project, so that
        // `docker compose config` and `docker compose down` work.
        required: false,
        format: "raw",
    })
}

/// The paths of files by target, which are distinct even if the file system ignores case. No file
/// has the name of a folder of another one; folders that differ only in case are the same folder.
fn paths<'a>(targets: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let wanted: Vec<String> = targets.map(path).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for path in &wanted {
        let slashes = path.match_indices('/');
        taken.extend(slashes.map(|(at, _)| path[..at].to_lowercase()));
    }
    let distinct = |path: String| {
        let mut candidate = path.clone();
        let mut count = 1_usize;
        while !taken.insert(candidate.to_lowercase()) {
            count += 1;
            candidate = format!("{path}~{count}");
        }
        candidate
    };
    wanted.into_iter().map(distinct).collect()
}

/// A target as a relative path that cannot lead elsewhere, also on Windows.
fn path(target: &str) -> String {
    let parts = target.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<String> = parts
        .map(|part| match part {
            ".." => "__".to_owned(),
            _ if is_of_repository(part) => short(format!("{}~{}", plain(part), hash(part, 16))),
            _ => short(plain(part)),
        })
        .collect();
    let path = parts.join("/");
    if path.is_empty() {
        "_".to_owned()
    } else if path.len() > LONGEST_PATH {
        hash(&path, 32)
    } else {
        path
    }
}

/// A name without characters that some file systems do not support.
fn plain(part: &str) -> String {
    part.replace(|c: char| c.is_control() || "\\:*?\"<>|".contains(c), "_")
}

/// Whether a file system may treat a name as one of [`REPOSITORIES`]. Some ignore case, invisible
/// characters, or trailing dots and spaces.
fn is_of_repository(part: &str) -> bool {
    let is_unseen = |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let seen: String = part.chars().filter(|c| !is_unseen(*c)).collect();
    let name = seen.split(':').next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    REPOSITORIES.contains(&name.as_str())
}

/// The name of a file, truncated to a length that file systems support.
fn short(name: String) -> String {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let start: String = name.chars().take(40).collect();
    format!("{start}~{}", hash(&name, 16))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::paths;

    #[test]
    fn no_files_make_a_repository() {
        let targets = [
            "/.git/HEAD",
            "/.git/config",
            "/.GIT",
            "/a/.git./x",
            "/a/.git /x",
            "/a/.g\u{200c}it/x",
            "/a/.git::$INDEX_ALLOCATION/x",
            "/.hg/hgrc",
            "/HEAD",
            "/head",
            "/.git~5e2e2ac8e5b8a3ea/HEAD",
            "/.gitignore",
            "/HEAD.txt",
            "/x.git/y",
        ];
        let found = paths(targets.into_iter());
        let distinct: BTreeSet<String> = found.iter().map(|path| path.to_lowercase()).collect();
        assert_eq!(distinct.len(), targets.len(), "{found:?}");
        let parts = found.iter().flat_map(|path| path.split('/'));
        for part in parts {
            assert!(!super::is_of_repository(part), "{found:?}");
        }
        assert_eq!(
            found[found.len() - 3..],
            [".gitignore", "HEAD.txt", "x.git/y"]
        );
    }

    #[test]
    fn paths_are_distinct_and_stay_inside() {
        for (targets, expected) in [
            (vec!["/etc/a.conf", "/b"], vec!["etc/a.conf", "b"]),
            (vec!["/a", "/A", "/a~2"], vec!["a", "A~2", "a~2~2"]),
            (vec!["/a", "/A/b", "/a/c"], vec!["a~2", "A/b", "a/c"]),
            (
                vec!["/../../x", "//a/./b", "/"],
                vec!["__/__/x", "a/b", "_"],
            ),
            (vec!["/a:b", "/a\\b", "/a?b"], vec!["a_b", "a_b~2", "a_b~3"]),
        ] {
            assert_eq!(paths(targets.into_iter()), expected);
        }
    }
}
