//! Classes of changes.

/// The effect of a change on what is running. Later classes are worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// No effect.
    None,
    /// Labels and annotations that reach no pod.
    Metadata,
    /// The number of instances.
    Scale,
    /// Contents that restart nothing.
    Config,
    /// Pods or containers are replaced.
    Restart,
    /// A Job runs again.
    Job,
    /// The effect is not known.
    Unknown,
    /// Something cannot be reached for a while.
    Downtime,
    /// More can be reached, or may be done, than before.
    Exposure,
    /// Something goes away.
    Deletion,
    /// Data is lost, or stays behind unused.
    DataLoss,
    /// The API server does not accept the change.
    Refused,
}

impl Class {
    /// All classes, in order.
    pub const ALL: [Class; 12] = [
        Class::None,
        Class::Metadata,
        Class::Scale,
        Class::Config,
        Class::Restart,
        Class::Job,
        Class::Unknown,
        Class::Downtime,
        Class::Exposure,
        Class::Deletion,
        Class::DataLoss,
        Class::Refused,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Class::None => "none",
            Class::Metadata => "metadata",
            Class::Scale => "scale",
            Class::Config => "config",
            Class::Restart => "restart",
            Class::Job => "job",
            Class::Unknown => "unknown",
            Class::Downtime => "downtime",
            Class::Exposure => "exposure",
            Class::Deletion => "deletion",
            Class::DataLoss => "data-loss",
            Class::Refused => "refused",
        }
    }

    /// The class with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether the change needs attention before it is applied.
    pub fn is_hazard(self) -> bool {
        self >= Class::Downtime
    }

    /// The meaning, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Class::None => "Nothing that is running changes.",
            Class::Metadata => {
                "Only labels and annotations change, and they reach no pod. Nothing restarts."
            }
            Class::Scale => {
                "The number of instances changes. Instances are started or stopped; the others keep running."
            }
            Class::Config => {
                "Contents change, and no pod or container is replaced because of them."
            }
            Class::Restart => {
                "Pods or containers are replaced by new ones. With several instances, this happens one after the other."
            }
            Class::Job => "A Job runs, or runs again.",
            Class::Unknown => {
                "The effect is not known: it depends on a controller or on a value that is not available here."
            }
            Class::Downtime => {
                "A workload or an address is not available while the change is applied."
            }
            Class::Exposure => {
                "More can be reached, or more may be done, than before: from the network, or with rights."
            }
            Class::Deletion => {
                "An object or a service is not part of the output any more. It is deleted if what applies the output \
                 prunes, and is left over otherwise."
            }
            Class::DataLoss => {
                "Data is deleted, or a workload starts with empty storage while its data stays behind."
            }
            Class::Refused => {
                "The API server does not accept the change, and the object stays as it is."
            }
        }
    }

    /// The thing to do before such a change is applied, as a clause.
    pub fn advice(self) -> &'static str {
        match self {
            Class::None | Class::Metadata => "there is nothing to do",
            Class::Scale => "check that the cluster has room for the instances",
            Class::Config => {
                "check that the programs that use it read it again; otherwise restart them"
            }
            Class::Restart => {
                "check that the workload has a readiness probe, and ends on SIGTERM without losing requests"
            }
            Class::Job => "check that the Job can run more than once",
            Class::Unknown => "read the documentation of the kind, and compare the objects by hand",
            Class::Downtime => {
                "apply it when an interruption is acceptable, or make the change in two steps: first add, then remove"
            }
            Class::Exposure => "check that the wider access is intended",
            Class::Deletion => {
                "check that nothing uses it any more, and delete by hand what stays behind and is not needed"
            }
            Class::DataLoss => {
                "keep what identifies the data (the `id` of the resource, or the name of the workload), or make a backup and \
                 restore it afterwards"
            }
            Class::Refused => {
                "revert the field, or delete the object and create it again; a StatefulSet can be deleted with \
                 `--cascade=orphan`, which keeps its pods and claims"
            }
        }
    }
}
