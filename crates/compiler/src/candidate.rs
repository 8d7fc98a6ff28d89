//! Which provisioner of a type answers a resource, and why the others do not. Not: where
//! provisioners come from, or in which order they are declared; that is the catalogue's.

use std::sync::Arc;

use crate::Provisioner;

/// A provisioner of the type of a resource.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The provisioner.
    pub provisioner: Arc<Provisioner>,
    /// Whether it answers, or why it does not.
    pub verdict: Verdict,
}

/// Whether a provisioner answers a resource of its type. A reason not to that lies in the
/// provisioner itself is found by `rank`, one that lies in the others by `judge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answers.
    Answers,
    /// It would, but another one is more specific: for the id rather than the class, or for the
    /// class rather than the type.
    LessSpecific,
    /// It would, but one that is as specific comes before it.
    Later,
    /// It is for other platforms only.
    OtherPlatform,
    /// It answers another class only.
    OtherClass,
    /// It answers another id only.
    OtherId,
}

impl Verdict {
    /// The name for programs, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Answers => "answers",
            Verdict::LessSpecific => "less-specific",
            Verdict::Later => "later",
            Verdict::OtherPlatform => "other-platform",
            Verdict::OtherClass => "other-class",
            Verdict::OtherId => "other-id",
        }
    }
}

/// How specific a provisioner is: one for an id goes before one for a class, and that before one
/// for a type. The lowest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    any_id: bool,
    any_class: bool,
}

/// How specific a provisioner is about a resource of its type, or why it does not fit at all.
pub(crate) fn rank(
    provisioner: &Provisioner,
    platform: Option<&str>,
    class: &str,
    id: &str,
) -> Result<Rank, Verdict> {
    let fits =
        |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
    if !provisioner.is_for(platform) {
        return Err(Verdict::OtherPlatform);
    }
    if !fits(&provisioner.class, class) {
        return Err(Verdict::OtherClass);
    }
    if !fits(&provisioner.id, id) {
        return Err(Verdict::OtherId);
    }
    Ok(Rank {
        any_id: provisioner.id.is_none(),
        any_class: provisioner.class.is_none(),
    })
}

/// Judges the provisioners of a type, given in order of declaration. Those that fit come first, the
/// one that answers before all; then those that do not.
pub(crate) fn judge<'a>(
    provisioners: impl Iterator<Item = &'a Arc<Provisioner>>,
    platform: Option<&str>,
    class: &str,
    id: &str,
) -> Vec<Candidate> {
    let mut fitting = Vec::new();
    let mut others = Vec::new();
    for provisioner in provisioners {
        match rank(provisioner, platform, class, id) {
            Ok(rank) => fitting.push((rank, provisioner)),
            Err(verdict) => others.push((verdict, provisioner)),
        }
    }
    // Among equals this keeps the order of declaration.
    fitting.sort_by_key(|(rank, _)| *rank);
    let best = fitting.first().map(|(rank, _)| *rank);
    let fitting = fitting
        .into_iter()
        .enumerate()
        .map(|(at, (rank, provisioner))| {
            let verdict = match at {
                0 => Verdict::Answers,
                _ if Some(rank) == best => Verdict::Later,
                _ => Verdict::LessSpecific,
            };
            (verdict, provisioner)
        });
    fitting
        .chain(others)
        .map(|(verdict, provisioner)| Candidate {
            provisioner: Arc::clone(provisioner),
            verdict,
        })
        .collect()
}
