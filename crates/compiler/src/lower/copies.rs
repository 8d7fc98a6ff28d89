//! The size of what patches repeat for each container of a workload. It is that of whole patches: which parts of them
//! are for single containers depends on the platform.

use score_spec::{Code, Diagnostic};

use crate::ir::{App, Component, Raw, Tree};

/// The maximum number of bytes that patches repeat for the containers of a project, which take about two seconds, in
/// addition to the share of each component.
const MOST_REPEATED: usize = 64 << 20;

/// The share of each component: more than its patches repeat in most projects.
const SHARE: usize = 128 << 10;

/// The approximate size of a value in addition to its text.
const VALUE: usize = 128;

/// Reports the patch that exceeds the limit. Then there are no patches.
pub(super) fn check(app: &mut App, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(problem) = exceeded(app) {
        diagnostics.push(problem);
        for written in app.written.values_mut() {
            written.patches.clear();
            written.workload_patches.clear();
        }
    }
}

/// Whether patches of the workloads so far repeat certainly more than the limit, which is reported at the end.
pub(super) fn is_exceeded(repeated: usize, components: usize) -> bool {
    repeated > MOST_REPEATED + components * SHARE
}

fn exceeded(app: &App) -> Option<Diagnostic> {
    let mut left = MOST_REPEATED + app.components.len() * SHARE;
    for component in app.components.values() {
        let copies = component.containers.len().saturating_sub(1);
        if copies == 0 {
            continue;
        }
        for raw in app.all_patches(component) {
            match left.checked_sub(size(&raw.tree).saturating_mul(copies)) {
                Some(rest) => left = rest,
                None => return Some(too_large(component, raw)),
            }
        }
    }
    None
}

/// The approximate size of a patch.
pub(super) fn size(tree: &Tree) -> usize {
    VALUE
        + match tree {
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => 0,
            Tree::Text(text) => text.size(),
            Tree::List(items) => items.iter().map(size).sum(),
            Tree::Map(entries) => entries
                .iter()
                .map(|(key, value)| key.len() + size(value))
                .sum(),
        }
}

fn too_large(component: &Component, raw: &Raw) -> Diagnostic {
    let message = format!(
        "the patches of `{}` and other workloads repeat more than {} MiB for their containers",
        component.name,
        MOST_REPEATED >> 20
    );
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(raw.places.span, "exceeded here")
        .help("name the containers in patches, or reduce what they add to all of them")
}
