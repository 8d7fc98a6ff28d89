//! Examples in policy files: the tests of rules.

use score_spec::{Node, Span};

use crate::subject::Variable;

/// A subject that complies with its rule, or does not.
#[derive(Debug)]
pub struct Example {
    /// Whether it is one of `passes`.
    pub passes: bool,
    /// Its location.
    pub span: Span,
    pub(crate) subject: Node,
    /// The values of other variables.
    pub(crate) variables: Vec<(Variable, Node)>,
    /// The params of the rule.
    pub(crate) params: Option<Node>,
}
