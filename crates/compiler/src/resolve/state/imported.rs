//! The values of score-compose or score-k8s that stay after a move, such as the names and passwords of
//! databases.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::ir::ProjectKey;

/// Values of another tool that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The state that all resources share.
    pub shared: Map<String, Value>,
    /// The resources by uid.
    pub resources: BTreeMap<String, ImportedResource>,
}

impl Imported {
    /// The same values with placeholders for secrets.
    #[must_use]
    pub(crate) fn with_stand_ins(&self, stand_ins: &BTreeMap<String, String>) -> Self {
        let map = |map: &Map<String, Value>| {
            let values = map.iter();
            let values = values.map(|(key, value)| (key.clone(), replaced(value, stand_ins)));
            values.collect()
        };
        let resources = self.resources.iter().map(|(uid, resource)| {
            let resource = ImportedResource {
                guid: resource.guid.clone(),
                state: map(&resource.state),
            };
            (uid.clone(), resource)
        });
        Self {
            shared: map(&self.shared),
            resources: resources.collect(),
        }
    }
}

fn replaced(value: &Value, stand_ins: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => stand_ins.get(text).unwrap_or(text).clone().into(),
        Value::Array(items) => items.iter().map(|it| replaced(it, stand_ins)).collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, it)| (key.clone(), replaced(it, stand_ins)));
            Value::Object(entries.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The values of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedResource {
    /// The UUID of the resource, which is part of the names of objects. A derived one if absent.
    pub guid: Option<String>,
    /// The state of its provisioner.
    pub state: Map<String, Value>,
}

/// Imported values can be sealed with a project key that this run does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Imported values in the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// There are none.
    #[default]
    None,
    /// In clear text. They are never written.
    Open(Imported),
    /// In written form: each part sealed with the project key.
    Sealed {
        shared: String,
        resources: BTreeMap<String, String>,
    },
}

/// The context in which a value is sealed: of a resource, or with an empty uid the shared state.
fn context(platform: &str, uid: &str) -> String {
    format!("imported\0{platform}\0{uid}")
}

/// The imported values in a state file, by platform. An error describes what is wrong.
pub(super) fn read(state: &Value) -> Result<BTreeMap<String, Kept>, String> {
    let imported = state.get("imported").and_then(Value::as_object);
    let imported = imported.into_iter().flatten().map(|(platform, kept)| {
        let problem =
            "its `imported` does not have a string `shared`, and a map `resources` of strings";
        let kept = Kept::read(kept).ok_or_else(|| problem.to_owned())?;
        Ok((platform.clone(), kept))
    });
    imported.collect()
}

/// Adds the sealed values to the JSON of a state file.
pub(super) fn write(imported: &BTreeMap<String, Kept>, state: &mut Value) {
    let imported = imported.iter();
    let imported = imported.filter_map(|(key, kept)| Some((key.clone(), kept.to_json()?)));
    let imported: Map<String, Value> = imported.collect();
    if !imported.is_empty() {
        state["imported"] = imported.into();
    }
}

impl Kept {
    pub(super) fn get(&self) -> Result<Option<&Imported>, Unreadable> {
        match self {
            Self::None => Ok(None),
            Self::Open(imported) => Ok(Some(imported)),
            Self::Sealed { .. } => Err(Unreadable),
        }
    }

    /// The values in clear text, unless they are sealed with another key.
    pub(super) fn opened(self, platform: &str, key: &ProjectKey) -> Self {
        let Self::Sealed { shared, resources } = &self else {
            return self;
        };
        let open = || {
            let map = |context: &str, sealed: &str| -> Option<Map<String, Value>> {
                serde_json::from_str(key.open(context, sealed)?.reveal()).ok()
            };
            let resources = resources.iter().map(|(uid, sealed)| {
                let mut fields = map(&context(platform, uid), sealed)?;
                let state = match fields.remove("state") {
                    Some(Value::Object(state)) => state,
                    _ => Map::new(),
                };
                let guid = fields.get("guid").and_then(Value::as_str);
                let guid = guid.map(str::to_owned);
                Some((uid.clone(), ImportedResource { guid, state }))
            });
            Some(Imported {
                shared: map(&context(platform, ""), shared)?,
                resources: resources.collect::<Option<_>>()?,
            })
        };
        open().map_or_else(|| self.clone(), Self::Open)
    }

    /// The values in written form.
    pub(super) fn sealed(self, platform: &str, key: &ProjectKey) -> Self {
        let Self::Open(imported) = self else {
            return self;
        };
        let resources = imported.resources.into_iter().map(|(uid, resource)| {
            let fields = json!({"guid": resource.guid, "state": resource.state});
            let sealed = key.seal(&context(platform, &uid), &fields.to_string());
            (uid, sealed)
        });
        Self::Sealed {
            resources: resources.collect(),
            shared: key.seal(
                &context(platform, ""),
                &Value::from(imported.shared).to_string(),
            ),
        }
    }

    fn read(json: &Value) -> Option<Self> {
        let resources = json.get("resources")?.as_object()?.iter();
        Some(Self::Sealed {
            shared: json.get("shared")?.as_str()?.to_owned(),
            resources: resources
                .map(|(uid, sealed)| Some((uid.clone(), sealed.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
        })
    }

    /// The values as JSON; `None` if they are not sealed.
    fn to_json(&self) -> Option<Value> {
        match self {
            Self::Sealed { shared, resources } => {
                Some(json!({"shared": shared, "resources": resources}))
            }
            Self::None | Self::Open(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Imported, ImportedResource, Unreadable};
    use crate::ir::ProjectKey;
    use crate::resolve::State;

    #[test]
    fn imported_values_are_written_sealed() {
        let map = |value: serde_json::Value| value.as_object().cloned().unwrap_or_default();
        let resource = ImportedResource {
            guid: Some("5b1d5c0e-9a8e-4c55-1f0e-3f0d7a4a2c11".to_owned()),
            state: map(json!({"password": "hunter22"})),
        };
        let imported = Imported {
            shared: map(json!({"server": {"root": "hunter23"}})),
            resources: [("redis.default#web.cache".to_owned(), resource)].into(),
        };
        let key = ProjectKey::new([1; 32]);
        let state = State::new().with_imported("compose", imported.clone());
        assert!(!state.is_empty() && state.has_secrets());
        let text = state.clone().sealed(&key).to_text();
        assert!(!text.contains("hunter") && !text.contains("5b1d"), "{text}");
        assert!(!state.to_text().contains("hunter"));
        let read = State::parse(&text).unwrap_or_default();
        assert_eq!(read.clone().sealed(&key), read);
        assert_eq!(
            read.clone().opened(&key).imported("compose"),
            Ok(Some(&imported))
        );
        let other = read.clone().opened(&ProjectKey::new([2; 32]));
        assert_eq!(other, read);
        assert_eq!(other.imported("compose"), Err(Unreadable));
    }
}
