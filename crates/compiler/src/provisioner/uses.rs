//! The parts of a provisioner that depend on the workload that uses a resource: they use `workload`, or a value that
//! does. They are evaluated for each such workload, all others once for a resource.

use std::collections::BTreeSet;

use score_spec::{Code, Diagnostic};

use super::{Provisioner, RawPatterns};
use crate::provisioner::expression::{Item, Pattern, Patterns};

/// The name of the workload that uses a resource.
pub(crate) const WORKLOAD: &str = "workload";

/// The name of the first workload that needs a resource.
pub(crate) const WORKLOAD_NAME: &str = "workload_name";

/// The values of a provisioner that are evaluated for each workload, by name, in their order.
#[derive(Debug, Default)]
pub(crate) struct WorkloadValues {
    /// Those that depend on `workload`. Only other parts for each workload can use them.
    pub(crate) own: Vec<String>,
    /// Those that depend on `workload_name`, if one of them, or a part that uses one of them, calls `fail`: a condition
    /// on its name must hold for every workload, not only for the first. Their results are not used.
    pub(crate) conditions: Vec<String>,
}

impl RawPatterns {
    /// A part that is evaluated once for a resource.
    pub(super) fn new(platform: &'static str, item: Item) -> Self {
        Self {
            platform,
            item,
            is_per_workload: false,
            is_condition: false,
        }
    }
}

impl Provisioner {
    /// Whether a part of it is evaluated for each workload.
    pub(crate) fn depends_on_workloads(&self) -> bool {
        let mut raw = self.objects.iter().chain(&self.patches);
        !self.of_workloads.own.is_empty()
            || !self.of_workloads.conditions.is_empty()
            || raw.any(|raw| raw.is_per_workload || raw.is_condition)
            || self
                .annotations
                .iter()
                .any(|it| it.is_per_workload || it.is_condition)
    }

    /// Marks the parts that are evaluated for each workload. Outputs among them are reported.
    pub(super) fn find_uses_of_workloads(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        self.find_conditions();
        // A value with the same name takes precedence, as with all names.
        if self.values.contains_key(WORKLOAD) {
            return;
        }
        self.of_workloads.own = self.dependents(WORKLOAD);
        for name in &self.of_workloads.own {
            let is_output = self.outputs.contains_key(name) || name == "*";
            diagnostics.extend(is_output.then(|| self.no_output(name)));
        }
        let names = self.of_workloads.own.iter().cloned();
        let names: BTreeSet<String> = names.chain([WORKLOAD.to_owned()]).collect();
        for raw in self.objects.iter_mut().chain(&mut self.patches) {
            let mut found = false;
            raw.item
                .each_pattern(&mut |pattern| found |= pattern.uses(&names));
            raw.is_per_workload = found;
        }
        for annotation in &mut self.annotations {
            let mut found = annotation.value.uses(&names);
            annotation
                .key
                .each_pattern(&mut |pattern| found |= pattern.uses(&names));
            annotation.is_per_workload = found;
        }
    }

    /// Marks the parts that are conditions on the name of the workload.
    fn find_conditions(&mut self) {
        // A value with the same name takes precedence, as with all names.
        if self.values.contains_key(WORKLOAD_NAME) {
            return;
        }
        let values = self.dependents(WORKLOAD_NAME);
        let can_fail = |name: &String| {
            let patterns = self.values.get(name);
            patterns.is_some_and(|it| any(it, &mut |pattern| pattern.calls("fail")))
        };
        let mut is_needed = values.iter().any(can_fail);
        let names = values.iter().cloned();
        let names: BTreeSet<String> = names.chain([WORKLOAD_NAME.to_owned()]).collect();
        // One expression of a part can decide, such as `$when`, and another one fail.
        for raw in self.objects.iter_mut().chain(&mut self.patches) {
            let (mut uses, mut fails) = (false, false);
            raw.item.each_pattern(&mut |pattern| {
                fails |= pattern.calls("fail");
                uses |= pattern.uses(&names);
            });
            raw.is_condition = uses && fails;
            is_needed |= raw.is_condition;
        }
        for annotation in &mut self.annotations {
            let (mut uses, mut fails) = (false, false);
            let mut look = |pattern: &Pattern| {
                fails |= pattern.calls("fail");
                uses |= pattern.uses(&names);
            };
            annotation.key.each_pattern(&mut look);
            look(&annotation.value);
            annotation.is_condition = uses && fails;
            is_needed |= annotation.is_condition;
        }
        if is_needed {
            self.of_workloads.conditions = values;
        }
    }

    /// The values that use a name, or a value that does.
    fn dependents(&self, name: &str) -> Vec<String> {
        let mut names = BTreeSet::from([name.to_owned()]);
        let mut dependents = Vec::new();
        for (name, patterns) in &self.values {
            if any(patterns, &mut |pattern| pattern.uses(&names)) {
                names.insert(name.clone());
                dependents.push(name.clone());
            }
        }
        dependents
    }

    fn no_output(&self, name: &str) -> Diagnostic {
        let mut span = self.span;
        if let Some(patterns) = self.values.get(name) {
            any(patterns, &mut |pattern| {
                span = pattern.span();
                true
            });
        }
        let message = format!("the output `{name}` depends on `{WORKLOAD}`");
        let help = format!(
            "use `{WORKLOAD}` in patches and platform objects; an output is the same for all workloads that share \
             the resource"
        );
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
        problem.at(span, "").help(help)
    }
}

/// Whether `f` returns true for a string with expressions.
fn any(patterns: &Patterns, f: &mut impl FnMut(&Pattern) -> bool) -> bool {
    let mut found = false;
    patterns.each_pattern(&mut |pattern| found = found || f(pattern));
    found
}
