//! The patch templates of a project on disk.

use std::io;
use std::path::{Path, PathBuf};

use score_compiler::PatchSource;
use score_spec::{Code, Diagnostic, Sources, Value};

use super::project::Project;
use super::project_text::{not_editable, with};
use crate::host::disk::read;
use crate::host::{Gate, is_private, name, private, word};
use crate::packages::without_secrets;
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
                        let help = fetched_by(INIT, Path::new(&file.value));
                        let help = help.unwrap_or_else(|| {
                            "use a file in the folder of the project file".to_owned()
                        });
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
            let text = text.map_err(|error| match fetched_by(INIT, path) {
                Some(help) => Failure::read(path, &error).help(help),
                None => Failure::read(path, &error),
            })?;
            self.patch_templates.push(PatchSource {
                source: sources.add(name(path), text),
                platform: None,
            });
        }
        Ok(())
    }
}

/// The option of `init` that fetches patch templates.
const INIT: &str = "--patch-templates";

/// Advice for a path that is a URI: the command that fetches it. A run never does.
pub(super) fn fetched_by(option: &str, path: &Path) -> Option<String> {
    let uri = path.to_str().filter(|it| it.contains("://"))?;
    let shown = if without_secrets(uri) == uri {
        word(path)
    } else {
        "URI".to_owned()
    };
    Some(format!(
        "fetch it into the project with `score-rs init --no-sample {option} {shown}`; other commands read files only"
    ))
}

/// The text of a patch template in a gate.
pub(crate) fn template_text(gate: &Gate, inner: &Path) -> io::Result<Vec<u8>> {
    let found = gate.locate(inner)?;
    if is_private(&found.inner) {
        return Err(private());
    }
    found.read()
}

/// The platform whose output a patch template changes, by the data that it uses.
pub(crate) fn platform_of(text: &str) -> &'static str {
    let is_for_objects = [".Manifests", ".Namespace"]
        .iter()
        .any(|field| text.contains(field));
    if is_for_objects {
        "kubernetes"
    } else {
        "compose"
    }
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
