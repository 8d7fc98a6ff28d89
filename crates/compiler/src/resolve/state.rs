//! The state of provisioner commands between runs, for each resource: the data that they return and receive
//! again, and their answers. Storing the state is out of scope.

mod answer;
mod imported;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value, json};

pub use self::answer::RecordedAnswer;
pub(crate) use self::answer::RecordedSecret;
pub use self::imported::{Imported, ImportedResource};
use self::imported::{Kept, Unreadable};
use self::request::is_request_of;
use crate::graph::Project;
use crate::ir::ProjectKey;
use crate::provisioner::Provisioner;
use crate::resolve::Resolved;

/// The version of the text form without its number.
const FORMAT: &str = "score-rs/state/v";

/// The version number that this program writes.
const VERSION: u64 = 4;

/// The state of commands, and values of another tool that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The state of commands, by the uid of the resource.
    entries: BTreeMap<String, Entry>,
    /// Imported values by the platform for which they are.
    imported: BTreeMap<String, Kept>,
}

/// The state of the command for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The provisioner of the command.
    pub provisioner: ProvisionerId,
    /// The `state` of its answer.
    pub value: Map<String, Value>,
    /// The rest of its last answer for each target, by the name of the target, for runs that do not start commands.
    pub answers: BTreeMap<String, RecordedAnswer>,
    /// The last request without its mode and state, if the command also deletes what it has created.
    pub request: Option<Map<String, Value>>,
}

/// The results of a command for a resource in a run.
#[derive(Debug, Clone)]
pub(crate) struct CommandResult {
    /// The `state` of the answer.
    pub(crate) value: Map<String, Value>,
    pub(crate) target: String,
    pub(crate) answer: RecordedAnswer,
    /// The request, if the command also deletes.
    pub(crate) request: Option<Map<String, Value>>,
}

/// The identity of a provisioner: the resources that it handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerId {
    /// Their type.
    pub kind: String,
    /// Their class; any class if absent.
    pub class: Option<String>,
    /// Their id; any id if absent.
    pub id: Option<String>,
}

/// The reason why a string is not a valid state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateError {
    /// It is not valid JSON, with the reason.
    Syntax(String),
    /// It has a later version of the format.
    Newer(String),
    /// It has an invalid part, with a description.
    Form(String),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Syntax(reason) => write!(f, "it is not valid JSON: {reason}"),
            StateError::Newer(version) => {
                write!(
                    f,
                    "it was written by a later version of score-rs (`{version}`)"
                )
            }
            StateError::Form(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for StateError {}

impl ProvisionerId {
    /// The identity of a provisioner.
    pub(crate) fn of(provisioner: &Provisioner) -> Self {
        Self {
            kind: provisioner.kind.clone(),
            class: provisioner.class.clone(),
            id: provisioner.id.clone(),
        }
    }

    fn read(json: &Value) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            kind: text("type")?,
            class: text("class"),
            id: text("id"),
        })
    }

    /// The identity as a JSON object; absent parts are omitted.
    pub fn to_json(&self) -> Value {
        let parts = [
            ("type", Some(&self.kind)),
            ("class", self.class.as_ref()),
            ("id", self.id.as_ref()),
        ];
        let parts = parts.into_iter();
        parts
            .filter_map(|(name, value)| Some((name.to_owned(), value?.as_str().into())))
            .collect::<Map<_, _>>()
            .into()
    }
}

impl fmt::Display for ProvisionerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type `{}`", self.kind)?;
        for (name, part) in [("class", &self.class), ("id", &self.id)] {
            if let Some(part) = part {
                write!(f, ", {name} `{part}`")?;
            }
        }
        Ok(())
    }
}

