//! The values of expressions that depend on nothing but the workloads of a run. They are evaluated once, since each
//! evaluation takes time for all workloads, and each of many resources can have the same expression.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Expression;
use minijinja::value::Value as Jinja;

use super::{CALLED, Failure};

/// The function whose result is the same everywhere in a run.
const WORKLOADS: &str = "workloads";

/// The values by the source of their expression; none if an expression also depends on something else. Clones share
/// them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Results(Arc<Mutex<BTreeMap<String, Option<Jinja>>>>);

impl Results {
    /// The value of an expression, which is evaluated unless it is known. Errors are not remembered.
    pub(super) fn value(
        &self,
        written: &str,
        expression: &Expression<'static, 'static>,
        evaluate: impl Fn() -> Result<Jinja, Failure>,
    ) -> Result<Jinja, Failure> {
        if !written.contains(WORKLOADS) {
            return evaluate();
        }
        // It is locked during the evaluation: if two threads evaluated an expression, its work would count twice.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(written) {
            let names = expression.undeclared_variables(false);
            let mut names = names.iter();
            let is_shared = names.all(|name| name.strip_prefix(CALLED) == Some(WORKLOADS));
            let value = if is_shared { Some(evaluate()?) } else { None };
            known.insert(written.to_owned(), value.clone());
            if let Some(value) = value {
                return Ok(value);
            }
            drop(known);
            return evaluate();
        }
        let value = known.get(written).cloned().flatten();
        drop(known);
        value.map_or_else(evaluate, Ok)
    }
}
