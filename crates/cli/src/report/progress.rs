//! The progress of a run: a line on the terminal if it takes long, and the durations of passes for
//! `--timings`.
//!
//! It is global, because a process has one terminal and makes one run.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use score_compiler::world::Pass;

use super::human::count;

/// The time after which progress is shown.
const PATIENCE: Duration = Duration::from_millis(500);

/// The number of steps between two checks of the clock.
const LOOK: usize = 32;

/// A stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Finding and reading files.
    Read,
    /// A pass of the compiler.
    Pass(Pass),
    /// Reporting diagnostics.
    Report,
    /// Writing files.
    Write,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Stage::Read => "read",
            Stage::Pass(pass) => pass.name(),
            Stage::Report => "report",
            Stage::Write => "write",
        }
    }

    /// One of its steps.
    fn step(self) -> &'static str {
        match self {
            Stage::Read | Stage::Write => "file",
            Stage::Pass(pass) => pass.item(),
            Stage::Report => "finding",
        }
    }
}

/// The state of the run.
#[derive(Debug)]
struct Run {
    timings: bool,
    start: Instant,
    /// The start time of each stage, and its number of steps.
    stages: Vec<(Stage, Instant, usize)>,
    bar: Option<ProgressBar>,
}

static RUN: Mutex<Option<Run>> = Mutex::new(None);

/// Whether progress may be shown.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// The number of completed steps of the current stage.
static DONE: AtomicUsize = AtomicUsize::new(0);

/// Locks the run. Its state is valid even after a panic in another thread.
fn run() -> MutexGuard<'static, Option<Run>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the run with its first stage.
pub(crate) fn start(quiet: bool, timings: bool) {
    let shown = !quiet && io::stderr().is_terminal();
    SHOWN.store(shown, Ordering::Relaxed);
    let start = Instant::now();
    *run() = Some(Run {
        timings,
        start,
        stages: vec![(Stage::Read, start, 0)],
        bar: None,
    });
}

/// Starts a stage with a number of steps.
pub(crate) fn begin(stage: Stage, things: usize) {
    DONE.store(0, Ordering::Relaxed);
    if let Some(run) = run().as_mut() {
        run.stages.push((stage, Instant::now(), things));
        run.show();
    }
}

/// Completes a step.
pub(crate) fn advance() {
    let done = DONE.fetch_add(1, Ordering::Relaxed);
    if done.is_multiple_of(LOOK)
        && SHOWN.load(Ordering::Relaxed)
        && let Some(run) = run().as_mut()
    {
        run.show();
    }
}

/// Hides the progress line before other output.
pub(crate) fn hide() {
    if SHOWN.swap(false, Ordering::Relaxed)
        && let Some(bar) = run().as_mut().and_then(|run| run.bar.take())
    {
        bar.finish_and_clear();
    }
}

/// Ends the run, and prints the durations if they are requested.
pub(crate) fn finish() {
    hide();
    if let Some(run) = run().take().filter(|run| run.timings) {
        crate::report::console::problem_lines(&run.table());
    }
}

impl Run {
    /// Shows the progress, if the run has taken long enough.
    fn show(&mut self) {
        let Some((stage, _, things)) = self.stages.last() else {
            return;
        };
        if !SHOWN.load(Ordering::Relaxed) || self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(bar);
        bar.set_length(*things as u64);
        bar.set_position(DONE.load(Ordering::Relaxed) as u64);
        bar.set_prefix(stage.name());
        bar.set_message(format!("{}s", stage.step()));
    }

    /// The durations of all stages, and the total.
    fn table(&self) -> String {
        let end = Instant::now();
        let ends = self.stages.iter().skip(1).map(|(_, begun, _)| *begun);
        let parts = self.stages.iter().zip(ends.chain([end]));
        let mut lines: Vec<String> = parts
            .map(|((stage, begun, things), end)| {
                let line = line(stage.name(), end - *begun);
                match things {
                    0 => line,
                    things => format!("{line}  {}", count(*things, stage.step())),
                }
            })
            .collect();
        lines.push(line("all", end - self.start));
        lines.join("\n")
    }
}

fn line(name: &str, time: Duration) -> String {
    format!("{name:<8} {:>9.1} ms", time.as_secs_f64() * 1000.0)
}

fn bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix:>8} {wide_bar} {human_pos}/{human_len} {msg}");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
