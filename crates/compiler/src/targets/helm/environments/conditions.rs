//! Templates of several environments as one template.

use std::fmt::Write;

use score_spec::Map;

use crate::emit::yaml;
use crate::targets::helm::files;

/// One template that renders that of the current environment, or nothing if the environment has
/// none. The templates have the numbers of their environments.
pub(super) fn conditional(mut texts: Vec<(usize, String)>, environments: &[String]) -> String {
    let is_same = |pair: &[(usize, String)]| pair[0].1 == pair[1].1;
    if texts.len() == environments.len() && texts.windows(2).all(is_same) {
        return texts.pop().map(|(_, text)| text).unwrap_or_default();
    }
    let mut groups: Map<Vec<&str>> = Map::default();
    for (number, text) in texts {
        groups.entry(text).or_default().push(&environments[number]);
    }
    // The first line must show that score-rs wrote the file.
    let start = shared_line(groups.keys());
    let mut out = start.unwrap_or(files::MARK).to_owned();
    let kept = start.map_or(0, str::len);
    // With `else`, no line break before a condition is removed that the text before needs.
    let mut word = "if";
    for (text, of) in &groups {
        let names = of
            .iter()
            .map(|name| format!(" \"{}\"", yaml::escaped(name)));
        let (names, text): (String, _) = (names.collect(), &text[kept..]);
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "{{{{- {word} has .Values.global.environment (list{names}) }}}}\n{text}"
        );
        word = "else if";
    }
    out.push_str("{{- end }}\n");
    out
}

/// The first line, if it is the same in all.
fn shared_line<'a>(mut texts: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let line = |text: &'a String| text.split_inclusive('\n').next();
    let first = line(texts.next()?);
    first.filter(|_| texts.all(|text| line(text) == first))
}

#[cfg(test)]
mod tests {
    use super::conditional;

    fn of(texts: &[(usize, &str)]) -> String {
        let environments = ["a", "b", "c"].map(str::to_owned);
        let texts = texts.iter();
        let texts = texts.map(|(number, text)| (*number, (*text).to_owned()));
        conditional(texts.collect(), &environments)
    }

    #[test]
    fn a_text_that_all_have_has_no_condition() {
        assert_eq!(of(&[(0, "x\n"), (1, "x\n"), (2, "x\n")]), "x\n");
    }

    #[test]
    fn equal_texts_share_a_condition() {
        let expected = "start\n{{- if has .Values.global.environment (list \"a\" \"c\") }}\nx\n\
                        {{- else if has .Values.global.environment (list \"b\") }}\ny\n\
                        {{- end }}\n";
        let texts = [(0, "start\nx\n"), (1, "start\ny\n"), (2, "start\nx\n")];
        assert_eq!(of(&texts), expected);
    }

    #[test]
    fn a_text_that_some_lack_has_a_condition() {
        let expected =
            "start\n{{- if has .Values.global.environment (list \"a\" \"b\") }}\nx\n{{- end }}\n";
        assert_eq!(of(&[(0, "start\nx\n"), (1, "start\nx\n")]), expected);
    }

    #[test]
    fn texts_that_start_differently_follow_a_mark() {
        let all = of(&[(0, "x\n"), (1, "y\n")]);
        let start = "{{- /* Written by score-rs: score-rs generate -t helm */ -}}\n{{- if ";
        assert!(all.starts_with(start), "{all}");
    }
}
