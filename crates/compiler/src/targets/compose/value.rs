//! Texts as Compose's files hold them: references resolved, `$` escaped. Not: how YAML quotes them.

use score_spec::{Code, Diagnostic};

use super::group::Member;
use crate::ir::field::Field;
use crate::ir::{App, Deferred, Holder, Segment, Text, Tree};

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

/// The text for `compose.yaml`, where no secret may stand.
pub(super) fn public(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
    let text = resolve(text, place, diagnostics);
    if text.is_secret() {
        diagnostics.push(place.error(
            "holds a secret, which cannot be written into `compose.yaml`",
            "put the secret into a variable or file of the container, and read it in a shell or in the program",
        ));
        return Text::new();
    }
    text
}

/// The content of a file in a container.
pub(super) enum Content {
    /// It can be written before the project runs. Secrets may be in it.
    Fixed(Text),
    /// It has variables of the environment in it, which only Compose can replace, and no secret.
    Variable(Text),
    /// It is a secret of the platform: the value of this variable of the environment.
    Secret(String),
}

/// The content of a file.
pub(super) fn content(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Content {
    if let Some(Segment::Deferred(deferred)) = text.as_single()
        && deferred.holder == Holder::Secret
    {
        return Content::Secret(deferred.variable());
    }
    let text = resolve(text, place, diagnostics);
    let Some(name) = first_variable(&text) else {
        return Content::Fixed(text);
    };
    if text.is_secret() {
        let problem = format!(
            "holds a secret and needs `{name}` of the environment, which Compose replaces in `compose.yaml` only"
        );
        let help = "put the secret and the variable into files of their own, or into variables of the container";
        diagnostics.push(place.error(&problem, help));
        return Content::Fixed(Text::new());
    }
    Content::Variable(text)
}

/// The first variable of the environment in a resolved text.
fn first_variable(text: &Text) -> Option<&str> {
    text.segments().iter().find_map(|segment| match segment {
        Segment::Env { name, .. } => Some(name.as_str()),
        _ => None,
    })
}

/// The text for a file beside `compose.yaml`, where nothing replaces variables of the environment.
fn sealed(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
    let text = resolve(text, place, diagnostics);
    if let Some(name) = first_variable(&text) {
        diagnostics.push(place.error(
            &format!("holds a secret and needs `{name}` of the environment, which Compose replaces in `compose.yaml` only"),
            "give the container a variable of its own with nothing secret in it, and read that in the program",
        ));
    }
    text
}

/// The text for an entry of a raw env file, which is a line.
pub(super) fn line(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
    let text = sealed(text, place, diagnostics);
    let breaks = |segment: &Segment| {
        let known = match segment {
            Segment::Plain(plain) => Some(plain.as_str()),
            Segment::Secret(secret) => secret.given(),
            _ => None,
        };
        known.is_some_and(|known| known.contains(['\n', '\r', '\0']))
    };
    if text.segments().iter().any(breaks) {
        diagnostics.push(place.error(
            "holds a secret and a line break, which an env file cannot hold together",
            "put the text into a file of the container",
        ));
    }
    text
}

/// The text with nothing but plain parts, secrets and variables of the environment.
fn resolve(text: &Text, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
    text.map(|segment| match segment {
        Segment::Variable(name) => match place.member.container.variables.get(name) {
            // The value of a variable has no references to others, so this goes one step deep.
            Some(value) => value.map(|segment| reference(segment, place, diagnostics)),
            None => unknown("variable", name, place, diagnostics),
        },
        _ => reference(segment, place, diagnostics),
    })
}

fn reference(segment: &Segment, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
    match segment {
        Segment::Plain(_) | Segment::Secret(_) | Segment::Setting(_) | Segment::Hole(_) => {
            segment.clone().into()
        }
        Segment::Env { name, .. } if is_variable(name) => segment.clone().into(),
        Segment::Deferred(deferred) => required(deferred).into(),
        Segment::Env { name, .. } => {
            diagnostics.push(place.error(
                &format!(
                    "needs `{name}` of the environment, which is no name that Compose can replace"
                ),
                "use a name of letters, digits and `_`",
            ));
            Text::new()
        }
        Segment::Host(component) => component.as_str().into(),
        Segment::Port { component, port } => {
            let ports = place.app.components.get(component).map(|it| &it.ports);
            match ports.and_then(|ports| ports.get(port)) {
                Some(port) => port.target.to_string().into(),
                None => unknown("port", &format!("{component}.{port}"), place, diagnostics),
            }
        }
        Segment::Variable(name) => unknown("variable", name, place, diagnostics),
    }
}

/// The variable that stands for a value of the platform. There, too, nothing starts without it.
fn required(deferred: &Deferred) -> Segment {
    Segment::Env {
        name: deferred.variable(),
        required: true,
    }
}

/// How a variable of the environment is written in the file.
fn variable(name: &str, required: bool) -> String {
    if required {
        format!("${{{name}:?}}")
    } else {
        format!("${{{name}}}")
    }
}

/// The text with the host names and ports that the application has put in, and with the variables
/// that stand for values of the platform.
pub(super) fn addresses(app: &App, text: &Text) -> Text {
    text.map(|segment| match segment {
        Segment::Host(component) => component.as_str().into(),
        Segment::Port { component, port } => {
            let component = app.components.get(component);
            match component.and_then(|component| component.ports.get(port)) {
                Some(port) => port.target.to_string().into(),
                None => Text::new(),
            }
        }
        Segment::Deferred(deferred) => required(deferred).into(),
        _ => segment.clone().into(),
    })
}

fn unknown(kind: &str, name: &str, place: Place, diagnostics: &mut Vec<Diagnostic>) -> Text {
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

/// The document with every `$` that stands for itself doubled, and `${NAME}` where a variable of
/// the environment goes. Compose replaces in values, never in keys.
pub(super) fn escape(document: &Tree) -> Tree {
    document.map_text(&mut |text| {
        text.map(|segment| match segment {
            Segment::Plain(plain) if plain.contains('$') => plain.replace('$', "$$").into(),
            Segment::Env { name, required } => variable(name, *required).into(),
            _ => segment.clone().into(),
        })
    })
}
