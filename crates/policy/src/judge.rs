//! Judging subjects by rules.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use score_compiler::yaml::with_value;
use score_spec::schema::{Schema, Violation};
use score_spec::template::split_path;
use score_spec::{Code, Diagnostic, Node, Severity, Sources, Span};

use crate::condition::Condition;
use crate::data::{Data, has_null, node_at, object_at, without_null};
use crate::expression::{Failure, Problem, Step};
use crate::rule::{Check, Level, Place, Rule};
use crate::rule_set::RuleSet;
use crate::subject::Subject;

/// The maximum number of steps to judge a subject by a rule.
pub(crate) const MOST_STEPS: u64 = 1_000_000;

/// The maximum number of steps of a run. Rules of a large project take some millions.
const MOST_STEPS_OF_RUN: u64 = 200_000_000;

/// A violation of a rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: Arc<Rule>,
    /// The level; never [`Level::Allow`].
    pub level: Level,
    /// The field that it is about.
    pub place: Place,
    /// Whether the subject complies once it has the values of the rule's fix.
    pub is_fixable: bool,
}

impl Finding {
    /// The diagnostic at the location that the caller has found for the field.
    pub fn diagnostic(&self, span: Option<Span>) -> Diagnostic {
        let found = Diagnostic::new(Code::PolicyViolated, self.rule.message.clone());
        let mut found = found.rule(self.rule.id.clone());
        found.severity = severity(self.level);
        if let Some(span) = span {
            found = found.at(span, "");
        }
        match &self.rule.help {
            Some(help) => found.help(help.clone()),
            None => found,
        }
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Deny => Severity::Error,
        Level::Warn | Level::Allow => Severity::Warning,
    }
}

/// Judges subjects by the rules of a set.
#[derive(Debug)]
pub struct Judge<'r> {
    rules: &'r RuleSet,
    /// The first failure of each rule, by its position.
    faults: BTreeMap<usize, Fault<'r>>,
    steps: u64,
}

/// A failure to evaluate a rule.
#[derive(Debug)]
pub(crate) struct Fault<'r> {
    cause: Cause<'r>,
    /// Whether the rule is not judged any more, since it takes too long.
    is_final: bool,
}

#[derive(Debug)]
enum Cause<'r> {
    Expression(&'r Condition, Box<Problem>),
    Schema(Span),
}

/// The result of a rule for a subject.
pub(crate) enum Ruling<'r> {
    NotApplicable,
    Holds,
    Violated(Place),
    Failed(Fault<'r>),
}

impl<'r> Judge<'r> {
    /// Judges by these rules.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self {
            rules,
            faults: BTreeMap::new(),
            steps: MOST_STEPS_OF_RUN,
        }
    }

    /// The violations of a subject, in the order of the ids of their rules.
    pub fn findings(&mut self, subject: &Subject<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut tree = Tree::default();
        let mut values = subject.values().to_vec();
        for (at, judged) in self.rules.judged.iter().enumerate() {
            let is_over = self.faults.get(&at).is_some_and(|fault| fault.is_final);
            if judged.rule.on != subject.on() || is_over {
                continue;
            }
            if let Some(params) = values.last_mut() {
                *params = Some(Data::Value(&judged.params));
            }
            match rule(&judged.rule, &values, &mut tree, &mut self.steps) {
                Ruling::NotApplicable | Ruling::Holds => {}
                Ruling::Violated(place) => findings.push(Finding {
                    rule: judged.rule.clone(),
                    level: judged.level,
                    place,
                    is_fixable: complies(&judged.rule, &values),
                }),
                Ruling::Failed(fault) => match self.faults.get_mut(&at) {
                    Some(first) => first.is_final |= fault.is_final,
                    None => {
                        self.faults.insert(at, fault);
                    }
                },
            }
        }
        findings
    }

    /// The rules whose evaluation has failed: one diagnostic for each, with the level of the rule.
    pub fn finish(self, sources: &Sources) -> Vec<Diagnostic> {
        let (rules, faults) = (self.rules, self.faults.into_iter());
        let reports = faults.map(|(at, fault)| {
            let mut found = fault.report(sources);
            // A rule that only warns does not stop a run, whatever its subject is.
            found.severity = severity(rules.judged[at].level);
            found
        });
        reports.collect()
    }
}

impl Fault<'_> {
    pub(crate) fn report(&self, sources: &Sources) -> Diagnostic {
        match &self.cause {
            Cause::Expression(condition, problem) => condition.report(problem, sources),
            Cause::Schema(span) => {
                let message = "validating a subject against this schema takes too many steps";
                let found = Diagnostic::new(Code::PolicyExpression, message).at(*span, "");
                found.help("use fewer references and shorter lists")
            }
        }
    }
}

/// The subject as a tree for schemas, which is created if a rule needs it.
#[derive(Default)]
pub(crate) struct Tree<'a>(Option<Cow<'a, Node>>);

impl<'a> Tree<'a> {
    fn get(&mut self, subject: Data<'a>, span: Span) -> &Node {
        self.0.get_or_insert_with(|| match subject {
            Data::Node(node) if has_null(node) => Cow::Owned(without_null(node)),
            Data::Node(node) => Cow::Borrowed(node),
            Data::Value(value) => Cow::Owned(node_at(value, span)),
            Data::Object(object) => Cow::Owned(without_null(&object_at(object, span))),
        })
    }
}

