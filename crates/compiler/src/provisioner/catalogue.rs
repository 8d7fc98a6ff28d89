//! The catalogue: all provisioners of a project, and the selection of the one that handles a
//! resource.

mod advice;
mod findings;
mod load;

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::{Arc, LazyLock};

use indexmap::{Equivalent, IndexMap};
use score_spec::{
    Code, Diagnostic, Entry, Kind, Map, Node, SourceId, Sources, Span, Spanned,
    schema::{Codes, Schema},
};

use self::findings::{tie, tie_at_use, too_many_patterns};
use crate::input::{Audience, EnvironmentId, NameList, Settings};
use crate::ir::{Segment, Tree};
use crate::provisioner::expression::to_text;
use crate::provisioner::ranking::{Candidate, Claim, Rank, Verdict, Wanted, rank};
use crate::provisioner::{Provision, Provisioner};

/// The schema of provisioner files, which is part of this workspace and tested.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::PROVISIONER));

/// Validates parts of a provisioner after their expressions have been evaluated.
pub(crate) fn check_parts(
    parts: Vec<(&str, Node)>,
    span: Span,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let text = |text: &str| Node {
        span,
        kind: Kind::Text(text.to_owned()),
    };
    let head = [
        ("apiVersion", text("score-rs/v1")),
        ("kind", text("Provisioner")),
        ("type", text("part")),
    ];
    let entries = head.into_iter().chain(parts).map(|(key, value)| Entry {
        key: key.to_owned(),
        key_span: span,
        value,
    });
    let document = Node {
        span,
        kind: Kind::Map(entries.collect()),
    };
    SCHEMA.check(&document, sources, &Codes::all(Code::ProvisionerInvalid))
}

/// A value as a provisioner could contain it: literal, or as an expression if there is no value yet.
pub(crate) fn as_written(value: &Tree, _: Span) -> String {
    const EXPRESSION: &str = "{{ }}";
    if *value == Tree::Null {
        return EXPRESSION.to_owned();
    }
    let text = to_text(value);
    let parts = text.segments().iter().map(|segment| match segment {
        // This does not begin an expression any more.
        Segment::Plain(plain) => plain.replace("{{", "{ {"),
        Segment::Ref(_) => EXPRESSION.to_owned(),
    });
    parts.collect()
}

/// The maximum cost of comparisons with the workloads of provisioners of a type. Each resource is compared
/// with all of them.
const MOST_LIMITED: usize = 1_000;

/// Provisioner files with the same precedence.
#[derive(Debug, Clone, Default)]
pub struct CatalogueEntry {
    /// The files.
    pub files: Vec<SourceId>,
    /// Who may use their provisioners.
    pub audience: Audience,
}

impl From<Vec<SourceId>> for CatalogueEntry {
    /// An entry for everyone.
    fn from(files: Vec<SourceId>) -> Self {
        Self {
            files,
            audience: Audience::default(),
        }
    }
}

/// The properties of a run that decide which provisioners can be used.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// The platform; any platform if nothing is rendered.
    pub platform: Option<&'static str>,
    /// The environment, if there is one.
    pub environment: Option<EnvironmentId>,
    /// The types that built-in provisioners may handle, with the location of the list; all if absent.
    pub builtins: Option<Spanned<BTreeSet<String>>>,
}

impl Conditions {
    /// The conditions of a project for a platform.
    pub(crate) fn of(settings: &Settings, platform: Option<&'static str>) -> Self {
        Self {
            platform,
            environment: settings.environment_id.clone(),
            builtins: settings.builtins.clone(),
        }
    }

    /// Whether a provisioner may be used, if it is built in.
    pub(crate) fn allow(&self, provisioner: &Provisioner) -> bool {
        let listed = self.builtins.as_ref();
        !provisioner.is_built_in()
            || listed.is_none_or(|types| types.value.contains(&provisioner.kind))
    }
}

/// Provisioners, those of the project before the built-in ones.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub(super) conditions: Conditions,
    /// The number of entries of the project's files; the built-in ones are an additional entry.
    entries: usize,
    provisioners: Vec<Arc<Provisioner>>,
    /// Their indices by type. Projects can have many resources and many provisioners, so linear
    /// searches are avoided.
    types: Map<OfType>,
    /// Built-in files that have been loaded, by type.
    read: Vec<usize>,
    /// The sources of built-in files that are loaded or extended, by type.
    builtins: BTreeMap<&'static str, SourceId>,
    /// The files of the project, for messages.
    files: Vec<String>,
    /// The classes of provisioners, by type.
    classes: BTreeMap<String, BTreeSet<String>>,
    /// Whether a finding lists the known types.
    has_listed_types: bool,
    /// The types of provisioners with errors.
    broken: BTreeSet<String>,
    /// The locations of equal provisioners that have been reported.
    ties: BTreeSet<[Span; 2]>,
}

