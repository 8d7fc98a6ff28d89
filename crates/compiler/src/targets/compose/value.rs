//! Texts as Compose's files hold them: references resolved, `$` escaped. Not: how YAML quotes them.

use std::sync::Arc;

use score_spec::{Code, Diagnostic};

use super::group::Member;
use crate::ir::field::Field;
use crate::ir::{App, Holder, KeyRef, Ref, Sealed, Secret, Segment, Text, Tree};

/// Where a text stands: in a container, as something that a message can name.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) app: &'a App,
    pub(super) member: &'a Member<'a>,
    /// What the text is to the container, such as ``the variable `A` ``.
    pub(super) what: &'a str,
    /// The field that it comes from.
    pub(super) field: Field<'a>,
}

impl Place<'_> {
    fn error(&self, problem: &str, help: &str) -> Diagnostic {
        let message = format!("{} of {} {problem}", self.what, self.member.describe());
        let component = self.member.component;
        let found = component.finding(Code::TargetInvalid, self.field, message);
        found.help(help)
    }
}

/// The only reference that `compose.yaml` holds: an environment variable, which Compose replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EnvVariable {
    /// The name.
    name: String,
    /// Whether nothing starts without a value.
    required: bool,
}

/// A text of `compose.yaml`.
pub(super) type Public = Text<EnvVariable>;

/// A part of `compose.yaml`.
pub(super) type PublicTree = Tree<EnvVariable>;

/// A reference of a container for which Compose has no host names and ports of its own to put in.
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

/// The text for `compose.yaml`, where no secret may stand.
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

/// The text, if no secret is in it.
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

/// The content of a file in a container.
pub(super) enum Content {
    /// It can be written before the project runs. Secrets may be in it.
    Fixed(Text<Sealed>),
    /// It has environment variables in it, which only Compose can replace, and no secret.
    Variable(Public),
    /// It is a secret of the platform: the value of this environment variable.
    Secret(String),
}

/// The content of a file.
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

/// The text for a file beside `compose.yaml`, where nothing replaces environment variables; or the name
/// of the first of these.
fn sealed(text: &Text<ContainerRef>) -> Result<Text<Sealed>, String> {
    let mut first = None;
    let sealed = text.map(|open| match open {
        ContainerRef::Secret(secret) => Arc::clone(secret).into(),
        ContainerRef::Variable(EnvVariable { name, .. }) => {
            first.get_or_insert_with(|| name.clone());
            Text::new()
        }
    });
    match first {
        None => Ok(sealed),
        Some(name) => Err(name),
    }
}

/// The text for an entry of a raw env file, which is a line.
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
            Segment::Ref(secret) => secret.given(),
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

/// The text with nothing but plain parts, secrets and environment variables.
fn resolve(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text<ContainerRef> {
    text.map(|reference| match reference {
        Ref::Variable(name) => match place.member.container.variables.get(name) {
            // The value of a variable has no references to others, so this goes one step deep.
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
        Ref::KeyRef(key) => ContainerRef::Variable(stand_in(key)).into(),
        Ref::Env { name, required } if is_variable(name) => {
            let (name, required) = (name.clone(), *required);
            ContainerRef::Variable(EnvVariable { name, required }).into()
        }
        Ref::Env { name, .. } => {
            diagnostics.push(place.error(
                &format!(
                    "needs the environment variable `{name}`, whose name Compose cannot replace"
                ),
                "use a name of letters, digits and `_`",
            ));
            Text::new()
        }
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(place.app, component, port) {
            Some(port) => port.to_string().into(),
            None => unknown("port", &format!("{component}.{port}"), place, diagnostics),
        },
        Ref::Variable(name) => unknown("variable", name, place, diagnostics),
    }
}

/// The port of a container that a reference leads to: Compose maps no ports between containers.
fn target_port(app: &App, component: &str, port: &str) -> Option<u16> {
    let component = app.components.get(component)?;
    component.ports.get(port).map(|port| port.target)
}

/// The variable that stands for a value of the platform. There, too, nothing starts without it.
fn stand_in(key: &KeyRef) -> EnvVariable {
    EnvVariable {
        name: key.variable(),
        required: true,
    }
}

/// The text with the host names and ports that the application has put in, and with the variables
/// that stand for values of the platform.
pub(super) fn addresses(app: &App, text: &Text) -> Text {
    text.map(|reference| match reference {
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(app, component, port) {
            Some(port) => port.to_string().into(),
            None => Text::new(),
        },
        Ref::KeyRef(key) => {
            let EnvVariable { name, required } = stand_in(key);
            Ref::Env { name, required }.into()
        }
        Ref::Parameter(parameter) => parameter.default_text(),
        Ref::Secret(_) | Ref::Env { .. } | Ref::Variable(_) => reference.clone().into(),
    })
}

/// A reference of an entry that a provisioner writes.
pub(super) fn provisioned(app: &App, reference: &Ref) -> Result<Public, &'static str> {
    Ok(match reference {
        Ref::Host(component) => component.as_str().into(),
        Ref::Port { component, port } => match target_port(app, component, port) {
            Some(port) => port.to_string().into(),
            None => Public::new(),
        },
        Ref::KeyRef(key) => stand_in(key).into(),
        Ref::Env { name, required } => {
            let (name, required) = (name.clone(), *required);
            EnvVariable { name, required }.into()
        }
        Ref::Parameter(parameter) => parameter.default_text(),
        // The file holds none.
        Ref::Secret(_) => Public::new(),
        Ref::Variable(_) => return Err("a variable of a container"),
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

/// Whether Compose replaces `${name}`: with other characters it would be another syntax, such as
/// the default after `-`.
fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The document with every `$` that stands for itself doubled, and `${NAME}` where an environment
/// variable goes. Compose replaces in values, never in keys.
pub(super) fn escape(document: &PublicTree) -> Tree<Sealed> {
    document.map_text(&mut |text| {
        let mut escaped = Text::new();
        for segment in text.segments() {
            match segment {
                Segment::Plain(plain) => escaped.push_str(&plain.replace('$', "$$")),
                Segment::Ref(EnvVariable { name, required }) => {
                    let message = if *required { ":?" } else { "" };
                    escaped.push_str(&format!("${{{name}{message}}}"));
                }
            }
        }
        escaped
    })
}
