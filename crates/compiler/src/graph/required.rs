//! Resources that provisioners require, directly or indirectly.

use std::sync::Arc;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Span};

use super::{Building, Identity, MOST_RESOURCES, Params, Resource, identity};
use crate::ir::{Tree, name};
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
        while let Some((_, parent)) = self.resources.get_index(at) {
            let provisioner = Arc::clone(&parent.provisioner);
            requirements += provisioner.resources.len();
            if let Some((label, requirement)) = provisioner.resources.first()
                && requirements > MOST_REQUIREMENTS
            {
                let what = format!("more than {MOST_REQUIREMENTS} requirements between resources");
                let one = (label.as_str(), requirement);
                let found = too_large(&what, &provisioner, one, (&parent.uid, parent.span));
                self.diagnostics.push(found);
                self.is_too_large = true;
            }
            if self.is_too_large {
                return;
            }
            let scope = identity(parent).with_budget(&self.budget);
            let mut requires = Map::default();
            let mut new = Vec::new();
            for (label, requirement) in &provisioner.resources {
                match required(parent, label, requirement, &scope) {
                    Ok(resource) => {
                        requires.insert(label.clone(), resource.uid.clone());
                        new.push((resource, label, requirement));
                    }
                    Err(problem) => self.diagnostics.extend(problem.map(|found| *found)),
                }
            }
            let parent = (parent.uid.clone(), parent.span);
            for (mut resource, label, requirement) in new {
                if self.resources.contains_key(&resource.uid) {
                    continue;
                }
                if self.resources.len() >= MOST_RESOURCES {
                    let what = format!("more than {MOST_RESOURCES} resources");
                    let one = (label.as_str(), requirement);
                    let found = too_large(&what, &provisioner, one, (&parent.0, parent.1));
                    self.diagnostics.push(found);
                    self.is_too_large = true;
                    return;
                }
                let wanted = Identity {
                    kind: resource.kind.clone(),
                    class: resource.class.clone(),
                    id: resource.id.clone(),
                };
                if let Some(answer) = self.find(&resource.uid, &wanted, requirement.span) {
                    if let Some(class) = &requirement.class {
                        let found = self.catalogue.unknown_class(
                            &wanted.kind,
                            class,
                            self.diagnostics.len(),
                        );
                        self.diagnostics.extend(found);
                    }
                    resource.provisioner = answer;
                    self.resources.insert(resource.uid.clone(), resource);
                }
            }
            if let Some((_, parent)) = self.resources.get_index_mut(at) {
                parent.requires = requires;
            }
            at += 1;
        }
    }
}

/// The diagnostic about too many requirements.
fn too_large(
    what: &str,
    provisioner: &Provisioner,
    (label, requirement): (&str, &Requirement),
    (uid, span): (&str, Span),
) -> Diagnostic {
    let Provisioner { file, kind, .. } = provisioner;
    let message = format!("the project has {what}");
    Diagnostic::new(Code::ProjectTooLarge, message)
        .at(
            requirement.span,
            format!("exceeded by `{label}`, required by the provisioner of `{kind}` in `{file}`"),
        )
        .at(span, format!("for the resource `{uid}`"))
        .help("give required resources an `id` that is the same for all resources, so that they are shared")
}

/// The resource that a provisioner requires for another one, initially with the provisioner of the
/// latter.
fn required(
    parent: &Resource,
    label: &str,
    requirement: &Requirement,
    scope: &Scope,
) -> Result<Resource, Failure> {
    let problem = |message: String, help: &str| {
        Some(Box::new(
            Diagnostic::new(Code::ProvisionerInvalid, message)
                .at(requirement.span, "")
                .at(parent.span, format!("for the resource `{}`", parent.uid))
                .help(help),
        ))
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
            let given = pattern.evaluate(scope)?;
            id_of(&given, label).map_err(|(message, help)| problem(message, help))?
        }
    };
    if id.len() > LONGEST_ID {
        return Err(problem(
            format!("the id of the resource `{label}` has more than {LONGEST_ID} characters"),
            "use a shorter `id`; an id that contains the id of the requiring resource grows with each step",
        ));
    }
    let class = requirement.class.as_ref().map(|class| class.value.clone());
    Ok(Resource {
        uid: name::uid(&requirement.kind, class.as_deref(), &id),
        kind: requirement.kind.clone(),
        class,
        id,
        workload: parent.workload.clone(),
        span: requirement.span,
        provisioner: Arc::clone(&parent.provisioner),
        metadata: None,
        requires: Map::default(),
        depth: parent.depth + 1,
        params: match requirement.params {
            Some(_) => Params::Required {
                parent: parent.uid.clone(),
                label: label.to_owned(),
            },
            None => Params::None,
        },
        refers_to: IndexSet::new(),
        known_elsewhere: Arc::default(),
        asked: Map::default(),
    })
}

/// The id from a value, or a message and a help text. Ids appear in comments of the output, which they must
/// not be able to end.
fn id_of(given: &Tree, label: &str) -> Result<String, (String, &'static str)> {
    let plain = match given {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    };
    match plain {
        None | Some("") => Err((
            format!("expected a string as the id, found {}", given.kind()),
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
