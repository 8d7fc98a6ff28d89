//! Resources that workloads must not declare, because they belong to provisioners.

use score_spec::{Code, Diagnostic, Span};

use super::{Building, Resource, uid_of};
use crate::provisioner::Requirement;

/// The first requirement of a resource.
#[derive(Debug)]
pub(super) struct Owner {
    /// The type of the resource whose provisioner requires it.
    kind: String,
    /// The location of the requirement.
    span: Span,
}

impl Owner {
    /// The owner of a resource that is required for `parent`; absent if the resource may be declared, too.
    pub(super) fn of(parent: &Resource, requirement: &Requirement) -> Option<Self> {
        (!requirement.is_shared).then(|| Self {
            kind: parent.kind.clone(),
            span: requirement.span,
        })
    }
}

impl Building<'_> {
    /// Reports each declaration of a resource that belongs to a provisioner, or whose provisioner is internal.
    /// Its outputs can be those of an administrator.
    pub(super) fn check_internal(&mut self) {
        for workload in self.workloads.values() {
            for (name, declared) in &workload.resources {
                let uid = uid_of(&workload.name.value, name, declared);
                let span = declared.kind.span;
                let found = if let Some(owner) = self.owners.get(&uid) {
                    let message = format!("the resource `{uid}` belongs to a provisioner");
                    Diagnostic::new(Code::ResourceInternal, message)
                        .at(span, "")
                        .at(owner.span, "required here")
                        .help(format!(
                            "declare a resource of type `{}`, which requires it, or use another `id`",
                            owner.kind
                        ))
                } else if let Some(known) = self.resources.get(&uid)
                    && known.provisioner.internal.contains(&known.id)
                {
                    let message = format!("a workload cannot declare the resource `{uid}`");
                    Diagnostic::new(Code::ResourceInternal, message)
                        .at(span, "")
                        .help("only provisioners may require it; declare a resource whose provisioner does")
                } else {
                    continue;
                };
                self.diagnostics.push(found);
            }
        }
    }
}
