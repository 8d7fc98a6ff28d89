//! The rules of a project, with the chosen levels and params.

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::diagnostic::{listed, nearest};
use score_spec::overlay::Glob;
use score_spec::{Code, Diagnostic, Kind, Node, Sources, Span, Value};

use crate::policy::Policy;
use crate::rule::{Check, Level, Preset, Rule};
use crate::subject::On;

/// The choices of a project: the field `policies` of its settings, and options.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The preset.
    pub preset: Preset,
    /// The level that no rule exceeds.
    pub ceiling: Level,
    /// Levels by rule. Later ones take precedence over earlier ones.
    pub levels: Vec<LevelChoice>,
    /// Params by rule.
    pub params: Vec<ParamChoice>,
}

/// The level of some rules.
#[derive(Debug, Clone)]
pub struct LevelChoice {
    /// The id of a rule or of a diagnostic, or a pattern.
    pub rules: Glob,
    /// The level.
    pub level: Level,
    /// The location, if it is written in a file.
    pub span: Option<Span>,
}

/// The params of a rule.
#[derive(Debug, Clone)]
pub struct ParamChoice {
    /// The id.
    pub rule: String,
    /// The location of the id.
    pub span: Span,
    /// The params.
    pub params: Node,
}

impl Choice {
    /// Reads the field `policies` of settings, which have been validated. Exact names take precedence over patterns.
    pub fn read(node: &Node) -> Self {
        let preset = node.get("preset").and_then(Node::text);
        let levels = node.entries_at("levels").iter();
        let mut levels: Vec<LevelChoice> = levels
            .filter_map(|entry| {
                Some(LevelChoice {
                    rules: Glob::new(&*entry.key),
                    level: Level::from_name(entry.value.text()?)?,
                    span: Some(entry.key_span),
                })
            })
            .collect();
        levels.sort_by_key(|it| !it.rules.is_pattern());
        let params = node.entries_at("params").iter();
        Self {
            preset: preset.and_then(Preset::from_name).unwrap_or_default(),
            ceiling: Level::Deny,
            levels,
            params: params
                .filter(|entry| matches!(entry.value.kind, Kind::Map(_)))
                .map(|entry| ParamChoice {
                    rule: entry.key.clone(),
                    span: entry.key_span,
                    params: entry.value.clone(),
                })
                .collect(),
        }
    }
}

/// Whether a rule is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It is judged with this level.
    Judged(Level),
    /// Its level is `allow`.
    Allowed,
    /// A required param is not set.
    WithoutParams,
}

/// The rules of a project.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules by id.
    rules: BTreeMap<Arc<str>, (Arc<Rule>, RuleState)>,
    /// The rules that are judged, in the order of their ids.
    pub(crate) judged: Vec<Judged>,
}

/// A rule that is judged.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) rule: Arc<Rule>,
    pub(crate) level: Level,
    pub(crate) params: Value,
}

impl RuleSet {
    /// The rules of policies with the choices of a project. Reports rules that are declared twice, choices about
    /// rules that do not exist, and invalid params.
    pub fn new(
        policies: Vec<Policy>,
        choice: &Choice,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut set = Self::default();
        for rule in policies.into_iter().flat_map(|policy| policy.rules) {
            if let Some((first, _)) = set.rules.get(&rule.id) {
                let message = format!("there are two rules `{}`", rule.id);
                let found = Diagnostic::new(Code::PolicyInvalid, message);
                diagnostics.push(
                    found
                        .at(rule.span, "")
                        .at(first.span, "the first one is here"),
                );
                continue;
            }
            set.rules
                .insert(rule.id.clone(), (rule, RuleState::Allowed));
        }
        set.report_unknown(choice, diagnostics);
        for (id, (rule, state)) in &mut set.rules {
            let given = choice.params.iter().rfind(|it| *it.rule == **id);
            let given = given.map(|it| (&it.params, it.span));
            let params = rule.params.complete(given, sources, diagnostics);
            let level = level(rule, choice);
            *state = match (params, level) {
                (_, Level::Allow) => RuleState::Allowed,
                (None, _) => RuleState::WithoutParams,
                (Some(params), level) => {
                    let rule = rule.clone();
                    set.judged.push(Judged {
                        rule,
                        level,
                        params,
                    });
                    RuleState::Judged(level)
                }
            };
        }
        set
    }

    /// All rules in the order of their ids, also those that are not judged.
    pub fn rules(&self) -> impl Iterator<Item = (&Arc<Rule>, RuleState)> {
        self.rules.values().map(|(rule, state)| (rule, *state))
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.get(id).map(|(rule, _)| rule)
    }

    /// Whether no rule is judged.
    pub fn is_empty(&self) -> bool {
        self.judged.is_empty()
    }

    /// Whether any rule is judged for subjects of a kind.
    pub fn judges(&self, on: On) -> bool {
        self.judged.iter().any(|it| it.rule.on == on)
    }

    /// Whether any rule that is judged for subjects of a kind reads the variable with this name, which can be that of
    /// the subject.
    pub fn reads(&self, on: On, variable: &str) -> bool {
        let at = on.names().iter().position(|name| *name == variable);
        let judged = self.judged.iter().filter(|it| it.rule.on == on);
        judged
            .into_iter()
            .any(|it| at.is_some_and(|at| it.rule.reads(at)))
    }

    /// Reports choices about rules that do not exist. Levels can be about diagnostics, too.
    fn report_unknown(&self, choice: &Choice, diagnostics: &mut Vec<Diagnostic>) {
        let ids = || self.rules.keys().map(|id| &**id);
        for it in &choice.levels {
            let codes = Code::ALL.iter().map(|code| code.name());
            if !ids().chain(codes).any(|id| it.rules.matches(id)) {
                diagnostics.push(unknown(it.rules.as_str(), it.span, ids()));
            }
        }
        for it in &choice.params {
            if !self.rules.contains_key(&*it.rule) {
                diagnostics.push(unknown(&it.rule, Some(it.span), ids()));
            }
        }
    }
}

impl Rule {
    /// Whether an expression of the rule reads the variable at this position. A schema reads the subject.
    fn reads(&self, variable: usize) -> bool {
        let when = self.when.as_ref();
        let is_read = |condition: &crate::Condition| condition.expression().reads(variable);
        when.is_some_and(is_read)
            || match &self.check {
                Check::Expression(condition) => is_read(condition),
                Check::Schema(_) => variable == 0,
            }
    }
}

/// The level of a rule with the choices of a project.
fn level(rule: &Rule, choice: &Choice) -> Level {
    let chosen = choice.levels.iter().rfind(|it| it.rules.matches(&rule.id));
    let level = chosen.map_or(rule.levels.at(choice.preset), |it| it.level);
    level.min(choice.ceiling)
}

fn unknown<'a>(
    name: &str,
    span: Option<Span>,
    ids: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = if name.contains('*') {
        format!("no rule matches `{name}`")
    } else {
        format!("there is no rule `{name}`")
    };
    let found = Diagnostic::new(Code::PolicyInvalid, message);
    let found = match span {
        Some(span) => found.at(span, ""),
        None => found,
    };
    let scope = name.split('/').next().unwrap_or_default();
    let of_scope = ids.clone().filter(|id| id.split('/').next() == Some(scope));
    let of_scope: Vec<&str> = of_scope.collect();
    match nearest(name, ids) {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None if of_scope.is_empty() => found.help("add the policy file with the rule"),
        None => found.help(format!("there are {}", listed(of_scope))),
    }
}
