//! Finds secrets in what templates have made from their values, and the references that they received as markers.
//!
//! Templates work with plain text. Values of random functions and imported values are secrets, wherever they end up:
//! alone, inside longer strings, or in base64. One that is part of a name, which nothing can hide, is no secret.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use indexmap::IndexMap;
use score_spec::Map;
use serde_json::Value as Json;

use super::{
    Holder, KeyRef, ProjectKey, Ref, Secret, SecretSource, SecretValue, Segment, Text, Tree,
};

/// The character before and after the number of a reference in the text of a template, for private use.
const MARK: char = '\u{f8ff}';

/// The strings around a reference to a key of a Secret, as the function `encodeSecretRef` writes it.
const SECRET_REF: [&str; 2] = ["🔐💬", "💬🔐"];

/// The minimum length of a value that is found inside longer strings.
const SHORTEST: usize = 4;

/// The same for a number, which can be part of others by chance.
const SHORTEST_NUMBER: usize = 8;

/// The minimum length of base64 that is examined.
const SHORTEST_BASE64: usize = 8;

/// The fields of Kubernetes objects that hold names.
const NAMES: [&str; 12] = [
    "name",
    "namespace",
    "serviceName",
    "claimName",
    "secretName",
    "labels",
    "matchLabels",
    "selector",
    "host",
    "hosts",
    "image",
    "storageClassName",
];

/// A value that is a secret unless it is part of a name.
#[derive(Debug)]
struct Candidate {
    value: String,
    /// Its name within its resource.
    name: String,
    /// The uid and the name for objects of its resource; that of the first that uses it if absent.
    owner: Option<(String, String)>,
    is_name: bool,
    /// Whether a name contains it in lower case.
    is_lower_name: bool,
    secret: Option<Arc<Secret>>,
}

/// The values of a project that are secrets, and the references that templates receive.
#[derive(Debug, Default)]
pub(crate) struct Sealing {
    key: Option<ProjectKey>,
    candidates: Vec<Candidate>,
    /// The candidates by their first bytes.
    by_start: IndexMap<[u8; SHORTEST], Vec<usize>>,
    /// The same for their lower-case forms.
    by_lower: IndexMap<[u8; SHORTEST], Vec<usize>>,
    by_value: IndexMap<String, usize>,
    references: Vec<Ref>,
}

/// The resource whose values are sealed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretOwner<'a> {
    pub(crate) uid: &'a str,
    /// The name that its objects have.
    pub(crate) object: &'a str,
}

impl Sealing {
    pub(crate) fn new(key: Option<ProjectKey>) -> Self {
        Self {
            key,
            ..Self::default()
        }
    }

    /// Adds a secret value, which is known by the first name that it gets.
    pub(crate) fn add(&mut self, value: &str, name: &str, owner: Option<SecretOwner<'_>>) {
        if value.is_empty() || self.by_value.contains_key(value) {
            return;
        }
        let at = self.candidates.len();
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        let shortest = if is_number { SHORTEST_NUMBER } else { SHORTEST };
        if value.len() >= shortest
            && let Some(start) = value.as_bytes().first_chunk::<SHORTEST>()
        {
            self.by_start.entry(*start).or_default().push(at);
            let lower = start.to_ascii_lowercase();
            if let Some(lower) = lower.first_chunk::<SHORTEST>() {
                self.by_lower.entry(*lower).or_default().push(at);
            }
        }
        self.by_value.insert(value.to_owned(), at);
        let part = |c: char| {
            let is_allowed = c.is_ascii_alphanumeric() || "-_.".contains(c);
            if is_allowed { c } else { '-' }
        };
        self.candidates.push(Candidate {
            value: value.to_owned(),
            name: name.chars().map(part).collect(),
            owner: owner.map(|it| (it.uid.to_owned(), it.object.to_owned())),
            is_name: false,
            is_lower_name: false,
            secret: None,
        });
    }

    /// Adds a secret of a provisioner that is not in a list, which a template receives in clear text.
    pub(crate) fn add_secret(&mut self, value: &str, secret: &Arc<Secret>) {
        self.add(value, &secret.name, None);
        if let Some(at) = self.by_value.get(value) {
            let candidate = &mut self.candidates[*at];
            candidate.secret.get_or_insert_with(|| Arc::clone(secret));
        }
    }

