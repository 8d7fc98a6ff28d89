//! Resources that are declared without effect.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Map, Valid, Workload,
    template::{Placeholder, Root},
};

use super::{Resource, uid_of};

/// Reports each declared resource without an effect: no placeholder refers to it, and its
/// provisioner only has outputs and servers. The effects of commands are unknown. A declared
/// dependency on another workload is useful even if its address is in the image.
pub(super) fn unused(
    workloads: &Map<Arc<Valid<Workload>>>,
    resources: &Map<Resource>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (owner, workload) in workloads {
        let mut used: BTreeSet<&str> = BTreeSet::new();
        let mut note = |placeholder: &'_ Placeholder| {
            if let Root::Resource(name) = &placeholder.root
                && let Some((name, _)) = workload.resources.get_key_value(name)
            {
                used.insert(name);
            }
        };
        workload.each_template(&mut |template| template.placeholders().for_each(&mut note));
        // A volume can be used without a placeholder.
        for container in workload.containers.values() {
            for volume in container.volumes.values() {
                let name = volume.source.as_literal().unwrap_or_default();
                let name = workload.resources.get_key_value(name);
                used.extend(name.map(|(name, _)| name.as_str()));
            }
        }
        for (name, declared) in &workload.resources {
            if used.contains(name.as_str()) {
                continue;
            }
            let resource = resources.get(&uid_of(owner, name, declared));
            let acts = |resource: &Resource| {
                resource.provisioner.acts() || resource.provisioner.names_workloads()
            };
            if resource.is_some_and(|resource| !acts(resource)) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::ResourceUnused,
                        format!("the resource `{name}` is not used"),
                    )
                    .at(declared.span, "")
                    .help(format!(
                        "use it, such as `${{resources.{name}.…}}` in a variable, or remove it"
                    )),
                );
            }
        }
    }
}
