//! Ranking of the provisioners of a type for a resource. Loading provisioners and their order of
//! declaration are part of the catalogue.

use std::sync::Arc;

use crate::provisioner::Provisioner;

/// A provisioner for the type of a resource.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate {
    /// The provisioner.
    pub provisioner: Arc<Provisioner>,
    /// Whether it handles the resource, or the reason why not.
    pub verdict: Verdict,
}

/// Whether a provisioner handles a resource of its type. Reasons in the provisioner itself are
/// found by `Rank::of`, comparisons with others by `rank`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It handles the resource.
    Answers,
    /// It matches, but another one of the same entry has the same rank, so neither handles the
    /// resource.
    Tie,
    /// It matches, but another one is more specific: for the id instead of the class, for the class
    /// instead of the type, or for fewer platforms.
    LessSpecific,
    /// It matches, but one of an earlier entry has the same rank.
    Later,
    /// It is only for other platforms.
    OtherPlatform,
    /// It is only for another class.
    OtherClass,
    /// It is only for another id.
    OtherId,
}

impl Verdict {
    /// The machine-readable name, in kebab case.
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

/// The rank of a provisioner: one for an id takes precedence over one for a class, which takes precedence
/// over one for a type only, and of these the one with fewer platforms. The lowest rank takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    any_id: bool,
    any_class: bool,
    platforms: Platforms<'a>,
}

/// The rank of a provisioner with respect to platforms. The lowest takes precedence.
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
            // If nothing is rendered, the one with the most platforms represents them all, and file
            // names do not decide between those with different ones.
            None => Self {
                number: usize::MAX - number,
                first: provisioner.platforms.iter().map(String::as_str).min(),
            },
        }
    }
}

/// The identity of a provisioner's claim: two provisioners with the same claim match the same resources and
/// have the same rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim<'a> {
    entry: usize,
    kind: &'a str,
    class: Option<&'a str>,
    id: Option<&'a str>,
    platforms: Platforms<'a>,
}

impl<'a> Claim<'a> {
    /// The claim of a provisioner on a platform, if it supports it.
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

impl<'a> Rank<'a> {
    /// The rank of a provisioner for a resource of its type, or the reason why it does not match.
    fn of(
        provisioner: &'a Provisioner,
        platform: Option<&str>,
        class: &str,
        id: &str,
    ) -> Result<Self, Verdict> {
        let fits = |wanted: &Option<String>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == value)
        };
        if !provisioner.is_for(platform) {
            return Err(Verdict::OtherPlatform);
        }
        if !fits(&provisioner.class, class) {
            return Err(Verdict::OtherClass);
        }
        if !fits(&provisioner.id, id) {
            return Err(Verdict::OtherId);
        }
        Ok(Self {
            any_id: provisioner.id.is_none(),
            any_class: provisioner.class.is_none(),
            platforms: Platforms::of(provisioner, platform),
        })
    }
}

/// Ranks the provisioners of a type, given in order of declaration. Matching ones come first,
/// starting with the one that handles the resource, followed by the others.
pub(crate) fn rank<'a>(
    provisioners: impl Iterator<Item = &'a Arc<Provisioner>>,
    platform: Option<&str>,
    class: &str,
    id: &str,
) -> Vec<Candidate> {
    let mut fitting = Vec::new();
    let mut others = Vec::new();
    for provisioner in provisioners {
        match Rank::of(provisioner, platform, class, id) {
            Ok(rank) => fitting.push((rank, provisioner)),
            Err(verdict) => others.push((verdict, provisioner)),
        }
    }
    // Equal ones keep their order of declaration.
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
