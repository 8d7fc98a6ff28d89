//! Containers of workloads.

use score_spec::{
    Code, Diagnostic, Hint, Map, Quantities, Spanned, Workload,
    template::{Part, Template},
    workload,
};

use super::Lowering;
use crate::graph::Project;
use crate::ir::{Container, File, FileContent, Mount, Probe, Ref, Text, Tree};
use crate::resolve::expand::expand;

/// The image in place of one that is left open, in a check.
const OPEN_IMAGE: &str = "image.invalid/open:1";

impl Lowering<'_> {
    pub(super) fn container(
        &mut self,
        workload: &Workload,
        name: &str,
        spec: &workload::Container,
    ) -> Container {
        let mut builds = self.options.builds.iter().rev();
        let build = builds.find(|option| option.selector.fits(&workload.name.value, name));
        let build = build.map(|option| option.build.clone());
        let image = self.image(workload, name, &spec.image, build.is_some());
        let mounts = spec.volumes.iter();
        let mounts = mounts
            .filter_map(|(target, volume)| Some((target.clone(), self.mount(workload, volume)?)));
        let mounts = mounts.collect();
        let (limits, requests) = self.amounts(spec);
        let texts = |position, template: &Template| match position {
            Position::Value => self.expand(template, workload),
            Position::Command => Some(with_variables(template, spec)),
            Position::Probe => Some(verbatim(template)),
        };
        Container {
            // If it is missing, other problems of the container are still reported.
            image: image.unwrap_or_default(),
            build,
            limits,
            requests,
            ..lowered(spec, mounts, texts)
        }
    }

    /// The limits and requests of a container. If it sets neither for a resource, the defaults of
    /// the project apply; if it sets only one, the other default could contradict it.
    fn amounts(&self, spec: &workload::Container) -> (Quantities, Quantities) {
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
        let fitting = self.options.images.iter().filter(|option| {
            (open || option.selector.container.is_some())
                && option.selector.fits(&workload.name.value, name)
        });
        // Of equal ones, the last is used.
        let option =
            fitting.max_by_key(|option| (option.of_run, option.selector.container.is_some()));
        match option {
            Some(option) => Some(self.pulled(&option.image, built)),
            None if open && !built && self.options.accepts_open_images => {
                self.app.open_images += 1;
                Some(OPEN_IMAGE.to_owned())
            }
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
                        environment: self
                            .settings
                            .environment_id
                            .as_ref()
                            .map(|it| it.name.clone()),
                    }),
                );
                None
            }
            None => Some(self.pulled(&image.value, built)),
        }
    }

    /// The image with the replacement for its registry, unless it is built, not pulled.
    fn pulled(&self, image: &str, built: bool) -> String {
        if built {
            image.to_owned()
        } else {
            self.app.registries.replace(image)
        }
    }

    fn mount(&mut self, workload: &Workload, volume: &workload::Volume) -> Option<Mount> {
        let text = self.expand(&volume.source, workload)?;
        let name = text.as_plain().unwrap_or_default();
        let uid = Project::uid(workload, name);
        let known = uid.as_ref().and_then(|uid| self.project.resources.get(uid));
        let provisioned = uid.as_ref().and_then(|uid| self.resolved.get(uid));
        let volume_name = provisioned
            .and_then(|provisioned| provisioned.parts.volume.as_ref())
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

/// The position of a string in a container.
#[derive(Debug, Clone, Copy)]
pub(super) enum Position {
    /// A variable, or the contents of a file.
    Value,
    /// A part of the command or of its arguments.
    Command,
    /// A part of the command of a probe.
    Probe,
}

/// A container with these mounts, and with the results of `text` for its strings. Variables and files
/// without a result are omitted.
pub(super) fn lowered<T>(
    spec: &workload::Container<T>,
    mounts: Map<Mount>,
    mut text: impl FnMut(Position, &T) -> Option<Text>,
) -> Container {
    let mut words = |position, words: &Option<Vec<T>>| -> Option<Vec<Text>> {
        let words = words.as_ref()?.iter();
        Some(words.filter_map(|word| text(position, word)).collect())
    };
    let (command, args) = (
        words(Position::Command, &spec.command),
        words(Position::Command, &spec.args),
    );
    let mut probe = |probe: &workload::Probe<T>| Probe {
        http_get: probe.http_get.clone(),
        exec: words(Position::Probe, &probe.exec),
    };
    let (liveness_probe, readiness_probe) = (
        spec.liveness_probe.as_ref().map(&mut probe),
        spec.readiness_probe.as_ref().map(&mut probe),
    );
    let variables = spec.variables.iter();
    let variables =
        variables.filter_map(|(name, value)| Some((name.clone(), text(Position::Value, value)?)));
    let variables = variables.collect();
    let files = spec.files.iter().filter_map(|(target, file)| {
        let content = match &file.content {
            workload::FileContent::Text(value) => FileContent::Text(text(Position::Value, value)?),
            workload::FileContent::Binary(bytes) => FileContent::Binary(bytes.clone()),
            // The compiler has already read all sources.
            workload::FileContent::Source { .. } => return None,
        };
        let mode = file.mode;
        Some((target.clone(), File { content, mode }))
    });
    let before = spec.before.iter();
    Container {
        image: spec.image.value.clone(),
        build: None,
        command,
        args,
        variables,
        files: files.collect(),
        mounts,
        before: before
            .map(|(later, before)| (later.clone(), before.ready))
            .collect(),
        limits: spec.limits.clone(),
        requests: spec.requests.clone(),
        liveness_probe,
        readiness_probe,
    }
}

/// A part of a command. `$(NAME)` is the value of the container's variable with this name, or
/// literal if there is none.
fn with_variables(template: &Template, container: &workload::Container) -> Text {
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
