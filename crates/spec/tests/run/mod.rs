//! Runs with layers, overrides and locks.
#![allow(dead_code, reason = "each test uses a part")]

use score_spec::{
    Diagnostic, Node, Overlay, Overlays, SourceId, Sources, Span, load,
    load::Loaded,
    overlay::{Layer, Lock, Slots},
    parse_value,
};

pub(crate) const SLOTS: Slots = &[&["replicas", "autoscaling"]];

/// The sources of a run with layers, each of which is the section `workloads` of a file.
pub(crate) struct Run {
    pub(crate) sources: Sources,
    pub(crate) score: SourceId,
    pub(crate) overlays: Overlays,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Run {
    pub(crate) fn new(score: &str, layers: &[&str]) -> Self {
        let mut sources = Sources::new();
        let mut run = Self {
            score: sources.add("score.yaml", score),
            sources,
            overlays: Overlays {
                slots: SLOTS,
                ..Overlays::default()
            },
            diagnostics: Vec::new(),
        };
        for (at, layer) in layers.iter().enumerate() {
            let node = run.node(&format!("layer-{at}.yaml"), layer);
            let layer = Layer::read(&node, SLOTS, &mut run.diagnostics);
            run.overlays.layers.push(layer);
        }
        run
    }

    pub(crate) fn node(&mut self, name: &str, text: &str) -> Node {
        let id = self.sources.add(name, text);
        let (node, found) = parse_value(&self.sources, Span::new(id, 0, text.len()));
        assert_eq!(found, []);
        node.unwrap()
    }

    pub(crate) fn lock(mut self, path: &str) -> Self {
        let id = self.sources.add("prod.yaml", path);
        let span = Span::new(id, 0, path.len());
        let lock = Lock::read(path, span, &mut self.diagnostics);
        if let Some(lock) = lock {
            self.overlays.locks.add(&lock, SLOTS);
        }
        self
    }

    pub(crate) fn defaults(mut self, text: &str) -> Self {
        self.overlays.defaults = Some(self.node("defaults", text));
        self
    }

    pub(crate) fn file(mut self, text: &str) -> Self {
        let id = self.sources.add("overrides.yaml", text);
        let overlay = Overlay::file(None, &self.sources, id, &mut self.diagnostics);
        self.overlays.overrides.extend(overlay);
        self
    }

    pub(crate) fn beside(mut self, text: &str) -> Self {
        let id = self.sources.add("score.prod.yaml", text);
        let overlay = Overlay::beside(&self.sources, id, &mut self.diagnostics);
        let beside = self.overlays.beside.entry(self.score).or_default();
        beside.extend(overlay);
        self
    }

    pub(crate) fn property(mut self, text: &str) -> Self {
        let id = self.sources.add("--override-property", text);
        let overlay = Overlay::property(&self.sources, id, &mut self.diagnostics);
        self.overlays.overrides.extend(overlay);
        self
    }

    /// Loads the Score file. Returns also the codes of all diagnostics with the source of each label.
    pub(crate) fn load(self) -> (Loaded, Vec<String>) {
        let Self {
            sources,
            score,
            overlays,
            mut diagnostics,
        } = self;
        let loaded = load(&sources, score, &overlays, &mut diagnostics);
        diagnostics.extend(loaded.effects.clone().into_diagnostics());
        let shown = diagnostics.iter().map(|found| {
            let labels = found.labels.iter();
            labels.fold(found.code.to_string(), |text, label| {
                let source = &sources.get(label.span.source).name;
                let place = sources.slice(label.span);
                let place = place
                    .get(..20)
                    .map_or(place.to_owned(), |it| format!("{it}…"));
                format!("{text} {source}:{place}")
            })
        });
        (loaded, shown.collect())
    }

    pub(crate) fn codes(self) -> Vec<String> {
        let (_, found) = self.load();
        let codes = found
            .iter()
            .map(|it| it.split(' ').next().unwrap().to_owned());
        codes.collect()
    }
}

/// A Score file of a workload with these fields.
pub(crate) fn score(fields: &str) -> String {
    format!("{{apiVersion: score.dev/v1b1, {fields}}}")
}

pub(crate) fn web() -> String {
    score("metadata: {name: web}, containers: {main: {image: nginx:1}}")
}
