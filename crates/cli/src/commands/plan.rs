//! `score-rs plan`: the effect of a change on what is running.

mod before;
mod compiled;
mod compose;
mod existing;
mod hide;
mod human;
mod json;
mod judge;
mod markdown;
mod pairs;
mod removed;
mod section;
mod side;

use std::collections::BTreeMap;

use score_compiler::parallel;
use score_impact::{Class, Keep};
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Severity, Sources};

use self::before::{Before, Compared, Other};
use self::judge::Judge;
use self::section::{Locator, Section};
use self::side::{Output, SideInputs};
use crate::args::{Against, Plan, PlanFormat};
use crate::commands::Outcome;
use crate::commands::validate::{self, RunFindings};
use crate::input::environments::{EnvironmentChoice, select};
use crate::report::console::{self, Color, Console};
use crate::report::failure::Failure;
use crate::report::findings::Findings;
use crate::report::format::Format;
use crate::report::levels::Levels;

/// The result for one environment.
struct Part {
    /// The plan; absent if the Score files have errors.
    section: Option<Section>,
    findings: RunFindings,
}

/// Compares both sides in each environment, and prints the result.
pub(crate) fn run(args: &Plan, console: &Console) -> Result<Outcome, Failure> {
    let mut selected = select(&args.inputs, args.all.all_envs)?;
    for environment in &mut selected {
        environment.uses_examples = true;
    }
    let mut other = Other::new(args);
    let (mut sections, mut parts) = (Vec::new(), Vec::new());
    for environment in &selected {
        let part = part(args, environment, &mut other, console)?;
        sections.extend(part.section);
        parts.push(part.findings);
    }
    if args.all.all_envs {
        let (gone, hazards) = removed::plans(&other, console)?;
        sections.extend(gone);
        if let Some(part) = parts.last_mut() {
            part.diagnostics.extend(hazards);
        }
    }
    let findings = RunFindings::merged(parts).into_findings();
    let findings = findings.with_command("plan");
    print(&sections, &findings, args.format, console)?;
    Ok(Outcome::of(&findings.diagnostics))
}

/// Prints the report about a failure in a format for programs.
pub(crate) fn report_failure(args: &Plan, failure: &Failure) {
    let mut found = Diagnostic::new(Code::RunFailed, failure.message.as_str());
    if let Some(help) = &failure.help {
        found = found.help(help.as_str());
    }
    let findings = Findings::new(Sources::new(), vec![found], Vec::new()).with_command("plan");
    let console = Console::new(true, 0, Color::Never);
    if args.format != PlanFormat::Human {
        // If standard output cannot be written, that may be the failure.
        let _ = print(&[], &findings, args.format, &console);
    }
}

fn print(
    sections: &[Section],
    findings: &Findings,
    format: PlanFormat,
    console: &Console,
) -> Result<(), Failure> {
    let of_findings = |format: Format| {
        let text = format.write(findings).unwrap_or_default();
        console::result(text.as_bytes())
    };
    match format {
        PlanFormat::Human => {
            // Hazards are part of the plan.
            let others = findings.diagnostics.iter();
            let others = others.filter(|found| !found.code.name().starts_with("plan/"));
            let others: Vec<Diagnostic> = others.cloned().collect();
            console.show(&findings.sources, &others);
            for gap in sections.iter().flat_map(Section::notes) {
                console.note(&gap);
            }
            console::lines(&human::text(sections, findings))
        }
        PlanFormat::Json => console::json(&json::text(sections, findings)),
        PlanFormat::Markdown => console::result(markdown::text(sections, findings).as_bytes()),
        PlanFormat::Github => of_findings(Format::Github),
        PlanFormat::Sarif => of_findings(Format::Sarif),
        PlanFormat::Junit => of_findings(Format::Junit),
    }
}

/// Compares both sides in an environment.
fn part(
    args: &Plan,
    environment: &EnvironmentChoice,
    other: &mut Other<'_>,
    console: &Console,
) -> Result<Part, Failure> {
    let file = match &args.against {
        Some(Against::Path(path)) if !path.is_dir() => Some(path.as_path()),
        _ => None,
    };
    let side = SideInputs::read(&args.inputs, &args.output, (environment, file), console)?;
    let levels = side.prepared.levels(args.levels.rules());
    let mut part = if side.prepared.is_broken() {
        Part {
            section: None,
            findings: validate::partial(side.prepared, &levels, console),
        }
    } else {
        let before = other.read(&side, environment, console)?;
        compared(side, before, (other, environment), &levels)?
    };
    let mark = environment.name.as_deref();
    let mark = mark.filter(|_| environment.is_one_of_several());
    part.findings = part.findings.of_environment(mark);
    Ok(part)
}

