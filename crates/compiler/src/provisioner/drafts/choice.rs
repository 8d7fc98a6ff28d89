//! The choice of the document that another one extends, if several have its type and class.

use std::cmp::Reverse;

use score_spec::{Node, Span};

use super::Draft;
use crate::input::Audience;
use crate::provisioner::Conditions;

/// The platforms that provisioners can name.
const PLATFORMS: [&str; 2] = ["compose", "kubernetes"];

/// The properties of a document that decide about its precedence, as it declares them itself.
#[derive(Debug)]
pub(super) struct Aspects {
    /// Whether it is for any workload, environment, and type of environment.
    is_any: [bool; 3],
    /// Whether it may be used in the environment of the run.
    is_for_environment: bool,
    platforms: Vec<String>,
}

impl Aspects {
    pub(super) fn of(draft: &Draft, conditions: &Conditions) -> Self {
        let own = Audience::of(&draft.node);
        let audiences = || draft.audience.as_deref().into_iter().chain([&own]);
        let environment = conditions.environment.as_ref();
        let platforms = draft.node.items_at("platforms").iter();
        let platforms = platforms.filter_map(Node::text);
        Self {
            is_any: [
                audiences().all(|it| it.workloads.is_none()),
                audiences().all(|it| it.environments.is_none()),
                audiences().all(|it| it.environment_types.is_none()),
            ],
            is_for_environment: audiences().all(|it| it.has_environment(environment)),
            platforms: platforms.map(str::to_owned).collect(),
        }
    }

    /// The platform for which the documents that it extends are chosen: that of the run, or one that it supports.
    pub(super) fn platform_for<'a>(&self, conditions: &Conditions) -> Option<&'a str> {
        let selected = conditions.platform.filter(|it| self.supports(it));
        let is_limited = !self.platforms.is_empty();
        let known = PLATFORMS
            .into_iter()
            .filter(|it| is_limited && self.supports(it));
        selected.or_else(|| known.min())
    }

    fn supports(&self, platform: &str) -> bool {
        self.platforms.is_empty() || self.platforms.iter().any(|known| known == platform)
    }

    /// The number of platforms, of which fewer are more specific.
    fn extent(&self) -> usize {
        match self.platforms.len() {
            0 => usize::MAX,
            number => number,
        }
    }
}

/// The choice for a document.
pub(super) struct Choice<'a> {
    pub(super) drafts: &'a [Draft],
    pub(super) aspects: &'a [Aspects],
    /// The document.
    pub(super) at: usize,
    /// The platform; any if nothing is rendered.
    pub(super) platform: Option<&'a str>,
}

impl Choice<'_> {
    /// The best of the documents with the type and the class: of the same entry, for the environment, the
    /// workloads and the platform, and then the one that takes precedence as a provisioner.
    pub(super) fn base(&self, candidates: &[usize]) -> Option<usize> {
        let candidates = candidates.iter().copied();
        let candidates = candidates.filter(|&base| self.is_below(base));
        candidates.min_by_key(|&base| {
            let draft = &self.drafts[base];
            let aspects = &self.aspects[base];
            let is_narrower = !aspects.is_any[0] && self.aspects[self.at].is_any[0];
            let extent = match self.platform {
                Some(_) => (aspects.extent(), Reverse(0)),
                // If nothing is rendered, the one with the most platforms represents them all.
                None => (0, Reverse(aspects.extent())),
            };
            (
                self.is_elsewhere(base),
                !aspects.is_for_environment,
                is_narrower,
                self.platform.is_some_and(|it| !aspects.supports(it)),
                aspects.is_any,
                extent,
                draft.entry,
                base,
            )
        })
    }

    /// Whether a document is in another entry.
    fn is_elsewhere(&self, base: usize) -> bool {
        self.drafts[base].entry != self.drafts[self.at].entry
    }

    /// Whether a document is another one and, if both handle the same resources, does not take precedence over the
    /// extending one.
    fn is_below(&self, base: usize) -> bool {
        let (draft, other) = (&self.drafts[self.at], &self.drafts[base]);
        if place(draft) == place(other) {
            return false;
        }
        let rank = |at: usize| {
            let aspects = &self.aspects[at];
            (aspects.is_any, aspects.extent(), self.drafts[at].entry)
        };
        let is_same = draft.kind() == other.kind() && draft.class() == other.class();
        !is_same || draft.node.get("id").is_some() || rank(base) > rank(self.at)
    }

    /// The platforms of the documents that it extends on different ones, all if empty. Absent if there is only one.
    pub(super) fn platforms(&self, base: usize, candidates: &[usize]) -> Option<Vec<String>> {
        let is_near = |it: &usize| self.is_elsewhere(*it) == self.is_elsewhere(base);
        let near = candidates.iter().copied().filter(is_near);
        let near: Vec<usize> = near.filter(|&it| self.is_below(it)).collect();
        if near.len() < 2 {
            return None;
        }
        let mut platforms: Vec<String> = Vec::new();
        for base in near {
            let names = &self.aspects[base].platforms;
            if names.is_empty() {
                return Some(Vec::new());
            }
            let new = names.iter().filter(|name| !platforms.contains(name));
            let new: Vec<String> = new.cloned().collect();
            platforms.extend(new);
        }
        Some(platforms)
    }
}

/// The location that identifies a document, also if several entries contain its file.
fn place(draft: &Draft) -> Span {
    draft.node.span
}
