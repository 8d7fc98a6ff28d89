//! The values of `init`, `state` and `outputs`.

use super::pattern::{Form, Pattern, Reason, Term, is_identifier};
use super::scope::{RESERVED, Scope};
use super::tree::{Item, Line, Shape, Todo};
use super::write::literal;
use crate::list::Part;

/// A native value.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) pattern: Pattern,
    /// Whether it was written as a number or a boolean.
    pub(super) plain: Option<String>,
}

/// Keeps the values of `init` or `state` for later templates. Returns those that are native values, and the places
/// that are not converted.
pub(super) fn keep(scope: &mut Scope, lines: Vec<Line>, outputs: &str) -> (Vec<Value>, Vec<Todo>) {
    let mut kept = Kept {
        scope,
        outputs,
        values: Vec::new(),
    };
    let todos = kept.lines(&[], lines);
    (kept.values, todos)
}

struct Kept<'a> {
    scope: &'a mut Scope,
    outputs: &'a str,
    values: Vec<Value>,
}

impl Kept<'_> {
    fn lines(&mut self, path: &[String], lines: Vec<Line>) -> Vec<Todo> {
        let mut todos = Vec::new();
        for line in lines {
            match line {
                Line::Todo(todo) => todos.push(todo),
                Line::Item(item) => todos.extend(self.item(path, item)),
            }
        }
        todos
    }

    fn item(&mut self, path: &[String], item: Item) -> Vec<Todo> {
        let todo = |reason: &str| {
            vec![Todo {
                reason: reason.to_owned(),
                range: item.range.clone(),
            }]
        };
        let Some(key) = item.key.as_ref().and_then(Pattern::as_text) else {
            return todo("a key that is not constant has no equivalent");
        };
        let path = [path, &[key]].concat();
        let (pattern, plain) = match item.value {
            Shape::Map(lines) => return self.lines(&path, lines),
            Shape::Text(pattern) => (Ok(pattern), None),
            Shape::Plain(text) if text == "null" => {
                (Ok(Term::atom("none", Form::Any).into()), Some(text))
            }
            Shape::Plain(text) => {
                let is_bool = matches!(text.as_str(), "true" | "false");
                let form = if is_bool { Form::Bool } else { Form::Number };
                (Ok(Term::atom(text.clone(), form).into()), Some(text))
            }
            list @ Shape::List(_) => (literal(&list), None),
        };
        let todos = pattern.as_ref().err().map(|reason| todo(reason));
        let pattern = pattern.map(|pattern| self.named(&path, pattern, plain));
        self.scope.values.insert((self.scope.part, path), pattern);
        todos.unwrap_or_default()
    }

    /// The pattern that later templates use in place of a value: its name, or the value itself if it is short.
    fn named(&mut self, path: &[String], pattern: Pattern, plain: Option<String>) -> Pattern {
        let is_short = match pattern.segments.as_slice() {
            [_] if self.scope.part == Part::Init => true,
            [_] => pattern.as_text().is_some() || plain.is_some(),
            _ => false,
        };
        if is_short || pattern.encoded {
            return pattern;
        }
        if let [only] = pattern.segments.as_slice()
            && self
                .values
                .iter()
                .any(|it| it.pattern.segments == [only.clone()])
        {
            return pattern;
        }
        let name = self.name(path);
        let form = form(&pattern);
        self.values.push(Value {
            name: name.clone(),
            pattern,
            plain,
        });
        Term::atom(name, form).into()
    }

    fn name(&self, path: &[String]) -> String {
        let joined = path.join("_");
        let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut name: String = joined.chars().map(clean).collect();
        let last = path.last().map(String::as_str).unwrap_or_default();
        let other = self.outputs.lines().any(|line| {
            let is_output = line.trim_start().starts_with(&format!("{name}:"));
            is_output && !line.contains(&format!(".{last}"))
        });
        let is_taken = |name: &str| {
            let mut taken = self.values.iter();
            !is_identifier(name) || RESERVED.contains(&name) || taken.any(|it| it.name == name)
        };
        if other || is_taken(&name) {
            name = format!("{}_{name}", self.scope.part.key());
        }
        while is_taken(&name) {
            name.push('_');
        }
        name
    }
}

/// The form of a value with a name.
pub(super) fn form(pattern: &Pattern) -> Form {
    if pattern.has(Form::Secret) {
        Form::Secret
    } else if pattern.has(Form::Deferred) {
        Form::Deferred
    } else if pattern.has(Form::Reference) {
        Form::Reference
    } else if let [super::pattern::Segment::Value(term)] = pattern.segments.as_slice() {
        match term.form {
            Form::Param => Form::Any,
            other => other,
        }
    } else {
        Form::Text
    }
}

/// The outputs as native values. Those that cannot be are places.
pub(super) fn outputs(lines: Vec<Line>, values: &mut Vec<Value>) -> (Vec<Value>, Vec<Todo>) {
    let (mut outputs, mut todos) = (Vec::new(), Vec::new());
    for line in lines {
        let item = match line {
            Line::Todo(todo) => {
                todos.push(todo);
                continue;
            }
            Line::Item(item) => item,
        };
        let key = item.key.clone().unwrap_or_default();
        match output(&key, &item.value) {
            Ok(value) => outputs.push(value),
            Err(reason) => todos.push(Todo {
                reason,
                range: item.range.clone(),
            }),
        }
    }
    // An output that is nothing but a value of its name is that value.
    values.retain(|it| {
        !outputs
            .iter()
            .any(|other| other.name == it.name && !is_alias(other))
    });
    let hides = |it: &Value| RESERVED.contains(&it.name.as_str());
    let (last, mut first): (Vec<_>, Vec<_>) = outputs.into_iter().partition(hides);
    first.extend(last);
    (first, todos)
}

/// Whether an output is the value with its name.
pub(super) fn is_alias(output: &Value) -> bool {
    output.pattern.written() == format!("{{{{ {} }}}}", output.name)
}

fn output(key: &Pattern, value: &Shape) -> Result<Value, Reason> {
    let name = key
        .as_text()
        .ok_or_else(|| "the name of an output must be constant".to_owned())?;
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = name.starts_with(is_first)
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if !is_name {
        return Err("the name of an output consists of letters, digits, `-` and `_`".to_owned());
    }
    let plain = match value {
        Shape::Plain(text) => Some(text.clone()),
        _ => None,
    };
    let pattern = literal(value)?;
    if pattern.encoded {
        return Err("a value in base64 has no equivalent here".to_owned());
    }
    Ok(Value {
        name,
        pattern,
        plain,
    })
}
