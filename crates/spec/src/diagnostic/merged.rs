//! Diagnostics of several runs over the same inputs, each reported once.

use std::collections::BTreeMap;

use super::sort;
use crate::source::Source;
use crate::{Diagnostic, SourceId, Sources, Span};

/// The diagnostics of several runs, such as those for several targets or environments, with common sources.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// The sources of the diagnostics.
    pub sources: Sources,
    /// The diagnostics.
    pub diagnostics: Vec<Diagnostic>,
    /// The sources by name.
    by_name: BTreeMap<String, Vec<SourceId>>,
}

/// The ids of the sources of a run among common sources.
#[derive(Debug)]
pub struct Adopted(BTreeMap<SourceId, SourceId>);

impl Adopted {
    /// The id of a source of the run among the common sources.
    pub fn id(&self, id: SourceId) -> SourceId {
        self.0.get(&id).copied().unwrap_or(id)
    }

    fn span(&self, span: Span) -> Span {
        Span {
            source: self.id(span.source),
            ..span
        }
    }
}

impl Merged {
    /// The diagnostics of a first run.
    pub fn new(sources: Sources, diagnostics: Vec<Diagnostic>) -> Self {
        let mut merged = Self {
            sources,
            diagnostics,
            by_name: BTreeMap::new(),
        };
        for (id, source) in merged.sources.iter() {
            let known = merged.by_name.entry(source.name.clone()).or_default();
            known.push(id);
        }
        merged
    }

    /// Adds the diagnostics of another run. Sources with the same name and text are the same; others are added.
    pub fn add(&mut self, sources: &Sources, diagnostics: Vec<Diagnostic>) -> Adopted {
        let ids = sources.iter().map(|(id, source)| (id, self.adopt(source)));
        let adopted = Adopted(ids.collect());
        for mut diagnostic in diagnostics {
            for label in &mut diagnostic.labels {
                label.span = adopted.span(label.span);
            }
            diagnostic.about = diagnostic.about.map(|span| adopted.span(span));
            if let Some(fix) = &mut diagnostic.fix {
                fix.span = adopted.span(fix.span);
            }
            self.diagnostics.push(diagnostic);
        }
        adopted
    }

    /// Sorts the diagnostics, and reports those with the same message at the same location once, with the strictest
    /// severity and all environments.
    pub fn finish(&mut self) {
        sort(&mut self.diagnostics);
        self.diagnostics.dedup_by(|later, first| {
            let key = |it: &Diagnostic| (it.span(), it.code);
            let is_same = key(later) == key(first)
                && later.rule == first.rule
                && later.waiver == first.waiver
                && later.message == first.message;
            if is_same {
                first.severity = first.severity.min(later.severity);
                first.environments.append(&mut later.environments);
            }
            is_same
        });
        for diagnostic in &mut self.diagnostics {
            diagnostic.environments.sort();
            diagnostic.environments.dedup();
        }
    }

    fn adopt(&mut self, wanted: &Source) -> SourceId {
        let known = self.by_name.entry(wanted.name.clone()).or_default();
        let is_equal = |id: &&SourceId| self.sources.get(**id).text == wanted.text;
        if let Some(id) = known.iter().find(is_equal) {
            return *id;
        }
        let id = self.sources.share(wanted);
        known.push(id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::Merged;
    use crate::{Code, Diagnostic, Severity, Sources, Span};

    #[test]
    fn diagnostics_keep_their_sources() {
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
        let mut merged = Merged::new(sources, Vec::new());
        merged.add(
            &others,
            vec![at(shared, "a"), at(kubernetes, "k"), at(also, "c")],
        );
        let names = |found: &Diagnostic| {
            let fix = found.fix.as_ref().map(|fix| fix.span);
            let spans = [found.span(), found.about, fix];
            spans.map(|span| merged.sources.get(span.unwrap().source).name.clone())
        };
        for (found, name) in merged.diagnostics.iter().zip([
            "score.yaml",
            "builtin:kubernetes.yaml",
            "builtin:compose.yaml",
        ]) {
            assert_eq!(names(found), [name; 3]);
        }
        let last = merged.diagnostics[2].span().map(|span| span.source);
        assert_eq!(last, Some(compose));
    }

    #[test]
    fn equal_findings_have_the_strictest_severity_and_all_environments() {
        let warning = Diagnostic::new(Code::SpecLimitBelowRequest, "below");
        let of = |severity, environment: &str| Diagnostic {
            severity,
            environments: vec![environment.to_owned()],
            ..warning.clone()
        };
        let other = Diagnostic::new(Code::SpecLimitBelowRequest, "far below");
        let found = vec![
            of(Severity::Warning, "staging"),
            other.clone(),
            of(Severity::Error, "prod"),
            of(Severity::Warning, "staging"),
        ];
        let mut merged = Merged::new(Sources::new(), found);
        merged.finish();
        let mut both = of(Severity::Error, "prod");
        both.environments.push("staging".to_owned());
        assert_eq!(merged.diagnostics, [both, other]);
    }
}
