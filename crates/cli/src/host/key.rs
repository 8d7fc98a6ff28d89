//! The project key: finds, validates and creates it.

use std::io;
use std::path::Path;

use score_compiler::ProjectKey;

use super::folder::{Folder, Kind, is_missing, permissions};
use super::gate::Gate;
use super::lock::Locks;
use super::own_folder::own_folder;
use super::path::OWN_FOLDER;
use super::staged::{PREFIX, Staged};
use super::tracked::require_untracked;
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// The environment variable that can contain the key.
const VARIABLE: &str = "SCORE_RS_KEY";

/// The name of the key file in `.score-rs`.
const FILE: &str = "key";

/// The maximum size of the key file. A key has 65 bytes.
const MOST: u64 = 4 << 10;

/// The permissions of a file that only its owner can access.
const PRIVATE: u32 = 0o600;

/// The permissions of other users, which a key file must not have.
const OTHERS: u32 = 0o077;

/// Finds the project key, if there is one.
pub(crate) fn find(project: &Gate) -> Result<Option<ProjectKey>, Failure> {
    if let Some(text) = std::env::var_os(VARIABLE) {
        let help = format!(
            "create a key with `openssl rand -hex 32`, or unset `{VARIABLE}` to use the key in the \
             project folder"
        );
        if text.is_empty() {
            // CI systems set a variable to an empty string if its secret is unavailable, for
            // example for pull requests from forks. A new key instead would change all secrets.
            return Err(Failure::new(format!("`{VARIABLE}` is empty")).help(help));
        }
        let key = text.to_str().and_then(ProjectKey::parse);
        return key.map(Some).ok_or_else(|| {
            Failure::new(format!(
                "`{VARIABLE}` does not consist of 64 hexadecimal digits"
            ))
            .help(help)
        });
    }
    require_untracked(project.root().path())?;
    let path = project.root().path().join(OWN_FOLDER).join(FILE);
    let own = match project.root().folder(OWN_FOLDER) {
        Ok(own) => own,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    match own.kind(FILE).map_err(|error| unreadable(&path, &error))? {
        Some(Kind::File) => {}
        Some(kind) => return Err(Failure::read(&path, &kind.refusal())),
        None => return Ok(None),
    }
    require_private(&own, &path)?;
    let bytes = own.read_at_most(FILE, MOST);
    let bytes = bytes.map_err(|error| unreadable(&path, &error))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    ProjectKey::parse(&text).map(Some).ok_or_else(|| {
        Failure::new(format!(
            "the key in `{}` does not consist of 64 hexadecimal digits",
            path.display()
        ))
        .help("restore the file; another key changes all secrets of the project")
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::read(path, error);
    if error.kind() != io::ErrorKind::PermissionDenied {
        return failure;
    }
    failure.help(format!(
        "run score-rs as the owner of the file, or set `{VARIABLE}` to the key"
    ))
}

/// Rejects a key file that other users can read: they may know the key, for example if it was
/// committed.
fn require_private(own: &Folder, path: &Path) -> Result<(), Failure> {
    let mode = permissions(&own.metadata(FILE).reading(path)?).unwrap_or(PRIVATE);
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    let problem =
        format!("other users can read the project key `{path}`: its permissions are {mode:04o}");
    Err(Failure::new(problem).help(format!(
        "run `chmod 600 {path}` if the key is yours and was never committed; otherwise remove it"
    )))
}

/// The origin of the key, for messages.
pub(crate) fn origin(root: &Path, project: &Gate) -> String {
    if std::env::var_os(VARIABLE).is_some() {
        return format!("`{VARIABLE}`");
    }
    let own = project.root().folder(OWN_FOLDER);
    let kind = own.and_then(|own| own.kind(FILE)).ok().flatten();
    match kind {
        Some(_) => format!("`{}`", root.join(OWN_FOLDER).join(FILE).display()),
        None => "none".to_owned(),
    }
}

/// Finds the project key, in a run that must not create one.
pub(crate) fn need(project: &Gate) -> Result<ProjectKey, Failure> {
    find(project)?.ok_or_else(|| {
        Failure::new("a secret is required, but there is no project key").help(format!(
            "set `{VARIABLE}` to the key of the project, or copy its `{OWN_FOLDER}/{FILE}`; if it \
             has none yet, `score-rs generate` creates one"
        ))
    })
}

/// Finds the project key, or creates one. If several runs create a key at the same time, one of
/// them succeeds, and all use its key.
pub(crate) fn find_or_create(project: &Gate, console: &Console) -> Result<ProjectKey, Failure> {
    if let Some(key) = find(project)? {
        return Ok(key);
    }
    let own = own_folder(project.root())?;
    let _locks = Locks::of([project.root()])?;
    if let Some(key) = find(project)? {
        return Ok(key);
    }
    let path = own.path().join(FILE);
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)
        .map_err(|error| Failure::new(format!("the system provides no random numbers: {error}")))?;
    let key = ProjectKey::new(bits);
    let text = format!("{}\n", key.to_hex());
    let written = Staged::file(&own, PREFIX, text.as_bytes(), PRIVATE, true)
        .and_then(|file| file.persist_new(&own, FILE));
    match written {
        Ok(()) => {
            console.note(&format!(
                "created the project key `{}`, from which all secrets are derived; use \
                 `{VARIABLE}` or a copy of it to get the same secrets on other machines",
                path.display()
            ));
            Ok(key)
        }
        // Without a lock on the folder, another run may have created a key in the meantime.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => need(project),
        Err(error) => Err(Failure::write(&path, &error)),
    }
}
