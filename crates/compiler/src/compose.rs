//! Docker Compose.
use crate::{App, OutputFile, RenderOptions, Target};
use score_spec::Diagnostic;

/// Docker Compose.
pub const TARGET: Target = Target {
    name: "compose",
    summary: "a Docker Compose project",
    default_output: "compose.yaml",
    reads_environment: false,
    render,
};

fn render(
    _app: &App,
    _options: &RenderOptions,
    _diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    Vec::new()
}
