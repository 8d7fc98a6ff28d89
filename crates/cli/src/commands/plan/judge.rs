//! The levels and waivers of hazards. A change must not hide its own hazards: compared with a revision, its levels and
//! waivers count only as far as the revision has them, too.

use score_impact::{Changes, Class};
use score_spec::{Diagnostic, Hint, Severity, Sources};

use super::section::{Entry, Place, hazard, levels, object_name, selection};
use crate::input::policies::{Hazard, PlanWaivers};
use crate::input::project::Project;
use crate::report::levels::Levels;

/// The levels and waivers of a project.
pub(super) struct Judge {
    levels: Levels,
    waivers: PlanWaivers,
}

/// A hazard with its level.
struct Judged {
    /// The diagnostic; absent if a level allows it.
    found: Option<Diagnostic>,
    /// Whether only levels or waivers of the change itself would lower it.
    is_lowered: bool,
}

/// The addition to the help of a hazard that the change itself lowers.
pub(super) const LOWERED: &str =
    "the level or waiver for it in this change takes effect after the change is merged";

impl Judge {
    pub(super) fn new(levels_of_run: Levels, project: &Project, sources: &Sources) -> Self {
        Self {
            levels: levels(levels_of_run),
            waivers: PlanWaivers::read(project, sources),
        }
    }

    /// The entries of changes, and the diagnostics of their hazards with the problems of waivers. `places` are those of
    /// the changes; `is_new` tells that nothing is running yet, so that nothing but an exposure is a hazard.
    pub(super) fn entries(
        self,
        base: Option<Self>,
        changes: &Changes,
        (places, environment, is_new): (Vec<Option<Place>>, Option<&str>, bool),
    ) -> (Vec<Entry>, Vec<Diagnostic>) {
        let changes = &changes.changes;
        let names: Vec<_> = changes.iter().map(object_name).collect();
        let (mut positions, mut hazards) = (Vec::new(), Vec::new());
        let at_risk = changes.iter().enumerate();
        let at_risk = at_risk.filter(|(_, it)| !is_new || it.class == Class::Exposure);
        for (at, change) in at_risk {
            if let Some(hazard) = hazard(change, places[at].as_ref()) {
                positions.push(at);
                let selection = selection(change, environment, names[at].as_deref());
                hazards.push((hazard, selection));
            }
        }
        let (hazards, mut found) = self.judge(base, hazards);
        let entries = places.into_iter().map(|place| Entry {
            place,
            ..Entry::default()
        });
        let mut entries: Vec<Entry> = entries.collect();
        for (at, hazard) in positions.into_iter().zip(hazards) {
            entries[at].is_lowered = hazard.is_lowered;
            if let Some(hazard) = hazard.found {
                let is_waived = hazard.waiver.is_some();
                entries[at].level = Some(hazard.severity).filter(|_| !is_waived);
                entries[at].waiver.clone_from(&hazard.waiver);
                found.push(hazard);
            }
        }
        (entries, found)
    }

    /// The hazards with their levels, in their order, and the problems of the waivers. Those of the base are stricter.
    fn judge(self, base: Option<Self>, hazards: Vec<Hazard<'_>>) -> (Vec<Judged>, Vec<Diagnostic>) {
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
        Some(Hint::Text(help)) => format!("{help}; {LOWERED}"),
        _ => LOWERED.to_owned(),
    };
    hazard.help(help)
}
