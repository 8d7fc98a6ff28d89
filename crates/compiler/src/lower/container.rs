//! Containers of workloads.

use score_spec::{Code, Diagnostic, Hint, Part, Quantities, Spanned, Template, Workload};

use super::Lowering;
use crate::graph::Project;
use crate::ir::{Container, File, FileContent, Mount, Probe, Ref, Text, Tree};
use crate::resolve::expand::expand;

impl Lowering<'_> {
    pub(super) fn container(
        &mut self,
        workload: &Workload,
        name: &str,
        spec: &score_spec::Container,
    ) -> Container {
        let mut builds = self.options.builds.iter().rev();
        let build = builds.find(|option| option.selector.fits(workload, name));
        let build = build.map(|option| option.build.clone());
        let image = self.image(workload, name, &spec.image, build.is_some());
        let command = |list: &Option<Vec<Template>>| {
            let items = list.as_ref()?.iter();
            Some(items.map(|item| with_variables(item, spec)).collect())
        };
        let variables = spec.variables.iter();
        let variables = variables
            .filter_map(|(name, template)| Some((name.clone(), self.expand(template, workload)?)));
        let variables = variables.collect();
        let files = spec.files.iter();
        let files =
            files.filter_map(|(target, file)| Some((target.clone(), self.file(file, workload)?)));
        let files = files.collect();
        let mounts = spec.volumes.iter();
        let mounts = mounts
            .filter_map(|(target, volume)| Some((target.clone(), self.mount(workload, volume)?)));
        let mounts = mounts.collect();
        let before = spec.before.iter();
        let (limits, requests) = self.amounts(spec);
        Container {
            // If it is missing, other problems of the container are still reported.
            image: image.unwrap_or_default(),
            build,
            command: command(&spec.command),
            args: command(&spec.args),
            variables,
            files,
            mounts,
            before: before
                .map(|(later, before)| (later.clone(), before.ready))
                .collect(),
            limits,
            requests,
            liveness_probe: spec.liveness_probe.as_ref().map(probe),
            readiness_probe: spec.readiness_probe.as_ref().map(probe),
        }
    }

    fn file(&mut self, file: &score_spec::File, workload: &Workload) -> Option<File> {
        let content = match &file.content {
            score_spec::FileContent::Text(template) => {
                FileContent::Text(self.expand(template, workload)?)
            }
            score_spec::FileContent::Binary(bytes) => FileContent::Binary(bytes.clone()),
            // The compiler has already read all sources.
            score_spec::FileContent::Source { .. } => return None,
        };
        let mode = file.mode;
        Some(File { content, mode })
    }

    /// The limits and requests of a container. If it sets neither for a resource, the defaults of
    /// the project apply; if it sets only one, the other default could contradict it.
    fn amounts(&self, spec: &score_spec::Container) -> (Quantities, Quantities) {
        let (limits, requests) = (&self.settings.limits, &self.settings.requests);
        let (mut own_limits, mut own_requests) = (spec.limits.clone(), spec.requests.clone());
        if own_limits.cpu.is_none() && own_requests.cpu.is_none() {
            own_limits.cpu.clone_from(&limits.cpu);
            own_requests.cpu.clone_from(&requests.cpu);
        }
        if own_limits.memory.is_none() && own_requests.memory.is_none() {
            own_limits.memory.clone_from(&limits.memory);
            own_requests.memory.clone_from(&requests.memory);
        }
        (own_limits, own_requests)
    }

    fn expand(&mut self, template: &Template, workload: &Workload) -> Option<Text> {
        expand(
            template,
            workload,
            self.resolved,
            &self.budget,
            self.diagnostics,
        )
    }

    /// The image of a container: an option for it takes precedence over the Score file, and if the
    /// file leaves the image open, an option without a container applies as well.
    fn image(
        &mut self,
        workload: &Workload,
        name: &str,
        image: &Spanned<String>,
        built: bool,
    ) -> Option<String> {
        let open = image.value == ".";
        let of = |named: bool| {
            let mut all = self.options.images.iter().rev();
            all.find(|option| {
                option.selector.container.is_some() == named && option.selector.fits(workload, name)
            })
        };
        let option = of(true).or_else(|| of(false).filter(|_| open));
        match option {
            Some(option) => Some(option.image.clone()),
            None if open && !built => {
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ProjectMissingImage,
                        format!("the image of container `{name}` is not set"),
                    )
                    .at(image.span, "")
                    .help(Hint::SetImage {
                        workload: workload.name.value.clone(),
                        container: name.to_owned(),
                    }),
                );
                None
            }
            None => Some(image.value.clone()),
        }
    }

    fn mount(&mut self, workload: &Workload, volume: &score_spec::Volume) -> Option<Mount> {
        let text = self.expand(&volume.source, workload)?;
        let name = text.as_plain().unwrap_or_default();
        let uid = Project::uid(workload, name);
        let known = uid.as_ref().and_then(|uid| self.project.resources.get(uid));
        let provisioned = uid.as_ref().and_then(|uid| self.resolved.get(uid));
        let volume_name = provisioned
            .and_then(|provisioned| provisioned.volume.as_ref())
            .and_then(|volume| match volume.tree.get("name") {
                Some(Tree::Text(text)) => text.as_plain().map(str::to_owned),
                _ => None,
            });
        match volume_name {
            Some(name) => Some(Mount {
                volume: name,
                path: volume.path.clone(),
                read_only: volume.read_only,
            }),
            // A failed resource has already been reported.
            None if uid.is_some() && (known.is_none() || provisioned.is_none()) => None,
            None => {
                let (message, help) = match known {
                    Some(resource) => (
                        format!("the resource `{name}` of type `{}` is not a volume", resource.kind),
                        "use a resource of type `volume`".to_owned(),
                    ),
                    None => (
                        "the source of the volume is not a resource".to_owned(),
                        "declare a resource such as `data: {type: volume}`, and write `source: ${resources.data}`".to_owned(),
                    ),
                };
                self.diagnostics.push(
                    Diagnostic::new(Code::ResourceNotAVolume, message)
                        .at(volume.source.span, "")
                        .help(help),
                );
                None
            }
        }
    }
}

fn probe(probe: &score_spec::Probe) -> Probe {
    let exec = probe.exec.as_ref();
    Probe {
        http_get: probe.http_get.clone(),
        exec: exec.map(|items| items.iter().map(verbatim).collect()),
    }
}

/// A part of a command. `$(NAME)` is the value of the container's variable with this name, or
/// literal if there is none.
fn with_variables(template: &Template, container: &score_spec::Container) -> Text {
    let mut text = Text::new();
    for part in &template.parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Variable(name) if container.variables.contains_key(name) => {
                text.push_ref(Ref::Variable(name.clone()));
            }
            Part::Variable(name) => text.push_str(&format!("$({name})")),
            Part::Placeholder(_) => {}
        }
    }
    text
}

/// A part of a probe command, in which variables are not supported.
fn verbatim(template: &Template) -> Text {
    let mut text = Text::new();
    for part in &template.parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Variable(name) => text.push_str(&format!("$({name})")),
            Part::Placeholder(_) => {}
        }
    }
    text
}
