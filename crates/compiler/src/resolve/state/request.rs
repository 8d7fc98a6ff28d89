//! Which requests an entry of the state can have.

use serde_json::{Map, Value};

use super::{ProvisionerId, kept};

/// Whether a request is for the resource of an entry. A command deletes what it has created for the resource of the
/// request, which another entry must not do.
pub(super) fn is_request_of(
    entry: &str,
    provisioner: &ProvisionerId,
    request: &Map<String, Value>,
) -> bool {
    let text = |field: &str| request.get(field).and_then(Value::as_str);
    let (Some(uid), Some(kind), Some(class), Some(id)) =
        (text("uid"), text("type"), text("class"), text("id"))
    else {
        return false;
    };
    let is = |part: &Option<String>, value: &str| part.as_ref().is_none_or(|part| part == value);
    (entry == uid || entry == kept(uid, provisioner))
        && uid == format!("{kind}.{class}#{id}")
        && provisioner.kind == kind
        && is(&provisioner.class, class)
        && is(&provisioner.id, id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::resolve::state::State;

    #[test]
    fn a_request_is_for_the_resource_of_its_entry() {
        let request = json!({"uid": "a.b#c", "type": "a", "class": "b", "id": "c"});
        let parse = |entry: &str, provisioner: &Value, request: &Value| {
            let entry_value = json!({"provisioner": provisioner, "state": {}, "request": request});
            let mut resources = serde_json::Map::new();
            resources.insert(entry.to_owned(), entry_value);
            State::parse(
                &json!({"version": "score-rs/state/v4", "resources": resources}).to_string(),
            )
        };
        let any = json!({"type": "a"});
        assert!(parse("a.b#c", &any, &request).is_ok());
        assert!(parse("a.b#c of a.*#*", &any, &request).is_ok());
        for (entry, provisioner) in [
            ("a.b#d", &any),
            ("a.b#c of a.b#*", &any),
            ("a.b#c", &json!({"type": "z"})),
            ("a.b#c", &json!({"type": "a", "class": "large"})),
            ("a.b#c", &json!({"type": "a", "id": "d"})),
        ] {
            assert!(parse(entry, provisioner, &request).is_err(), "{entry}");
        }
        for (field, value) in [("uid", "a.b#d"), ("type", "z"), ("class", "z"), ("id", "d")] {
            let mut other = request.clone();
            other[field] = value.into();
            assert!(parse("a.b#c", &any, &other).is_err(), "{field}");
        }
    }
}
