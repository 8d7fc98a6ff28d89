//! Waivers: exceptions from rules, each with a reason, an owner and an end.

use std::sync::LazyLock;

use score_spec::diagnostic::{any_error, nearest};
use score_spec::overlay::Glob;
use score_spec::schema::{Codes, Schema};
use score_spec::{Code, Diagnostic, Node, Severity, SourceId, Sources, Span, parse};

use crate::date::Date;
use crate::waiver_set::{MOST_WAIVERS, Matches, WaiverSet};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::WAIVERS));

/// The number of days before its end from which a waiver is reported.
const DAYS_OF_WARNING: i64 = 14;

/// The names of the selectors.
const SELECTORS: [&str; 5] = ["workload", "container", "resource", "environment", "object"];

/// The position of the environment among them.
const ENVIRONMENT: usize = 3;

/// An exception from rules.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Waiver {
    /// Its location.
    pub span: Span,
    /// The rules: an id, or a pattern.
    pub rule: Glob,
    /// The reason.
    pub reason: String,
    /// Who is responsible.
    pub owner: String,
    /// The last day on which it applies.
    pub until: Date,
    /// The location of that day.
    pub until_span: Span,
    /// The selectors in the order of [`SELECTORS`].
    selectors: [Option<Glob>; 5],
}

/// The names of what a finding is about, as far as it is about such a thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// The workload.
    pub workload: Option<&'a str>,
    /// The container.
    pub container: Option<&'a str>,
    /// The resource, by its name in the Score file.
    pub resource: Option<&'a str>,
    /// The environment.
    pub environment: Option<&'a str>,
    /// The generated object, as `KIND/NAME`.
    pub object: Option<&'a str>,
}

/// The waivers of a project.
#[derive(Debug, Clone, Default)]
pub struct Waivers(Vec<Waiver>);

impl Waivers {
    /// Whether a document contains waivers.
    pub fn is_waivers(document: &Node) -> bool {
        document.get("kind").and_then(Node::text) == Some("Waivers")
    }

    /// Adds the waivers of a file, in which there is nothing else.
    pub fn read_all(&mut self, sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) {
        let parsed = parse(sources, id);
        diagnostics.extend(parsed.diagnostics);
        for document in &parsed.documents {
            self.read(document, sources, diagnostics);
        }
    }

    /// Adds the waivers of a document.
    pub fn read(&mut self, document: &Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
        if !Self::is_waivers(document) {
            let found = Diagnostic::new(Code::PolicyInvalid, "this document contains no waivers");
            let help =
                "begin with `apiVersion: score-rs/v1` and `kind: Waivers`, or rename the file";
            diagnostics.push(found.at(document.span, "").help(help));
            return;
        }
        let found = SCHEMA.check(document, sources, &Codes::all(Code::PolicyInvalid));
        let is_valid = !any_error(&found);
        diagnostics.extend(found);
        if is_valid {
            let items = document.items_at("waivers");
            if self.0.len() + items.len() > MOST_WAIVERS {
                let message = format!("there are more than {MOST_WAIVERS} waivers");
                let found = Diagnostic::new(Code::PolicyInvalid, message).at(document.span, "");
                diagnostics.push(found.help("use patterns, or change the levels of rules"));
                return;
            }
            let items = items.iter();
            self.0
                .extend(items.filter_map(|item| Waiver::read(item, diagnostics)));
        }
    }

    /// The waivers in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Waiver> {
        self.0.iter()
    }

    /// Applies the waivers at a date.
    pub fn at(&self, today: Date) -> Application<'_> {
        let by_rule = self.0.iter().map(|waiver| Some(&waiver.rule));
        let by_selector = |at: usize| self.0.iter().map(move |it| it.selectors[at].as_ref());
        let mut current = WaiverSet::default();
        for (at, _) in self
            .0
            .iter()
            .enumerate()
            .filter(|(_, it)| today <= it.until)
        {
            current.insert(at);
        }
        Application {
            waivers: &self.0,
            today,
            current,
            by_rule: Matches::new(by_rule),
            by_selector: std::array::from_fn(|at| Matches::new(by_selector(at))),
            is_used: vec![false; self.0.len()],
        }
    }
}

