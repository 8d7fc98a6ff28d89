//! Expressions in provisioners: `{{ … }}` in the strings and keys of a parsed tree, so that values cannot
//! change the structure of the document.
//!
//! A string that consists of one expression keeps the type of its value. References (a secret, a host name)
//! are opaque to expressions: they can be passed on and inserted into strings, and any attempt to process
//! one is an error.

mod engine;
mod failure;
mod fragment;
mod json;
mod operators;
mod passed;
mod patterns;
mod results;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

use minijinja::Expression;
use minijinja::value::{Object, Value as Jinja};
use score_spec::{Code, Diagnostic, Map, Span};

use self::engine::Work;
pub(crate) use self::engine::charge;
use self::failure::{evaluation, failure, similar_name};
pub(crate) use self::fragment::{Evaluated, Item, hidden, report_misplaced};
pub(crate) use self::json::{json_function, to_text};
pub(crate) use self::passed::Passed;
pub(crate) use self::patterns::{Key, Patterns};
pub(crate) use self::results::Results;
use self::value::{Inspection, Unfit, from_jinja};
pub(crate) use self::value::{reference, to_jinja};
use crate::ir::{Text, Tree};
use crate::support::budget::{Budget, MOST_MADE, MOST_WORK};

/// A string with expressions.
#[derive(Debug)]
pub(crate) struct Pattern {
    span: Span,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    /// An expression with its source.
    Expression(Expression<'static, 'static>, String),
}

/// The number of names up to which each is searched in an expression before it is parsed again.
const FEW_NAMES: usize = 8;

/// The prefix of the names of functions in the scope, which prevents collisions with values.
const CALLED: &str = "__call_";

/// The expression with the names of functions that it calls replaced by those in the scope. Names
/// after `.`, `|` or `is` are not our functions.
fn calls(expression: &str) -> String {
    let bytes = expression.as_bytes();
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut out = String::with_capacity(expression.len());
    let (mut at, mut written, mut quote) = (0, 0, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, byte) if in_name(byte) => {
                let rest = &expression[at..];
                let end = rest.bytes().position(|byte| !in_name(byte));
                let name = &rest[..end.unwrap_or(rest.len())];
                let before = expression[..at].trim_end();
                let calls = rest[name.len()..].trim_start().starts_with('(');
                let ours = !before.ends_with(['.', '|']) && !before.ends_with(" is");
                if calls && ours && FUNCTIONS.contains(&name) {
                    out.push_str(&expression[written..at]);
                    out.push_str(CALLED);
                    written = at;
                }
                at += name.len() - 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&expression[written..]);
    out
}

/// The cost of an evaluation in addition to what its filters and operators process, and that of a byte of the
/// expression: its time, in terms of bytes.
const EVALUATION: usize = 128;
const BYTE_OF_EXPRESSION: usize = 4;

/// The functions that expressions can call.
const FUNCTIONS: [&str; 12] = [
    "annotation",
    "config_ref",
    "env",
    "fail",
    "json",
    "name",
    "name_ref",
    "secret",
    "secret_ref",
    "service",
    "workload",
    "workloads",
];

/// The names in scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    names: Arc<ScopeNames>,
    /// The remaining size of results.
    budget: Budget,
    /// The values of expressions that are the same everywhere in a run.
    results: Results,
}

/// Values and functions by name. The engine looks up those that an expression uses.
#[derive(Debug, Clone, Default)]
struct ScopeNames {
    own: Map<Jinja>,
    /// The names of the scope around it, which are shared with other scopes.
    outer: Option<Arc<Self>>,
}

impl ScopeNames {
    fn get(&self, name: &str) -> Option<&Jinja> {
        let outer = || self.outer.as_ref()?.get(name);
        self.own.get(name).or_else(outer)
    }

    /// All names, those of the outermost scope first. A name can occur repeatedly.
    fn all(&self) -> Vec<&str> {
        let mut names = self.outer.as_ref().map_or_else(Vec::new, |it| it.all());
        names.extend(self.own.keys().map(String::as_str));
        names
    }
}

