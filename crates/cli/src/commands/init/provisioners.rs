//! The provisioners of `init --provisioners`.

use std::path::Path;

use super::uri;
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
        let (argument, file) = uri::source(uri, "provisioners")?;
        if file.is_some() {
            let problem = "a package cannot be a single file of an artifact";
            return Err(Failure::new(problem).help(
                "remove `#` and everything after it: all YAML files of the artifact are used",
            ));
        }
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
            .help("install it with `score-rs packages add SOURCE --name NAME`")
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
