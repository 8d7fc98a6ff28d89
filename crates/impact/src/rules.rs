//! The rules of the API server and of its controllers for changes of fields.

mod lookup;
mod table;

pub(crate) use self::lookup::rule_for;
pub use self::table::RULES;

/// A rule for changes of a field.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name of the rule, which is unique.
    pub id: &'static str,
    /// The group and kind, as in `apps/StatefulSet`; `*` for all kinds. The kinds of the core group have no `/`.
    pub kind: &'static str,
    /// The path of the field, with `*` for any key or item; empty for all fields without a more specific rule.
    pub path: &'static str,
    /// The effect of a change.
    pub effect: Effect,
    /// The value that an omitted field has, if the rule depends on it.
    pub default: Option<&'static str>,
    /// The reason, as a clause for messages.
    pub reason: &'static str,
    /// The page or the source file that defines the behavior.
    pub source: &'static str,
}

/// The effect of a change of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that is running changes.
    None,
    /// Only metadata changes.
    Metadata,
    /// The number of instances changes.
    Scale,
    /// Contents change.
    Config,
    /// Pods are replaced.
    Restart,
    /// A Job runs.
    Job,
    /// Any change is refused.
    Refused,
    /// A change or removal of a value is refused; setting one is not.
    RefusedOnceSet,
    /// A smaller amount is refused.
    RefusedIfSmaller,
    /// Any change is refused if the object says `immutable: true`, and so is removing that.
    RefusedIfImmutable,
    /// Any change is refused unless the Job is suspended.
    RefusedUnlessSuspended,
}
