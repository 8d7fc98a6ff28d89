//! Changes with which more can be reached, or more may be done.

mod annotations;
mod compose;
mod network_policy;
mod peers;
mod pod;
mod rights;
mod route;
mod service;

pub(crate) use self::network_policy::Policies;

use crate::found::Found;
use crate::object::Object;
use crate::outputs::Outputs;

/// Adds the exposures of an object that is new or has changed, except those of network policies.
pub(crate) fn exposures(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    if let Some(before) = before {
        annotations::exposures(before, after, found);
    }
    match (after.id.group.as_str(), after.id.kind.as_str()) {
        ("", "Service") => service::exposures(before, after, outputs, found),
        ("", "Namespace") => rights::of_namespace(before, after, found),
        ("", "ServiceAccount") => rights::of_account(before, after, found),
        ("", "service") => compose::exposures(before, after, found),
        ("", "volume") => compose::of_volume(before, after, found),
        ("", "config") => compose::of_proxy(before, after, outputs, found),
        ("", "network") => compose::of_network(before, after, found),
        ("networking.k8s.io", "Ingress") => route::of_ingress(before, after, outputs, found),
        ("gateway.networking.k8s.io", "Gateway") => route::of_gateway(before, after, found),
        ("gateway.networking.k8s.io", "ReferenceGrant") => {
            route::of_grant(before, after, found);
        }
        ("gateway.networking.k8s.io", _) => route::of_route(before, after, outputs, found),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => {
            rights::of_role(before, after, outputs, found);
        }
        ("rbac.authorization.k8s.io", _) => rights::of_binding(before, after, outputs, found),
        _ => pod::exposures(before, after, outputs, found),
    }
}
