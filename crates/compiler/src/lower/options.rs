//! The containers to which the options of a run apply.

use std::collections::BTreeSet;

use score_spec::{
    Code, Diagnostic, Hint,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::input::options::Selector;
use crate::ir::Asker;

impl Lowering<'_> {
    /// An option that matches no container is a mistake.
    pub(super) fn check_selectors(&mut self) {
        let images = self.options.images.iter();
        let images = images.map(|option| (&option.selector, option.of_run));
        let builds = self.options.builds.iter();
        let builds = builds.map(|build| (&build.selector, build.build.asked_by == Asker::Option));
        for (selector, of_run) in images.chain(builds) {
            if !of_run && self.may_be_elsewhere(selector) {
                continue;
            }
            let (Some(container), fits) = (
                &selector.container,
                self.project.workloads.values().any(|workload| {
                    let mut names = workload.containers.keys();
                    names.any(|name| selector.fits(&workload.name.value, name))
                }),
            ) else {
                continue;
            };
            let missing = selector.workload.as_ref().map_or_else(
                || !self.project.missing.is_empty(),
                |workload| self.project.missing.contains(workload),
            );
            if fits || missing {
                continue;
            }
            let all: Vec<String> = self
                .project
                .workloads
                .iter()
                .flat_map(|(workload, spec)| {
                    let names = spec.containers.keys();
                    names.map(move |name| format!("{workload}/{name}"))
                })
                .collect();
            let wanted = match &selector.workload {
                Some(workload) => format!("{workload}/{container}"),
                None => container.clone(),
            };
            let help = match nearest(&wanted, all.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if all.len() <= 12 => {
                    format!("the project has {}", listed(all.iter().map(String::as_str)))
                }
                None => "write `WORKLOAD/CONTAINER`".to_owned(),
            };
            self.diagnostics.push(
                Diagnostic::new(
                    Code::OverrideUnknownWorkload,
                    format!("no container `{wanted}`"),
                )
                .at(selector.span, "")
                .help(help),
            );
        }
    }

    /// An image without a container must be for one workload: with several, each would run the
    /// program of another one.
    pub(super) fn check_image_for_all(&mut self) {
        let mut options = self.options.images.iter().rev();
        let Some(option) = options.find(|option| option.selector.container.is_none()) else {
            return;
        };
        let mut open: Vec<String> = Vec::new();
        let mut owners: BTreeSet<&str> = BTreeSet::new();
        for (workload, spec) in &self.project.workloads {
            for (name, container) in &spec.containers {
                let mut images = self.options.images.iter();
                let named = images.any(|option| {
                    option.of_run
                        && option.selector.container.is_some()
                        && option.selector.fits(&spec.name.value, name)
                });
                if container.image.value == "." && !named {
                    open.push(format!("{workload}/{name}"));
                    owners.insert(workload);
                }
            }
        }
        if owners.len() < 2 {
            return;
        }
        let image = &option.image;
        let message = format!(
            "the image `{image}` would be used for {} workloads: {}",
            owners.len(),
            listed(open.iter().map(String::as_str))
        );
        let first = open.first().map_or("web/main", String::as_str);
        self.diagnostics.push(
            Diagnostic::new(Code::OverrideImageForAll, message)
                .at(option.selector.span, "")
                .help(Hint::SelectContainer {
                    container: first.to_owned(),
                    image: image.clone(),
                }),
        );
    }

    /// Whether the workload is not part of this run, but can be another one of the project.
    fn may_be_elsewhere(&self, selector: &Selector) -> bool {
        let workload = selector.workload.as_deref();
        if let Some(left_out) = &self.options.left_out {
            return workload.is_some_and(|workload| left_out.contains(workload));
        }
        let workload = workload.unwrap_or_default();
        !self.project.workloads.contains_key(workload)
    }
}
