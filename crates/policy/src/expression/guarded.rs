//! The text of an expression with guards for evaluators whose expressions fail if a field is missing, as those of
//! the API server do.

use std::fmt::Write as _;

use super::place::parts;
use super::syntax::{Access, Expr, ExprKind, Macro, Operator};

/// An expression with guards.
#[derive(Debug)]
pub(crate) struct Guarded {
    /// The text of the expression with `has(…)` before parts of it, and with the names of its variables.
    pub(crate) text: String,
    /// Whether the guards cover each field that can be missing. Otherwise the expression can fail.
    pub(crate) is_complete: bool,
}

/// Inserts guards into an expression with this text. The names are those of the variables by position.
pub(super) fn guarded(expr: &Expr, text: &str, names: &[&str]) -> Guarded {
    let mut guards = Guards {
        text,
        names,
        inserted: Vec::new(),
        known: Vec::new(),
        is_complete: true,
    };
    guards.condition(expr);
    guards.rename(expr);
    // Of several insertions at a place, the outer ones were made first: they open before inner ones, and close after
    // them.
    let mut inserted = guards.inserted;
    inserted.sort_by_key(|it| it.at);
    let (mut result, mut written) = (String::new(), 0);
    for it in inserted {
        result.push_str(&text[written..it.at]);
        result.push_str(&it.text);
        written = it.at + it.replaced;
    }
    result.push_str(&text[written..]);
    Guarded {
        text: result,
        is_complete: guards.is_complete,
    }
}

/// A change of the text.
struct Insertion {
    at: usize,
    text: String,
    /// The number of bytes of the text that it replaces.
    replaced: usize,
}

struct Guards<'e> {
    text: &'e str,
    names: &'e [&'e str],
    inserted: Vec<Insertion>,
    /// The tests that hold at the current place.
    known: Vec<String>,
    is_complete: bool,
}

