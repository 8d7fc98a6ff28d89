//! Ranking of the provisioners of a type for a resource. Loading provisioners and their order of
//! declaration are part of the catalogue.

use std::sync::Arc;

use crate::input::{Audience, NameList};
use crate::provisioner::{Conditions, Provisioner};

/// A resource of a workload, for which a provisioner is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Its class, which is `default` if it has none.
    pub class: &'a str,
    /// Its id.
    pub id: &'a str,
    /// The workload that declares it, or needs it indirectly; empty for the project itself.
    pub workload: &'a str,
    /// Whether the workload declares it.
    pub is_declared: bool,
}

impl Wanted<'_> {
    /// The workload, or the project itself, in a sentence.
    pub(super) fn user(&self) -> String {
        match self.workload {
            "" => "the project".to_owned(),
            workload => format!("the workload `{workload}`"),
        }
    }
}

/// A provisioner for the type of a resource.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Candidate {
    /// The provisioner.
    pub provisioner: Arc<Provisioner>,
    /// The place of its rank among those of all candidates; the first takes precedence.
    pub rank: usize,
    /// Whether it handles the resource, or the reason why not.
    pub verdict: Verdict,
}

/// Whether a provisioner handles a resource of its type. Reasons in the provisioner itself are
/// found by `mismatch`, comparisons with others by `rank`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It handles the resource.
    Answers,
    /// It matches, but only provisioners may require the resource, which the workload declares.
    Internal,
    /// It matches, but another one of the same entry has the same rank, so neither handles the
    /// resource.
    Tie,
    /// It matches, but another one is more specific.
    LessSpecific,
    /// It matches, but one of an earlier entry has the same rank.
    Later,
    /// It is only for other platforms.
    OtherPlatform,
    /// It is only for another class.
    OtherClass,
    /// It is only for another id.
    OtherId,
    /// It is only for other environments.
    OtherEnvironment,
    /// It is only for other workloads.
    OtherWorkload,
    /// It is built in, and the project does not allow the built-in ones of its type.
    NotAllowed,
}

impl Verdict {
    /// The machine-readable name, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Answers => "answers",
            Verdict::Internal => "internal",
            Verdict::Tie => "tie",
            Verdict::LessSpecific => "less-specific",
            Verdict::Later => "later",
            Verdict::OtherPlatform => "other-platform",
            Verdict::OtherClass => "other-class",
            Verdict::OtherId => "other-id",
            Verdict::OtherEnvironment => "other-environment",
            Verdict::OtherWorkload => "other-workload",
            Verdict::NotAllowed => "not-allowed",
        }
    }
}

/// The rank of a provisioner: the aspects that it names, compared in this order, and of equal ones the number
/// of platforms. The lowest rank takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank<'a> {
    /// Whether it is for any id, class, workload, environment, and type of environment.
    is_any: [bool; 5],
    platforms: Platforms<'a>,
}

/// The rank of a provisioner with respect to platforms. The lowest takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Platforms<'a> {
    number: usize,
    first: Option<&'a str>,
}

