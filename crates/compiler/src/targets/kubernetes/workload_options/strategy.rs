//! The replacement of pods: how many at a time, and by which rule.

use super::values::number;
use crate::emit::document::document;
use crate::ir::Tree;
use crate::ir::annotation::{Setting, ValueProblem, settings};
use crate::targets::kubernetes::naming::Controller;
use crate::targets::kubernetes::reference::OpenTree;

/// How the pods of a workload are replaced.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Strategy {
    /// All old pods end before new ones start.
    Recreate,
    /// A pod is replaced when it is deleted.
    OnDelete,
    /// A few pods are replaced at a time.
    Rolling(RollingUpdate),
}

document! {
    /// The number of pods that are replaced at a time.
    #[derive(PartialEq)]
    RollingUpdate {
        max_unavailable: Option<OpenTree> = "maxUnavailable",
        max_surge: Option<OpenTree> = "maxSurge",
        partition: Option<u32> = "partition",
    }
}

/// The names of the settings.
const SETTINGS: [&str; 3] = ["maxSurge", "maxUnavailable", "partition"];

impl Strategy {
    /// Parses a rule, or settings such as `maxSurge=1 maxUnavailable=0`.
    pub(super) fn read(text: &str) -> Result<Self, ValueProblem> {
        match text.trim() {
            "Recreate" => return Ok(Self::Recreate),
            "OnDelete" => return Ok(Self::OnDelete),
            _ => {}
        }
        let mut rolling = RollingUpdate::default();
        let example = "`maxSurge=1 maxUnavailable=0`, `Recreate` or `OnDelete`";
        settings(text, &SETTINGS, example, |name, value| {
            setting(name, value, &mut rolling)
        })?;
        Ok(Self::Rolling(rolling))
    }

    /// The strategy as the controller supports it.
    pub(super) fn checked(self, controller: Controller) -> Result<Self, ValueProblem> {
        match self {
            Self::Recreate if controller != Controller::Deployment => Err(unsupported(
                controller,
                "Recreate",
                "write `OnDelete`, or choose the kind `Deployment`",
            )),
            Self::OnDelete if controller == Controller::Deployment => Err(unsupported(
                controller,
                "OnDelete",
                "write `Recreate`, or settings such as `maxSurge=1 maxUnavailable=0`",
            )),
            Self::Recreate | Self::OnDelete => Ok(self),
            Self::Rolling(rolling) => rolling.checked(controller).map(Self::Rolling),
        }
    }
}

impl RollingUpdate {
    /// The settings as the controller supports them.
    fn checked(mut self, controller: Controller) -> Result<Self, ValueProblem> {
        if controller == Controller::StatefulSet {
            let help = "one pod is replaced at a time; write `partition=N` or `OnDelete`";
            return match (&self.max_surge, &self.max_unavailable) {
                (Some(_), _) => Err(unsupported(controller, "maxSurge", help)),
                (None, Some(_)) => Err(unsupported(controller, "maxUnavailable", help)),
                (None, None) => Ok(self),
            };
        }
        if self.partition.is_some() {
            let help = "remove it, or choose the kind `StatefulSet`";
            return Err(unsupported(controller, "partition", help));
        }
        let is_daemon_set = controller == Controller::DaemonSet;
        let is_positive = |amount: &Option<OpenTree>| amount.as_ref().map(|it| !is_zero(it));
        match (
            is_positive(&self.max_surge),
            is_positive(&self.max_unavailable),
        ) {
            (Some(false), Some(false)) => Err(ValueProblem::new(
                "`maxSurge` and `maxUnavailable` are both 0",
                "increase one of them, or no pod could be replaced",
            )),
            (Some(true), Some(true)) if is_daemon_set => Err(ValueProblem::new(
                "`maxSurge` and `maxUnavailable` exclude each other on a DaemonSet",
                "set one of them to 0",
            )),
            (None, Some(false)) if is_daemon_set => Err(ValueProblem::new(
                "`maxUnavailable` cannot be 0 without `maxSurge` on a DaemonSet",
                "add `maxSurge=1`",
            )),
            (Some(true), None) if is_daemon_set => {
                // The default is 1, which a cluster rejects beside `maxSurge`.
                self.max_unavailable = Some(Tree::Number(0.into()));
                Ok(self)
            }
            _ => Ok(self),
        }
    }
}

fn unsupported(controller: Controller, what: &str, help: &str) -> ValueProblem {
    let kind = controller.name();
    ValueProblem::new(format!("a {kind} does not support `{what}`"), help)
}

fn setting(name: &str, value: &str, rolling: &mut RollingUpdate) -> Setting {
    let problem = |help: &str| Err((format!("`{name}` cannot be `{value}`"), help.to_owned()));
    if name == "partition" {
        let Some(partition) = number(value) else {
            return problem("write the number of the first pod to replace, such as `partition=2`");
        };
        rolling.partition = Some(partition);
        return Ok(());
    }
    let Some(amount) = amount(value) else {
        return problem("write a number or a percentage up to 100%, such as `1` or `25%`");
    };
    match name {
        "maxSurge" => rolling.max_surge = Some(amount),
        _ => rolling.max_unavailable = Some(amount),
    }
    Ok(())
}

/// A number of pods, or a percentage.
fn amount(text: &str) -> Option<OpenTree> {
    match text.strip_suffix('%') {
        Some(share) => {
            let share = number(share).filter(|share| *share <= 100)?;
            Some(Tree::Text(format!("{share}%").into()))
        }
        None => Some(Tree::Number(number(text)?.into())),
    }
}

fn is_zero(amount: &OpenTree) -> bool {
    *amount == Tree::Number(0.into()) || *amount == Tree::Text("0%".into())
}
