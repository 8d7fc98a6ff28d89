//! A note about the state of score-compose or score-k8s, which `generate` does not use.

use std::path::Path;

use score_compiler::State;

use crate::host::{Gates, Kind};
use crate::report::console::Console;

/// The state files of the tools by platform.
const FILES: [(&str, &str); 2] = [
    ("compose", ".score-compose/state.yaml"),
    ("kubernetes", ".score-k8s/state.yaml"),
];

/// Says that the state of an earlier tool for this platform has not been taken over, if there is one: names and passwords
/// differ, and only the Score files of the run are generated.
pub(super) fn note(gates: &Gates, platform: Option<&str>, state: &State, console: &Console) {
    let file = FILES.iter().find(|(name, _)| Some(*name) == platform);
    let Some((platform, file)) = file.filter(|(platform, _)| !state.has_imported(platform)) else {
        return;
    };
    let found = gates.project.locate(Path::new(file));
    if found.is_ok_and(|it| it.kind == Some(Kind::File)) {
        console.note(&format!(
            "`{file}` is not used: the output has the Score files of this run, and new names and passwords; \
             `score-rs migrate` takes over those of {platform}"
        ));
    }
}