impl State {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| StateError::Syntax(error.to_string()))?;
        let form = |problem: String| StateError::Form(problem);
        let version = json
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let number = version.strip_prefix(FORMAT).and_then(|it| it.parse().ok());
        match number {
            // The first version had no answers, the second one no target, on which requests depend now, and the third
            // one no imported values.
            Some(1..=VERSION) => {}
            Some(later) if later > VERSION => return Err(StateError::Newer(version.to_owned())),
            _ => return Err(form(format!("its `version` is not `{FORMAT}{VERSION}`"))),
        }
        let resources = json.get("resources").and_then(Value::as_object);
        let resources = resources.ok_or_else(|| form("it has no map `resources`".to_owned()))?;
        let mut state = Self::new();
        for (uid, entry) in resources {
            let provisioner = entry.get("provisioner").and_then(ProvisionerId::read);
            let value = entry.get("state").and_then(Value::as_object).cloned();
            let (Some(provisioner), Some(value)) = (provisioner, value) else {
                return Err(form(format!(
                    "`{uid}` does not have a `provisioner` with a `type`, and a map `state`"
                )));
            };
            let request = entry.get("request").and_then(Value::as_object).cloned();
            if let Some(request) = &request
                && !is_request_of(uid, &provisioner, request)
            {
                return Err(form(format!(
                    "the `request` of `{uid}` is for another resource"
                )));
            }
            let answers = entry.get("answers").and_then(Value::as_object);
            let answers = answers.into_iter().flatten().map(|(target, answer)| {
                let problem = || {
                    form(format!(
                        "the answers of `{uid}` do not have a string `question`, and maps `values` and `secrets`"
                    ))
                };
                let answer = RecordedAnswer::read(answer).ok_or_else(problem)?;
                Ok((target.clone(), answer))
            });
            let entry = Entry {
                provisioner,
                value,
                answers: answers.collect::<Result<_, StateError>>()?,
                request,
            };
            state.entries.insert(uid.clone(), entry);
        }
        state.imported = imported::read(&json).map_err(form)?;
        Ok(state)
    }

    /// Whether there is a secret for which the project key is needed.
    pub fn has_secrets(&self) -> bool {
        let mut answers = self.entries.values().flat_map(|it| it.answers.values());
        !self.imported.is_empty() || answers.any(|answer| !answer.secrets.is_empty())
    }

    /// The state with opened secrets. Those that the key does not open remain sealed.
    #[must_use]
    pub fn opened(mut self, key: &ProjectKey) -> Self {
        for (platform, kept) in &mut self.imported {
            *kept = std::mem::take(kept).opened(platform, key);
        }
        self.with_secrets(|context, kept| match kept {
            RecordedSecret::Sealed(sealed) => match key.open(context, &sealed) {
                Some(value) => RecordedSecret::Open(value),
                None => RecordedSecret::Sealed(sealed),
            },
            open @ RecordedSecret::Open(_) => open,
        })
    }

    /// The state with sealed secrets, which can be written. Answers with other secrets are omitted.
    #[must_use]
    pub fn sealed(mut self, key: &ProjectKey) -> Self {
        for (platform, kept) in &mut self.imported {
            *kept = std::mem::take(kept).sealed(platform, key);
        }
        self.with_secrets(|context, kept| match kept {
            RecordedSecret::Open(value) => {
                RecordedSecret::Sealed(key.seal(context, value.reveal()))
            }
            sealed @ RecordedSecret::Sealed(_) => sealed,
        })
    }

    fn with_secrets(mut self, f: impl Fn(&str, RecordedSecret) -> RecordedSecret) -> Self {
        for (uid, entry) in &mut self.entries {
            let answers = entry.answers.values_mut();
            for (name, kept) in answers.flat_map(|answer| &mut answer.secrets) {
                let empty = RecordedSecret::Sealed(String::new());
                *kept = f(&format!("{uid}\0{name}"), std::mem::replace(kept, empty));
            }
        }
        self
    }

    /// The text form: JSON with a trailing line break. Keys are sorted, except in the values of answers.
    pub fn to_text(&self) -> String {
        let resources = self.entries.iter().map(|(uid, entry)| {
            let mut value = Value::from(entry.value.clone());
            value.sort_all_objects();
            let mut json = json!({"provisioner": entry.provisioner.to_json(), "state": value});
            let answers = entry.answers.iter();
            let answers = answers.filter_map(|(target, it)| Some((target.clone(), it.to_json()?)));
            let answers: Map<String, Value> = answers.collect();
            if !answers.is_empty() {
                json["answers"] = answers.into();
            }
            if let Some(request) = &entry.request {
                let mut request = Value::from(request.clone());
                request.sort_all_objects();
                json["request"] = request;
            }
            (uid.clone(), json)
        });
        let resources: Map<String, Value> = resources.collect();
        let version = format!("{FORMAT}{VERSION}");
        let mut json = json!({"version": version, "resources": resources});
        imported::write(&self.imported, &mut json);
        format!("{json:#}\n")
    }

    /// Whether the state is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.imported.is_empty()
    }

    /// The state with values of another tool that stay, for a platform.
    #[must_use]
    pub fn with_imported(mut self, platform: &str, imported: Imported) -> Self {
        self.imported
            .insert(platform.to_owned(), Kept::Open(imported));
        self
    }

    /// Whether values of another tool stay for a platform.
    pub fn has_imported(&self, platform: &str) -> bool {
        self.imported.contains_key(platform)
    }

    /// The values of another tool that stay, for a platform. An error if they are sealed with another project key.
    pub(crate) fn imported(&self, platform: &str) -> Result<Option<&Imported>, Unreadable> {
        self.imported.get(platform).map_or(Ok(None), Kept::get)
    }

    /// The state of a resource.
    pub fn get(&self, uid: &str) -> Option<&Entry> {
        self.entries.get(uid)
    }

    /// All entries, sorted by uid.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(uid, entry)| (uid.as_str(), entry))
    }

    /// The state with an entry for a resource, which replaces an existing one.
    #[must_use]
    pub fn with(mut self, uid: &str, entry: Entry) -> Self {
        self.entries.insert(uid.to_owned(), entry);
        self
    }

    /// The state without the entry of a resource.
    #[must_use]
    pub fn without(mut self, uid: &str) -> Self {
        self.entries.remove(uid);
        self
    }

    /// The state of the command of a provisioner for a resource.
    pub(crate) fn of(&self, uid: &str, provisioner: &ProvisionerId) -> Option<&Entry> {
        let current = self.get(uid).filter(|it| it.provisioner == *provisioner);
        current.or_else(|| self.get(&kept(uid, provisioner)))
    }

    /// The state after a run, and the uids in it that are not handled by a command of this project and are
    /// not in `answered`. Entries that were not used are kept, and so is the state of other provisioners,
    /// under separate names, because their objects may still exist.
    pub(crate) fn next(
        mut self,
        project: &Project,
        resolved: &Resolved,
        answered: &mut BTreeSet<String>,
    ) -> (Self, Vec<String>) {
        for (uid, resource) in &project.resources {
            let Some(result) = resolved.get(uid).and_then(|it| it.state.clone()) else {
                continue;
            };
            let provisioner = ProvisionerId::of(&resource.provisioner);
            let mut answers = BTreeMap::new();
            match self.entries.remove(uid) {
                Some(old) if old.provisioner == provisioner => answers = old.answers,
                Some(old) if !old.value.is_empty() || old.request.is_some() => {
                    let old = Entry {
                        answers: BTreeMap::new(),
                        ..old
                    };
                    self.entries.insert(kept(uid, &old.provisioner), old);
                }
                _ => {}
            }
            self.entries.remove(&kept(uid, &provisioner));
            answers.insert(result.target, result.answer);
            let entry = Entry {
                provisioner,
                value: result.value,
                answers,
                request: result.request,
            };
            self.entries.insert(uid.clone(), entry);
        }
        let resources = project.resources.iter();
        let own = resources.filter(|(_, resource)| resource.provisioner.has_command());
        answered.extend(own.map(|(uid, _)| uid.clone()));
        let vanished = self
            .entries
            .keys()
            .filter(|uid| !answered.contains(*uid))
            .cloned()
            .collect();
        (self, vanished)
    }
}

