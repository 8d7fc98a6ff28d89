//! The order in which resources are resolved: each after its dependencies. Resolving a single
//! resource is elsewhere.

use std::collections::BTreeMap;

use score_spec::{Diagnostic, Sources, Workload};

use super::each_workload::Users;
use super::listed::Listing;
use super::{Provisioned, Resolution, ResolveOptions, Resolved};
use crate::graph::{Project, Resource, depends_on};
use crate::input::outside::Outside;
use crate::resolve::directory::Directory;
use crate::support::budget::Budget;
use crate::support::parallel;

/// The common inputs for resolving resources.
pub(super) struct Steps<'a> {
    pub(super) outside: &'a Outside<'a>,
    pub(super) project: &'a Project,
    pub(super) options: ResolveOptions<'a>,
    pub(super) sources: &'a Sources,
    pub(super) directory: Directory,
    /// The workloads that declare a resource whose provisioner has a command, by uid.
    pub(super) declaring: BTreeMap<String, Vec<&'a Workload>>,
    /// The workloads that use resources with parts for each workload.
    pub(super) users: Users<'a>,
}

impl Steps<'_> {
    /// Resolves all resources. The result is in dependency order, and does not depend on the number
    /// of threads.
    pub(super) fn resolve(&self, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
        let mut resources = self.project.resources.values();
        // A command runs only if there are no errors before its turn.
        let is_ordered = |it: &Resource| it.provisioner.run.is_some() || it.provisioner.is_listed();
        let has_order = resources.any(is_ordered);
        let together = (!has_order).then(|| self.together());
        if let Some((resolved, found)) = together.flatten() {
            diagnostics.extend(found);
            return resolved;
        }
        self.one_by_one(diagnostics)
    }

    /// Resolves resources that do not depend on each other in parallel. Returns nothing if they
    /// exceed the limits, because the rejected resources would then depend on timing.
    fn together(&self) -> Option<(Resolved, Vec<Diagnostic>)> {
        let resources = &self.project.resources;
        let budget = self.budget();
        let mut resolved = Resolved::default();
        let mut found = vec![Vec::new(); resources.len()];
        for step in self.steps() {
            let results = parallel::map(parallel::ENOUGH, &step, |&at| {
                let mut found = Vec::new();
                let provisioned = self.one(&resources[at], &resolved, &budget, &mut found);
                (provisioned, found)
            });
            for (at, (provisioned, diagnostics)) in step.into_iter().zip(results) {
                resolved.extend(provisioned.map(|it| (resources[at].uid.clone(), it)));
                found[at] = diagnostics;
            }
        }
        if budget.is_exhausted() {
            return None;
        }
        resolved.sort_by_cached_key(|uid, _| resources.get_index_of(uid));
        let mut found: Vec<Diagnostic> = found.into_iter().flatten().collect();
        self.for_workloads(&mut resolved, &budget, &mut found);
        Some((resolved, found))
    }

    /// The indices of resources in steps; the resources of a step depend only on those of earlier
    /// steps.
    fn steps(&self) -> Vec<Vec<usize>> {
        let resources = &self.project.resources;
        let mut steps: Vec<Vec<usize>> = Vec::new();
        let mut step_of = Vec::new();
        for (at, resource) in resources.values().enumerate() {
            let needed = depends_on(resources, resource);
            let needed = needed.filter_map(|uid| step_of.get(resources.get_index_of(uid)?));
            let step = needed.max().map_or(0, |last: &usize| last + 1);
            step_of.push(step);
            if step == steps.len() {
                steps.push(Vec::new());
            }
            steps[step].push(at);
        }
        steps
    }

    /// The budget for the parts of all resources, and for those of workloads.
    fn budget(&self) -> Budget {
        let resources = self.project.resources.values();
        let depends = resources.filter(|it| it.provisioner.depends_on_workloads());
        let users = depends.filter_map(|it| self.users.get(it.uid.as_str()));
        let uses: usize = users.map(Vec::len).sum();
        Budget::for_resources(self.project.resources.len() + uses)
    }

    fn one_by_one(&self, diagnostics: &mut Vec<Diagnostic>) -> Resolved {
        let budget = self.budget();
        let mut resolved = Resolved::default();
        let mut listing = Listing::new(self, diagnostics);
        let resources = &self.project.resources;
        for step in self.steps() {
            // Provisioners in lists share state, which flows in this order.
            let mut step: Vec<&Resource> = step.iter().map(|&at| &resources[at]).collect();
            step.sort_by_key(|resource| &resource.uid);
            for resource in step {
                let provisioned = match &resource.provisioner.listed {
                    None => self.one(resource, &resolved, &budget, diagnostics),
                    Some(listed) => listing.as_mut().and_then(|listing| {
                        let mut resolution = self.of(resource, &resolved, &budget, diagnostics);
                        listing.provision(&mut resolution, listed)
                    }),
                };
                resolved.extend(provisioned.map(|it| (resource.uid.clone(), it)));
            }
        }
        if let Some(listing) = listing {
            listing.finish(&mut resolved, self.outside);
        }
        resolved.sort_by_cached_key(|uid, _| resources.get_index_of(uid));
        self.for_workloads(&mut resolved, &budget, diagnostics);
        resolved
    }

    fn one(
        &self,
        resource: &Resource,
        resolved: &Resolved,
        budget: &Budget,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Provisioned> {
        let mut resolution = self.of(resource, resolved, budget, diagnostics);
        let provisioned = resolution.provision();
        self.outside.advance();
        provisioned
    }

    /// The inputs for resolving a resource.
    pub(super) fn of<'b>(
        &'b self,
        resource: &'b Resource,
        resolved: &'b Resolved,
        budget: &'b Budget,
        diagnostics: &'b mut Vec<Diagnostic>,
    ) -> Resolution<'b> {
        Resolution {
            resource,
            outside: self.outside,
            project: self.project,
            options: self.options,
            sources: self.sources,
            directory: &self.directory,
            workloads: self.declaring.get(&resource.uid).map_or(&[], Vec::as_slice),
            user: None,
            resolved,
            budget,
            diagnostics,
        }
    }
}
