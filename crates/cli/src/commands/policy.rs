//! `score-rs policy`: the rules of a project.

use std::fmt::Write;

use score_policy::{Check, Level, Policy, Preset, Rule, RuleState, test as outcomes};
use score_spec::diagnostic::{any_error, sort};
use score_spec::{Diagnostic, SourceId, Sources, Span};
use serde_json::{Value, json};

use crate::args::{ListFormat, PolicyEnvironment, PolicyList, PolicyTest};
use crate::commands::Outcome;
use crate::commands::explain::unknown;
use crate::host::name;
use crate::input::policies::Policies;
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};
use crate::report::human::count;
use crate::report::levels::Rules;

/// The start of the names of built-in files.
const BUILT_IN: &str = "builtin:";

/// Lists the rules of the project, even if some have errors.
pub(crate) fn list(args: &PolicyList, console: &Console) -> Result<Outcome, Failure> {
    let (sources, project) = read(&args.environment)?;
    let (rules, found) = Policies::read(&project, &sources, &Rules::default(), false).into_rules();
    let diagnostics = reported(project.diagnostics, found, &sources, console);
    match args.format {
        ListFormat::Json => {
            let rows: Value = rules
                .rules()
                .map(|(rule, it)| row_json(rule, it, &sources))
                .collect();
            console::json(&format!("{rows:#}\n"))?;
        }
        ListFormat::Table => {
            let rows = rules.rules().map(|(rule, state)| {
                let level = level(state).unwrap_or("without params");
                let columns = [
                    &*rule.id,
                    rule.on.name(),
                    level,
                    &location(&sources, rule.span),
                ];
                columns.map(str::to_owned).to_vec()
            });
            let rows: Vec<Vec<String>> = rows.collect();
            console::lines(&console.table(&["RULE", "ON", "LEVEL", "FROM"], &rows))?;
        }
    }
    Ok(Outcome::errors_if(any_error(&diagnostics)))
}

/// Runs the tests of rules.
pub(crate) fn test(args: &PolicyTest, console: &Console) -> Result<Outcome, Failure> {
    let (mut sources, project) = read(&args.environment)?;
    let mut files = Vec::new();
    for path in &args.paths {
        let text = project.gates.read(path).reading(path)?;
        files.push(sources.add(name(path), text));
    }
    if args.paths.is_empty() {
        files.clone_from(&project.policies);
    }
    if files.is_empty() {
        return Err(Failure::new("there are no policies to test")
            .help("name files, or list them under `policies` in `score-rs.yaml`"));
    }
    Ok(test_files(&files, &sources, project.diagnostics, console))
}

/// Runs the tests of the policies of the project, if it has any.
pub(crate) fn test_all(console: &Console) -> Result<Option<Outcome>, Failure> {
    let (sources, project) = read(&PolicyEnvironment { env: None })?;
    if project.policies.is_empty() {
        return Ok(None);
    }
    let files = project.policies.clone();
    let outcome = test_files(&files, &sources, project.diagnostics, console);
    Ok(Some(outcome))
}

fn test_files(
    files: &[SourceId],
    sources: &Sources,
    mut diagnostics: Vec<Diagnostic>,
    console: &Console,
) -> Outcome {
    let mut policies = Vec::new();
    for id in files {
        policies.extend(Policy::read_all(sources, *id, &mut diagnostics));
    }
    let (mut passed, mut failed) = (0, 0);
    for rule in policies.iter().flat_map(|policy| &policy.rules) {
        for outcome in outcomes(rule, sources) {
            match outcome.problem {
                Some(problem) => {
                    failed += 1;
                    diagnostics.push(problem);
                }
                None => passed += 1,
            }
        }
        if rule.examples.is_empty() {
            console.note(&format!("the rule `{}` has no tests", rule.id));
        }
    }
    sort(&mut diagnostics);
    console.show(sources, &diagnostics);
    let failures = if failed == 0 {
        String::new()
    } else {
        format!(", {failed} failed")
    };
    console.done(&format!("{} passed{failures}", count(passed, "test")));
    Outcome::errors_if(any_error(&diagnostics))
}

