//! The labels of pods, for selectors.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::object::Object;
use crate::pods::Pod;
use crate::selector::Selector;

/// A namespace and a label, or any label.
pub(crate) type Key<'a> = (Option<&'a str>, Option<(&'a str, &'a str)>);

/// The labels of the pods of an object.
type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// The labels of the pods of each object, by namespace and by each of the labels, so that those that a selector selects
/// are found without trying all.
pub(crate) struct PodIndex<'a>(BTreeMap<Key<'a>, Vec<Rc<Labels<'a>>>>);

impl<'a> PodIndex<'a> {
    pub(crate) fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut pods = BTreeMap::new();
        for object in objects {
            let Some(pod) = Pod::of(object) else {
                continue;
            };
            let namespace = object.id.namespace.as_deref();
            let labels = Rc::new(pod.labels());
            let each = labels.iter().map(|(key, value)| Some((*key, *value)));
            for label in each.chain([None]) {
                let same: &mut Vec<_> = pods.entry((namespace, label)).or_default();
                same.push(Rc::clone(&labels));
            }
        }
        Self(pods)
    }

    /// Whether a selector selects one of the pods of a namespace.
    pub(crate) fn has(&self, namespace: Option<&str>, selector: &Selector<'_>) -> bool {
        let pods = self.0.get(&(namespace, selector.first_label()));
        let mut pods = pods.into_iter().flatten();
        pods.any(|labels| selector.selects(labels))
    }
}
