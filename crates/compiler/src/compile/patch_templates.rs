//! The patch templates of a project, with the data that they see besides the output.

use std::sync::Arc;

use score_gotemplate::RANDOM_FUNCTIONS;
use score_spec::template::{Grammar, Template};
use score_spec::{Sources, Span, Value, diagnostic::any_error, upgrade};

use super::{Compiled, PatchSource};
use crate::graph::Project;
use crate::input::outside::Outside;
use crate::ir::sealing::Sealing;
use crate::ir::{PatchTemplate, PatchTemplates, ProjectKey, Substitute, Text};
use crate::resolve::Resolved;
use crate::resolve::expand::expand;
use crate::support::budget::Budget;

impl Compiled<'_> {
    /// The patch templates for a platform; absent if there are none.
    pub(super) fn patch_templates(
        &self,
        platform: &str,
        outside: &Outside<'_>,
        (project, resolved): (&Arc<Project>, &Resolved),
    ) -> Option<PatchTemplates> {
        let is_meant = |it: &&PatchSource| it.platform.as_ref().is_none_or(|it| it == platform);
        let sources = self.compiler.patch_templates.iter().filter(is_meant);
        let templates: Vec<PatchTemplate> = sources
            .map(|it| PatchTemplate {
                source: it.source,
                text: self.sources.get(it.source).text.as_str().into(),
            })
            .collect();
        if templates.is_empty() {
            return None;
        }
        // A check reads no key, and most templates need none.
        let is_random =
            |it: &PatchTemplate| RANDOM_FUNCTIONS.iter().any(|name| it.text.contains(name));
        let needs_key = templates.iter().any(is_random);
        let key = needs_key.then(|| outside.key()).flatten();
        let documents = self.documents().into_iter();
        let workloads = documents.filter_map(|(name, document)| {
            let mut document = document?;
            // The deprecated forms are reported elsewhere.
            upgrade(&mut document, &mut Vec::new());
            let value = document.to_value();
            Some((name, value.map_text(&mut |text| Sealing::unmarked(text))))
        });
        let workloads: Value = workloads.collect();
        let (project, resolved) = (Arc::clone(project), resolved.clone());
        Some(PatchTemplates {
            templates,
            workloads: workloads.to_json(),
            key: key.unwrap_or_else(|| ProjectKey::new([0; 32])),
            substitute: Substitute::new(move |workload, text| {
                substituted(&project, &resolved, workload, text)
            }),
        })
    }
}

/// A string with the values of its placeholders for a workload. Absent if it has others.
fn substituted(project: &Project, resolved: &Resolved, workload: &str, text: &str) -> Option<Text> {
    let workload = project.workloads.get(workload)?;
    let mut sources = Sources::new();
    let id = sources.add("text", text);
    let mut found = Vec::new();
    let span = Span::new(id, 0, text.len());
    let template = Template::parse(text, span, Grammar::Placeholders, &sources, &mut found);
    let expanded = expand(
        &template,
        workload,
        resolved,
        &Budget::default(),
        &mut found,
    );
    expanded.filter(|_| !any_error(&found))
}