/// Provisioners in Rust, by their declarations.
pub(crate) type Natives = BTreeMap<SourceId, Arc<dyn Provision>>;

/// The provisioners of one type.
#[derive(Debug, Default)]
struct OfType {
    /// Their indices, in order of declaration.
    all: Vec<usize>,
    /// Those that can be used, by class and id.
    usable: IndexMap<Specific, Usable>,
    /// The cost of comparisons with the workloads of limited ones.
    cost: usize,
    /// The params of those for other platforms.
    elsewhere: Arc<BTreeSet<String>>,
}

/// The indices of provisioners that can be used for a class and an id.
#[derive(Debug, Default)]
struct Usable {
    /// Those for some workloads, in order of precedence.
    limited: Vec<usize>,
    /// The first of those for all workloads. Limited ones take precedence over it.
    open: Option<usize>,
    /// Those in lists, in order of declaration.
    listed: Vec<usize>,
}

/// The class and the id that a provisioner handles; any if absent.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Specific(Option<String>, Option<String>);

/// The same, borrowed. Both have the same hash.
#[derive(Debug, Hash)]
struct SpecificRef<'a>(Option<&'a str>, Option<&'a str>);

impl Equivalent<Specific> for SpecificRef<'_> {
    fn equivalent(&self, key: &Specific) -> bool {
        (self.0, self.1) == (key.0.as_deref(), key.1.as_deref())
    }
}

impl Catalogue {
    /// Reports each provisioner that equals an earlier one of its entry.
    fn report_ties(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        let mut claims: BTreeMap<Claim, Span> = BTreeMap::new();
        // Of equal ones in lists, the first handles resources.
        for known in self.provisioners.iter().filter(|it| it.listed.is_none()) {
            let Some(claim) = Claim::of(known, &self.conditions) else {
                continue;
            };
            match claims.entry(claim) {
                btree_map::Entry::Vacant(free) => {
                    free.insert(known.span);
                }
                btree_map::Entry::Occupied(first) => {
                    self.ties.insert([*first.get(), known.span]);
                    diagnostics.push(tie(known, *first.get()));
                }
            }
        }
    }

    /// Records the index of a provisioner. One that takes too many comparisons is reported instead.
    fn index(&mut self, at: usize, diagnostics: &mut Vec<Diagnostic>) {
        let provisioner = &self.provisioners[at];
        let of_type = self.types.entry(provisioner.kind.clone()).or_default();
        of_type.all.push(at);
        let conditions = &self.conditions;
        if !provisioner.is_for(conditions.platform) {
            let known = provisioner.params.known.keys().cloned();
            Arc::make_mut(&mut of_type.elsewhere).extend(known);
            return;
        }
        if !provisioner.is_for_environment(conditions.environment.as_ref())
            || !conditions.allow(provisioner)
        {
            return;
        }
        let audiences = provisioner.audiences.iter();
        let workloads = audiences.filter_map(|it| it.workloads.as_ref());
        let before = of_type.cost;
        of_type.cost += workloads.map(NameList::cost).sum::<usize>();
        if of_type.cost > MOST_LIMITED && provisioner.is_limited() {
            if before <= MOST_LIMITED {
                diagnostics.push(too_many_patterns(provisioner));
            }
            return;
        }
        let key = Specific(provisioner.class.clone(), provisioner.id.clone());
        let usable = of_type.usable.entry(key).or_default();
        if provisioner.listed.is_some() {
            usable.listed.push(at);
            return;
        }
        let rank = |at: usize| {
            let provisioner = &self.provisioners[at];
            let rank = Rank::of(provisioner, conditions.platform);
            (rank, provisioner.entry)
        };
        let Usable { limited, open, .. } = usable;
        // Of equal ones, the first takes precedence.
        if provisioner.is_limited() {
            let place = limited.partition_point(|known| rank(*known) <= rank(at));
            limited.insert(place, at);
        } else if open.is_none_or(|known| rank(at) < rank(known)) {
            *open = Some(at);
        }
    }

    /// The provisioner that handles a resource of a workload: the first in the order of these aspects, each
    /// before those that do not name it: id, class, workloads, environments, types of environments, few
    /// platforms; if they are equal, that of the first entry. The first in a list that matches takes precedence over
    /// those of later entries.
    pub fn handler(&self, wanted: &Wanted<'_>) -> Option<&Arc<Provisioner>> {
        let own = self.matching(wanted).next();
        let listed = self.listed(wanted);
        match (own, listed) {
            (Some(own), Some(listed)) if listed.entry < own.entry => Some(listed),
            (own, listed) => own.or(listed),
        }
    }

    /// The first provisioner in a list that matches a resource.
    fn listed(&self, wanted: &Wanted<'_>) -> Option<&Arc<Provisioner>> {
        let usable = self.usable(wanted).filter_map(|usable| {
            let mut listed = usable.listed.iter().map(|&at| (at, &self.provisioners[at]));
            listed.find(|(_, known)| known.is_for_workload(wanted.workload))
        });
        usable.min_by_key(|(at, _)| *at).map(|(_, found)| found)
    }

