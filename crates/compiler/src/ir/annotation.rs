//! Annotations of workloads that configure a target, as declared by the target.

/// An annotation of workloads that configures a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotation {
    /// The whole name. A trailing `NAME` represents any name.
    pub name: &'static str,
    /// Its description, one sentence without a final period.
    pub about: &'static str,
    /// The description of its values, which completes "must be".
    pub form: &'static str,
    /// Whether it can be set for a single container, with the name of the container and a dot
    /// before the last part.
    pub each_container: bool,
}

impl Annotation {
    /// Whether the annotation has this name.
    pub fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix("NAME") {
            Some(start) => name.len() > start.len() && name.starts_with(start),
            None => self.name == name,
        }
    }
}
