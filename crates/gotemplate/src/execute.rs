//! Execution of a tree.
//!
//! A missing value, which `reflect` calls invalid, is `None`; nil is a value. They differ: a field
//! of a missing value is missing, a field of nil is an error. At the end of a pipeline, nil becomes
//! a missing value.

mod call;
mod term;

use std::collections::BTreeMap;

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::print;
use crate::syntax::{Branch, Node, Pipeline, Range};
use crate::value::{Str, Value, described, is_true};

/// The next thing to execute.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// An execution.
pub(crate) struct Run<'a> {
    text: &'a str,
    templates: &'a BTreeMap<Str, Vec<Node>>,
    context: &'a mut Context,
    out: Vec<u8>,
    /// The variables by number. Those of the current template start at `scope`.
    variables: Vec<(u32, Option<Value>)>,
    scope: usize,
    depth: usize,
    /// Vectors for arguments that are not in use.
    spare: Vec<Vec<Value>>,
}

/// The number of the variable `$`.
const ROOT: u32 = 0;

/// Executes the main template, whose name is empty.
pub(crate) fn execute(
    text: &str,
    templates: &BTreeMap<Str, Vec<Node>>,
    data: &Value,
    context: &mut Context,
) -> Outcome<Vec<u8>> {
    let mut run = Run {
        text,
        templates,
        context,
        out: Vec::with_capacity(text.len()),
        variables: vec![(ROOT, present(data.clone()))],
        scope: 0,
        depth: 0,
        spare: Vec::new(),
    };
    let main = templates
        .get(b"".as_slice())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let data = present(data.clone());
    run.nodes(main, data.as_ref())?;
    Ok(run.out)
}

/// Nil as a missing value.
fn present(value: Value) -> Option<Value> {
    Some(value).filter(|value| !matches!(value, Value::Nil))
}

