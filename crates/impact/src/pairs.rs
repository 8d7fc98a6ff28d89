//! Objects of both sides that belong together, although their names differ.

use std::collections::BTreeMap;

use crate::change::Rename;
use crate::object::{Object, ObjectId, Owner};
use crate::side::Side;
use crate::tree::Document;

/// How two objects belong together.
#[derive(Clone, Copy)]
pub(crate) enum Relation<'r> {
    /// They have the same identity.
    Same,
    /// The workload has another name.
    Renamed(&'r Rename),
    /// The name of a Job has a hash of its contents, and may have the name of a workload with another name.
    Rerun { is_renamed: bool },
}

/// The pairs of objects with different names.
pub(crate) struct Pairs<'a, 'r> {
    /// The old object, by the identity of the new one.
    former: BTreeMap<&'a ObjectId, (&'a Object, Relation<'r>)>,
    /// The new identity, by the old one.
    now: BTreeMap<&'a ObjectId, &'a ObjectId>,
    /// The workloads with another name, by the old one and by the new one.
    by_old: BTreeMap<&'r str, &'r Rename>,
    by_new: BTreeMap<&'r str, &'r Rename>,
    /// The old names of all these objects, which labels repeat, with the new ones.
    words: BTreeMap<String, String>,
}

impl<'a, 'r> Pairs<'a, 'r> {
    pub(crate) fn of((old, new): (&Side<'a>, &Side<'a>), renames: &'r [Rename]) -> Self {
        let mut pairs = Self {
            former: BTreeMap::new(),
            now: BTreeMap::new(),
            by_old: renames.iter().map(|it| (it.from.as_str(), it)).collect(),
            by_new: renames.iter().map(|it| (it.to.as_str(), it)).collect(),
            words: BTreeMap::new(),
        };
        let is_new = |id: &ObjectId| new.objects.contains_key(id) && !old.objects.contains_key(id);
        let gone = old
            .objects
            .values()
            .filter(|it| !new.objects.contains_key(&it.id));
        let mut jobs = Jobs::of(new.objects.values().filter(|it| is_new(&it.id)).copied());
        for object in gone {
            let workload = object.owner.workload.as_deref();
            let rename = workload.and_then(|name| pairs.by_old.get(name).copied());
            let renamed = rename.and_then(|rename| {
                let partner = renamed(object, rename, new).filter(|it| is_new(&it.id))?;
                Some((partner, Relation::Renamed(rename)))
            });
            let mut rerun = || {
                let same = jobs.take(object, None);
                let is_renamed = same.is_none();
                let partner = same.or_else(|| jobs.take(object, Some(rename?)))?;
                Some((partner, Relation::Rerun { is_renamed }))
            };
            if let Some((partner, relation)) = renamed.or_else(&mut rerun) {
                let words = [words(object), words(partner)].map(Vec::into_iter);
                let [old, new] = words;
                pairs.words.extend(old.zip(new));
                pairs.now.insert(&object.id, &partner.id);
                pairs.former.insert(&partner.id, (object, relation));
            }
        }
        pairs
    }

    /// The old object that a new one was.
    pub(crate) fn former(&self, new: &ObjectId) -> Option<(&'a Object, Relation<'r>)> {
        self.former.get(new).copied()
    }

    /// Whether an old object has another name now.
    pub(crate) fn has_other_name(&self, old: &ObjectId) -> bool {
        self.now.contains_key(old)
    }

    /// The name that a workload of the old side has now.
    pub(crate) fn workload<'n>(&'n self, name: &'n str) -> &'n str {
        self.by_old.get(name).map_or(name, |it| &it.to)
    }

    /// The name that an object of the old side has now.
    pub(crate) fn name<'n>(
        &'n self,
        (group, kind): (&str, &str),
        namespace: Option<&str>,
        name: &'n str,
    ) -> &'n str {
        if self.now.is_empty() {
            return name;
        }
        let id = ObjectId {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        self.now.get(&id).map_or(name, |it| it.name.as_str())
    }

    /// A document of the old side with the new names of objects, if it has any.
    pub(crate) fn renamed(&self, tree: &Document) -> Option<Document> {
        let mut has_changed = false;
        if self.words.is_empty() {
            return None;
        }
        let renamed = tree.map_text(&mut |text| {
            let new = text.as_plain().and_then(|text| self.words.get(text));
            has_changed |= new.is_some();
            new.map_or_else(|| text.clone(), |new| new.as_str().into())
        });
        has_changed.then_some(renamed)
    }

    /// A string of an object with this owner, with the new name of its workload in place of the old one. None if the
    /// workload has no other name, or if the string does not contain the old one.
    pub(crate) fn with_new_name(&self, owner: &Owner, before: &str) -> Option<String> {
        let rename = self.by_new.get(owner.workload.as_deref()?)?;
        let after = before.replace(&rename.from, &rename.to);
        (after != before).then_some(after)
    }
}

/// The name of an object, and that of a Job without its hash.
fn words(object: &Object) -> Vec<String> {
    let job = Jobs::key(object).map(|(_, name)| name);
    let names = [Some(object.id.name.as_str()), job].into_iter();
    names.flatten().map(str::to_owned).collect()
}

/// The object that takes the place of one of a renamed workload.
fn renamed<'a>(object: &Object, rename: &Rename, new: &Side<'a>) -> Option<&'a Object> {
    let mut id = object.id.clone();
    id.name = id.name.replacen(&rename.from, &rename.to, 1);
    let partner = new.objects.get(&id).copied();
    partner.filter(|it| it.owner.workload.as_ref() == Some(&rename.to))
}

/// New Jobs whose names end with a hash of their contents.
struct Jobs<'a>(BTreeMap<(Option<&'a str>, String), Vec<&'a Object>>);

impl<'a> Jobs<'a> {
    fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        let mut jobs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for object in objects {
            if let Some((namespace, name)) = Self::key(object) {
                let same = jobs.entry((namespace, name.to_owned())).or_default();
                same.push(object);
            }
        }
        Self(jobs)
    }

    /// The namespace, and the name without the hash.
    fn key(object: &Object) -> Option<(Option<&str>, &str)> {
        let (name, hash) = object.id.name.rsplit_once('-')?;
        let is_hash = hash.len() == 8
            && hash
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let is_job = object.id.is("batch", "Job") && is_hash;
        is_job.then_some((object.id.namespace.as_deref(), name))
    }

    /// The new Job that takes the place of a gone one.
    fn take(&mut self, gone: &'a Object, rename: Option<&Rename>) -> Option<&'a Object> {
        let (namespace, name) = Self::key(gone)?;
        let name = match rename {
            Some(rename) => name.replacen(&rename.from, &rename.to, 1),
            None => name.to_owned(),
        };
        let jobs = self.0.get_mut(&(namespace, name))?;
        (!jobs.is_empty()).then(|| jobs.remove(0))
    }
}
