//! The findings of a run in one environment, and of all its environments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use score_compiler::Rendered;
use score_spec::diagnostic::Merged;
use score_spec::{Diagnostic, SourceId, Sources};

use super::paths;
use crate::input::environments::distinguish;
use crate::input::unused::retain_unused;
use crate::report::console::Console;
use crate::report::findings::Findings;

/// The findings in one environment.
#[derive(Debug)]
pub(crate) struct RunFindings {
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    specs: Vec<SourceId>,
    /// The Score files that could not be checked completely.
    incomplete: Vec<SourceId>,
    /// The paths of files in the repository.
    pub(super) paths: BTreeMap<SourceId, String>,
    /// The environments, each with those that it extends.
    chains: Vec<Vec<String>>,
}

impl RunFindings {
    /// Takes the diagnostics of a compilation, or only those that depend on nothing but a single file.
    pub(crate) fn of(compiled: &mut Rendered, is_partial: bool) -> Self {
        let take = std::mem::take::<Vec<SourceId>>;
        let (specs, incomplete) = (take(&mut compiled.specs), take(&mut compiled.incomplete));
        let sources = std::mem::take(&mut compiled.sources);
        let mut diagnostics = std::mem::take(&mut compiled.diagnostics);
        distinguish(&mut diagnostics, &sources);
        if is_partial {
            let independent = ["yaml/", "spec/", "override/"];
            diagnostics.retain(|found| {
                let name = found.code.name();
                independent.iter().any(|scope| name.starts_with(scope))
            });
        }
        Self {
            sources,
            diagnostics,
            specs,
            incomplete,
            paths: BTreeMap::new(),
            chains: Vec::new(),
        }
    }

    /// Adds the paths of the files of a project in its repository.
    #[must_use]
    pub(crate) fn with_paths_in(mut self, project: &Path) -> Self {
        self.paths = paths(&self.sources, project);
        self
    }

    /// Adds the name of the environment to the diagnostics.
    #[must_use]
    pub(crate) fn of_environment(mut self, name: Option<&str>) -> Self {
        for diagnostic in &mut self.diagnostics {
            diagnostic.environments.extend(name.map(str::to_owned));
        }
        self
    }

    /// Sets the names of the environment and of those that it extends; empty without one.
    #[must_use]
    pub(crate) fn of_chain(mut self, chain: &[String]) -> Self {
        let chain = Some(chain.to_vec()).filter(|chain| !chain.is_empty());
        self.chains = chain.into_iter().collect();
        self
    }

    /// The findings of all environments of a run, each once.
    pub(crate) fn merged(parts: Vec<Self>) -> Self {
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Self::of_nothing();
        };
        if parts.len() == 0 {
            return whole.without_used_elsewhere();
        }
        let diagnostics = std::mem::take(&mut whole.diagnostics);
        let mut merged = Merged::new(std::mem::take(&mut whole.sources), diagnostics);
        for part in parts {
            let ids = merged.add(&part.sources, part.diagnostics);
            let moved = |all: Vec<SourceId>| all.into_iter().map(|id| ids.id(id));
            whole.chains.extend(part.chains);
            whole.specs.extend(moved(part.specs));
            whole.incomplete.extend(moved(part.incomplete));
            let paths = part.paths.into_iter();
            whole
                .paths
                .extend(paths.map(|(id, path)| (ids.id(id), path)));
        }
        merged.finish();
        for all in [&mut whole.specs, &mut whole.incomplete] {
            let mut seen = BTreeSet::new();
            all.retain(|id| seen.insert(*id));
        }
        (whole.sources, whole.diagnostics) = (merged.sources, merged.diagnostics);
        whole.without_used_elsewhere()
    }

    fn without_used_elsewhere(mut self) -> Self {
        retain_unused(&mut self.diagnostics, &self.sources, &self.chains);
        self
    }

    fn of_nothing() -> Self {
        Self {
            sources: Sources::new(),
            diagnostics: Vec::new(),
            specs: Vec::new(),
            incomplete: Vec::new(),
            paths: BTreeMap::new(),
            chains: Vec::new(),
        }
    }

    /// The findings for a report.
    pub(crate) fn into_findings(self) -> Findings {
        Findings::new(self.sources, self.diagnostics, self.specs)
            .with_incomplete(self.incomplete)
            .with_paths(self.paths)
    }

    /// Prints the findings.
    pub(crate) fn show(self, console: &Console) {
        let findings = self.into_findings();
        console.report(&findings.sources, &findings.diagnostics);
        console.note_incomplete(&findings.sources, &findings.incomplete);
    }
}
