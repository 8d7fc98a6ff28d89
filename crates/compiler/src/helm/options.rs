//! What a project and a run choose of a chart. Not: what a workload asks for.

use score_spec::Node;

/// What a chart is called, and of which version it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelmOptions {
    /// The chart's name; that of the project where none is given.
    pub name: Option<String>,
    /// Its version, as Semantic Versioning 2 has it; `0.1.0` where none is given.
    pub version: Option<String>,
    /// The version of what it installs.
    pub app_version: Option<String>,
    /// What it is, in a sentence.
    pub description: Option<String>,
    /// The address of a picture of it.
    pub icon: Option<String>,
    /// Whether each workload gets a chart of its own.
    pub per_workload: bool,
}

impl HelmOptions {
    /// What the section `helm` of a project file says. Its schema has checked it.
    pub(crate) fn read(section: Option<&Node>) -> Self {
        let text = |name: &str| Some(section?.get(name)?.text()?.to_owned());
        Self {
            name: text("name"),
            version: text("version"),
            app_version: text("appVersion"),
            description: text("description"),
            icon: text("icon"),
            per_workload: false,
        }
    }
}
