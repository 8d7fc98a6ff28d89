//! Provisioners for resources of the default provisioners of the tools, if the old project has no files with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use score_spec::{Sources, parse};

use super::{OldProject, output};
use crate::host::Gates;
use crate::output::file::Output;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The start of the uris of default provisioners.
const DEFAULT: &str = "template://default-provisioners/";

/// The first line of the file.
const HEADER: &str =
    "# Written by score-rs for the resources of an old project: score-rs migrate\n";

/// The file with provisioners for the resources of default provisioners that no file of the project handles. Returns
/// its path, if one is needed.
pub(super) fn file(
    old: &OldProject,
    root: &Path,
    gates: &Gates,
    console: &Console,
    outputs: &mut Vec<Output>,
) -> Result<Option<PathBuf>, Failure> {
    let handled = types(&old.files, gates)?;
    let resources = old.state.resources.values();
    let default = resources.filter(|it| it.provisioner.starts_with(DEFAULT));
    let mut kinds = BTreeMap::new();
    for resource in default.filter(|it| !handled.contains(&it.kind)) {
        *kinds.entry(resource.kind.as_str()).or_insert(false) |= resource.has_state();
    }
    let platform = old.tool.platform;
    let mut written = String::from(HEADER);
    for (kind, has_state) in kinds {
        let mut known = score_provisioners::ADOPTED.iter();
        if let Some((.., text)) = known.find(|(of, known, _)| (*of, *known) == (platform, kind)) {
            written.push_str(text);
        } else if has_state {
            console.note(&format!(
                "{}: nothing keeps the resources of type `{kind}`; add the file of its provisioner to `{}`",
                old.tool.name,
                old.folder.display()
            ));
        }
    }
    if written == HEADER {
        return Ok(None);
    }
    let path = PathBuf::from(format!("adopted-{platform}.provisioners.yaml"));
    outputs.extend(output((root, gates), &path, written, console)?);
    Ok(Some(path))
}

/// The types that lists handle.
fn types(files: &[PathBuf], gates: &Gates) -> Result<BTreeSet<String>, Failure> {
    let mut types = BTreeSet::new();
    for file in files {
        let bytes = gates.project.read(file);
        let bytes = bytes.map_err(|error| Failure::read(file, &error))?;
        let mut sources = Sources::new();
        let id = sources.add("list", bytes);
        for document in parse(&sources, id).documents {
            let items = document.items().iter();
            let kinds = items.filter_map(|item| item.get("type")?.text());
            types.extend(kinds.map(str::to_owned));
        }
    }
    Ok(types)
}
