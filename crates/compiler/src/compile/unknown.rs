//! The names in the project file, and the images of a run, that belong to nothing in the project.

use std::collections::BTreeSet;

use score_spec::diagnostic::misspelled;
use score_spec::{Code, Diagnostic, Hint, Span};

use crate::graph::Project;
use crate::input::Settings;
use crate::input::options::ImageOption;

/// Reports workloads and resources that the settings name but the project does not have. Names that can
/// belong to another part of the project, which this run does not cover, are not reported.
pub(super) fn check(settings: &Settings, project: &Project, diagnostics: &mut Vec<Diagnostic>) {
    let known = Known { settings, project };
    let rotations = settings.rotations.iter();
    let rotations = rotations.map(|(uid, it)| (known.resource(uid), "secrets.rotations", it.span));
    let builds = settings.builds.iter().filter_map(|build| {
        let selector = &build.selector;
        Some((
            known.workload(selector.workload.as_deref()?),
            "builds",
            selector.span,
        ))
    });
    let published = settings.published.iter();
    let published = published.map(|it| (known.published(&it.of.value), "publish", it.of.span));
    for (problem, setting, span) in rotations.chain(builds).chain(published) {
        diagnostics.extend(problem.map(|problem| problem.diagnostic(setting, span)));
    }
}

/// Reports images without a container if no container leaves its image open.
pub(super) fn check_images(
    images: &[ImageOption],
    project: &Project,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut containers = project.workloads.iter().flat_map(|(workload, spec)| {
        let containers = spec.containers.iter();
        containers.map(move |(name, container)| (workload, name, container))
    });
    let is_open = containers.clone().any(|(_, _, it)| it.image.value == ".");
    // A workload with errors may have such a container.
    if is_open || !project.missing.is_empty() {
        return;
    }
    let Some((workload, name, _)) = containers.next() else {
        return;
    };
    for option in images.iter().filter(|it| it.selector.container.is_none()) {
        let message = format!(
            "the image `{}` is not used: no container has `image: .`",
            option.image
        );
        let found = Diagnostic::new(Code::OverrideUnusedImage, message);
        diagnostics.push(
            found
                .at(option.selector.span, "")
                .help(Hint::SelectContainer {
                    container: format!("{workload}/{name}"),
                    image: option.image.clone(),
                }),
        );
    }
}

/// Reports variables in the settings that no provisioner has asked for. A run without an environment can
/// cover a part of the project, so that only probable typos are reported.
pub(super) fn check_variables(
    settings: &Settings,
    is_whole: bool,
    asked: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, variable) in &settings.variables {
        if asked.contains(name) {
            continue;
        }
        let others = asked.iter().map(String::as_str);
        let meant = misspelled(
            name,
            others.filter(|it| !settings.variables.contains_key(*it)),
        );
        if meant.is_none() && !is_whole {
            continue;
        }
        let message = format!("`variables` sets `{name}`, which nothing uses");
        diagnostics.push(
            Diagnostic::new(Code::EnvironmentUnusedVariable, message)
                .at(variable.span, "")
                .help(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "remove it, or use it with a resource of type `environment`".to_owned(),
                }),
        );
    }
}

/// The names that the project has.
struct Known<'a> {
    settings: &'a Settings,
    project: &'a Project,
}

/// A name that the project does not have.
struct Unknown {
    /// The name with its kind, such as ``workload `web` ``.
    subject: String,
    /// The name that was probably intended.
    meant: Option<String>,
}

impl Known<'_> {
    fn resource(&self, uid: &str) -> Option<Unknown> {
        let project = self.project;
        let mut resources = project.uids();
        if resources.clone().any(|known| known == uid) {
            return None;
        }
        // The resources of another workload, and shared ones, can belong to another part of the project.
        let id = uid.split_once('#').map_or(uid, |(_, id)| id);
        let workload = id.split_once('.').map(|(workload, _)| workload);
        let is_covered = workload.is_some_and(|it| project.workloads.contains_key(it));
        let rotations = &self.settings.rotations;
        let meant = misspelled(
            uid,
            resources.by_ref().filter(|it| !rotations.contains_key(*it)),
        );
        (is_covered || meant.is_some()).then(|| Unknown {
            subject: format!("resource `{uid}`"),
            meant: meant.map(str::to_owned),
        })
    }

    fn workload(&self, name: &str) -> Option<Unknown> {
        let Project {
            workloads, missing, ..
        } = self.project;
        if workloads.contains_key(name) || missing.contains(name) {
            return None;
        }
        let meant = misspelled(name, workloads.keys().map(String::as_str))?;
        Some(Unknown {
            subject: format!("workload `{name}`"),
            meant: Some(meant.to_owned()),
        })
    }

    /// The workload, or the resource with an output, of a published port.
    fn published(&self, of: &str) -> Option<Unknown> {
        match of.rsplit_once('.') {
            Some((uid, _)) if of.contains('#') => self.resource(uid),
            _ => self.workload(of),
        }
    }
}

impl Unknown {
    fn diagnostic(self, setting: &str, span: Span) -> Diagnostic {
        let message = format!(
            "`{setting}` names the {}, which the project does not have",
            self.subject
        );
        let found = Diagnostic::new(Code::ProjectUnknownName, message).at(span, "");
        found.help(match self.meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "remove the setting, or declare the resource in the workload".to_owned(),
        })
    }
}