    /// The values that no message shows: all except random values in names.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let is_named = |it: &Candidate| it.owner.is_some() && (it.is_name || it.is_lower_name);
        let secrets = self.candidates.iter().filter(move |it| !is_named(it));
        secrets.map(|candidate| candidate.value.as_str())
    }

    /// The text for a reference that has no value yet.
    pub(crate) fn marker(&mut self, reference: &Ref) -> String {
        if let Ref::KeyRef(key) = reference
            && key.holder == Holder::Secret
        {
            let [start, end] = SECRET_REF;
            return format!("{start}{}_{}{end}", key.object, key.key);
        }
        let known = self.references.iter().position(|it| it == reference);
        let at = known.unwrap_or_else(|| {
            self.references.push(reference.clone());
            self.references.len() - 1
        });
        format!("{MARK}{at}{MARK}")
    }

    /// A string for a template, with a marker for each reference.
    pub(crate) fn shown(&mut self, text: &Text) -> String {
        let segments = text.segments().iter();
        let segments = segments.map(|segment| match segment {
            Segment::Plain(plain) => Self::unmarked(plain),
            Segment::Ref(reference) => self.marker(reference),
        });
        segments.collect()
    }

    /// Text from outside, in which no marker can be forged.
    pub(crate) fn unmarked(text: &str) -> String {
        text.replace(MARK, "\u{fffd}")
    }

    /// Whether a function has changed a marker in a string, so that it is none any more.
    pub(crate) fn has_broken_marker(&self, text: &str) -> bool {
        if self.references.is_empty() {
            return false;
        }
        let parts: Vec<&str> = text.split(MARK).collect();
        let is_whole =
            |(at, part): (usize, &&str)| at % 2 == 0 || self.reference(at, part).is_some();
        // A part of a character becomes another one.
        let is_cut = text.contains('\u{fffd}');
        let is_other = |c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c);
        let mut words = text.split(is_other).filter_map(decoded);
        parts.len().is_multiple_of(2)
            || !parts.iter().enumerate().all(is_whole)
            || is_cut
            || words.any(|decoded| decoded.contains(MARK))
    }

    /// Whether a key contains a marker, which cannot be one in a key.
    pub(crate) fn has_marker(key: &str) -> bool {
        key.contains(MARK)
    }

    /// Records that a string is a name: secrets in it are none.
    pub(crate) fn name(&mut self, text: &str) {
        for (start, chunk) in text.as_bytes().windows(SHORTEST).enumerate() {
            let rest = &text.as_bytes()[start..];
            for at in self.by_lower.get(chunk).into_iter().flatten() {
                let candidate = &mut self.candidates[*at];
                let value = candidate.value.to_ascii_lowercase();
                candidate.is_lower_name |= rest.starts_with(value.as_bytes());
            }
        }
        let mut rest = text;
        while let Some((start, at)) = self.next(rest) {
            let length = self.candidates[at].value.len();
            self.candidates[at].is_name |= self.candidates[at].secret.is_none();
            rest = &rest[start + length.max(1)..];
        }
        if let Some(at) = self.by_value.get(text) {
            let candidate = &mut self.candidates[*at];
            candidate.is_name |= candidate.secret.is_none();
        }
    }

    /// Records that all strings and keys of a value are names.
    pub(crate) fn names_in(&mut self, json: &Json) {
        match json {
            Json::String(text) => self.name(text),
            Json::Array(items) => items.iter().for_each(|it| self.names_in(it)),
            Json::Object(entries) => {
                for (key, value) in entries {
                    self.name(key);
                    self.names_in(value);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// Records the names in a Kubernetes object or a part of one.
    pub(crate) fn names_in_object(&mut self, json: &Json) {
        match json {
            Json::Array(items) => items.iter().for_each(|it| self.names_in_object(it)),
            Json::Object(entries) => {
                for (key, value) in entries {
                    self.name(key);
                    if NAMES.contains(&key.as_str()) {
                        self.names_in(value);
                    } else {
                        self.names_in_object(value);
                    }
                }
            }
            Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// The first candidate in a string, and of those at the same place the longest one.
    fn next(&self, text: &str) -> Option<(usize, usize)> {
        let bytes = text.as_bytes();
        (0..bytes.len()).find_map(|start| {
            let chunk = bytes[start..].first_chunk::<SHORTEST>()?;
            let candidates = self.by_start.get(chunk)?.iter();
            let here = candidates.filter(|at| {
                let candidate = &self.candidates[**at];
                bytes[start..].starts_with(candidate.value.as_bytes())
            });
            let longest = here.max_by_key(|at| self.candidates[**at].value.len())?;
            Some((start, *longest))
        })
    }

    /// A value of a template with its references and secrets.
    pub(crate) fn tree(&mut self, json: &Json, owner: SecretOwner<'_>) -> Tree {
        match json {
            Json::Null => Tree::Null,
            Json::Bool(value) => Tree::Bool(*value),
            Json::Number(number) => Tree::Number(number.clone()),
            Json::String(text) => Tree::Text(self.text(text, owner)),
            Json::Array(items) => Tree::List(items.iter().map(|it| self.tree(it, owner)).collect()),
            Json::Object(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, it)| (self.plain(key), self.tree(it, owner)));
                entries.collect::<Map<_>>().into()
            }
        }
    }

    /// A key, in which host names are those of workloads.
    fn plain(&self, key: &str) -> String {
        if !key.contains(MARK) {
            return key.to_owned();
        }
        let parts = key.split(MARK).enumerate();
        let parts = parts.map(|(at, part)| match self.reference(at, part) {
            Some(Ref::Host(host)) => host.clone(),
            _ => part.to_owned(),
        });
        parts.collect()
    }

    /// The reference whose number is a part of a string that is split at its marks.
    fn reference(&self, at: usize, part: &str) -> Option<&Ref> {
        let number: usize = part.parse().ok().filter(|_| at % 2 == 1)?;
        self.references.get(number)
    }

    /// A string with its references and secrets.
    pub(crate) fn text(&mut self, text: &str, owner: SecretOwner<'_>) -> Text {
        if !text.contains(MARK) {
            return self.between(text, owner);
        }
        let mut whole = Text::new();
        for (at, part) in text.split(MARK).enumerate() {
            match self.reference(at, part) {
                Some(reference) => whole.push_ref(reference.clone()),
                None => whole.append(self.between(part, owner)),
            }
        }
        whole
    }

    /// A string without marks.
    fn between(&mut self, text: &str, owner: SecretOwner<'_>) -> Text {
        let [start, end] = SECRET_REF;
        let mut whole = Text::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(start)
            && let Some((inner, after)) = after.split_once(end)
            && let Some((object, key)) = inner.split_once('_')
        {
            whole.append(self.sealed(before, owner));
            whole.push_ref(Ref::KeyRef(Arc::new(KeyRef {
                resource: owner.uid.to_owned(),
                holder: Holder::Secret,
                object: object.to_owned(),
                key: key.to_owned(),
            })));
            rest = after;
        }
        whole.append(self.sealed(rest, owner));
        whole
    }

    /// A string without references, whose secrets are sealed.
    fn sealed(&mut self, text: &str, owner: SecretOwner<'_>) -> Text {
        if self.candidates.is_empty() {
            return text.into();
        }
        if let Some(&at) = self.by_value.get(text) {
            return match self.secret(at, owner) {
                Some(secret) => Ref::Secret(secret).into(),
                None => text.into(),
            };
        }
        let mut whole = Text::new();
        let mut rest = text;
        while let Some((start, at)) = self.next(rest) {
            let end = start + self.candidates[at].value.len();
            whole.append(self.encoded(&rest[..start], owner));
            match self.secret(at, owner) {
                Some(secret) => whole.push_ref(Ref::Secret(secret)),
                None => whole.push_str(&rest[start..end]),
            }
            rest = &rest[end..];
        }
        whole.append(self.encoded(rest, owner));
        whole
    }

    /// A string that contains no secret as it is, but possibly in base64.
    fn encoded(&mut self, text: &str, owner: SecretOwner<'_>) -> Text {
        let is_other = |c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c);
        if text.len() < SHORTEST_BASE64 {
            return text.into();
        }
        let mut whole = Text::new();
        for part in text.split_inclusive(is_other) {
            let word = part.trim_end_matches(is_other);
            let holds_secret = |this: &mut Self| {
                let decoded = decoded(word)?;
                this.sealed(&decoded, owner).is_secret().then_some(())
            };
            if holds_secret(self).is_some() {
                whole.push_ref(Ref::Secret(self.of_value(word, owner)));
                whole.push_str(&part[word.len()..]);
            } else {
                whole.push_str(part);
            }
        }
        whole
    }

    /// The secret whose value contains another one in base64.
    fn of_value(&self, value: &str, owner: SecretOwner<'_>) -> Arc<Secret> {
        use sha2::{Digest, Sha256};
        let hash = Sha256::digest(format!("{}\0{value}", owner.uid));
        let name = format!(
            "base64-{:02x}{:02x}{:02x}{:02x}",
            hash[0], hash[1], hash[2], hash[3]
        );
        self.external(value, &name, owner)
    }

    fn external(&self, value: &str, name: &str, owner: SecretOwner<'_>) -> Arc<Secret> {
        let value = SecretValue::new(value).fingerprinted(self.key.as_ref());
        Arc::new(Secret {
            resource: owner.uid.to_owned(),
            object: owner.object.to_owned(),
            name: name.to_owned(),
            source: SecretSource::External(value),
        })
    }

    /// The secret of a candidate, unless it is a name.
    fn secret(&mut self, at: usize, user: SecretOwner<'_>) -> Option<Arc<Secret>> {
        let candidate = &self.candidates[at];
        if candidate.is_name {
            return None;
        }
        if let Some(secret) = &candidate.secret {
            return Some(Arc::clone(secret));
        }
        let owner = match &candidate.owner {
            Some((uid, object)) => SecretOwner { uid, object },
            None => user,
        };
        let secret = self.external(&candidate.value, &candidate.name, owner);
        self.candidates[at].secret = Some(Arc::clone(&secret));
        Some(secret)
    }
}

/// The text that a word encodes in base64, if it does.
pub(crate) fn decoded(word: &str) -> Option<String> {
    if word.len() < SHORTEST_BASE64 {
        return None;
    }
    let bytes = STANDARD.decode(word);
    let bytes = bytes.or_else(|_| STANDARD_NO_PAD.decode(word)).ok()?;
    String::from_utf8(bytes).ok()
}

/// The strings of a value, each with its keys joined by `-`.
pub(crate) fn leaves<'a>(json: &'a Json, path: &str, found: &mut Vec<(String, &'a str)>) {
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}-{key}"),
    };
    match json {
        Json::String(text) => found.push((path.to_owned(), text)),
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(item, &below(&at.to_string()), found);
            }
        }
        Json::Object(entries) => {
            for (key, value) in entries {
                leaves(value, &below(key), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