/// The name under which the state of a provisioner is kept when another one handles the resource.
pub(crate) fn kept(uid: &str, provisioner: &ProvisionerId) -> String {
    let any = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
    let (class, id) = (any(&provisioner.class), any(&provisioner.id));
    format!("{uid} of {}.{class}#{id}", provisioner.kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{Entry, ProvisionerId, RecordedAnswer, RecordedSecret, State, StateError};
    use crate::ir::{ProjectKey, SecretValue};

    fn state() -> State {
        let entry = |class: Option<&str>| Entry {
            provisioner: ProvisionerId {
                kind: "bucket".to_owned(),
                class: class.map(str::to_owned),
                id: None,
            },
            value: json!({"name": "b-1", "a": {"z": [1], "b": null}})
                .as_object()
                .cloned()
                .unwrap_or_default(),
            answers: BTreeMap::new(),
            request: None,
        };
        State::new()
            .with("bucket.default#b", entry(None))
            .with("bucket.default#a", entry(Some("large")))
    }

    #[test]
    fn the_text_form_reads_back() {
        let text = state().to_text();
        assert_eq!(State::parse(&text), Ok(state()));
        assert_eq!(State::parse(&State::new().to_text()), Ok(State::new()));
        let order: Vec<_> = ["bucket.default#a", "\"a\"", "\"b\"", "\"z\"", "\"name\""]
            .map(|part| text.find(part))
            .into();
        assert!(order.is_sorted() && order[0].is_some(), "{text}");
    }

    #[test]
    fn a_state_without_answers_is_read() {
        for old in ["state/v1", "state/v2", "state/v3"] {
            let text = state().to_text().replace("state/v4", old);
            assert_eq!(State::parse(&text), Ok(state()));
        }
    }

    #[test]
    fn secrets_are_written_only_sealed() {
        let secrets = [(
            "pin".to_owned(),
            RecordedSecret::Open(SecretValue::new("4711")),
        )];
        let known = RecordedAnswer {
            request: "q".to_owned(),
            values: serde_json::Map::new(),
            secrets: secrets.into(),
        };
        let mut state = state();
        for entry in state.entries.values_mut() {
            entry.answers.insert("compose".to_owned(), known.clone());
        }
        let key = ProjectKey::new([1; 32]);
        let open = state.to_text();
        assert!(
            !open.contains("4711") && !open.contains("answers"),
            "{open}"
        );
        let text = state.clone().sealed(&key).to_text();
        assert!(!text.contains("4711") && text.contains("\"pin\""), "{text}");
        let read = State::parse(&text).unwrap_or_default();
        assert_eq!(read.clone().opened(&key), state);
        let other = read.clone().opened(&ProjectKey::new([2; 32]));
        assert_eq!(other, read);
    }

    #[test]
    fn what_is_no_state_says_why() {
        for (text, expected) in [
            (
                "",
                "it is not valid JSON: EOF while parsing a value at line 1 column 0",
            ),
            ("{}", "its `version` is not `score-rs/state/v4`"),
            ("[]", "its `version` is not `score-rs/state/v4`"),
            (
                r#"{"version": "score-rs/state/v5"}"#,
                "it was written by a later version of score-rs (`score-rs/state/v5`)",
            ),
            (
                r#"{"version": "score-rs/state/v1"}"#,
                "it has no map `resources`",
            ),
            (
                r#"{"version": "score-rs/state/v1", "resources": {"a.b#c": {"state": {}}}}"#,
                "`a.b#c` does not have a `provisioner` with a `type`, and a map `state`",
            ),
        ] {
            let found = State::parse(text).map_err(|error: StateError| error.to_string());
            assert_eq!(found, Err(expected.to_owned()), "{text}");
        }
    }
}
