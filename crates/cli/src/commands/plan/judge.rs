//! The levels and waivers of hazards. A change must not hide its own hazards: compared with a revision, its levels and
//! waivers count only as far as the revision has them, too.

use score_spec::{Diagnostic, Hint, Severity, Sources};

use super::section::levels;
use crate::input::policies::{Hazard, PlanWaivers};
use crate::input::project::Project;
use crate::report::levels::Levels;

/// The levels and waivers of a project.
pub(super) struct Judge {
    levels: Levels,
    waivers: PlanWaivers,
}

/// A hazard with its level.
pub(super) struct Judged {
    /// The diagnostic; absent if a level allows it.
    pub(super) found: Option<Diagnostic>,
    /// Whether only levels or waivers of the change itself would lower it.
    pub(super) is_lowered: bool,
}

/// The addition to the help of a hazard that the change itself lowers.
pub(super) const LOWERED: &str =
    "The level or waiver for it in this change takes effect after the change is merged.";

impl Judge {
    pub(super) fn new(levels_of_run: Levels, project: &Project, sources: &Sources) -> Self {
        Self {
            levels: levels(levels_of_run),
            waivers: PlanWaivers::read(project, sources),
        }
    }

    /// The hazards with their levels, in their order, and the problems of the waivers. Those of the base are stricter.
    pub(super) fn judge(
        self,
        base: Option<Self>,
        hazards: Vec<Hazard<'_>>,
    ) -> (Vec<Judged>, Vec<Diagnostic>) {
        let of_base = base.map(|base| base.own(hazards.clone()).0);
        let originals: Vec<Diagnostic> = hazards.iter().map(|(it, _)| it.clone()).collect();
        let (own, problems) = self.own(hazards);
        let mut of_base = of_base.map(Vec::into_iter);
        let judged = own.into_iter().zip(originals).map(|(own, original)| {
            let base = of_base.as_mut().and_then(Iterator::next);
            match base {
                Some(Some(base)) if strictness(Some(&base)) > strictness(own.as_ref()) => {
                    let is_lowered = base.waiver.is_none();
                    let found = if is_lowered {
                        lowered(original, base.severity)
                    } else {
                        base
                    };
                    Judged {
                        found: Some(found),
                        is_lowered,
                    }
                }
                _ => Judged {
                    found: own,
                    is_lowered: false,
                },
            }
        });
        (judged.collect(), problems)
    }

    fn own(self, hazards: Vec<Hazard<'_>>) -> (Vec<Option<Diagnostic>>, Vec<Diagnostic>) {
        let (hazards, problems) = self.waivers.apply(hazards);
        let hazards = hazards.into_iter();
        let hazards = hazards.map(|hazard| self.levels.apply(vec![hazard]).pop());
        (hazards.collect(), problems)
    }
}

/// The effect of a level or waiver, from the weakest on.
fn strictness(found: Option<&Diagnostic>) -> u8 {
    match found {
        None => 0,
        Some(found) if found.waiver.is_some() => 1,
        Some(found) if found.severity == Severity::Warning => 2,
        Some(_) => 3,
    }
}

fn lowered(mut hazard: Diagnostic, severity: Severity) -> Diagnostic {
    hazard.severity = severity;
    let help = match &hazard.help {
        Some(Hint::Text(help)) => format!("{help} {LOWERED}"),
        _ => LOWERED.to_owned(),
    };
    hazard.help(help)
}
