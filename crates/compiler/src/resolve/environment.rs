//! Environment variables in parts of provisioners: permissions, and their values if the target needs them
//! while compiling.

use score_spec::{Code, Diagnostic, Hint, Kind, Node, Span};

use super::Resolution;
use crate::graph::Resource;
use crate::input::outside::Variable;
use crate::ir::name::is_own_variable;
use crate::ir::{Ref, Text, Tree, Unset};
use crate::provisioner::expression::{Evaluated, Item, Patterns, Scope};

/// The location of a diagnostic about a variable.
#[derive(Clone, Copy)]
struct VariablePlace<'a> {
    resource: &'a Resource,
    /// The expression.
    expression: Span,
    /// The placeholder of the Score file for the output; absent for parts that the provisioner uses
    /// itself.
    placeholder: Option<Span>,
}

impl<'a> Resolution<'a> {
    /// The value of a part of a provisioner, with the values of environment variables. Absent if it
    /// has no value, which is reported unless a check does not read the variable.
    pub(super) fn complete(&mut self, patterns: &Patterns, scope: &Scope) -> Option<Tree> {
        self.complete_for(None, patterns, scope)
    }

    /// The same for the output of a placeholder.
    pub(super) fn complete_for(
        &mut self,
        placeholder: Option<Span>,
        patterns: &Patterns,
        scope: &Scope,
    ) -> Option<Tree> {
        let tree = self.evaluate(patterns, scope)?;
        if !has_variable(&tree) {
            return Some(tree);
        }
        let place = VariablePlace {
            placeholder,
            ..self.variable_place()
        };
        let found = self.diagnostics.len();
        let tree = self.filled(patterns, &tree, place);
        // A check does not know the values, and expressions that process one would fail.
        let is_unread =
            self.options.reads_environment && self.outside.is_check() && has_variable(&tree);
        (self.diagnostics.len() == found && !is_unread).then_some(tree)
    }

    /// The same for a part in the syntax of a platform, which can become any number of values.
    pub(super) fn complete_item(&mut self, item: &Item, scope: &Scope) -> Option<Vec<Evaluated>> {
        let values = item.evaluate(scope);
        let mut values = values.map_err(|failure| self.report(failure)).ok()?;
        let found = self.diagnostics.len();
        let mut is_unread = false;
        for value in values.iter_mut().filter(|value| has_variable(&value.tree)) {
            let place = self.variable_place();
            value.tree = self.filled_at(&value.places, &value.tree, place);
            is_unread |= has_variable(&value.tree);
        }
        is_unread &= self.options.reads_environment && self.outside.is_check();
        (self.diagnostics.len() == found && !is_unread).then_some(values)
    }

    /// The same for a part of the answer of a provisioner in Rust.
    pub(super) fn answered(&mut self, tree: &Tree) -> Tree {
        let place = self.variable_place();
        self.read(tree, place)
    }

    /// A variable in a part without a more exact location.
    fn variable_place(&self) -> VariablePlace<'a> {
        VariablePlace {
            resource: self.resource,
            expression: self.resource.provisioner.span,
            placeholder: None,
        }
    }

    /// The tree with values. Each part has its location in a tree of the same shape.
    fn filled_at(&mut self, places: &Node, tree: &Tree, place: VariablePlace) -> Tree {
        match (&places.kind, tree) {
            (Kind::List(places), Tree::List(items)) => {
                let pairs = places.iter().zip(items);
                Tree::List(
                    pairs
                        .map(|(places, item)| self.filled_at(places, item, place))
                        .collect(),
                )
            }
            (Kind::Map(places), Tree::Map(entries)) => places
                .iter()
                .zip(entries.iter())
                .map(|(places, (key, value))| {
                    (key.clone(), self.filled_at(&places.value, value, place))
                })
                .collect(),
            (_, tree) => {
                let expression = places.span;
                self.read(
                    tree,
                    VariablePlace {
                        expression,
                        ..place
                    },
                )
            }
        }
    }

    /// The tree with values. Each part has the location of its expression.
    fn filled(&mut self, patterns: &Patterns, tree: &Tree, place: VariablePlace) -> Tree {
        match (patterns, tree) {
            (Patterns::List(patterns), Tree::List(items)) if patterns.len() == items.len() => {
                let pairs = patterns.iter().zip(items);
                Tree::List(
                    pairs
                        .map(|(pattern, item)| self.filled(pattern, item, place))
                        .collect(),
                )
            }
            // Each entry exists, in the same order, with its evaluated key.
            (Patterns::Map(patterns), Tree::Map(entries)) => patterns
                .iter()
                .zip(entries.iter())
                .map(|((_, pattern), (key, value))| {
                    (key.clone(), self.filled(pattern, value, place))
                })
                .collect(),
            (Patterns::Text(pattern), tree) => {
                let expression = pattern.span();
                self.read(
                    tree,
                    VariablePlace {
                        expression,
                        ..place
                    },
                )
            }
            (_, tree) => self.read(tree, place),
        }
    }

    /// The tree with the values of variables. Missing values are reported.
    fn read(&mut self, tree: &Tree, place: VariablePlace) -> Tree {
        tree.map_text(&mut |text: &Text| {
            text.map(|reference| {
                let Ref::Env { name, unset } = reference else {
                    return reference.clone().into();
                };
                // An empty line of an env file would replace the default.
                if !matches!(unset, Unset::Default { .. }) {
                    self.outside.ask(name);
                }
                // A target that does not read them now has its own way to read them later.
                if !self.options.reads_environment && !is_own_variable(name) {
                    return match self.outside.setting(name) {
                        Some(value) if !self.options.open_settings => value.into(),
                        _ => reference.clone().into(),
                    };
                }
                let problem = match self.outside.variable(name) {
                    Variable::Value(value) => return value.into(),
                    Variable::Unread => return reference.clone().into(),
                    Variable::Unset => missing(name),
                    Variable::Closed => closed(name),
                    Variable::Own => own(name),
                };
                self.diagnostics.push(place.point(problem));
                Text::new()
            })
        })
    }
}

impl VariablePlace<'_> {
    /// A diagnostic with its location.
    fn point(self, found: Diagnostic) -> Diagnostic {
        if let Some(placeholder) = self.placeholder {
            return found.at(placeholder, "");
        }
        self.resource.mark(found.at(self.expression, ""))
    }
}

fn has_variable(tree: &Tree) -> bool {
    let mut found = false;
    tree.each_text(&mut |text: &Text| {
        let mut references = text.references();
        found = found || references.any(|it| matches!(it, Ref::Env { .. }));
    });
    found
}

fn missing(name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::EnvironmentMissing,
        format!("the environment variable `{name}` is not set"),
    )
    .help(Hint::SetEnvironment {
        name: name.to_owned(),
    })
}

fn closed(name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::EnvironmentNotAllowed,
        format!("access to the environment variable `{name}` is not allowed"),
    )
    .help(Hint::AllowEnvironment {
        name: name.to_owned(),
    })
}

fn own(name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::EnvironmentNotAllowed,
        format!("`{name}` is a variable of score-rs itself, which cannot be read"),
    )
    .help("use a variable whose name does not start with `SCORE_RS_`")
}
