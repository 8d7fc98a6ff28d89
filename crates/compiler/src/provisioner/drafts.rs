//! The documents of provisioner files before they are read, and which of them extends which. Merging and reading
//! them is the responsibility of `merge` and `read`.

mod choice;
mod findings;
mod merge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{Diagnostic, Node, SourceId, Span};

use self::choice::{Aspects, Choice};
use self::findings::{circle, too_large, too_long, unknown};
pub(super) use self::merge::Merge;
use crate::input::Audience;
use crate::ir::name::DEFAULT_CLASS;
use crate::provisioner::Conditions;

/// The maximum number of provisioners from which one inherits.
const MOST_BASES: usize = 10;

/// The maximum number of comparisons with provisioners that others could extend.
const MOST_COMPARED: usize = 2_000_000;

/// A document of a provisioner file.
#[derive(Debug)]
pub(super) struct Draft {
    /// The number of its entry.
    pub(super) entry: usize,
    /// Its file.
    pub(super) file: SourceId,
    /// Who may use its entry, unless everyone may.
    pub(super) audience: Option<Arc<Audience>>,
    /// The document, as it is written.
    pub(super) node: Node,
    /// Whether an earlier entry contains the same file, so that its mistakes have been reported.
    pub(super) is_repeated: bool,
    /// Whether it is only here to be extended. Such documents are part of the built-in catalogue.
    pub(super) is_built_in: bool,
}

impl Draft {
    fn text(&self, field: &str) -> Option<&str> {
        self.node.get(field).and_then(Node::text)
    }

    /// The resource type that it handles.
    pub(super) fn kind(&self) -> Option<&str> {
        self.text("type")
    }

    fn class(&self) -> &str {
        self.text("class").unwrap_or(DEFAULT_CLASS)
    }

    /// The provisioner that it extends. The schema reports other values.
    pub(super) fn extends(&self) -> Option<Extends<'_>> {
        let node = self.node.get("extends")?;
        let text = node.text()?;
        let (kind, class) = text.split_once('.').unwrap_or((text, DEFAULT_CLASS));
        Some(Extends {
            span: node.span,
            kind,
            class,
        })
    }
}

/// The value of `extends`: `TYPE` or `TYPE.CLASS`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extends<'a> {
    pub(super) span: Span,
    pub(super) kind: &'a str,
    pub(super) class: &'a str,
}

/// The documents from which a document inherits.
#[derive(Debug, Clone, Default)]
pub(super) struct Lineage {
    /// The indices of the documents from which it inherits, nearest first.
    pub(super) bases: Vec<usize>,
    /// Whether what it extends cannot be found, which has been reported.
    pub(super) is_broken: bool,
    /// The platforms of the documents that it extends on different ones, all if empty. Absent if it extends the same one
    /// everywhere, or if a platform is selected.
    pub(super) platforms: Option<Vec<String>>,
}

/// The lineage of each document. Reports documents that extend unknown ones, themselves, or too many.
///
/// All documents of a lineage are chosen for the same platform: that of the run, or one that the first of them supports.
pub(super) fn lineages(
    drafts: &[Draft],
    conditions: &Conditions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Lineage> {
    let mut lineages = vec![Lineage::default(); drafts.len()];
    let extending = || (0..drafts.len()).filter(|at| drafts[*at].extends().is_some());
    if extending().next().is_none() {
        return lineages;
    }
    let aspects = drafts.iter().map(|draft| Aspects::of(draft, conditions));
    let aspects: Vec<Aspects> = aspects.collect();
    let platform = |at: usize| aspects[at].platform_for(conditions);
    let platforms: BTreeSet<Option<&str>> = extending().map(platform).collect();
    let (mut compared, mut reported) = (0, BTreeSet::new());
    for selected in platforms {
        let mut search = Search::new(drafts, &aspects, selected);
        search.compared = compared;
        let starts: Vec<usize> = extending().filter(|at| platform(*at) == selected).collect();
        for start in starts {
            lineages[start] = search.lineage(start);
            if conditions.platform.is_none() && drafts[start].node.get("platforms").is_none() {
                lineages[start].platforms = search.platforms(start);
            }
        }
        compared = search.compared;
        let new = search.found.into_iter();
        diagnostics.extend(
            new.filter(|(place, _)| reported.insert(*place))
                .map(|it| it.1),
        );
    }
    lineages
}

/// The state of the chain that starts at a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chain {
    /// It is being followed.
    Open,
    /// It has so many other documents.
    Bases(usize),
    /// It does not end, is too long, or leads to a broken document, which has been reported.
    Broken,
}

