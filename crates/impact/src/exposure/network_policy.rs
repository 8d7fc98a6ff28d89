//! Network policies that allow more than before.
//!
//! A pod that no policy selects can be reached by all. As soon as a policy selects it, it can be reached only by what
//! one of its policies allows. So a new policy is wider if its pods were isolated before by others that allow less.

use std::collections::BTreeMap;

use super::peers::{Allowed, Direction, allowed, size};
use crate::class::Class;
use crate::found::Found;
use crate::object::{Object, ObjectId};
use crate::pairs::Pairs;
use crate::pod_index::{Key, PodIndex};
use crate::pods::Pod;
use crate::selector::Selector;
use crate::side::Side;
use crate::tree::{Document, at, items, path, strings};

/// The network policies of both sides.
pub(crate) struct Policies<'a> {
    before: Policied<'a>,
    after: Policied<'a>,
}

/// Policies by namespace and by one label that they require, so that candidates are found without comparing all, and the
/// pods.
struct Policied<'a> {
    policies: BTreeMap<Key<'a>, Vec<Policy<'a>>>,
    pods: &'a PodIndex<'a>,
}

/// The maximum number of comparisons of allowed peers and ports for a policy.
const MOST: usize = 1_000_000;

#[derive(Clone)]
struct Policy<'a> {
    id: &'a ObjectId,
    tree: &'a Document,
    pods: Selector<'a>,
}

impl<'a> Policy<'a> {
    fn read(object: &'a Object) -> Option<Self> {
        let is_policy = object.id.is("networking.k8s.io", "NetworkPolicy");
        is_policy.then(|| Self::of(&object.id, &object.tree))
    }

    fn of(id: &'a ObjectId, tree: &'a Document) -> Self {
        let pods = at(tree, &["spec", "podSelector"]);
        Self {
            id,
            tree,
            pods: pods.map_or_else(Selector::default, Selector::read),
        }
    }

    /// Whether the pods are isolated in a direction.
    fn isolates(&self, direction: Direction) -> bool {
        let types = strings(self.tree, &["spec", "policyTypes"]);
        match direction {
            _ if !types.is_empty() => types.contains(&direction.name()),
            Direction::Ingress => true,
            Direction::Egress => at(self.tree, &["spec", "egress"]).is_some(),
        }
    }

    fn rules(&self, direction: Direction) -> &'a [Document] {
        if self.isolates(direction) {
            items(self.tree, &["spec", direction.field()])
        } else {
            &[]
        }
    }

    fn allowed(&self, direction: Direction) -> Vec<Allowed<'a>> {
        let rules = self.rules(direction).iter();
        rules.flat_map(|rule| allowed(rule, direction)).collect()
    }
}

impl<'a> Policied<'a> {
    fn of(side: &'a Side<'_>) -> Self {
        let mut policies: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for policy in side.objects.values().filter_map(|it| Policy::read(it)) {
            let key = (policy.id.namespace.as_deref(), policy.pods.first_label());
            policies.entry(key).or_default().push(policy);
        }
        Self {
            policies,
            pods: &side.pods,
        }
    }

    /// Whether the policy selects pods of the output.
    fn has_pods_of(&self, policy: &Policy<'_>) -> bool {
        self.pods.has(policy.id.namespace.as_deref(), &policy.pods)
    }

    /// Whether a policy isolates pods with these labels.
    fn isolates(
        &self,
        namespace: Option<&str>,
        labels: &BTreeMap<&str, &str>,
        direction: Direction,
    ) -> bool {
        let keys = labels.iter().map(|(key, value)| Some((*key, *value)));
        let mut policies = keys
            .chain([None])
            .filter_map(|key| self.policies.get(&(namespace, key)));
        policies.any(|policies| {
            let mut policies = policies.iter();
            policies.any(|it| it.isolates(direction) && it.pods.selects(labels))
        })
    }

    /// The policies that select all pods of another one.
    fn around<'s>(&'s self, policy: &'s Policy<'a>) -> impl Iterator<Item = &'s Policy<'a>> {
        let labels = policy.pods.labels().map(Some).chain([None]);
        let namespace = policy.id.namespace.as_deref();
        let candidates = labels.filter_map(move |label| self.policies.get(&(namespace, label)));
        candidates
            .flatten()
            .filter(|it| it.pods.covers(&policy.pods))
    }
}

impl<'a> Policies<'a> {
    /// The policies among the objects of both sides.
    pub(crate) fn of(before: &'a Side<'_>, after: &'a Side<'_>) -> Self {
        Self {
            before: Policied::of(before),
            after: Policied::of(after),
        }
    }

