//! Commands and calls of functions.

use super::Run;
use crate::error::{Failure, Outcome};
use crate::functions::{Callable, CustomFunction, Function, Parameter, Signature};
use crate::syntax::{Command, Number, Term, TermKind};
use crate::value::{Value, is_true};

/// The value before a `|`, which is the last argument.
pub(super) enum Last {
    Absent,
    /// The value, which may be missing.
    Present(Option<Value>),
}

impl Last {
    pub(super) fn is_present(&self) -> bool {
        matches!(self, Self::Present(_))
    }
}

impl<'a> Run<'a> {
    pub(super) fn command(
        &mut self,
        command: &'a Command,
        dot: Option<&Value>,
        last: Last,
    ) -> Outcome<Option<Value>> {
        self.context.step(1)?;
        let arguments = command.arguments.as_slice();
        match &command.first.kind {
            TermKind::Function(function) => self.function(function, arguments, dot, last),
            TermKind::Field(names) => self.fields(dot.cloned(), names, dot, arguments, last),
            TermKind::Chain(inner, names) => {
                let receiver = self.inner(inner, dot)?;
                self.fields(receiver, names, dot, arguments, last)
            }
            TermKind::Variable(number, names) if !names.is_empty() => {
                let receiver = self.variable(*number)?;
                self.fields(receiver, names, dot, arguments, last)
            }
            _ if !arguments.is_empty() || last.is_present() => Err(Failure::invalid(
                "can't give argument to a value that is not a function",
            )),
            TermKind::Nil => Err(Failure::invalid("nil is not a command")),
            _ => self.value(&command.first, dot),
        }
    }

    /// Calls a function by name.
    pub(super) fn function(
        &mut self,
        function: &Callable,
        arguments: &'a [Term],
        dot: Option<&Value>,
        last: Last,
    ) -> Outcome<Option<Value>> {
        match function {
            Callable::And => self.logic(arguments, dot, last, false),
            Callable::Or => self.logic(arguments, dot, last, true),
            Callable::Function(function) => self.standard(function, None, arguments, dot, last),
            Callable::Custom(function) => self.custom(function, arguments, dot, last),
        }
    }

    /// `and` stops at a value that is false, `or` at one that is true.
    fn logic(
        &mut self,
        arguments: &'a [Term],
        dot: Option<&Value>,
        last: Last,
        until: bool,
    ) -> Outcome<Option<Value>> {
        if arguments.is_empty() && !last.is_present() {
            return Err(Failure::invalid(
                "wrong number of args: want at least 1 got 0",
            ));
        }
        let mut value = None;
        for argument in arguments {
            value = self.value(argument, dot)?;
            if value.as_ref().is_some_and(is_true) == until {
                return Ok(value);
            }
        }
        Ok(match last {
            Last::Present(last) => last,
            Last::Absent => value,
        })
    }

    /// Calls a function of the table, or a method with its receiver.
    pub(super) fn standard(
        &mut self,
        function: &'static Function,
        receiver: Option<Value>,
        arguments: &'a [Term],
        dot: Option<&Value>,
        last: Last,
    ) -> Outcome<Option<Value>> {
        let mut values = self.spare.pop().unwrap_or_default();
        values.extend(receiver);
        self.arguments(
            function.name,
            function.signature,
            &mut values,
            arguments,
            dot,
            last,
        )?;
        let work = values.iter().map(Value::weight).sum::<usize>();
        self.context.step(1 + work)?;
        let result = (function.call)(self.context, &values);
        values.clear();
        self.spare.push(values);
        let value = result.map_err(|failure| failure.within(function.name))?;
        Ok(Some(value))
    }

    fn custom(
        &mut self,
        function: &CustomFunction,
        arguments: &'a [Term],
        dot: Option<&Value>,
        last: Last,
    ) -> Outcome<Option<Value>> {
        let signature = Signature::strings(function.parameters);
        let mut values = Vec::new();
        self.arguments(&function.name, signature, &mut values, arguments, dot, last)?;
        function.call(self.context, &values).map(Some)
    }

    /// Evaluates and checks arguments.
    fn arguments(
        &mut self,
        name: &str,
        signature: Signature,
        values: &mut Vec<Value>,
        arguments: &'a [Term],
        dot: Option<&Value>,
        last: Last,
    ) -> Outcome<()> {
        let count = values.len() + arguments.len() + usize::from(last.is_present());
        if let Some(problem) = signature.refuses(count) {
            return Err(Failure::invalid(format!(
                "wrong number of args for {name}: {problem}"
            )));
        }
        for argument in arguments {
            let parameter = signature.parameter(values.len());
            let value = self.argument(argument, parameter, dot);
            values.push(value.map_err(|failure| failure.at(argument.offset as usize))?);
        }
        if let Last::Present(value) = last {
            let parameter = signature.parameter(values.len());
            let value = parameter.check(value);
            values.push(value.map_err(|problem| Failure::invalid(format!("{name}: {problem}")))?);
        }
        Ok(())
    }

    /// Evaluates an argument. A literal must fit the type of the parameter.
    fn argument(
        &mut self,
        term: &'a Term,
        parameter: Parameter,
        dot: Option<&Value>,
    ) -> Outcome<Value> {
        let expected = || Failure::invalid(format!("expected {}", parameter.described()));
        match &term.kind {
            TermKind::Nil => match parameter {
                Parameter::Any | Parameter::Map => Ok(parameter.check(None).unwrap_or_default()),
                _ => Err(Failure::invalid(format!(
                    "expected {}, found nil",
                    parameter.described()
                ))),
            },
            TermKind::Bool(_) | TermKind::String(_) if parameter != Parameter::Any => {
                let value = self.value(term, dot)?;
                parameter.check(value).map_err(|_| expected())
            }
            TermKind::Number(number) => match parameter {
                Parameter::Any => ideal(number),
                Parameter::Int => number.int.map(Value::int).ok_or_else(expected),
                Parameter::Uint => {
                    let uint = number.int.filter(|int| u32::try_from(*int).is_ok());
                    uint.map(Value::int).ok_or_else(expected)
                }
                Parameter::Float => number.float.map(Value::Float).ok_or_else(expected),
                _ => Err(expected()),
            },
            _ => {
                let value = self.value(term, dot)?;
                parameter.check(value).map_err(Failure::invalid)
            }
        }
    }
}

/// The value of a number literal without a type.
pub(super) fn ideal(number: &Number) -> Outcome<Value> {
    match (number.complex, number.float, number.int) {
        (Some((real, imaginary)), ..) => Ok(Value::Complex(real, imaginary)),
        (_, Some(float), _) if number.is_float => Ok(Value::Float(float)),
        (.., Some(int)) => Ok(Value::int(int)),
        _ => {
            let digits = number.uint.map(|uint| uint.to_string()).unwrap_or_default();
            Err(Failure::invalid(format!("{digits} overflows int")))
        }
    }
}
