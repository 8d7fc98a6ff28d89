//! Outputs that no resource has.

use score_spec::{
    Code, Diagnostic, Span,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
};

/// The diagnostic about an unknown output. `found` is the number of preceding ones; after many of
/// them the diagnostic has no suggestion.
pub(crate) fn unknown_output<'a, K: Iterator<Item = &'a str>>(
    place: Span,
    resource: &str,
    output: &str,
    known: impl Fn() -> K,
    found: usize,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        Code::ResourceUnknownOutput,
        format!("the resource `{resource}` has no output `{output}`"),
    )
    .at(place, "");
    if found >= MOST_PROPOSALS {
        return diagnostic;
    }
    diagnostic.help(match nearest(output, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known().next().is_none() => "it has no outputs".to_owned(),
        None => format!("available: {}", listed(known())),
    })
}