/// Compiles both sides, and compares them.
fn compared(
    mut side: SideInputs,
    mut before: Before,
    (other, environment): (&Other<'_>, &EnvironmentChoice),
    levels: &Levels,
) -> Result<Part, Failure> {
    let project = &mut side.prepared.project;
    let sources = side.prepared.request.compiler.sources();
    let judge = Judge::new(levels.clone(), project, sources);
    let base = before.side.as_ref().filter(|_| other.is_revision());
    let base = base.map(|old| {
        let project = &old.prepared.project;
        let levels = old.prepared.levels(other.levels());
        Judge::new(levels, project, old.prepared.request.compiler.sources())
    });
    let of_project = std::mem::take(&mut project.diagnostics);
    let (gates, chain) = (project.gates.clone(), project.chain.clone());
    let destination = side.destination.clone();
    let is_large = side.prepared.request.texts.specs.len() >= parallel::ENOUGH;
    let mut old_side = before.side.take();
    let (old, mut new) = parallel::both(
        is_large,
        || old_side.as_mut().map(SideInputs::output),
        || side.output(),
    );
    let mut found: Vec<Diagnostic> = new.errors().cloned().collect();
    found.extend(of_project);
    let mut found = levels.apply(found);
    let mut section = None;
    if !any_error(&found) {
        if let Some(old) = old.as_ref().filter(|old| old.errors().next().is_some()) {
            return Err(other.broken(&old.rendered.sources, &old.rendered.diagnostics));
        }
        let compared = before.compare(old.as_ref(), &new, (&destination, &gates))?;
        let planned = Planned {
            output: &new,
            old: old.as_ref(),
            environment: environment.name.as_deref(),
        };
        let (mut judged, hazards) = planned.judged(compared, (judge, base));
        judged.against = other.name(&destination);
        judged.former = other
            .pairs()
            .and_then(|it| it.note(environment.name.as_deref()));
        judged.gaps.extend(other.gaps(old.as_ref()));
        found.extend(hazards);
        section = Some(judged);
    }
    new.rendered.diagnostics = found;
    let findings = RunFindings::of(&mut new.rendered, false)
        .with_paths_in(gates.project.real())
        .of_chain(&chain);
    if !environment.is_one_of_several() {
        // The process ends soon, and to free each value of a large project takes a tenth of a run.
        std::mem::forget((old, new));
    }
    Ok(Part { section, findings })
}

/// A new output whose changes are judged.
struct Planned<'a> {
    output: &'a Output<'a>,
    /// The other side, if it is compiled.
    old: Option<&'a Output<'a>>,
    environment: Option<&'a str>,
}

impl Planned<'_> {
    /// The plan, and the diagnostics of its hazards.
    fn judged(
        &self,
        compared: Compared,
        (judge, base): (Judge, Option<Judge>),
    ) -> (Section, Vec<Diagnostic>) {
        let Compared {
            changes,
            is_new,
            gaps,
        } = compared;
        let locator = Locator::new(self.output, self.old, &changes);
        let keeps: Vec<&Keep> = changes.renames.iter().flat_map(|it| &it.keeps).collect();
        let places = changes.changes.iter();
        let places: Vec<_> = places.map(|change| locator.place(change, &keeps)).collect();
        let about = (places, self.environment, is_new.is_some());
        let (entries, found) = judge.entries(base, &changes, about);
        let section = Section {
            environment: self.environment.map(str::to_owned),
            target: self.output.target.name().to_owned(),
            against: String::new(),
            former: None,
            is_new,
            changes,
            entries,
            gaps,
        };
        (section, found)
    }
}

/// The number of changes whose level is this one.
fn at_level(sections: &[Section], level: Severity) -> usize {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.filter(|entry| entry.level == Some(level)).count()
}

/// The number of changes of each class that has any, the worst one first.
fn classes(sections: &[Section]) -> Vec<(Class, usize)> {
    let mut numbers: BTreeMap<Class, usize> = BTreeMap::new();
    for (change, _) in sections.iter().flat_map(Section::shown) {
        *numbers.entry(change.class).or_default() += 1;
    }
    numbers.into_iter().rev().collect()
}
