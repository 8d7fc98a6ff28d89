//! Outputs of resources as containers get them. Not: which resource gives them.

use score_compiler::{App, Secret, Segment, Target, Text};
use score_spec::Value;

/// A text of an output as a container gets it, with what `secret` makes of secrets. A port is a
/// number, and a variable of the environment `${NAME}`.
pub(crate) fn shown(
    text: &Text,
    target: &Target,
    app: &App,
    secret: &impl Fn(&Secret) -> String,
) -> Value {
    let resolved = (target.resolve)(app, text).map(|segment| match segment {
        Segment::Env(name) => format!("${{{name}}}").into(),
        Segment::Secret(reference) => secret(reference).into(),
        _ => segment.clone().into(),
    });
    // Nothing is sealed any more.
    let resolved = resolved.redact();
    match text.as_single() {
        Some(Segment::Port { .. }) => match resolved.parse::<u16>() {
            Ok(port) => Value::Number(port.into()),
            Err(_) => Value::Text(resolved),
        },
        _ => Value::Text(resolved),
    }
}
