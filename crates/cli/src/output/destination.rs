//! Where an output goes, and what it is there. Not: how it is written.

use std::path::{Path, PathBuf};

use score_compiler::{OutputFile, ProjectKey};

use crate::host::{Shared, folder_of};
use crate::output::folder::Plan;
use crate::output::{chart_folder, chart_package, object_folder};
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
    /// What a run makes of a folder with its files, as the folder is; without one, as a folder is that
    /// is made. Nothing for another destination.
    pub(crate) fn plan(
        &self,
        files: &[OutputFile],
        key: Option<&ProjectKey>,
        folder: Option<&Shared>,
    ) -> Result<Option<Plan>, Failure> {
        match self {
            Self::Stream | Self::File(_) => Ok(None),
            Self::Objects(path) => Ok(Some(object_folder::plan(files, (path, folder), key))),
            Self::Charts(path) => chart_folder::plan(files, (path, folder)).map(Some),
            Self::Packages(path) => chart_package::plan(files, (path, folder)).map(Some),
        }
    }

    /// The path that options choose; `-` for standard output.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Stream => Path::new("-"),
            Self::File(path) | Self::Objects(path) | Self::Charts(path) | Self::Packages(path) => {
                path
            }
        }
    }

    /// The folder that the paths of files start from.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Stream | Self::File(_) => folder_of(self.path()),
            Self::Objects(path) | Self::Charts(path) | Self::Packages(path) => path,
        }
    }

    /// The path of a file, as the user would write it. It is not for messages.
    pub(crate) fn path_of(&self, file: &OutputFile) -> PathBuf {
        match &file.path {
            Some(path) => self.folder().join(path),
            None => self.path().to_owned(),
        }
    }
}
