//! A project in one environment.

use score_compiler::model::Model;
use score_spec::Map;

use crate::settings::{Delivery, Portal};

/// A project as it is in one environment, or without environments.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::exhaustive_structs,
    reason = "callers create it, and each field has a default"
)]
pub struct ProjectView {
    /// Its description.
    pub model: Model,
    /// The settings of delivery.
    pub delivery: Delivery,
    /// The settings of portals.
    pub portal: Portal,
    /// The file of a chart with the values of the environment, if it is not that of all environments.
    pub values_file: Option<String>,
    /// The paths of API descriptions by workload, relative to the folder of the output.
    pub apis: Map<String>,
    /// The numbers of errors and warnings in Score files, also of policies, by workload.
    pub findings: Map<(usize, usize)>,
}

impl ProjectView {
    /// The name of the environment.
    pub(crate) fn environment(&self) -> Option<&str> {
        let environment = self.model.environment.as_ref();
        environment.map(|environment| environment.name.as_str())
    }
}