impl Object for ScopeNames {
    fn get_value(self: &Arc<Self>, name: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(name.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Jinja> {
        self.get(name).cloned()
    }
}

impl Scope {
    /// Shares the limit of results with other scopes.
    #[must_use]
    pub(crate) fn with_budget(mut self, budget: &Budget) -> Self {
        self.budget = budget.clone();
        self
    }

    /// A scope in this one, for names that only a part of a provisioner has.
    #[must_use]
    pub(crate) fn inner(&self) -> Self {
        Self {
            names: Arc::new(ScopeNames {
                own: Map::default(),
                outer: Some(Arc::clone(&self.names)),
            }),
            budget: self.budget.clone(),
            results: self.results.clone(),
        }
    }

    /// Shares the values of expressions that depend only on the workloads of the run.
    pub(crate) fn share(&mut self, results: &Results) {
        self.results = results.clone();
    }

    /// Deducts bytes from the size of results.
    fn spend(&self, bytes: usize, span: Span) -> Result<(), Failure> {
        let spent = self.budget.take(bytes);
        spent.map_err(|exhausted| exhausted.first.then(|| too_large(span)))
    }

    /// Deducts from the work that all resources of a project may take together. The first part that
    /// exceeds the limit is reported.
    fn work(&self, amount: usize, span: Span, help: &str) -> Result<(), Failure> {
        self.budget.work(amount).map_err(|exhausted| {
            exhausted.first.then(|| {
                let most = MOST_WORK >> 20;
                let message =
                    format!("the expressions of the project process more than {most} MiB");
                let diagnostic = Diagnostic::new(Code::ProvisionerExpression, message);
                Box::new(diagnostic.at(span, "exceeded here").help(help))
            })
        })
    }

    /// Adds a tree with a name.
    pub(crate) fn set(&mut self, name: &str, value: &Tree) {
        self.set_object(name, to_jinja(value));
    }

    /// Defines a function. A value can have the same name, which is common for the output `name`.
    pub(crate) fn define(&mut self, name: &str, function: Jinja) {
        self.add([CALLED, name].concat(), function);
    }

    /// Adds a value with a name, which is shared with other scopes.
    pub(crate) fn set_object(&mut self, name: &str, value: Jinja) {
        self.add(name.to_owned(), value);
    }

    fn add(&mut self, name: String, value: Jinja) {
        Arc::make_mut(&mut self.names).own.insert(name, value);
    }
}

/// The reason why an expression has no value; empty if it is the consequence of a reported error.
pub(crate) type Failure = Option<Box<Diagnostic>>;

/// An error that a function raises, with its own code and help. It is about the input of the user of a provisioner,
/// unless the code is that of an error in an expression.
#[derive(Debug, Clone)]
pub(crate) struct Blame(Option<Box<Diagnostic>>);

impl Blame {
    /// An error to be reported.
    pub(crate) fn new(code: Code, message: String, help: String) -> Self {
        Self(Some(Box::new(Diagnostic::new(code, message).help(help))))
    }

    /// An error with a help text.
    pub(crate) fn without_help(code: Code, message: String) -> Self {
        Self(Some(Box::new(Diagnostic::new(code, message))))
    }

    /// An error with its own help.
    pub(crate) fn silent() -> Self {
        Self(None)
    }
}

impl std::fmt::Display for Blame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_ref().map_or("", |diagnostic| &diagnostic.message))
    }
}

impl std::error::Error for Blame {}

impl From<Blame> for minijinja::Error {
    fn from(blame: Blame) -> Self {
        Self::new(minijinja::ErrorKind::InvalidOperation, blame.to_string()).with_source(blame)
    }
}

/// The rest of an expression after `.name`, `['name']` or `[name]`.
fn after_step(path: &str) -> Option<&str> {
    let is_name = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    if let Some(name) = path.strip_prefix('.') {
        let rest = name.trim_start_matches(is_name);
        return (rest.len() < name.len()).then_some(rest);
    }
    let (key, rest) = path.strip_prefix('[')?.split_once(']')?;
    let unquoted = ['\'', '"'].into_iter();
    let mut unquoted = unquoted.filter_map(|quote| key.strip_prefix(quote)?.strip_suffix(quote));
    let is_valid = match unquoted.next() {
        Some(name) => name.chars().all(|it| is_name(it) || it == '-'),
        None => !key.is_empty() && key.chars().all(is_name),
    };
    is_valid.then_some(rest)
}

