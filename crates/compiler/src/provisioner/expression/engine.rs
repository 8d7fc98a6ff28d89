//! The engine for expressions: the available language features, and the limits of a single expression. Out
//! of scope: the scope of an expression, and the use of its value.
//!
//! The engine counts only instructions, and one instruction can copy a string of any length. Therefore each
//! filter, test and operand of an operator declares its cost beforehand, and features that can multiply strings
//! without doing so are not available.

use std::cell::Cell;
use std::sync::LazyLock;

use minijinja::value::{Rest, Value as Jinja, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Expression, State, UndefinedBehavior};
use minijinja::{filters, tests};
use score_spec::{Code, Diagnostic, Span};

use super::failure::failure;
use super::operators::{self, COMPARED, INDEXED, OPERAND, SEARCHED};
use super::value::Inspection;

/// The maximum number of instructions of an expression.
const FUEL: u64 = 20_000;

/// The maximum length of an expression in bytes. Its parts can be nested as deep as it is long, and
/// each level uses stack memory.
const LONGEST: usize = 2_000;

/// The maximum number of `~` and `+` in an expression. In a chain, each copies the result of the
/// preceding ones.
const MOST_JOINS: usize = 100;

/// The maximum number of bytes that the filters, tests and operators of an expression process.
const MOST_WORK: usize = 8 << 20;

/// The approximate number of comparisons per value when a list is sorted.
const COMPARISONS: usize = 15;

/// The cost of a value in addition to its text.
const VALUE: usize = 32;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    add_filters(&mut environment);
    add_tests(&mut environment);
    environment
});

/// Parses an expression.
pub(super) fn compile(
    text: &str,
    span: Span,
) -> Result<Expression<'static, 'static>, Option<Box<Diagnostic>>> {
    let refuse = |message: String, help: &str| {
        let diagnostic = Diagnostic::new(Code::ProvisionerExpression, message);
        Some(Box::new(diagnostic.at(span, "").help(help)))
    };
    if text.len() > LONGEST {
        return Err(refuse(
            format!("the expression has more than {LONGEST} bytes"),
            "move parts of it to `values`; constant text can be outside `{{ … }}`",
        ));
    }
    let signs = Signs::of(text);
    if signs.star {
        return Err(refuse(
            "expressions have no `*`, which could repeat a string endlessly".to_owned(),
            "multiply numbers with the filter `times`, as in `{{ params.count | times(2) }}`",
        ));
    }
    if signs.step {
        return Err(refuse(
            "slices have no step".to_owned(),
            "write `a[1:3]`, and `a | reverse` for the other direction",
        ));
    }
    if signs.joins > MOST_JOINS {
        return Err(refuse(
            format!("the expression has more than {MOST_JOINS} `~` and `+`"),
            "write strings one after the other, as in `{{ a }}-{{ b }}`, or use `join`",
        ));
    }
    let compiled =
        operators::guarded(text).and_then(|guarded| ENVIRONMENT.compile_expression_owned(guarded));
    compiled.map_err(|error| failure(&error, span, None))
}

/// Features outside quotes that need a limit.
#[derive(Debug, Default, PartialEq, Eq)]
struct Signs {
    /// Whether there is a `*`.
    star: bool,
    /// Whether there is a slice with a step; the engine has a bug for negative steps.
    step: bool,
    /// The number of `~` and `+`.
    joins: usize,
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self::default();
        let mut quote = None;
        // For each open bracket: whether it is a square bracket, and the number of colons.
        let mut open: Vec<(bool, usize)> = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match (quote, byte) {
                (Some(_), b'\\') => {
                    bytes.next();
                }
                (Some(other), byte) if byte == other => quote = None,
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'*') => signs.star = true,
                (None, b'~' | b'+') => signs.joins += 1,
                (None, b'[' | b'(' | b'{') => open.push((byte == b'[', 0)),
                (None, b']' | b')' | b'}') => {
                    open.pop();
                }
                (None, b':') => {
                    if let Some((square, colons)) = open.last_mut() {
                        *colons += 1;
                        signs.step |= *square && *colons > 1;
                    }
                }
                (Some(_) | None, _) => {}
            }
        }
        signs
    }
}

/// The bytes processed by filters, tests and operators in the current evaluation.
pub(super) struct Work;

thread_local! {
    static DONE: Cell<usize> = const { Cell::new(0) };
    /// The bytes that count only for the project.
    static AGAIN: Cell<usize> = const { Cell::new(0) };
}

impl Work {
    /// Starts an evaluation.
    pub(super) fn reset() {
        DONE.set(0);
        AGAIN.set(0);
    }

    /// The bytes processed by the evaluation.
    pub(super) fn done() -> usize {
        DONE.get().saturating_add(AGAIN.get())
    }

    /// Counts bytes that are processed repeatedly, or that a function has processed.
    pub(super) fn add_repeated(bytes: usize) {
        AGAIN.set(AGAIN.get().saturating_add(bytes));
    }

