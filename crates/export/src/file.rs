//! The files of an export.

use score_compiler::Text;
use score_compiler::ir::{Sealed, Tree};
use score_compiler::yaml;
use score_spec::Value;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportFile {
    /// The path by which the system finds it.
    pub path: ExportPath,
    /// Its contents.
    pub contents: ExportContents,
    /// Whether it is executable.
    pub executable: bool,
}

/// A relative path with `/` as separator, which leads nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportPath(String);

/// The contents of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportContents {
    /// YAML documents.
    Documents(Vec<Value>),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl ExportPath {
    /// A path, if it is a relative one without empty names, `.`, `..` and control characters.
    pub fn new(path: &str) -> Option<Self> {
        let is_name = |name: &str| {
            !matches!(name, "" | "." | "..")
                && !name.contains(|c: char| c == '\\' || c.is_control())
        };
        path.split('/').all(is_name).then(|| Self(path.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ExportFile {
    /// A file of YAML documents with a fixed name.
    pub(crate) fn new(name: &'static str, documents: Vec<Value>) -> Self {
        Self {
            path: ExportPath(name.to_owned()),
            contents: ExportContents::Documents(documents),
            executable: false,
        }
    }

    /// Its bytes: those of documents are YAML, each after a line `---`.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.contents {
            ExportContents::Documents(documents) => yaml(documents).into_bytes(),
            ExportContents::Bytes(bytes) => bytes.clone(),
        }
    }
}

fn yaml(documents: &[Value]) -> String {
    let mut text = Text::new();
    let mut written = String::new();
    for document in documents {
        let tree: Tree<Sealed> = document.map_text(&mut |text| text.as_str().into());
        yaml::emit(&tree, &mut text);
        written.push_str("---\n");
        written.push_str(&std::mem::take(&mut text).redact());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::ExportPath;

    #[test]
    fn paths_are_relative() {
        for path in ["a", "skeleton/${{ values.name }}/.env", "a b/c..d"] {
            assert!(ExportPath::new(path).is_some(), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", "../a", "a/./b", "a\\b", "a\nb"] {
            assert!(ExportPath::new(path).is_none(), "{path}");
        }
    }
}
