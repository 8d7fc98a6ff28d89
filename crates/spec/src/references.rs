//! Placeholders that refer to nothing: to a resource or metadata that the workload does not have.

use crate::{
    Code, Diagnostic, Value, Workload,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
    template::{Placeholder, Root},
};

/// Reports each placeholder of a workload that refers to nothing.
pub(crate) fn check(workload: &Workload, diagnostics: &mut Vec<Diagnostic>) {
    workload.each_template(&mut |template| {
        for placeholder in template.placeholders() {
            diagnostics.extend(unknown(placeholder, workload, diagnostics.len()));
        }
    });
}

/// The diagnostic for a placeholder that refers to nothing, if it does. `found` is the number of
/// preceding ones; after many of them the diagnostic has no suggestion.
///
/// Public because the compiler reads the contents of a [`Workload`]'s files later.
pub fn unknown(placeholder: &Placeholder, workload: &Workload, found: usize) -> Option<Diagnostic> {
    let propose = found < MOST_PROPOSALS;
    match &placeholder.root {
        Root::Resource(name) if workload.resources.contains_key(name) => None,
        Root::Resource(name) => {
            let declared = || workload.resources.keys().map(String::as_str);
            let found = Diagnostic::new(
                Code::SpecUnknownResource,
                format!("unknown resource `{name}`"),
            )
            .at(placeholder.span, "");
            Some(if propose {
                found.help(match nearest(name, declared()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if workload.resources.is_empty() => {
                        format!("declare it under `resources`: `{name}: {{type: …}}`")
                    }
                    None if workload.name.value.is_empty() => {
                        format!("the project declares {}", listed(declared()))
                    }
                    None => format!("the workload declares {}", listed(declared())),
                })
            } else {
                found
            })
        }
        Root::Metadata if workload.name.value.is_empty() => {
            let message = "a resource of the project has no metadata of a workload";
            let found = Diagnostic::new(Code::SpecUnknownMetadata, message);
            Some(
                found
                    .at(placeholder.span, "")
                    .help("write the value itself"),
            )
        }
        Root::Metadata => unknown_metadata(placeholder, &workload.metadata, propose),
    }
}

fn unknown_metadata(
    placeholder: &Placeholder,
    metadata: &Value,
    propose: bool,
) -> Option<Diagnostic> {
    let mut at = metadata;
    for key in &placeholder.path {
        let Some(value) = at.get(key) else {
            let message = format!("unknown metadata `{key}`");
            let found =
                Diagnostic::new(Code::SpecUnknownMetadata, message).at(placeholder.span, "");
            if !propose {
                return Some(found);
            }
            let known: Vec<&str> = match at {
                Value::Map(entries) => entries.keys().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            return Some(found.help(
                match (nearest(key, known.iter().copied()), known.is_empty()) {
                    (Some(meant), _) => format!("did you mean `{meant}`?"),
                    (None, false) => format!("available keys: {}", listed(known)),
                    (None, true) => format!("{} has no keys", at.kind()),
                },
            ));
        };
        at = value;
    }
    None
}
