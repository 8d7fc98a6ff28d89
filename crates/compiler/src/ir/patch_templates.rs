//! Patch templates, in the form of score-compose and score-k8s, and the data that they see in addition to the output.

use std::fmt;
use std::sync::Arc;

use score_spec::SourceId;
use serde_json::Value as Json;

use super::{ProjectKey, Text};

/// The patch templates of a project for a platform, and the facts about the project that they can use.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchTemplates {
    /// The templates, in the order in which they change the output.
    pub templates: Vec<PatchTemplate>,
    /// The Score files after all changes, by the name of the workload, with their placeholders.
    pub workloads: Json,
    /// The key from which random values are derived.
    pub(crate) key: ProjectKey,
    pub(crate) substitute: Substitute,
}

/// A patch template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchTemplate {
    /// Its source.
    pub source: SourceId,
    /// Its text.
    pub text: Arc<str>,
}

/// Replaces the placeholders in a string as in the variables of a workload. Absent if it has others.
type Substituting = dyn Fn(&str, &str) -> Option<Text> + Send + Sync;

/// The values of placeholders by the name of the workload.
#[derive(Clone)]
pub(crate) struct Substitute(Arc<Substituting>);

impl Substitute {
    pub(crate) fn new(f: impl Fn(&str, &str) -> Option<Text> + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }

    /// The string with the values of its placeholders for a workload. Absent if one has none.
    pub(crate) fn text(&self, workload: &str, text: &str) -> Option<Text> {
        (self.0)(workload, text)
    }
}

impl fmt::Debug for Substitute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Substitute")
    }
}

/// They are equal if they come from the same rendering.
impl PartialEq for Substitute {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
