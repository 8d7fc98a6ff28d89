//! The environment of a run.

/// The environment of a run, such as the one for production. Provisioners can be limited to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentId {
    /// Its name.
    pub name: String,
    /// `type`: its kind, such as `production`.
    pub kind: Option<String>,
}
