//! Loading provisioner files into a catalogue.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use score_compat::list;
use score_spec::diagnostic::any_error;
use score_spec::{Diagnostic, Node, SourceId, Sources, stored};

use super::{Catalogue, CatalogueEntry, Natives, SCHEMA};
use crate::input::Audience;
use crate::provisioner::drafts::{Draft, Lineage, Merge, lineages};
use crate::provisioner::listed;
use crate::provisioner::read::{documents, read};
use crate::provisioner::{Conditions, Provisioner};

impl Catalogue {
    /// Loads the project's provisioner files, by entries in order of precedence. The files of an
    /// entry have the same precedence: provisioners in one entry that are equal are reported.
    /// Provisioners for other platforms and environments are not used. Built-in files that provisioners extend are
    /// added to the sources.
    pub fn new(
        sources: &mut Sources,
        entries: &[CatalogueEntry],
        conditions: Conditions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        Self::with_natives(sources, entries, &Natives::new(), conditions, diagnostics)
    }

    /// The same, including declarations of provisioners in Rust.
    pub(crate) fn with_natives(
        sources: &mut Sources,
        entries: &[CatalogueEntry],
        natives: &Natives,
        conditions: Conditions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut catalogue = Self {
            conditions,
            entries: entries.len(),
            ..Self::default()
        };
        let (mut drafts, mut listed) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (entry, CatalogueEntry { files, audience }) in entries.iter().enumerate() {
            let audience = (!audience.is_everyone()).then(|| Arc::new(audience.clone()));
            for &file in files {
                let is_repeated = !seen.insert(file);
                let mut found = Vec::new();
                let place = (entry, file);
                let (nodes, list) = read_file(sources, place, audience.as_ref(), &mut found);
                listed.extend(list);
                // The mistakes of a file that several entries contain are reported once.
                if !is_repeated {
                    catalogue.files.push(sources.get(file).name.clone());
                    diagnostics.extend(found);
                }
                drafts.extend(nodes.into_iter().map(|node| Draft {
                    entry,
                    file,
                    audience: audience.clone(),
                    node,
                    is_repeated,
                    is_built_in: false,
                }));
            }
        }
        catalogue.add_extended(&mut drafts, sources);
        let lineages = lineages(&drafts, &catalogue.conditions, diagnostics);
        let read =
            Reading::new(&drafts, &lineages, (sources, &catalogue.conditions)).all(diagnostics);
        for ((draft, lineage), provisioner) in drafts.iter().zip(&lineages).zip(read) {
            if draft.is_built_in {
                continue;
            }
            let Some(mut provisioner) = provisioner else {
                catalogue.broken.extend(draft.kind().map(str::to_owned));
                continue;
            };
            let own = [draft].into_iter();
            let mut files = own.chain(lineage.bases.iter().map(|&base| &drafts[base]));
            provisioner.native = files.find_map(|it| natives.get(&it.file).cloned());
            catalogue.add(provisioner, diagnostics);
        }
        for provisioner in listed {
            catalogue.add(provisioner, diagnostics);
        }
        catalogue.report_ties(diagnostics);
        catalogue
    }

    /// Adds the built-in documents of types that others extend.
    fn add_extended(&mut self, drafts: &mut Vec<Draft>, sources: &mut Sources) {
        let extended = drafts.iter().filter_map(Draft::extends);
        let kinds: BTreeSet<String> = extended.map(|it| it.kind.to_owned()).collect();
        for kind in kinds {
            let Some((at, file)) = self.builtin(&kind, sources) else {
                continue;
            };
            let nodes = stored::documents(sources, file, score_provisioners::STORED[at]);
            drafts.extend(nodes.into_iter().map(|node| Draft {
                entry: self.entries,
                file,
                audience: None,
                node,
                is_repeated: true,
                is_built_in: true,
            }));
        }
    }

    /// The position of the built-in file of a type, and its source, which is added once.
    fn builtin(&mut self, kind: &str, sources: &mut Sources) -> Option<(usize, SourceId)> {
        let mut builtin = score_provisioners::BUILTIN.iter();
        let at = builtin.position(|(known, _)| *known == kind)?;
        let (kind, text) = score_provisioners::BUILTIN[at];
        let add = || sources.add(format!("builtin:{kind}.yaml"), text);
        let file = *self.builtins.entry(kind).or_insert_with(add);
        Some((at, file))
    }

    /// Adds a provisioner.
    fn add(&mut self, provisioner: Provisioner, diagnostics: &mut Vec<Diagnostic>) {
        if let Some(class) = &provisioner.class {
            let classes = self.classes.entry(provisioner.kind.clone()).or_default();
            classes.insert(class.clone());
        }
        self.provisioners.push(Arc::new(provisioner));
        self.index(self.provisioners.len() - 1, diagnostics);
    }

