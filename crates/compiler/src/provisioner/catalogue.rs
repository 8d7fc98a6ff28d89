//! The catalogue: all provisioners of a project, and the selection of the one that handles a
//! resource.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::{Arc, LazyLock};

use indexmap::{Equivalent, IndexMap};
use score_spec::{
    Code, Diagnostic, Entry, Hint, Kind, Map, Node, SourceId, Sources, Span, Spanned,
    diagnostic::{MOST_PROPOSALS, listed, nearest},
    schema::{Codes, Schema},
};

use crate::ir::{Segment, Tree};
use crate::provisioner::expression::to_text;
use crate::provisioner::ranking::{Candidate, Claim, Platforms, rank};
use crate::provisioner::read::read;
use crate::provisioner::synonyms::synonym;
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

/// The default class.
const DEFAULT_CLASS: &str = "default";

/// The maximum number of types in a help text.
const MOST_TYPES: usize = 30;

/// Provisioners, those of the project before the built-in ones.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The platform of the run; any platform if nothing is rendered.
    platform: Option<&'static str>,
    /// The number of entries of the project's files; the built-in ones are an additional entry.
    entries: usize,
    provisioners: Vec<Arc<Provisioner>>,
    /// Their indices by type. Projects can have many resources and many provisioners, so linear
    /// searches are avoided.
    types: Map<OfType>,
    /// Built-in files that have been loaded, by type.
    read: Vec<&'static str>,
    /// The files of the project, for messages.
    files: Vec<String>,
    /// The classes of provisioners, by type.
    classes: BTreeMap<String, BTreeSet<String>>,
    /// Whether a finding lists the known types.
    has_listed_types: bool,
    /// The types of provisioners with errors.
    broken: BTreeSet<String>,
    /// The implementations in Rust, by their declarations.
    natives: Natives,
}

/// Provisioners in Rust, by their declarations.
pub(crate) type Natives = BTreeMap<SourceId, Arc<dyn Provision>>;

/// The provisioners of one type.
#[derive(Debug, Default)]
struct OfType {
    /// Their indices, in order of declaration.
    all: Vec<usize>,
    /// The one that takes precedence on the platform, by its class and id.
    best: IndexMap<Specific, usize>,
    /// The params of those for other platforms.
    elsewhere: Arc<BTreeSet<String>>,
}

/// The class and the id that a provisioner handles; any if absent.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Specific(Option<String>, Option<String>);

/// The same, borrowed. Both have the same hash.
#[derive(Debug, Hash)]
struct Wanted<'a>(Option<&'a str>, Option<&'a str>);

impl Equivalent<Specific> for Wanted<'_> {
    fn equivalent(&self, key: &Specific) -> bool {
        (self.0, self.1) == (key.0.as_deref(), key.1.as_deref())
    }
}

impl Catalogue {
    /// Loads the project's provisioner files, by entries in order of precedence. The files of an
    /// entry have the same precedence: provisioners in one entry that are equal are reported.
    /// Provisioners for other platforms are not used.
    pub fn new(
        sources: &Sources,
        entries: &[Vec<SourceId>],
        platform: Option<&'static str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        Self::with_natives(sources, entries, &Natives::new(), platform, diagnostics)
    }

