//! The work grows linearly with the number of workloads. Allocations are counted, because their
//! number is the same on every machine; `benches/` measures time.
//!
//! There is only one test, because all threads of the process use the same allocator.

#[path = "../benches/project/mod.rs"]
mod project;

use std::alloc::System;

use score_compiler::{Compiler, Helm, Inputs, Memory, OutputContent, Target, targets};
use score_spec::diagnostic::any_error;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The number of allocations and of allocated bytes for compiling and writing workloads.
fn work(workloads: usize, target: Option<&dyn Target>) -> [usize; 2] {
    let specs = project::project(workloads);
    let region = Region::new(ALLOCATOR);
    let inputs = specs.into_iter();
    let inputs = inputs.fold(Inputs::new(), |inputs, (name, text)| {
        inputs.with_spec(&name, text)
    });
    let (compiler, world) = (Compiler::new(), Memory::new());
    let read = compiler.compile(&world, inputs);
    let rendered = match target {
        Some(target) => read.render(target),
        None => read.check(),
    };
    assert!(!any_error(&rendered.diagnostics));
    for file in &rendered.files {
        if let OutputContent::Text(text) = &file.content {
            assert!(!text.redact().is_empty());
        }
    }
    drop((rendered, read));
    let change = region.change();
    [change.allocations, change.bytes_allocated]
}

#[test]
fn twice_the_workloads_take_twice_the_work() {
    let charts = Helm {
        per_workload: true,
        ..Helm::default()
    };
    let outputs = targets().map(Some).into_iter().chain([None]);
    for output in outputs.chain([Some(&charts as &dyn Target)]) {
        // Data that is created once, such as the schemas, must not hide growth.
        work(1, output);
        let (once, twice) = (work(100, output), work(200, output));
        for (what, once, twice) in [
            ("allocations", once[0], twice[0]),
            ("bytes", once[1], twice[1]),
        ] {
            let name = output.map_or("no target", |target| target.name());
            println!("{name}: {once} and {twice} {what}");
            assert!(
                twice * 10 <= once * 22,
                "{name}: {once} {what} for 100 workloads, {twice} for 200"
            );
        }
    }
}
