//! The operators of an expression. The engine runs them whatever their operands are: it neither counts the bytes
//! that an operator processes, nor can a value refuse to be compared. Therefore an expression with operators is
//! written again, with operands that pass through filters of the [engine](super::engine).

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Const, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::{Value as Jinja, ValueKind};

/// The filter for a value that an operator reads, with the number of times.
pub(super) const OPERAND: &str = "__operand";

/// The same for an argument of a function, which can be converted and hashed.
const ARGUMENT: &str = "__operand(4)";

/// The filter for a value that is compared.
pub(super) const COMPARED: &str = "__compared";

/// The filter for a value in which another one is searched.
pub(super) const SEARCHED: &str = "__searched";

/// The filter for a value of which an item is read.
pub(super) const INDEXED: &str = "__indexed";

/// The expression with guarded operands.
pub(super) fn guarded(text: &str) -> Result<String, minijinja::Error> {
    let signs = ['~', '+', '=', '<', '>', '[', '{', '('];
    if !text.contains(signs) && !text.contains("in") {
        return Ok(text.to_owned());
    }
    let mut writer = Writer(String::with_capacity(2 * text.len()));
    writer.write(&parse_expr(text)?);
    Ok(writer.0)
}

/// The text of an expression, in which each operation is in parentheses.
struct Writer(String);

impl Writer {
    fn write(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Var(name) => self.0.push_str(name.id),
            Expr::Const(constant) => self.constant(constant),
            Expr::UnaryOp(unary) => self.nested(|it| {
                it.0.push_str(match unary.op {
                    UnaryOpKind::Not => "not ",
                    UnaryOpKind::Neg => "-",
                });
                it.write(&unary.expr);
            }),
            Expr::BinOp(binary) => self.binary(binary.op, &binary.left, &binary.right),
            Expr::Compare(compare) => {
                let steps = compare.ops.iter().map(|step| {
                    let (sign, filter) = comparison(step.op);
                    (sign, filter, &step.expr)
                });
                self.comparison(&compare.expr, steps);
            }
            Expr::IfExpr(choice) => self.nested(|it| {
                it.write(&choice.true_expr);
                it.0.push_str(" if ");
                it.write(&choice.test_expr);
                if let Some(other) = &choice.false_expr {
                    it.0.push_str(" else ");
                    it.write(other);
                }
            }),
            Expr::Filter(filter) => {
                self.optional(filter.expr.as_ref());
                self.0.push('|');
                self.call(filter.name, &filter.args, Self::write);
            }
            Expr::Test(test) => self.nested(|it| {
                it.write(&test.expr);
                it.0.push_str(" is ");
                it.call(test.name, &test.args, Self::write);
            }),
            Expr::List(list) => self.items('[', &list.items, ']'),
            Expr::Tuple(tuple) => self.items('(', &tuple.items, ')'),
            Expr::Slice(_) | Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Call(_) | Expr::Map(_) => {
                self.access(expression);
            }
        }
    }

    /// Parts of a value, calls, and maps.
    fn access(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Slice(slice) => {
                self.nested(|it| it.operand(&slice.expr, OPERAND));
                self.0.push('[');
                self.optional(slice.start.as_ref());
                self.0.push(':');
                self.optional(slice.stop.as_ref());
                self.0.push(']');
            }
            Expr::GetAttr(attribute) => {
                self.base(&attribute.expr);
                self.0.push('.');
                self.0.push_str(attribute.name);
            }
            Expr::GetItem(item) => {
                self.nested(|it| it.operand(&item.expr, INDEXED));
                self.0.push('[');
                self.operand(&item.subscript_expr, OPERAND);
                self.0.push(']');
            }
            Expr::Call(call) => {
                self.base(&call.expr);
                self.call("", &call.args, |it, argument| {
                    it.operand(argument, ARGUMENT);
                });
            }
            Expr::Map(map) => {
                self.0.push('{');
                for (key, value) in map.keys.iter().zip(&map.values) {
                    self.operand(key, OPERAND);
                    self.0.push(':');
                    self.write(value);
                    self.0.push(',');
                }
                self.0.push('}');
            }
            _ => {}
        }
    }

    fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        self.0.push('(');
        write(self);
        self.0.push(')');
    }

    fn optional(&mut self, expression: Option<&Expr<'_>>) {
        if let Some(expression) = expression {
            self.write(expression);
        }
    }

    /// A value that passes through a filter. A constant is not longer than the expression.
    fn operand(&mut self, expression: &Expr<'_>, filter: &str) {
        self.write(expression);
        if !matches!(expression, Expr::Const(_)) {
            self.0.push('|');
            self.0.push_str(filter);
        }
    }

    /// A value before `.` or `(`.
    fn base(&mut self, expression: &Expr<'_>) {
        match expression {
            Expr::Const(_) | Expr::Filter(_) => self.nested(|it| it.write(expression)),
            _ => self.write(expression),
        }
    }

    fn items(&mut self, open: char, items: &[Expr<'_>], close: char) {
        self.0.push(open);
        for item in items {
            self.write(item);
            self.0.push(',');
        }
        self.0.push(close);
    }

    fn call(&mut self, name: &str, arguments: &[CallArg<'_>], f: fn(&mut Self, &Expr<'_>)) {
        self.0.push_str(name);
        if arguments.is_empty() && !name.is_empty() {
            return;
        }
        self.0.push('(');
        for argument in arguments {
            let (before, name, value) = match argument {
                CallArg::Pos(value) => ("", "", value),
                CallArg::Kwarg(name, value) => ("=", *name, value),
                CallArg::PosSplat(value) => ("*", "", value),
                CallArg::KwargSplat(value) => ("**", "", value),
            };
            self.0.push_str(name);
            self.0.push_str(before);
            f(self, value);
            self.0.push(',');
        }
        self.0.push(')');
    }

    /// A comparison, or a chain of operators of one kind from left to right.
    fn binary<'a>(&mut self, op: BinOpKind, left: &'a Expr<'a>, right: &'a Expr<'a>) {
        let (sign, searches) = (sign(op), matches!(op, BinOpKind::In));
        let filter = if searches { SEARCHED } else { COMPARED };
        if is_comparison(op) {
            return self.comparison(left, [(sign, filter, right)].into_iter());
        }
        let (mut first, mut others) = (left, vec![right]);
        while let Expr::BinOp(inner) = first
            && self::sign(inner.op) == sign
        {
            others.push(&inner.right);
            first = &inner.left;
        }
        // Each `~` and `+` copies the results of the preceding ones.
        let filter = match op {
            BinOpKind::Add | BinOpKind::Concat => Some(format!("{OPERAND}({})", others.len())),
            _ => None,
        };
        self.0.push('(');
        let operands = std::iter::once(first).chain(others.into_iter().rev());
        for (at, operand) in operands.enumerate() {
            if at > 0 {
                self.0.push_str(sign);
            }
            match &filter {
                Some(filter) => self.operand(operand, filter),
                None => self.write(operand),
            }
        }
        self.0.push(')');
    }

    /// A chain of comparisons, each with its sign and the filter of its right operand.
    fn comparison<'a>(
        &mut self,
        first: &Expr<'_>,
        steps: impl Iterator<Item = (&'a str, &'a str, &'a Expr<'a>)>,
    ) {
        self.0.push('(');
        self.operand(first, COMPARED);
        for (sign, filter, operand) in steps {
            self.0.push_str(sign);
            self.operand(operand, filter);
        }
        self.0.push(')');
    }

    fn constant(&mut self, constant: &Const) {
        let value = &constant.value;
        match (value.as_str(), value.kind()) {
            (Some(text), _) => self.0.push_str(&serde_json::Value::from(text).to_string()),
            // The engine reads a number that is too large as infinite.
            (None, ValueKind::Number) if *value == Jinja::from(f64::INFINITY) => {
                self.0.push_str("1e999");
            }
            (None, ValueKind::None) => self.0.push_str("none"),
            (None, ValueKind::Bool) => {
                let text = if value.is_true() { "true" } else { "false" };
                self.0.push_str(text);
            }
            (None, _) => self.0.push_str(&value.to_string()),
        }
    }
}

