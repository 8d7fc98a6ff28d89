//! The passes of a run, for progress reports. It does not measure time, because the compiler has no clock.

/// A pass of a [`Compiler`](crate::Compiler).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pass {
    /// Reading and validating Score files.
    Check,
    /// Creating the resource graph.
    Graph,
    /// Resolving resources.
    Resolve,
    /// Converting workloads and resources to the common representation.
    Lower,
    /// Rendering files for the target.
    Render,
}

impl Pass {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Check => "check",
            Pass::Graph => "graph",
            Pass::Resolve => "resolve",
            Pass::Lower => "lower",
            Pass::Render => "render",
        }
    }

    /// One of the items that it processes.
    pub fn item(self) -> &'static str {
        match self {
            Pass::Check => "file",
            Pass::Graph => "workload",
            Pass::Resolve | Pass::Lower => "resource",
            Pass::Render => "component",
        }
    }
}
