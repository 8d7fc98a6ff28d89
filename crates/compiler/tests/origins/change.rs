//! Changes of single fields of input files.

use score_compiler::FieldPath;
use score_spec::{Kind, Node, Sources, Span};

use super::case::Input;

/// The sections that only decide which problems are reported, and the tests of provisioners.
const WITHOUT_EFFECT: [&str; 3] = ["policies", "levels", "tests"];

/// An input before and after a change of one of its fields.
pub(super) struct Change {
    /// The input.
    pub(super) input: Input,
    /// The path of the field.
    pub(super) field: Vec<String>,
    /// The new text of the input.
    pub(super) text: String,
    /// The places of the field, of its key and of the resource that it belongs to, before and after.
    pub(super) places: [Vec<(usize, usize)>; 2],
}

/// A change of each scalar of a file, or of the value of an option.
pub(super) fn changes(input: &Input, text: &str) -> Vec<Change> {
    let Input::File(name) = input else {
        return of_option(input, text).into_iter().collect();
    };
    let mut sources = Sources::new();
    let id = sources.add(name.as_str(), text);
    let mut changes = Vec::new();
    for document in &score_spec::parse(&sources, id).documents {
        change(
            document,
            text,
            &mut Vec::new(),
            &mut Vec::new(),
            &mut changes,
        );
    }
    changes.retain(|change| !WITHOUT_EFFECT.contains(&change.field[0].as_str()));
    for change in &mut changes {
        change.input = input.clone();
    }
    changes
}

/// A change of the value of an option, whose name is before the last `=`.
fn of_option(input: &Input, text: &str) -> Option<Change> {
    let start = text.rfind('=').map_or(0, |at| at + 1);
    let new = changed(&text[start..])?;
    Some(Change {
        input: input.clone(),
        field: vec![input.name().to_owned()],
        text: [&text[..start], &new].concat(),
        places: [vec![(0, text.len())], vec![(0, start + new.len())]],
    })
}

fn change(
    node: &Node,
    text: &str,
    path: &mut Vec<String>,
    keys: &mut Vec<Span>,
    changes: &mut Vec<Change>,
) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                keys.push(entry.key_span);
                change(&entry.value, text, path, keys, changes);
                keys.pop();
                path.pop();
            }
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                let first = changes.len();
                change(item, text, path, keys, changes);
                for change in &mut changes[first..] {
                    let is_name = change.field.len() == path.len() + 1
                        && FieldPath::NAMES.contains(&change.field[path.len()].as_str());
                    if is_name {
                        let range = item.span.range();
                        let ends = [range.end, range.end + change.text.len() - text.len()];
                        for (places, end) in change.places.iter_mut().zip(ends) {
                            places.push((range.start, end));
                        }
                    }
                }
                path.pop();
            }
        }
        _ => {
            let range = node.span.range();
            let Some(new) = changed(&text[range.clone()]) else {
                return;
            };
            // Only the expressions of a provisioner tell how it uses a param, so a reference to the resource
            // is a reference to all of its fields.
            let resource = keys.get(1).filter(|_| path[0] == "resources");
            let key = keys.last().into_iter().chain(resource);
            let mut before: Vec<_> = key.map(|it| (it.range().start, it.range().end)).collect();
            let mut after = before.clone();
            before.push((range.start, range.end));
            after.push((range.start, range.start + new.len()));
            changes.push(Change {
                input: Input::File(String::new()),
                field: path.clone(),
                text: [&text[..range.start], &new, &text[range.end..]].concat(),
                places: [before, after],
            });
        }
    }
}

/// Another value of the same kind.
fn changed(value: &str) -> Option<String> {
    let bare = value.trim_end();
    let (inner, quote) = match bare.chars().next()? {
        quote @ ('"' | '\'') if bare.len() > 1 => (&bare[1..bare.len() - 1], quote.to_string()),
        _ => (bare, String::new()),
    };
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = inner.split_at(digits);
    let new = match number.parse::<u32>() {
        Ok(number) if unit.is_empty() => (number + 1).to_string(),
        Ok(number) if unit.bytes().all(|it| it.is_ascii_alphabetic()) => {
            format!("{}{unit}", number * 2)
        }
        _ => match inner {
            "true" => "false".to_owned(),
            "false" => "true".to_owned(),
            inner => format!("{inner}x"),
        },
    };
    Some([&quote, &new, &quote, &value[bare.len()..]].concat())
}

impl Change {
    /// The kind of the file in messages; empty for Score files.
    pub(super) fn prefix(&self) -> &'static str {
        let Input::File(path) = &self.input else {
            return "";
        };
        let file = path.rsplit('/').next().unwrap_or(path);
        if file == "score-rs.yaml" {
            "project "
        } else if path.contains("environments/") {
            "environment "
        } else if file.contains("score") || file.contains("overrid") {
            ""
        } else {
            "provisioner "
        }
    }
}
