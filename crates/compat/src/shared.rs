//! The state that provisioners of a project share.

use score_gotemplate::{Map, Value};

/// Changes the shared state as a provisioner requests (RFC 7396): nil removes a key, a map changes the
/// entries of a map, and any other value replaces the one before.
pub fn merge(state: &Map, change: &Map) {
    for (key, value) in change.entries() {
        match (state.get(key.as_bytes()), value) {
            (_, Value::Nil) => {
                state.remove(key.as_bytes());
            }
            (Some(Value::Map(known)), Value::Map(change)) => merge(&known, &change),
            (_, Value::Map(change)) => {
                let created = Map::new();
                merge(&created, &change);
                state.insert(key, created);
            }
            (_, value) => {
                state.insert(key, value);
            }
        }
    }
}
