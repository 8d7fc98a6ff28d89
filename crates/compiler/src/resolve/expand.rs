//! Expansion of the placeholders of a workload.

use indexmap::IndexMap;
use score_spec::{
    Code, Diagnostic, Value, Workload,
    template::{Part, Placeholder, Root, Template},
};

use crate::graph::Project;
use crate::graph::unknown::report_unknown;
use crate::ir::{Text, Tree};
use crate::provisioner::expression::to_text;
use crate::resolve::Resolved;
use crate::support::budget::{Budget, MOST_MADE};

/// The text of a template. Absent if a placeholder has no value, which is reported unless the resource
/// itself failed and was reported, or if it exceeds the limit.
pub(crate) fn expand(
    template: &Template,
    workload: &Workload,
    resolved: &Resolved,
    budget: &Budget,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Text> {
    let mut text = Some(Text::new());
    for part in &template.parts {
        let value = match part {
            Part::Literal(literal) => Some(literal.as_str().into()),
            Part::Variable(name) => Some(format!("$({name})").into()),
            Part::Placeholder(_) if budget.is_exhausted() => None,
            Part::Placeholder(placeholder) => {
                let value = value(placeholder, workload, resolved, diagnostics);
                value.filter(|value| fits(value, placeholder, budget, diagnostics))
            }
        };
        match (&mut text, value) {
            (Some(text), Some(value)) => text.append(value),
            _ => text = None,
        }
    }
    text
}

/// Whether the value of a placeholder is within the limit.
fn fits(
    value: &Text,
    placeholder: &Placeholder,
    budget: &Budget,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let taken = budget.take(value.size());
    if taken.is_err_and(|exhausted| exhausted.first) {
        let message = format!("placeholders expand to more than {} MiB", MOST_MADE >> 20);
        diagnostics.push(
            Diagnostic::new(Code::YamlLimit, message)
                .at(placeholder.span, "exceeded here")
                .help("refer to a long string only once, such as in a file that containers share"),
        );
    }
    taken.is_ok()
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
        // The reference implementations expand a resource by itself to its name.
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
                report_unknown(name, missing, placeholder.span, known, diagnostics);
            }
            at.map(|tree: &Tree| to_text(tree))
        }
    }
}
