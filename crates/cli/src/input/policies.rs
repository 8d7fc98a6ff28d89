//! The rules of a project for a run, and the exceptions from them.

use std::time::{SystemTime, UNIX_EPOCH};

use score_compiler::project::Resource;
use score_compiler::{Compiled, Rendered, Target};
use score_policy::{
    Choice, CompiledProject, Date, Level, On, Policy, Preset, RuleSet, Selection, Verdict, Waivers,
    judge,
};
use score_spec::{Code, Diagnostic, Sources, Span, diagnostic::any_error};

use super::project::Project;
use crate::report::levels::Rules;

/// The environment variable for reproducible runs: the seconds since 1970 that stand for the current time.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The rules of a project and its waivers.
#[derive(Debug)]
pub(crate) struct Policies {
    rules: RuleSet,
    waivers: Waivers,
    today: Date,
    /// The location of the settings.
    settings: Option<Span>,
    /// The problems of policy files and waivers.
    diagnostics: Vec<Diagnostic>,
    /// Whether the run has all Score files of the project.
    is_whole: bool,
}

impl Policies {
    /// Reads the rules with the levels that options set.
    pub(crate) fn read(
        project: &Project,
        sources: &Sources,
        options: &Rules,
        is_whole: bool,
    ) -> Self {
        let mut diagnostics = Vec::new();
        let mut policies = Vec::new();
        for id in &project.policies {
            policies.extend(Policy::read_all(sources, *id, &mut diagnostics));
        }
        let section = project.policy_settings();
        let mut choice = match section {
            Some(section) => Choice::read(section),
            None => Choice {
                preset: Preset::Baseline,
                ceiling: Level::Warn,
                ..Choice::default()
            },
        };
        choice.levels.extend(options.rule_levels());
        let is_off =
            choice.preset == Preset::None && choice.levels.is_empty() && choice.params.is_empty();
        let built_in = project.built_in_policies.iter().zip(score_policies::STORED);
        for (id, stored) in built_in.filter(|_| !is_off) {
            let read = Policy::read_all_built_in(sources, *id, stored, &mut diagnostics);
            policies.extend(read);
        }
        let rules = RuleSet::new(policies, &choice, sources, &mut diagnostics);
        let mut waivers = Waivers::default();
        if let Some(id) = project.waivers {
            waivers.read_all(sources, id, &mut diagnostics);
        }
        Self {
            rules,
            waivers,
            today: today(),
            settings: project.settings.section_place("policies"),
            diagnostics,
            is_whole,
        }
    }

    /// The rules, and the problems of policy files.
    pub(crate) fn into_rules(self) -> (RuleSet, Vec<Diagnostic>) {
        (self.rules, self.diagnostics)
    }

    /// Whether rules are judged for the objects of a target.
    pub(crate) fn reads_objects(&self, target: Option<&dyn Target>) -> bool {
        let mut kinds = subjects_of_output(target).iter();
        kinds.any(|on| self.rules.judges(*on))
    }

    /// Judges a compiled project, and adds the findings to its diagnostics. If rules [read objects](Self::reads_objects),
    /// it must have them.
    pub(crate) fn judge(
        &self,
        compiled: &Compiled<'_>,
        rendered: &mut Rendered,
        target: Option<&dyn Target>,
    ) {
        let is_complete = !any_error(&rendered.diagnostics);
        rendered.diagnostics.extend(self.diagnostics.clone());
        if self.rules.is_empty() && self.waivers.iter().next().is_none() {
            return;
        }
        let reads_objects = self.reads_objects(target);
        let description = compiled.describe(rendered, target);
        if reads_objects && is_complete && self.settings.is_some() {
            let project = &rendered.project;
            let unknown = project.resources.values();
            let unknown = unknown.filter(|it| {
                it.provisioner.adds_to_output() && !rendered.resolved.contains_key(&it.uid)
            });
            let found: Vec<Diagnostic> = unknown.map(not_judged).collect();
            rendered.diagnostics.extend(found);
        }
        let project = CompiledProject {
            compiled,
            rendered,
            description: &description,
            target,
            settings: self.settings,
            is_complete,
        };
        let (judgements, faults) = judge(&self.rules, project);
        let environment = description.model.environment.as_ref();
        let environment = environment.map(|environment| environment.name.as_str());
        let mut waivers = self.waivers.at(self.today);
        let mut found = faults;
        for judgement in judgements {
            let selection = judgement.selection(environment);
            let verdict = waivers.verdict(&judgement.rule, &selection);
            let diagnostic = decided(judgement.diagnostic, verdict);
            found.push(diagnostic);
        }
        let rules: Vec<&str> = self.rules.rules().map(|(rule, _)| &*rule.id).collect();
        found.extend(waivers.finish(self.is_whole && is_complete, environment, &rules));
        rendered.diagnostics.extend(found);
    }
}

