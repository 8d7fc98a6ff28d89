//! The patch templates of a project on disk.

use std::io;
use std::path::{Path, PathBuf};

use score_compiler::PatchSource;
use score_spec::{Code, Diagnostic, Sources};

use super::project::Project;
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
                        let message = format!("the patch template `{file}` cannot be read: {reason}");
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