/// The sign of a comparison in a chain, and the filter of its right operand.
fn comparison(op: CompareOpKind) -> (&'static str, &'static str) {
    match op {
        CompareOpKind::Eq => (" == ", COMPARED),
        CompareOpKind::Ne => (" != ", COMPARED),
        CompareOpKind::Lt => (" < ", COMPARED),
        CompareOpKind::Lte => (" <= ", COMPARED),
        CompareOpKind::Gt => (" > ", COMPARED),
        CompareOpKind::Gte => (" >= ", COMPARED),
        CompareOpKind::In => (" in ", SEARCHED),
        CompareOpKind::NotIn => (" not in ", SEARCHED),
    }
}

fn is_comparison(op: BinOpKind) -> bool {
    use BinOpKind::{Eq, Gt, Gte, In, Lt, Lte, Ne};
    matches!(op, Eq | Ne | Lt | Lte | Gt | Gte | In)
}

fn sign(op: BinOpKind) -> &'static str {
    match op {
        BinOpKind::Eq => " == ",
        BinOpKind::Ne => " != ",
        BinOpKind::Lt => " < ",
        BinOpKind::Lte => " <= ",
        BinOpKind::Gt => " > ",
        BinOpKind::Gte => " >= ",
        BinOpKind::In => " in ",
        BinOpKind::ScAnd => " and ",
        BinOpKind::ScOr => " or ",
        BinOpKind::Add => " + ",
        BinOpKind::Sub => " - ",
        BinOpKind::Mul => " * ",
        BinOpKind::Div => " / ",
        BinOpKind::FloorDiv => " // ",
        BinOpKind::Rem => " % ",
        BinOpKind::Pow => " ** ",
        BinOpKind::Concat => " ~ ",
    }
}
