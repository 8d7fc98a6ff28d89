//! Results of a comparison.

use std::fmt;

use score_compiler::FieldPath;

use crate::class::Class;
use crate::object::{ObjectId, Owner};
use crate::rules::Rule;

/// The text in place of a value that is secret.
pub const SECRET: &str = "(secret)";

/// The differences between two renderings.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Changes {
    /// The changes, by workload, then by resource, then by object, in the order of the fields of the object.
    pub changes: Vec<Change>,
    /// The workloads that got another name, sorted by the new one. Their objects are compared with those under the old
    /// name, and are neither new nor gone.
    pub renames: Vec<Rename>,
}

/// A difference with its effect.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Change {
    /// The worst effect.
    pub class: Class,
    /// The effect of the field itself on what is running, if the class is a hazard: a new image is a
    /// [restart](Class::Restart), even if it is [down](Class::Downtime) meanwhile. Otherwise the same as the class.
    pub effect: Class,
    /// The kind of difference at the path.
    pub action: Action,
    /// The thing that changes.
    pub subject: Subject,
    /// The owner of the thing: the new one, or the former one of a thing that is gone.
    pub owner: Owner,
    /// The field; empty for the whole thing. In a removed field or object, items of lists are those of the old document,
    /// and otherwise those of the new one.
    pub path: FieldPath,
    /// The old value, if it is a short one that is known; [`SECRET`] if it is secret.
    pub before: Option<String>,
    /// The new value, like the old one.
    pub after: Option<String>,
    /// The reason for the class: a clause that starts with a small letter and has no period.
    pub reason: String,
    /// The thing to do about this change, if it is more specific than the advice of its class.
    pub advice: Option<String>,
    /// The rule of the API server that decides the class, if it is one of those in [`crate::RULES`].
    pub rule: Option<&'static Rule>,
}

/// The kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is only on the new side.
    Added,
    /// It is only on the old side.
    Removed,
    /// It is on both sides, with different values.
    Changed,
}

/// The thing that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An object, or a part of a Compose project.
    Object(ObjectId),
    /// A resource, by its uid.
    Resource(String),
}

/// A workload with another name than before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rename {
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
    /// The share of equal images without tags, ports, types of resources and names of variables, in percent.
    pub share: u8,
    /// The ids with which resources keep their data.
    pub keeps: Vec<Keep>,
}

/// The id with which a resource of a renamed workload keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keep {
    /// The name of the resource in the renamed workload, if it is known.
    pub resource: Option<String>,
    /// The uid of the resource with the data.
    pub from: String,
    /// The uid of the new resource, which has none.
    pub to: String,
    /// The `id` for the resource in the Score file.
    pub id: String,
}

impl Changes {
    /// The worst class; [`Class::None`] if nothing changes.
    pub fn class(&self) -> Class {
        let classes = self.changes.iter().map(|change| change.class);
        classes.max().unwrap_or(Class::None)
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.renames.is_empty()
    }
}

impl Change {
    /// The maximum length of a reason to which others are added.
    const LONGEST: usize = 500;

    /// The end of a reason to which no others are added.
    const MORE: &str = "; and more";

    /// Adds another reason for the same class.
    pub(crate) fn add_reason(&mut self, reason: &str) {
        if self.reason.contains(reason) || self.reason.ends_with(Self::MORE) {
            return;
        }
        if self.reason.len() < Self::LONGEST {
            self.reason.push_str("; ");
            self.reason.push_str(reason);
        } else {
            self.reason.push_str(Self::MORE);
        }
    }
}

impl Action {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Action::Added => "added",
            Action::Removed => "removed",
            Action::Changed => "changed",
        }
    }
}

impl Subject {
    /// The object, if it is one.
    pub fn object(&self) -> Option<&ObjectId> {
        match self {
            Subject::Object(id) => Some(id),
            Subject::Resource(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Object(id) => id.fmt(f),
            Subject::Resource(uid) => f.write_str(uid),
        }
    }
}
