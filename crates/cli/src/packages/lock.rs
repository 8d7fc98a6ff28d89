//! The lock file `score-rs.lock`, with the packages of a project and the digests of their files. It
//! is committed, the packages are not.

use std::io;
use std::path::Path;
use std::sync::LazyLock;

use score_spec::{
    Code, Diagnostic, Node, Sources, Span, Value,
    diagnostic::{any_error, listed, nearest},
    parse,
    schema::{Codes, Schema},
};
use serde_json::json;

use super::files::is_path;
use super::{Package, Source};
use crate::host::{Gate, LOCK_FILE, Pin, name};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::output_text::yaml;

/// The comment at the beginning of a lock file.
const HEADER: &str = "\
# Which packages of provisioners this project has, and what is in them. Commit this file.
# `score-rs packages` writes it: add, update, remove; `install` gets what it names.
";

/// The schema of lock files, which is built in and tested.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::LOCK));

/// The packages of a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock {
    /// The packages, in order of precedence.
    pub(crate) packages: Vec<Package>,
    /// The original text.
    pub(super) text: Vec<u8>,
}

impl Lock {
    /// The package with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The packages with these names, or all packages if `names` is empty.
    pub(crate) fn named(&self, names: &[String]) -> Result<Vec<&Package>, Failure> {
        if names.is_empty() {
            return Ok(self.packages.iter().collect());
        }
        let find = |name: &String| self.get(name).ok_or_else(|| self.unknown(name));
        names.iter().map(find).collect()
    }

    fn unknown(&self, name: &str) -> Failure {
        let known = || self.packages.iter().map(|package| package.name.as_str());
        Failure::new(format!("unknown package `{name}`")).help(match nearest(name, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if self.packages.is_empty() => {
                "the project has no packages; `score-rs packages add SOURCE` adds one".to_owned()
            }
            None => format!("the packages are {}", listed(known())),
        })
    }

    /// The lock with a package replaced, or appended if there is none with its name.
    #[must_use]
    pub(crate) fn with(mut self, package: Package) -> Self {
        let names = self
            .packages
            .iter()
            .position(|known| known.name == package.name);
        match names {
            Some(at) => self.packages[at] = package,
            None => self.packages.push(package),
        }
        self
    }

    /// The lock without the package with this name.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.packages.retain(|package| package.name != name);
        self
    }

    /// The text of the lock file.
    pub(crate) fn to_text(&self) -> String {
        let packages = self.packages.iter().map(|package| {
            let source = package.source.to_string();
            let mut entry = json!({"name": package.name, "source": source});
            if let Some(resolved) = &package.resolved {
                entry["resolved"] = json!(resolved);
            }
            let pins = package.files.iter();
            let pins = pins.map(|(path, pin)| (path.clone(), pin_text(pin)));
            entry["files"] = pins.collect::<serde_json::Map<_, _>>().into();
            entry
        });
        let packages: Vec<_> = packages.collect();
        let document = json!({"version": 1, "packages": packages});
        format!("{HEADER}{}", yaml(&Value::from_json(document)))
    }
}

/// The entry of a file: its digest, and its mode if it is executable.
fn pin_text(pin: &Pin) -> serde_json::Value {
    if pin.executable {
        json!({"digest": pin.digest, "executable": true})
    } else {
        json!(pin.digest)
    }
}

/// Reads the entry of a file.
fn pin(node: &Node) -> Option<Pin> {
    Some(Pin {
        digest: node.get("digest").unwrap_or(node).text()?.to_owned(),
        executable: node.get("digest").is_some(),
    })
}

