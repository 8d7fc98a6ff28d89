//! Sets of waivers. A project has many findings about the same names, so that each name is compared with the patterns
//! of waivers only once.

use std::collections::BTreeMap;

use score_spec::overlay::Glob;

/// The maximum number of waivers. The names of findings are compared with all of them.
pub(crate) const MOST_WAIVERS: usize = 1000;

/// The number of words of a set.
const WORDS: usize = MOST_WAIVERS.div_ceil(64);

/// A set of waivers by their positions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct WaiverSet([u64; WORDS]);

impl WaiverSet {
    /// Adds a waiver, whose position is less than [`MOST_WAIVERS`].
    pub(crate) fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// The waivers that are in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    /// The waivers that are in one of them.
    fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// The position of the first one.
    pub(crate) fn first(&self) -> Option<usize> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.0[word].trailing_zeros() as usize)
    }
}

/// The waivers that apply to each name, by one of their selectors.
#[derive(Debug)]
pub(crate) struct Matches<'w> {
    /// Those without the selector.
    open: WaiverSet,
    /// Those that select a single name.
    exact: BTreeMap<&'w str, WaiverSet>,
    patterns: Vec<(usize, &'w Glob)>,
    /// The results for the names so far, if there are patterns.
    known: BTreeMap<String, WaiverSet>,
}

impl<'w> Matches<'w> {
    /// The selectors of all waivers in their order.
    pub(crate) fn new(selectors: impl Iterator<Item = Option<&'w Glob>>) -> Self {
        let mut matches = Self {
            open: WaiverSet::default(),
            exact: BTreeMap::new(),
            patterns: Vec::new(),
            known: BTreeMap::new(),
        };
        for (at, selector) in selectors.enumerate() {
            match selector {
                None => matches.open.insert(at),
                Some(glob) if glob.is_pattern() => matches.patterns.push((at, glob)),
                Some(glob) => matches.exact.entry(glob.as_str()).or_default().insert(at),
            }
        }
        matches
    }

    /// The waivers for a name, or for no name.
    pub(crate) fn of(&mut self, name: Option<&str>) -> WaiverSet {
        let Some(name) = name else {
            return self.open;
        };
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let exact = self.exact.get(name);
        let mut found = exact.map_or(self.open, |exact| exact.or(&self.open));
        for (at, glob) in &self.patterns {
            if glob.matches(name) {
                found.insert(*at);
            }
        }
        if !self.patterns.is_empty() {
            self.known.insert(name.to_owned(), found);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Matches, WaiverSet};
    use score_spec::overlay::Glob;

    #[test]
    fn names_are_matched_by_all_selectors() {
        let globs = [None, Some("web"), Some("w*"), Some("*"), Some("api")];
        let globs = globs.map(|text| text.map(Glob::new));
        let all = globs.iter().cycle().take(1_000).map(Option::as_ref);
        let mut matches = Matches::new(all);
        for (name, expected) in [
            (None, &[0][..]),
            (Some("web"), &[0, 1, 2, 3]),
            (Some("worker"), &[0, 2, 3]),
            (Some("api"), &[0, 3, 4]),
        ] {
            let mut set = WaiverSet::default();
            for at in (0..1_000).filter(|at| expected.contains(&(at % 5))) {
                set.insert(at);
            }
            assert_eq!(matches.of(name), set, "{name:?}");
            assert_eq!(matches.of(name), set, "{name:?}");
            assert_eq!(set.first(), Some(expected[0]));
        }
        assert_eq!(WaiverSet::default().first(), None);
        let mut last = WaiverSet::default();
        last.insert(999);
        assert_eq!(last.first(), Some(999));
    }
}
