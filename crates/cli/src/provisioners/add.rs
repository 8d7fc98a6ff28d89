//! `score-rs provisioners add`.

use std::fs;
use std::path::{Component, Path};

use crate::Outcome;
use crate::args::Add;
use crate::console::Console;
use crate::disk::canonical;
use crate::failure::Failure;
use crate::packages::{
    Change, LOCK_FILE, Lock, Package, Source, check, choose, fetch, is_intact, open,
};
use crate::project::Project;
use crate::provisioners::install::restore;

/// Installs a package and pins it.
pub(crate) fn add(args: &Add, console: &Console) -> Result<Outcome, Failure> {
    let root = Project::folder()?;
    let Some(lock) = open(&root, console)? else {
        return Ok(Outcome::Errors);
    };
    let (source, derived) = source(&args.source, &root)?;
    let name = args.name.clone().or(derived).ok_or_else(|| {
        Failure::new(format!("no name for the package follows from `{source}`"))
            .help("choose one with `--name`")
    })?;
    if let Some(known) = lock.get(&name) {
        if known.source == source {
            return again(&root, &lock, known, console);
        }
        if known.source.origin() != source.origin() {
            let problem = format!(
                "there is a package `{name}` already, from `{}`",
                known.source
            );
            return Err(Failure::new(problem).help(format!(
                "choose another name with `--name`, or remove that one with `score-rs provisioners remove {name}`"
            )));
        }
    }
    let fetched = fetch(&source, None, &root)?;
    let files = choose(&fetched, &source, console)?;
    let Some(types) = check(&name, &files, console) else {
        return Ok(Outcome::Errors);
    };
    let package = Package::new(&name, source, fetched.resolved, &files);
    Change::new(&root, &lock)
        .with_files(&name, files)
        .with_lock(lock.clone().with(package))
        .apply()?;
    let answers = types.join(", ");
    console.done(&format!(
        "added {name}, which answers {answers}; commit {LOCK_FILE}"
    ));
    Ok(Outcome::Fine)
}

/// Adds what is there already: installs it, if it is not.
fn again(
    root: &Path,
    lock: &Lock,
    package: &Package,
    console: &Console,
) -> Result<Outcome, Failure> {
    if !is_intact(root, package) {
        let files = restore(root, package)?;
        Change::new(root, lock)
            .with_files(&package.name, files)
            .apply()?;
    }
    let name = &package.name;
    console.done(&format!(
        "{name} is there already, as it was locked; `score-rs provisioners update {name}` fetches it anew"
    ));
    Ok(Outcome::Fine)
}

/// The source that an argument names, and a name for its package. A path in an argument is
/// relative to the working folder, that of a source to the project's.
fn source(argument: &str, root: &Path) -> Result<(Source, Option<String>), Failure> {
    let source = Source::parse(argument)?;
    let Source::Path(path) = &source else {
        let name = source.name();
        return Ok((source, name));
    };
    let known = fs::canonicalize(path).map_err(|error| {
        Failure::read(Path::new(path), &error)
            .help("name a file or a folder, or an address that begins with `https://`, `git+https://` or `oci://`")
    })?;
    let name = Source::Path(known.to_string_lossy().replace('\\', "/")).name();
    if Path::new(path).is_absolute() {
        return Ok((source, name));
    }
    let relative = way(&canonical(root), &known).ok_or_else(|| {
        Failure::new(format!("there is no relative way to `{path}`"))
            .help("name it by its full path")
    })?;
    Ok((Source::Path(relative), name))
}

/// The way from a folder to a path, both without links, with `/` between its parts.
fn way(from: &Path, to: &Path) -> Option<String> {
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let rest = |path: &Path| {
        path.components()
            .skip(shared)
            .map(|part| match part {
                Component::Normal(part) => part.to_str().map(str::to_owned),
                _ => None,
            })
            .collect::<Option<Vec<String>>>()
    };
    let up = rest(from)?.into_iter().map(|_| "..".to_owned());
    let parts: Vec<String> = up.chain(rest(to)?).collect();
    Some(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

#[cfg(test)]
mod tests {
    use super::way;
    use std::path::Path;

    #[test]
    fn ways_lead_from_the_project() {
        for (from, to, expected) in [
            ("/a/b", "/a/b/c.yaml", "c.yaml"),
            ("/a/b", "/a/x/c", "../x/c"),
            ("/a/b", "/a/b", "."),
        ] {
            assert_eq!(
                way(Path::new(from), Path::new(to)).as_deref(),
                Some(expected)
            );
        }
    }
}
