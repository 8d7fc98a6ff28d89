//! Resources that workloads declare.

use score_spec::{Code, Diagnostic, Workload};

use super::{Building, Identity, MOST_RESOURCES, Params, Resource};

impl Building<'_> {
    /// Adds a resource that a workload declares, or another declaration of a shared one.
    pub(super) fn declare(
        &mut self,
        workload: &Workload,
        name: &str,
        declared: &score_spec::Resource,
    ) {
        // A missing type has been reported.
        if declared.kind.value.is_empty() {
            return;
        }
        let workload = &workload.name.value;
        let identity = Identity::declared(workload, name, declared);
        let uid = identity.uid();
        if let Some((at, _, known)) = self.resources.get_full_mut(&uid) {
            let class = declared.class.as_ref();
            let (kind, catalogue) = (&identity.kind, &self.catalogue);
            catalogue.check_class(kind, class, self.diagnostics);
            if let Err(what) = join(known, workload, declared) {
                self.diagnostics.push(conflict(known, declared, what));
            }
            if self.catalogue.is_limited(kind) {
                let spans = [declared.kind.span, declared.span];
                self.check_handler(at, (workload, true), spans);
            }
            return;
        }
        if self.resources.len() >= MOST_RESOURCES {
            if !self.is_too_large {
                self.is_too_large = true;
                self.diagnostics.push(too_large(declared));
            }
            return;
        }
        let class = declared.class.as_ref();
        let span = declared.kind.span;
        let provisioner = match self.find(&uid, &identity, (workload, true), class, span) {
            Ok(provisioner) => provisioner,
            Err(found) => return self.diagnostics.extend(found.map(|it| *it)),
        };
        let resource = Resource {
            known_elsewhere: self.catalogue.params_elsewhere(&identity.kind),
            metadata: declared.metadata.clone(),
            params: match &declared.params {
                Some(params) => Params::Declared {
                    workload: workload.clone(),
                    params: params.clone(),
                },
                None => Params::None,
            },
            ..Resource::new(uid, identity, workload.clone(), declared.span, provisioner)
        };
        self.resources.insert(resource.uid.clone(), resource);
    }
}

/// Adds another declaration of a shared resource. Any of them can set params and metadata, but not
/// to different values.
fn join(
    known: &mut Resource,
    workload: &str,
    declared: &score_spec::Resource,
) -> Result<(), &'static str> {
    match (&known.params, &declared.params) {
        (_, None) => {}
        (Params::None, Some(params)) => {
            known.params = Params::Declared {
                workload: workload.to_owned(),
                params: params.clone(),
            };
        }
        (Params::Declared { params: first, .. }, Some(params)) if first.value == params.value => {}
        (Params::Declared { .. } | Params::Required { .. }, Some(_)) => return Err("params"),
    }
    match (&known.metadata, &declared.metadata) {
        (_, None) => {}
        (None, Some(metadata)) => known.metadata = Some(metadata.clone()),
        (Some(first), Some(metadata)) if first == metadata => {}
        (Some(_), Some(_)) => return Err("metadata"),
    }
    Ok(())
}

/// The diagnostic about declarations of a shared resource that contradict each other.
fn conflict(known: &Resource, declared: &score_spec::Resource, what: &str) -> Diagnostic {
    let (first, second) = (known.span.min(declared.span), known.span.max(declared.span));
    let message = format!(
        "the shared resource `{}` has different {what} here",
        known.uid
    );
    Diagnostic::new(Code::ResourceConflict, message)
        .at(second, "differs")
        .at(first, "first declared here")
        .help(format!(
            "set `{what}` in one place only or to the same value in all places, or use another `id`"
        ))
}

fn too_large(declared: &score_spec::Resource) -> Diagnostic {
    let message = format!("the project has more than {MOST_RESOURCES} resources");
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(declared.span, "exceeds the limit")
        .help("compile parts of the project in separate runs, or share resources with an `id`")
}
