//! Applies the changes that findings carry. Comments and formatting stay, because nothing but the
//! bytes of a change is touched.

use score_spec::{Diagnostic, Fix, SourceId, Sources};

/// The text of a source with all changes that the findings have for it; nothing if there is none.
///
/// Of changes that overlap, the first is made; the next look at the file finds the others.
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
