//! Applies the fixes of diagnostics. Only the bytes of a fix are replaced, so comments and
//! formatting are preserved.

use score_spec::{
    Diagnostic, SourceId, Sources,
    diagnostic::{Fix, any_error},
    parse,
};

/// The text of a source with the fixes of its diagnostics applied, or `None` if there are none, or if
/// together they would make the text invalid YAML.
///
/// If fixes overlap, only the first one is applied. The caller validates the result again, which
/// reports the remaining ones.
pub(crate) fn fixed(sources: &Sources, id: SourceId, diagnostics: &[Diagnostic]) -> Option<String> {
    let mut all: Vec<&Fix> = diagnostics
        .iter()
        .filter_map(|found| found.fix.as_ref())
        .filter(|fix| fix.span.source == id)
        .collect();
    all.sort_by_key(|fix| (fix.span, &fix.replacement));
    let text = &sources.get(id).text;
    let mut fixed = String::with_capacity(text.len());
    let mut done = 0;
    let mut changed = false;
    for fix in all {
        let range = fix.span.range();
        let touches = changed && range.start == done && range.is_empty();
        if range.start < done || touches {
            continue;
        }
        fixed.push_str(text.get(done..range.start)?);
        fixed.push_str(&fix.replacement);
        done = range.end;
        changed = true;
    }
    fixed.push_str(text.get(done..)?);
    let is_kept = changed && (is_yaml(&fixed) || !is_yaml(text));
    is_kept.then_some(fixed)
}

fn is_yaml(text: &str) -> bool {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    !any_error(&parse(&sources, id).diagnostics)
}

#[cfg(test)]
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
        assert_eq!(renamed.as_deref(), Some("c: &a 1\nb: *a\n"));
    }
}
