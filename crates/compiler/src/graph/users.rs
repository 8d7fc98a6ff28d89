//! The workloads that need a resource.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic, Span, Workload};

use super::{Building, Project, uid_of};

/// The maximum number of indirect requirements of all workloads that are examined. Workloads can share
/// resources with many requirements.
const MOST_EXAMINED: usize = 2_000_000;

/// The maximum number of findings about them. Each workload can have one for each requirement.
const MOST_REPORTED: usize = 1_000;

/// The names of the workloads without errors that declare a resource, and its names in them, by uid.
pub(super) type DeclaredBy = BTreeMap<String, Vec<(String, String)>>;

/// A workload that declares a resource, or needs it indirectly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ResourceUser<'a> {
    /// The name of the workload; empty for the project itself.
    pub workload: &'a str,
    /// Whether it declares the resource. Otherwise the provisioner of another resource requires it.
    pub is_declared: bool,
}

impl Project {
    /// The workloads that declare a resource or need it indirectly, by name, whether or not they have errors.
    pub fn users(&self, uid: &str) -> Vec<ResourceUser<'_>> {
        let mut parents = BTreeSet::new();
        // Each resource comes after those that it requires.
        for (parent, resource) in &self.resources {
            let needs = |it: &String| it == uid || parents.contains(it.as_str());
            if resource.requires.values().any(needs) {
                parents.insert(parent.as_str());
            }
        }
        let of_project = self.of_project.iter().map(|it| &**it);
        let workloads = self.workloads.values().map(|workload| &***workload);
        let mut users: Vec<_> = of_project
            .chain(workloads)
            .chain(self.drafts.values().map(|draft| &**draft))
            .filter_map(|workload| {
                let declared: BTreeSet<String> = declared(workload).map(|(uid, _)| uid).collect();
                let is_declared = declared.contains(uid);
                let is_user =
                    is_declared || declared.iter().any(|it| parents.contains(it.as_str()));
                is_user.then_some(ResourceUser {
                    workload: &workload.name.value,
                    is_declared,
                })
            })
            .collect();
        users.sort();
        users
    }
}

impl Project {
    /// The workloads without errors that declare a resource, with its local name and the location of that. The resources
    /// of the project have a workload without a name.
    pub(crate) fn declarations(&self, uid: &str) -> impl Iterator<Item = (&Workload, &str, Span)> {
        let declared = self.declared.get_or_init(|| self.declared_by()).get(uid);
        declared.into_iter().flatten().filter_map(|(name, local)| {
            let workload = self.declaring(name)?;
            let resource = workload.resources.get(local)?;
            Some((workload, local.as_str(), resource.span))
        })
    }

    fn declared_by(&self) -> DeclaredBy {
        let of_project = self.of_project.iter().map(|it| &**it);
        let workloads = self.workloads.values().map(|it| &***it);
        let mut declared = DeclaredBy::new();
        for workload in of_project.chain(workloads) {
            let name = &workload.name.value;
            for (local, resource) in &workload.resources {
                let by = declared.entry(uid_of(name, local, resource)).or_default();
                by.push((name.clone(), local.clone()));
            }
        }
        declared
    }
}

impl Project {
    /// The workloads that declare a resource whose provisioner has a command, by the uid of the resource, each list
    /// sorted by name. They may have errors.
    pub(crate) fn declaring_workloads(&self) -> BTreeMap<String, Vec<&Workload>> {
        let mut declaring: BTreeMap<String, Vec<&Workload>> = BTreeMap::new();
        let mut resources = self.resources.values();
        if !resources.any(|it| it.provisioner.run.is_some()) {
            return declaring;
        }
        let workloads = self.workloads.values().map(|workload| &***workload);
        for workload in workloads.chain(self.drafts.values().map(|draft| &**draft)) {
            let uids: BTreeSet<String> = declared(workload).map(|(uid, _)| uid).collect();
            for uid in uids {
                let resource = self.resources.get(&uid);
                if resource.is_some_and(|it| it.provisioner.run.is_some()) {
                    declaring.entry(uid).or_default().push(workload);
                }
            }
        }
        for workloads in declaring.values_mut() {
            workloads.sort_by(|a, b| a.name.value.cmp(&b.name.value));
        }
        declaring
    }
}

/// The resources that a workload declares, by uid.
fn declared(workload: &Workload) -> impl Iterator<Item = (String, &score_spec::Resource)> {
    let resources = workload.resources.iter();
    resources.map(|(name, it)| (uid_of(&workload.name.value, name, it), it))
}

impl Building<'_> {
    /// Reports each workload that indirectly needs a resource for which it gets no provisioner, or another one
    /// than the first workload.
    pub(super) fn check_users(&mut self) {
        let required = self.resources.values().flat_map(|it| it.requires.values());
        let mut required = required.filter_map(|uid| self.resources.get(uid));
        let is_any_limited = required.any(|it| self.catalogue.is_limited(&it.kind));
        if self.is_too_large || !is_any_limited {
            return;
        }
        let most = self.diagnostics.len() + MOST_REPORTED;
        let mut steps = 0;
        for workload in self.workloads.values() {
            let name = &workload.name;
            let mut open = Vec::new();
            let mut seen = BTreeSet::new();
            for (uid, resource) in declared(workload) {
                if let Some(at) = self.resources.get_index_of(&uid) {
                    seen.insert(at);
                    open.push((at, resource));
                }
            }
            while let Some((parent, origin)) = open.pop() {
                let requires: Vec<usize> = self.resources[parent]
                    .requires
                    .values()
                    .filter_map(|uid| self.resources.get_index_of(uid))
                    .collect();
                steps += requires.len();
                if steps > MOST_EXAMINED {
                    self.diagnostics.push(too_many(workload));
                    self.is_too_large = true;
                    return;
                }
                for at in requires {
                    if !seen.insert(at) {
                        continue;
                    }
                    open.push((at, origin));
                    let known = &self.resources[at];
                    if self.catalogue.is_limited(&known.kind) && known.workload != name.value {
                        let spans = [origin.kind.span, origin.span];
                        self.check_handler(at, (&name.value, false), spans);
                    }
                    if self.diagnostics.len() >= most {
                        return;
                    }
                }
            }
        }
    }
}

/// The diagnostic about a workload with which there are too many indirect requirements.
fn too_many(workload: &Workload) -> Diagnostic {
    let message = format!("the workloads have more than {MOST_EXAMINED} indirect requirements");
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(workload.name.span, "exceeded by this workload")
        .help("compile parts of the project in separate runs")
}
