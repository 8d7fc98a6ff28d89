//! The provisioner of a resource.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Span, Spanned};

use super::{Building, Identity, Resource};
use crate::provisioner::{Provisioner, Wanted};

impl Identity {
    /// The resource, as a workload wants it.
    pub(super) fn wanted<'a>(&'a self, workload: &'a str, is_declared: bool) -> Wanted<'a> {
        Wanted {
            kind: &self.kind,
            class: self.class(),
            id: &self.id,
            workload,
            is_declared,
        }
    }
}

impl Building<'_> {
    /// The provisioner of a resource with this class at this location. A resource without one is recorded.
    pub(super) fn find(
        &mut self,
        uid: &str,
        identity: &Identity,
        (workload, is_declared): (&str, bool),
        class: Option<&Spanned<String>>,
        span: Span,
    ) -> Result<Arc<Provisioner>, Option<Box<Diagnostic>>> {
        let wanted = identity.wanted(workload, is_declared);
        let kind = &identity.kind;
        self.catalogue.need(kind, self.sources, self.diagnostics);
        if let Some(provisioner) = self.catalogue.handler(&wanted) {
            let provisioner = Arc::clone(provisioner);
            // In a list, a provisioner without a class is for any class, whatever others there are.
            if !provisioner.is_listed() {
                self.catalogue.check_class(kind, class, self.diagnostics);
            }
            if self.catalogue.is_limited(kind) {
                self.catalogue.check_tie(&wanted, span, self.diagnostics);
            }
            self.unhandled.remove(uid);
            return Ok(provisioner);
        }
        self.unhandled.insert(uid.to_owned(), identity.clone());
        let is_broken = self.catalogue.is_broken(kind);
        let number = self.diagnostics.len();
        Err((!is_broken).then(|| Box::new(self.catalogue.missing(&wanted, span, number))))
    }

    /// Reports that a further workload gets no provisioner for a resource, or another one than the first
    /// workload. `span` is the location of the type, and `place` that of the declaration.
    pub(super) fn check_handler(
        &mut self,
        at: usize,
        (workload, is_declared): (&str, bool),
        [span, place]: [Span; 2],
    ) {
        let known = &self.resources[at];
        let identity = known.identity();
        let wanted = identity.wanted(workload, is_declared);
        match self.catalogue.handler(&wanted) {
            None => {
                let number = self.diagnostics.len();
                let found = self.catalogue.missing(&wanted, span, number);
                self.diagnostics.push(if is_declared {
                    found
                } else {
                    found.at(known.span, format!("requires `{}`", known.uid))
                });
            }
            // Several entries can contain the same file.
            Some(other) if other.span != known.provisioner.span => {
                let found = differs(known, other, workload, place);
                self.diagnostics.push(found);
            }
            Some(_) => self.catalogue.check_tie(&wanted, span, self.diagnostics),
        }
    }
}

/// The diagnostic about workloads that get different provisioners for the same resource.
fn differs(known: &Resource, other: &Provisioner, workload: &str, place: Span) -> Diagnostic {
    let (both, first) = match known.workload.as_str() {
        "" => (
            format!("the project and the workload `{workload}`"),
            "the project".to_owned(),
        ),
        first => (
            format!("the workloads `{first}` and `{workload}`"),
            format!("`{first}`"),
        ),
    };
    let message = format!(
        "{both} get different provisioners for the shared resource `{}`",
        known.uid
    );
    Diagnostic::new(Code::ResourceConflict, message)
        .at(place, format!("needed by `{workload}`"))
        .at(known.span, format!("needed by {first}"))
        .at(other.span, format!("handles it for `{workload}`"))
        .at(known.provisioner.span, format!("handles it for {first}"))
        .help("use another `id` in one of the workloads, or change `for` so that one provisioner is for both")
}
