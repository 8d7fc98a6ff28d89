//! The mark by which score-rs knows the files that it wrote: a comment in the first line, and in JSON a
//! field. Not: which files need one.

use std::ffi::OsStr;
use std::io::Read;

use crate::host::{Folder, Kind};

/// How every generated file begins, where its format has comments of YAML.
pub(crate) const MARK: &str = "# Written by score-rs ";

/// What the first line of each generated file says, behind the begin of a comment.
pub(crate) const WORDS: &str = "Written by score-rs";

/// The field of a JSON file, as it is written.
const FIELD: &str = "\"k8s.score.dev/written-by\": \"score-rs\"";

/// The most bytes that are read to find a mark in the first line.
const LONGEST: u64 = 4 << 10;

/// How a packed chart begins. The mark is the comment in its header.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The bytes of a header that hold the mark.
const PACKAGE_HEADER: usize = 32;

/// The file of a chart that has no place for a mark, and the one by which it is known.
const SCHEMA: (&str, &str) = ("values.schema.json", "Chart.yaml");

/// Whether a file is one that score-rs wrote: no link, and with a mark.
pub(crate) fn is_marked(folder: &Folder, name: &OsStr) -> bool {
    if name == SCHEMA.0 {
        return folder.kind(name).is_ok_and(|kind| kind == Some(Kind::File))
            && is_marked(folder, OsStr::new(SCHEMA.1));
    }
    let Ok(file) = folder.open(name) else {
        return false;
    };
    let mut start = Vec::new();
    if file.take(LONGEST).read_to_end(&mut start).is_err() {
        return false;
    }
    if let Some(header) = start.strip_prefix(GZIP) {
        let header = header.get(..PACKAGE_HEADER).unwrap_or(header);
        return header.windows(WORDS.len()).any(|it| it == WORDS.as_bytes());
    }
    let start = String::from_utf8_lossy(&start);
    if start.starts_with('{') && !start.starts_with("{{") {
        return start.contains(FIELD);
    }
    is_mark(start.lines().next().unwrap_or_default())
}

/// Whether a line is a comment that says that score-rs wrote what follows: of YAML, of Markdown, or of a
/// template, which says first what it is of.
fn is_mark(line: &str) -> bool {
    let behind = |start: &str| line.strip_prefix(start);
    let plain = ["# ", "<!-- "].into_iter().filter_map(behind);
    plain.into_iter().any(|it| it.starts_with(WORDS))
        || behind("{{- /* ").is_some_and(|it| it.contains(WORDS))
}

#[cfg(test)]
mod tests {
    use super::is_mark;

    #[test]
    fn marks_are_comments() {
        for line in [
            "# Written by score-rs from",
            "<!-- Written by score-rs: x",
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
}