impl Guards<'_> {
    /// Guards a condition that has to be true for the whole expression to be true, so that the guards can be false
    /// where it would fail.
    fn condition(&mut self, expr: &Expr) {
        let before = self.known.len();
        match &expr.kind {
            ExprKind::And(operands) => {
                // Where the guards of an operand are false, so is the whole.
                for operand in operands {
                    self.condition(operand);
                    let tests = self.tests_of(operand);
                    self.known.extend(tests);
                }
            }
            ExprKind::Or(operands) => {
                for it in operands {
                    self.condition(it);
                }
            }
            ExprKind::Choice(parts) => {
                self.open(expr);
                self.condition(&parts.1);
                self.condition(&parts.2);
            }
            ExprKind::Each(Macro::All | Macro::Exists, _, bodies) => {
                self.open(expr);
                // The variable of the macro can have the name of another one.
                let outside = std::mem::take(&mut self.known);
                for it in bodies {
                    self.condition(it);
                }
                self.known = outside;
            }
            _ => self.open(expr),
        }
        self.known.truncate(before);
    }

    /// Puts the guards of a part around it. They hold inside of it.
    fn open(&mut self, expr: &Expr) {
        let mut tests = Vec::new();
        for test in self.tests_of(expr) {
            if !self.known.contains(&test) && !tests.contains(&test) {
                tests.push(test);
            }
        }
        if !tests.is_empty() {
            let range = expr.range();
            self.insert(range.start, format!("({} && (", tests.join(" && ")), 0);
            self.insert(range.end, "))".to_owned(), 0);
            self.known.extend(tests);
        }
    }

    fn insert(&mut self, at: usize, text: String, replaced: usize) {
        self.inserted.push(Insertion { at, text, replaced });
    }

    /// The tests for the fields without which a part of a condition fails that has guards of its own.
    fn tests_of(&mut self, expr: &Expr) -> Vec<String> {
        let mut tests = Vec::new();
        match &expr.kind {
            ExprKind::And(_) | ExprKind::Or(_) => {}
            ExprKind::Choice(parts) => self.tests(&parts.0, &mut tests),
            ExprKind::Each(Macro::All | Macro::Exists, of, _) => self.tests(of, &mut tests),
            _ => self.tests(expr, &mut tests),
        }
        tests
    }

    /// Collects the tests for the fields without which an expression fails, in the order of its evaluation.
    fn tests(&mut self, expr: &Expr, tests: &mut Vec<String>) {
        match &expr.kind {
            ExprKind::Select(of, name, access) => {
                self.tests(of, tests);
                if *access == Access::Required && !is_optional(of) {
                    let test = self.path(of).map(|of| format!("has({of}.{name})"));
                    self.add(test, tests);
                }
            }
            ExprKind::Index(both, access) => {
                let (of, key) = &**both;
                self.tests(of, tests);
                self.tests(key, tests);
                if *access == Access::Required && !is_optional(of) {
                    let path = self.path(of);
                    let test = path.and_then(|of| match &key.kind {
                        ExprKind::Text(key) => Some(format!("{} in {of}", quoted(key))),
                        ExprKind::Int(at) => Some(format!("size({of}) > {at}")),
                        _ => None,
                    });
                    self.add(test, tests);
                }
            }
            // Such a part can be true although an operand fails.
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                self.is_complete &= !operands.iter().any(can_fail);
            }
            ExprKind::Choice(parts) => {
                self.tests(&parts.0, tests);
                self.is_complete &= !can_fail(&parts.1) && !can_fail(&parts.2);
            }
            ExprKind::Each(_, of, bodies) => {
                self.tests(of, tests);
                self.is_complete &= !bodies.iter().any(can_fail);
            }
            ExprKind::Call(function, operands) => {
                self.is_complete &= function.name != "value";
                for it in operands {
                    self.tests(it, tests);
                }
            }
            _ => {
                for it in parts(expr) {
                    self.tests(it, tests);
                }
            }
        }
    }

    fn add(&mut self, test: Option<String>, tests: &mut Vec<String>) {
        self.is_complete &= test.is_some();
        tests.extend(test);
    }

    /// The text of a value that is a variable, or a field of one that is required.
    fn path(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Global(at) => Some(self.names[*at].to_owned()),
            ExprKind::Local(_) => Some(self.text[expr.range()].to_owned()),
            ExprKind::Select(of, name, Access::Required) => {
                Some(format!("{}.{name}", self.path(of)?))
            }
            ExprKind::Index(both, Access::Required) => {
                let of = self.path(&both.0)?;
                match &both.1.kind {
                    ExprKind::Text(key) => Some(format!("{of}[{}]", quoted(key))),
                    ExprKind::Int(at) => Some(format!("{of}[{at}]")),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Replaces the names of variables.
    fn rename(&mut self, expr: &Expr) {
        if let ExprKind::Global(at) = expr.kind {
            let range = expr.range();
            self.insert(range.start, self.names[at].to_owned(), range.len());
        }
        for it in parts(expr) {
            self.rename(it);
        }
    }
}

/// Whether a value is optional, so that reading its fields cannot fail.
fn is_optional(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Select(_, _, Access::Optional) | ExprKind::Index(_, Access::Optional) => true,
        ExprKind::Select(of, _, Access::Required) => is_optional(of),
        ExprKind::Index(both, Access::Required) => is_optional(&both.0),
        ExprKind::Call(function, _) => {
            function.name == "or" || function.name.starts_with("optional.")
        }
        _ => false,
    }
}

/// Whether an expression can fail because a field is missing.
fn can_fail(expr: &Expr) -> bool {
    let fails = match &expr.kind {
        ExprKind::Select(of, _, Access::Required) => !is_optional(of),
        ExprKind::Index(both, Access::Required) => !is_optional(&both.0),
        ExprKind::Call(function, _) => function.name == "value",
        _ => false,
    };
    fails || parts(expr).into_iter().any(can_fail)
}

/// A string as a literal of CEL.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(literal, "\\u{:04x}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// The strings that a field of the first variable can have if a condition is true: `object.kind == 'Service'`,
/// `object.kind in ['Service', 'Ingress']`. None if it can have any.
pub(super) fn literals(expr: &Expr, field: &str) -> Option<Vec<String>> {
    let is_field = |expr: &Expr| match &expr.kind {
        ExprKind::Select(of, name, Access::Required) => {
            name == field && matches!(of.kind, ExprKind::Global(0))
        }
        _ => false,
    };
    let text = |expr: &Expr| match &expr.kind {
        ExprKind::Text(text) => Some(text.clone()),
        _ => None,
    };
    match &expr.kind {
        ExprKind::And(operands) => operands.iter().find_map(|it| literals(it, field)),
        ExprKind::Or(operands) => {
            let all: Option<Vec<_>> = operands.iter().map(|it| literals(it, field)).collect();
            Some(all?.concat())
        }
        ExprKind::Binary(Operator::Equal, both) if is_field(&both.0) => Some(vec![text(&both.1)?]),
        ExprKind::Binary(Operator::In, both) if is_field(&both.0) => match &both.1.kind {
            ExprKind::List(items) => items.iter().map(text).collect(),
            _ => None,
        },
        _ => None,
    }
}
