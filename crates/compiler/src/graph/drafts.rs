//! Workloads with errors: further problems with their resources. They are not processed further.

use indexmap::IndexMap;
use score_spec::{
    Diagnostic, Sources, Workload,
    template::{Placeholder, Root},
};

use super::Identity;
use super::placeholders::{each_in_params, each_placeholder};
use super::selection::find;
use super::unknown::check_declared;
use crate::provisioner::catalogue::Catalogue;

/// Reports resources without a provisioner, and placeholders for outputs that their provisioner
/// does not have.
pub(crate) fn check_drafts(
    drafts: &[Workload],
    catalogue: &mut Catalogue,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for draft in drafts {
        let mut provisioners = IndexMap::new();
        for (name, declared) in &draft.resources {
            // A missing type has been reported.
            if declared.kind.value.is_empty() {
                continue;
            }
            let found = find(
                &Identity::declared(&draft.name.value, name, declared),
                declared.class.as_ref(),
                declared.kind.span,
                catalogue,
                sources,
                diagnostics,
            );
            provisioners.extend(found.map(|found| (name.as_str(), found)));
        }
        let mut check = |placeholder: &Placeholder| {
            let Root::Resource(name) = &placeholder.root else {
                return;
            };
            let provisioner = provisioners.get(name.as_str());
            if let (Some(provisioner), Some(output)) = (provisioner, placeholder.path.first()) {
                check_declared(provisioner, name, output, placeholder.span, diagnostics);
            }
        };
        each_placeholder(draft, &mut check);
        each_in_params(draft, &mut check);
    }
}
