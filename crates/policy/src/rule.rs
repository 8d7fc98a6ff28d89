//! Rules and their levels.

use std::sync::Arc;

use score_spec::{Span, Value};

use crate::condition::Condition;
use crate::example::Example;
use crate::expression::Step;
use crate::params::Params;
use crate::subject::{On, PARAMS};
use score_spec::schema::Schema;

/// The consequence of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Nothing: the rule is not judged.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    #[default]
    Deny,
}

impl Level {
    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Level::Allow),
            "warn" => Some(Level::Warn),
            "deny" => Some(Level::Deny),
            _ => None,
        }
    }

    /// Its name in policy files.
    pub fn name(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

/// A selection of levels. Each one is at least as strict as those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Preset {
    /// Only rules that do not depend on a preset.
    None,
    /// Rules that every project should comply with.
    #[default]
    Baseline,
    /// For projects that handle sensitive data.
    Restricted,
    /// For environments that serve customers.
    Production,
}

impl Preset {
    /// All presets, from the least to the most strict one.
    pub const ALL: [Preset; 4] = [
        Preset::None,
        Preset::Baseline,
        Preset::Restricted,
        Preset::Production,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Preset::None => "none",
            Preset::Baseline => "baseline",
            Preset::Restricted => "restricted",
            Preset::Production => "production",
        }
    }

    /// The preset with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }
}

/// The levels of a rule by preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels(pub(crate) [Level; 4]);

impl Levels {
    /// The level in a preset.
    pub fn at(self, preset: Preset) -> Level {
        self.0[preset as usize]
    }
}

/// A rule of a policy file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The scope and the name, such as `acme/owner`.
    pub id: Arc<str>,
    /// The name in the policy file.
    pub span: Span,
    /// The kind of its subjects.
    pub on: On,
    /// Whether it applies to a subject; to all if absent.
    pub when: Option<Condition>,
    /// The condition that has to hold.
    pub check: Check,
    /// The problem of a subject that violates it.
    pub message: String,
    /// How to comply.
    pub help: Option<String>,
    /// The reason for the rule, as Markdown.
    pub description: Option<String>,
    /// The levels.
    pub levels: Levels,
    /// The params.
    pub params: Params,
    /// Values by dotted path that make a subject comply.
    pub fix: Vec<(String, Value)>,
    /// Subjects that comply, and others that do not.
    pub examples: Vec<Example>,
}

impl Rule {
    /// The field that a violation is about, unless a schema tells it: the one that the expression names first; not one
    /// of the environment or the params, which the author of a subject cannot change.
    pub(crate) fn place(&self) -> Place {
        let names = self.on.names();
        let is_of_subject = |at: usize| !["environment", PARAMS].contains(&names[at]);
        let field = match &self.check {
            Check::Expression(condition) => condition.expression().first_field(&is_of_subject),
            Check::Schema(_) => None,
        };
        let (at, path) = field.unwrap_or_default();
        Place {
            variable: names[at],
            path,
        }
    }
}

/// The requirement of a rule.
#[derive(Debug)]
pub enum Check {
    /// An expression that has to be true.
    Expression(Condition),
    /// A JSON Schema of the subject.
    Schema(Box<Schema>),
}

/// A field that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The variable that has the field: the subject or, for example, its workload.
    pub variable: &'static str,
    /// The steps from the value of the variable to the field. The field, or some fields above it, may not exist.
    pub path: Vec<Step>,
}
