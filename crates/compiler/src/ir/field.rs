//! The fields of Score files that diagnostics about components refer to.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Span, Valid, Workload};

use crate::ir::{Component, Origin};

/// The locations of the fields of a component.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Places {
    /// The annotations, by name: of the Score file, of the project file and of provisioners.
    pub(crate) annotations: Map<Span>,
    /// The workload of the component; absent for a component of a resource.
    pub(crate) workload: Option<Arc<Valid<Workload>>>,
    /// The location of the declaration of the resource that needs the component.
    pub(crate) resource: Option<Span>,
}

/// A field of a component. Containers are identified by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// The name, which represents the component as a whole.
    Name,
    /// An annotation, by name.
    Annotation(&'a str),
    /// The value of an annotation, by name.
    AnnotationValue(&'a str),
    /// A container.
    Container(&'a str),
    /// The image of a container.
    Image(&'a str),
    /// The part of a container's command at this index.
    Command(&'a str, usize),
    /// The argument of a container at this index.
    Argument(&'a str, usize),
    /// A variable of a container, by name.
    Variable(&'a str, &'a str),
    /// A file of a container, by target path.
    File(&'a str, &'a str),
    /// A volume of a container, by target path.
    Volume(&'a str, &'a str),
    /// The entry of `before` of a container for another one.
    Before(&'a str, &'a str),
    /// The liveness probe of a container.
    LivenessProbe(&'a str),
    /// The readiness probe of a container.
    ReadinessProbe(&'a str),
}

impl Component {
    /// The location of a field. Fields that the container does not set have the location of the
    /// container, and all fields of a resource have that of the resource.
    pub(crate) fn place(&self, field: Field) -> Option<Span> {
        let whole = match self.origin {
            Origin::Workload(span) => Some(span),
            Origin::Resource { .. } => self.places.resource,
        };
        let spec = self.places.workload.as_deref();
        let container = |name: &str| spec?.containers.get(name);
        let written = match field {
            Field::Name => None,
            Field::Annotation(name) => self.places.annotations.get(name).copied(),
            Field::AnnotationValue(name) => {
                let place = self.places.annotations.get(name).copied();
                // Annotations of other origin than the workload have no location for their value.
                let is_own = |spec: &&Valid<Workload>| {
                    let own = spec.annotations.get(name);
                    own.is_some_and(|own| Some(own.span) == place)
                };
                let value = spec.filter(is_own);
                let value = value.and_then(|spec| spec.annotation_values.get(name).copied());
                value.or(place)
            }
            Field::Container(of) => container(of).map(|it| it.span),
            Field::Image(of) => container(of).map(|it| it.image.span),
            Field::Command(of, at) => container(of).map(|it| {
                let command = it.command.as_ref().and_then(|words| words.get(at));
                command.map_or(it.span, |word| word.span)
            }),
            Field::Argument(of, at) => container(of).map(|it| {
                let args = it.args.as_ref().and_then(|words| words.get(at));
                args.map_or(it.span, |word| word.span)
            }),
            Field::Variable(of, name) => container(of).map(|it| {
                let variable = it.variables.get(name);
                variable.map_or(it.span, |variable| variable.span)
            }),
            Field::File(of, target) => {
                container(of).map(|it| it.files.get(target).map_or(it.span, |file| file.span))
            }
            Field::Volume(of, target) => container(of).map(|it| {
                let volume = it.volumes.get(target);
                volume.map_or(it.span, |volume| volume.span)
            }),
            Field::Before(of, other) => container(of).map(|it| {
                let before = it.before.get(other);
                before.map_or(it.span, |before| before.span)
            }),
            Field::LivenessProbe(of) => container(of).map(|it| {
                let probe = it.liveness_probe.as_ref();
                probe.map_or(it.span, |probe| probe.span)
            }),
            Field::ReadinessProbe(of) => container(of).map(|it| {
                let probe = it.readiness_probe.as_ref();
                probe.map_or(it.span, |probe| probe.span)
            }),
        };
        written.or(whole)
    }

    /// A diagnostic about a field. This is the only way to report one about a component, so that
    /// each refers to a field.
    pub(crate) fn finding(
        &self,
        code: Code,
        field: Field,
        message: impl Into<String>,
    ) -> Diagnostic {
        at(self.place(field), Diagnostic::new(code, message))
    }
}

/// The diagnostic with a location, if there is one.
pub(crate) fn at(place: Option<Span>, diagnostic: Diagnostic) -> Diagnostic {
    match place {
        Some(place) => diagnostic.at(place, ""),
        None => diagnostic,
    }
}
