//! All passes of this crate combined: from source text to workloads.

use crate::{
    Code, Diagnostic, Hint, Node, Overlays, SourceId, Sources, Span, Valid, Workload, check,
    limit::Allowance,
    overlay::{Applier, Effects, name},
    parse,
};

/// The workloads of an input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The workloads without errors.
    pub workloads: Vec<Valid<Workload>>,
    /// The workloads with errors, without the parts that are wrong, to find further problems.
    pub drafts: Vec<Workload>,
    /// Whether a document is neither a workload nor a draft, so that nothing else in it was checked.
    pub is_incomplete: bool,
    /// The names of all workloads, before overlays.
    pub names: Vec<String>,
    /// The names of the workloads that a layer leaves out. They are not validated.
    pub left_out: Vec<String>,
    /// The effects of layers on the workloads.
    pub effects: Effects,
}

/// Parses an input, applies the overlays for its workloads, and validates them. Each document of the
/// input is a workload.
pub fn load(
    sources: &Sources,
    id: SourceId,
    overlays: &Overlays,
    diagnostics: &mut Vec<Diagnostic>,
) -> Loaded {
    let parsed = parse(sources, id);
    let broken = crate::diagnostic::any_error(&parsed.diagnostics);
    let keys = parsed.diagnostics.iter();
    let keys = keys.filter(|found| found.code == Code::YamlKeyType);
    let keys: Vec<Span> = keys.filter_map(Diagnostic::span).collect();
    diagnostics.extend(parsed.diagnostics);
    let before = diagnostics.len();
    if parsed.documents.is_empty() && !broken {
        diagnostics.push(
            Diagnostic::new(Code::SpecEmpty, "the file contains no workload")
                .at(Span::new(id, 0, 0), "")
                .help(Hint::BeginSpec),
        );
    }
    let mut loaded = Loaded::default();
    let mut allowance = Allowance::new();
    let mut applier = Applier::new(overlays, sources, id, &parsed.documents, diagnostics);
    for mut document in parsed.documents {
        let name = name(&document).map(str::to_owned);
        loaded.names.extend(name.clone());
        if applier.leaves_out(name.as_deref()) {
            loaded.left_out.extend(name);
            continue;
        }
        let applied = applier.apply(&mut document, &mut loaded.effects, diagnostics);
        if let Some(refusal) = applied
            .err()
            .map(|it| *it)
            .or_else(|| allowance.take(&document))
        {
            diagnostics.push(refusal);
            loaded.is_incomplete = true;
            continue;
        }
        match check(document, sources, diagnostics) {
            Ok(workload) => loaded.workloads.push(workload),
            Err(Some(draft)) => loaded.drafts.push(*draft),
            Err(None) => loaded.is_incomplete = true,
        }
    }
    drop_consequences(&keys, before, diagnostics);
    // A document with YAML errors may lack parts that would make a difference.
    if broken {
        loaded.workloads.clear();
        loaded.is_incomplete = true;
    }
    loaded
}

/// The documents of an input after all overlays and before validation, each with the name of its workload. The value
/// is absent if a layer leaves out the workload. Documents without a name are omitted, and all problems are reported by
/// [`load()`].
pub fn layered(
    sources: &Sources,
    id: SourceId,
    overlays: &Overlays,
) -> Vec<(String, Option<Node>)> {
    let (documents, mut unused) = (parse(sources, id).documents, Vec::new());
    let mut applier = Applier::new(overlays, sources, id, &documents, &mut unused);
    let mut layered = Vec::new();
    for mut document in documents {
        let written = name(&document).map(str::to_owned);
        if applier.leaves_out(written.as_deref()) {
            layered.extend(written.map(|name| (name, None)));
            continue;
        }
        let applied = applier.apply(&mut document, &mut Effects::default(), &mut unused);
        if let (Ok(()), Some(name)) = (applied, name(&document).map(str::to_owned)) {
            layered.push((name, Some(document)));
        }
    }
    layered
}

/// Removes the diagnostics, from an index on, that are consequences of a key without quotes: other problems of
/// `{{ name }}`.
fn drop_consequences(keys: &[Span], before: usize, diagnostics: &mut Vec<Diagnostic>) {
    if keys.is_empty() {
        return;
    }
    let follows = |found: &Diagnostic| {
        let span = found.span();
        span.is_some_and(|span| keys.iter().any(|key| span.contains(*key)))
    };
    let found = diagnostics.split_off(before).into_iter();
    diagnostics.extend(found.filter(|found| !follows(found)));
}
