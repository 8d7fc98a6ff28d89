//! The installed packages of a project.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_compiler::catalogue::CatalogueEntry;
use score_spec::{
    Code, Diagnostic, Map, SourceId, Sources, Spanned,
    diagnostic::{listed as names, nearest},
};

use crate::host::{Pins, name};
use crate::input::project::Project;
use crate::packages::{Contents, Updates, is_document, read_installed, read_lock};
use crate::report::failure::Failure;

/// The policy files of all packages in the lock file, by package.
pub(super) type PackagePolicies = BTreeMap<String, Vec<SourceId>>;

/// A package in `provisioners`.
pub(super) struct NamedPackage {
    pub(super) name: Spanned<String>,
    /// The index of its entry.
    pub(super) entry: usize,
}

impl Project {
    /// Reads the files of installed packages that match the lock file. The named ones become the files of their
    /// entries, the others are entries after all others. Returns the policy files by package.
    pub(super) fn add_packages(
        &mut self,
        named: &[NamedPackage],
        updates: &Updates,
        sources: &mut Sources,
    ) -> Result<PackagePolicies, Failure> {
        let gate = &self.gates.project;
        let mut policies = PackagePolicies::new();
        let Some(lock) = read_lock((&self.root, gate), sources, &mut self.diagnostics)? else {
            return Ok(policies);
        };
        let mut entries: Map<Vec<SourceId>> = Map::default();
        let packages = lock.packages.iter();
        let pins: BTreeMap<&str, Arc<Pins>> = packages
            .map(|it| (it.name.as_str(), Arc::new(it.files.clone())))
            .collect();
        for file in read_installed((&self.root, gate), &lock, updates, &mut self.diagnostics) {
            // Files of which nothing is known are provisioners of a single file.
            let contents = Contents::of(&file.file, &file.bytes);
            if contents == Some(Contents::Policies) {
                let id = sources.add(name(&file.path), file.bytes);
                policies.entry(file.package).or_default().push(id);
                continue;
            }
            if !is_document(&file.file) || contents.is_some_and(|it| it != Contents::Provisioners) {
                continue;
            }
            let name = name(&file.path);
            if let Some(pins) = pins.get(file.package.as_str()) {
                self.pins.insert(name.clone(), Arc::clone(pins));
            }
            let entry = entries.entry(file.package.clone()).or_default();
            let id = sources.add(name.clone(), file.bytes);
            if file.is_hidden {
                sources.hide(id);
            }
            entry.push(id);
            self.packages.insert(name, file.package);
        }
        for NamedPackage { name, entry } in named {
            if let Some(files) = entries.get(&name.value) {
                self.provisioners[*entry].files.clone_from(files);
            } else if lock.get(&name.value).is_none() {
                let known = lock.packages.iter().map(|it| it.name.as_str());
                self.diagnostics.push(unknown_package(name, known));
            }
        }
        entries.retain(|name, _| !self.settings.listed_packages.contains(name));
        self.provisioners
            .extend(entries.into_values().map(CatalogueEntry::from));
        for package in lock.packages {
            policies.entry(package.name).or_default();
        }
        Ok(policies)
    }
}

pub(super) fn unknown_package<'a>(
    name: &Spanned<String>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("the project has no package `{name}`");
    let help = match nearest(&name.value, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.clone().next().is_none() => {
            "install it with `score-rs packages add SOURCE`".to_owned()
        }
        None => format!("the packages are {}", names(known)),
    };
    Diagnostic::new(Code::ProjectInvalid, message)
        .at(name.span, "")
        .help(help)
}
