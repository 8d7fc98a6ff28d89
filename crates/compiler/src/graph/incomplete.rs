//! Outputs that are useless alone, which provisioners declare as `dependentRequired`.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Map, Span, Valid, Workload,
    template::{Placeholder, Root},
};

use super::{Resource, uid_of};

/// Reports each output that a workload uses without another output that it requires.
pub(super) fn incomplete(
    workloads: &Map<Arc<Valid<Workload>>>,
    resources: &Map<Resource>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (owner, workload) in workloads {
        let needing = workload.resources.iter().filter_map(|(name, declared)| {
            let resource = resources.get(&uid_of(owner, name, declared))?;
            let is_needing = !resource.provisioner.companions.is_empty();
            is_needing.then_some((name.as_str(), resource))
        });
        let needing: BTreeMap<&str, &Resource> = needing.collect();
        if needing.is_empty() {
            continue;
        }
        let mut used: BTreeMap<(&str, &str), Span> = BTreeMap::new();
        let mut note = |placeholder: &'_ Placeholder| {
            if let Root::Resource(name) = &placeholder.root
                && let Some((name, resource)) = needing.get_key_value(name.as_str())
                && let Some(output) = placeholder.path.first()
                && let Some((output, _)) = resource.provisioner.outputs.get_key_value(output)
            {
                let first = used.entry((name, output)).or_insert(placeholder.span);
                *first = placeholder.span.min(*first);
            }
        };
        workload.each_template(&mut |template| template.placeholders().for_each(&mut note));
        for (name, resource) in needing {
            // Of several outputs that require the same one, the first is reported.
            let mut lacks: BTreeMap<&str, (Span, &str)> = BTreeMap::new();
            for (output, needed) in &resource.provisioner.companions {
                let Some(span) = used.get(&(name, output.as_str())) else {
                    continue;
                };
                let missing = needed.iter().map(String::as_str);
                for other in missing.filter(|other| !used.contains_key(&(name, *other))) {
                    let first = lacks.entry(other).or_insert((*span, output));
                    *first = (*first).min((*span, output));
                }
            }
            for (other, (span, output)) in lacks {
                diagnostics.push(report(name, resource, output, other, span));
            }
        }
    }
}

fn report(name: &str, resource: &Resource, output: &str, other: &str, span: Span) -> Diagnostic {
    let known = resource.provisioner.outputs.get(other);
    let about = known.map_or("", |output| output.description.as_str());
    let placeholder = format!("${{resources.{name}.{other}}}");
    let help = if about.is_empty() {
        format!("also use `{placeholder}`")
    } else {
        let mut letters = about.chars();
        let first = letters.next().into_iter().flat_map(char::to_lowercase);
        let about: String = first.chain(letters).collect();
        format!("also use `{placeholder}`: {about}")
    };
    let message = format!("`{output}` of the resource `{name}` is used without `{other}`");
    Diagnostic::new(Code::ResourceIncompleteUse, message)
        .at(span, "")
        .help(help)
}
