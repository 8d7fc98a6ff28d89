//! The structure of a template, for programs that translate it.

use std::ops::Range;

use crate::functions::Callable;
use crate::syntax::{Branch, Command, Node, Number, Parsed, Pipeline, Term, TermKind};

/// A part of a template. Ranges are those of the text of the template.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part {
    /// Text that is printed as it is.
    Text(Range<usize>),
    /// A value that is printed.
    Print {
        /// The range of the action.
        range: Range<usize>,
        /// The value.
        value: Expression,
    },
    /// A variable that is set.
    Set {
        /// The range of the action.
        range: Range<usize>,
        /// The number of the variable. Variables with the same name have the same number.
        variable: u32,
        /// The value.
        value: Expression,
    },
    /// `if`, with all of its `else if`.
    If {
        /// The range of the whole block.
        range: Range<usize>,
        /// Conditions and what is printed if they are the first that holds.
        arms: Vec<(Expression, Vec<Part>)>,
        /// The parts that are printed if none holds.
        otherwise: Vec<Part>,
    },
    /// Another block or action: `with`, `range`, `template`, `break`, `continue`.
    Other {
        /// The range of the whole block.
        range: Range<usize>,
        /// The word with which it starts.
        keyword: &'static str,
    },
}

/// An expression, in which pipelines are calls: `a | f b` is `f b a`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expression {
    /// `nil`.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A string.
    String(String),
    /// Fields of the data; the data itself if there are none.
    Field(Vec<String>),
    /// A variable and its fields.
    Variable(u32, Vec<String>),
    /// A function and its arguments. The name is empty for what is not a call of a function, or is a pipeline of
    /// more than 20 commands.
    Call(String, Vec<Expression>),
    /// Fields of another value.
    Of(Box<Expression>, Vec<String>),
}

/// The parts of a template that defines no others.
pub(crate) fn outline(text: &str, parsed: &Parsed) -> Option<Vec<Part>> {
    let mut templates = parsed.templates.values();
    let main = templates.next()?;
    if templates.next().is_some() {
        return None;
    }
    Some(parts(text, main))
}

fn parts(text: &str, nodes: &[Node]) -> Vec<Part> {
    nodes.iter().map(|node| part(text, node)).collect()
}

fn part(text: &str, node: &Node) -> Part {
    let range = |offset: u32, end: u32| {
        let offset = (offset as usize).min(text.len());
        let start = text[..offset].rfind("{{").unwrap_or(offset);
        start..(end as usize).max(start).min(text.len())
    };
    match node {
        Node::Text(start, end) => Part::Text(*start as usize..*end as usize),
        Node::Action(pipeline) => {
            let range = range(pipeline.offset, pipeline.end);
            let value = expression(pipeline);
            match pipeline.variables.as_slice() {
                [] => Part::Print { range, value },
                [variable, ..] => Part::Set {
                    range,
                    variable: *variable,
                    value,
                },
            }
        }
        Node::If(branch) => Part::If {
            range: range(start(branch), branch.end),
            arms: branch
                .arms
                .iter()
                .map(|(pipeline, body)| (expression(pipeline), parts(text, body)))
                .collect(),
            otherwise: parts(text, &branch.otherwise),
        },
        Node::With(branch) => Part::Other {
            range: range(start(branch), branch.end),
            keyword: "with",
        },
        Node::Range(block) => Part::Other {
            range: range(block.pipeline.offset, block.end),
            keyword: "range",
        },
        Node::Template(call) => Part::Other {
            range: range(call.offset, call.offset),
            keyword: "template",
        },
        Node::Break => Part::Other {
            range: 0..0,
            keyword: "break",
        },
        Node::Continue => Part::Other {
            range: 0..0,
            keyword: "continue",
        },
    }
}

fn start(branch: &Branch) -> u32 {
    branch.arms.first().map_or(0, |(first, _)| first.offset)
}

/// The maximum number of commands in a pipeline, which become nested calls.
const MAX_COMMANDS: usize = 20;

fn expression(pipeline: &Pipeline) -> Expression {
    if pipeline.commands.len() > MAX_COMMANDS {
        return Expression::Call(String::new(), Vec::new());
    }
    let mut commands = pipeline.commands.iter();
    let first = commands.next().map_or(Expression::Nil, command);
    commands.fold(first, |value, next| match command(next) {
        Expression::Call(name, mut arguments) => {
            arguments.push(value);
            Expression::Call(name, arguments)
        }
        // A method with an argument, which no data has.
        other => Expression::Call(String::new(), vec![other, value]),
    })
}

fn command(command: &Command) -> Expression {
    let arguments: Vec<Expression> = command.arguments.iter().map(term).collect();
    match (term(&command.first), arguments.is_empty()) {
        (Expression::Call(name, mut all), false)
            if matches!(command.first.kind, TermKind::Function(_)) =>
        {
            all.extend(arguments);
            Expression::Call(name, all)
        }
        (first, true) => first,
        (first, false) => Expression::Call(String::new(), [vec![first], arguments].concat()),
    }
}

fn term(term: &Term) -> Expression {
    let names = |fields: &[crate::value::Str]| {
        let names = fields.iter().map(crate::value::Str::to_text);
        names.collect::<Vec<String>>()
    };
    match &term.kind {
        TermKind::Dot => Expression::Field(Vec::new()),
        TermKind::Nil => Expression::Nil,
        TermKind::Bool(value) => Expression::Bool(*value),
        TermKind::Number(value) => number(value),
        TermKind::String(value) => Expression::String(value.to_text()),
        TermKind::Field(fields) => Expression::Field(names(fields)),
        TermKind::Variable(number, fields) => Expression::Variable(*number, names(fields)),
        TermKind::Function(function) => Expression::Call(name(function), Vec::new()),
        TermKind::Pipeline(pipeline) => expression(pipeline),
        TermKind::Chain(inner, fields) => {
            Expression::Of(Box::new(self::term(inner)), names(fields))
        }
    }
}

fn name(function: &Callable) -> String {
    match function {
        Callable::And => "and".to_owned(),
        Callable::Or => "or".to_owned(),
        Callable::Function(function) => function.name.to_owned(),
        Callable::Custom(function) => function.name.clone(),
    }
}

fn number(number: &Number) -> Expression {
    match (number.is_float, number.int, number.float) {
        (false, Some(int), _) => Expression::Int(int),
        (_, _, Some(float)) => Expression::Float(float),
        _ => Expression::Nil,
    }
}