    /// The same, including declarations of provisioners in Rust.
    pub(crate) fn with_natives(
        sources: &Sources,
        entries: &[Vec<SourceId>],
        natives: &Natives,
        platform: Option<&'static str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut catalogue = Self {
            platform,
            natives: natives.clone(),
            entries: entries.len(),
            ..Self::default()
        };
        for (entry, files) in entries.iter().enumerate() {
            for &id in files {
                catalogue.files.push(sources.get(id).name.clone());
                catalogue.add(sources, (entry, id), Some(&SCHEMA), diagnostics);
            }
        }
        catalogue.report_ties(diagnostics);
        catalogue
    }

    /// Reports each provisioner that equals an earlier one of its entry.
    fn report_ties(&self, diagnostics: &mut Vec<Diagnostic>) {
        let mut claims: BTreeMap<Claim, Span> = BTreeMap::new();
        for known in &self.provisioners {
            let Some(claim) = Claim::of(known, self.platform) else {
                continue;
            };
            match claims.entry(claim) {
                btree_map::Entry::Vacant(free) => {
                    free.insert(known.span);
                }
                btree_map::Entry::Occupied(first) => diagnostics.push(tie(known, *first.get())),
            }
        }
    }

    /// Records the index of a provisioner.
    fn index(&mut self, at: usize) {
        let provisioner = &self.provisioners[at];
        let of_type = self.types.entry(provisioner.kind.clone()).or_default();
        of_type.all.push(at);
        if provisioner.is_for(self.platform) {
            let key = Specific(provisioner.class.clone(), provisioner.id.clone());
            let best = of_type.best.entry(key).or_insert(at);
            let rank = |at: usize| Platforms::of(&self.provisioners[at], self.platform);
            // Of equal ones, this keeps the first.
            if rank(at) < rank(*best) {
                *best = at;
            }
        } else {
            let known = provisioner.params.known.keys().cloned();
            Arc::make_mut(&mut of_type.elsewhere).extend(known);
        }
    }

    fn add(
        &mut self,
        sources: &Sources,
        file: (usize, SourceId),
        schema: Option<&Schema>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let found = read(sources, file, schema, diagnostics);
        for known in &found.provisioners {
            if let Some(class) = &known.class {
                let classes = self.classes.entry(known.kind.clone()).or_default();
                classes.insert(class.clone());
            }
        }
        let native = self.natives.get(&file.1).cloned();
        for mut provisioner in found.provisioners {
            provisioner.native.clone_from(&native);
            self.provisioners.push(Arc::new(provisioner));
            self.index(self.provisioners.len() - 1);
        }
        self.broken.extend(found.broken);
    }

    /// Loads the built-in provisioners of a type, unless this has been done.
    pub fn need(&mut self, kind: &str, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) {
        let Some((kind, text)) = score_provisioners::BUILTIN
            .iter()
            .find(|(known, _)| *known == kind)
        else {
            return;
        };
        if !self.read.contains(kind) {
            self.read.push(kind);
            let id = sources.add(format!("builtin:{kind}.yaml"), *text);
            // A test validates them against the schema.
            self.add(sources, (self.entries, id), None, diagnostics);
        }
    }

    /// Loads all built-in provisioners.
    pub fn need_all(&mut self, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) {
        for (kind, _) in score_provisioners::BUILTIN {
            self.need(kind, sources, diagnostics);
        }
    }

    /// The provisioner that handles a resource: one for its id takes precedence over one for its
    /// class, which takes precedence over one for its type only, and of these the one with fewer
    /// platforms; if they are equal, that of the first entry.
    pub fn handler(&self, kind: &str, class: &str, id: &str) -> Option<&Arc<Provisioner>> {
        let of_type = self.types.get(kind)?;
        let (class, id) = (Some(class), Some(id));
        // In the order of `ranking::Rank`.
        let wanted = [(class, id), (None, id), (class, None), (None, None)];
        let mut found = wanted
            .into_iter()
            .filter_map(|(class, id)| of_type.best.get(&Wanted(class, id)));
        self.provisioners.get(*found.next()?)
    }

    /// All provisioners of a resource's type with the reason why they handle it or not. The one
    /// that [handles](Self::handler) it comes first.
    pub fn candidates(&self, kind: &str, class: &str, id: &str) -> Vec<Candidate> {
        rank(self.of_type(kind), self.platform, class, id)
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
    /// resources on fewer platforms.
    pub fn is_replaced(&self, provisioner: &Provisioner, platform: &str) -> bool {
        let id = (&provisioner.class, &provisioner.id);
        let number = provisioner.platforms.len();
        self.of_type(&provisioner.kind).any(|other| {
            (&other.class, &other.id) == id
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

    /// Reports a probable typo in a class: provisioners of the type have classes, on any platform,
    /// but not this one. After many diagnostics there are no suggestions.
    pub(crate) fn check_class(
        &self,
        kind: &str,
        class: Option<&Spanned<String>>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let (Some(class), Some(known)) = (class, self.classes.get(kind)) else {
            return;
        };
        if class.value == DEFAULT_CLASS || known.contains(&class.value) {
            return;
        }
        let message =
            format!("no provisioner for resources of type `{kind}` has the class `{class}`");
        let mut diagnostic =
            Diagnostic::new(Code::ResourceUnknownClass, message).at(class.span, "");
        if diagnostics.len() < MOST_PROPOSALS
            && let Some(advice) = self.classes_advice(kind, &class.value)
        {
            diagnostic = diagnostic.help(advice);
        }
        diagnostics.push(diagnostic);
    }

    /// The classes of a type, and the class that was probably intended; `None` if there are no
    /// classes.
    fn classes_advice(&self, kind: &str, class: &str) -> Option<String> {
        let known = self.classes.get(kind)?;
        let known = || known.iter().map(String::as_str);
        let all = listed(known());
        Some(match nearest(class, known()) {
            Some(meant) => {
                format!("did you mean `{meant}`? known classes of the type: {all}")
            }
            None => format!("known classes of the type: {all}"),
        })
    }

    /// The help for a resource without a provisioner.
    pub(crate) fn advice(&mut self, kind: &str, class: &str) -> Hint {
        let is_elsewhere = |known: &&Arc<Provisioner>| !known.is_for(self.platform);
        if let Some(known) = self.of_type(kind).find(is_elsewhere) {
            let platforms = listed(known.platforms.iter().map(String::as_str));
            return format!("`{}` handles it, but only for {platforms}", known.file).into();
        }
        if let Some(advice) = self.classes_advice(kind, class) {
            return advice.into();
        }
        let mut types: Vec<&str> = self
            .provisioners
            .iter()
            .map(|known| known.kind.as_str())
            .chain(score_provisioners::BUILTIN.iter().map(|(kind, _)| *kind))
            .collect();
        let synonym = synonym(kind).filter(|meant| types.contains(meant));
        let meant = if let Some(meant) = synonym {
            return format!("did you mean `{meant}`?").into();
        } else if let Some(meant) = nearest(kind, types.iter().copied()) {
            format!("did you mean `{meant}`?")
        } else if self.has_listed_types {
            return "use one of the known types, which another finding lists".into();
        } else {
            types.sort_unstable();
            types.dedup();
            let known = listed(types.into_iter().take(MOST_TYPES));
            self.has_listed_types = true;
            format!("known types: {known};")
        };
        let searched = match self.files.as_slice() {
            [] => "the built-in catalogue".to_owned(),
            files => format!("the built-in catalogue, {}", files.join(", ")),
        };
        Hint::AddProvisioner {
            kind: kind.to_owned(),
            searched: format!("{meant} searched: {searched}"),
        }
    }
}

/// The diagnostic about a provisioner that handles the same resources as an earlier one of its
/// entry.
fn tie(second: &Provisioner, first: Span) -> Diagnostic {
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
