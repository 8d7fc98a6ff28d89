//! Objects that exist on the platform. Resources name them, so that none of them may be one that the project
//! generates for another resource.

use std::hash::{Hash, Hasher};

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Span};

use crate::ir::App;
use crate::ir::name::is_own_variable;

/// Identifies a value that is known only when a container starts. The same value is equal for all resources.
#[derive(Debug, Clone)]
pub struct KeyRef {
    /// The uid of the resource whose provisioner refers to it.
    pub resource: String,
    /// The kind of the object.
    pub holder: Holder,
    /// The name of the object.
    pub object: String,
    /// The key in the object.
    pub key: String,
}

/// A kind of object with values by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Confidential values: a Kubernetes `Secret`.
    Secret,
    /// Values that are not confidential: a Kubernetes `ConfigMap`.
    Config,
}

impl PartialEq for KeyRef {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for KeyRef {}

impl Hash for KeyRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl KeyRef {
    /// The value, whichever resource refers to it.
    fn identity(&self) -> (Holder, &str, &str) {
        (self.holder, &self.object, &self.key)
    }

    /// The environment variable with the value on platforms without such objects: `db-login` and
    /// `password` become `DB_LOGIN_PASSWORD`. It is never a variable of score-rs itself.
    pub fn variable(&self) -> String {
        let letter = |character: char| match character {
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
            _ => '_',
        };
        let name: String = [&self.object, &self.key].map(String::as_str).join("_");
        let name: String = name.chars().map(letter).collect();
        if name.starts_with(|first: char| first.is_ascii_digit()) || is_own_variable(&name) {
            format!("_{name}")
        } else {
            name
        }
    }
}

/// An object of the platform that a resource names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingObject {
    /// Its kind.
    pub kind: ExistingKind,
    /// Its name.
    pub name: String,
    /// The uid of the resource that names it.
    pub resource: String,
    /// The uids of the resources to which it may belong: this one, and those that its provisioner requires.
    pub owners: IndexSet<String>,
}

/// A kind of object that resources can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExistingKind {
    /// An object with values by key.
    Holder(Holder),
    /// A volume.
    Volume,
}

impl ExistingKind {
    /// The kind in messages.
    fn describe(self) -> &'static str {
        match self {
            Self::Holder(Holder::Secret) => "secret",
            Self::Holder(Holder::Config) => "configuration",
            Self::Volume => "volume",
        }
    }
}

impl ExistingObject {
    /// Reports that the object belongs to another part of the project, with the location of that part.
    pub(crate) fn of_another(&self, app: &App, owner: &str, place: Option<Span>) -> Diagnostic {
        let message = format!(
            "the resource `{}` names the {} `{}`, which belongs to {owner}",
            self.resource,
            self.kind.describe(),
            self.name
        );
        let mut found = Diagnostic::new(Code::ResourceInternal, message);
        if let Some(declared) = app.declared.get(&self.resource) {
            found = found.at(*declared, "");
        }
        if let Some(place) = place {
            found = found.at(place, "it belongs to this");
        }
        found.help("name an object that the project does not generate")
    }
}

#[cfg(test)]
mod tests {
    use super::{Holder, KeyRef};

    #[test]
    fn variables_for_values_of_objects_are_none_of_score_rs() {
        for (object, key, expected) in [
            ("db-login", "password", "DB_LOGIN_PASSWORD"),
            ("1st", "a.b", "_1ST_A_B"),
            ("score-rs", "key", "_SCORE_RS_KEY"),
            ("score", "rs_key", "_SCORE_RS_KEY"),
        ] {
            let deferred = KeyRef {
                resource: "secret.default#web.db".to_owned(),
                holder: Holder::Secret,
                object: object.to_owned(),
                key: key.to_owned(),
            };
            assert_eq!(deferred.variable(), expected);
        }
    }
}
