//! Resources with data that are new, gone, or handled by another provisioner.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::FieldPath;
use score_compiler::kubernetes::FieldShape;
use score_compiler::model::ModelResource;

use crate::change::{Action, Change, Keep, Rename, Subject};
use crate::claims;
use crate::class::Class;
use crate::object::{Object, Owner};
use crate::side::Side;

/// Types of resources whose data would be lost, also if a custom kind provides them.
const TYPES_WITH_DATA: [&str; 13] = [
    "amqp",
    "elasticsearch",
    "kafka-topic",
    "mongodb",
    "mssql",
    "mysql",
    "mysql-instance",
    "postgres",
    "postgres-instance",
    "redis",
    "s3",
    "s3-instance",
    "volume",
];

/// The uid of a resource, in its parts: `TYPE.CLASS#ID`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Uid<'a> {
    whole: &'a str,
    /// The type and the class.
    class: &'a str,
    id: &'a str,
}

impl<'a> Uid<'a> {
    fn read(uid: &'a str) -> Self {
        let (class, id) = uid.split_once('#').unwrap_or((uid, uid));
        Self {
            whole: uid,
            class,
            id,
        }
    }

    /// The type.
    fn kind(self) -> &'a str {
        self.class
            .rsplit_once('.')
            .map_or(self.class, |(kind, _)| kind)
    }

    /// The workload and the name of a resource that no other workload shares.
    fn local(self) -> Option<(&'a str, &'a str)> {
        self.id.rsplit_once('.')
    }
}

/// The changes of resources with data, and the ids that keep their data, by the workload.
pub(crate) struct Losses {
    pub(crate) changes: Vec<Change>,
    pub(crate) keeps: BTreeMap<String, Vec<Keep>>,
}

/// Compares the resources of both sides. `skipped` tells which ones are not compared.
pub(crate) fn losses<'a>(
    sides: (&Side<'a>, &Side<'a>),
    renames: &[Rename],
    skipped: &dyn Fn(&str) -> bool,
) -> Losses {
    let mut losses = Losses {
        changes: Vec::new(),
        keeps: BTreeMap::new(),
    };
    let with_data = with_data(sides);
    let select = |uid: &Uid<'_>| {
        let has_data = with_data.contains(uid.whole) || with_data.contains(uid.class);
        has_data && !skipped(uid.whole)
    };
    let of = |one: &Side<'a>, other: &Side<'a>| -> Vec<Uid<'a>> {
        let uids = one.resources.difference(&other.resources);
        uids.map(|uid| Uid::read(uid)).filter(select).collect()
    };
    let mut gone = Gone::default();
    for uid in of(sides.0, sides.1) {
        gone.0.entry(uid.kind()).or_default().insert((uid.id, uid));
    }
    let renames = renames.iter().map(|it| (it.to.as_str(), it.from.as_str()));
    let old_names: BTreeMap<&str, &str> = renames.collect();
    let mut new = of(sides.1, sides.0);
    // The best partner of each comes first, so that none is taken by another that fits less.
    for take in [Gone::take_former, Gone::take_any] {
        new.retain(|uid| {
            let former = take(&mut gone, *uid, &old_names);
            if let Some(old) = former {
                losses.lost(old, *uid, sides.1);
            }
            former.is_none()
        });
    }
    for (_, old) in gone.0.into_values().flatten() {
        losses.left(old, sides.0);
    }
    losses.other_provisioners(sides, &with_data, skipped);
    losses.exchanged(sides, &old_names, &|uid| {
        with_data.contains(uid) && !skipped(uid)
    });
    losses
}

/// The gone resources by type and id.
#[derive(Default)]
struct Gone<'a>(BTreeMap<&'a str, BTreeSet<(&'a str, Uid<'a>)>>);

