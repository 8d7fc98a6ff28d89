//! The text of resource outputs, for people and containers.

use score_compiler::ir::{Ref, Sealed, Secret, Tree};
use score_compiler::{App, Target, Text};
use score_spec::Value;

/// The value of an output as a container receives it, with secrets replaced by `secret`. A port is
/// a number.
pub(crate) fn shown(
    text: &Text,
    target: &dyn Target,
    app: &App,
    secret: &impl Fn(&Secret) -> String,
) -> Value {
    let written = written(text, target, app, secret);
    match text.as_reference() {
        Some(Ref::Port { .. }) => match written.parse::<u16>() {
            Ok(port) => Value::Number(port.into()),
            Err(_) => Value::Text(written),
        },
        _ => Value::Text(written),
    }
}

/// Text with secrets replaced by `secret`, and environment variables by `${NAME}`.
pub(crate) fn written(
    text: &Text,
    target: &dyn Target,
    app: &App,
    secret: &impl Fn(&Secret) -> String,
) -> String {
    let resolved: Text<Sealed> = target.resolve(app, text).map(|reference| match reference {
        Ref::Env { name, .. } => format!("${{{name}}}").into(),
        Ref::Secret(reference) => secret(reference).into(),
        Ref::KeyRef(held) => format!("[`{}` of `{}`]", held.key, held.object).into(),
        Ref::Variable(name) => format!("$({name})").into(),
        // The target has resolved these.
        Ref::Host(_) | Ref::Port { .. } | Ref::Parameter(_) => Text::new(),
    });
    // No sealed secrets are left.
    resolved.redact()
}

/// The replacement of a hidden secret.
pub(crate) fn redacted(_: &Secret) -> String {
    "[redacted]".to_owned()
}

/// A value as block-style YAML with a final line break.
pub(crate) fn yaml(value: &Value) -> String {
    let tree: Tree<Sealed> = value.map_text(&mut |text| text.as_str().into());
    let mut text = Text::new();
    score_compiler::yaml::emit(&tree, &mut text);
    text.redact()
}
