//! Templates.

use crate::context::Context;
use crate::error::{Error, Stage};
use crate::execute::execute;
use crate::functions::Functions;
use crate::outline::{self, Part};
use crate::syntax::{Parsed, parse};
use crate::text::lossy;
use crate::value::Value;

/// A parsed template, which can be executed many times, also by several threads.
#[derive(Debug)]
pub struct Template {
    text: String,
    parsed: Parsed,
}

/// Templates can be shared by threads.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Template>();
};

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// Fails if the template is not valid, calls a function that does not exist, is larger than
    /// 1 MiB, or has blocks or parentheses that are nested more than 100 deep.
    pub fn parse(text: &str, functions: &Functions) -> Result<Self, Error> {
        match parse(text, functions) {
            Ok(parsed) => Ok(Self {
                text: text.to_owned(),
                parsed,
            }),
            Err(failure) => Err(failure.into_error(Stage::Parse, text)),
        }
    }

    /// The structure of the template. Absent if it defines other templates.
    pub fn outline(&self) -> Option<Vec<Part>> {
        outline::outline(&self.text, &self.parsed)
    }

    /// Executes the template with data and returns its output, in which U+FFFD replaces each byte
    /// that is not UTF-8.
    ///
    /// Functions such as `set` change maps of the data, even if the execution fails later.
    ///
    /// # Errors
    ///
    /// Fails if the template does not fit the data, calls `fail` or a function that is not
    /// supported, or reaches a limit.
    pub fn execute(&self, data: &Value, context: &mut Context) -> Result<String, Error> {
        let output = execute(&self.text, &self.parsed.templates, data, context);
        let output = output.map_err(|failure| failure.into_error(Stage::Execute, &self.text))?;
        Ok(String::from_utf8(output).unwrap_or_else(|error| lossy(error.as_bytes()).into_owned()))
    }
}
