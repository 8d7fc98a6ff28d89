//! The mark by which score-rs recognizes its own files: a comment in the first line, or a field of
//! a JSON file.

use std::ffi::OsStr;

use crate::host::{Folder, Kind};

/// The beginning of every generated file whose format has YAML comments.
pub(crate) const MARK: &str = "# Written by score-rs ";

/// The text of the mark, in any comment syntax.
pub(crate) const WORDS: &str = "Written by score-rs";

/// The field of a JSON file, as serialized.
const FIELD: &str = "\"k8s.score.dev/written-by\": \"score-rs\"";

/// The version of a description of a project, as serialized: nothing else writes this format.
const MODEL: &str = "\"version\": \"score-rs/model/v1\"";

/// The maximum number of bytes to search for a mark in the first line.
const LONGEST: u64 = 4 << 10;

/// The beginning of a packaged chart. Its mark is the comment in the gzip header.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The number of header bytes that contain the mark.
const PACKAGE_HEADER: usize = 32;

/// The chart file without a mark, and the file that is checked instead.
const SCHEMA: (&str, &str) = ("values.schema.json", "Chart.yaml");

/// Whether score-rs wrote a file: it is a regular file with a mark.
pub(crate) fn is_marked(folder: &Folder, name: &OsStr) -> bool {
    if name == SCHEMA.0 {
        return folder.kind(name).is_ok_and(|kind| kind == Some(Kind::File))
            && is_marked(folder, OsStr::new(SCHEMA.1));
    }
    let Some(start) = start(folder, name) else {
        return false;
    };
    if let Some(header) = start.strip_prefix(GZIP) {
        let header = header.get(..PACKAGE_HEADER).unwrap_or(header);
        return header.windows(WORDS.len()).any(|it| it == WORDS.as_bytes());
    }
    let start = String::from_utf8_lossy(&start);
    if start.starts_with('{') && !start.starts_with("{{") {
        return start.contains(FIELD) || start[1..].trim_start().starts_with(MODEL);
    }
    let line = start.lines().next().unwrap_or_default();
    is_mark(line) && !is_copy(name, line)
}

/// Whether score-rs wrote a file as the values of an environment of a chart.
pub(crate) fn has_environment(folder: &Folder, name: &OsStr) -> bool {
    let Some(environment) = environment_of(name) else {
        return false;
    };
    let start = start(folder, name).unwrap_or_default();
    start.starts_with(environment_mark(environment).as_bytes())
}

/// The environment after which a file of values is named.
fn environment_of(name: &OsStr) -> Option<&str> {
    name.to_str()?
        .strip_prefix("values-")?
        .strip_suffix(".yaml")
}

/// The beginning of the values of an environment.
fn environment_mark(environment: &str) -> String {
    format!("{MARK}for the environment {environment}: ")
}

/// Whether the first line shows that a user has copied a file of values, and changed the copy.
fn is_copy(name: &OsStr, line: &str) -> bool {
    let environment = environment_of(name).filter(|_| line.starts_with(MARK));
    environment.is_some_and(|environment| {
        line.ends_with(" generate -t helm") && !line.starts_with(&environment_mark(environment))
    })
}

/// The first bytes of a file.
fn start(folder: &Folder, name: &OsStr) -> Option<Vec<u8>> {
    folder.open(name).ok()?.read_start(LONGEST).ok()
}

/// Whether a line is a comment with the mark: of YAML, Markdown, roff, Mermaid or Graphviz, or of a template, in which a
/// description precedes the mark.
fn is_mark(line: &str) -> bool {
    let behind = |start: &str| line.strip_prefix(start);
    let plain = ["# ", "<!-- ", ".\\\" ", "%% ", "// "]
        .into_iter()
        .filter_map(behind);
    plain.into_iter().any(|it| it.starts_with(WORDS))
        || behind("{{- /* ").is_some_and(|it| it.contains(WORDS))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{is_copy, is_mark};

    #[test]
    fn marks_are_comments() {
        for line in [
            "# Written by score-rs from",
            "<!-- Written by score-rs: x",
            ".\\\" Written by score-rs",
            "%% Written by score-rs from",
            "// Written by score-rs from",
            "{{- /* Deployment of `web`. Written by score-rs: x */ -}}",
        ] {
            assert!(is_mark(line), "{line}");
        }
        for line in [
            "",
            "services:",
            "x # Written by score-rs ",
            "#Written by score-rs ",
        ] {
            assert!(!is_mark(line), "{line}");
        }
    }

    #[test]
    fn a_copy_of_values_belongs_to_the_user() {
        let values =
            "# Written by score-rs from the Score files of this project: score-rs generate -t helm";
        let object = values.replace("helm", "kubernetes");
        let prod = "# Written by score-rs for the environment prod: score-rs generate -t helm";
        for (name, line, expected) in [
            ("values.yaml", values, false),
            ("values-prod.yaml", values, true),
            ("values-prod.yaml", prod, false),
            ("values-mine.yaml", prod, true),
            // The object of a workload named `values`.
            ("values-deployment.yaml", &object, false),
        ] {
            assert_eq!(is_copy(OsStr::new(name), line), expected, "{name}: {line}");
        }
    }
}
