//! What a run says about workloads: which containers an option is for, and which ports it
//! publishes.

use score_spec::{
    Code, Diagnostic, Workload,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::expression::to_text;
use crate::options::Selector;
use crate::resolve::Requested;
use crate::{Asker, Published, Resource, Segment, Tree};

impl Lowering<'_> {
    /// An option that fits no container was a slip.
    pub(super) fn check_selectors(&mut self) {
        let images = self.options.images.iter();
        let images = images.map(|option| (&option.selector, true));
        let builds = self.options.builds.iter();
        let builds = builds.map(|build| (&build.selector, build.build.asked_by == Asker::Option));
        for (selector, of_run) in images.chain(builds) {
            if !of_run && self.is_elsewhere(selector) {
                continue;
            }
            let (Some(container), fits) = (
                &selector.container,
                self.project.workloads.values().any(|workload| {
                    let mut names = workload.containers.keys();
                    names.any(|name| selector.fits(workload, name))
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

    /// Whether the workload is not part of this run, which may be one over a part of a project.
    fn is_elsewhere(&self, selector: &Selector) -> bool {
        let workload = selector.workload.as_deref().unwrap_or_default();
        !self.project.workloads.contains_key(workload)
    }

    pub(super) fn publish(&mut self) {
        for option in &self.options.published {
            let of = option.of.value.as_str();
            let component = if self.project.workloads.contains_key(of) {
                Some(of.to_owned())
            } else {
                of.rsplit_once('.').and_then(|(uid, output)| {
                    let value = self.resolved.get(uid)?.outputs.get(output)?;
                    match value {
                        Tree::Text(text) => match text.as_single()? {
                            Segment::Host(component) => Some(component.clone()),
                            _ => None,
                        },
                        _ => None,
                    }
                })
            };
            if self.project.missing.contains(of) {
                continue;
            }
            // A run may be over a part of a project.
            let resource = of.rsplit_once('.').map_or(of, |(uid, _)| uid);
            if component.is_none()
                && option.asked_by == Asker::Project
                && !self.project.resources.contains_key(resource)
            {
                continue;
            }
            let Some(component) = component else {
                let known: Vec<&str> = self.project.workloads.keys().map(String::as_str).collect();
                let help = match nearest(of, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a workload, or an output of a resource that is a host name, such as `redis.default#web.cache.host`".to_owned(),
                };
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ProjectPublish,
                        format!("`{of}` is neither a workload nor the host of a resource"),
                    )
                    .at(option.of.span, "")
                    .help(help),
                );
                continue;
            };
            self.add_published(Published {
                component,
                host: option.host,
                container: option.container,
                asked_by: option.asked_by.clone(),
            });
        }
    }

    /// Adds a port that a provisioner wants to be published. Several resources may want the same.
    pub(super) fn publish_of(&mut self, resource: &Resource, request: &Requested) {
        let host = match request.tree.get("as") {
            None | Some(Tree::Null) => return,
            Some(value) => to_text(value),
        };
        let host = host.as_plain().unwrap_or_default();
        let Some(number) = host.parse().ok().filter(|port| *port > 0) else {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ProjectPublish,
                    format!("`{host}` is no port that the host could publish"),
                )
                .at(resource.span, "")
                .help("give a whole number from 1 to 65535"),
            );
            return;
        };
        let port = match request.tree.get("port") {
            Some(Tree::Text(text)) => match text.as_single() {
                Some(Segment::Port { component, port }) => self
                    .app
                    .components
                    .get(component)
                    .and_then(|known| Some((component, known.ports.get(port)?.target))),
                _ => None,
            },
            _ => None,
        };
        let Some((component, container)) = port else {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ProvisionerInvalid,
                    "the provisioner publishes something that is no port of a component",
                )
                .at(request.span, "")
                .at(
                    resource.span,
                    format!("for the resource `{}`", resource.uid),
                )
                .help("write `{{ service('…').port('…') }}`, or an output of another resource that is a port"),
            );
            return;
        };
        let component = component.clone();
        self.add_published(Published {
            component,
            host: number,
            container,
            asked_by: Asker::Resource(resource.uid.clone()),
        });
    }

    /// Adds a port, unless it is published like that already.
    fn add_published(&mut self, wanted: Published) {
        let port = |it: &Published| (it.host, it.container);
        let mut known = self.app.published.iter();
        let is_known =
            known.any(|it| it.component == wanted.component && port(it) == port(&wanted));
        if !is_known {
            self.app.published.push(wanted);
        }
    }
}

impl Selector {
    /// Whether the option is for this container.
    pub(super) fn fits(&self, workload: &Workload, container: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == name)
        };
        is(&self.workload, &workload.name.value) && is(&self.container, container)
    }
}
