//! Descriptions of a project for other systems: continuous delivery, portals, platforms.
//!
//! An [`Export`] reads the [`ProjectView`] of each environment, and nothing else, and returns files. A part of the
//! project that its format cannot express is a finding (`export/lossy`), as is a part that the system needs and the
//! project lacks (`export/incomplete`, an error). [`EXPORTS`] lists all formats, each of which is in a module of its
//! own.
//!
//! Files are trees, which [`ExportFile::to_bytes`] writes, so that no text of a project can leave its place.
//! [`backstage_template()`] describes a template instead of a project. Its files are copied or, where Backstage
//! renders them, written with all signs of expressions as strings.

mod applier;
mod argocd;
mod backstage;
mod backstage_template;
mod deployment;
mod externals;
mod file;
mod findings;
mod flux;
mod nunjucks;
mod orchestrator;
mod port;
mod portal;
mod settings;
mod spacelift;
mod tree;
mod upsun;
mod view;

pub use self::applier::{Applier, Appliers};
pub use self::backstage_template::{SKELETON, TemplateView, backstage_template};
pub use self::file::{ExportContents, ExportFile, ExportPath};
use self::findings::Findings;
pub use self::settings::{Argocd, Delivery, Flux, Portal, Spacelift};
pub use self::view::ProjectView;
use score_spec::{Diagnostic, Node};
use std::collections::BTreeSet;

/// A format.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Export {
    /// Its name.
    pub name: &'static str,
    /// The system that reads it, and its contents, in one sentence.
    pub about: &'static str,
    /// Whether it contains the numbers of findings, which a [`ProjectView`] must then have.
    pub counts_findings: bool,
    /// Whether it depends on the objects of the output, so that all images must be known.
    pub needs_objects: bool,
    render: fn(&[ProjectView], &mut Findings) -> Vec<ExportFile>,
    environments: fn(&Node) -> Vec<&str>,
}

/// The result of an [`Export`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Exported {
    /// The files. They are not complete if there are errors.
    pub files: Vec<ExportFile>,
    /// The findings in each environment.
    pub findings: Vec<Vec<Diagnostic>>,
}

/// All formats, sorted by name.
pub static EXPORTS: [Export; 8] = [
    argocd::EXPORT,
    backstage::EXPORT,
    externals::EXPORT,
    flux::EXPORT,
    orchestrator::EXPORT,
    port::EXPORT,
    spacelift::EXPORT,
    upsun::EXPORT,
];

impl Export {
    /// The format with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        EXPORTS.iter().find(|export| export.name == name)
    }

    /// The environments in an earlier file of this format that the system removes with all of their objects if a later one
    /// does not contain them.
    pub fn applied<'d>(&self, documents: &'d [Node]) -> BTreeSet<&'d str> {
        let documents = documents.iter();
        documents.flat_map(|it| (self.environments)(it)).collect()
    }

    /// The files that describe a project in these environments, or without one.
    pub fn render(&self, views: &[ProjectView]) -> Exported {
        let mut findings = Findings::new(views.len());
        let files = (self.render)(views, &mut findings);
        Exported {
            files,
            findings: findings.into_inner(),
        }
    }
}