/// The search for the documents that others extend on a platform.
struct Search<'a> {
    drafts: &'a [Draft],
    aspects: &'a [Aspects],
    platform: Option<&'a str>,
    /// The documents without an id by type and class.
    named: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// The document that each document extends, as far as it has been searched for.
    links: Vec<Option<usize>>,
    chains: Vec<Option<Chain>>,
    compared: usize,
    /// The diagnostics, by the location of `extends`.
    found: Vec<(Span, Diagnostic)>,
}

impl<'a> Search<'a> {
    fn new(drafts: &'a [Draft], aspects: &'a [Aspects], platform: Option<&'a str>) -> Self {
        let mut named: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            if let (Some(kind), None) = (draft.kind(), draft.node.get("id")) {
                named.entry((kind, draft.class())).or_default().push(at);
            }
        }
        Self {
            drafts,
            aspects,
            platform,
            named,
            links: vec![None; drafts.len()],
            chains: vec![None; drafts.len()],
            compared: 0,
            found: Vec::new(),
        }
    }

    /// The lineage of a document without its platforms.
    fn lineage(&mut self, start: usize) -> Lineage {
        let Chain::Bases(number) = self.chain(start) else {
            return Lineage {
                is_broken: true,
                ..Lineage::default()
            };
        };
        let bases = std::iter::successors(self.links[start], |base| self.links[*base]);
        Lineage {
            bases: bases.take(number).collect(),
            ..Lineage::default()
        }
    }

    /// The platforms of the documents that a document extends on different ones.
    fn platforms(&self, at: usize) -> Option<Vec<String>> {
        let candidates = self.candidates(self.drafts[at].extends()?);
        self.choice(at).platforms(self.links[at]?, candidates)
    }

    fn choice(&self, at: usize) -> Choice<'a> {
        Choice {
            drafts: self.drafts,
            aspects: self.aspects,
            at,
            platform: self.platform,
        }
    }

    fn candidates<'b>(&'b self, extends: Extends<'b>) -> &'b [usize] {
        let named = self.named.get(&(extends.kind, extends.class));
        named.map_or(&[], Vec::as_slice)
    }

    /// Follows the chain of a document until one whose chain is known.
    fn chain(&mut self, start: usize) -> Chain {
        let mut path = Vec::new();
        let mut at = start;
        // The chain below the last document of the path.
        let mut below = loop {
            match self.chains[at] {
                None => {}
                // Only documents of this path are open.
                Some(Chain::Open) => {
                    let members = path.iter().skip_while(|member| **member != at);
                    let members: Vec<&Draft> = members.map(|&it| &self.drafts[it]).collect();
                    self.found.extend(circle(&members));
                    break Some(Chain::Broken);
                }
                known => break known,
            }
            self.chains[at] = Some(Chain::Open);
            path.push(at);
            match self.link(at) {
                Ok(Some(base)) => at = base,
                Ok(None) => break None,
                Err(()) => break Some(Chain::Broken),
            }
        };
        for at in path.into_iter().rev() {
            let chain = match below {
                None => Chain::Bases(0),
                Some(Chain::Bases(MOST_BASES)) => {
                    self.found.extend(too_long(&self.drafts[at], MOST_BASES));
                    Chain::Broken
                }
                Some(Chain::Bases(number)) => Chain::Bases(number + 1),
                Some(Chain::Open | Chain::Broken) => Chain::Broken,
            };
            self.chains[at] = Some(chain);
            below = Some(chain);
        }
        self.chains[start].unwrap_or(Chain::Broken)
    }

    /// The document that a document extends, if it extends one. Fails if it cannot be found, which is reported.
    fn link(&mut self, at: usize) -> Result<Option<usize>, ()> {
        let drafts = self.drafts;
        let draft = &drafts[at];
        let Some(extends) = draft.extends() else {
            return Ok(None);
        };
        let number = self.candidates(extends).len();
        let before = self.compared;
        self.compared += number;
        if self.compared > MOST_COMPARED {
            if before <= MOST_COMPARED {
                self.found.push((extends.span, too_large(extends.span)));
            }
            return Err(());
        }
        let base = self.choice(at).base(self.candidates(extends));
        if base.is_none() {
            let classes = self.named.keys();
            let classes = classes.filter(|(kind, _)| *kind == extends.kind);
            let classes = classes.map(|(_, class)| *class);
            let diagnostic = unknown(draft, extends, classes, drafts);
            self.found.push((extends.span, diagnostic));
        }
        self.links[at] = base;
        base.map(Some).ok_or(())
    }
}
