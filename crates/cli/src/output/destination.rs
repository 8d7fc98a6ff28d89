//! Where an output goes, and what it is there. Not: how it is written.

use std::path::{Path, PathBuf};

use score_compiler::{OutputFile, ProjectKey, Target};

use crate::args::Generate;
use crate::host::{Gates, Shared};
use crate::output::chart_folder;
use crate::output::chart_package;
use crate::output::folder;
use crate::output::folder::Plan;
use crate::output::object_folder;
use crate::report::failure::Failure;

/// What an output is, and where.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Standard output.
    Stream,
    /// A file, perhaps with others beside it.
    File(PathBuf),
    /// A folder with a file per object.
    Objects(PathBuf),
    /// A folder that is a chart, or holds some.
    Charts(PathBuf),
    /// A folder of packages of charts.
    Packages(PathBuf),
}

impl Destination {
    /// The destination that options choose.
    pub(crate) fn of(target: &dyn Target, args: &Generate, gates: &Gates) -> Result<Self, Failure> {
        let output = args.output.clone();
        let output = output.unwrap_or_else(|| PathBuf::from(target.default_output()));
        let output = args.output_dir.clone().unwrap_or(output);
        let is_stream = args.output_dir.is_none() && output.as_os_str() == "-";
        if !target.is_folder() {
            return Ok(match (args.output_dir.is_some(), is_stream) {
                (true, _) => Destination::Objects(output),
                (_, true) => Destination::Stream,
                (_, false) => Destination::File(output),
            });
        }
        if is_stream {
            let problem = "a chart is a folder of files, which standard output cannot hold";
            return Err(Failure::new(problem).help(
                "name a folder by `-o FOLDER`; `-t kubernetes -o -` prints the objects of the chart",
            ));
        }
        folder::open(gates, &output).map_err(|failure| {
            failure.help("a chart is a folder; name another one with `-o FOLDER`")
        })?;
        Ok(if args.chart.package {
            Destination::Packages(output)
        } else {
            Destination::Charts(output)
        })
    }

    /// What a run makes of a folder with its files, as the folder is; without one, as a folder is that
    /// is made. Nothing for another destination.
    pub(crate) fn plan(
        &self,
        files: &[OutputFile],
        key: Option<&ProjectKey>,
        folder: Option<&Shared>,
    ) -> Result<Option<Plan>, Failure> {
        match self {
            Destination::Stream | Destination::File(_) => Ok(None),
            Destination::Objects(path) => Ok(Some(object_folder::plan(files, (path, folder), key))),
            Destination::Charts(path) => chart_folder::plan(files, (path, folder)).map(Some),
            Destination::Packages(path) => chart_package::plan(files, (path, folder)).map(Some),
        }
    }

    /// The path that options choose; `-` for standard output.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Destination::Stream => Path::new("-"),
            Destination::File(path)
            | Destination::Objects(path)
            | Destination::Charts(path)
            | Destination::Packages(path) => path,
        }
    }
}
