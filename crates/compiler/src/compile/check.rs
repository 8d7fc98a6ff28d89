//! Checks for several targets, whose diagnostics are merged.

use score_spec::diagnostic::Merged;

use super::Compiled;
use super::rendering::{Purpose, Rendered};
use crate::targets::{Forms, Target};

impl Compiled<'_> {
    /// The same as [`check_for`](Self::check_for) a target, with the objects of the output.
    pub fn check_with_objects(&self, target: &dyn Target) -> Rendered {
        self.rendering(Some(target), (Purpose::Check, Forms::OBJECTS))
    }

    /// The diagnostics of the project for all of these targets, sorted by location, each once and with
    /// its strictest severity. Without targets it is a [`check`](Self::check).
    ///
    /// No command runs, and neither the process environment nor the project key is read. A
    /// problem that depends on their values is therefore not reported. There are no files. Everything
    /// but the diagnostics and their sources belongs to the first target.
    pub fn check_for(&self, targets: &[&dyn Target]) -> Rendered {
        let Some((first, others)) = targets.split_first() else {
            return self.check();
        };
        let mut rendered = self.rendering(Some(*first), (Purpose::Check, Forms::default()));
        if others.is_empty() {
            return rendered;
        }
        let found = std::mem::take(&mut rendered.diagnostics);
        // The sources of targets differ in built-in provisioner files, which depend on the platform.
        let mut merged = Merged::new(std::mem::take(&mut rendered.sources), found);
        for target in others {
            let other = self.rendering(Some(*target), (Purpose::Check, Forms::default()));
            merged.add(&other.sources, other.diagnostics);
        }
        merged.finish();
        (rendered.sources, rendered.diagnostics) = (merged.sources, merged.diagnostics);
        rendered
    }
}
