//! The policy files and waivers of a project on disk.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use score_spec::{Code, Diagnostic, Node, Sources, Spanned};

use super::project::{Project, listed_files};
use super::project_packages::{PackagePolicies, unknown_package};
use crate::host::{Kind, Located, name};
use crate::report::failure::{Failure, reason};

/// The file with waivers, beside the project file.
pub(super) const WAIVERS: &str = "waivers.yaml";

/// The prefix of packages in lists.
const PACKAGE: &str = "package:";

impl Project {
    /// Adds the built-in policies, and reads the policy files that the settings list, and the waivers.
    pub(super) fn add_policies(
        &mut self,
        mut of_packages: PackagePolicies,
        sources: &mut Sources,
    ) -> Result<(), Failure> {
        for (scope, text) in score_policies::BUILTIN {
            let id = sources.add(format!("builtin:policies/{scope}.yaml"), *text);
            self.built_in_policies.push(id);
        }
        let all = self.listed_policies();
        for from in &all {
            if let Some(package) = from.value.strip_prefix(PACKAGE) {
                match of_packages.remove(package) {
                    Some(files) if !files.is_empty() => self.policies.extend(files),
                    Some(_) => self.diagnostics.push(without_policies(from)),
                    None => {
                        let package = Spanned::new(package.to_owned(), from.span);
                        let known = of_packages.keys().map(String::as_str);
                        self.diagnostics.push(unknown_package(&package, known));
                    }
                }
                continue;
            }
            let shown = self.root.join(&from.value);
            match listed_files(&self.gates.project, Path::new(&from.value), &shown) {
                Ok(files) => {
                    for file in files {
                        let id = sources.add(name(&file.path), file.text);
                        self.policies.push(id);
                    }
                    let unread = self.unread_folders(from, &all);
                    self.diagnostics.extend(unread);
                }
                Err(error) => self.diagnostics.push(missing(from, &error)),
            }
        }
        let path = self.root.join(WAIVERS);
        let found = self.gates.project.locate(Path::new(WAIVERS));
        let text = found.and_then(|found| match found.kind {
            None | Some(Kind::Folder) => Ok(None),
            Some(_) => found.read().map(Some),
        });
        let text = text.map_err(|error| Failure::read(&path, &error))?;
        self.waivers = text.map(|text| sources.add(name(&path), text));
        Ok(())
    }

    /// The errors for subfolders with policies that no entry of the list names.
    fn unread_folders(&self, from: &Spanned<String>, all: &[Spanned<String>]) -> Vec<Diagnostic> {
        let folder = self.gates.project.locate(Path::new(&from.value));
        let folder = folder.and_then(Located::into_folder);
        let Ok(folder) = folder else {
            return Vec::new();
        };
        let is_policy = |(name, kind): &(OsString, Kind)| {
            let extension = Path::new(name).extension().and_then(|it| it.to_str());
            *kind == Kind::File && matches!(extension, Some("yaml" | "yml"))
        };
        let entries = folder.entries().unwrap_or_default().into_iter();
        let folders = entries.filter(|(_, kind)| *kind == Kind::Folder);
        let unread = folders.filter_map(|(name, _)| {
            let inner = folder.folder(&name).ok()?.entries().ok()?;
            let name = name.to_str().filter(|name| !name.starts_with('.'))?;
            let path = normal(&format!("{}/{name}", from.value));
            let is_listed = all.iter().any(|other| normal(&other.value) == path);
            (!is_listed && inner.iter().any(is_policy)).then(|| unread(from, &path))
        });
        unread.collect()
    }

    /// The entries of `policies.from`, each once.
    fn listed_policies(&self) -> Vec<Spanned<String>> {
        let section = self.settings.section("policies");
        let items = section.map_or(&[][..], |section| section.items_at("from"));
        let mut listed: Vec<Spanned<String>> = Vec::new();
        for item in items {
            let text = item.text().unwrap_or_default();
            if listed.iter().all(|it| it.value != text) {
                listed.push(Spanned::new(text.to_owned(), item.span));
            }
        }
        listed
    }

    /// The section `policies` of the settings.
    pub(super) fn policy_settings(&self) -> Option<&Node> {
        self.settings.section("policies")
    }
}

/// A relative path without `.`, empty components and a `/` at its end.
fn normal(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

fn without_policies(from: &Spanned<String>) -> Diagnostic {
    let message = format!("`{from}` has no policies");
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(from.span, "")
        .help("remove it, or update the package")
}

fn unread(from: &Spanned<String>, path: &str) -> Diagnostic {
    let message = format!("the policies in `{path}/` are not read");
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(from.span, "only the files in this folder are")
        .help(format!("list `{path}/`, too, or move its files"))
}

fn missing(from: &Spanned<String>, error: &io::Error) -> Diagnostic {
    let message = format!("the policies `{from}` cannot be read: {}", reason(error));
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(from.span, "")
        .help("use a file, or a folder of `*.yaml` files, in the folder of the project file")
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn paths_are_compared_in_one_form() {
        for path in ["sub", "sub/", "./sub", "././sub//", ".//sub/."] {
            assert_eq!(normal(path), "sub", "{path}");
        }
        assert_eq!(normal("./a//b/"), "a/b");
        assert_eq!(normal("./"), "");
    }
}
