//! Annotations of workloads that say something to a target, as the target declares them.

/// An annotation of workloads that says something to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation {
    /// The whole name. `NAME` at its end stands for any name.
    pub name: &'static str,
    /// What it says, in a sentence without a period.
    pub about: &'static str,
    /// What its value may be, as it follows on "must be".
    pub form: &'static str,
    /// Whether it can be for one container: with the name of that and a dot before the last part.
    pub each_container: bool,
}

impl Annotation {
    /// Whether an annotation of this name is meant.
    pub fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix("NAME") {
            Some(start) => name.len() > start.len() && name.starts_with(start),
            None => self.name == name,
        }
    }
}
