//! An export that is a folder of its own. Its first file has the mark and lists the others, which have no mark, because
//! another system copies them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_export::{ExportFile, ExportPath, SKELETON};

use crate::commands::Outcome;
use crate::host::{Folder, Gates, Kind, Shared, folder_of, is_private};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::folder::{self, Plan, require_folders};
use crate::output::mark::MARK;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The permissions of executable files.
const EXECUTABLE: u32 = 0o755;

/// The beginning of a line of the first file that names another one.
const LISTED: &str = "# - ";

/// The files of an export and their folder.
pub(super) struct ExportFolder<'a> {
    pub(super) path: &'a Path,
    /// The first line of the first file.
    pub(super) mark: &'a str,
    /// The files, the first of which lists the others.
    pub(super) files: &'a [ExportFile],
}

impl ExportFolder<'_> {
    /// Writes the files, and removes those of earlier runs.
    pub(super) fn write(
        &self,
        gates: &Gates,
        permission: &Permission,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let plan = |folder: &Shared| self.plan(folder);
        let (changed, name) = folder::apply(gates, self.path, permission, plan)?;
        let verb = if changed { "wrote" } else { "unchanged" };
        console.done(&format!("{verb} {}", name.display()));
        Ok(Outcome::Fine)
    }

    /// Compares the files with existing ones.
    pub(super) fn check(
        &self,
        gates: &Gates,
        permission: &Permission,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let shown = self.path.display();
        let Some(folder) = folder::open(gates, self.path)? else {
            console.done(&format!("{shown} is missing"));
            return Ok(Outcome::Stale);
        };
        let changes = self.plan(&folder)?.changes;
        let mut is_current = true;
        for output in &changes.outputs {
            output.check(permission)?;
            if !output.is_current() {
                is_current = false;
                let is = output.kind().map_or("is missing", |_| "differs");
                console.done(&format!("{} {is}", output.shown().display()));
            }
        }
        for (_, inner) in &changes.stale {
            is_current = false;
            console.done(&format!("{} is left over", self.path.join(inner).display()));
        }
        if is_current {
            console.done(&format!("{shown} is up to date"));
            return Ok(Outcome::Fine);
        }
        Ok(Outcome::Stale)
    }

    /// The changes of the folder.
    fn plan(&self, folder: &Shared) -> Result<Plan<'static>, Failure> {
        let Some((first, others)) = self.files.split_first() else {
            return Ok(Plan::default());
        };
        let files = others.iter().map(|file| Path::new(file.path.as_str()));
        let parents: BTreeSet<&Path> = files.map(folder_of).collect();
        for parent in parents {
            require_folders(folder, self.path, parent)?;
        }
        let list = first.path.as_str();
        let earlier = earlier(folder, list);
        let output = |path: &str, bytes: Vec<u8>, mode: u32| {
            let rule = match path {
                path if path == list => Rule::List,
                path if earlier.contains(path) => Rule::Listed,
                _ => Rule::Generated,
            };
            Output::below(
                Some(folder),
                (self.path, Path::new(path)),
                bytes,
                mode,
                rule,
            )
        };
        let names: BTreeSet<&str> = others.iter().map(|file| file.path.as_str()).collect();
        let mut plan = Plan::default();
        let mut text = listed(self.mark, names.iter().copied()).into_bytes();
        text.extend(first.to_bytes());
        plan.changes.outputs.push(output(list, text, OPEN));
        plan.changes.outputs.extend(others.iter().map(|file| {
            let mode = if file.executable { EXECUTABLE } else { OPEN };
            output(file.path.as_str(), file.to_bytes(), mode)
        }));
        let known: BTreeSet<&str> = earlier.iter().map(String::as_str).collect();
        if !names.is_subset(&known) {
            // List new files before they are written, so that a killed run leaves no unlisted files.
            let mark =
                format!("{MARK}while it updates this folder; run it again if this line stays\n");
            let all = listed(&mark, known.union(&names).copied());
            plan.journal.push(output(list, all.into_bytes(), OPEN));
        }
        let gone = known.difference(&names);
        let gone =
            gone.filter(|path| folder.kind_at(Path::new(path)).ok().flatten() == Some(Kind::File));
        let stale = gone.map(|path| (Arc::clone(folder), PathBuf::from(path)));
        plan.changes.stale = stale.collect();
        Ok(plan)
    }
}

/// The mark, and a comment for each other file.
fn listed<'a>(mark: &str, names: impl Iterator<Item = &'a str>) -> String {
    let mut text = mark.to_owned();
    for name in names {
        text.push_str(LISTED);
        text.push_str(name);
        text.push('\n');
    }
    text
}

/// The files that an earlier run has listed; none if score-rs did not write the list, which [`Output::check`] then
/// rejects. A list can come from a stranger, and its files are removed without a mark: only those in the folder of the
/// files of a template, and never private ones, are taken from it.
fn earlier(folder: &Folder, list: &str) -> BTreeSet<String> {
    let bytes = folder.read(list).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if !text.starts_with(MARK) {
        return BTreeSet::new();
    }
    let lines = text.lines().skip(1);
    let names = lines.map_while(|line| line.strip_prefix(LISTED));
    let is_exported = |name: &&str| {
        let inner = name
            .strip_prefix(SKELETON)
            .is_some_and(|it| it.starts_with('/'));
        inner && ExportPath::new(name).is_some() && !is_private(Path::new(name))
    };
    let names = names.filter(is_exported);
    names.map(str::to_owned).collect()
}
