//! Values in Compose files: with resolved references and escaped `$`. YAML quoting is elsewhere.

use std::sync::Arc;

use score_spec::{Code, Diagnostic};

use super::group::Member;
use super::variable::{EnvVariable, Refused};
use crate::ir::field::Field;
use crate::ir::{App, Holder, Ref, Sealed, Secret, Segment, Text, Tree, Unset};
use crate::targets::settle::Unresolved;

/// The position of a value in a container, for messages.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) app: &'a App,
    pub(super) member: &'a Member<'a>,
    /// The role of the value in the container, such as ``the variable `A` ``.
    pub(super) what: &'a str,
    /// Its field.
    pub(super) field: Field<'a>,
}

impl Place<'_> {
    fn error(&self, problem: &str, help: &str) -> Diagnostic {
        let message = format!("{} of {} {problem}", self.what, self.member.describe());
        let component = self.member.component;
        let diagnostic = component.finding(Code::TargetInvalid, self.field, message);
        diagnostic.help(help)
    }
}

/// A value in `compose.yaml`.
pub(super) type Public = Text<EnvVariable>;

/// A part of `compose.yaml`.
pub(super) type PublicTree = Tree<EnvVariable>;

/// A reference of a container other than hosts and ports, which are inserted.
enum ContainerRef {
    Secret(Arc<Secret>),
    Variable(EnvVariable),
}

impl From<EnvVariable> for Public {
    fn from(variable: EnvVariable) -> Self {
        Segment::Ref(variable).into()
    }
}

impl From<ContainerRef> for Text<ContainerRef> {
    fn from(open: ContainerRef) -> Self {
        Segment::Ref(open).into()
    }
}

