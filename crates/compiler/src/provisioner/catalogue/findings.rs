//! Diagnostics about provisioners that contradict each other.

use score_spec::{Code, Diagnostic, Span};

use super::MOST_LIMITED;
use crate::provisioner::{Provisioner, Wanted};

/// The diagnostic about a provisioner that handles the same resources as an earlier one of its
/// entry.
pub(super) fn tie(second: &Provisioner, first: Span) -> Diagnostic {
    let class = second
        .class
        .iter()
        .map(|class| format!(" and class `{class}`"));
    let id = second.id.iter().map(|id| format!(" and id `{id}`"));
    let mut message = format!(
        "two provisioners handle the same resources of type `{}`",
        second.kind
    );
    message.extend(class.chain(id));
    let elsewhere = if second.span.source == first.source {
        ""
    } else {
        ", list one of the files before the other in `provisioners`"
    };
    Diagnostic::new(Code::ProvisionerTie, message)
        .at(second.span, "second here")
        .at(first, "first here")
        .help(format!(
            "give one of them a `class`, an `id` or other `platforms`{elsewhere}, or remove it"
        ))
}

/// The diagnostic about two provisioners of one entry that match a resource of a workload equally.
pub(super) fn tie_at_use(
    second: &Provisioner,
    first: &Provisioner,
    wanted: &Wanted<'_>,
    place: Span,
) -> Diagnostic {
    let (kind, user) = (wanted.kind, wanted.user());
    let message = format!("two provisioners handle the same resources of type `{kind}` for {user}");
    Diagnostic::new(Code::ProvisionerTie, message)
        .at(second.span, "second here")
        .at(first.span, "first here")
        .at(place, "both match this resource")
        .help(
            "change `for.workloads` of one of them, or list the preferred one in an earlier entry of \
             `provisioners`",
        )
}

/// The diagnostic about a provisioner with which there are too many patterns.
pub(super) fn too_many_patterns(provisioner: &Provisioner) -> Diagnostic {
    let kind = &provisioner.kind;
    let message = format!(
        "the provisioners for resources of type `{kind}` have more than {MOST_LIMITED} patterns of workloads"
    );
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(provisioner.span, "exceeds the limit")
        .help("use names without `*` or fewer patterns in `for.workloads`, or fewer provisioners")
}
