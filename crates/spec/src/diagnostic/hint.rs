//! Advice as data. Not: the words of one program for it, such as its options.

use std::fmt;

use super::bounded;

/// How to fix what a [`Diagnostic`](super::Diagnostic) is about.
///
/// Its [`Display`](fmt::Display) names no program and no option. A program that has options for it can
/// match on the variant and say which.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// Advice whose words fit every program.
    Text(String),
    /// Allow that an environment variable is read.
    AllowEnvironment {
        /// Its name.
        name: String,
    },
    /// Give an environment variable a value.
    SetEnvironment {
        /// Its name.
        name: String,
    },
    /// Copy a file into the project, or allow files outside of it.
    AllowOutsideFiles,
    /// Allow the commands of provisioners, or use another provisioner.
    AllowCommands,
    /// Run a command where that is allowed, so that its answer is remembered.
    RememberAnswers,
    /// Look at the state that an earlier provisioner has left.
    KeptState {
        /// The name of its entry in the state.
        entry: String,
    },
    /// Give a container an image, or build it.
    SetImage {
        /// The workload.
        workload: String,
        /// The container.
        container: String,
    },
    /// Say for which container an image is meant.
    SelectContainer {
        /// A container, as `WORKLOAD/CONTAINER`.
        container: String,
        /// The image.
        image: String,
    },
    /// Do not publish a port.
    Unpublish,
    /// Give a chart another name.
    RenameChart,
    /// Make a chart per workload.
    SplitChart,
    /// Add a provisioner for a resource type.
    AddProvisioner {
        /// The type.
        kind: String,
        /// The types that exist, and where they were searched.
        searched: String,
    },
    /// Begin a Score file.
    BeginSpec,
    /// Name an existing diagnostic code.
    NameCode,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Text(text) => return f.write_str(text),
            Self::AllowEnvironment { name } => format!(
                "allow `{name}` in `permissions.environment` of the project file, or give the variable a value for this run"
            ),
            Self::SetEnvironment { name } => format!("give the environment variable `{name}` a value"),
            Self::AllowOutsideFiles => {
                "copy it into the project; links are followed before this is decided".to_owned()
            }
            Self::AllowCommands => {
                "allow commands of provisioners, or use a provisioner without `run`".to_owned()
            }
            Self::RememberAnswers => {
                "compile once where commands may run, and keep the state".to_owned()
            }
            Self::KeptState { entry } => format!(
                "what the other one made may still exist, so its state is kept as `{entry}`"
            ),
            Self::SetImage {
                workload,
                container,
            } => format!("set an image or a build for `{workload}/{container}`"),
            Self::SelectContainer { container, image } => {
                format!("say which container it is for, such as `{container}={image}`, once for each")
            }
            Self::Unpublish => {
                "do not publish the port; a resource of type `route` makes it reachable from outside"
                    .to_owned()
            }
            Self::RenameChart => "rename the workload, or give the chart another name".to_owned(),
            Self::SplitChart => "make a chart per workload".to_owned(),
            Self::AddProvisioner { kind, searched } => {
                format!("{searched}; to add the type, add a provisioner with `type: {kind}`")
            }
            Self::BeginSpec => {
                "a Score file begins with `apiVersion: score.dev/v1b1`".to_owned()
            }
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
