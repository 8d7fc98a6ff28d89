//! The contents of files in containers, and variables with secrets: as files beside `compose.yaml`,
//! or as configs and secrets in it. Not: writing them to a disk.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic};

use super::group::Member;
use super::model::{Bind, Config, EnvFile, Grant, Mount, Secret};
use super::value::{self, Content, Place, PublicTree};
use crate::emit::document::ToTree;
use crate::ir::field::Field;
use crate::ir::name::hash;
use crate::ir::{App, FileContent, Text};
use crate::targets::{Compose, OutputContent, OutputFile};

/// The folder of all files but the main one, unless the options name another.
const FOLDER: &str = ".score-rs/compose";

/// The mode of a file where the Score file gives none.
const MODE: u16 = 0o644;

/// The most bytes of a name of a file beside `compose.yaml`, which leaves room for a suffix, and of its
/// path, which leaves room for the folder of the project.
const LONGEST_NAME: usize = 200;
const LONGEST_PATH: usize = 1000;

/// The names by which programs of version control know their repositories, in which they run what the
/// repository says. Any folder with a file `HEAD` can be one of Git.
const REPOSITORIES: [&str; 4] = [".git", ".hg", ".jj", "head"];

/// The owner's permission to write.
const WRITE: u16 = 0o200;

/// What services refer to.
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

impl Parts {
    /// No parts yet.
    pub(super) fn new(options: &Compose) -> Self {
        let folder = options.folder.as_deref().unwrap_or(FOLDER);
        Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            configs: BTreeMap::new(),
            secrets: BTreeMap::new(),
        }
    }

    /// Adds those of other services, which have other names.
    pub(super) fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.configs.extend(other.configs);
        self.secrets.extend(other.secrets);
    }
}

/// How the files of a container get into it.
#[derive(Debug, Default)]
pub(super) struct MountedFiles {
    /// Those that lie beside `compose.yaml`.
    pub(super) mounts: Vec<Mount>,
    /// Those with variables of the environment, which Compose replaces in `compose.yaml` only.
    pub(super) configs: Vec<Grant>,
    /// Those that are a secret of the platform and nothing else.
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
        // The owner may write the file outside in any case, so that the next run can replace it.
        let outer = mode | WRITE;
        let mount = add(&member.service, &path, target, content, outer, parts);
        all.mounts.push(Mount {
            read_only: (mode & WRITE == 0).then_some(true),
            ..mount
        });
    }
    all
}

/// Adds an entry for a file of a service, and gives its name. A service has no dot in its name, so
/// that those of different services differ.
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
        // A missing file must be an error. Otherwise Docker makes a folder in its place.
        bind: Some(Bind {
            create_host_path: false,
        }),
        ..Mount::default()
    }
}

/// Adds the env file of a service, if any of its variables holds a secret.
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
            let found = component.finding(Code::TargetInvalid, place.field, message);
            diagnostics.push(found.help("use a name of letters, digits and `_`"));
        }
        content.push_str(name);
        content.push_str("=");
        content.append(value::line(text, place, diagnostics));
        content.push_str("\n");
    }
    if content.segments().is_empty() {
        return None;
    }
    let path = format!("{}/{}.env", parts.folder, member.service);
    parts.files.push(OutputFile {
        path: Some(path.clone()),
        content: OutputContent::Text(content),
        mode: 0o600,
        is_path_hidden: false,
    });
    Some(EnvFile {
        path,
        // The file is not committed. A checkout without it must still be a valid project, so that
        // `docker compose config` and `docker compose down` work there.
        required: false,
        format: "raw",
    })
}

/// The paths of files by their targets, distinct also where the file system ignores case. No file
/// is called like a folder of another one; folders that differ in case are the same folder.
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

/// A target as a relative path that leads nowhere else, on Windows as well.
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

/// A name without characters that some file systems do not take.
fn plain(part: &str) -> String {
    part.replace(|c: char| c.is_control() || "\\:*?\"<>|".contains(c), "_")
}

/// Whether a file system takes a name for one of [`REPOSITORIES`]. Some ignore case, characters that are
/// not seen, or dots and blanks at the end.
fn is_of_repository(part: &str) -> bool {
    let is_unseen = |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let seen: String = part.chars().filter(|c| !is_unseen(*c)).collect();
    let name = seen.split(':').next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    REPOSITORIES.contains(&name.as_str())
}

/// The name of a file, cut where file systems might not take it.
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
