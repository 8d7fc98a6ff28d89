//! Resources that provisioners require, directly or indirectly.

use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map};

use super::internal::Owner;
use super::{Building, Identity, MOST_RESOURCES, Params, Resource};
use crate::ir::Tree;
use crate::provisioner::expression::{Failure, Scope};
use crate::provisioner::{Provisioner, Requirement};

/// The maximum length of a chain of provisioners that require each other. A provisioner that
/// requires its own type with new ids would never finish.
const MAX_DEPTH: usize = 32;

/// The maximum length of the id of a required resource, in bytes. It is part of names, and of the
/// ids of further required resources.
const LONGEST_ID: usize = 500;

/// The maximum number of requirements of provisioners in a project. Each is stored, even if all of
/// them require the same resource.
const MOST_REQUIREMENTS: usize = 500_000;

impl Building<'_> {
    /// Adds required resources until there are no new ones, or a limit is exceeded.
    pub(super) fn close(&mut self) {
        let (mut at, mut requirements) = (0, 0);
        while let Some((_, parent)) = self.resources.get_index(at)
            && !self.is_too_large
        {
            let provisioner = Arc::clone(&parent.provisioner);
            requirements += provisioner.resources.len();
            match provisioner.resources.first() {
                Some(first) if requirements > MOST_REQUIREMENTS => {
                    let what =
                        format!("more than {MOST_REQUIREMENTS} requirements between resources");
                    self.exceed(&what, first, at);
                }
                _ => self.require(&provisioner, at),
            }
            at += 1;
        }
    }

    /// Adds the resources that the provisioner of a resource, the one at the index `at`, requires.
    fn require(&mut self, provisioner: &Provisioner, at: usize) {
        if provisioner.resources.is_empty() {
            return;
        }
        let parent = &self.resources[at];
        let scope = parent.scope().with_budget(&self.budget);
        let mut required = Vec::new();
        for (label, requirement) in &provisioner.resources {
            match identity(parent, label, requirement, &scope) {
                Ok(identity) => required.push((label, requirement, identity)),
                Err(failure) => self.diagnostics.extend(failure.map(|found| *found)),
            }
        }
        let mut requires = Map::default();
        for (label, requirement, identity) in required {
            let uid = identity.uid();
            requires.insert(label.clone(), uid.clone());
            if let Some(owner) = Owner::of(&self.resources[at], requirement) {
                self.owners.entry(uid.clone()).or_insert(owner);
            }
            if self.resources.contains_key(&uid) {
                continue;
            }
            if self.resources.len() >= MOST_RESOURCES {
                let what = format!("more than {MOST_RESOURCES} resources");
                return self.exceed(&what, (label, requirement), at);
            }
            let class = requirement.class.as_ref();
            let span = requirement.span;
            let workload = self.resources[at].workload.clone();
            let found = self.find(&uid, &identity, (&workload, false), class, span);
            let parent = &self.resources[at];
            let provisioner = match found {
                Ok(provisioner) => provisioner,
                Err(found) => {
                    self.diagnostics.extend(found.map(|it| parent.mark(*it)));
                    continue;
                }
            };
            let resource = Resource {
                depth: parent.depth + 1,
                params: match requirement.params {
                    Some(_) => Params::Required {
                        parent: parent.uid.clone(),
                        label: label.clone(),
                    },
                    None => Params::None,
                },
                ..Resource::new(uid, identity, workload, span, provisioner)
            };
            self.resources.insert(resource.uid.clone(), resource);
        }
        self.resources[at].requires = requires;
    }

    /// Reports that a requirement of the resource at the index `at` exceeds a limit.
    fn exceed(&mut self, what: &str, (label, requirement): (&String, &Requirement), at: usize) {
        let parent = &self.resources[at];
        let Provisioner { file, kind, .. } = &*parent.provisioner;
        let cause =
            format!("exceeded by `{label}`, required by the provisioner of `{kind}` in `{file}`");
        let diagnostic = Diagnostic::new(Code::ProjectTooLarge, format!("the project has {what}"))
            .at(requirement.span, cause);
        let diagnostic = parent.mark(diagnostic)
            .help("give required resources an `id` that is the same for all resources, so that they are shared");
        self.diagnostics.push(diagnostic);
        self.is_too_large = true;
    }
}

/// The identity of a resource that a provisioner requires for another one.
fn identity(
    parent: &Resource,
    label: &str,
    requirement: &Requirement,
    scope: &Scope,
) -> Result<Identity, Failure> {
    let problem = |message: String, help: &str| {
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message).at(requirement.span, "");
        Some(Box::new(parent.mark(problem).help(help)))
    };
    if parent.depth >= MAX_DEPTH {
        return Err(problem(
            format!("more than {MAX_DEPTH} provisioners require each other in a chain"),
            "give required resources an `id` that is the same for all of them",
        ));
    }
    let id = match &requirement.id {
        None => format!("{}.{label}", parent.id),
        Some(pattern) => {
            let value = pattern.evaluate(scope)?;
            id_of(&value, label).map_err(|(message, help)| problem(message, help))?
        }
    };
    if id.len() > LONGEST_ID {
        return Err(problem(
            format!("the id of the resource `{label}` has more than {LONGEST_ID} characters"),
            "use a shorter `id`; an id that contains the id of the requiring resource grows with each step",
        ));
    }
    Ok(Identity {
        kind: requirement.kind.clone(),
        class: requirement.class.as_ref().map(|class| class.value.clone()),
        id,
    })
}

/// The id from a value, or a message and a help text. Ids appear in comments of the output, which they must
/// not be able to end.
fn id_of(value: &Tree, label: &str) -> Result<String, (String, &'static str)> {
    let plain = match value {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    };
    match plain {
        None | Some("") => Err((
            format!("expected a string as the id, found {}", value.kind()),
            "write a string, or an expression that evaluates to one",
        )),
        Some(id) if id.chars().all(is_of_ids) => Ok(id.to_owned()),
        Some(_) => Err((
            format!("the id of the resource `{label}` contains a character that is not allowed"),
            "an id consists of letters, digits, `-`, `_` and `.`",
        )),
    }
}

fn is_of_ids(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}
