//! The options of `score-rs why` and their help texts.

use std::path::PathBuf;

use clap::Args;

use super::{Inputs, ListFormat, TargetOption};

/// Show the origin of a line of the output, of a field or of a resource
///
/// These are the places that decide the value, nearest first: in Score files, provisioners, the project file
/// and environments. No provisioner commands are started, nothing is written, and no values are printed.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs why compose.yaml:12
  score-rs why deploy/prod/web-deployment.yaml:41
  score-rs why chart/values.yaml:28
  score-rs why -t kubernetes Deployment/web 'spec.template.spec.containers[main].env[PORT].value'
  score-rs why service/web-main environment.PORT
  score-rs why 'postgres.default#web.db'")]
pub(crate) struct Why {
    /// Line of an output file, object of the output, or uid of a resource
    ///
    /// The object of the line is found by its kind and name, and the line by its path in the file. So the file
    /// can be older than the Score files. Without `--target`, the target is that of the file, and without
    /// `--env`, the environment is the one to whose output the file belongs. The line can be one of a template or of the
    /// values of a chart.
    #[arg(value_name = "FILE:LINE|KIND/NAME|UID")]
    pub(crate) uid: Subject,
    /// Path of a field of the object
    ///
    /// Items of lists are selected by name or index, as in `spec.ports[http].port`. A key that contains a dot is
    /// in brackets or quotes: `metadata.annotations[example.com/team]`.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Output format
    #[arg(help_heading = "Output", short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// The subject of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A line of a file.
    Line { file: PathBuf, line: usize },
    /// An object of the output.
    Object { kind: String, name: String },
    /// A resource.
    Resource(String),
}

impl std::str::FromStr for Subject {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((file, line)) = text.rsplit_once(':')
            && let Ok(line) = line.parse()
            && !file.is_empty()
        {
            return Ok(Self::Line {
                file: file.into(),
                line,
            });
        }
        if text.contains('#') {
            return Ok(Self::Resource(text.to_owned()));
        }
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::Object {
                kind: kind.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err("use `FILE:LINE`, `KIND/NAME` or the uid of a resource"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn subjects_are_told_apart() {
        let line = |file: &str, line| Subject::Line {
            file: file.into(),
            line,
        };
        let object = |kind: &str, name: &str| Subject::Object {
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        for (text, subject) in [
            ("a/b.yaml:12", line("a/b.yaml", 12)),
            ("C:\\b.yaml:1", line("C:\\b.yaml", 1)),
            ("Deployment/web", object("Deployment", "web")),
            ("ClusterRole/a:b", object("ClusterRole", "a:b")),
            (
                "postgres.default#db",
                Subject::Resource("postgres.default#db".to_owned()),
            ),
        ] {
            assert_eq!(text.parse(), Ok(subject), "{text}");
        }
        for wrong in ["web", ":3", "/web", "Deployment/", "a.yaml:"] {
            assert!(wrong.parse::<Subject>().is_err(), "{wrong}");
        }
    }
}
