//! The resources and outputs to which placeholders refer.

use score_spec::{
    Span, Workload,
    template::{Placeholder, Root},
};

use super::{Building, Params, Project, Resource};

impl Building<'_> {
    /// Records which outputs of resources placeholders use, and to which resources the params of each
    /// resource refer.
    pub(super) fn note_references(&mut self) {
        for workload in self.workloads.values() {
            let mut note = |placeholder: &Placeholder| {
                if let Some(uid) = target(workload, placeholder) {
                    self.note_output(&uid, placeholder.path.first(), placeholder.span);
                }
            };
            for container in workload.containers.values() {
                container
                    .each_template(&mut |template| template.placeholders().for_each(&mut note));
            }
        }
        let references: Vec<ParamReference> = self
            .resources
            .values()
            .flat_map(|resource| self.references(resource))
            .collect();
        for reference in references {
            self.note_output(&reference.to, reference.output.as_ref(), reference.span);
            if let Some(resource) = self.resources.get_mut(&reference.from) {
                resource.refers_to.insert(reference.to);
            }
        }
    }

    /// The references in the params of a resource.
    fn references(&self, resource: &Resource) -> Vec<ParamReference> {
        let mut references = Vec::new();
        if let Params::Declared { workload, params } = &resource.params
            && let Some(workload) = self.workloads.get(workload)
        {
            params.value.each_text(&mut |template| {
                let targets = template.placeholders().filter_map(|placeholder| {
                    Some(ParamReference {
                        from: resource.uid.clone(),
                        to: target(workload, placeholder)?,
                        output: placeholder.path.first().cloned(),
                        span: placeholder.span,
                    })
                });
                references.extend(targets);
            });
        }
        references
    }

    fn note_output(&mut self, uid: &str, output: Option<&String>, span: Span) {
        if let (Some(resource), Some(output)) = (self.resources.get_mut(uid), output) {
            resource.asked.entry(output.clone()).or_insert(span);
        }
    }
}

/// A reference in the params of a resource to another resource.
struct ParamReference {
    from: String,
    to: String,
    output: Option<String>,
    span: Span,
}

/// The uid of the resource to which a placeholder of a workload refers.
fn target(workload: &Workload, placeholder: &Placeholder) -> Option<String> {
    match &placeholder.root {
        Root::Resource(name) => Project::uid(workload, name),
        Root::Metadata => None,
    }
}
