//! The outputs of a resource: the values with the names of its declared outputs, and their
//! validation.

use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Map, Span,
    schema::{Codes, Place},
};

use super::Resolution;
use super::params::to_node;
use crate::graph::Resource;
use crate::input::outside::Outside;
use crate::ir::{Holder, Ref, Secret, SecretSource, SecretValue, Segment, Text, Tree};
use crate::provisioner::expression::{Patterns, Scope, to_text};
use crate::provisioner::{Output, Provisioner};
use crate::resolve::functions;

/// The names in expressions of the value `*` for an output.
pub(super) fn scope_of_output(scope: &Scope, output: &str) -> Scope {
    let mut scope = scope.inner();
    scope.set("output", &Tree::Text(output.into()));
    scope
}

impl Resolution<'_> {
    /// The declared outputs, from the values with the same names.
    pub(super) fn outputs(&mut self, mut values: Map<Tree>, scope: &Scope) -> Option<Map<Tree>> {
        let resource = self.resource;
        let provisioner = &resource.provisioner;
        let mut outputs = Map::default();
        let mut complete = true;
        for (name, output) in &provisioner.outputs {
            match values.shift_remove(name) {
                Some(value) => {
                    let patterns = provisioner.values.get(name);
                    complete &= self.keeps((name, output), &value, patterns);
                    outputs.insert(
                        name.clone(),
                        sealed(resource, (name, output), value, self.outside),
                    );
                }
                None if output.optional => {}
                // This has been reported.
                None if provisioner.of_workloads.own.contains(name) => complete = false,
                None => {
                    self.diagnostics.push(missing(provisioner, name));
                    complete = false;
                }
            }
        }
        if provisioner.of_workloads.own.iter().any(|name| name == "*") {
            return None;
        }
        let (Some(output), Some(any)) = (&provisioner.any_output, provisioner.values.get("*"))
        else {
            return complete.then_some(outputs);
        };
        for (name, span) in &resource.asked {
            if outputs.contains_key(name) {
                continue;
            }
            let scope = scope_of_output(scope, name);
            let value = self.complete_for(Some(*span), any, &scope);
            let kept = value.filter(|value| self.keeps((name, output), value, Some(any)));
            match kept {
                Some(value) => {
                    outputs.insert(
                        name.clone(),
                        sealed(resource, (name, output), value, self.outside),
                    );
                }
                None => complete = false,
            }
        }
        complete.then_some(outputs)
    }

    /// Whether a value matches the declaration of its output: its type and its contents. Otherwise
    /// it is reported.
    fn keeps(
        &mut self,
        (name, output): (&str, &Output),
        value: &Tree,
        patterns: Option<&Patterns>,
    ) -> bool {
        let span = patterns
            .and_then(place)
            .unwrap_or(self.resource.provisioner.span);
        let held = Held::of(value);
        let mut found = Vec::new();
        // Which provisioner handles the required resource, and what its outputs are, can depend on the platform.
        let is_declared_there = patterns.is_some_and(Patterns::is_output_of_resource);
        for (wrong, what, flag) in [
            (held.secret && !output.secret, "a secret", "secret"),
            (
                held.deferred && !output.deferred,
                "a value that is known only when a container starts",
                "deferred",
            ),
        ] {
            if wrong && !is_declared_there {
                let message =
                    format!("the output `{name}` contains {what}, but does not declare it");
                found.push(
                    Diagnostic::new(Code::ProvisionerWrongOutput, message)
                        .at(span, "")
                        .help(format!("add `{flag}: true` to the output")),
                );
            }
        }
        if !held.reference {
            let node = to_node(value, span);
            let place = Place {
                path: format!("outputs.{name}"),
                key: Some(span),
            };
            let codes = Codes::all(Code::ProvisionerWrongOutput);
            if let Some(schema) = output.schema_for(&node.kind) {
                found.extend(schema.check_at(&place, &node, self.sources, &codes));
            }
        }
        let fine = found.is_empty();
        for diagnostic in found {
            self.report(Some(Box::new(diagnostic)));
        }
        fine
    }
}

/// The value of a secret output, which is sealed unless it already contains a secret.
fn sealed(
    resource: &Resource,
    (name, output): (&str, &Output),
    value: Tree,
    outside: &Outside<'_>,
) -> Tree {
    if !output.secret || Held::of(&value).secret {
        return value;
    }
    let key = outside.key();
    let mut count = 0;
    let mut seal = |plain: &str| {
        count += 1;
        Ref::Secret(Arc::new(Secret {
            resource: resource.uid.clone(),
            object: functions::name_of(resource, ""),
            name: if count == 1 {
                name.to_owned()
            } else {
                format!("{name}.{count}")
            },
            source: SecretSource::External(SecretValue::new(plain).fingerprinted(key.as_ref())),
        }))
    };
    match &value {
        Tree::Number(_) | Tree::Bool(_) => {
            let text = to_text(&value);
            Tree::Text(seal(text.as_plain().unwrap_or_default()).into())
        }
        value => value.map_text(&mut |text: &Text| {
            let mut sealed = Text::new();
            for segment in text.segments() {
                sealed.push_ref(match segment {
                    Segment::Plain(plain) => seal(plain),
                    Segment::Ref(reference) => reference.clone(),
                });
            }
            sealed
        }),
    }
}

/// The contents of a value's text other than plain text.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    reference: bool,
    secret: bool,
    deferred: bool,
}

impl Held {
    fn of(value: &Tree) -> Self {
        let mut held = Self::default();
        value.each_text(&mut |text: &Text| {
            held.reference |= text.as_plain().is_none();
            for reference in text.references() {
                match reference {
                    Ref::Secret(_) => held.secret = true,
                    Ref::KeyRef(key) => {
                        held.deferred = true;
                        held.secret |= key.holder == Holder::Secret;
                    }
                    Ref::Env { .. }
                    | Ref::Host(_)
                    | Ref::Port { .. }
                    | Ref::Variable(_)
                    | Ref::Parameter(_) => {}
                }
            }
        });
        held
    }
}

/// The location of the first string of a value.
fn place(patterns: &Patterns) -> Option<Span> {
    let mut first = None;
    patterns.each_pattern(&mut |pattern| {
        first.get_or_insert(pattern.span());
    });
    first
}

fn missing(provisioner: &Provisioner, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerMissingOutput,
        format!("the provisioner declares the output `{name}`, but has no value with that name"),
    )
    .at(provisioner.span, "")
    .help(format!(
        "add `{name}` to its `values`, or mark the output `optional: true`"
    ))
}
