//! The destination of an output.

use std::path::{Path, PathBuf};

use score_compiler::{OutputFile, ProjectKey};

use crate::host::{Shared, folder_of};
use crate::output::folder::Plan;
use crate::output::{chart_folder, chart_package, object_folder};
use crate::report::failure::Failure;

/// The kind and path of an output.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// Standard output.
    Stream,
    /// A file, possibly with others beside it.
    File(PathBuf),
    /// A folder with a file per object.
    Objects(PathBuf),
    /// A folder that is a chart or contains charts.
    Charts(PathBuf),
    /// A folder of packaged charts.
    Packages(PathBuf),
}

impl Destination {
    /// Plans the changes of an output folder, or returns `None` if the destination is not a
    /// folder. `folder` is the open folder, if it exists.
    pub(crate) fn plan<'a>(
        &self,
        files: &'a [OutputFile],
        key: Option<&ProjectKey>,
        folder: Option<&Shared>,
    ) -> Result<Option<Plan<'a>>, Failure> {
        match self {
            Self::Stream | Self::File(_) => Ok(None),
            Self::Objects(path) => object_folder::plan(files, (path, folder), key).map(Some),
            Self::Charts(path) => chart_folder::plan(files, (path, folder)).map(Some),
            Self::Packages(path) => chart_package::plan(files, (path, folder)).map(Some),
        }
    }

    /// The path given by the options; `-` for standard output.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Stream => Path::new("-"),
            Self::File(path) | Self::Objects(path) | Self::Charts(path) | Self::Packages(path) => {
                path
            }
        }
    }

    /// The folder to which the paths of files are relative.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Stream | Self::File(_) => folder_of(self.path()),
            Self::Objects(path) | Self::Charts(path) | Self::Packages(path) => path,
        }
    }

    /// The path of a file, as the user would write it. Messages must use `Output::shown`.
    pub(crate) fn path_of(&self, file: &OutputFile) -> PathBuf {
        match &file.path {
            Some(path) => self.folder().join(path),
            None => self.path().to_owned(),
        }
    }
}
