//! Types with alternatives, of which the API server accepts one: a patch with another alternative replaces it, as the
//! strategic merge of Kubernetes does with the sources of volumes.

use score_spec::Map;

use super::Shape;
use crate::ir::{Alternatives, Tree};
use crate::targets::kubernetes::reference::OpenTree;

/// The types with alternatives.
const UNIONS: [(&str, Alternatives); 5] = [
    ("core.v1.EnvVar", Alternatives::Of(&["value", "valueFrom"])),
    ("core.v1.EnvVarSource", Alternatives::AllBut(&[])),
    (
        "core.v1.LifecycleHandler",
        Alternatives::Of(&["exec", "httpGet", "sleep", "tcpSocket"]),
    ),
    (
        "core.v1.Probe",
        Alternatives::Of(&["exec", "grpc", "httpGet", "tcpSocket"]),
    ),
    ("core.v1.Volume", Alternatives::AllBut(&["name"])),
];

/// The type of mounts, the field with their volume, and the field that identifies a mount. Everything else belongs to
/// the volume.
const MOUNT: &str = "core.v1.VolumeMount";
const VOLUME: &str = "name";
const MOUNT_PATH: &str = "mountPath";

/// The types of update strategies, and their field that belongs to only one `type`, the default.
const STRATEGIES: [&str; 3] = [
    "apps.v1.DaemonSetUpdateStrategy",
    "apps.v1.DeploymentStrategy",
    "apps.v1.StatefulSetUpdateStrategy",
];
const ROLLING: (&str, &str) = ("rollingUpdate", "RollingUpdate");
const STRATEGY: &str = "type";

/// The alternatives among the fields of a type, if it has any.
pub(super) fn alternatives(of: Shape) -> Option<Alternatives> {
    let Shape::Type(of) = of else { return None };
    let mut unions = UNIONS.into_iter();
    let found = unions.find(|(name, _)| *name == of.name());
    found.map(|(_, alternatives)| alternatives)
}

/// Removes what a patch of a map replaces: other alternatives, another strategy, and the mount of another volume.
pub(super) fn replace(entries: &mut Map<OpenTree>, changes: &Map<OpenTree>, of: Shape) {
    if matches!(of, Shape::Type(of) if STRATEGIES.contains(&of.name())) {
        replace_strategy(entries, changes);
    }
    if let Some(alternatives) = alternatives(of) {
        let mut set = changes.iter().filter(|(_, value)| **value != Tree::Null);
        if set.any(|(field, _)| alternatives.contains(field)) {
            entries.retain(|field, _| !alternatives.contains(field) || changes.contains_key(field));
        }
    } else if matches!(of, Shape::Type(of) if of.name() == MOUNT)
        && let Some(volume) = changes.get(VOLUME)
        && entries.get(VOLUME).is_some_and(|known| known != volume)
    {
        entries.retain(|field, _| field == MOUNT_PATH);
    }
}

fn replace_strategy(entries: &mut Map<OpenTree>, changes: &Map<OpenTree>) {
    let (field, rolling) = ROLLING;
    let is_rolling = |strategy: &OpenTree| matches!(strategy, Tree::Text(text) if text.as_plain() == Some(rolling));
    match changes.get(STRATEGY) {
        Some(strategy) if !is_rolling(strategy) => _ = entries.shift_remove(field),
        None if changes.get(field).is_some_and(|it| *it != Tree::Null) => {
            entries.retain(|key, value| key != STRATEGY || is_rolling(value));
        }
        _ => {}
    }
}