impl Pattern {
    /// Parses a string. Errors are reported.
    pub(crate) fn parse(text: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            let inner = &rest[open + 2..];
            let Some(close) = end_of_expression(inner) else {
                diagnostics.push(
                    Diagnostic::new(Code::ProvisionerExpression, "`{{` without closing `}}`")
                        .at(span, "")
                        .help("close the expression, or write `{{ '{{' }}` for a literal `{{`"),
                );
                break;
            };
            if open > 0 {
                parts.push(Part::Literal(rest[..open].to_owned()));
            }
            let written = inner[..close].trim();
            match engine::compile(&calls(written), span) {
                Ok(expression) => parts.push(Part::Expression(expression, written.to_owned())),
                Err(problem) => diagnostics.extend(problem.map(|found| *found)),
            }
            rest = &inner[close + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Self { span, parts }
    }

    /// Whether one of its expressions calls a function.
    pub(crate) fn calls(&self, function: &str) -> bool {
        let called = format!("{CALLED}{function}");
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        self.parts.iter().any(|part| match part {
            Part::Expression(_, written) if written.contains(function) => {
                let calls = calls(written);
                let mut found = calls.match_indices(&called);
                found.any(|(at, name)| !calls[at + name.len()..].starts_with(in_name))
            }
            Part::Expression(..) | Part::Literal(_) => false,
        })
    }

    /// Whether it is nothing but an output of a required resource, such as `{{ resources.db.password }}`.
    pub(crate) fn is_output_of_resource(&self) -> bool {
        let [Part::Expression(_, written)] = self.parts.as_slice() else {
            return false;
        };
        let path = written.strip_prefix("resources");
        path.and_then(after_step).and_then(after_step) == Some("")
    }

    /// Whether one of its expressions uses one of these names.
    pub(crate) fn uses(&self, names: &BTreeSet<String>) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Expression(expression, written) => {
                // The expression is parsed again, unless it cannot contain any of a few names.
                let can_use = names.len() > FEW_NAMES
                    || names.iter().any(|name| written.contains(name.as_str()));
                let mut used = can_use
                    .then(|| expression.undeclared_variables(false))
                    .into_iter()
                    .flatten();
                used.any(|name| names.contains(&name))
            }
            Part::Literal(_) => false,
        })
    }

    /// Whether it consists of one expression, so that its value can have any type.
    pub(crate) fn is_expression(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Expression(..)])
    }

    /// The approximate source text.
    pub(crate) fn written(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(literal) => literal.clone(),
            Part::Expression(_, written) => format!("{{{{ {written} }}}}"),
        });
        parts.collect()
    }

    /// The location.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The value of the string.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Tree, Failure> {
        if let [Part::Expression(expression, written)] = self.parts.as_slice() {
            return self.run(expression, written, scope);
        }
        let mut text = Text::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expression(expression, written) => {
                    let value = self.run(expression, written, scope)?;
                    text.append(to_text(&value));
                }
            }
        }
        Ok(Tree::Text(text))
    }

    fn run(
        &self,
        expression: &Expression<'static, 'static>,
        written: &str,
        scope: &Scope,
    ) -> Result<Tree, Failure> {
        if scope.budget.is_exhausted() {
            return Err(None);
        }
        let shared = &scope.results;
        let value = shared.value(written, expression, || {
            self.eval(expression, written, scope)
        })?;
        if value.is_undefined() {
            return Err(Some(Box::new(
                Diagnostic::new(
                    Code::ProvisionerExpression,
                    format!("`{written}` is not defined"),
                )
                .at(self.span, "")
                .help(
                    similar_name(written, scope).unwrap_or_else(|| {
                        format!("use `{written} | default(…)` if it is optional")
                    }),
                ),
            )));
        }
        self.taken(&value, scope)
    }

    /// The value of one of its expressions, within the limit of work.
    fn eval(
        &self,
        expression: &Expression<'static, 'static>,
        written: &str,
        scope: &Scope,
    ) -> Result<Jinja, Failure> {
        Inspection::reset();
        Work::reset();
        let names = Jinja::from_dyn_object(Arc::clone(&scope.names));
        let value = expression.eval(names);
        let work = EVALUATION + BYTE_OF_EXPRESSION * written.len() + Work::done();
        scope.work(
            work,
            self.span,
            "use fewer expressions that process long lists, or store their \
         result under `values`",
        )?;
        let value = value.map_err(|error| evaluation(&error, expression, self.span, scope))?;
        match Inspection::happened() {
            Some(inspection) => Err(Some(inspected(inspection, self.span))),
            None => Ok(value),
        }
    }

    /// The tree of a value, within the limit.
    fn taken(&self, value: &Jinja, scope: &Scope) -> Result<Tree, Failure> {
        from_jinja(value, &scope.budget).map_err(|problem| match problem {
            Unfit::Exhausted(exhausted) if !exhausted.first => None,
            Unfit::Exhausted(_) => Some(too_large(self.span)),
            Unfit::Value(error) => failure(&error, self.span, Some(scope)),
        })
    }
}

fn inspected(inspection: Inspection, span: Span) -> Box<Diagnostic> {
    let (message, help) = match inspection {
        Inspection::Conversion => (
            "the expression tries to process a reference",
            "a secret, host, port or string of more than 64 KiB can only be passed on or inserted into a string: \
             write `redis://{{ host }}` instead of `{{ 'redis://' ~ host }}`",
        ),
        Inspection::Comparison => (
            "the expression tries to compare or test a reference",
            "the value of a secret, host or port is not known yet, so that the result would be the same for all \
             values; compare a param or an output that is plain text, or test with `is defined`",
        ),
    };
    let diagnostic = Diagnostic::new(Code::ProvisionerExpression, message);
    Box::new(diagnostic.at(span, "").help(help))
}

fn too_large(span: Span) -> Box<Diagnostic> {
    let message = format!("the results of expressions exceed {} MiB", MOST_MADE >> 20);
    let diagnostic = Diagnostic::new(Code::ProvisionerExpression, message);
    let diagnostic = diagnostic.at(span, "exceeded here");
    Box::new(diagnostic.help("pass on less text, or fewer copies of it"))
}

/// The offset of the `}}` that ends an expression: not inside quotes, and not the end of a map.
pub(crate) fn end_of_expression(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut quote, mut depth, mut at) = (None, 0usize, 0);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth > 0 => depth -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
