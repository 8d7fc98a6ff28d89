//! The project key: finds, validates and creates it.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::ProjectKey;

use super::folder::{Folder, Kind, is_missing, permissions};
use super::gate::Gates;
use super::lock::Locks;
use super::staged::{PREFIX, Staged};
use super::tracked::require_untracked;
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// The name of the key file.
const FILE: &str = "key";

/// The maximum size of the key file. A key has 65 bytes.
const MOST: u64 = 4 << 10;

/// The permissions of a file that only its owner can access.
const PRIVATE: u32 = 0o600;

/// The permissions of other users, which a key file must not have.
const OTHERS: u32 = 0o077;

/// Finds the key of the project or the environment, if there is one.
pub(crate) fn find(gates: &Gates) -> Result<Option<ProjectKey>, Failure> {
    let (project, vault) = (&gates.project, &gates.vault);
    let variables = vault.variables();
    let mut set = variables.iter();
    if let Some((name, text)) = set.find_map(|name| Some((name, std::env::var_os(name)?))) {
        let key = of_variable(name, &text)?;
        return Ok(Some(vault.derive(&key)));
    }
    require_untracked(project.root().path())?;
    let path = path(gates);
    let own = match vault.open(project.root()) {
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
    let key = ProjectKey::parse(&text).ok_or_else(|| {
        Failure::new(format!(
            "the key in `{}` does not consist of 64 hexadecimal digits",
            path.display()
        ))
        .help("restore the file; another key changes all secrets of the project")
    })?;
    Ok(Some(vault.derive(&key)))
}

/// The key in the value of an environment variable.
fn of_variable(name: &str, text: &OsStr) -> Result<ProjectKey, Failure> {
    let help = format!(
        "create a key with `openssl rand -hex 32`, or unset `{name}` to use the key in the project \
         folder"
    );
    if text.is_empty() {
        // CI systems set a variable to an empty string if its secret is unavailable, for example for
        // pull requests from forks. A new key instead would change all secrets.
        return Err(Failure::new(format!("`{name}` is empty")).help(help));
    }
    let key = text.to_str().and_then(ProjectKey::parse);
    key.ok_or_else(|| {
        let problem = format!("`{name}` does not consist of 64 hexadecimal digits");
        Failure::new(problem).help(help)
    })
}

/// The path of the key file.
fn path(gates: &Gates) -> PathBuf {
    let root = gates.project.root().path();
    root.join(gates.vault.path()).join(FILE)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::read(path, error);
    if error.kind() != io::ErrorKind::PermissionDenied {
        return failure;
    }
    failure.help("run score-rs as the owner of the file, or set `SCORE_RS_KEY` to the key")
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
pub(crate) fn origin(gates: &Gates) -> String {
    let variables = gates.vault.variables();
    let mut set = variables.iter();
    if let Some(name) = set.find(|name| std::env::var_os(name).is_some()) {
        return format!("`{name}`");
    }
    let own = gates.vault.open(gates.project.root());
    let kind = own.and_then(|own| own.kind(FILE)).ok().flatten();
    match kind {
        Some(_) => format!("`{}`", path(gates).display()),
        None => "none".to_owned(),
    }
}

/// The environment variable to name in messages.
fn variable(gates: &Gates) -> String {
    gates.vault.variables().swap_remove(0)
}

/// Finds the key, in a run that must not create one.
pub(crate) fn need(gates: &Gates) -> Result<ProjectKey, Failure> {
    find(gates)?.ok_or_else(|| {
        let (variable, file) = (variable(gates), gates.vault.path().join(FILE));
        Failure::new("a secret is required, but there is no project key").help(format!(
            "set `{variable}` to the key of the project, or copy its `{}`; if it has none yet, \
             `score-rs generate` creates one",
            file.display()
        ))
    })
}

/// Finds the key, or creates one. If several runs create a key at the same time, one of them succeeds, and all
/// use its key.
pub(crate) fn find_or_create(gates: &Gates, console: &Console) -> Result<ProjectKey, Failure> {
    if let Some(key) = find(gates)? {
        return Ok(key);
    }
    if let Some(other) = gates.vault.ignored() {
        // In CI, each job would get other secrets.
        let names = gates.vault.variables();
        let problem = format!(
            "`{}` is not set, and `{other}` is for runs of one environment",
            names[0]
        );
        let help = format!("set `{}` to the key of the environment", names[0]);
        return Err(Failure::new(problem).help(help));
    }
    let root = gates.project.root();
    let own = gates.vault.make(root)?;
    let _locks = Locks::of([root, &own])?;
    if let Some(key) = find(gates)? {
        return Ok(key);
    }
    let path = path(gates);
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
                 `{}` or a copy of it to get the same secrets on other machines",
                path.display(),
                variable(gates)
            ));
            Ok(gates.vault.derive(&key))
        }
        // Without a lock on the folder, another run may have created a key in the meantime.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => need(gates),
        Err(error) => Err(Failure::write(&path, &error)),
    }
}
