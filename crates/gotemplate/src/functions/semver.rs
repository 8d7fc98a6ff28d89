//! sprig's functions of semantic versions.

mod constraint;

use std::rc::Rc;

use super::arguments::string;
use super::{Function, entry};
use crate::error::{Failure, Outcome};
use crate::value::{Value, Version};

pub(super) const TABLE: &[Function] = &[
    entry("semver", "s", |context, values| {
        context.allocate(size_of::<Version>())?;
        version(&string(values, 0)).map(|version| Value::Version(Rc::new(version)))
    }),
    entry("semverCompare", "ss", |context, values| {
        let text = string(values, 0);
        // The parts of a constraint are larger than its text.
        context.allocate(text.len().saturating_mul(64))?;
        let constraint =
            constraint::parse(&text).ok_or_else(|| Failure::invalid("improper constraint"))?;
        let version = version(&string(values, 1))?;
        let fits = |all: &Vec<constraint::Constraint>| {
            all.iter().all(|constraint| constraint.admits(&version))
        };
        Ok(Value::Bool(constraint.iter().any(fits)))
    }),
];

fn version(text: &str) -> Outcome<Version> {
    Version::parse(text).ok_or_else(|| Failure::invalid("invalid semantic version"))
}