    /// Adds the exposures of a policy that has changed or is new.
    pub(crate) fn exposures(
        &self,
        before: Option<(&'a Object, &Pairs<'_, '_>)>,
        after: &'a Object,
        found: &mut Found,
    ) {
        let Some(new) = Policy::read(after) else {
            return;
        };
        let old = before.and_then(|(before, _)| Policy::read(before));
        let renamed = before.and_then(|(before, pairs)| pairs.renamed(&before.tree));
        // Peers with another name are the same.
        let known = renamed.as_ref().map(|tree| Policy::of(new.id, tree));
        for direction in Direction::ALL {
            if let Some(old) = &old {
                self.freed(old, &new, direction, found);
            }
            self.widened(known.as_ref().or(old.as_ref()), &new, direction, found);
        }
    }

    /// Adds the exposures of pods whose labels have changed, so that policies do not select them any more.
    pub(crate) fn unselected(&self, before: &Object, after: &Object, found: &mut Found) {
        let (Some(old), Some(new)) = (Pod::of(before), Pod::of(after)) else {
            return;
        };
        let (known, labels) = (old.labels(), new.labels());
        if known == labels {
            return;
        }
        let namespaces = (
            before.id.namespace.as_deref(),
            after.id.namespace.as_deref(),
        );
        for direction in Direction::ALL {
            if self.before.isolates(namespaces.0, &known, direction)
                && !self.after.isolates(namespaces.1, &labels, direction)
            {
                let reason = format!(
                    "{} of the pods is not restricted any more: no policy selects their labels",
                    direction.field()
                );
                found.raise(Class::Exposure, new.labels_path(), &reason);
            }
        }
    }

    /// Pods that are not isolated any more.
    fn freed(&self, old: &Policy<'a>, new: &Policy<'a>, direction: Direction, found: &mut Found) {
        let is_free = old.isolates(direction) && !self.is_isolated(old, direction);
        if !is_free || self.is_obsolete(old) {
            return;
        }
        let name = direction.field();
        if new.isolates(direction) {
            let reason = format!(
                "the policy selects other pods: {name} of the former ones is not restricted any more"
            );
            found.raise(Class::Exposure, path(&["spec", "podSelector"]), &reason);
        } else {
            let reason = format!("{name} is not restricted any more");
            found.raise(Class::Exposure, path(&["spec", "policyTypes"]), &reason);
        }
    }

    /// Whether other policies or the same one still isolate all pods of a policy.
    fn is_isolated(&self, old: &Policy<'a>, direction: Direction) -> bool {
        self.after.around(old).any(|it| it.isolates(direction))
    }

    /// Whether the pods of a policy are gone, too.
    fn is_obsolete(&self, old: &Policy<'a>) -> bool {
        self.before.has_pods_of(old) && !self.after.has_pods_of(old)
    }

    /// Peers or ports that were not allowed before.
    fn widened(
        &self,
        old: Option<&Policy<'a>>,
        new: &Policy<'a>,
        direction: Direction,
        found: &mut Found,
    ) {
        let isolating = || self.before.around(new).filter(|it| it.isolates(direction));
        let is_own = old.is_some_and(|old| old.isolates(direction));
        if !is_own && isolating().next().is_none() {
            return;
        }
        let sizes = |policy: &Policy<'a>| -> usize {
            let rules = policy.rules(direction).iter();
            rules.map(|rule| size(rule, direction)).sum()
        };
        let count = old.map_or(0, sizes) + isolating().map(sizes).sum::<usize>();
        if count.saturating_mul(sizes(new)) > MOST {
            let reason = "the policy has too many peers and ports to compare them";
            found.raise(Class::Unknown, path(&["spec", direction.field()]), reason);
            return;
        }
        let others = isolating().flat_map(|it| it.allowed(direction));
        let own = old.into_iter().flat_map(|old| old.allowed(direction));
        let known: Vec<Allowed<'_>> = own.chain(others).collect();
        for (index, rule) in new.rules(direction).iter().enumerate() {
            let is_known = |it: &Allowed<'_>| known.iter().any(|known| known.covers(it));
            if !allowed(rule, direction).iter().all(is_known) {
                let at = path(&["spec", direction.field()]).item(&index.to_string());
                let reason = format!("the policy allows more {} than before", direction.field());
                found.raise(Class::Exposure, at, &reason);
            }
        }
    }

    /// Adds the exposures of a policy that is gone.
    pub(crate) fn gone(&self, object: &'a Object, found: &mut Found) {
        let Some(old) = Policy::read(object).filter(|old| !self.is_obsolete(old)) else {
            return;
        };
        let freed = Direction::ALL.into_iter();
        let freed = freed.filter(|it| old.isolates(*it) && !self.is_isolated(&old, *it));
        let names: Vec<_> = freed.map(Direction::field).collect();
        if !names.is_empty() {
            let reason = format!(
                "{} of its pods is not restricted any more",
                names.join(" and ")
            );
            let change = found.change(Class::Exposure, path(&["spec"]), &reason);
            found.push(change);
        }
    }
}
