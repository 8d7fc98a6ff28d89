//! The workloads and environments that provisioners are for.

use std::collections::BTreeSet;
use std::fmt;

use score_spec::{Node, diagnostic::listed, overlay::Glob};

use super::EnvironmentId;

/// The workloads and environments that may use provisioners: the field `for` of a provisioner, or of an entry
/// of `provisioners`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Audience {
    /// The workloads; all if absent.
    pub workloads: Option<NameList>,
    /// The environments; all, and runs without one, if absent.
    pub environments: Option<NameList>,
    /// The types of environments; all, and runs without one, if absent.
    pub environment_types: Option<NameList>,
}

/// The maximum number of names of a list from which examples are made.
const MOST_TRIED: usize = 20;

/// A list of names, some of which are patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameList {
    /// Those without `*`, which can be many.
    exact: BTreeSet<String>,
    patterns: Vec<Glob>,
}

impl Audience {
    /// The field `for` of a map that has been validated.
    pub(crate) fn of(owner: &Node) -> Self {
        let names = |field: &str| owner.get("for")?.get(field).map(NameList::of);
        Self {
            workloads: names("workloads"),
            environments: names("environments"),
            environment_types: names("environmentTypes"),
        }
    }

    /// Whether it contains all workloads, environments and runs without an environment.
    pub fn is_everyone(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it contains a workload.
    pub fn has_workload(&self, name: &str) -> bool {
        let workloads = self.workloads.as_ref();
        workloads.is_none_or(|names| names.contains(name))
    }

    /// Whether it contains the environment of a run.
    pub fn has_environment(&self, environment: Option<&EnvironmentId>) -> bool {
        let name = environment.map(|it| it.name.as_str());
        let kind = environment.and_then(|it| it.kind.as_deref());
        let fits = |names: &Option<NameList>, value: Option<&str>| match (names, value) {
            (None, _) => true,
            (Some(names), Some(value)) => names.contains(value),
            (Some(_), None) => false,
        };
        fits(&self.environments, name) && fits(&self.environment_types, kind)
    }
}

impl NameList {
    /// The strings of a list.
    fn of(list: &Node) -> Self {
        let mut names = Self::default();
        for text in list.items().iter().filter_map(Node::text) {
            let glob = Glob::new(text);
            if glob.is_pattern() {
                names.patterns.push(glob);
            } else {
                names.exact.insert(text.to_owned());
            }
        }
        names
    }

    /// Whether one of them is the name, or matches it.
    pub fn contains(&self, name: &str) -> bool {
        self.exact.contains(name) || self.patterns.iter().any(|glob| glob.matches(name))
    }

    /// Whether it is a single name, which is not a pattern.
    pub(crate) fn is_single(&self) -> bool {
        self.exact.len() == 1 && self.patterns.is_empty()
    }

    /// The names, and then the patterns.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let patterns = self.patterns.iter().map(Glob::as_str);
        self.exact.iter().map(String::as_str).chain(patterns)
    }

    /// A name that all of the lists contain, with `filling` in the place of `*`; `filling` itself if none is
    /// found.
    pub(crate) fn example(lists: &[&Self], filling: &str) -> String {
        let names = || lists.iter().flat_map(|list| list.iter().take(MOST_TRIED));
        // `a-*` and `*-b` have `a-x-b` in common.
        let mut fillings = vec![filling.to_owned()];
        fillings.extend(names().map(|name| name.replace('*', filling)));
        let mut all = names().flat_map(|name| fillings.iter().map(|it| name.replace('*', it)));
        let example = all.find(|name| lists.iter().all(|list| list.contains(name)));
        example.unwrap_or_else(|| filling.to_owned())
    }

    /// The number of steps to find a name.
    pub(crate) fn cost(&self) -> usize {
        self.patterns.len() + 1
    }
}

impl fmt::Display for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.iter()))
    }
}
