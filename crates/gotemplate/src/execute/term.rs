//! Terms, fields and methods.

use super::Run;
use super::call::{Last, ideal};
use crate::error::{Failure, Outcome};
use crate::functions::method;
use crate::syntax::{Term, TermKind};
use crate::value::{Str, Value, described};

impl<'a> Run<'a> {
    /// The value of a term without arguments.
    pub(super) fn value(&mut self, term: &'a Term, dot: Option<&Value>) -> Outcome<Option<Value>> {
        match &term.kind {
            TermKind::Dot => Ok(dot.cloned()),
            TermKind::Nil => Ok(None),
            TermKind::Bool(value) => Ok(Some(Value::Bool(*value))),
            TermKind::Number(number) => ideal(number).map(Some),
            TermKind::String(text) => Ok(Some(Value::String(text.clone()))),
            TermKind::Field(names) => self.fields(dot.cloned(), names, dot, &[], Last::Absent),
            TermKind::Variable(number, names) => {
                let receiver = self.variable(*number)?;
                self.fields(receiver, names, dot, &[], Last::Absent)
            }
            TermKind::Function(function) => self.function(function, &[], dot, Last::Absent),
            TermKind::Pipeline(pipeline) => self.nested(|run| run.pipeline(pipeline, dot)),
            TermKind::Chain(inner, names) => {
                let receiver = self.inner(inner, dot)?;
                self.fields(receiver, names, dot, &[], Last::Absent)
            }
        }
    }

    /// The receiver of a chain of fields.
    pub(super) fn inner(&mut self, term: &'a Term, dot: Option<&Value>) -> Outcome<Option<Value>> {
        self.value(term, dot)
            .map_err(|failure| failure.at(term.offset as usize))
    }

    pub(super) fn variable(&self, number: u32) -> Outcome<Option<Value>> {
        let mut scope = self.variables[self.scope..].iter().rev();
        let found = scope.find(|(variable, _)| *variable == number);
        found
            .map(|(_, value)| value.clone())
            .ok_or_else(|| Failure::invalid("undefined variable"))
    }

    /// A field of a field of a value. The last one may be a method with arguments.
    pub(super) fn fields(
        &mut self,
        mut receiver: Option<Value>,
        names: &'a [Str],
        dot: Option<&Value>,
        arguments: &'a [Term],
        last: Last,
    ) -> Outcome<Option<Value>> {
        let Some((name, path)) = names.split_last() else {
            return Ok(receiver);
        };
        for name in path {
            receiver = match receiver {
                Some(value) => self.field(&value, name, dot, &[], Last::Absent)?,
                None => return Ok(None),
            };
        }
        match receiver {
            Some(value) => self.field(&value, name, dot, arguments, last),
            None => Ok(None),
        }
    }

    fn field(
        &mut self,
        receiver: &Value,
        name: &Str,
        dot: Option<&Value>,
        arguments: &'a [Term],
        last: Last,
    ) -> Outcome<Option<Value>> {
        self.context.step(1)?;
        if let Some(method) = method(receiver, name.as_bytes()) {
            return self.standard(method, Some(receiver.clone()), arguments, dot, last);
        }
        let has_arguments = !arguments.is_empty() || last.is_present();
        let found = match receiver {
            Value::Map(map) => map.get(name.as_bytes()),
            Value::Struct(value) => match value.get(name.as_bytes()) {
                Some(value) => Some(value.clone()),
                None => return unknown(receiver, name),
            },
            Value::Nil => {
                let name = name.to_text();
                return Err(Failure::invalid(format!("no field `{name}` in null")));
            }
            _ => return unknown(receiver, name),
        };
        if has_arguments {
            let message = format!("{} is not a method but has arguments", name.to_text());
            return Err(Failure::invalid(message));
        }
        Ok(found)
    }
}

fn unknown(receiver: &Value, name: &Str) -> Outcome<Option<Value>> {
    let (name, of) = (name.to_text(), described(receiver));
    Err(Failure::invalid(format!("no field `{name}` in {of}")))
}