impl<'a> Platforms<'a> {
    fn of(provisioner: &'a Provisioner, platform: Option<&str>) -> Self {
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

impl<'a> Rank<'a> {
    /// The rank of a provisioner on a platform.
    pub(crate) fn of(provisioner: &'a Provisioner, platform: Option<&str>) -> Self {
        let is_any = |list: fn(&Audience) -> Option<&NameList>| provisioner.lists(list).is_empty();
        Self {
            is_any: [
                provisioner.id.is_none(),
                provisioner.class.is_none(),
                is_any(|it| it.workloads.as_ref()),
                is_any(|it| it.environments.as_ref()),
                is_any(|it| it.environment_types.as_ref()),
            ],
            platforms: Platforms::of(provisioner, platform),
        }
    }
}

/// The identity of a provisioner's claim: two provisioners with the same claim match the same resources of the
/// same workloads and have the same rank.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Claim<'a> {
    entry: usize,
    kind: &'a str,
    class: Option<&'a str>,
    id: Option<&'a str>,
    rank: Rank<'a>,
    workloads: Vec<&'a NameList>,
    /// The lists of environments; empty if the environment of the run has been compared with them.
    environments: Vec<[Option<&'a NameList>; 2]>,
}

impl<'a> Claim<'a> {
    /// The claim of a provisioner under these conditions, if it can be used at all.
    pub(crate) fn of(provisioner: &'a Provisioner, conditions: &Conditions) -> Option<Self> {
        let environment = conditions.environment.as_ref();
        let environments = match environment {
            Some(_) if !provisioner.is_for_environment(environment) => return None,
            Some(_) => Vec::new(),
            None => provisioner
                .audiences
                .iter()
                .map(|it| [it.environments.as_ref(), it.environment_types.as_ref()])
                .collect(),
        };
        provisioner.is_for(conditions.platform).then(|| Self {
            entry: provisioner.entry,
            kind: &provisioner.kind,
            class: provisioner.class.as_deref(),
            id: provisioner.id.as_deref(),
            rank: Rank::of(provisioner, conditions.platform),
            workloads: provisioner.lists(|it| it.workloads.as_ref()),
            environments,
        })
    }
}

/// The reason why a provisioner does not match a resource of its type.
fn mismatch(
    provisioner: &Provisioner,
    conditions: &Conditions,
    wanted: &Wanted<'_>,
) -> Option<Verdict> {
    let differs =
        |named: &Option<String>, value: &str| named.as_ref().is_some_and(|named| named != value);
    let environment = conditions.environment.as_ref();
    let checks = [
        (
            Verdict::OtherPlatform,
            !provisioner.is_for(conditions.platform),
        ),
        (
            Verdict::OtherClass,
            differs(&provisioner.class, wanted.class),
        ),
        (Verdict::OtherId, differs(&provisioner.id, wanted.id)),
        (
            Verdict::OtherEnvironment,
            !provisioner.is_for_environment(environment),
        ),
        (
            Verdict::OtherWorkload,
            !provisioner.is_for_workload(wanted.workload),
        ),
        (Verdict::NotAllowed, !conditions.allow(provisioner)),
    ];
    let mut failed = checks.into_iter().filter(|(_, fails)| *fails);
    failed.next().map(|(verdict, _)| verdict)
}

/// Ranks the provisioners of a type, given in order of declaration. Matching ones come first,
/// starting with the one that handles the resource, followed by the others.
pub(crate) fn rank<'a>(
    provisioners: impl Iterator<Item = &'a Arc<Provisioner>>,
    conditions: &Conditions,
    wanted: &Wanted<'_>,
) -> Vec<Candidate> {
    let mut ranks = Vec::new();
    let mut fitting = Vec::new();
    let mut others = Vec::new();
    for provisioner in provisioners {
        let rank = Rank::of(provisioner, conditions.platform);
        ranks.push(rank);
        match mismatch(provisioner, conditions, wanted) {
            None => fitting.push((rank, provisioner)),
            Some(verdict) => others.push((verdict, rank, provisioner)),
        }
    }
    ranks.sort_unstable();
    ranks.dedup();
    // Equal ones keep their order of declaration.
    let key = |(rank, provisioner): &(Rank<'a>, &Arc<Provisioner>)| (*rank, provisioner.entry);
    fitting.sort_by_key(key);
    let best = fitting.first().map(key);
    let equals = fitting.iter().filter(|it| Some(key(it)) == best).count();
    let fitting = fitting.into_iter().map(|it| {
        let is_internal = || wanted.is_declared && it.1.internal.contains(wanted.id);
        let verdict = match best {
            Some(best) if key(&it) == best && equals > 1 => Verdict::Tie,
            Some(best) if key(&it) == best && is_internal() => Verdict::Internal,
            Some(best) if key(&it) == best => Verdict::Answers,
            Some((rank, _)) if it.0 == rank => Verdict::Later,
            _ => Verdict::LessSpecific,
        };
        (verdict, it.0, it.1)
    });
    fitting
        .chain(others)
        .map(|(verdict, rank, provisioner)| Candidate {
            provisioner: Arc::clone(provisioner),
            rank: ranks.partition_point(|known| *known < rank) + 1,
            verdict,
        })
        .collect()
}