/// The waivers of a project for the hazards of its plan.
#[derive(Debug)]
pub(crate) struct PlanWaivers {
    waivers: Waivers,
    /// The problems of the file with waivers.
    diagnostics: Vec<Diagnostic>,
}

/// A hazard of a plan, with what waivers select.
pub(crate) type Hazard<'a> = (Diagnostic, Selection<'a>);

impl PlanWaivers {
    /// Reads the waivers of a project.
    pub(crate) fn read(project: &Project, sources: &Sources) -> Self {
        let (mut waivers, mut diagnostics) = (Waivers::default(), Vec::new());
        if let Some(id) = project.waivers {
            waivers.read_all(sources, id, &mut diagnostics);
        }
        Self {
            waivers,
            diagnostics,
        }
    }

    /// The hazards of a plan after waivers, in their order, and the problems of the waivers.
    pub(crate) fn apply(self, hazards: Vec<Hazard<'_>>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let mut application = self.waivers.at(today());
        let hazards = hazards.into_iter().map(|(hazard, selection)| {
            let verdict = application.verdict(hazard.id(), &selection);
            decided(hazard, verdict)
        });
        let hazards = hazards.collect();
        let mut problems = self.diagnostics;
        problems.extend(application.finish(false, None, &[]));
        (hazards, problems)
    }
}

/// A finding after the waiver that applies to it, or has applied to it.
fn decided(finding: Diagnostic, verdict: Option<Verdict<'_>>) -> Diagnostic {
    match verdict {
        Some(Verdict::Waived(waiver)) => {
            let (reason, owner) = (&waiver.reason, &waiver.owner);
            finding.waived(format!("{reason} ({owner}, until {})", waiver.until))
        }
        Some(Verdict::Expired(waiver)) => finding.at(waiver.until_span, "this waiver has ended"),
        None => finding,
    }
}

/// The kinds of subjects for which the objects of a target are needed.
fn subjects_of_output(target: Option<&dyn Target>) -> &'static [On] {
    match target.and_then(|target| target.needs().platform) {
        Some("compose") => &[On::Service, On::Project],
        Some("kubernetes") => &[On::Pod, On::Object, On::Project],
        _ => &[On::Pod, On::Object, On::Service, On::Project],
    }
}

/// The warning that rules do not see what a resource adds to the output, because it needs values that the run does
/// not have.
fn not_judged(resource: &Resource) -> Diagnostic {
    let uid = &resource.uid;
    let message = format!("rules do not cover what the provisioner of `{uid}` generates");
    let found = Diagnostic::new(Code::PolicyNotJudged, message);
    let found = found.at(resource.span, "needs values that are not known here");
    found.help("`score-rs generate --check` judges it, with all values and answers of commands")
}

/// The current date, or the one of [`EPOCH`].
fn today() -> Date {
    let given = std::env::var(EPOCH).ok();
    let given = given.and_then(|seconds| seconds.trim().parse().ok());
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or_default())
    };
    Date::from_unix(given.unwrap_or_else(now))
}
