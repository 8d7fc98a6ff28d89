//! Findings in rendered files, at their places in the template.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use score_compiler::templates::RenderedFile;
use score_spec::diagnostic::sort;
use score_spec::{Diagnostic, SourceId, Sources, Span};

use crate::report::findings::Findings;

/// The findings, of which those in files that the template renders in `folder` have their places in its sources.
pub(super) fn in_template(
    mut findings: Findings,
    files: &[RenderedFile],
    folder: &Path,
    template: &Sources,
) -> Findings {
    let files: BTreeMap<PathBuf, &RenderedFile> = files
        .iter()
        .map(|file| (folder.join(&file.path), file))
        .collect();
    let rendered = findings.sources.iter().filter_map(|(id, source)| {
        let file = files.get(Path::new(&source.name))?;
        Some((id, *file))
    });
    let mut places = Places {
        rendered: rendered.collect(),
        template,
        ids: BTreeMap::new(),
    };
    for found in &mut findings.diagnostics {
        places.replace(found, &mut findings.sources);
    }
    // Repeated text of a template has the same finding again and again.
    sort(&mut findings.diagnostics);
    findings
}

struct Places<'a> {
    rendered: BTreeMap<SourceId, &'a RenderedFile>,
    template: &'a Sources,
    /// The files of the template among the sources of the findings.
    ids: BTreeMap<SourceId, SourceId>,
}

impl Places<'_> {
    fn replace(&mut self, found: &mut Diagnostic, sources: &mut Sources) {
        let is_rendered = |span: Span| self.rendered.contains_key(&span.source);
        // The fix is one of the rendered file.
        found.fix = found.fix.take().filter(|fix| !is_rendered(fix.span));
        for label in &mut found.labels {
            label.span = self.of(label.span, sources);
        }
        found.about = found.about.map(|span| self.of(span, sources));
    }

    /// The place in the template; the same one for a file that is copied.
    fn of(&mut self, span: Span, sources: &mut Sources) -> Span {
        let file = self.rendered.get(&span.source);
        let Some(place) = file.and_then(|file| file.origins.of(span.range())) else {
            return span;
        };
        let source = self.template.get(place.source);
        let id = *self.ids.entry(place.source).or_insert_with(|| {
            let id = sources.add(source.name.as_str(), source.text.as_str());
            if source.hidden {
                sources.hide(id);
            }
            id
        });
        Span::new(id, place.range().start, place.range().end)
    }
}
