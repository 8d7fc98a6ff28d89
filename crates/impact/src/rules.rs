//! The rules of the API server and of its controllers for changes of fields.

mod defaults;
mod lookup;
mod table;

pub(crate) use self::defaults::is_pod_default;
pub(crate) use self::lookup::rule_for;
pub use self::table::RULES;

/// A rule for changes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The name of the rule, which is unique.
    pub id: &'static str,
    /// The group and kind, and the path of the field after a space: `apps/StatefulSet spec.selector`. Kinds of the core
    /// group have no `/`, `*` is any kind, and in a path any key or item. Without a path, the rule is for all fields
    /// without a more specific one.
    pub field: &'static str,
    /// The effect of a change.
    pub effect: Effect,
    /// The value that an omitted field has, if a rule depends on it.
    pub default: Option<&'static str>,
    /// The reason, as a clause for messages.
    pub reason: &'static str,
    /// The page that documents the behavior, or the file of Kubernetes or Compose and the function that implements it.
    pub source: &'static str,
}

/// The effect of a change of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Only metadata changes.
    Metadata,
    /// The number of instances changes.
    Scale,
    /// Contents change, and nothing restarts.
    Config,
    /// Pods or containers are replaced.
    Restart,
    /// A Job runs.
    Job,
    /// It depends on the version of the cluster, or on its state.
    Depends,
    /// The data is not used any more.
    DataLoss,
    /// Something cannot be reached for a while.
    Downtime,
    /// A change loses data. If one side omits the value, it may have been the same one.
    DataLossIfBothSet,
    /// `Delete` or `Recycle` in place of something else deletes data later.
    DataLossIfDeleted,
    /// Any change is refused.
    Refused,
    /// A change or removal of a value or item is refused, but not adding one.
    RefusedOnceSet,
    /// A change or addition of a value is refused. If it is removed, the cluster keeps the old one.
    RefusedUnlessRemoved,
    /// A change is refused. If one side omits the value, the cluster may have set the same one.
    RefusedIfBothSet,
    /// A smaller amount is refused.
    RefusedIfSmaller,
    /// Any change is refused if the old object has `immutable: true`.
    RefusedIfImmutable,
    /// Any change is refused unless the Job is suspended.
    RefusedUnlessSuspended,
    /// Any change is refused unless the Job is indexed, and has the same parallelism.
    RefusedUnlessElastic,
    /// Any change is refused unless the type of the Service changes, too.
    RefusedUnlessTypeChanges,
}

impl Rule {
    /// The group and kind, and the steps of the path.
    fn parts(&self) -> (&'static str, impl Iterator<Item = &'static str>) {
        let (kind, path) = self.field.split_once(' ').unwrap_or((self.field, ""));
        (kind, path.split('.').filter(|step| !step.is_empty()))
    }
}
