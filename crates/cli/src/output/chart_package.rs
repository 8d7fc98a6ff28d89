//! Charts as packages, like those of `helm package`, but reproducible.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use score_compiler::OutputFile;
use score_spec::{Node, Sources, parse};
use tar::{Builder, Header};

use crate::host::Shared;
use crate::output::chart_folder::CHART;
use crate::output::file::{OPEN, Output, Rule};
use crate::output::folder::Plan;
use crate::output::mark::WORDS;
use crate::output::write::Changes;
use crate::report::failure::{About, Failure};

/// The value for an unknown operating system in a gzip header.
const UNKNOWN_SYSTEM: u8 = 255;

/// The files of a chart, by path in the chart.
type ChartFiles<'a> = BTreeMap<&'a str, Cow<'a, [u8]>>;

/// Plans the changes of a folder of packages. Existing packages are kept.
pub(crate) fn plan(
    files: &[OutputFile],
    (path, folder): (&Path, Option<&Shared>),
) -> Result<Plan<'static>, Failure> {
    let mut outputs = Vec::new();
    for files in charts(files).values() {
        let (name, version) = identity(files);
        let inner = format!("{name}-{version}.tgz");
        let inner = Path::new(&inner);
        let packed = pack(&name, files).writing(&path.join(inner))?;
        let output = Output::below(folder, (path, inner), packed, OPEN, Rule::Generated);
        outputs.push(output);
    }
    Ok(Changes::from(outputs).into())
}

/// The name and version of each chart, by the folder that it would have without packaging.
pub(crate) fn identities(files: &[OutputFile]) -> BTreeMap<&str, (String, String)> {
    let files = files.iter().filter_map(|file| {
        let folder = file.path.as_deref()?.strip_suffix(CHART)?;
        let chart = ChartFiles::from([(CHART, file.reveal(None))]);
        Some((folder, identity(&chart)))
    });
    files.collect()
}

/// The files of each chart, by the folder that it would have without packaging.
fn charts(files: &[OutputFile]) -> BTreeMap<&str, ChartFiles<'_>> {
    let paths = || {
        let files = files.iter();
        files.filter_map(|file| Some((file.path.as_deref()?, file)))
    };
    let mut charts: BTreeMap<&str, ChartFiles> = paths()
        .filter_map(|(path, _)| Some((path.strip_suffix(CHART)?, ChartFiles::new())))
        .collect();
    let is_one = charts.contains_key("");
    for (path, file) in paths() {
        let start = path.find('/').filter(|_| !is_one).map_or(0, |at| at + 1);
        let (folder, path) = path.split_at(start);
        if let Some(files) = charts.get_mut(folder) {
            files.insert(path, file.reveal(None));
        }
    }
    charts
}

/// The name and version in `Chart.yaml`.
fn identity(files: &ChartFiles) -> (String, String) {
    let mut sources = Sources::new();
    let id = sources.add(
        CHART,
        files.get(CHART).map(|it| it.to_vec()).unwrap_or_default(),
    );
    let documents = parse(&sources, id).documents;
    let field = |name: &str| {
        let field = documents.first().and_then(|document| document.get(name));
        field.and_then(Node::text).unwrap_or_default().to_owned()
    };
    (field("name"), field("version"))
}

/// The bytes of a package: `Chart.yaml` first, as in packages of Helm, then the other files by
/// path.
fn pack(name: &str, files: &ChartFiles) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let gzip = gzip.comment(WORDS);
    let mut archive = Builder::new(gzip.write(Vec::new(), Compression::best()));
    let first = files.get_key_value(CHART);
    let others = files.iter().filter(|(path, _)| **path != CHART);
    for (path, content) in first.into_iter().chain(others) {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(OPEN);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, format!("{name}/{path}"), &**content)?;
    }
    archive.into_inner()?.finish()
}
