//! A folder that is a chart, or holds one per workload. What score-rs has written there is told by a mark
//! in the first line; all else is the user's, and stays. Not: what is in the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use score_compiler::{OutputFile, parallel};

use crate::disk::first_line;
use crate::failure::Failure;
use crate::folder::Change;
use crate::generate::into_bytes;
use crate::write::{ENOUGH, Output, mode, openable};

/// The file that makes a folder a chart.
pub(crate) const CHART: &str = "Chart.yaml";

/// The file that has no place for a mark. It is ours where the chart is.
const SCHEMA: &str = "values.schema.json";

/// The other files of a chart that lie outside its templates.
const AROUND: [&str; 3] = ["values.yaml", ".helmignore", "README.md"];

/// The folders of templates.
const TEMPLATES: [&str; 2] = ["templates", "templates/tests"];

/// What stands in the first line of each file, behind the begin of a comment.
const MARK: &str = "Written by score-rs";

/// What a run makes of a folder, which need not be there yet.
pub(crate) fn change(files: Vec<OutputFile>, folder: &Path) -> Result<Change, Failure> {
    let paths = || files.iter().filter_map(|it| it.path.as_deref());
    let charts = paths().filter_map(|path| Some(folder.join(path.strip_suffix(CHART)?)));
    let charts: BTreeSet<PathBuf> = charts.collect();
    let earlier = charts_in(folder);
    // The empty path behind a folder is no part of it to a comparison.
    if charts.contains(folder) {
        refuse_charts(folder, &earlier)?;
    } else {
        refuse_chart(folder)?;
    }
    let ways: BTreeSet<&Path> = paths()
        .filter_map(|path| Path::new(path).parent())
        .collect();
    ways.into_iter()
        .try_for_each(|way| refuse_ways(folder, way))?;
    let outputs = parallel::each(ENOUGH, files, |file| output(folder, file));
    let outputs = outputs.into_iter().collect::<Result<Vec<_>, _>>()?;
    let written: BTreeSet<&Path> = outputs.iter().map(|it| it.path.as_path()).collect();
    let all: BTreeSet<&PathBuf> = charts.iter().chain(&earlier).collect();
    let known = all.into_iter().flat_map(|chart| files_of(chart));
    let stale = known.filter(|path| !written.contains(path.as_path()) && is_ours(path));
    Ok(Change {
        folder: folder.to_owned(),
        stale: stale.collect(),
        outputs,
    })
}

/// A file to write, in place of none or of one of ours.
fn output(folder: &Path, file: OutputFile) -> Result<Output, Failure> {
    let path = folder.join(file.path.as_deref().unwrap_or_default());
    let mut is_known = false;
    let default = file.mode;
    let output = Output::one_of_many(&path, into_bytes(file, None), |known| {
        is_known = known.is_some();
        known.and_then(mode).unwrap_or(default)
    })?;
    // One that is as it should be would not be changed, whoever wrote it.
    if is_known && !output.is_current() && !is_ours(&path) {
        return Err(foreign(&path));
    }
    Ok(output)
}

/// The charts of ours that lie directly in a folder, sorted. Links are not followed.
fn charts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(openable(folder))
        .into_iter()
        .flatten()
        .flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let paths = folders.map(|entry| folder.join(entry.file_name()));
    let mut charts: Vec<PathBuf> = paths.filter(|path| is_ours(&path.join(CHART))).collect();
    charts.sort();
    charts
}

/// Refuses to make one chart of a folder of charts. They would become a part of it.
fn refuse_charts(folder: &Path, charts: &[PathBuf]) -> Result<(), Failure> {
    let Some(chart) = charts.first() else {
        return Ok(());
    };
    let (folder, chart) = (folder.display(), chart.display());
    let problem = format!("`{folder}` cannot become a chart: `{chart}` in it is one");
    Err(Failure::new(problem)
        .help("choose another folder, add `--chart-per-workload`, or remove what is in it"))
}

/// Refuses to put charts into a folder that is one itself. They would become a part of it.
fn refuse_chart(folder: &Path) -> Result<(), Failure> {
    let path = folder.join(CHART);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(());
    }
    if !is_ours(&path) {
        return Err(foreign(&path));
    }
    let problem = format!("`{}` is a chart, and cannot hold others", folder.display());
    Err(Failure::new(problem)
        .help("choose another folder, leave out `--chart-per-workload`, or remove what is in it"))
}

/// Refuses a way to files that is anything but folders below the one that the user names.
fn refuse_ways(folder: &Path, way: &Path) -> Result<(), Failure> {
    let inner = way.ancestors().filter(|it| !it.as_os_str().is_empty());
    let mut inner = inner.map(|it| folder.join(it));
    match inner.find(|it| fs::symlink_metadata(it).is_ok_and(|known| !known.is_dir())) {
        None => Ok(()),
        Some(way) => {
            let problem = format!("`{}` is not a folder", way.display());
            Err(Failure::new(problem).help("remove it, or choose another folder"))
        }
    }
}

fn foreign(path: &Path) -> Failure {
    let problem = format!("`{}` was not written by score-rs", path.display());
    Failure::new(problem).help("choose another folder, or rename or remove the file")
}

/// The files of a chart in places where score-rs writes some.
fn files_of(chart: &Path) -> Vec<PathBuf> {
    // The schema goes before the file by which it is ours.
    let around = [SCHEMA].into_iter().chain(AROUND).chain([CHART]);
    let mut files: Vec<PathBuf> = around.map(|name| chart.join(name)).collect();
    for folder in TEMPLATES.map(|name| chart.join(name)) {
        if !fs::symlink_metadata(&folder).is_ok_and(|known| known.is_dir()) {
            break;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let found = entries.map(|entry| folder.join(entry.file_name()));
        let mut found: Vec<PathBuf> = found.collect();
        found.sort();
        files.extend(found);
    }
    files
}

/// Whether a file is one that score-rs wrote: no link, and with the mark in its first line.
fn is_ours(path: &Path) -> bool {
    if path.file_name().is_some_and(|name| name == SCHEMA) {
        return is_file(path) && is_ours(&path.with_file_name(CHART));
    }
    is_file(path) && first_line(path).is_ok_and(|line| is_marked(&line))
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|known| known.is_file())
}

/// Whether a line is a comment that says that score-rs wrote what follows: of YAML, of Markdown, or of a
/// template, which says first what it is of.
fn is_marked(line: &str) -> bool {
    let behind = |start: &str| line.strip_prefix(start);
    let plain = ["# ", "<!-- "].into_iter().filter_map(behind);
    plain.into_iter().any(|it| it.starts_with(MARK))
        || behind("{{- /* ").is_some_and(|it| it.contains(MARK))
}
