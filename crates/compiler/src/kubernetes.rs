//! Kubernetes.
use crate::{App, OutputFile, RenderOptions, Target};
use score_spec::Diagnostic;

/// Kubernetes.
pub const TARGET: Target = Target {
    name: "kubernetes",
    summary: "Kubernetes objects",
    default_output: "manifests.yaml",
    reads_environment: true,
    render,
};

fn render(
    _app: &App,
    _options: &RenderOptions,
    _diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    Vec::new()
}