    /// The provisioners for a class and an id that match a resource, whatever its workload is.
    fn usable<'a, 'w>(
        &'a self,
        wanted: &Wanted<'w>,
    ) -> impl Iterator<Item = &'a Usable> + use<'a, 'w> {
        let (class, id) = (Some(wanted.class), Some(wanted.id));
        // In the order of `ranking::Rank`.
        let keys = [(class, id), (None, id), (class, None), (None, None)];
        let of_type = self.types.get(wanted.kind);
        let usable = keys.into_iter();
        usable.filter_map(move |(class, id)| of_type?.usable.get(&SpecificRef(class, id)))
    }

    /// The provisioners that match a resource of a workload, in order of precedence. Of those for all workloads,
    /// there is only the first for each class and id.
    fn matching<'a, 'w>(
        &'a self,
        wanted: &Wanted<'w>,
    ) -> impl Iterator<Item = &'a Arc<Provisioner>> + use<'a, 'w> {
        let workload = wanted.workload;
        let usable = self.usable(wanted);
        usable.flat_map(move |Usable { limited, open, .. }| {
            let fits = |known: &&Arc<Provisioner>| known.is_for_workload(workload);
            let limited = limited.iter().map(|&at| &self.provisioners[at]);
            let open = open.iter().map(|&at| &self.provisioners[at]);
            limited.filter(fits).chain(open)
        })
    }

    /// Whether provisioners of a type are only for some workloads, so that workloads can have different ones.
    pub(crate) fn is_limited(&self, kind: &str) -> bool {
        self.types.get(kind).is_some_and(|it| it.cost > 0)
    }

    /// Reports that two provisioners of one entry match a resource equally, unless this has been done.
    pub(crate) fn check_tie(
        &mut self,
        wanted: &Wanted<'_>,
        place: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let [first, second] = {
            let mut matching = self.matching(wanted);
            let (Some(first), Some(second)) = (matching.next(), matching.next()) else {
                return;
            };
            [Arc::clone(first), Arc::clone(second)]
        };
        let platform = self.conditions.platform;
        let is_tie = first.entry == second.entry
            && Rank::of(&first, platform) == Rank::of(&second, platform);
        if is_tie && self.ties.insert([first.span, second.span]) {
            diagnostics.push(tie_at_use(&second, &first, wanted, place));
        }
    }

    /// All provisioners of a resource's type with the reason why they handle it or not. The one
    /// that [handles](Self::handler) it comes first.
    pub fn candidates(&self, wanted: &Wanted<'_>) -> Vec<Candidate> {
        let mut candidates = rank(self.of_type(wanted.kind), &self.conditions, wanted);
        if let Some(listed) = self.handler(wanted).filter(|it| it.listed.is_some()) {
            for candidate in &mut candidates {
                candidate.verdict = match candidate.verdict {
                    _ if Arc::ptr_eq(&candidate.provisioner, listed) => Verdict::Answers,
                    Verdict::Answers | Verdict::Tie | Verdict::LessSpecific => Verdict::Later,
                    other => other,
                };
            }
            candidates.sort_by_key(|it| it.verdict != Verdict::Answers);
        }
        candidates
    }

    /// The provisioners of a type, in order of declaration.
    pub(crate) fn of_type(&self, kind: &str) -> impl Iterator<Item = &Arc<Provisioner>> {
        let places = self.types.get(kind).map(|of_type| of_type.all.as_slice());
        let places = places.unwrap_or_default().iter();
        places.filter_map(|&at| self.provisioners.get(at))
    }

    /// The params that provisioners of a type define on other platforms. They have no effect here,
    /// but are valid.
    pub(crate) fn params_elsewhere(&self, kind: &str) -> Arc<BTreeSet<String>> {
        let of_type = self.types.get(kind);
        of_type
            .map(|it| Arc::clone(&it.elsewhere))
            .unwrap_or_default()
    }

    /// Whether another provisioner replaces this one on a platform, because it handles the same
    /// resources of the same workloads and environments on fewer platforms.
    pub fn is_replaced(&self, provisioner: &Provisioner, platform: &str) -> bool {
        let id = (&provisioner.class, &provisioner.id);
        let number = provisioner.platforms.len();
        self.of_type(&provisioner.kind).any(|other| {
            (&other.class, &other.id) == id
                && other.audiences == provisioner.audiences
                && other.is_for(Some(platform))
                && !other.platforms.is_empty()
                && (number == 0 || other.platforms.len() < number)
        })
    }

    /// All loaded provisioners.
    pub fn provisioners(&self) -> impl Iterator<Item = &Arc<Provisioner>> {
        self.provisioners.iter()
    }

    /// Whether there is a provisioner with errors for a type.
    pub(crate) fn is_broken(&self, kind: &str) -> bool {
        self.broken.contains(kind)
    }
}