    fn left() -> usize {
        MOST_WORK.saturating_sub(DONE.get())
    }

    /// Counts bytes before they are processed.
    fn take(bytes: usize) -> Result<(), Error> {
        let done = DONE.get().saturating_add(bytes);
        DONE.set(done);
        if done > MOST_WORK {
            return Err(Error::new(
                ErrorKind::OutOfFuel,
                format!(
                    "its filters and operators would process more than {} MiB",
                    MOST_WORK >> 20
                ),
            ));
        }
        Ok(())
    }
}

/// Counts the values that a function or a method has processed in the current evaluation.
pub(crate) fn charge(values: usize) {
    Work::add_repeated(values.saturating_mul(VALUE));
}

/// The cost of the arguments of a filter or test.
type Cost = fn(&[Jinja]) -> usize;

/// A filter or test that declares its cost before it runs.
fn bounded(
    inner: Jinja,
    cost: Cost,
) -> impl Fn(&mut State<'_, '_>, Rest<ValueOrKwargs>) -> Result<Jinja, Error> + Send + Sync + 'static
{
    move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let arguments = arguments.into_values();
        Work::take(cost(&arguments))?;
        inner.call(state, &arguments)
    }
}

/// A filter whose first argument is changed before.
fn of_plain(inner: Jinja, change: fn(Jinja) -> Jinja) -> Jinja {
    let filter = move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let mut arguments = arguments.into_values();
        if let Some(first) = arguments.first_mut() {
            *first = change(std::mem::take(first));
        }
        inner.call(state, &arguments)
    };
    Jinja::from_function(filter)
}

/// A boolean as the string that YAML has for it. The engine's is `True` or `False`.
fn plain(value: Jinja) -> Jinja {
    match value.kind() {
        ValueKind::Bool if value.is_true() => Jinja::from("true"),
        ValueKind::Bool => Jinja::from("false"),
        _ => value,
    }
}

fn with_plain_items(value: Jinja) -> Jinja {
    match (value.kind(), value.try_iter()) {
        (ValueKind::Seq | ValueKind::Iterable, Ok(items)) => items.map(plain).collect(),
        _ => value,
    }
}

/// The filters that provisioners need. The engine's `format`, `indent`, `batch`, `slice` and `pprint` are
/// not available, because they create a large result from a small input.
fn add_filters(environment: &mut Environment<'static>) {
    macro_rules! add {
        ($cost:ident: $($name:ident)+) => {$(
            let filter = Jinja::from_function(filters::$name);
            environment.add_filter(stringify!($name), bounded(filter, $cost));
        )+};
    }
    add!(sorted: dictsort sort unique);
    add!(items: max min);
    add!(whole: abs bool capitalize default first float int items last length lower);
    add!(whole: reject rejectattr reverse round select selectattr sum title);
    add!(whole: upper);
    add!(pieces: lines list map split);
    add!(each_with_each: trim);
    add!(replaced: replace);
    for (short, filter) in [
        ("d", Jinja::from_function(filters::default)),
        ("count", Jinja::from_function(filters::length)),
    ] {
        environment.add_filter(short, bounded(filter, whole));
    }
    let string = Jinja::from_function(filters::string);
    environment.add_filter("string", bounded(of_plain(string, plain), whole));
    let join = Jinja::from_function(filters::join);
    environment.add_filter("join", bounded(of_plain(join, with_plain_items), joined));
    environment.add_filter("times", times);
    add_guards(environment);
}

/// The filters through which the operands of operators pass.
pub(super) fn add_guards(environment: &mut Environment<'static>) {
    environment.add_filter(OPERAND, |value: Jinja, times: Option<usize>| {
        operand(value, whole, times.unwrap_or(1))
    });
    environment.add_filter(COMPARED, |value: Jinja| operand(value, compared, 1));
    environment.add_filter(SEARCHED, |value: Jinja| match value.kind() {
        ValueKind::Map => Ok(value),
        _ => operand(value, compared, 1),
    });
    environment.add_filter(INDEXED, |value: Jinja| match value.kind() {
        // Characters are decoded from the start.
        ValueKind::String | ValueKind::Iterable => operand(value, whole, 4),
        _ => Ok(value),
    });
}

/// A value that an operator reads a number of times.
fn operand(value: Jinja, cost: Cost, times: usize) -> Result<Jinja, Error> {
    Work::take(cost(std::slice::from_ref(&value)).saturating_mul(times))?;
    // The items of a part of a part of a list are otherwise taken through all of them.
    if value.kind() == ValueKind::Iterable {
        return Ok(value.try_iter()?.collect());
    }
    Ok(value)
}

