//! `score-rs provisioners test`: runs the tests of provisioner files, which the compiler parses.

mod case;
mod expected;
mod folders;
mod generated;
mod matching;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use score_compiler::catalogue::{Audience, Catalogue, CatalogueEntry, Conditions, Provisioner};
use score_compiler::{Commands, Compiler, Target, targets};
use score_spec::{
    Diagnostic, SourceId, Sources, Span,
    diagnostic::{any_error, sort},
};

use crate::args::{ProvisionerPaths, ProvisionersTest};
use crate::commands::Outcome;
use crate::host::{Gates, Shared};
use crate::input::environments;
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::Failure;
use case::Case;
use expected::{ExpectedFiles, update};
use folders::{folder_of, forgotten, label, open_folders, require_own_folders};

/// A provisioner whose tests are run, and the open folder of its file.
struct Selected<'a> {
    provisioner: &'a Provisioner,
    base: Shared,
}

/// The number of tests by result.
#[derive(Default)]
struct Tally {
    passed: usize,
    updated: usize,
    failed: usize,
    /// The number of failed tests whose parts differ from the expected files.
    different: usize,
}

/// The reason why a test fails.
enum Problem {
    /// The compilation reports errors.
    Findings(Vec<Diagnostic>),
    /// A result differs from the expected one.
    Message(String),
    /// A rendered file differs from the expected one; the lines of the difference.
    Lines(String),
}

/// The tests that have run, and what they found.
#[derive(Default)]
struct Results {
    tally: Tally,
    /// The folders and targets of the tests.
    tested: BTreeSet<(PathBuf, &'static str)>,
    /// The expected files for `--update`.
    expected: Vec<ExpectedFiles>,
    /// The folders that belong to no test, by path.
    forgotten: BTreeMap<PathBuf, ExpectedFiles>,
    notes: BTreeSet<String>,
    has_files: bool,
}

/// Runs the tests of provisioners in a file that is not written yet. Returns whether it has no errors.
pub(super) fn test_text(
    (name, text): (&str, &str),
    gates: &Gates,
    console: &Console,
) -> Result<bool, Failure> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let file = sources.add(name, text);
    let entries = [CatalogueEntry::from(vec![file])];
    let conditions = Conditions::default();
    let catalogue = Catalogue::new(&mut sources, &entries, conditions, &mut diagnostics);
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(false);
    }
    let base = gates.project.root();
    let own = catalogue.provisioners().map(|it| &**it);
    let own = own.filter(|it| it.span.source == file);
    let selected = own.map(|provisioner| Selected {
        provisioner,
        base: Arc::clone(base),
    });
    let selected: Vec<Selected> = selected.collect();
    let platforms = Platforms::new(&mut sources, &entries);
    let compiler = Compiler::new()
        .with_catalogue(sources, entries.to_vec())
        .with_commands(Commands::Run);
    let mut tally = Tally::default();
    for case in cases((&catalogue, &platforms), &selected, &[])? {
        case.run(&compiler, false, &mut tally, console)?;
    }
    Ok(tally.failed == 0)
}

/// Runs the tests of provisioners.
pub(crate) fn test(args: &ProvisionersTest, console: &Console) -> Result<Outcome, Failure> {
    run(args, console)?.ok_or_else(|| {
        Failure::new("there are no provisioners to test")
            .help("name files, or list them under `provisioners` in `score-rs.yaml`")
    })
}

/// Runs the tests of the provisioners of the project, if it has any.
pub(crate) fn test_all(console: &Console) -> Result<Option<Outcome>, Failure> {
    run(&ProvisionersTest::default(), console)
}

