//! Applies the fixes of diagnostics. Only the bytes of a fix are replaced, so comments and
//! formatting are preserved.

use score_spec::{
    Diagnostic, SourceId, Sources,
    diagnostic::{Page, any_error},
    parse,
};

/// A source with fixes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// The text with the fixes applied.
    pub(crate) text: String,
    /// The place and the message of each diagnostic whose fix has been applied.
    pub(crate) findings: Vec<String>,
}

/// A source with the fixes of its diagnostics applied, or `None` if there are none, or if
/// together they would make the text invalid YAML.
///
/// If fixes overlap, only the first one is applied. The caller validates the result again, which
/// reports the remaining ones.
pub(crate) fn fixed(sources: &Sources, id: SourceId, diagnostics: &[Diagnostic]) -> Option<Fixed> {
    let all = diagnostics.iter();
    let all = all.filter_map(|found| Some((found.fix.as_ref()?, &found.message)));
    let mut all: Vec<_> = all.filter(|(fix, _)| fix.span.source == id).collect();
    all.sort_by_key(|(fix, _)| (fix.span, &fix.replacement));
    let source = sources.get(id);
    let (text, page) = (&source.text, Page::new(source));
    let mut fixed = String::with_capacity(text.len());
    let mut findings = Vec::new();
    let mut done = 0;
    for (fix, message) in all {
        let range = fix.span.range();
        let touches = !findings.is_empty() && range.start == done && range.is_empty();
        if range.start < done || touches {
            continue;
        }
        fixed.push_str(text.get(done..range.start)?);
        fixed.push_str(&fix.replacement);
        done = range.end;
        findings.push(format!("{}: {message}", page.place(range.start)));
    }
    fixed.push_str(text.get(done..)?);
    let is_kept = !findings.is_empty() && (is_yaml(&fixed) || !is_yaml(text));
    let text = fixed;
    is_kept.then_some(Fixed { text, findings })
}

fn is_yaml(text: &str) -> bool {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    !any_error(&parse(&sources, id).diagnostics)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use score_spec::{Code, Diagnostic, Sources, Span};

    use super::fixed;

    #[test]
    fn a_fix_that_would_break_the_file_is_not_applied() {
        let mut sources = Sources::new();
        let id = sources.add("score.yaml", "a: &a 1\nb: *a\n");
        let fix = |start, end, replacement: &str| {
            let found = Diagnostic::new(Code::SpecUnknownField, "test");
            [found.fix(Span::new(id, start, end), replacement)]
        };
        assert_eq!(fixed(&sources, id, &fix(3, 7, "2")), None);
        let renamed = fixed(&sources, id, &fix(0, 1, "c"));
        assert_eq!(renamed.unwrap().text, "c: &a 1\nb: *a\n");
    }
}
