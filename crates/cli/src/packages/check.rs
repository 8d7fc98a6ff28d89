//! Whether the files of a package are right, before they are installed.

use score_compiler::Catalogue;
use score_spec::{
    Sources,
    diagnostic::{any_error, sort},
};

use super::files::Files;
use crate::console::Console;

/// The resource types that the provisioners of a package answer, each once. If something is wrong
/// with one of them, that is reported, and there are none.
pub(crate) fn check(package: &str, files: &Files, console: &Console) -> Option<Vec<String>> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let ids = files.iter();
    let ids: Vec<_> = ids
        .map(|(name, bytes)| sources.add(format!("{package}/{name}"), bytes))
        .collect();
    let catalogue = Catalogue::new(&sources, &[ids], None, &mut diagnostics);
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return None;
    }
    let mut types = Vec::new();
    for provisioner in catalogue.provisioners() {
        if !types.contains(&provisioner.kind) {
            types.push(provisioner.kind.clone());
        }
    }
    Some(types)
}
