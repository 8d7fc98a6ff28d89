//! Answers of commands in the state.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::ir::SecretValue;
use crate::resolve::protocol::RunResponse;

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

    pub(super) fn read(json: &Value) -> Option<Self> {
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
    pub(super) fn to_json(&self) -> Option<Value> {
        let secrets = self.secrets.iter().map(|(name, kept)| match kept {
            RecordedSecret::Open(_) => None,
            RecordedSecret::Sealed(sealed) => Some((name.clone(), sealed.as_str().into())),
        });
        let secrets: Map<String, Value> = secrets.collect::<Option<_>>()?;
        // The order of the values is that of the output, which a run without the command compares.
        Some(json!({"question": self.request, "values": self.values, "secrets": secrets}))
    }
}
