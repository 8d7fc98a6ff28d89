//! A project of twice as many workloads takes about twice the work. It counts allocations, which are
//! the same on every machine; how long things take is for `benches/`.
//!
//! There is one test, since all threads of the process allocate from the same allocator.

#[path = "../benches/project/mod.rs"]
mod project;

use std::alloc::System;

use score_compiler::{Memory, OutputContent, Request, TARGETS, Target, compile, target};
use score_spec::diagnostic::any_error;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What is made of a project.
#[derive(Clone, Copy)]
struct Output {
    target: Option<&'static Target>,
    /// Whether each workload has a chart of its own.
    charts: bool,
}

/// How often and how many bytes are allocated to compile and to write so many workloads.
fn work(workloads: usize, output: Output) -> [usize; 2] {
    let specs = project::project(workloads);
    let region = Region::new(ALLOCATOR);
    let mut request = Request::new();
    request.target = output.target;
    request.render.helm.per_workload = output.charts;
    let request = specs.into_iter().fold(request, |request, (name, text)| {
        request.with_spec(&name, text)
    });
    let compiled = compile(&Memory::new(), request);
    assert!(!any_error(&compiled.diagnostics));
    for file in &compiled.files {
        if let OutputContent::Text(text) = &file.content {
            assert!(!text.redact().is_empty());
        }
    }
    drop(compiled);
    let change = region.change();
    [change.allocations, change.bytes_allocated]
}

#[test]
fn twice_the_workloads_take_twice_the_work() {
    let targets = TARGETS.iter().map(Some).chain([None]);
    let outputs = targets.map(|target| Output {
        target,
        charts: false,
    });
    let charts = Output {
        target: target("helm"),
        charts: true,
    };
    for output in outputs.chain([charts]) {
        // What is made once for all, such as the schemas, is not to hide growth.
        work(1, output);
        let (once, twice) = (work(100, output), work(200, output));
        for (what, once, twice) in [
            ("allocations", once[0], twice[0]),
            ("bytes", once[1], twice[1]),
        ] {
            let name = output.target.map_or("no target", |target| target.name);
            println!("{name}: {once} and {twice} {what}");
            assert!(
                twice * 10 <= once * 22,
                "{name}: {once} {what} for 100 workloads, {twice} for 200"
            );
        }
    }
}
