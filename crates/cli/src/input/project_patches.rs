//! The patch templates of a project on disk.

use std::io;
use std::path::{Path, PathBuf};

use score_compiler::PatchSource;
use score_spec::{Code, Diagnostic, Sources, Value};

use super::project::Project;
use super::project_text::{not_editable, with};
use crate::host::disk::read;
use crate::host::{Gate, is_private, name, private};
use crate::report::failure::{Failure, reason};

impl Project {
    /// Reads the patch templates of the settings, and then those of options, which are for every platform.
    pub(super) fn add_patch_templates(
        &mut self,
        paths: &[PathBuf],
        sources: &mut Sources,
    ) -> Result<(), Failure> {
        for (platform, files) in &self.settings.patch_templates {
            for file in files {
                match template_text(&self.gates.project, Path::new(&file.value)) {
                    Ok(text) => self.patch_templates.push(PatchSource {
                        source: sources.add(name(&self.root.join(&file.value)), text),
                        platform: Some(platform.clone()),
                    }),
                    Err(error) => {
                        let reason = reason(&error);
                        let message =
                            format!("the patch template `{file}` cannot be read: {reason}");
                        let found = Diagnostic::new(Code::ProjectInvalid, message);
                        let found = found.at(file.span, "");
                        let help = "use a file in the folder of the project file";
                        self.diagnostics.push(found.help(help));
                    }
                }
            }
        }
        for path in paths {
            let text = match self.gates.of(path) {
                Some((gate, inner)) => template_text(gate, &inner),
                None => read(path),
            };
            let text = text.map_err(|error| Failure::read(path, &error))?;
            self.patch_templates.push(PatchSource {
                source: sources.add(name(path), text),
                platform: None,
            });
        }
        Ok(())
    }
}

/// The text of a patch template in a gate.
fn template_text(gate: &Gate, inner: &Path) -> io::Result<Vec<u8>> {
    let found = gate.locate(inner)?;
    if is_private(&found.inner) {
        return Err(private());
    }
    found.read()
}

/// The platform and the path of a patch template of the project, for the project file.
pub(crate) fn patch_template(uri: &str, project: &Gate) -> Result<(&'static str, String), Failure> {
    let path = Path::new(uri.strip_prefix("file://").unwrap_or(uri));
    let elsewhere = |problem: String| {
        Failure::new(problem).help("download the patch template into the project, and use its path")
    };
    let Some(inner) = project.inner(path) else {
        return Err(elsewhere(format!("`{uri}` is not a file of the project")));
    };
    let text = template_text(project, &inner).map_err(|error| {
        let failure = Failure::read(path, &error);
        if uri.contains("://") {
            elsewhere(format!("`{uri}` is not a file of the project"))
        } else {
            failure
        }
    })?;
    let text = String::from_utf8_lossy(&text);
    let is_for_objects = [".Manifests", ".Namespace"]
        .iter()
        .any(|field| text.contains(field));
    let platform = if is_for_objects {
        "kubernetes"
    } else {
        "compose"
    };
    Ok((platform, name(&inner)))
}

/// The text of a project file with patch templates for a platform.
pub(crate) fn with_patch_templates(
    text: &str,
    platform: &str,
    templates: Vec<String>,
    root: &Path,
) -> Result<String, Failure> {
    let list = "patchTemplates";
    let items = templates.into_iter().map(Value::Text).collect();
    let entry = Value::from_iter([(platform.to_owned(), Value::List(items))]);
    with(text, list, &entry).ok_or_else(|| not_editable(root, list, &entry))
}
