//! Env files: `NAME=value` lines.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::gate::Gates;
use crate::report::failure::Failure;

/// Reads an env file. Returns `None` if it does not exist.
pub(crate) fn read(path: &Path, gates: &Gates) -> Result<Option<String>, Failure> {
    match gates.read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Failure::new(format!(
                "the env file `{}` is not UTF-8",
                path.display()
            ))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::read(path, &error)),
    }
}

/// The variables of an env file. The last value of a variable takes precedence, and lines without a
/// value are ignored. Values are literal: `$` is not interpolated.
pub(crate) fn parse(text: &str) -> BTreeMap<String, String> {
    let entries = entries(text).into_iter();
    entries
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// The text with a line added for each missing name, or `None` if none is missing.
pub(crate) fn merge<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = entries(text).into_iter().map(|(name, _)| name).collect();
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut merged = text.to_owned();
    for name in names.into_iter().filter(|name| !known.contains(name)) {
        if !merged.is_empty() && !merged.ends_with('\n') {
            merged.push_str(line_break);
        }
        merged.push_str(name);
        merged.push('=');
        merged.push_str(line_break);
    }
    (merged != text).then_some(merged)
}

/// Names and values in order. A line with only a name has no value; Compose takes it from the
/// environment.
fn entries(text: &str) -> Vec<(&str, Option<String>)> {
    let mut entries = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let equals = line.find('=');
        let before = line[..equals.unwrap_or(line.len())].trim();
        if before.is_empty() || before.starts_with('#') {
            rest = below;
            continue;
        }
        let exported = before.strip_prefix("export").map(str::trim_start);
        let name = exported.filter(|name| !name.is_empty()).unwrap_or(before);
        let (value, behind) = match equals {
            None => (None, below),
            Some(at) => match quoted(&rest[at + 1..]) {
                Some((value, behind)) => (Some(value), behind),
                None => (Some(unquoted(&line[at + 1..])), below),
            },
        };
        entries.push((name, value));
        rest = behind;
    }
    entries
}

/// An unquoted value, which ends at a comment or the end of the line.
fn unquoted(text: &str) -> String {
    let mut marks = text.match_indices('#').map(|(at, _)| at);
    let comment = marks.find(|at| *at == 0 || text[..*at].ends_with([' ', '\t']));
    text[..comment.unwrap_or(text.len())].trim().to_owned()
}

/// A quoted value, which can span several lines, and the text after its last line.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches([' ', '\t']);
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => {
                let below = text[at..].split_once('\n');
                return Some((value, below.map_or("", |(_, below)| below)));
            }
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                c @ ('"' | '\\' | '$') => value.push(c),
                c => value.extend(['\\', c]),
            },
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{merge, parse};

    #[test]
    fn values() {
        let text = "\u{feff}# comment\nA=1\n  export B = two words # no\nC='a # $b\\n'\r\n\
                    D=\"x\\ny\\\"\" # no\nE=\nF\nG=a#b\nH=\"1\n2\"\nexport=x\nI='open\nA=last";
        let found = parse(text);
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let expected = [
            ("A", "last"),
            ("B", "two words"),
            ("C", "a # $b\\n"),
            ("D", "x\ny\""),
            ("E", ""),
            ("G", "a#b"),
            ("H", "1\n2"),
            ("I", "'open"),
            ("export", "x"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn merging_only_adds() {
        assert_eq!(merge("", ["A", "B"]).as_deref(), Some("A=\nB=\n"));
        assert_eq!(merge("# x\nA=1", ["A"]), None);
        assert_eq!(merge("B\nexport A=1", ["A", "B"]), None);
        assert_eq!(merge("A=1", ["A", "B"]).as_deref(), Some("A=1\nB=\n"));
        assert_eq!(
            merge("A=1\r\n#B=\r\n", ["B"]).as_deref(),
            Some("A=1\r\n#B=\r\nB=\r\n")
        );
        assert_eq!(
            merge("A='\nB=\n'\n", ["B"]).as_deref(),
            Some("A='\nB=\n'\nB=\n")
        );
    }
}
