//! Lists of provisioners as native ones: the mechanical part, with comments at the places that need a person.
//!
//! The text of a template is parsed before it is rendered, with tokens in place of its actions (`flat`), its actions
//! become native expressions (`expression`), and whatever has no equivalent stays as a comment. Nothing is lost: each
//! part of the input is converted or in a comment. The result has to be checked by the reader of native provisioners.

mod document;
mod expression;
mod flat;
mod lookup;
mod named;
mod objects;
mod pattern;
mod scope;
mod sections;
mod tree;
mod write;

use score_spec::{Sources, Span};

use crate::list::{Implementation, Part, Provisioner, Tool};

/// How much of a provisioner is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// All but some places.
    Part,
    /// Nothing: the result is a comment.
    Nothing,
}

/// A provisioner after its conversion.
#[derive(Debug)]
pub struct Converted {
    /// The type, and the class and id if it has them.
    pub label: String,
    /// How much is converted.
    pub extent: Extent,
    /// The places that need a person.
    pub places: Vec<Place>,
    /// A YAML document, which only has comments if nothing is converted.
    pub text: String,
}

/// A place of the list that needs a person.
#[derive(Debug)]
pub struct Place {
    /// The location in the list.
    pub span: Span,
    /// The reason, without a period.
    pub reason: String,
}

/// Converts the provisioners of a file.
pub fn convert(sources: &Sources, list: &[Provisioner]) -> Vec<Converted> {
    let tool = tool(list);
    let converted = list.iter().enumerate().map(|(number, it)| {
        let hiding = list[..number].iter().find(|other| hides(other, it));
        document::convert(sources, it, tool, hiding)
    });
    converted.collect()
}

/// The tool that can read the file, if only one can.
fn tool(list: &[Provisioner]) -> Option<Tool> {
    let tools = list.iter().filter_map(|it| match &it.implementation {
        Implementation::Templates(templates) => templates.iter().find_map(|(part, template)| {
            let is_only = template.text.contains("encodeSecretRef");
            part.tool().or(is_only.then_some(Tool::Kubernetes))
        }),
        Implementation::Environment => Some(Tool::Compose),
        Implementation::Command { .. } => None,
    });
    let mut tools: Vec<Tool> = tools.collect();
    tools.sort_unstable();
    tools.dedup();
    match tools.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether an earlier provisioner handles all resources that a later one could.
fn hides(earlier: &Provisioner, later: &Provisioner) -> bool {
    let covers =
        |earlier: &Option<String>, later: &Option<String>| earlier.is_none() || earlier == later;
    earlier.kind == later.kind
        && covers(&earlier.class, &later.class)
        && covers(&earlier.id, &later.id)
}

/// The parts that are written below `compose`.
fn is_compose_entry(part: Part) -> bool {
    matches!(part, Part::Services | Part::Volumes | Part::Networks)
}
