//! Advice as data, without the options of a particular program.

use std::fmt;

use super::bounded;

/// A suggested fix for the problem of a [`Diagnostic`](super::Diagnostic).
///
/// Its [`Display`](fmt::Display) text mentions no program and no option. A program with suitable options
/// can match on the variant and name them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Advice that applies to every program.
    Text(String),
    /// Allow access to an environment variable.
    AllowEnvironment {
        /// Its name.
        name: String,
    },
    /// Set an environment variable.
    SetEnvironment {
        /// Its name.
        name: String,
    },
    /// Set a param of an environment.
    SetParam {
        /// Its name.
        name: String,
        /// A value, or a word for one.
        value: String,
    },
    /// Copy a file into the project, or allow files outside it.
    AllowOutsideFiles,
    /// Allow provisioner commands, or use another provisioner.
    AllowCommands,
    /// Run a command where it is allowed, so that its answer is stored.
    RememberAnswers,
    /// Inspect the state of an earlier provisioner.
    KeptState {
        /// The name of its entry in the state.
        entry: String,
    },
    /// Set the image of a container, or build it.
    SetImage {
        /// The workload.
        workload: String,
        /// The container.
        container: String,
        /// The environment of the run, whose image file can set it.
        environment: Option<String>,
    },
    /// Leave an image open, to set it when the workload is deployed.
    OpenImage,
    /// Select the container for an image.
    SelectContainer {
        /// A container, as `WORKLOAD/CONTAINER`.
        container: String,
        /// The image.
        image: String,
    },
    /// Do not publish a port.
    Unpublish,
    /// Rename a chart.
    RenameChart,
    /// Generate a chart per workload.
    SplitChart,
    /// Add a provisioner for a resource type.
    AddProvisioner {
        /// The type.
        kind: String,
        /// The existing types, and the places that were searched.
        searched: String,
    },
    /// Start a Score file.
    BeginSpec,
    /// Use an existing diagnostic code.
    NameCode,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Text(text) => return f.write_str(text),
            Self::AllowEnvironment { name } => format!(
                "allow `{name}` in `permissions.environment` of the project file, or set the variable for this run"
            ),
            Self::SetEnvironment { name } => format!("set the environment variable `{name}`"),
            Self::SetParam { name, .. } => {
                format!("set the param `{name}`, or give it a `default`")
            }
            Self::AllowOutsideFiles => {
                "copy it into the project (links are resolved before this check)".to_owned()
            }
            Self::AllowCommands => {
                "allow provisioner commands, or use a provisioner without `run`".to_owned()
            }
            Self::RememberAnswers => {
                "compile once where commands can run, and keep the state".to_owned()
            }
            Self::KeptState { entry } => format!(
                "objects of the other provisioner may still exist, so its state is kept as `{entry}`"
            ),
            Self::SetImage {
                workload,
                container,
                ..
            } => format!("set an image or a build for `{workload}/{container}`"),
            Self::OpenImage => {
                "write `image: .` if the image is set when the workload is deployed".to_owned()
            }
            Self::SelectContainer { container, image } => {
                format!(
                    "name the container, such as `{container}={image}`, once for each container"
                )
            }
            Self::Unpublish => {
                "do not publish the port; use a resource of type `route` for access from outside"
                    .to_owned()
            }
            Self::RenameChart => "rename the workload, or set another chart name".to_owned(),
            Self::SplitChart => "generate a chart per workload".to_owned(),
            Self::AddProvisioner { kind, searched } => {
                format!("{searched}; to add the type, add a provisioner with `type: {kind}`")
            }
            Self::BeginSpec => "a Score file starts with `apiVersion: score.dev/v1b1`".to_owned(),
            Self::NameCode => "use the name of an existing code".to_owned(),
        };
        f.write_str(&bounded(text))
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        Self::Text(bounded(text))
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        Self::Text(bounded(text.to_owned()))
    }
}
