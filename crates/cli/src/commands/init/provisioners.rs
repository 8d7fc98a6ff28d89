//! The provisioners of `init --provisioners`.

use std::path::Path;

use crate::commands::Outcome;
use crate::commands::provisioners::{add_package, package_source};
use crate::host::{Gate, Gates, is_private, name, private};
use crate::packages::{Lock, Source, open};
use crate::report::console::Console;
use crate::report::failure::{About, Failure};

/// The provisioners, in the order of the options.
pub(super) struct Provisioners(Vec<Origin>);

/// Where provisioners come from.
enum Origin {
    /// A file or folder of the project, relative to it.
    Path(String),
    /// A package, with its name.
    Package(String, Source),
}

/// The prefix of packages in `provisioners` of the project file.
const PACKAGE: &str = "package:";

/// The name of the package of an entry in the project file.
pub(super) fn package_in(entry: &str) -> Option<&str> {
    entry.strip_prefix(PACKAGE)
}

/// The provisioners with these URIs. Returns `None` if the lock file has errors. Nothing is fetched.
pub(super) fn of(
    uris: &[String],
    gates: &Gates,
    console: &Console,
) -> Result<Option<Provisioners>, Failure> {
    let (mut origins, mut lock) = (Vec::new(), None);
    for uri in uris {
        let argument = argument(uri)?;
        let (source, derived) = package_source(&argument, Path::new(""))?;
        if matches!(source, Source::Path(_))
            && let Some(path) = path_in(&gates.project, &argument)?
        {
            origins.push(Origin::Path(path));
            continue;
        }
        if lock.is_none() {
            let Some(opened) = open(&gates.project, console)? else {
                return Ok(None);
            };
            lock = Some(opened);
        }
        let derived = derived.ok_or_else(|| {
            Failure::new(format!(
                "the package name cannot be derived from `{source}`"
            ))
            .help("install it with `score-rs provisioners add SOURCE --name NAME`")
        })?;
        let name = free(&derived, &source, lock.as_ref(), &origins);
        origins.push(Origin::Package(name, source));
    }
    Ok(Some(Provisioners(origins)))
}

impl Provisioners {
    /// The entries in the project file.
    pub(super) fn entries(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|origin| match origin {
            Origin::Path(path) => path.clone(),
            Origin::Package(name, _) => format!("{PACKAGE}{name}"),
        })
    }

    /// Installs the packages.
    pub(super) fn install(&self, project: &Gate, console: &Console) -> Result<Outcome, Failure> {
        for origin in &self.0 {
            let Origin::Package(name, source) = origin else {
                continue;
            };
            // Each package changes the lock file.
            let Some(lock) = open(project, console)? else {
                return Ok(Outcome::Errors);
            };
            if add_package(project, &lock, name, source.clone(), console)? == Outcome::Errors {
                return Ok(Outcome::Errors);
            }
        }
        Ok(Outcome::Fine)
    }
}

/// The name of the package from a source: that of an installed one, or a name that no other source has.
fn free(derived: &str, source: &Source, lock: Option<&Lock>, origins: &[Origin]) -> String {
    let locked = lock.into_iter().flat_map(|lock| &lock.packages);
    let locked = locked.map(|package| (package.name.as_str(), &package.source));
    let earlier = origins.iter().filter_map(|origin| match origin {
        Origin::Package(name, source) => Some((name.as_str(), source)),
        Origin::Path(_) => None,
    });
    let known: Vec<_> = locked.chain(earlier).collect();
    if let Some((name, _)) = known.iter().find(|(_, it)| *it == source) {
        return (*name).to_owned();
    }
    let is_free = |name: &String| {
        let mut others = known.iter().filter(|(other, _)| other == name);
        others.all(|(_, other)| other.origin() == source.origin())
    };
    let numbered = (2_usize..).map(|number| format!("{derived}-{number}"));
    let mut names = std::iter::once(derived.to_owned()).chain(numbered);
    names.find(is_free).unwrap_or_default()
}

/// The path of a file or folder in the project, relative to it; `None` if it is elsewhere.
fn path_in(project: &Gate, path: &str) -> Result<Option<String>, Failure> {
    let path = Path::new(path);
    let Some(inner) = project.inner(path) else {
        return Ok(None);
    };
    let found = project.locate(&inner).reading(path)?;
    if is_private(&found.inner) {
        return Err(Failure::read(path, &private()));
    }
    Ok(Some(match name(&inner).as_str() {
        "" => ".".to_owned(),
        inner => inner.to_owned(),
    }))
}

/// A URI of score-compose or score-k8s as the argument of `provisioners add`.
fn argument(uri: &str) -> Result<String, Failure> {
    if uri == "-" {
        return Err(
            Failure::new("provisioners cannot be read from standard input")
                .help("write them to a file of the project, and use that"),
        );
    }
    if let Some(path) = uri.strip_prefix("file://") {
        return Ok(path.to_owned());
    }
    if uri.starts_with("oci://") && uri.contains('#') {
        return Err(
            Failure::new("a package cannot be a single file of an artifact").help(
                "remove `#` and everything after it: all YAML files of the artifact are used",
            ),
        );
    }
    for scheme in ["https", "ssh"] {
        let prefix = format!("git-{scheme}://");
        if let Some(rest) = uri.strip_prefix(&prefix) {
            return Ok(match rest.split_once(".git/") {
                Some((repository, path)) => {
                    let path = path.trim_start_matches('/');
                    format!("git+{scheme}://{repository}.git//{path}")
                }
                None => format!("git+{scheme}://{rest}"),
            });
        }
    }
    Ok(uri.to_owned())
}

#[cfg(test)]
mod tests {
    use super::argument;

    #[test]
    fn uris_of_the_go_tools_are_translated() {
        for (uri, expected) in [
            (
                "git-https://h/o/r.git/a/b.yaml",
                "git+https://h/o/r.git//a/b.yaml",
            ),
            ("git-ssh://git@h/o/r.git/a", "git+ssh://git@h/o/r.git//a"),
            ("git-https://h/o/r.git", "git+https://h/o/r.git"),
            ("file:///srv/a.yaml", "/srv/a.yaml"),
            ("file://a/b.yaml", "a/b.yaml"),
            ("https://h/a.yaml", "https://h/a.yaml"),
            ("a/b.yaml", "a/b.yaml"),
        ] {
            assert_eq!(argument(uri).unwrap(), expected, "{uri}");
        }
        for uri in ["-", "oci://h/a:1#x.yaml"] {
            assert!(argument(uri).is_err(), "{uri}");
        }
    }
}
