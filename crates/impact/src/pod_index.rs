//! The labels of pods, for selectors.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::object::Object;
use crate::pods::Pod;
use crate::selector::Selector;

/// A namespace and a label, or any label.
pub(crate) type Key<'a> = (Option<&'a str>, Option<(&'a str, &'a str)>);

/// An object with pods, and their labels.
type Labelled<'a> = (&'a Object, BTreeMap<&'a str, &'a str>);

/// The labels of the pods of each object, by namespace and by each of the labels, so that those that a selector selects
/// are found without trying all.
pub(crate) struct PodIndex<'a>(BTreeMap<Key<'a>, Vec<Rc<Labelled<'a>>>>);

impl<'a> PodIndex<'a> {
    pub(crate) fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut pods = BTreeMap::new();
        for object in objects {
            let Some(pod) = Pod::of(object) else {
                continue;
            };
            let namespace = object.id.namespace.as_deref();
            let labels = Rc::new((object, pod.labels()));
            let each = labels.1.iter().map(|(key, value)| Some((*key, *value)));
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
        let mut pods = pods.into_iter().flatten().map(Rc::as_ref);
        pods.any(|(_, labels)| selector.selects(labels))
    }

    /// The objects in a namespace whose pods a selector selects. They are searched among those with the rarest label.
    pub(crate) fn selected(
        &self,
        namespace: Option<&'a str>,
        selector: &Selector<'a>,
    ) -> Vec<&'a Object> {
        let candidates = selector.labels().map(|label| {
            let pods = self.0.get(&(namespace, Some(label)));
            pods.map_or(&[][..], Vec::as_slice)
        });
        let candidates = candidates.min_by_key(|pods| pods.len()).unwrap_or_default();
        let selected = candidates.iter().filter(|it| selector.selects(&it.1));
        selected.map(|it| it.0).collect()
    }
}
