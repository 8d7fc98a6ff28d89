//! The time of each pass: `cargo bench -p score-compiler`. `benches/run` measures the time and
//! memory of whole runs.
#![allow(missing_docs, reason = "a program, not a library")]

mod project;

use std::collections::BTreeSet;
use std::sync::Arc;

use divan::Bencher;
use project::project;
use score_compiler::catalogue::Catalogue;
use score_compiler::passes::{ResolveOptions, build, resolve};
use score_compiler::project::Project;
use score_compiler::{Commands, Compiler, Inputs, Memory, Rendered, Settings, State, targets};
use score_spec::{Overlays, SourceId, Sources, Valid, Workload, load, parse};

const SIZES: [usize; 4] = [1, 10, 100, 1000];

fn main() {
    divan::main();
}

/// The sources of a project.
fn sources(size: usize) -> (Sources, Vec<SourceId>) {
    let mut sources = Sources::new();
    let specs = project(size);
    let ids = specs
        .into_iter()
        .map(|(name, text)| sources.add(name, text))
        .collect();
    (sources, ids)
}

fn workloads(sources: &Sources, specs: &[SourceId]) -> Vec<Valid<Workload>> {
    let load = |&id| load(sources, id, &Overlays::default(), &mut Vec::new()).workloads;
    specs.iter().flat_map(load).collect()
}

fn planned(size: usize) -> (Project, Sources) {
    let (mut sources, specs) = sources(size);
    let workloads = workloads(&sources, &specs);
    let mut catalogue = Catalogue::default();
    let missing = BTreeSet::new();
    let project = build(
        workloads.into_iter().map(Arc::new).collect(),
        Vec::new(),
        missing,
        None,
        &mut catalogue,
        &mut sources,
        &mut Vec::new(),
    );
    (project, sources)
}

fn inputs(size: usize) -> Inputs {
    let specs = project(size).into_iter();
    specs.fold(Inputs::new(), |inputs, (name, text)| {
        inputs.with_spec(&name, text)
    })
}

fn compiled(inputs: Inputs, target: usize) -> Rendered {
    let (compiler, world) = (Compiler::new(), Memory::new());
    let rendered = compiler.compile(&world, inputs).render(targets()[target]);
    assert!(!rendered.files.is_empty(), "{:?}", rendered.diagnostics);
    rendered
}

#[divan::bench(args = SIZES)]
fn parsed(bencher: Bencher, size: usize) {
    let (sources, specs) = sources(size);
    bencher.bench(|| {
        let parsed = specs.iter().map(|&id| parse(&sources, id));
        parsed.collect::<Vec<_>>()
    });
}

/// Parsing as in [`parsed`], and validation.
#[divan::bench(args = SIZES)]
fn checked(bencher: Bencher, size: usize) {
    let (sources, specs) = sources(size);
    bencher.bench(|| workloads(&sources, &specs));
}

#[divan::bench(args = SIZES)]
fn resolved(bencher: Bencher, size: usize) {
    let (project, sources) = planned(size);
    let (world, settings, state) = (Memory::new(), Settings::default(), State::default());
    let options = ResolveOptions {
        target: None,
        namespace: None,
        mounts: None,
        world: &world,
        platform: None,
        reads_environment: false,
        environment: &[],
        open_settings: false,
        routes_port: None,
        kinds: None,
        settings: &settings,
        commands: Commands::Refuse,
        state: &state,
    };
    bencher.bench_local(|| resolve(&project, options, &sources, &mut Vec::new()));
}

/// All combinations of targets and sizes.
fn renderings() -> impl Iterator<Item = Rendering> {
    let sizes = |target| SIZES.map(|size| Rendering { target, size });
    (0..targets().len()).flat_map(sizes)
}

#[derive(Clone, Copy)]
struct Rendering {
    target: usize,
    size: usize,
}

impl std::fmt::Display for Rendering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", targets()[self.target].name(), self.size)
    }
}

#[divan::bench(args = renderings())]
fn rendered(bencher: Bencher, rendering: Rendering) {
    let target = targets()[rendering.target];
    let app = compiled(inputs(rendering.size), rendering.target).app;
    bencher.bench(|| target.render(&app, &mut Vec::new()));
}

/// All passes.
#[divan::bench(args = renderings(), sample_count = 20)]
fn whole(bencher: Bencher, rendering: Rendering) {
    bencher
        .with_inputs(|| inputs(rendering.size))
        .bench_values(|inputs| compiled(inputs, rendering.target));
}
