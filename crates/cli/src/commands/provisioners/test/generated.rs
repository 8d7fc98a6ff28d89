//! The generated files of a test as values, with which its expectations are compared.

use score_compiler::{OutputContent, Rendered, Target, Text};
use score_spec::{Sources, Value, parse};

/// A secret in an expected value.
pub(super) const SECRET: &str = "[secret]";

/// A secret in a generated file before it is parsed. It needs no quotes in YAML.
const UNPARSED: &str = "score-rs-secret-of-a-test";

/// The contents of the main file: that of a file with a single document, or all documents under `objects`.
pub(super) fn generated(compiled: &Rendered, target: &dyn Target) -> Value {
    let main = compiled.files.iter().find(|file| file.path.is_none());
    let Some(OutputContent::Text(text)) = main.map(|file| &file.content) else {
        return Value::Null;
    };
    let text: Text = text.map(|_| UNPARSED.into());
    let mut sources = Sources::new();
    let id = sources.add(target.default_output(), text.as_plain().unwrap_or_default());
    let documents = parse(&sources, id).documents;
    let mut values = documents.iter().map(|document| {
        let value = document.to_value();
        value.map_text(&mut |text| text.replace(UNPARSED, SECRET))
    });
    match target.name() {
        COMPOSE => values.next().unwrap_or(Value::Null),
        _ => [("objects".to_owned(), Value::List(values.collect()))]
            .into_iter()
            .collect(),
    }
}

/// The target whose main file is a single document.
const COMPOSE: &str = "compose";