/// Judges a subject by a rule. The first value is the subject.
pub(crate) fn rule<'r, 'a>(
    rule: &'r Rule,
    values: &[Option<Data<'a>>],
    tree: &mut Tree<'a>,
    steps_of_run: &mut u64,
) -> Ruling<'r> {
    let limit = MOST_STEPS.min(*steps_of_run);
    let mut steps = limit;
    let mut holds = |condition: &'r Condition| {
        let before = steps;
        let result = condition.expression().holds(values, &mut steps);
        *steps_of_run = steps_of_run.saturating_sub(before - steps);
        result.map_err(|failure| {
            let (problem, is_final) = match failure {
                Failure::Missing => return None,
                Failure::Wrong(problem) => (problem, false),
                Failure::TooLong(problem) => (problem, true),
            };
            let cause = Cause::Expression(condition, problem);
            Some(Fault { cause, is_final })
        })
    };
    match rule.when.as_ref().map(&mut holds) {
        None | Some(Ok(true)) => {}
        Some(Ok(false) | Err(None)) => return Ruling::NotApplicable,
        Some(Err(Some(fault))) => return Ruling::Failed(fault),
    }
    match &rule.check {
        Check::Expression(condition) => match holds(condition) {
            Ok(true) => Ruling::Holds,
            Ok(false) | Err(None) => Ruling::Violated(rule.place()),
            Err(Some(fault)) => Ruling::Failed(fault),
        },
        Check::Schema(schema) => match values.first() {
            Some(Some(subject)) => {
                let node = tree.get(*subject, rule.span);
                matching(rule, schema, node, steps_of_run)
            }
            _ => Ruling::Violated(rule.place()),
        },
    }
}

/// Judges a subject by the schema of a rule. The limit of a single validation is that of the schema.
fn matching<'r>(
    rule: &'r Rule,
    schema: &Schema,
    node: &Node,
    steps_of_run: &mut u64,
) -> Ruling<'r> {
    let too_much = || {
        Ruling::Failed(Fault {
            cause: Cause::Schema(rule.span),
            is_final: true,
        })
    };
    if *steps_of_run == 0 {
        return too_much();
    }
    let place = match schema.violation(node) {
        Some(Violation::TooMuch) => return too_much(),
        Some(Violation::At { pointer, missing }) => Some(Place {
            path: steps_to(node, &pointer, missing),
            ..rule.place()
        }),
        None => None,
    };
    *steps_of_run = steps_of_run.saturating_sub(schema.steps(node));
    place.map_or(Ruling::Holds, Ruling::Violated)
}

/// Whether a subject complies with a rule once it has all values of its fix. The first value is the subject.
pub(crate) fn complies(rule: &Rule, values: &[Option<Data<'_>>]) -> bool {
    let Some(Some(Data::Node(subject))) = values.first() else {
        return false;
    };
    if rule.fix.is_empty() {
        return false;
    }
    let fixed = rule
        .fix
        .iter()
        .fold(subject.to_value(), |fixed, (path, value)| {
            let path = split_path(path);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            with_value(fixed, &path, value)
        });
    let fixed = node_at(&fixed, subject.span);
    let mut values = values.to_vec();
    values[0] = Some(Data::Node(&fixed));
    let ruling = self::rule(rule, &values, &mut Tree::default(), &mut { MOST_STEPS });
    matches!(ruling, Ruling::Holds | Ruling::NotApplicable)
}

/// The steps to the part of a tree with this JSON Pointer, and to a field that it does not have.
fn steps_to(node: &Node, pointer: &str, missing: Option<String>) -> Vec<Step> {
    let (mut steps, mut at) = (Vec::new(), Some(node));
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let is_list = at.is_some_and(|node| matches!(node.kind, score_spec::Kind::List(_)));
        let (step, next) = match key.parse() {
            Ok(index) if is_list => {
                let item = at.and_then(|node| node.items().get(index));
                (Step::Item(index), item)
            }
            _ => {
                let next = at.and_then(|node| node.get(&key));
                (Step::Key(key), next)
            }
        };
        steps.push(step);
        at = next;
    }
    steps.extend(missing.map(Step::Key));
    steps
}

#[cfg(test)]
mod tests {
    use score_spec::{Map, Sources, Value};

    use super::{Ruling, Tree, rule};
    use crate::data::Data;
    use crate::policy::Policy;

    #[test]
    fn schemas_take_steps_of_the_run() {
        let text = "apiVersion: score-rs/v1\nkind: Policy\nname: acme\nrules:\n  \
                    image: {on: container, message: m, schema: {properties: {image: {enum: [a, b, c]}}}}\n";
        let mut sources = Sources::new();
        let id = sources.add("policy.yaml", text);
        let policies = Policy::read_all(&sources, id, &mut Vec::new());
        let image = ("image".to_owned(), Value::Text("a".to_owned()));
        let subject: Value = [image].into_iter().collect::<Map<Value>>().into();
        let values = [Some(Data::Value(&subject))];
        let mut steps = 1;
        for expected in ["holds", "fails"] {
            let ruling = rule(
                &policies[0].rules[0],
                &values,
                &mut Tree::default(),
                &mut steps,
            );
            let found = match ruling {
                Ruling::Holds => "holds",
                Ruling::Failed(_) => "fails",
                _ => "other",
            };
            assert_eq!(found, expected);
            assert_eq!(steps, 0);
        }
    }
}
