//! Which provisioner of a type answers a resource, and why the others do not. Not: where
//! provisioners come from, or in which order they are declared; that is the catalogue's.

use std::sync::Arc;

use crate::provisioner::Provisioner;

/// A provisioner of the type of a resource.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// It would, but another one of the same entry is as specific, so that neither does.
    Tie,
    /// It would, but another one is more specific: for the id rather than the class, for the class
    /// rather than the type, or for fewer platforms.
    LessSpecific,
    /// It would, but one of an earlier entry is as specific.
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
            Verdict::Tie => "tie",
            Verdict::LessSpecific => "less-specific",
            Verdict::Later => "later",
            Verdict::OtherPlatform => "other-platform",
            Verdict::OtherClass => "other-class",
            Verdict::OtherId => "other-id",
        }
    }
}

/// How specific a provisioner is: one for an id takes precedence over one for a class, that over one
/// for a type, and of these the one for fewer platforms. The lowest takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank<'a> {
    any_id: bool,
    any_class: bool,
    platforms: Platforms<'a>,
}

/// How specific a provisioner is about platforms. The lowest takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Platforms<'a> {
    number: usize,
    first: Option<&'a str>,
}

impl<'a> Platforms<'a> {
    pub(crate) fn of(provisioner: &'a Provisioner, platform: Option<&str>) -> Self {
        let number = match provisioner.platforms.len() {
            0 => usize::MAX,
            number => number,
        };
        match platform {
            Some(_) => Self {
                number,
                first: None,
            },
            // Where nothing is rendered, the one that serves the most platforms stands for them all,
            // and no name of a file decides between those that serve different ones.
            None => Self {
                number: usize::MAX - number,
                first: provisioner.platforms.iter().map(String::as_str).min(),
            },
        }
    }
}

/// What two provisioners have in common that compete: each resource that one of them fits, the other
/// one fits as well, and they are as specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim<'a> {
    entry: usize,
    kind: &'a str,
    class: Option<&'a str>,
    id: Option<&'a str>,
    platforms: Platforms<'a>,
}

impl<'a> Claim<'a> {
    /// What a provisioner claims on a platform, if it is for that.
    pub(crate) fn of(provisioner: &'a Provisioner, platform: Option<&str>) -> Option<Self> {
        provisioner.is_for(platform).then(|| Self {
            entry: provisioner.entry,
            kind: &provisioner.kind,
            class: provisioner.class.as_deref(),
            id: provisioner.id.as_deref(),
            platforms: Platforms::of(provisioner, platform),
        })
    }
}

/// How specific a provisioner is about a resource of its type, or why it does not fit at all.
pub(crate) fn rank<'a>(
    provisioner: &'a Provisioner,
    platform: Option<&str>,
    class: &str,
    id: &str,
) -> Result<Rank<'a>, Verdict> {
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
        platforms: Platforms::of(provisioner, platform),
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
    let key = |(rank, provisioner): &(Rank<'a>, &Arc<Provisioner>)| (*rank, provisioner.entry);
    fitting.sort_by_key(key);
    let best = fitting.first().map(key);
    let equals = fitting.iter().filter(|it| Some(key(it)) == best).count();
    let fitting = fitting.into_iter().map(|it| {
        let verdict = match best {
            Some(best) if key(&it) == best && equals > 1 => Verdict::Tie,
            Some(best) if key(&it) == best => Verdict::Answers,
            Some((rank, _)) if it.0 == rank => Verdict::Later,
            _ => Verdict::LessSpecific,
        };
        (verdict, it.1)
    });
    fitting
        .chain(others)
        .map(|(verdict, provisioner)| Candidate {
            provisioner: Arc::clone(provisioner),
            verdict,
        })
        .collect()
}
