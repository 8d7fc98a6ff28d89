//! Annotations with the prefix of a target. Their effect is defined by the targets.

use std::collections::BTreeSet;

use score_spec::{
    Code, Diagnostic, Map, Spanned, Workload,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::ir::Annotation;

impl Lowering<'_> {
    /// Reports annotations that have the prefix of a target, but are unknown.
    pub(super) fn check_annotations(
        &mut self,
        workload: &Workload,
        annotations: &Map<Spanned<String>>,
    ) {
        let options = self.options;
        let known_annotations = || options.annotations.iter().copied();
        let prefixes: BTreeSet<&str> = known_annotations().filter_map(prefix).collect();
        for (name, value) in annotations {
            let Some((prefix, own)) = name.split_once('/') else {
                continue;
            };
            if !prefixes.contains(prefix) || known_annotations().any(|known| known.fits(name)) {
                continue;
            }
            // The project can refer to a container that only some workloads have.
            let is_own = value.span.source == workload.source;
            let scoped = own.split_once('.');
            let scoped = scoped
                .filter(|(container, _)| !is_own || workload.containers.contains_key(*container));
            if let Some((_, own)) = scoped
                && known_annotations()
                    .any(|known| known.each_container && known.fits(&format!("{prefix}/{own}")))
            {
                continue;
            }
            self.diagnostics.push(unknown(
                name,
                value,
                (prefix, &options.annotations),
                workload,
            ));
        }
    }
}

fn prefix(annotation: &'static Annotation) -> Option<&'static str> {
    let (prefix, _) = annotation.name.split_once('/')?;
    Some(prefix)
}

fn unknown(
    name: &str,
    value: &Spanned<String>,
    (prefix, known): (&str, &[&'static Annotation]),
    workload: &Workload,
) -> Diagnostic {
    let own = || {
        known
            .iter()
            .copied()
            .filter(|known| known.name.starts_with(prefix))
    };
    let all: Vec<&str> = own().map(|known| known.name).collect();
    let each_container: Vec<&Annotation> = own().filter(|known| known.each_container).collect();
    let scoped = workload.containers.keys().flat_map(|container| {
        let own = each_container
            .iter()
            .filter_map(|known| known.name.split_once('/'));
        own.map(move |(prefix, own)| format!("{prefix}/{container}.{own}"))
    });
    let scoped: Vec<String> = scoped.collect();
    let known = all.iter().copied().chain(scoped.iter().map(String::as_str));
    // The prefix is the same, and would make all of them similar.
    let own = |name: &str| name[prefix.len()..].to_owned();
    let owns: Vec<(String, &str)> = known.map(|known| (own(known), known)).collect();
    let meant = nearest(&own(name), owns.iter().map(|(own, _)| own.as_str()));
    let meant = meant.and_then(|meant| owns.iter().find(|(own, _)| own == meant));
    let help = match meant {
        Some((_, meant)) => format!("did you mean `{meant}`?"),
        None => format!(
            "the annotations with this prefix are {}",
            listed(all.iter().copied())
        ),
    };
    Diagnostic::new(
        Code::TargetUnknownAnnotation,
        format!("unknown annotation `{name}`"),
    )
    .at(value.span, "")
    .help(help)
}
