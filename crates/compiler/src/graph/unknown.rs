//! Outputs that no resource has.

use score_spec::{
    Code, Diagnostic, Span,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
};

/// The finding that a resource has no such output. Behind many others, of which there are `found`
/// so far, it does not say what was probably meant.
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
