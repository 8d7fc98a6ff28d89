//! `generate --save`: adds builds and published ports of the run to the project file.

use std::path::Path;

use score_compiler::ir::Asker;
use score_compiler::{Rendered, Text};
use score_spec::Value;

use crate::args::Generate;
use crate::host::{canonical, name, relative};
use crate::input::project::Project;
use crate::input::project_text::{edited, not_editable, with};
use crate::output::file::Output;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The project file with the builds and published ports of the run, if they change it.
pub(crate) fn saved(
    compiled: &Rendered,
    project: &Project,
    args: &Generate,
    console: &Console,
) -> Result<Option<Output<'static>>, Failure> {
    let mut entries = builds(compiled, project);
    let published = args.publish.iter().map(|text| Value::Text(text.clone()));
    entries.extend(published.map(|text| ("publish", Value::List(vec![text]))));
    if entries.is_empty() {
        console.note("`--save` requires `--build` or `--publish`");
        return Ok(None);
    }
    let before = project.file.map(|id| &compiled.sources.get(id).text);
    let before = before.map_or("", String::as_str);
    let mut text = before.to_owned();
    for (section, entry) in entries {
        text = with(&text, section, &entry)
            .ok_or_else(|| not_editable(&project.root, section, &entry))?;
    }
    edited(&project.gates, &project.root, before, text)
}

/// The builds requested by options. Their folders are relative to the folder of the project file.
fn builds(compiled: &Rendered, project: &Project) -> Vec<(&'static str, Value)> {
    let root = project.gates.project.real();
    let here = name(&relative(root, &canonical(Path::new("."))));
    let mut builds = Vec::new();
    for component in compiled.app.components.values() {
        for (name, container) in &component.containers {
            let build = container.build.as_ref();
            if let Some(build) = build.filter(|build| build.asked_by == Asker::Option) {
                let plain = &mut |text: &Text| text.as_plain().unwrap_or_default().to_owned();
                let build = build.seen_from(&here).tree.map_text(plain);
                // A build with no setting but its folder is written in the short form.
                let value = match &build {
                    Value::Map(entries) if entries.len() == 1 => build.get("context"),
                    _ => None,
                };
                let value = value.unwrap_or(&build).clone();
                let key = format!("{}/{name}", component.name);
                builds.push(("builds", Value::from_iter([(key, value)])));
            }
        }
    }
    builds
}
