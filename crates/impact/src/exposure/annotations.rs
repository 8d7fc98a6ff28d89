//! Annotations with which controllers restrict access.

use std::collections::BTreeSet;

use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::routes::is_route;
use crate::show::quoted;
use crate::tree::{entries, path, plain};

/// The ends of names of annotations that restrict access, whatever the controller. Their loss or another value can open
/// it; the value is that with which they do not restrict anything.
const RESTRICTIONS: [(&str, Option<&str>); 14] = [
    ("whitelist-source-range", None),
    ("allowlist-source-range", None),
    ("denylist-source-range", None),
    ("load-balancer-source-ranges", None),
    ("inbound-cidrs", None),
    ("auth-type", None),
    ("auth-url", None),
    ("auth-secret", None),
    ("auth-tls-secret", None),
    ("auth-tls-verify-client", None),
    ("ssl-redirect", Some("false")),
    ("force-ssl-redirect", Some("false")),
    ("middlewares", None),
    ("internal", Some("false")),
];

/// The names of annotations that decide from where something can be reached.
const SCOPES: [&str; 5] = [
    "kubernetes.io/ingress.class",
    "alb.ingress.kubernetes.io/scheme",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "cloud.google.com/load-balancer-type",
    "networking.gke.io/load-balancer-type",
];

/// Adds the exposures by annotations of Services, Ingresses, routes and Gateways.
pub(super) fn exposures(before: &Object, after: &Object, found: &mut Found) {
    let is_entry = after.id.is("", "Service")
        || after.id.is("gateway.networking.k8s.io", "Gateway")
        || is_route(after);
    if !is_entry {
        return;
    }
    let value = |object, key| plain(object, &["metadata", "annotations", key]);
    let annotations = |object| entries(object, &["metadata", "annotations"]).map(|(key, _)| key);
    let keys: BTreeSet<&str> = annotations(&before.tree)
        .chain(annotations(&after.tree))
        .collect();
    for key in keys {
        let (old, new) = (value(&before.tree, key), value(&after.tree, key));
        let restriction = RESTRICTIONS.iter().find(|(name, _)| {
            let end = key.strip_suffix(name);
            end.is_some_and(|rest| rest.ends_with(['/', '-', '.']))
        });
        let is_lost = restriction.is_some_and(|(_, open)| match open {
            // Without the annotation, the controller decides.
            Some(open) => old != new && (new == Some(open) || new.is_none() && old != Some(open)),
            None => old.is_some() && old != new,
        });
        if is_lost {
            let reason = format!("{} does not restrict the access as before", quoted(key));
            let place = path(&["metadata", "annotations", key]);
            found.raise(Class::Exposure, place, &reason);
        }
    }
    for key in SCOPES {
        if value(&before.tree, key) != value(&after.tree, key) {
            let reason = format!("{} decides from where it can be reached", quoted(key));
            let place = path(&["metadata", "annotations", key]);
            found.raise(Class::Exposure, place, &reason);
        }
    }
}