impl<'a> Gone<'a> {
    /// Takes the one that a new resource was before: with the same id but another class, or in a workload with another
    /// name.
    fn take_former(&mut self, new: Uid<'a>, old_names: &BTreeMap<&str, &str>) -> Option<Uid<'a>> {
        let of_kind = self.0.get_mut(new.kind())?;
        let renamed = new.local().and_then(|(workload, name)| {
            let old = old_names.get(workload)?;
            Some(format!("{old}.{name}"))
        });
        let found = [Some(new.id), renamed.as_deref()].into_iter().flatten();
        let mut found = found.filter_map(|id| {
            let least = Uid {
                whole: "",
                class: "",
                id: "",
            };
            let (known, uid) = of_kind.range((id, least)..).next()?;
            (*known == id).then_some(*uid)
        });
        let found = found.next()?;
        of_kind.remove(&(found.id, found));
        Some(found)
    }

    /// Takes any of the same type.
    fn take_any(&mut self, new: Uid<'a>, _: &BTreeMap<&str, &str>) -> Option<Uid<'a>> {
        let (_, found) = self.0.get_mut(new.kind())?.pop_first()?;
        Some(found)
    }
}

/// The uids of resources with data, and their types and classes: if one resource of a class has data, so have the
/// others.
fn with_data<'a>(sides: (&Side<'a>, &Side<'a>)) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |uid: &str| {
        found.insert(uid.to_owned());
        found.insert(Uid::read(uid).class.to_owned());
    };
    for side in [sides.0, sides.1] {
        let resources = side.model.into_iter().flat_map(|model| &model.resources);
        for (uid, _) in resources.filter(|(_, resource)| resource.has_data) {
            add(uid);
        }
        let objects = side
            .objects
            .values()
            .filter(|object| claims::has_data(object) || is_custom_with_data(object));
        for uid in objects.filter_map(|object| object.owner.resource.as_deref()) {
            add(uid);
        }
    }
    found
}

/// Whether an object of a custom kind provides a resource with data, such as a database that an operator makes.
fn is_custom_with_data(object: &Object) -> bool {
    let uid = object.owner.resource.as_deref();
    uid.is_some_and(|uid| TYPES_WITH_DATA.contains(&Uid::read(uid).kind()))
        && !object.api_version.is_empty()
        && FieldShape::of(&object.api_version, &object.id.kind).is_none()
}

impl Losses {
    fn lost(&mut self, old: Uid<'_>, new: Uid<'_>, after: &Side<'_>) {
        let resource = after.model.and_then(|model| model.resources.get(new.whole));
        let mut declared = resource.into_iter().flat_map(|it| &it.declared);
        let declaration = declared.find(|it| it.workload.is_some());
        let workload = match declaration {
            Some(declaration) => declaration.workload.clone(),
            None => new.local().map(|(workload, _)| workload.to_owned()),
        };
        let name = match declaration {
            Some(declaration) => Some(declaration.name.clone()),
            None => new.local().map(|(_, name)| name.to_owned()),
        };
        let reason = format!(
            "it is new and empty, and `{}` stays behind with its data",
            old.whole
        );
        let mut advice = format!("add `id: {}` to keep it", old.id);
        if old.class != new.class {
            advice = format!(
                "add `id: {}` and use the class of `{}` to keep it",
                old.id, old.whole
            );
        }
        let is_claim = |object: &Object| {
            object.owner.workload == workload && !claims::templates(object).is_empty()
        };
        // The claims of a StatefulSet are named after it, so no id keeps them.
        let is_of_controller =
            old.kind() == "volume" && after.objects.values().any(|it| is_claim(it));
        if is_of_controller {
            "keep the name of the workload, or copy the data: claims are named after it"
                .clone_into(&mut advice);
        }
        if let Some(workload) = workload.as_ref().filter(|_| !is_of_controller) {
            let keeps = self.keeps.entry(workload.clone()).or_default();
            keeps.push(Keep {
                resource: name,
                from: old.whole.to_owned(),
                to: new.whole.to_owned(),
                id: old.id.to_owned(),
            });
        }
        self.push(
            Class::DataLoss,
            Action::Added,
            (new.whole, workload),
            reason,
            Some(advice),
        );
    }

