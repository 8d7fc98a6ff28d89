//! The files of an export.

use score_compiler::Text;
use score_compiler::ir::{Sealed, Tree};
use score_compiler::yaml;
use score_spec::Value;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportFile {
    /// The name by which the system finds it.
    pub name: &'static str,
    /// Its YAML documents.
    pub documents: Vec<Value>,
}

impl ExportFile {
    pub(crate) fn new(name: &'static str, documents: Vec<Value>) -> Self {
        Self { name, documents }
    }

    /// The documents as YAML, each after a line `---`.
    pub fn to_yaml(&self) -> String {
        let mut text = Text::new();
        let mut written = String::new();
        for document in &self.documents {
            let tree: Tree<Sealed> = document.map_text(&mut |text| text.as_str().into());
            yaml::emit(&tree, &mut text);
            written.push_str("---\n");
            written.push_str(&std::mem::take(&mut text).redact());
        }
        written
    }
}
