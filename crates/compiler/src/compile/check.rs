//! Checks for several targets, whose diagnostics are merged.

use score_spec::source::Source;
use score_spec::{Diagnostic, SourceId, Sources, Span};

use super::rendering::{Purpose, Rendered};
use super::{Compiled, sort};
use crate::targets::Target;

impl Compiled<'_> {
    /// The diagnostics of the project for all of these targets, sorted by location, each once and with
    /// its strictest severity. Without targets it is a [`check`](Self::check).
    ///
    /// No command runs, and neither the process environment nor the project key is read. A
    /// problem that depends on their values is therefore not reported. There are no files. Everything
    /// but the diagnostics and their sources belongs to the first target.
    pub fn check_for(&self, targets: &[&dyn Target]) -> Rendered {
        let Some((first, others)) = targets.split_first() else {
            return self.check();
        };
        let mut merged = self.rendering(Some(*first), Purpose::Check);
        for target in others {
            let other = self.rendering(Some(*target), Purpose::Check);
            let common = (&mut merged.sources, self.sources.iter().count());
            let found = adopt(common, &other.sources, other.diagnostics);
            merged.diagnostics.extend(found);
        }
        if !others.is_empty() {
            merge(&mut merged.diagnostics);
        }
        merged
    }
}

/// The diagnostics of another target, with locations in these sources. The first `common` sources are
/// the same. The others are built-in provisioner files, which depend on the platform; missing ones are
/// added.
fn adopt(
    (sources, common): (&mut Sources, usize),
    others: &Sources,
    mut diagnostics: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let further = others.iter().skip(common);
    let ids: Vec<(SourceId, SourceId)> = further
        .map(|(id, source)| (id, equal(sources, source)))
        .collect();
    let moved = |span: Span| {
        let other = ids.iter().find(|(from, _)| *from == span.source);
        other.map_or(span, |(_, source)| Span {
            source: *source,
            ..span
        })
    };
    for diagnostic in &mut diagnostics {
        for label in &mut diagnostic.labels {
            label.span = moved(label.span);
        }
        diagnostic.about = diagnostic.about.map(moved);
        if let Some(fix) = &mut diagnostic.fix {
            fix.span = moved(fix.span);
        }
    }
    diagnostics
}

/// The source with the same name and text. It is added if it does not exist.
fn equal(sources: &mut Sources, wanted: &Source) -> SourceId {
    let is_equal = |(id, other): (SourceId, &Source)| {
        (other.name == wanted.name && other.text == wanted.text).then_some(id)
    };
    let known = sources.iter().find_map(is_equal);
    known.unwrap_or_else(|| sources.add(wanted.name.as_str(), wanted.text.as_str()))
}

/// Sorts diagnostics, and merges those with the same message at the same location.
fn merge(diagnostics: &mut Vec<Diagnostic>) {
    sort(diagnostics);
    diagnostics.dedup_by(|later, first| {
        let key = |it: &Diagnostic| (it.span(), it.code);
        let is_same = key(later) == key(first) && later.message == first.message;
        if is_same {
            first.severity = first.severity.min(later.severity);
        }
        is_same
    });
}

#[cfg(test)]
mod tests {
    use score_spec::{Code, Diagnostic, Severity, Sources, Span};

    use super::{adopt, merge};

    #[test]
    fn diagnostics_of_other_targets_keep_their_sources() {
        let (mut sources, mut others) = (Sources::new(), Sources::new());
        let shared = sources.add("score.yaml", "a: b");
        assert_eq!(others.add("score.yaml", "a: b"), shared);
        let compose = sources.add("builtin:compose.yaml", "c");
        let kubernetes = others.add("builtin:kubernetes.yaml", "k");
        let also = others.add("builtin:compose.yaml", "c");
        let at = |id, message: &str| {
            Diagnostic::new(Code::TargetInvalid, message)
                .at(Span::new(id, 0, 1), "")
                .about(Span::new(id, 0, 1))
                .fix(Span::new(id, 0, 1), "x")
        };
        let found = vec![at(shared, "a"), at(kubernetes, "k"), at(also, "c")];
        let found = adopt((&mut sources, 1), &others, found);
        let names = |found: &Diagnostic| {
            let fix = found.fix.as_ref().map(|fix| fix.span);
            let spans = [found.span(), found.about, fix];
            spans.map(|span| sources.get(span.unwrap().source).name.clone())
        };
        for (found, name) in found.iter().zip([
            "score.yaml",
            "builtin:kubernetes.yaml",
            "builtin:compose.yaml",
        ]) {
            assert_eq!(names(found), [name; 3]);
        }
        assert_eq!(found[2].span().map(|span| span.source), Some(compose));
    }

    #[test]
    fn equal_findings_have_the_strictest_severity() {
        let warning = Diagnostic::new(Code::SpecLimitBelowRequest, "below");
        let mut error = warning.clone();
        error.severity = Severity::Error;
        let other = Diagnostic::new(Code::SpecLimitBelowRequest, "far below");
        let mut found = vec![warning.clone(), other.clone(), error.clone(), warning];
        merge(&mut found);
        assert_eq!(found, [error, other]);
    }
}
