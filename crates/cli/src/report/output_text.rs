//! Texts of resources as people and containers get them. Not: which resource gives them.

use score_compiler::{App, Secret, Segment, Target, Text};
use score_spec::Value;

/// A text of an output as a container gets it, with what `secret` makes of secrets. A port is a
/// number.
pub(crate) fn shown(
    text: &Text,
    target: &Target,
    app: &App,
    secret: &impl Fn(&Secret) -> String,
) -> Value {
    let written = written(text, target, app, secret);
    match text.as_single() {
        Some(Segment::Port { .. }) => match written.parse::<u16>() {
            Ok(port) => Value::Number(port.into()),
            Err(_) => Value::Text(written),
        },
        _ => Value::Text(written),
    }
}

/// A text with what `secret` makes of secrets. A variable of the environment is `${NAME}`.
pub(crate) fn written(
    text: &Text,
    target: &Target,
    app: &App,
    secret: &impl Fn(&Secret) -> String,
) -> String {
    let resolved = (target.resolve)(app, text).map(|segment| match segment {
        Segment::Env { name, .. } => format!("${{{name}}}").into(),
        Segment::Secret(reference) => secret(reference).into(),
        Segment::Deferred(deferred) => {
            format!("[`{}` of `{}`]", deferred.key, deferred.object).into()
        }
        _ => segment.clone().into(),
    });
    // Nothing is sealed any more.
    resolved.redact()
}

/// What stands in the place of a secret that is not shown.
pub(crate) fn redacted(_: &Secret) -> String {
    "[redacted]".to_owned()
}