/// The tests of the engine, except `divisibleby`, which panics for 0, and those about the engine
/// itself.
fn add_tests(environment: &mut Environment<'static>) {
    macro_rules! add {
        ($cost:ident: $($name:literal: $test:ident,)+) => {$(
            let test = Jinja::from_function(tests::$test);
            environment.add_test($name, bounded(test, $cost));
        )+};
    }
    // The results of these are right for a reference, too: it is a string or a number.
    add! {
        whole: "boolean": is_boolean, "defined": is_defined, "iterable": is_iterable, "mapping": is_mapping,
        "none": is_none, "sequence": is_sequence, "undefined": is_undefined,
    }
    add! {
        compared: "endingwith": is_endingwith, "eq": is_eq, "equalto": is_eq, "even": is_even,
        "false": is_false, "float": is_float, "ge": is_ge, "gt": is_gt, "in": is_in,
        "integer": is_integer, "le": is_le, "lower": is_lower,
        "lt": is_lt, "ne": is_ne, "number": is_number,
        "odd": is_odd, "startingwith": is_startingwith,
        "string": is_string, "true": is_true, "upper": is_upper,
    }
}

/// `number | times(number)`: the product. The operator `*` would also accept strings and lists.
fn times(a: &Jinja, b: &Jinja) -> Result<Jinja, Error> {
    let error = |what: &str| Error::new(ErrorKind::InvalidOperation, what.to_owned());
    let float = |value: &Jinja| f64::try_from(value.clone()).ok();
    if a.kind() != ValueKind::Number || b.kind() != ValueKind::Number {
        return Err(error("only numbers can be multiplied"));
    }
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        let product = a.checked_mul(b).map(Jinja::from);
        return product.ok_or_else(|| error("the product is too large"));
    }
    match (float(a), float(b)) {
        (Some(a), Some(b)) => Ok(Jinja::from(a * b)),
        _ => Err(error("the product is too large")),
    }
}

/// All arguments, once.
fn whole(arguments: &[Jinja]) -> usize {
    measured(arguments, &|_| {})
}

/// All arguments, which are compared.
fn compared(arguments: &[Jinja]) -> usize {
    measured(arguments, &Inspection::of)
}

fn measured(arguments: &[Jinja], visit: &dyn Fn(&Jinja)) -> usize {
    let mut left = Work::left();
    let before = left;
    for argument in arguments {
        measure(argument, &mut left, visit);
    }
    // One more than the limit if it did not end.
    before.saturating_sub(left) + usize::from(left == 0)
}

/// All arguments, each compared with some others. The first one is a list or a map.
fn sorted(arguments: &[Jinja]) -> usize {
    let cost = items(arguments);
    Work::add_repeated(cost.saturating_mul(COMPARISONS));
    cost
}

/// All arguments. The items of the first one are compared.
fn items(arguments: &[Jinja]) -> usize {
    let items = arguments.first().map(Jinja::try_iter);
    items
        .into_iter()
        .flatten()
        .flatten()
        .for_each(|item| Inspection::of(&item));
    whole(arguments)
}

/// The arguments, and a value for each character of the first one.
fn pieces(arguments: &[Jinja]) -> usize {
    whole(arguments) + length(arguments.first()).saturating_mul(VALUE)
}

/// Each character of the first argument with each of the second.
fn each_with_each(arguments: &[Jinja]) -> usize {
    let [first, second] = [arguments.first(), arguments.get(1)].map(length);
    whole(arguments).saturating_add(first.saturating_mul(second))
}

/// `text | replace(from, to)`: the string and the result.
fn replaced(arguments: &[Jinja]) -> usize {
    let text = |at: usize| arguments.get(at).and_then(Jinja::as_str);
    let places = match (text(0), text(1)) {
        (Some(text), Some("")) => text.len() + 1,
        (Some(text), Some(from)) => text.len() / from.len(),
        _ => 0,
    };
    whole(arguments).saturating_add(places.saturating_mul(length(arguments.get(2))))
}

/// `list | join(text)`: the list, and the string between its items.
fn joined(arguments: &[Jinja]) -> usize {
    let whole = whole(arguments);
    let characters = length(arguments.first());
    let items = characters.max(whole / VALUE);
    whole.saturating_add(items.saturating_mul(length(arguments.get(1))))
}

fn length(text: Option<&Jinja>) -> usize {
    text.and_then(Jinja::as_str).map_or(0, str::len)
}

/// Deducts the size of a value from the remaining budget, and visits its parts. If it is larger, the remaining
/// budget is processed.
fn measure(value: &Jinja, left: &mut usize, visit: &dyn Fn(&Jinja)) {
    let own = VALUE + length(Some(value));
    *left = left.saturating_sub(own);
    visit(value);
    let kind = value.kind();
    if !matches!(kind, ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) {
        return;
    }
    let Ok(items) = value.try_iter() else {
        return;
    };
    for item in items {
        if *left == 0 {
            return;
        }
        if kind == ValueKind::Map
            && let Ok(entry) = value.get_item(&item)
        {
            measure(&entry, left, visit);
        }
        measure(&item, left, visit);
    }
}