fn run(args: &ProvisionersTest, console: &Console) -> Result<Option<Outcome>, Failure> {
    let mut results = Results::default();
    for (sources, project) in projects(args)? {
        if results.add(sources, project, args, console)? == Outcome::Errors {
            return Ok(Some(Outcome::Errors));
        }
    }
    if !results.has_files {
        return Ok(None);
    }
    if args.update {
        update(&results.expected)?;
        let forgotten = results.forgotten.into_values();
        update(&forgotten.collect::<Vec<_>>())?;
    } else {
        for folder in results.forgotten.keys() {
            let folder = folder.display();
            console.note(&format!(
                "the folder `{folder}` does not belong to a test; `--update` removes it"
            ));
        }
    }
    let tally = results.tally;
    console.done(&tally.summary());
    if tally.different > 0 {
        console.note("`--update` writes the expected files; review them before you commit them");
    }
    Ok(Some(Outcome::errors_if(tally.failed > 0)))
}

/// The project with the settings whose provisioners are tested: those of the selected environment, or else those of the
/// project file and of each environment that is not abstract.
fn projects(args: &ProvisionersTest) -> Result<Vec<(Sources, Project)>, Failure> {
    let read = |env: Option<&String>| {
        let mut sources = Sources::new();
        let options = ProvisionerPaths {
            env: env.cloned(),
            ..args.provisioners.clone()
        };
        let mut project = match env {
            Some(_) => Project::around(&mut sources, &options)?,
            None => Project::without_environment(&mut sources, &options)?,
        };
        test_for_everyone(&mut project, options.paths.len());
        Ok((sources, project))
    };
    if let Some(env) = &args.provisioners.env {
        return Ok(vec![read(Some(env))?]);
    }
    let mut projects = vec![read(None)?];
    if args.paths.is_empty() && !projects[0].1.environments.is_empty() {
        let (known, _) = environments::read(
            &args.provisioners.inputs(),
            &mut Sources::new(),
            &mut Vec::new(),
        )?;
        for environment in known.iter().filter(|it| !it.is_abstract) {
            projects.push(read(Some(&environment.name))?);
        }
    }
    Ok(projects)
}

/// Removes the audiences of the entries of environments, after the first entries. A file has the same results as if it is
/// named in an argument, because an environment can list it for some workloads and another one for all.
fn test_for_everyone(project: &mut Project, first: usize) {
    let mut seen = BTreeSet::new();
    let entries = project.provisioners.iter_mut().skip(first);
    for (entry, source) in entries.zip(&project.settings.provisioners) {
        if Some(source.from.span.source) != project.file {
            entry.audience = Audience::default();
            entry.files.retain(|file| seen.insert(*file));
        }
    }
}

impl Results {
    /// Runs the tests of a project that have not run yet. Errors of its files are reported.
    fn add(
        &mut self,
        sources: Sources,
        mut project: Project,
        args: &ProvisionersTest,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let mut sources = sources;
        let files = match args.paths.as_slice() {
            [] => project.own(&sources),
            paths => project.select(&mut sources, paths)?,
        };
        let mut diagnostics = project.diagnostics;
        let catalogue = Catalogue::new(
            &mut sources,
            &project.provisioners,
            Conditions::default(),
            &mut diagnostics,
        );
        sort(&mut diagnostics);
        console.report(&sources, &diagnostics);
        if any_error(&diagnostics) {
            return Ok(Outcome::Errors);
        }
        self.has_files |= !files.is_empty();
        let selected = selected(&catalogue, &files, &project.gates)?;
        require_own_folders(&selected)?;
        self.note_untested(&selected, &sources, console);
        let platforms = Platforms::new(&mut sources, &project.provisioners);
        let compiler = Compiler::new()
            .with_catalogue(sources, project.provisioners)
            .with_commands(Commands::Run);
        for case in cases((&catalogue, &platforms), &selected, &args.target)? {
            let folder = case.base.path().join(&case.folder);
            if self.tested.insert((folder, case.target.name())) {
                let files = case.run(&compiler, args.update, &mut self.tally, console)?;
                self.expected.extend(files);
            }
        }
        for unused in forgotten(&selected)? {
            let folder = unused.base.path().join(&unused.folder);
            self.forgotten.insert(folder, unused);
        }
        Ok(Outcome::Fine)
    }

