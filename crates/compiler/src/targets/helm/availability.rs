//! Adds parameters for the availability of the pods of a workload: how they are replaced, spread
//! over nodes and protected from evictions, and the probes of their containers.

use score_spec::Map;

use super::action::{Action, Body, TemplateTree};
use super::component::ComponentParameters;
use super::edit::{MORE, closed, expression, get, map, more, put};
use super::values::{BUDGET, ENABLED, Form, Plain, TIMINGS};
use crate::ir::Tree;
use crate::targets::kubernetes::Object;

/// The key of the constraints on how pods are spread, and of their value.
const SPREAD: &str = "topologySpreadConstraints";
/// The key of the selector of a constraint.
const SELECTOR: &str = "labelSelector";
/// The value that contains the disruption budget.
pub(super) const DISRUPTION_BUDGET: &str = "disruptionBudget";

/// The keys of probes and of their values, with descriptions.
const PROBES: [(&str, &str); 3] = [
    (
        "startupProbe",
        "Startup probe: whether there is one, and its timing.",
    ),
    (
        "livenessProbe",
        "Liveness probe: whether there is one, and its timing.",
    ),
    (
        "readinessProbe",
        "Readiness probe: whether there is one, and its timing.",
    ),
];

impl ComponentParameters<'_> {
    /// Adds the parameter for the replacement of pods.
    pub(super) fn strategy(&mut self, object: &mut Object<Action>) {
        let key = match object.kind.as_str() {
            _ if !self.is_workload() => return,
            "Deployment" => "strategy",
            "StatefulSet" | "DaemonSet" => "updateStrategy",
            _ => return,
        };
        if let Some(spec) = map(&mut object.tree, &["spec"]) {
            let about = "How pods are replaced when they change, in Kubernetes syntax.";
            self.whole(spec, key, &[key], about, Form::Map);
        }
    }

    /// Adds the parameter for the constraints on how pods are spread. A constraint without a
    /// selector applies to the pods of the workload.
    pub(super) fn spread(&mut self, object: &mut Object<Action>, pod: &[&str]) {
        let is_scaled = matches!(object.kind.as_str(), "Deployment" | "StatefulSet");
        let selector = get(&mut object.tree, &["spec", "selector"]).cloned();
        let Some(selector) = selector.filter(|_| is_scaled && self.is_workload()) else {
            return;
        };
        let (Some(code), Some(spec)) = (expression(&selector), map(&mut object.tree, pod)) else {
            return;
        };
        let mut constraints = match spec.get(SPREAD) {
            Some(Tree::List(items)) => items.clone(),
            Some(_) => return,
            None => Vec::new(),
        };
        if constraints.iter().any(|it| it.get(SELECTOR).is_none()) {
            // A constraint of a patch that applies to no pods: as a value, it would get the selector.
            return;
        }
        for constraint in &mut constraints {
            if let Tree::Map(entries) = constraint
                && entries.get(SELECTOR) == Some(&selector)
            {
                entries.shift_remove(SELECTOR);
            }
        }
        let Some(default) = closed(&Tree::List(constraints)) else {
            return;
        };
        let item =
            format!("(list (set (deepCopy .) \"{SELECTOR}\" (.{SELECTOR} | default ({code}))))");
        let items = Action::block([("range .".to_owned(), Body::Entries(item))]);
        let condition = format!("with {}", self.part.code(&[SPREAD]));
        let action = Action::block([(condition, Body::Tree(Tree::List(vec![items])))]);
        put(spec, SPREAD, action);
        let about = "How pods are spread over nodes. The labelSelector of a constraint is that of \
             the workload by default.";
        self.add(&[SPREAD], about, Form::Maps, default);
    }

    /// Adds the parameter for the disruption budget.
    pub(super) fn budget(&mut self, object: &mut Object<Action>) {
        let Some(spec) = map(&mut object.tree, &["spec"]) else {
            return;
        };
        let default = BUDGET.into_iter().filter_map(|field| {
            let value = spec.shift_remove(field)?;
            Some((field.to_owned(), closed(&value)?))
        });
        let default: Plain = default.collect();
        let path = [DISRUPTION_BUDGET];
        put(spec, MORE, more(&self.part.code(&path)));
        let about = "Disruption budget: minAvailable or maxUnavailable, a number of pods or a \
             percentage. If empty, there is none.";
        self.add(&path, about, Form::Budget, default);
    }

    /// Adds the parameters for the probes of a container.
    pub(super) fn probes(&mut self, container: &mut Map<TemplateTree>, name: &str) {
        for (key, about) in PROBES {
            let Some(Tree::Map(probe)) = container.get(key) else {
                continue;
            };
            let mut probe = (**probe).clone();
            let timing = TIMINGS.into_iter().filter_map(|field| {
                let value = probe.shift_remove(field)?;
                Some(closed(&value).map(|value| (field.to_owned(), value)))
            });
            let Some(timing) = timing.collect::<Option<Vec<_>>>() else {
                // A patch derives the timing from another value.
                continue;
            };
            let enabled = (ENABLED.to_owned(), Tree::Bool(true));
            let default: Plain = [enabled].into_iter().chain(timing).collect();
            let path = ["containers", name, key];
            let code = self.part.code(&path);
            put(&mut probe, MORE, more(&format!("omit {code} {ENABLED:?}")));
            let condition = self.part.code(&[&path, &[ENABLED][..]].concat());
            let case = (format!("if {condition}"), Body::Tree(probe.into()));
            put(container, key, Action::block([case]));
            self.add(&path, about, Form::Probe, default);
        }
    }
}
