//! The environment of a run.

/// The environment of a run, such as the one for production. Provisioners can be limited to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentId {
    /// Its name.
    pub name: String,
    /// `type`: its kind, such as `production`.
    pub kind: Option<String>,
}

impl EnvironmentId {
    /// The output of the environment with this name if its settings name none, relative to the project folder.
    pub fn default_output(name: &str) -> String {
        format!("deploy/{name}/")
    }
}
