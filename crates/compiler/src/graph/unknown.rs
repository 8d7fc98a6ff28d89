//! Outputs that no resource has.

use score_spec::{
    Code, Diagnostic, Span,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
};

use crate::provisioner::Provisioner;

/// Reports the use of an output that a provisioner does not declare.
pub(crate) fn check_declared(
    provisioner: &Provisioner,
    resource: &str,
    output: &str,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if provisioner.any_output.is_none() && !provisioner.outputs.contains_key(output) {
        let known = || provisioner.outputs.keys().map(String::as_str);
        report_unknown(resource, output, place, known, diagnostics);
    }
}

/// Reports an unknown output. After many diagnostics there are no suggestions.
pub(crate) fn report_unknown<'a, K: Iterator<Item = &'a str>>(
    resource: &str,
    output: &str,
    place: Span,
    known: impl Fn() -> K,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let message = format!("the resource `{resource}` has no output `{output}`");
    let mut diagnostic = Diagnostic::new(Code::ResourceUnknownOutput, message).at(place, "");
    if diagnostics.len() < MOST_PROPOSALS {
        diagnostic = diagnostic.help(match nearest(output, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known().next().is_none() => "it has no outputs".to_owned(),
            None => format!("available: {}", listed(known())),
        });
    }
    diagnostics.push(diagnostic);
}
