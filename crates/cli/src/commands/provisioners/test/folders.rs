//! The folders of the expected files of tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::catalogue::{Provisioner, ProvisionerTest};

use super::Selected;
use super::expected::{ExpectedFiles, orphans};
use crate::host::disk::LIMIT;
use crate::host::{Gates, Identity, Kind, Shared, folder_of as parent_of};
use crate::report::failure::{About, Failure};

/// The open folders of provisioner files, by file name.
pub(super) fn open_folders<'a>(
    provisioners: &[&'a Provisioner],
    gates: &Gates,
) -> Result<BTreeMap<&'a str, Shared>, Failure> {
    let mut folders = BTreeMap::new();
    for provisioner in provisioners {
        let folder = parent_of(Path::new(&provisioner.file));
        if !folders.contains_key(provisioner.file.as_str()) {
            let open = gates.folder(folder).reading(folder)?;
            folders.insert(provisioner.file.as_str(), open);
        }
    }
    Ok(folders)
}

/// The folder of the expected files of a provisioner file, relative to its folder.
fn tests_of(file: &str) -> PathBuf {
    let name = Path::new(file).file_name().unwrap_or_default();
    Path::new(name).with_extension("tests")
}

/// The folder of the expected files of a test, relative to the folder of the provisioner file.
pub(super) fn folder_of(provisioner: &Provisioner, test: &ProvisionerTest) -> PathBuf {
    let name = format!("{}-{}", label(provisioner), test.name);
    tests_of(&provisioner.file).join(name)
}

/// The type of a provisioner, with the class if it has one.
pub(super) fn label(provisioner: &Provisioner) -> String {
    match &provisioner.class {
        Some(class) => format!("{}-{class}", provisioner.kind),
        None => provisioner.kind.clone(),
    }
}

/// The selected provisioner files, each with its open folder and the test folders.
fn files<'a>(selected: &'a [Selected]) -> BTreeMap<&'a str, (&'a Shared, BTreeSet<PathBuf>)> {
    let mut files = BTreeMap::new();
    for Selected { provisioner, base } in selected {
        let file = files.entry(provisioner.file.as_str());
        let (_, folders) = file.or_insert((base, BTreeSet::new()));
        let tests = provisioner.tests.iter().filter(|test| test.has_files());
        folders.extend(tests.map(|test| folder_of(provisioner, test)));
    }
    files
}

/// Rejects provisioner files that share a test folder, such as `a.yaml` and `a.yml`: each would
/// treat the expected files of the other one as obsolete. Files beside a selected file are
/// considered even if they are not selected.
pub(super) fn require_own_folders(selected: &[Selected]) -> Result<(), Failure> {
    let mut owners: BTreeMap<(Option<Identity>, PathBuf), &str> = BTreeMap::new();
    for (file, (base, tests)) in files(selected) {
        let folder = tests_of(file);
        if tests.is_empty() && base.kind(&folder).is_ok_and(|kind| kind.is_none()) {
            continue;
        }
        let place = (base.own_identity(), folder.clone());
        let other = match owners.insert(place, file) {
            Some(other) => Some(PathBuf::from(other)),
            None => beside(base, file, &folder)?,
        };
        if let Some(other) = other {
            let (other, folder) = (other.display(), base.path().join(&folder));
            let folder = folder.display();
            let problem = format!("`{file}` and `{other}` share the folder `{folder}`");
            return Err(Failure::new(problem).help("rename one of the files and its test folder"));
        }
    }
    Ok(())
}

/// Another provisioner file in the same folder that would have the same test folder.
fn beside(base: &Shared, file: &str, folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let own = Path::new(file).file_name();
    let mut entries = base.entries().reading(base.path())?.into_iter();
    let other = entries.find(|(name, kind)| {
        let path = Path::new(name);
        let extension = path.extension().unwrap_or_default();
        let is_yaml = ["yaml", "yml"]
            .iter()
            .any(|it| extension.eq_ignore_ascii_case(it));
        let shares = is_yaml && path.with_extension("tests") == folder;
        let is_other = *kind == Kind::File && Some(name.as_os_str()) != own && shares;
        is_other && has_provisioners(base, path)
    });
    Ok(other.map(|(name, _)| base.path().join(name)))
}

/// Whether a file appears to contain provisioners.
fn has_provisioners(folder: &Shared, name: &Path) -> bool {
    let kind = b"Provisioner";
    let bytes = folder.read_at_most(name, LIMIT).unwrap_or_default();
    bytes.windows(kind.len()).any(|part| part == kind)
}

/// The test folders that belong to no test, as empty sets of expected files.
pub(super) fn forgotten(selected: &[Selected]) -> Result<Vec<ExpectedFiles>, Failure> {
    let mut found = Vec::new();
    for (file, (base, tests)) in files(selected) {
        let orphans = orphans(base, &tests_of(file), &tests)?;
        found.extend(orphans.into_iter().map(|folder| ExpectedFiles {
            base: Arc::clone(base),
            folder,
            files: BTreeMap::new(),
        }));
    }
    Ok(found)
}