/// The text for `compose.yaml`, which must not contain secrets.
pub(super) fn public(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Public {
    let text = resolve(text, place, diagnostics);
    if let Some(text) = without_secrets(&text) {
        return text;
    }
    diagnostics.push(place.error(
        "contains a secret, which cannot be written to `compose.yaml`",
        "put the secret into a variable or file of the container, and read it in a shell or in the program",
    ));
    Public::new()
}

/// The text, if it contains no secret.
fn without_secrets(text: &Text<ContainerRef>) -> Option<Public> {
    let mut holds_secret = false;
    let public = text.map(|open| match open {
        ContainerRef::Variable(variable) => variable.clone().into(),
        ContainerRef::Secret(_) => {
            holds_secret = true;
            Public::new()
        }
    });
    (!holds_secret).then_some(public)
}

/// The contents of a file in a container.
pub(super) enum Content {
    /// It can be written before the project runs, and may contain secrets.
    Fixed(Text<Sealed>),
    /// It contains environment variables, which only Compose can replace, and no secret.
    Variable(Public),
    /// It is a platform secret: the value of this environment variable.
    Secret(String),
}

/// The contents of a file.
pub(super) fn content(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Content {
    if let Some(Ref::KeyRef(key)) = text.as_reference()
        && key.holder == Holder::Secret
    {
        return Content::Secret(key.variable());
    }
    let text = resolve(text, place, diagnostics);
    let name = match sealed(&text) {
        Ok(text) => return Content::Fixed(text),
        Err(name) => name,
    };
    if let Some(text) = without_secrets(&text) {
        return Content::Variable(text);
    }
    let problem = format!(
        "contains a secret and the environment variable `{name}`, which Compose replaces only in \
         `compose.yaml`"
    );
    let help =
        "put the secret and the variable into separate files, or into variables of the container";
    diagnostics.push(place.error(&problem, help));
    Content::Fixed(Text::new())
}

/// The text for a file beside `compose.yaml`, in which environment variables are not replaced; or the name
/// of the first of these.
fn sealed(text: &Text<ContainerRef>) -> Result<Text<Sealed>, String> {
    let mut first = None;
    let sealed = text.map(|open| match open {
        ContainerRef::Secret(secret) => Arc::clone(secret).into(),
        ContainerRef::Variable(variable) => {
            first.get_or_insert_with(|| variable.name().to_owned());
            Text::new()
        }
    });
    match first {
        None => Ok(sealed),
        Some(name) => Err(name),
    }
}

/// The text for an entry of a raw env file, which is a single line.
pub(super) fn line(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text<Sealed> {
    let text = match sealed(&resolve(text, place, diagnostics)) {
        Ok(text) => text,
        Err(name) => {
            diagnostics.push(place.error(
                &format!("contains a secret and the environment variable `{name}`, which Compose \
                 replaces only in `compose.yaml`"),
                "add a separate variable without a secret to the container, and read it in the program",
            ));
            return Text::new();
        }
    };
    let breaks = |segment: &Segment<Sealed>| {
        let known = match segment {
            Segment::Plain(plain) => Some(plain.as_str()),
            Segment::Ref(secret) => secret.external(),
        };
        known.is_some_and(|known| known.contains(['\n', '\r', '\0']))
    };
    if text.segments().iter().any(breaks) {
        diagnostics.push(place.error(
            "contains a secret and a line break, which an env file cannot combine",
            "put the value into a file of the container",
        ));
    }
    text
}

/// The text with only plain parts, secrets and environment variables.
fn resolve(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text<ContainerRef> {
    text.map(|reference| match reference {
        Ref::Variable(name) => match place.member.container.variables.get(name) {
            // The value of a variable refers to no other variables, so this has a depth of one.
            Some(value) => value.map(|reference| one(reference, place, diagnostics)),
            None => unknown("variable", name, place, diagnostics),
        },
        _ => one(reference, place, diagnostics),
    })
}

fn one(reference: &Ref, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text<ContainerRef> {
    match reference {
        Ref::Secret(secret) => ContainerRef::Secret(Arc::clone(secret)).into(),
        Ref::Parameter(parameter) => parameter.default_text(),
        Ref::KeyRef(key) => ContainerRef::Variable(EnvVariable::of_key(key)).into(),
        Ref::Env { name, unset } => match EnvVariable::new(name, unset) {
            Ok(variable) => ContainerRef::Variable(variable).into(),
            Err(Refused { problem, help }) => {
                diagnostics.push(place.error(&format!("needs {problem}"), help));
                Text::new()
            }
        },
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(place.app, component, port) {
            Some(port) => port.to_string().into(),
            None => unknown("port", &format!("{component}.{port}"), place, diagnostics),
        },
        Ref::Variable(name) => unknown("variable", name, place, diagnostics),
    }
}

/// The port of a container for a reference: Compose has no port mapping between containers.
fn target_port(app: &App, component: &str, port: &str) -> Option<u16> {
    let component = app.components.get(component)?;
    component.ports.get(port).map(|port| port.target)
}

/// The text with inserted host names and ports, and with environment variables for values of the
/// platform.
pub(super) fn addresses(app: &App, text: &Text) -> Text {
    text.map(|reference| match reference {
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(app, component, port) {
            Some(port) => port.to_string().into(),
            None => Text::new(),
        },
        Ref::KeyRef(key) => Ref::Env {
            name: key.variable(),
            unset: Unset::Error,
        }
        .into(),
        Ref::Parameter(parameter) => parameter.default_text(),
        Ref::Secret(_) | Ref::Env { .. } | Ref::Variable(_) => reference.clone().into(),
    })
}

/// A reference of a provisioner's entry.
pub(super) fn provisioned(app: &App, reference: &Ref) -> Result<Public, Unresolved> {
    Ok(match reference {
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(app, component, port) {
            Some(port) => port.to_string().into(),
            None => Public::new(),
        },
        Ref::KeyRef(key) => EnvVariable::of_key(key).into(),
        Ref::Env { name, unset } => EnvVariable::new(name, unset)
            .map_err(|Refused { problem, help }| Unresolved {
                problem: format!("this needs {problem}"),
                help,
            })?
            .into(),
        Ref::Parameter(parameter) => parameter.default_text(),
        // The file contains none.
        Ref::Secret(_) => Public::new(),
        Ref::Variable(_) => return Err(Unresolved::unknown("a variable of a container")),
    })
}

fn unknown(
    kind: &str,
    name: &str,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) -> Text<ContainerRef> {
    diagnostics.push(place.error(
        &format!("refers to the {kind} `{name}`, which does not exist"),
        "declare it, or correct the name",
    ));
    Text::new()
}

/// The document with every literal `$` doubled, and `${NAME}` for environment variables. Compose
/// replaces them in values, never in keys.
pub(super) fn escape(document: &PublicTree) -> Tree<Sealed> {
    document.map_text(&mut |text| {
        let mut escaped = Text::new();
        for segment in text.segments() {
            match segment {
                Segment::Plain(plain) => escaped.push_str(&plain.replace('$', "$$")),
                Segment::Ref(variable) => escaped.push_str(&variable.placeholder()),
            }
        }
        escaped
    })
}
