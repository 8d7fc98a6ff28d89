//! Templates for the outputs of a resource, which are a subset of Go templates.

use score_spec::{Value, diagnostic::listed};

/// The actions that a template can contain, for error messages.
const ACTIONS: &str = "use `{{ .name }}`, `{{ .name.field }}` or `{{ index . \"name\" }}`";

/// A template: text and the outputs between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text that is printed as it is.
    Literal(String),
    /// The keys that lead to a value.
    Path(Vec<String>),
}

impl Template {
    /// Parses text with actions.
    ///
    /// # Errors
    /// Returns a message if an action is anything but a path or an `index` with strings.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((literal, after)) = rest.split_once("{{") {
            let (action, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("`{{{{{after}` has no `}}}}`"))?;
            let path = path(action).ok_or_else(|| {
                format!("the action `{{{{{action}}}}}` is not supported; {ACTIONS}")
            })?;
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(Part::Path(path));
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Writes the text with the values of these outputs.
    ///
    /// # Errors
    /// Returns a message if a value does not exist, or is a list, a map or null.
    pub(crate) fn render(&self, outputs: &Value) -> Result<String, String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Literal(text) => Ok(text.clone()),
            Part::Path(keys) => value(outputs, keys),
        });
        parts.collect()
    }
}

/// The keys of an action, without its braces.
fn path(action: &str) -> Option<Vec<String>> {
    let action = action.trim();
    let Some(arguments) = action.strip_prefix("index ") else {
        return fields(action).filter(|keys| !keys.is_empty());
    };
    let arguments = arguments.trim_start();
    let (start, mut rest) = arguments.split_at(arguments.find(char::is_whitespace)?);
    let mut keys = fields(start)?;
    while !rest.trim_start().is_empty() {
        let key = rest.trim_start().strip_prefix('"')?;
        let (key, after) = key.split_once('"')?;
        if key.contains('\\') || !(after.is_empty() || after.starts_with(char::is_whitespace)) {
            return None;
        }
        keys.push(key.to_owned());
        rest = after;
    }
    Some(keys)
}

/// The keys of `.`, `.a` or `.a.b`.
fn fields(text: &str) -> Option<Vec<String>> {
    let text = text.strip_prefix('.')?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    let is_key = |key: &str| {
        !key.is_empty()
            && key.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !key.starts_with(|c: char| c.is_ascii_digit())
    };
    let keys = text.split('.');
    keys.map(|key| is_key(key).then(|| key.to_owned()))
        .collect()
}

/// The text of the value to which the keys lead.
fn value(outputs: &Value, keys: &[String]) -> Result<String, String> {
    let mut value = outputs;
    for (at, key) in keys.iter().enumerate() {
        let Value::Map(map) = value else {
            let parent = keys[..at].join(".");
            return Err(format!("`{parent}` is not a map, so it has no `{key}`"));
        };
        value = map.get(key).ok_or_else(|| {
            let parent = match at {
                0 => "the outputs".to_owned(),
                _ => format!("`{}`", keys[..at].join(".")),
            };
            let known = listed(map.keys().map(String::as_str));
            format!("`{key}` is not in {parent}, which have {known}")
        })?;
    }
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Err(format!("`{}` is null", keys.join("."))),
        Value::List(_) | Value::Map(_) => Err(format!(
            "`{}` is not a single value; use `--format json`",
            keys.join(".")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::Template;
    use score_spec::Value;
    use serde_json::json;

    fn render(template: &str) -> Result<String, String> {
        let outputs =
            json!({"host": "db", "port": 5432, "tls": {"on": true}, "a-b": "c", "all": []});
        Template::parse(template)?.render(&Value::from_json(outputs))
    }

    #[test]
    fn values_are_inserted() {
        for (template, expected) in [
            ("{{ .host }}:{{.port}}", "db:5432"),
            ("on={{ .tls.on }}!", "on=true!"),
            ("{{ index . \"a-b\" }}", "c"),
            (
                "{{ index . \"tls\" \"on\" }}{{ index .tls \"on\" }}",
                "truetrue",
            ),
            ("plain }} text", "plain }} text"),
        ] {
            assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn everything_else_is_an_error() {
        for (template, expected) in [
            ("{{ .host", "has no `}}`"),
            ("{{ .host | upper }}", "is not supported"),
            ("{{- .host }}", "is not supported"),
            ("{{ if .host }}", "is not supported"),
            ("{{ . }}", "is not supported"),
            ("{{ }}", "is not supported"),
            ("{{ .a-b }}", "is not supported"),
            ("{{ index . 0 }}", "is not supported"),
            ("{{ index . \"a\"\"b\" }}", "is not supported"),
            ("{{ .hots }}", "`hots` is not in the outputs"),
            ("{{ .host.name }}", "`host` is not a map"),
            ("{{ .tls }}", "not a single value"),
            ("{{ .all }}", "not a single value"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.contains(expected), "{template}: {error}");
        }
    }
}
