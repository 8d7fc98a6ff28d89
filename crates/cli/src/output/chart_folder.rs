//! A folder that is a chart, or contains a chart per workload. Files that score-rs wrote have a
//! mark in their first line; all others belong to the user and are kept.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::OutputFile;

use crate::host::{Folder, Kind, Shared, folder_of, permissions};
use crate::output::file::{Output, Rule};
use crate::output::folder::{Plan, require_folders};
use crate::output::mark::{has_environment, is_marked};
use crate::output::write::Changes;
use crate::report::failure::Failure;

/// The file that makes a folder a chart.
pub(crate) const CHART: &str = "Chart.yaml";

/// The other files of a chart outside of its templates. The schema has no mark and is recognized by
/// that of `Chart.yaml`, so it precedes that file when files are removed.
const AROUND: [&str; 5] = [
    "values.schema.json",
    "values.yaml",
    ".helmignore",
    "README.md",
    CHART,
];

/// The folders with templates.
const TEMPLATES: [&str; 2] = ["templates", "templates/tests"];

/// Plans the changes of a chart folder.
pub(crate) fn plan<'a>(
    files: &'a [OutputFile],
    (path, folder): (&Path, Option<&Shared>),
) -> Result<Plan<'a>, Failure> {
    // The folder of the previous file, kept open because most files share it with the next one.
    let mut last: Option<(PathBuf, Option<Folder>)> = None;
    let mut output = |file: &'a OutputFile| {
        let inner = inner(file);
        let parent = folder_of(inner);
        if last.as_ref().is_none_or(|(path, _)| path != parent) {
            let open = folder.and_then(|folder| folder.folder_at(parent).ok());
            last = Some((parent.to_owned(), open));
        }
        let open = last.as_ref().and_then(|(_, open)| open.as_ref());
        let known = open.and_then(|open| permissions(&open.metadata(inner.file_name()?).ok()?));
        let mode = known.unwrap_or(file.mode);
        Output::below(
            folder,
            (path, inner),
            file.reveal(None),
            mode,
            Rule::Generated,
        )
        .hidden_if(file.is_path_hidden)
    };
    let charts = files.iter().map(inner).filter(|it| it.ends_with(CHART));
    let charts: BTreeSet<PathBuf> = charts.filter_map(|it| Some(it.parent()?.into())).collect();
    let mut stale = Vec::new();
    if let Some(folder) = folder {
        let earlier = charts_in(folder);
        if charts.contains(Path::new("")) {
            refuse_charts(path, &earlier)?;
        } else {
            refuse_chart(folder, path)?;
        }
        let mut parents: Vec<&Path> = files.iter().map(|it| folder_of(inner(it))).collect();
        parents.dedup();
        for parent in BTreeSet::from_iter(parents) {
            require_folders(folder, path, parent)?;
        }
        // As strings, because to sort paths by their components took a fiftieth of a run.
        let written: BTreeSet<&OsStr> = files.iter().map(|it| inner(it).as_os_str()).collect();
        let all: BTreeSet<&PathBuf> = charts.iter().chain(&earlier).collect();
        let known = all.into_iter().flat_map(|chart| files_of(folder, chart));
        let gone = known.filter(|it| !written.contains(it.as_os_str()) && is_ours(folder, it));
        stale.extend(gone.map(|it| (Arc::clone(folder), it)));
    }
    let outputs = files.iter().map(&mut output).collect();
    Ok(Changes { outputs, stale }.into())
}

/// The path of a file in the folder.
fn inner(file: &OutputFile) -> &Path {
    Path::new(file.path.as_deref().unwrap_or_default())
}

/// The charts directly below a folder that score-rs wrote, sorted. Links are not followed.
fn charts_in(folder: &Shared) -> Vec<PathBuf> {
    let entries = folder.entries().unwrap_or_default().into_iter();
    let folders = entries.filter(|(_, kind)| *kind == Kind::Folder);
    let paths = folders.map(|(name, _)| PathBuf::from(name));
    paths
        .filter(|it| is_ours(folder, &it.join(CHART)))
        .collect()
}

/// Rejects a chart in a folder that contains charts: they would become a part of it.
fn refuse_charts(path: &Path, charts: &[PathBuf]) -> Result<(), Failure> {
    let Some(chart) = charts.first() else {
        return Ok(());
    };
    let (chart, path) = (path.join(chart), path.display());
    let problem = format!(
        "`{path}` cannot become a chart: `{}` in it is a chart",
        chart.display()
    );
    Err(Failure::new(problem)
        .help("choose another folder, add `--chart-per-workload`, or remove its contents"))
}

/// Rejects charts in a folder that is a chart itself: they would become a part of it.
fn refuse_chart(folder: &Shared, path: &Path) -> Result<(), Failure> {
    if folder.kind(CHART).ok().flatten().is_none() {
        return Ok(());
    }
    if !is_marked(folder, OsStr::new(CHART)) {
        let problem = format!(
            "`{}` was not written by score-rs",
            path.join(CHART).display()
        );
        return Err(
            Failure::new(problem).help("choose another folder, or rename or remove the file")
        );
    }
    let problem = format!("`{}` is a chart and cannot contain others", path.display());
    Err(Failure::new(problem)
        .help("choose another folder, remove `--chart-per-workload`, or remove its contents"))
}

/// The files of a chart at paths where score-rs may have written them.
fn files_of(folder: &Shared, chart: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = AROUND.map(|name| chart.join(name)).into();
    if let Ok(around) = folder.folder_at(chart) {
        let entries = around.entries().unwrap_or_default().into_iter();
        let values = entries.filter(|(name, _)| has_environment(&around, name));
        files.extend(values.map(|(name, _)| chart.join(name)));
    }
    for inner in TEMPLATES.map(|name| chart.join(name)) {
        let Ok(templates) = folder.folder_at(&inner) else {
            break;
        };
        let entries = templates.entries().unwrap_or_default();
        files.extend(entries.into_iter().map(|(name, _)| inner.join(name)));
    }
    files
}

/// Whether score-rs wrote a file.
fn is_ours(folder: &Shared, inner: &Path) -> bool {
    let name = inner.file_name().unwrap_or_default();
    folder
        .parent_of(inner)
        .is_ok_and(|parent| is_marked(&parent, name))
}
