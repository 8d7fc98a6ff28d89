//! Provisioners for resources of the default provisioners of the tools, if the old project has no files with them.

use std::collections::BTreeSet;
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
    let kinds: BTreeSet<&str> = default.map(|it| it.kind.as_str()).collect();
    let kinds = kinds.into_iter().filter(|kind| !handled.contains(*kind));
    let platform = old.tool.platform;
    let mut known = score_provisioners::ADOPTED.iter();
    let text = known.find(|(known, _)| *known == platform);
    let text = text.map_or("", |(_, text)| text);
    let items: Vec<&str> = text.split("\n- ").skip(1).collect();
    let mut written = String::from(HEADER);
    let mut has_items = false;
    for kind in kinds {
        let line = format!("  type: {kind}");
        let item = items.iter().find(|it| it.lines().any(|it| it == line));
        if let Some(item) = item {
            has_items = true;
            written.push_str("- ");
            written.push_str(item.trim_end());
            written.push('\n');
        } else {
            console.note(&format!(
                "{}: nothing keeps the resources of type `{kind}`; add the file of its provisioner to `{}`",
                old.tool.name,
                old.folder.display()
            ));
        }
    }
    if !has_items {
        return Ok(None);
    }
    let path = PathBuf::from(format!("adopted-{platform}.provisioners.yaml"));
    outputs.push(output(gates, &path, root, written)?);
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