    /// Loads the built-in provisioners of a type, unless this has been done.
    pub fn need(&mut self, kind: &str, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) {
        let Some((at, file)) = self.builtin(kind, sources) else {
            return;
        };
        if self.read.contains(&at) {
            return;
        }
        self.read.push(at);
        for document in stored::documents(sources, file, score_provisioners::STORED[at]) {
            let place = (self.entries, sources.get(file).name.as_str());
            // A test validates them against the schema.
            if let Some(provisioner) = read(&document, place, (None, sources), diagnostics) {
                self.add(provisioner, diagnostics);
            }
        }
    }

    /// Loads all built-in provisioners.
    pub fn need_all(&mut self, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) {
        for (kind, _) in score_provisioners::BUILTIN {
            self.need(kind, sources, diagnostics);
        }
    }
}

/// The documents of a file, or the provisioners of a file with a list.
fn read_file(
    sources: &Sources,
    place: (usize, SourceId),
    audience: Option<&Arc<Audience>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Node>, Vec<Provisioner>) {
    let mut found = Vec::new();
    let nodes = documents(sources, place.1, &mut found);
    if nodes.first().is_some_and(list::is_list) {
        let listed = listed::read(sources, place, audience, diagnostics);
        return (Vec::new(), listed);
    }
    diagnostics.extend(found);
    (nodes, Vec::new())
}

/// Reads documents, each merged over those from which it inherits.
struct Reading<'a> {
    drafts: &'a [Draft],
    lineages: &'a [Lineage],
    sources: &'a Sources,
    /// Whether no platform is selected.
    is_for_any_platform: bool,
    merge: Merge,
}

impl<'a> Reading<'a> {
    fn new(
        drafts: &'a [Draft],
        lineages: &'a [Lineage],
        (sources, conditions): (&'a Sources, &Conditions),
    ) -> Self {
        Self {
            drafts,
            lineages,
            sources,
            is_for_any_platform: conditions.platform.is_none(),
            merge: Merge::default(),
        }
    }

    /// The provisioners in the order of the documents; none for one with errors, one that inherits from such a one, or
    /// one that is built in.
    fn all(mut self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Option<Provisioner>> {
        let mut read = Vec::with_capacity(self.drafts.len());
        let mut findings = Vec::with_capacity(self.drafts.len());
        for (at, draft) in self.drafts.iter().enumerate() {
            let mut found = Vec::new();
            let is_read = !draft.is_built_in && !self.lineages[at].is_broken;
            read.push(is_read.then(|| self.merged(at, &mut found)).flatten());
            findings.push(found);
        }
        let has_errors = |at: &usize| self.lineages[*at].is_broken || any_error(&findings[*at]);
        let broken: Vec<bool> = self
            .lineages
            .iter()
            .map(|lineage| lineage.bases.iter().any(has_errors))
            .collect();
        for (at, found) in findings.into_iter().enumerate() {
            if broken[at] {
                // The findings are those of the other document, which are reported there.
                read[at] = None;
            } else if !self.drafts[at].is_repeated {
                diagnostics.extend(found);
            }
        }
        read
    }

    /// The provisioner in a document that is merged over those from which it inherits.
    fn merged(&mut self, at: usize, diagnostics: &mut Vec<Diagnostic>) -> Option<Provisioner> {
        let own = &self.drafts[at].node;
        let mut bases = self.lineages[at].bases.iter().rev();
        let Some(&last) = bases.next() else {
            return self.one(at, own, diagnostics);
        };
        let mut inherited = Cow::Borrowed(&self.drafts[last].node);
        for &base in bases {
            let node = &self.drafts[base].node;
            inherited = Cow::Owned(self.merge.over(&inherited, node, diagnostics)?);
        }
        let document = self.merge.over(&inherited, own, diagnostics)?;
        self.one(at, &document, diagnostics)
    }

    fn one(
        &self,
        at: usize,
        document: &Node,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Provisioner> {
        let (draft, lineage) = (&self.drafts[at], &self.lineages[at]);
        let place = (draft.entry, self.sources.get(draft.file).name.as_str());
        let schema = (Some(&*SCHEMA), self.sources);
        let mut provisioner = read(document, place, schema, diagnostics)?;
        provisioner.audiences.splice(0..0, draft.audience.clone());
        if let Some(platforms) = &lineage.platforms {
            provisioner.platforms.clone_from(platforms);
        }
        // A selected platform can decide which provisioner it extends, and so which platforms it supports.
        if self.is_for_any_platform {
            for test in &provisioner.tests {
                test.check_targets(&provisioner.platforms, diagnostics);
            }
        }
        let bases = lineage.bases.iter().map(|&base| &self.drafts[base]);
        let types = bases.clone().filter_map(|base| base.node.get("type"));
        provisioner.bases = types.map(|kind| kind.span).collect();
        let mut built_in = bases.filter(|base| base.is_built_in);
        provisioner.built_in = built_in.next().map(|base| base.file);
        Some(provisioner)
    }
}
