//! The vault: the folder of the project key and the state. Each environment has its own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use score_compiler::ProjectKey;

use super::folder::{Folder, Shared};
use super::own_folder::{own_folder, private_folder};
use super::path::OWN_FOLDER;
use crate::report::failure::{About, Failure};

/// The environment variable that can contain the key.
const VARIABLE: &str = "SCORE_RS_KEY";

/// The folder of environments in `.score-rs`.
const ENVIRONMENTS: &str = "environments";

/// The folder of the key and the state of a run: `.score-rs`, or the folder of an environment in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vault {
    /// The environment; absent for a project without one, and for its default environment.
    environment: Option<String>,
    /// Whether the run has several environments.
    is_one_of_several: bool,
}

impl Vault {
    /// The vault of an environment, unless it is the default one.
    pub(crate) fn of(environment: Option<&str>, is_one_of_several: bool) -> Self {
        Self {
            environment: environment.map(str::to_owned),
            is_one_of_several,
        }
    }

    /// The path of the folder, relative to the project folder.
    pub(crate) fn path(&self) -> PathBuf {
        let own = PathBuf::from(OWN_FOLDER);
        match &self.environment {
            Some(name) => own.join(ENVIRONMENTS).join(name),
            None => own,
        }
    }

    /// Opens the folder in a project folder, if it exists.
    pub(crate) fn open(&self, project: &Folder) -> io::Result<Folder> {
        let own = project.folder(OWN_FOLDER)?;
        match &self.environment {
            Some(name) => own.folder(ENVIRONMENTS)?.folder(name),
            None => Ok(own),
        }
    }

    /// Opens the folder in a project folder, and creates it if necessary. Only its owner can access it.
    pub(crate) fn make(&self, project: &Folder) -> Result<Shared, Failure> {
        let own = own_folder(project)?;
        let Some(name) = &self.environment else {
            return Ok(own);
        };
        let environments = private_folder(&own, ENVIRONMENTS);
        let folder = environments.and_then(|all| private_folder(&all, name));
        folder.map(Arc::new).writing(&self.path())
    }

    /// The environment variables that can contain the key; the first one that is set is used. A key for one
    /// environment must not become that of another one by mistake, so a run of several uses only those that name the
    /// environment.
    pub(crate) fn variables(&self) -> Vec<String> {
        let Some(environment) = &self.environment else {
            return vec![VARIABLE.to_owned()];
        };
        let word = environment.to_ascii_uppercase().replace('-', "_");
        let mut names = vec![format!("{VARIABLE}_{word}")];
        names.extend((!self.is_one_of_several).then(|| VARIABLE.to_owned()));
        names
    }

    /// The environment variable that is set, but not used, because it does not name the environment.
    pub(crate) fn ignored(&self) -> Option<&'static str> {
        let is_ignored = self.environment.is_some() && self.is_one_of_several;
        (is_ignored && std::env::var_os(VARIABLE).is_some()).then_some(VARIABLE)
    }

    /// The key from which secrets are derived.
    pub(crate) fn derive(&self, key: &ProjectKey) -> ProjectKey {
        match &self.environment {
            Some(name) => key.for_environment(name),
            None => key.clone(),
        }
    }
}
