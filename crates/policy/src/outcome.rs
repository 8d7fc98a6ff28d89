//! Running the tests of rules.

use score_spec::{Code, Diagnostic, Node, Sources, Span};

use crate::data::Data;
use crate::example::Example;
use crate::image::image;
use crate::judge::{MOST_STEPS, Ruling, Tree, complies, rule};
use crate::rule::Rule;
use crate::subject::{On, Subject, Variable};

/// The result of a test of a rule.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Whether the subject was expected to pass.
    pub passes: bool,
    /// The location of the test.
    pub span: Span,
    /// The problem, unless the result is the expected one.
    pub problem: Option<Diagnostic>,
}

/// Judges the examples of a rule, which are its tests. The variable `image` of a container is derived from its image
/// unless it is set.
pub fn test(of: &Rule, sources: &Sources) -> Vec<Outcome> {
    let examples = of.examples.iter();
    let outcomes = examples.map(|example| Outcome {
        passes: example.passes,
        span: example.span,
        problem: example.problem(of, sources),
    });
    outcomes.collect()
}

impl Example {
    /// Why the result is not the expected one.
    fn problem(&self, of: &Rule, sources: &Sources) -> Option<Diagnostic> {
        let mut diagnostics = Vec::new();
        let given = self.params.as_ref().map(|node| (node, node.span));
        let params = of.params.complete(given, sources, &mut diagnostics);
        if let Some(found) = diagnostics.into_iter().next() {
            return Some(found);
        }
        let Some(params) = params else {
            let names = of.params.required().iter().map(String::as_str);
            let names = score_spec::diagnostic::listed(names);
            return Some(self.unexpected(&format!("this test needs the params {names}"), of));
        };
        let image = self.subject.get("image").and_then(Node::text).map(image);
        let mut subject = Subject::new(of.on, Data::Node(&self.subject));
        if let (On::Container, Some(image)) = (of.on, &image) {
            subject = subject.with(Variable::Image, Data::Value(image));
        }
        for (variable, value) in &self.variables {
            subject = subject.with(*variable, Data::Node(value));
        }
        let mut values = subject.values().to_vec();
        if let Some(last) = values.last_mut() {
            *last = Some(Data::Value(&params));
        }
        let message = match rule(of, &values, &mut Tree::default(), &mut { MOST_STEPS }) {
            Ruling::Failed(fault) => {
                return Some(fault.report(sources).at(self.span, "with this subject"));
            }
            Ruling::NotApplicable if !self.passes => {
                "the rule does not apply to this subject, which has to fail"
            }
            Ruling::Holds if !self.passes => "this subject complies with the rule, but has to fail",
            Ruling::Violated(_) if self.passes => "this subject violates the rule, but has to pass",
            Ruling::Violated(_) if !of.fix.is_empty() && !complies(of, &values) => {
                "this subject violates the rule even with the values of `fix`"
            }
            _ => return None,
        };
        Some(self.unexpected(message, of))
    }

    fn unexpected(&self, message: &str, of: &Rule) -> Diagnostic {
        let found = Diagnostic::new(Code::PolicyInvalid, message);
        found.at(self.span, "").at(of.span, "the rule")
    }
}
