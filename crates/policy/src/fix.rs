//! Fixes: the values that a rule sets in a Score file, so that a subject complies with it.

use score_compiler::yaml::Edit;
use score_spec::diagnostic::Fix;
use score_spec::template::split_path;
use score_spec::{Node, SourceId, Sources, Span, parse};

use crate::rule::Rule;

/// A subject that is written in a Score file.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    /// The Score file.
    pub(crate) source: SourceId,
    /// The name of the workload, since a Score file can have several.
    pub(crate) workload: &'a str,
    /// The path of the subject in the document: empty, or the section and the name.
    pub(crate) path: &'a [&'a str],
    /// The document after all overlays.
    pub(crate) effective: &'a Node,
}

impl Written<'_> {
    /// The fix of a rule: the first of its values that is missing, or else the first that differs. Others follow if
    /// the result still violates the rule. `None` if the Score file has a form that cannot be edited.
    pub(crate) fn fix(&self, rule: &Rule, sources: &Sources) -> Option<Fix> {
        if rule.fix.is_empty() {
            return None;
        }
        let documents = parse(sources, self.source).documents;
        let name = |document: &Node| {
            document
                .get("metadata")?
                .get("name")?
                .text()
                .map(str::to_owned)
        };
        let is_meant = |document: &Node| name(document).as_deref() == Some(self.workload);
        // The name of a single document can come from an override.
        let document = match documents.as_slice() {
            [_] => 0,
            several => several.iter().position(is_meant)?,
        };
        let text = &sources.get(self.source).text;
        let edit = |is_missing: bool| {
            rule.fix.iter().find_map(|(path, value)| {
                let below = split_path(path);
                let below = below.iter().map(String::as_str);
                let path: Vec<&str> = self.path.iter().copied().chain(below).collect();
                let mut keys = path.iter();
                let known = keys.try_fold(documents.get(document)?, |at, key| at.get(key));
                let mut keys = path.iter();
                let effective = keys.try_fold(self.effective, |at, key| at.get(key));
                let is_decided = effective.is_some_and(|it| it.span.source != self.source);
                // Another file decides the value, so that a change of the Score file has no effect.
                if known.is_none() != is_missing || is_decided {
                    return None;
                }
                Edit::set(text, document, &path, value)
            })
        };
        let edit = edit(true).or_else(|| edit(false))?;
        let span = Span::new(self.source, edit.range.start, edit.range.end);
        Some(Fix {
            span,
            replacement: edit.replacement,
        })
    }
}
