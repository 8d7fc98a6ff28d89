//! The state of provisioner commands between runs, for each resource: the data that they return and receive
//! again, and their answers. Storing the state is out of scope.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value, json};

use super::protocol::RunResponse;
use crate::graph::Project;
use crate::ir::{ProjectKey, SecretValue};
use crate::provisioner::Provisioner;
use crate::resolve::Resolved;

/// The version of the text form without its number.
const FORMAT: &str = "score-rs/state/v";

/// The version number that this program writes.
const VERSION: u64 = 2;

/// The state of commands, by the uid of the resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State(BTreeMap<String, Entry>);

/// The state of the command for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The provisioner of the command.
    pub provisioner: ProvisionerId,
    /// The `state` of its answer.
    pub value: Map<String, Value>,
    /// The rest of its answer, for runs that do not start commands.
    pub answer: Option<RecordedAnswer>,
}

/// The answer of a command in the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The digest of the request.
    pub(crate) request: String,
    /// The values.
    pub(crate) values: Map<String, Value>,
    /// The secrets.
    pub(crate) secrets: BTreeMap<String, RecordedSecret>,
}

/// A secret of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordedSecret {
    /// In clear text, as returned by the command. It is never written.
    Open(SecretValue),
    /// In written form: sealed with the project key.
    Sealed(String),
}

impl RecordedAnswer {
    /// The answer to a request in clear text.
    pub(crate) fn new(request: String, response: &RunResponse) -> Self {
        let secrets = response.secrets.iter();
        Self {
            request,
            values: response.values.clone(),
            secrets: secrets
                .map(|(name, value)| (name.clone(), RecordedSecret::Open(value.clone())))
                .collect(),
        }
    }

    /// Whether it is the answer to a request.
    pub(crate) fn is_about(&self, request: &str) -> bool {
        self.request == request
    }

    /// The answer, if it is for this request and all of its secrets are open.
    pub(crate) fn response(&self, request: &str) -> Option<RunResponse> {
        let secrets = self.secrets.iter().map(|(name, kept)| match kept {
            RecordedSecret::Open(value) => Some((name.clone(), value.clone())),
            RecordedSecret::Sealed(_) => None,
        });
        let response = RunResponse {
            values: self.values.clone(),
            secrets: secrets.collect::<Option<_>>()?,
            ..RunResponse::default()
        };
        self.is_about(request).then_some(response)
    }

    fn read(json: &Value) -> Option<Self> {
        let secrets = json.get("secrets").and_then(Value::as_object)?.iter();
        Some(Self {
            request: json.get("question")?.as_str()?.to_owned(),
            values: json.get("values")?.as_object()?.clone(),
            secrets: secrets
                .map(|(name, sealed)| {
                    Some((
                        name.clone(),
                        RecordedSecret::Sealed(sealed.as_str()?.to_owned()),
                    ))
                })
                .collect::<Option<_>>()?,
        })
    }