impl Waiver {
    fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = |name| Some(node.get(name)?.text()?.to_owned());
        let (rule, until) = (node.get("rule")?, node.get("until")?);
        if let Some(code) = rule
            .text()
            .and_then(Code::from_name)
            .filter(|it| is_error(*it))
        {
            let message = format!("`{code}` is an error of score-rs, which cannot be waived");
            diagnostics.push(Diagnostic::new(Code::PolicyInvalid, message).at(rule.span, ""));
            return None;
        }
        let Some(date) = until.text().and_then(Date::parse) else {
            let found = Diagnostic::new(Code::PolicyInvalid, "there is no such date");
            diagnostics.push(found.at(until.span, ""));
            return None;
        };
        Some(Self {
            span: node.span,
            rule: Glob::new(text("rule")?),
            reason: text("reason")?,
            owner: text("owner")?,
            until: date,
            until_span: until.span,
            selectors: SELECTORS.map(|name| text(name).map(Glob::new)),
        })
    }

    /// Whether it can apply to findings of an environment.
    fn is_for(&self, environment: Option<&str>) -> bool {
        match &self.selectors[ENVIRONMENT] {
            Some(glob) => environment.is_some_and(|name| glob.matches(name)),
            None => true,
        }
    }

    /// The advice for a waiver without effect.
    fn advice(&self, rules: &[&str]) -> String {
        let id = self.rule.as_str();
        let codes = Code::ALL.iter().map(|code| code.name());
        let mut known = rules.iter().copied().chain(codes);
        if rules.is_empty() || id.contains('*') || known.clone().any(|it| it == id) {
            return "remove it".to_owned();
        }
        match nearest(id, &mut known) {
            Some(meant) => format!("there is no rule `{id}`; did you mean `{meant}`?"),
            None => format!("remove it: there is no rule `{id}`"),
        }
    }

    /// Whether it is for hazards of plans, which other runs do not find.
    fn is_of_plan(&self) -> bool {
        self.rule.as_str().starts_with("plan/")
    }
}

/// Whether a code is an error of the compiler rather than a finding about a policy or a plan.
fn is_error(code: Code) -> bool {
    let is_judgement = code == Code::PolicyViolated || code.name().starts_with("plan/");
    code.severity() == Severity::Error && !is_judgement
}

/// The effect of the waivers on a finding.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'w> {
    /// It is waived.
    Waived(&'w Waiver),
    /// It was waived, but the waiver has ended.
    Expired(&'w Waiver),
}

/// The application of waivers to the findings of a run.
#[derive(Debug)]
pub struct Application<'w> {
    waivers: &'w [Waiver],
    today: Date,
    /// Those that have not ended.
    current: WaiverSet,
    by_rule: Matches<'w>,
    /// By the selectors in the order of [`SELECTORS`].
    by_selector: [Matches<'w>; 5],
    is_used: Vec<bool>,
}

impl<'w> Application<'w> {
    /// The waiver for a finding of a rule, or of a diagnostic code. One that applies takes precedence over one that
    /// has ended. Errors of the compiler cannot be waived.
    pub fn verdict(&mut self, id: &str, about: &Selection<'_>) -> Option<Verdict<'w>> {
        if Code::from_name(id).is_some_and(is_error) {
            return None;
        }
        let names = [
            about.workload,
            about.container,
            about.resource,
            about.environment,
            about.object,
        ];
        let mut fitting = self.by_rule.of(Some(id));
        for (selector, name) in self.by_selector.iter_mut().zip(names) {
            fitting.first()?;
            fitting = fitting.and(&selector.of(name));
        }
        let current = fitting.and(&self.current).first();
        let at = current.or_else(|| fitting.first())?;
        let waiver = &self.waivers[at];
        self.is_used[at] = true;
        Some(if self.today <= waiver.until {
            Verdict::Waived(waiver)
        } else {
            Verdict::Expired(waiver)
        })
    }

    /// The problems of the waivers themselves: those that have ended or end soon although they are needed, and, if
    /// all findings of a project in an environment have been judged, those for this environment that have no effect.
    /// `rules` are the ids of all rules, for suggestions.
    pub fn finish(
        self,
        is_complete: bool,
        environment: Option<&str>,
        rules: &[&str],
    ) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for (waiver, is_used) in self.waivers.iter().zip(self.is_used) {
            let left = self.today.days_until(waiver.until);
            let found = match is_used {
                true if left < 0 => {
                    let message = format!("the waiver for `{}` has ended", waiver.rule.as_str());
                    Diagnostic::new(Code::PolicyWaiverExpired, message)
                        .at(waiver.until_span, "")
                        .help("comply with the rule, or agree on a later day")
                }
                true if left <= DAYS_OF_WARNING => {
                    let message = format!("the waiver for `{}` ends soon", waiver.rule.as_str());
                    Diagnostic::new(Code::PolicyWaiverEnding, message)
                        .at(waiver.until_span, "")
                        .help("comply with the rule until then, or agree on a later day")
                }
                false if is_complete && waiver.is_for(environment) && !waiver.is_of_plan() => {
                    let message =
                        format!("the waiver for `{}` has no effect", waiver.rule.as_str());
                    Diagnostic::new(Code::PolicyWaiverUnused, message)
                        .at(waiver.span, "")
                        .help(waiver.advice(rules))
                }
                _ => continue,
            };
            diagnostics.push(found);
        }
        diagnostics
    }
}
