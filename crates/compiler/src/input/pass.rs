//! The passes of a run, as whoever runs them may watch. Not: how long they take; the compiler has no
//! clock.

/// A pass of a [`Compiler`](crate::Compiler).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pass {
    /// Score files are read and checked.
    Check,
    /// The graph of resources is made.
    Plan,
    /// Provisioners answer resources.
    Resolve,
    /// Workloads and resources become one vocabulary.
    Lower,
    /// The target writes its files.
    Render,
}

impl Pass {
    /// Its name: a verb.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Check => "check",
            Pass::Plan => "plan",
            Pass::Resolve => "resolve",
            Pass::Lower => "lower",
            Pass::Render => "render",
        }
    }

    /// What it goes through.
    pub fn things(self) -> &'static str {
        match self {
            Pass::Check => "files",
            Pass::Plan => "workloads",
            Pass::Resolve | Pass::Lower => "resources",
            Pass::Render => "components",
        }
    }
}
