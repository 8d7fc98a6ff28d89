//! The functions of templates.
#![allow(
    clippy::unnecessary_wraps,
    reason = "all functions of a table have the same type"
)]

mod arguments;
mod builtin;
mod compare;
mod crypto;
mod date;
mod dict;
mod encoding;
mod escape;
mod list;
mod math;
mod methods;
mod path;
mod random;
mod reflect;
mod regex;
mod semver;
mod strings;
mod url;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::value::Value;
pub(crate) use arguments::{Parameter, Signature};
pub(crate) use methods::method;

/// A function of Go or sprig.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) signature: Signature,
    pub(crate) call: fn(&mut Context, &[Value]) -> Outcome<Value>,
}

/// A table of functions: name, parameters as in [`Signature`], implementation.
type Table = &'static [Function];

/// Writes a line of a table.
const fn entry(
    name: &'static str,
    signature: &'static str,
    call: fn(&mut Context, &[Value]) -> Outcome<Value>,
) -> Function {
    Function {
        name,
        signature: Signature(signature),
        call,
    }
}

/// All families of functions.
const TABLES: &[Table] = &[
    builtin::TABLE,
    compare::TABLE,
    crypto::TABLE,
    date::TABLE,
    dict::TABLE,
    encoding::TABLE,
    escape::TABLE,
    list::TABLE,
    math::TABLE,
    path::TABLE,
    random::TABLE,
    reflect::TABLE,
    regex::TABLE,
    semver::TABLE,
    strings::TABLE,
    url::TABLE,
];

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A function of the caller.
type Custom = dyn Fn(&[&str]) -> Result<String, String> + Send + Sync;

/// The functions that a template may call: those of Go and sprig, and those of the caller.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    custom: BTreeMap<String, Callable>,
}

/// A function in the tree of a template.
#[derive(Clone)]
pub(crate) enum Callable {
    /// `and`, which stops at the first value that is not true.
    And,
    /// `or`, which stops at the first value that is true.
    Or,
    Function(&'static Function),
    Custom(Arc<CustomFunction>),
}

/// A function of the caller with its name and the number of its parameters.
pub(crate) struct CustomFunction {
    pub(crate) name: String,
    pub(crate) parameters: usize,
    call: Box<Custom>,
}

impl Functions {
    /// The functions of Go and sprig.
    pub fn sprig() -> Self {
        Self::default()
    }

    /// Adds a function whose parameters, at most 16, and result are strings. It replaces one with the
    /// same name.
    ///
    /// An error of the function is an error of the execution. Its message is shown.
    ///
    /// ```
    /// use score_gotemplate::{Context, Functions, Template, Value};
    ///
    /// let functions = Functions::sprig().with("shout", 1, |arguments| Ok(format!("{}!", arguments[0])));
    /// let template = Template::parse("{{ shout .name | upper }}", &functions)?;
    /// let data = Value::Map([("name", Value::from("ada"))].into_iter().collect());
    /// assert_eq!(template.execute(&data, &mut Context::new([0; 32]))?, "ADA!");
    /// # Ok::<(), score_gotemplate::Error>(())
    /// ```
    #[must_use]
    pub fn with(
        mut self,
        name: &str,
        parameters: usize,
        call: impl Fn(&[&str]) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        let function = CustomFunction {
            name: name.to_owned(),
            parameters,
            call: Box::new(call),
        };
        self.custom
            .insert(name.to_owned(), Callable::Custom(Arc::new(function)));
        self
    }

    /// The names of all functions, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.custom.keys().map(String::as_str).collect();
        names.extend(standard().keys());
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(crate) fn find(&self, name: &str) -> Option<Callable> {
        self.custom
            .get(name)
            .or_else(|| standard().get(name))
            .cloned()
    }
}

/// The functions of Go and sprig by name.
fn standard() -> &'static BTreeMap<&'static str, Callable> {
    static FUNCTIONS: OnceLock<BTreeMap<&'static str, Callable>> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        let functions = TABLES.iter().copied().flatten();
        let functions = functions.map(|function| (function.name, Callable::Function(function)));
        functions
            .chain([("and", Callable::And), ("or", Callable::Or)])
            .collect()
    })
}

impl Callable {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Function(function) => function.name,
            Self::Custom(function) => &function.name,
        }
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl CustomFunction {
    pub(crate) fn call(&self, context: &mut Context, arguments: &[Value]) -> Outcome<Value> {
        let texts: Vec<String> = arguments
            .iter()
            .filter_map(Value::bytes)
            .map(|bytes| crate::text::lossy(bytes).into_owned())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let result = (self.call)(&texts).map_err(Failure::invalid)?;
        context.allocate(result.len())?;
        Ok(Value::string(result))
    }
}