impl<'a> Run<'a> {
    fn write(&mut self, bytes: &[u8]) -> Outcome<()> {
        let limit = self.context.limits().output;
        if self.out.len() + bytes.len() > limit {
            return Err(Failure::limit(format!(
                "an output of more than {limit} bytes"
            )));
        }
        self.context.step(bytes.len() / 64)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Executes something one level deeper.
    fn nested<T>(&mut self, execute: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let limit = self.context.limits().depth;
        if self.depth == limit {
            return Err(Failure::limit(format!(
                "templates or blocks are nested more than {limit} deep"
            )));
        }
        self.depth += 1;
        let result = execute(self);
        self.depth -= 1;
        result
    }

    fn nodes(&mut self, nodes: &'a [Node], dot: Option<&Value>) -> Outcome<Flow> {
        for node in nodes {
            self.context.step(1)?;
            match node {
                Node::Text(start, end) => {
                    let text = &self.text[*start as usize..*end as usize];
                    self.write(text.as_bytes())
                        .map_err(|failure| failure.at(*start as usize))?;
                }
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        let printed = self.print(value.as_ref());
                        printed.map_err(|failure| failure.at(pipeline.offset as usize))?;
                    }
                }
                Node::If(branch) => match self.branch(branch, dot, false)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Node::With(branch) => match self.branch(branch, dot, true)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Node::Range(range) => match self.range(range, dot)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Node::Template(call) => {
                    let result = self.template(&call.name, call.pipeline.as_ref(), dot);
                    result.map_err(|failure| failure.at(call.offset as usize))?;
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, value: Option<&Value>) -> Outcome<()> {
        let Some(value) = value else {
            let text = self.context.missing()?;
            return self.write(text.as_bytes());
        };
        if let Some(bytes) = value.bytes() {
            return self.write(bytes);
        }
        let printed = print::display(value, self.context)?;
        self.write(&printed)
    }

    /// `if` or `with`.
    fn branch(&mut self, branch: &'a Branch, dot: Option<&Value>, is_with: bool) -> Outcome<Flow> {
        let mark = self.variables.len();
        let mut flow = None;
        for (pipeline, body) in &branch.arms {
            let value = self.pipeline(pipeline, dot)?;
            if value.as_ref().is_some_and(is_true) {
                let dot = if is_with { value.as_ref() } else { dot };
                flow = Some(self.nested(|run| run.nodes(body, dot))?);
                break;
            }
        }
        let flow = match flow {
            Some(flow) => flow,
            None => self.nested(|run| run.nodes(&branch.otherwise, dot))?,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, range: &'a Range, dot: Option<&Value>) -> Outcome<Flow> {
        let outer = self.variables.len();
        let value = self.pipeline(&range.pipeline, dot)?;
        let iterated = self.iterate(range, value);
        if !iterated.map_err(|failure| failure.at(range.pipeline.offset as usize))? {
            let flow = self.nested(|run| run.nodes(&range.otherwise, dot))?;
            self.variables.truncate(outer);
            return Ok(flow);
        }
        self.variables.truncate(outer);
        Ok(Flow::Next)
    }

    /// Executes the body for each item. Returns whether there were any.
    fn iterate(&mut self, range: &'a Range, value: Option<Value>) -> Outcome<bool> {
        let Some(value) = value else {
            return Ok(false);
        };
        match value {
            Value::List(list) => {
                for (index, item) in list.items().iter().enumerate() {
                    let index = Value::int(i64::try_from(index).unwrap_or(i64::MAX));
                    if self.iteration(range, Some(index), item)? == Flow::Break {
                        break;
                    }
                }
                Ok(!list.is_empty())
            }
            Value::Map(map) => {
                self.context
                    .allocate(map.len() * size_of::<(Str, Value)>())?;
                let entries = map.entries();
                let has_entries = !entries.is_empty();
                for (key, value) in entries {
                    if self.iteration(range, Some(Value::String(key)), &value)? == Flow::Break {
                        break;
                    }
                }
                Ok(has_entries)
            }
            Value::Int(end, of) => {
                if range.pipeline.variables.len() > 1 {
                    return Err(Failure::invalid(
                        "range over an integer has only one variable",
                    ));
                }
                let has_items = if of.is_signed() { end > 0 } else { end != 0 };
                let end = if of.is_signed() {
                    end
                } else {
                    i64::try_from(end.cast_unsigned()).unwrap_or(i64::MAX)
                };
                for number in 0..end {
                    if self.iteration(range, None, &Value::Int(number, of))? == Flow::Break {
                        break;
                    }
                }
                Ok(has_items)
            }
            value => Err(Failure::invalid(format!(
                "`range` cannot iterate over {}",
                described(&value)
            ))),
        }
    }

    fn iteration(&mut self, range: &'a Range, index: Option<Value>, item: &Value) -> Outcome<Flow> {
        self.context.step(1)?;
        let mark = self.variables.len();
        let pipeline = &range.pipeline;
        match pipeline.variables.as_slice() {
            [] => {}
            [variable] if pipeline.is_assignment => self.assign(*variable, Some(item.clone()))?,
            [first, second] if pipeline.is_assignment => {
                self.assign(*first, index)?;
                self.assign(*second, Some(item.clone()))?;
            }
            // The pipeline has declared them with its own value.
            variables => {
                self.variables[mark - 1].1 = Some(item.clone());
                if variables.len() > 1 {
                    self.variables[mark - 2].1 = index;
                }
            }
        }
        let flow = self.nested(|run| run.nodes(&range.body, Some(item)))?;
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn template(
        &mut self,
        name: &Str,
        pipeline: Option<&'a Pipeline>,
        dot: Option<&Value>,
    ) -> Outcome<()> {
        let Some(body) = self.templates.get(name) else {
            return Err(Failure::invalid(format!(
                "template \"{}\" not defined",
                name.to_text()
            )));
        };
        let value = match pipeline {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => None,
        };
        let (scope, mark) = (self.scope, self.variables.len());
        self.scope = mark;
        self.variables.push((ROOT, value.clone()));
        self.nested(|run| run.nodes(body, value.as_ref()))?;
        self.scope = scope;
        self.variables.truncate(mark);
        Ok(())
    }

    /// The value of a pipeline, which sets its variables.
    fn pipeline(&mut self, pipeline: &'a Pipeline, dot: Option<&Value>) -> Outcome<Option<Value>> {
        let mut value = None;
        for (at, command) in pipeline.commands.iter().enumerate() {
            let last = if at == 0 {
                call::Last::Absent
            } else {
                call::Last::Present(value)
            };
            let result = self.command(command, dot, last);
            let result = result.map_err(|failure| failure.at(command.first.offset as usize))?;
            value = result.and_then(present);
        }
        for variable in &pipeline.variables {
            if pipeline.is_assignment {
                let assigned = self.assign(*variable, value.clone());
                assigned.map_err(|failure| failure.at(pipeline.offset as usize))?;
            } else {
                self.variables.push((*variable, value.clone()));
            }
        }
        Ok(value)
    }

    fn assign(&mut self, variable: u32, value: Option<Value>) -> Outcome<()> {
        let mut scope = self.variables[self.scope..].iter_mut().rev();
        match scope.find(|(number, _)| *number == variable) {
            Some((_, slot)) => *slot = value,
            None => return Err(Failure::invalid("undefined variable")),
        }
        Ok(())
    }
}