/// Reads the lock file of a project. Without a lock file, a project has no packages. Returns
/// `None` if there are errors, which are added to `diagnostics`.
pub(crate) fn read(
    (root, project): (&Path, &Gate),
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Lock>, Failure> {
    let path = root.join(LOCK_FILE);
    let text = match project.read(Path::new(LOCK_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Lock::default())),
        Err(error) => return Err(Failure::read(&path, &error)),
    };
    let mut lock = Lock {
        packages: Vec::new(),
        text: text.clone(),
    };
    let id = sources.add(name(&path), text);
    let parsed = parse(sources, id);
    let mut found = parsed.diagnostics;
    if let [document] = parsed.documents.as_slice() {
        found.extend(SCHEMA.check(document, sources, &Codes::all(Code::PackageLock)));
        let packages = document.get("packages").filter(|_| !any_error(&found));
        for node in packages.map_or(&[][..], Node::items) {
            let package = package(node, &lock, &mut found);
            lock.packages.extend(package);
        }
    } else if !any_error(&found) {
        found.push(
            Diagnostic::new(
                Code::PackageLock,
                "a lock file must contain a single document",
            )
            .at(Span::new(id, 0, 0), "")
            .help("restore the file from version control"),
        );
    }
    let failed = any_error(&found);
    diagnostics.extend(found);
    Ok((!failed).then_some(lock))
}

/// Reads the lock file for a command that changes packages. Errors are reported, and the result is
/// `None`.
pub(crate) fn open(project: &Gate, console: &Console) -> Result<Option<Lock>, Failure> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let root = project.root().path();
    let lock = read((root, project), &mut sources, &mut diagnostics)?;
    console.report(&sources, &diagnostics);
    Ok(lock)
}

/// Creates a package from an entry that matches the schema.
fn package(node: &Node, lock: &Lock, diagnostics: &mut Vec<Diagnostic>) -> Option<Package> {
    let text = |name: &str| node.get(name).and_then(Node::text);
    let (name, source) = (node.get("name")?, node.get("source")?);
    if let Some(first) = lock.get(name.text()?).and_then(|package| package.span) {
        diagnostics.push(
            Diagnostic::new(
                Code::PackageLock,
                format!("duplicate package `{}`", name.text()?),
            )
            .at(name.span, "second here")
            .at(first, "first here")
            .help("remove one of them"),
        );
        return None;
    }
    let parsed = Source::parse(source.text()?).map_err(|failure| {
        let diagnostic = Diagnostic::new(Code::PackageLock, failure.message).at(source.span, "");
        diagnostics.push(diagnostic.help(failure.help.unwrap_or_default()));
    });
    let files = node.get("files")?.entries();
    let found = files.iter().filter(|file| !is_path(&file.key)).map(|file| {
        let message = format!("`{}` cannot be the path of a file of a package", file.key);
        let diagnostic = Diagnostic::new(Code::PackageLock, message).at(file.key_span, "");
        diagnostic.help("restore the file from version control")
    });
    let known = diagnostics.len();
    diagnostics.extend(found);
    if diagnostics.len() > known {
        return None;
    }
    let files = files.iter();
    let files = files.filter_map(|file| Some((file.key.clone(), pin(&file.value)?)));
    Some(Package {
        name: name.text()?.to_owned(),
        source: parsed.ok()?,
        resolved: text("resolved").map(str::to_owned),
        files: files.collect(),
        span: Some(name.span),
    })
}

#[cfg(test)]
mod tests {
    use super::{Lock, read};
    use crate::host::{Gate, LOCK_FILE};
    use crate::packages::files::PackageFile;
    use crate::packages::{Files, Package, Source};
    use score_spec::Sources;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = |executable| PackageFile {
            bytes: b"a".to_vec(),
            executable,
        };
        let files = Files::default().with("a.yaml", file(false)).unwrap();
        let files = files.with("bin/a", file(true)).unwrap();
        let package = |name: &str, source: &str, resolved: Option<String>| {
            Package::new(name, Source::parse(source).unwrap(), resolved, &files)
        };
        let lock = Lock::default()
            .with(package("b", "../a b: c#d", None))
            .with(package(
                "a",
                "git+https://h/a.git?ref=yes",
                Some("1".repeat(40)),
            ));
        std::fs::write(folder.path().join(LOCK_FILE), lock.to_text()).unwrap();
        let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
        let project = Gate::open(folder.path()).unwrap();
        let found = read((folder.path(), &project), &mut sources, &mut diagnostics)
            .unwrap()
            .unwrap();
        assert_eq!(diagnostics, []);
        assert_eq!(found.to_text(), lock.to_text());
        let names: Vec<_> = found.packages.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
    }
}