/// The description of a rule of the project.
pub(super) fn page(id: &str) -> Result<String, Failure> {
    let (sources, project) = read(&PolicyEnvironment { env: None })?;
    let (rules, _) = Policies::read(&project, &sources, &Rules::default(), false).into_rules();
    let mut all = rules.rules();
    let found = all.find(|(rule, _)| *rule.id == *id);
    let ids = || rules.rules().map(|(rule, _)| &*rule.id);
    let (rule, state) = found.ok_or_else(|| unknown(id, ids()))?;
    Ok(described(rule, state, &sources))
}

fn described(rule: &Rule, state: RuleState, sources: &Sources) -> String {
    let mut text = format!("{}\n\n{}\n", rule.id, rule.message);
    if let Some(description) = &rule.description {
        let _ = write!(text, "\n{}\n", description.trim_end());
    }
    if let Some(help) = &rule.help {
        let _ = write!(text, "\nHelp: {help}\n");
    }
    let _ = writeln!(text);
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "{:<9}{value}", format!("{label}:"));
    };
    line("on", rule.on.name());
    line(
        "level",
        level(state).unwrap_or("none, because a required param is not set"),
    );
    let presets = Preset::ALL.into_iter().skip(1);
    let presets = presets.map(|it| format!("{} {}", it.name(), rule.levels.at(it).name()));
    line("presets", &presets.collect::<Vec<_>>().join(", "));
    if let Some(when) = &rule.when {
        line("when", when.text().trim());
    }
    match &rule.check {
        Check::Expression(require) => line("require", require.text().trim()),
        Check::Schema(schema) => line("schema", &schema.json().to_string()),
    }
    for (path, value) in &rule.fix {
        line("fix", &format!("{path}: {}", value.to_json()));
    }
    if !rule.params.required().is_empty() {
        line("params", &rule.params.required().join(", "));
    }
    line("from", &location(sources, rule.span));
    text
}

/// The project with the policies of an environment.
fn read(environment: &PolicyEnvironment) -> Result<(Sources, Project), Failure> {
    let mut sources = Sources::new();
    let project = Project::around(&mut sources, &environment.paths())?;
    Ok((sources, project))
}

/// Prints the diagnostics.
fn reported(
    mut diagnostics: Vec<Diagnostic>,
    more: Vec<Diagnostic>,
    sources: &Sources,
    console: &Console,
) -> Vec<Diagnostic> {
    diagnostics.extend(more);
    sort(&mut diagnostics);
    console.report(sources, &diagnostics);
    diagnostics
}

fn level(state: RuleState) -> Option<&'static str> {
    match state {
        RuleState::Judged(level) => Some(level.name()),
        RuleState::Allowed => Some(Level::Allow.name()),
        RuleState::WithoutParams => None,
    }
}

fn location(sources: &Sources, span: Span) -> String {
    let name = &sources.get(span.source).name;
    match line(sources, span) {
        Some(line) => format!("{name}:{line}"),
        None => name.clone(),
    }
}

/// The line of a place in a file; none for built-in policies, which are no files.
fn line(sources: &Sources, span: Span) -> Option<usize> {
    let is_built_in = sources.get(span.source).name.starts_with(BUILT_IN);
    let position = sources.position(span.source, span.range().start);
    (!is_built_in).then_some(position.line)
}

fn row_json(rule: &Rule, state: RuleState, sources: &Sources) -> Value {
    json!({
        "rule": &*rule.id,
        "on": rule.on.name(),
        "level": level(state),
        "message": rule.message,
        "help": rule.help,
        "file": sources.get(rule.span.source).name,
        "line": line(sources, rule.span),
    })
}