    /// Prints a note for each provisioner without tests.
    fn note_untested(&mut self, selected: &[Selected], sources: &Sources, console: &Console) {
        for Selected { provisioner, .. } in selected {
            if provisioner.tests.is_empty() {
                let span = provisioner.span;
                let line = sources.position(span.source, span.range().start).line;
                let (file, label) = (&provisioner.file, label(provisioner));
                let note = format!("{file}:{line}: `{label}` has no tests");
                if self.notes.insert(note.clone()) {
                    console.note(&note);
                }
            }
        }
    }
}

/// The provisioners of the selected files, in the order of their declaration.
fn selected<'a>(
    catalogue: &'a Catalogue,
    files: &[SourceId],
    gates: &Gates,
) -> Result<Vec<Selected<'a>>, Failure> {
    let all = catalogue.provisioners().map(|it| &**it);
    let mut selected: Vec<&Provisioner> =
        all.filter(|it| files.contains(&it.span.source)).collect();
    // Of the same provisioner in several entries, the last one is for the most workloads.
    let last: BTreeMap<Span, usize> = selected.iter().map(|it| (it.span, it.entry)).collect();
    selected.retain(|it| last.get(&it.span) == Some(&it.entry));
    let folders = open_folders(&selected, gates)?;
    let selected = selected.into_iter().map(|provisioner| Selected {
        provisioner,
        base: Arc::clone(&folders[provisioner.file.as_str()]),
    });
    Ok(selected.collect())
}

/// The catalogues for the platforms of targets, because inherited parts can depend on the platform.
struct Platforms(BTreeMap<&'static str, Catalogue>);

impl Platforms {
    fn new(sources: &mut Sources, entries: &[CatalogueEntry]) -> Self {
        let platforms = targets().into_iter().filter_map(|it| it.needs().platform);
        let platforms: BTreeSet<&'static str> = platforms.collect();
        let mut load = |platform| {
            let conditions = Conditions {
                platform: Some(platform),
                ..Conditions::default()
            };
            // The catalogue for any platform has reported the diagnostics.
            let catalogue = Catalogue::new(sources, entries, conditions, &mut Vec::new());
            (platform, catalogue)
        };
        Self(platforms.into_iter().map(&mut load).collect())
    }

    /// The provisioner as it is for the platform of a target.
    fn of<'a>(&'a self, provisioner: &'a Provisioner, target: &dyn Target) -> &'a Provisioner {
        let platform = target
            .needs()
            .platform
            .filter(|_| !provisioner.bases.is_empty());
        let catalogue = platform.and_then(|platform| self.0.get(platform));
        let all = catalogue.into_iter().flat_map(Catalogue::provisioners);
        let mut same =
            all.filter(|it| (it.span, it.entry) == (provisioner.span, provisioner.entry));
        same.next().map_or(provisioner, |it| it)
    }
}

/// The tests for all selected targets, in the order of their declaration.
fn cases<'a>(
    (catalogue, platforms): (&'a Catalogue, &'a Platforms),
    selected: &[Selected<'a>],
    names: &[String],
) -> Result<Vec<Case<'a>>, Failure> {
    let mut cases = Vec::new();
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for Selected { provisioner, base } in selected {
        let wanted = |target: &&dyn Target| {
            let named = names.is_empty() || names.iter().any(|name| name == target.name());
            let platform = target.needs().platform;
            let replaced = platform.is_some_and(|it| catalogue.is_replaced(provisioner, it));
            named && platforms.of(provisioner, *target).is_for(platform) && !replaced
        };
        for test in &provisioner.tests {
            let folder = folder_of(provisioner, test);
            let shown = base.path().join(&folder);
            if !folders.insert(shown.clone()) {
                let message = format!("two tests have the folder `{}`", shown.display());
                return Err(Failure::new(message).help("rename one of them"));
            }
            cases.extend(targets().into_iter().filter(wanted).map(|target| Case {
                provisioner: platforms.of(provisioner, target),
                test,
                target,
                base: Arc::clone(base),
                folder: folder.clone(),
            }));
        }
    }
    Ok(cases)
}

impl Tally {
    fn summary(&self) -> String {
        let updated = match self.updated {
            0 => String::new(),
            number => format!(", {number} updated"),
        };
        format!("{} passed{updated}, {} failed", self.passed, self.failed)
    }
}
