//! Applies the fixes of diagnostics. Only the bytes of a fix are replaced, so comments and
//! formatting are preserved.

use score_spec::{Diagnostic, SourceId, Sources, diagnostic::Fix};

/// The text of a source with the fixes of its diagnostics applied, or `None` if there are none.
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
    changed.then_some(fixed)
}