    /// The answer as JSON; `None` if a secret is not sealed.
    fn to_json(&self) -> Option<Value> {
        let secrets = self.secrets.iter().map(|(name, kept)| match kept {
            RecordedSecret::Open(_) => None,
            RecordedSecret::Sealed(sealed) => Some((name.clone(), sealed.as_str().into())),
        });
        let secrets: Map<String, Value> = secrets.collect::<Option<_>>()?;
        let mut values = Value::from(self.values.clone());
        values.sort_all_objects();
        Some(json!({"question": self.request, "values": values, "secrets": secrets}))
    }
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
            // The first version had no answers.
            Some(1 | VERSION) => {}
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
            let answer = match entry.get("answer") {
                None => None,
                Some(answer) => Some(RecordedAnswer::read(answer).ok_or_else(|| {
                    form(format!(
                        "the `answer` of `{uid}` does not have a string `question`, and maps `values` and `secrets`"
                    ))
                })?),
            };
            let entry = Entry {
                provisioner,
                value,
                answer,
            };
            state.0.insert(uid.clone(), entry);
        }
        Ok(state)
    }

    /// Whether there is a secret for which the project key is needed.
    pub fn has_secrets(&self) -> bool {
        let mut answers = self.0.values().filter_map(|entry| entry.answer.as_ref());
        answers.any(|answer| !answer.secrets.is_empty())
    }

    /// The state with opened secrets. Those that the key does not open remain sealed.
    #[must_use]
    pub fn opened(self, key: &ProjectKey) -> Self {
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
    pub fn sealed(self, key: &ProjectKey) -> Self {
        self.with_secrets(|context, kept| match kept {
            RecordedSecret::Open(value) => {
                RecordedSecret::Sealed(key.seal(context, value.reveal()))
            }
            sealed @ RecordedSecret::Sealed(_) => sealed,
        })
    }

    fn with_secrets(mut self, f: impl Fn(&str, RecordedSecret) -> RecordedSecret) -> Self {
        for (uid, entry) in &mut self.0 {
            let secrets = entry.answer.as_mut().map(|answer| &mut answer.secrets);
            for (name, kept) in secrets.into_iter().flatten() {
                let empty = RecordedSecret::Sealed(String::new());
                *kept = f(&format!("{uid}\0{name}"), std::mem::replace(kept, empty));
            }
        }
        self
    }

    /// The text form: JSON with sorted keys and a trailing line break.
    pub fn to_text(&self) -> String {
        let resources = self.0.iter().map(|(uid, entry)| {
            let mut value = Value::from(entry.value.clone());
            value.sort_all_objects();
            let mut json = json!({"provisioner": entry.provisioner.to_json(), "state": value});
            if let Some(answer) = entry.answer.as_ref().and_then(RecordedAnswer::to_json) {
                json["answer"] = answer;
            }
            (uid.clone(), json)
        });
        let resources: Map<String, Value> = resources.collect();
        let version = format!("{FORMAT}{VERSION}");
        format!(
            "{:#}\n",
            json!({"version": version, "resources": resources})
        )
    }

    /// Whether the state is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The state of a resource.
    pub fn get(&self, uid: &str) -> Option<&Entry> {
        self.0.get(uid)
    }

    /// All entries, sorted by uid.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(uid, entry)| (uid.as_str(), entry))
    }

    /// The state with an entry for a resource, which replaces an existing one.
    #[must_use]
    pub fn with(mut self, uid: &str, entry: Entry) -> Self {
        self.0.insert(uid.to_owned(), entry);
        self
    }

    /// The state without the entry of a resource.
    #[must_use]
    pub fn without(mut self, uid: &str) -> Self {
        self.0.remove(uid);
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
            let Some((value, answer)) = resolved.get(uid).and_then(|it| it.state.clone()) else {
                continue;
            };
            let provisioner = ProvisionerId::of(&resource.provisioner);
            if let Some(old) = self.0.remove(uid)
                && old.provisioner != provisioner
                && !old.value.is_empty()
            {
                let old = Entry {
                    answer: None,
                    ..old
                };
                self.0.insert(kept(uid, &old.provisioner), old);
            }
            self.0.remove(&kept(uid, &provisioner));
            let entry = Entry {
                provisioner,
                value,
                answer: Some(answer),
            };
            self.0.insert(uid.clone(), entry);
        }
        let resources = project.resources.iter();
        let own = resources.filter(|(_, resource)| resource.provisioner.run.is_some());
        answered.extend(own.map(|(uid, _)| uid.clone()));
        let vanished = self
            .0
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
            answer: None,
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
        let text = state().to_text().replace("state/v2", "state/v1");
        assert_eq!(State::parse(&text), Ok(state()));
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
        for entry in state.0.values_mut() {
            entry.answer = Some(known.clone());
        }
        let key = ProjectKey::new([1; 32]);
        let open = state.to_text();
        assert!(!open.contains("4711") && !open.contains("answer"), "{open}");
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
            ("{}", "its `version` is not `score-rs/state/v2`"),
            ("[]", "its `version` is not `score-rs/state/v2`"),
            (
                r#"{"version": "score-rs/state/v3"}"#,
                "it was written by a later version of score-rs (`score-rs/state/v3`)",
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
