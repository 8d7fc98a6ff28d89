//! Diagnostics about `anyOf` and `oneOf`: which of the alternatives was intended, and what is
//! missing.

use jsonschema::error::ValidationErrorKind as Broken;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value as Json;

use super::report::{Aspect, Finding, Rank, Report, type_list};
use super::tree::Site;
use super::wording;
use crate::Diagnostic;

type Errors = Vec<ValidationError<'static>>;

impl<'a> Report<'a> {
    /// A value that matches none of the alternatives, with their errors in `context`.
    pub(super) fn no_branch(&mut self, path: &str, site: &Site<'a>, context: &[Errors]) {
        let fitting: Vec<&Errors> = context
            .iter()
            .filter(|errors| !errors.iter().any(|error| types_at(error, path).is_some()))
            .collect();
        if fitting.is_empty() {
            let errors = context.iter().flatten();
            let expected: Vec<_> = errors
                .filter_map(|error| types_at(error, path))
                .flatten()
                .collect();
            self.wrong_type(site, &expected, None);
            return;
        }
        if let Some(lacks) = each(&fitting, |errors| required_at(errors, path)) {
            self.needs_one_of(site, &lacks);
            return;
        }
        if let Some(options) = each(&fitting, |errors| options_at(errors, path)) {
            let options: Vec<&Json> = options.into_iter().flatten().collect();
            self.wrong_choice(site, &options);
            return;
        }
        let likely = fitting.into_iter().min_by_key(|errors| {
            let other_kind = errors
                .iter()
                .any(|error| matches!(error.kind(), Broken::Constant { .. } | Broken::Enum { .. }));
            (other_kind, errors.len())
        });
        for error in likely.into_iter().flatten() {
            self.add(error);
        }
    }

    /// A map without any of the fields of which it needs one.
    fn needs_one_of(&mut self, site: &Site<'a>, lacks: &[Vec<&str>]) {
        let forms: Vec<String> = lacks
            .iter()
            .map(|names| {
                let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                quoted.join(" with ")
            })
            .collect();
        let one_of = if forms.len() > 2 { "one of " } else { "" };
        let message = format!(
            "{} needs {one_of}{}",
            site.subject(),
            wording::either(&forms)
        );
        let found = site.lacks(Diagnostic::new(self.codes.missing_field, message));
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Lacks(
                lacks
                    .iter()
                    .flatten()
                    .map(|&name| name.to_owned())
                    .collect(),
            ),
            rank: Rank::Rule,
            stands_for: Vec::new(),
            diagnostic: found,
        });
    }

    /// A value that matches several alternatives but may match only one.
    pub(super) fn many_branches(
        &mut self,
        error: &ValidationError<'_>,
        site: &Site<'a>,
        context: &[Errors],
    ) {
        let forms = self
            .shape
            .0
            .pointer(error.schema_path().as_str())
            .and_then(Json::as_array);
        let valid = forms
            .into_iter()
            .flatten()
            .zip(context)
            .filter(|(_, errors)| errors.is_empty());
        let names: Vec<&str> = valid
            .filter_map(|(form, _)| form.get("required")?.as_array())
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let entries = site.node.entries().iter();
        let both: Vec<_> = entries
            .filter(|entry| names.contains(&entry.key.as_str()))
            .collect();
        let [first, second, ..] = both.as_slice() else {
            let message = format!(
                "{} matches more than one of the allowed forms",
                site.subject()
            );
            let found =
                Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
            self.push_value(site, Rank::Rule, found);
            return;
        };
        let listed = crate::diagnostic::listed(both.iter().map(|entry| entry.key.as_str()));
        let has = if both.len() == 2 { "has both" } else { "has" };
        let message = format!("{} {has} {listed}", site.subject());
        let found = Diagnostic::new(self.codes.invalid_value, message)
            .at(second.key_span, "")
            .at(first.key_span, "the first one")
            .help("keep one of them");
        self.push_value(site, Rank::Rule, found);
    }
}

/// The results of `f` for all alternatives, if each has one.
fn each<'e, T>(forms: &[&'e Errors], f: impl Fn(&'e Errors) -> Option<T>) -> Option<Vec<T>> {
    forms.iter().map(|errors| f(errors)).collect()
}

/// The types that an alternative expects for the value at `path`, if the type is the problem.
fn types_at(error: &ValidationError<'_>, path: &str) -> Option<Vec<JsonType>> {
    if error.instance_path().as_str() != path {
        return None;
    }
    match error.kind() {
        Broken::Type { kind } => Some(type_list(kind)),
        Broken::AnyOf { context } | Broken::OneOfNotValid { context } => {
            let of_form = |errors: &Errors| errors.iter().find_map(|error| types_at(error, path));
            let forms: Option<Vec<_>> = context.iter().map(of_form).collect();
            forms.map(|forms| forms.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// The fields that an alternative requires at `path`, if missing fields are the only problem.
fn required_at<'e>(errors: &'e Errors, path: &str) -> Option<Vec<&'e str>> {
    let field = |error: &'e ValidationError<'static>| match error.kind() {
        Broken::Required { property } if error.instance_path().as_str() == path => {
            property.as_str()
        }
        _ => None,
    };
    errors.iter().map(field).collect()
}

/// The values that an alternative accepts at `path`, if the value is the only problem.
fn options_at<'e>(errors: &'e Errors, path: &str) -> Option<Vec<&'e Json>> {
    let [error] = errors.as_slice() else {
        return None;
    };
    if error.instance_path().as_str() != path {
        return None;
    }
    match error.kind() {
        Broken::Constant { expected_value } => Some(vec![expected_value.as_ref()]),
        Broken::Enum { options } => Some(options.as_array()?.iter().collect()),
        _ => None,
    }
}
