//! Calls of functions and methods, resolved when an expression is parsed.

use std::ops::Range;

use score_spec::diagnostic::nearest;

use super::functions::{FUNCTIONS, Form, Function};
use super::pattern::Pattern;
use super::problem::Problem;
use super::syntax::{Expr, ExprKind};

/// Functions of CEL that are not supported, with an explanation.
const OTHERS: [(&str, &str); 6] = [
    ("uint", "unsigned integers are not supported"),
    ("bytes", "bytes are not supported"),
    ("timestamp", "rules know no time"),
    ("duration", "rules know no time"),
    ("url", "use `matches` for addresses"),
    ("format", "use `+` and `string` for texts"),
];

/// Whether functions have names that start with this one and a dot.
pub(super) fn is_namespace(name: &str) -> bool {
    ["optional", "sets"].contains(&name)
}

/// A call with its depth. The value of a method is its first argument.
pub(super) fn call(
    (name, range): (&str, Range<usize>),
    is_method: bool,
    mut arguments: Vec<Expr>,
) -> Result<(u16, ExprKind), Problem> {
    let named = || FUNCTIONS.iter().filter(|it| it.name == name);
    let Some(function) = named().find(|it| it.form.allows(is_method)) else {
        return Err(not_a_function(name, range, is_method));
    };
    if !function.arguments.contains(&arguments.len()) {
        return Err(wrong_number(function, range, is_method, arguments.len()));
    }
    let depth = arguments.iter().map(|it| it.depth).max().unwrap_or(0);
    if let (
        "matches",
        [
            _,
            Expr {
                kind: ExprKind::Text(text),
                ..
            },
        ],
    ) = (name, &*arguments)
    {
        let pattern = Pattern::new(text);
        let pattern = pattern.map_err(|reason| Problem::new(reason, arguments[1].range()))?;
        arguments.truncate(1);
        if let Some(text) = arguments.pop() {
            return Ok((depth, ExprKind::Matches(Box::new(text), pattern)));
        }
    }
    Ok((depth, ExprKind::Call(function, arguments)))
}

fn wrong_number(
    function: &Function,
    range: Range<usize>,
    is_method: bool,
    found: usize,
) -> Problem {
    let own = usize::from(is_method);
    let (least, most) = (
        function.arguments.start() - own,
        function.arguments.end() - own,
    );
    let wanted = if least == most {
        format!("{least}")
    } else {
        format!("{least} to {most}")
    };
    let message = format!(
        "`{}` takes {wanted} argument{}, not {}",
        function.name,
        if (least, most) == (1, 1) { "" } else { "s" },
        found - own
    );
    Problem::new(message, range)
}

/// The problem of a name that is no function, or none of this form.
pub(super) fn not_a_function(name: &str, range: Range<usize>, is_method: bool) -> Problem {
    let kind = if is_method { "method" } else { "function" };
    let problem = Problem::new(format!("there is no {kind} `{name}`"), range);
    if let Some((_, help)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return problem.help(*help);
    }
    if FUNCTIONS.iter().any(|it| it.name == name) {
        return problem.help(if is_method {
            format!("write `{name}(value)`")
        } else {
            format!("write `value.{name}(…)`")
        });
    }
    let macros = ["all", "exists", "exists_one", "filter", "map"];
    let macros = macros.into_iter().filter(|_| is_method);
    let fitting = FUNCTIONS.iter().filter(|it| it.form.allows(is_method));
    let known: Vec<&str> = fitting.map(|it| it.name).chain(macros).collect();
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

impl Form {
    fn allows(self, is_method: bool) -> bool {
        match self {
            Form::Function => !is_method,
            Form::Method => is_method,
            Form::Both => true,
        }
    }
}