    /// A resource that is gone without a successor.
    fn left(&mut self, old: Uid<'_>, before: &Side<'_>) {
        let is_known = before.workloads.contains(old.local().map_or("", |it| it.0));
        let workload = old.local().filter(|_| is_known).map(|it| it.0.to_owned());
        let reason = "the resource is not declared any more, and its data stays behind".to_owned();
        self.push(
            Class::Deletion,
            Action::Removed,
            (old.whole, workload),
            reason,
            None,
        );
    }

    /// Resources of a workload that are not the same as before, but others that existed before. `has_data` tells which
    /// ones have data and are compared.
    fn exchanged(
        &mut self,
        sides: (&Side<'_>, &Side<'_>),
        old_names: &BTreeMap<&str, &str>,
        has_data: &dyn Fn(&str) -> bool,
    ) {
        let (Some(before), Some(after)) = (sides.0.model, sides.1.model) else {
            return;
        };
        for (workload, new) in &after.workloads {
            let former = old_names.get(workload.as_str()).copied();
            let Some(old) = before.workloads.get(former.unwrap_or(workload)) else {
                continue;
            };
            for (name, uid) in &new.resources {
                let was = old.resources.get(name).filter(|was| *was != uid);
                let Some(was) = was.filter(|was| has_data(was)) else {
                    continue;
                };
                // One that is new is reported as such.
                if sides.0.resources.contains(uid.as_str()) {
                    let reason = format!(
                        "`{name}` of `{workload}` was `{was}`, whose data it does not find here"
                    );
                    let advice = "keep the `id` of the resource, or move the data".to_owned();
                    let place = (uid.as_str(), Some(workload.clone()));
                    self.push(
                        Class::DataLoss,
                        Action::Changed,
                        place,
                        reason,
                        Some(advice),
                    );
                }
            }
        }
    }

    fn other_provisioners(
        &mut self,
        sides: (&Side<'_>, &Side<'_>),
        with_data: &BTreeSet<String>,
        skipped: &dyn Fn(&str) -> bool,
    ) {
        let (Some(before), Some(after)) = (sides.0.model, sides.1.model) else {
            return;
        };
        let provisioner = |resource: &ModelResource| {
            let provisioner = resource.provisioner.as_ref()?;
            Some((provisioner.file.clone(), provisioner.description.clone()))
        };
        for (uid, old) in &before.resources {
            let Some(new) = after.resources.get(uid).filter(|_| !skipped(uid)) else {
                continue;
            };
            if !with_data.contains(uid.as_str()) || provisioner(old) == provisioner(new) {
                continue;
            }
            let file = |it: &ModelResource| provisioner(it).map_or(String::new(), |(file, _)| file);
            let reason = match (file(old), file(new)) {
                (old, new) if old == new => {
                    format!("another provisioner of {new} handles it, which does not have its data")
                }
                (old, new) => format!(
                    "the provisioner in {new} handles it, which does not have the data of that in {old}"
                ),
            };
            let advice = "keep the provisioner for this resource, or move the data".to_owned();
            let workload = new.declared.iter().find_map(|it| it.workload.clone());
            self.push(
                Class::DataLoss,
                Action::Changed,
                (uid, workload),
                reason,
                Some(advice),
            );
        }
    }

    fn push(
        &mut self,
        class: Class,
        action: Action,
        (uid, workload): (&str, Option<String>),
        reason: String,
        advice: Option<String>,
    ) {
        self.changes.push(Change {
            class,
            effect: class,
            action,
            subject: Subject::Resource(uid.to_owned()),
            owner: Owner {
                workload,
                resource: Some(uid.to_owned()),
            },
            path: FieldPath::default(),
            before: None,
            after: None,
            reason,
            advice,
            rule: None,
        });
    }
}
