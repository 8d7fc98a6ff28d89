//! The provisioner of a resource.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Sources, Span, Spanned, diagnostic::MOST_PROPOSALS};

use super::{Building, Identity};
use crate::provisioner::Provisioner;
use crate::provisioner::catalogue::Catalogue;

impl Building<'_> {
    /// The provisioner of a resource. A resource without one is recorded.
    pub(super) fn find(
        &mut self,
        uid: &str,
        identity: &Identity,
        class: Option<&Spanned<String>>,
        span: Span,
    ) -> Option<Arc<Provisioner>> {
        let provisioner = find(
            identity,
            class,
            span,
            self.catalogue,
            self.sources,
            self.diagnostics,
        );
        if provisioner.is_none() {
            self.unhandled.insert(uid.to_owned(), identity.clone());
        }
        provisioner
    }
}

/// The provisioner of a resource with this class at this location. A missing one is reported at `span`.
pub(super) fn find(
    identity: &Identity,
    class: Option<&Spanned<String>>,
    span: Span,
    catalogue: &mut Catalogue,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<Provisioner>> {
    let Identity { kind, id, .. } = identity;
    catalogue.need(kind, sources, diagnostics);
    let of_class = identity.class.as_deref().unwrap_or("default");
    if let Some(provisioner) = catalogue.handler(kind, of_class, id) {
        let provisioner = Arc::clone(provisioner);
        catalogue.check_class(kind, class, diagnostics);
        return Some(provisioner);
    }
    if !catalogue.is_broken(kind) {
        let found = missing(kind, of_class, span, catalogue, diagnostics.len());
        diagnostics.push(found);
    }
    None
}

/// The diagnostic about a missing provisioner. `found` is the number of preceding diagnostics.
fn missing(
    kind: &str,
    class: &str,
    span: Span,
    catalogue: &mut Catalogue,
    found: usize,
) -> Diagnostic {
    let message = match class {
        "default" => format!("no provisioner for resources of type `{kind}`"),
        class => format!("no provisioner for resources of type `{kind}` and class `{class}`"),
    };
    let diagnostic = Diagnostic::new(Code::ResourceUnknownType, message).at(span, "");
    // The help text compares all types, so it is only added to the first diagnostics.
    if found >= MOST_PROPOSALS {
        return diagnostic;
    }
    diagnostic.help(catalogue.advice(kind, class))
}
