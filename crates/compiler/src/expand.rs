//! Placeholders of a workload, replaced by what they refer to.

use indexmap::IndexMap;
use score_spec::{
    Code, Diagnostic, Part, Placeholder, Root, Span, Template, Value, Workload,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
};

use crate::expression::to_text;
use crate::resolve::Resolved;
use crate::{Project, Text, Tree};

/// The text of a template. Nothing comes back if a placeholder has no value, which is reported
/// here unless the resource behind it failed and was reported itself.
pub(crate) fn expand(
    template: &Template,
    workload: &Workload,
    resolved: &Resolved,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Text> {
    let mut text = Some(Text::new());
    for part in &template.parts {
        let value = match part {
            Part::Literal(literal) => Some(literal.as_str().into()),
            Part::Variable(name) => Some(format!("$({name})").into()),
            Part::Placeholder(placeholder) => value(placeholder, workload, resolved, diagnostics),
        };
        match (&mut text, value) {
            (Some(text), Some(value)) => text.append(value),
            _ => text = None,
        }
    }
    text
}

fn value(
    placeholder: &Placeholder,
    workload: &Workload,
    resolved: &Resolved,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Text> {
    match &placeholder.root {
        Root::Metadata => {
            let value = placeholder
                .path
                .iter()
                .try_fold(&workload.metadata, |at, key| at.get(key))?;
            Some(to_text(
                &value.map_text(&mut |text| Text::from(text.as_str())),
            ))
        }
        // The reference implementations expand a resource alone to its name.
        Root::Resource(name) if placeholder.path.is_empty() => Some(name.as_str().into()),
        Root::Resource(name) => {
            let uid = Project::uid(workload, name)?;
            let outputs = &resolved.get(&uid)?.outputs;
            let (first, rest) = placeholder.path.split_first()?;
            let mut at = outputs.get(first);
            let mut around = Some(outputs);
            let mut missing = first;
            for key in rest {
                let Some(Value::Map(entries)) = at else {
                    if at.is_some() {
                        (at, missing, around) = (None, key, None);
                    }
                    break;
                };
                around = Some(entries);
                (at, missing) = (entries.get(key), key);
            }
            if at.is_none() {
                let known = || {
                    let around = around.into_iter();
                    around.flat_map(IndexMap::keys).map(String::as_str)
                };
                let found = diagnostics.len();
                diagnostics.push(unknown_output(
                    placeholder.span,
                    name,
                    missing,
                    known,
                    found,
                ));
            }
            at.map(|tree: &Tree| to_text(tree))
        }
    }
}

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
        None if known().next().is_none() => "there is nothing below it".to_owned(),
        None => format!("known here: {}", listed(known())),
    })
}
