//! Selects the fetched files that belong to a package: those with provisioners.

use score_spec::{Node, Sources, parse};

use super::fetch::Fetched;
use super::files::Files;
use super::source::Source;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The files with provisioners. If the source is a single file, it is selected without looking at
/// its contents.
pub(crate) fn choose(
    fetched: &Fetched,
    source: &Source,
    console: &Console,
) -> Result<Files, Failure> {
    if fetched.single {
        return Ok(fetched.files.clone());
    }
    let chosen = fetched.files.clone().filter(has_provisioners);
    if chosen.len() == 0 {
        let found = match fetched.files.len() {
            0 => "it has no YAML files",
            _ => "none of its YAML files contains `kind: Provisioner`",
        };
        return Err(
            Failure::new(format!("`{source}` has no provisioners: {found}"))
                .help("use the folder that contains them; subfolders are not searched"),
        );
    }
    for (name, _) in fetched.files.iter() {
        if chosen.get(name).is_none() {
            console.note(&format!(
                "`{name}` is skipped, because it has no provisioners"
            ));
        }
    }
    Ok(chosen)
}

/// Whether a document of a file has the kind of a provisioner. It may have errors.
fn has_provisioners(name: &str, bytes: &[u8]) -> bool {
    let mut sources = Sources::new();
    let id = sources.add(name, bytes);
    let documents = parse(&sources, id).documents;
    documents
        .iter()
        .any(|document| document.get("kind").and_then(Node::text) == Some("Provisioner"))
}
