//! `score-rs provisioners test`. Not: what a test is; the compiler reads that.

mod expected;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::catalogue::{Catalogue, Provisioner, ProvisionerTest};
use score_compiler::ir::Ref;
use score_compiler::world::{Call, FileError, RunError};
use score_compiler::{
    Commands, Compiler, Inputs, OutputContent, ProjectKey, Rendered, Target, Text, World,
};
use score_spec::{
    Diagnostic, Severity, SourceId, Sources, Value, diagnostic::any_error, diagnostic::sort,
};

use crate::args::ProvisionersTest;
use crate::commands::Outcome;
use crate::host::disk::LIMIT;
use crate::host::{Gates, Identity, Kind, Located, OWN_FOLDER, Shared};
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::output_text::shown;
use expected::{Difference, ExpectedFiles, orphans, update};

/// The key of all tests. It is known to everybody, so that what is rendered can be compared, and
/// protects nothing.
const KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,
];

/// The world of a test: it has no files, every variable says which one it is, and a command answers
/// what the test says.
struct TestWorld<'a>(&'a ProvisionerTest);

impl World for TestWorld<'_> {
    fn file(&self, _spec: &str, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn variable(&self, name: &str) -> Option<String> {
        Some(value_of(name))
    }

    fn environment(&self, _name: &str) -> Option<String> {
        None
    }

    fn run(&self, _call: &Call) -> Result<Vec<u8>, RunError> {
        let missing = "commands do not run in tests; set its answer under `run`";
        let answer = self.0.answer();
        answer.ok_or_else(|| RunError::NotStarted(missing.to_owned()))
    }
}

/// The value of every environment variable in a test.
fn value_of(name: &str) -> String {
    format!("value of {name}")
}

/// A part of an output with the value of an environment variable in its place. A target that leaves the
/// variable to whoever runs its files has the same outputs in a test as one that reads it.
fn with_value(reference: &Ref) -> Text {
    match reference {
        Ref::Env { name, .. } => value_of(name).into(),
        other => other.clone().into(),
    }
}

/// A test for one target.
struct Case<'a> {
    provisioner: &'a Provisioner,
    test: &'a ProvisionerTest,
    target: &'static dyn Target,
    /// The folder of the provisioner file.
    base: Shared,
    /// The folder of what is expected for all targets, from there.
    folder: PathBuf,
}

/// Why a test fails.
enum Problem {
    /// It cannot be compiled, or not as it should.
    Findings {
        message: Option<String>,
        sources: Sources,
        findings: Vec<Diagnostic>,
    },
    /// An output is not as expected, or the resource is not answered as expected.
    Message(String),
    /// A rendered file differs.
    Difference(Difference),
}

/// How many tests have ended in which way.
#[derive(Default)]
struct Tally {
    passed: usize,
    updated: usize,
    failed: usize,
    /// Those among the failed ones that render other files than expected.
    different: usize,
}

/// Runs the tests of provisioners.
pub(crate) fn test(args: &ProvisionersTest, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let mut project = Project::find(&mut sources, &args.provisioners, (&[], None))?;
    let selected = match args.paths.as_slice() {
        [] => project.own(&sources),
        paths => project.select(&mut sources, paths)?,
    };
    let mut diagnostics = project.diagnostics;
    let catalogue = Catalogue::new(&sources, &project.provisioners, None, &mut diagnostics);
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    if selected.is_empty() {
        return Err(Failure::new("there are no provisioners to test")
            .help("name files, or list them under `provisioners` in `score-rs.yaml`"));
    }
    let base = Compiler::new()
        .with_catalogue(sources, project.provisioners)
        .with_commands(Commands::Run);
    let bases = Bases::new(&catalogue, &selected, &project.gates)?;
    require_own_folders(&catalogue, &selected, &bases)?;
    let cases = cases(
        (&catalogue, &bases),
        &selected,
        &args.target,
        base.sources(),
        console,
    )?;
    let mut tally = Tally::default();
    let mut all_expected = Vec::new();
    for case in &cases {
        all_expected.extend(case.run(&base, args.update, &mut tally, console)?);
    }
    if args.update {
        update(&all_expected)?;
    }
    for (base, folder) in forgotten(&catalogue, &selected, &bases)? {
        if args.update {
            let files = BTreeMap::new();
            update(&[ExpectedFiles {
                base,
                folder,
                files,
            }])?;
        } else {
            let folder = base.path().join(folder);
            let folder = folder.display();
            console.note(&format!(
                "the folder `{folder}` does not belong to a test; `--update` removes it"
            ));
        }
    }
    console.done(&tally.summary());
    if tally.different > 0 {
        console.note("`--update` writes the rendered files; review them before you commit them");
    }
    Ok(Outcome::errors_if(tally.failed > 0))
}

/// The tests of the selected files for all targets, in the order in which they are declared.
fn cases<'a>(
    (catalogue, bases): (&'a Catalogue, &Bases),
    selected: &[SourceId],
    targets: &[String],
    sources: &Sources,
    console: &Console,
) -> Result<Vec<Case<'a>>, Failure> {
    let mut cases = Vec::new();
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for provisioner in selected_of(catalogue, selected) {
        if provisioner.tests.is_empty() {
            let position =
                sources.position(provisioner.span.source, provisioner.span.range().start);
            console.note(&format!(
                "{}:{}: `{}` has no tests",
                provisioner.file,
                position.line,
                label(provisioner)
            ));
        }
        for test in &provisioner.tests {
            let folder = folder_of(provisioner, test);
            let base = bases.of(provisioner);
            let shown = base.path().join(&folder);
            if !folders.insert(shown.clone()) {
                let message = format!("two tests have the folder `{}`", shown.display());
                return Err(Failure::new(message).help("rename one of them"));
            }
            let wanted = |target: &&dyn Target| {
                let named = targets.is_empty() || targets.iter().any(|name| name == target.name());
                let platform = target.needs().platform;
                let replaced = platform.is_some_and(|it| catalogue.is_replaced(provisioner, it));
                named && provisioner.is_for(platform) && !replaced
            };
            let all = score_compiler::targets().into_iter();
            cases.extend(all.filter(wanted).map(|target| Case {
                provisioner,
                test,
                target,
                base: Arc::clone(base),
                folder: folder.clone(),
            }));
        }
    }
    Ok(cases)
}

fn selected_of<'a>(
    catalogue: &'a Catalogue,
    selected: &[SourceId],
) -> impl Iterator<Item = &'a Provisioner> {
    let all = catalogue.provisioners().map(|it| &**it);
    all.filter(|it| selected.contains(&it.span.source))
}

/// The folders of provisioner files, open, by the names of the files.
struct Bases(BTreeMap<String, Shared>);

impl Bases {
    fn new(catalogue: &Catalogue, selected: &[SourceId], gates: &Gates) -> Result<Self, Failure> {
        let mut bases = BTreeMap::new();
        for provisioner in selected_of(catalogue, selected) {
            let folder = Path::new(&provisioner.file).parent();
            let folder = folder.unwrap_or(Path::new(""));
            let place = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            let open = gates.locate(place).and_then(Located::into_folder);
            let open = open.and_then(|it| it.folder_at(Path::new("")));
            let open = open.map_err(|error| Failure::read(folder, &error))?;
            bases.insert(provisioner.file.clone(), Arc::new(open.shown_as(folder)));
        }
        Ok(Self(bases))
    }

    fn of(&self, provisioner: &Provisioner) -> &Shared {
        &self.0[&provisioner.file]
    }
}

/// Refuses files that share a folder of tests, such as `a.yaml` and `a.yml`: to each, what the other one
/// expects is forgotten. A file beside a selected one counts also if it is not selected.
fn require_own_folders(
    catalogue: &Catalogue,
    selected: &[SourceId],
    bases: &Bases,
) -> Result<(), Failure> {
    let mut owners: BTreeMap<(Option<Identity>, PathBuf), &str> = BTreeMap::new();
    let mut tested: BTreeMap<&str, bool> = BTreeMap::new();
    for provisioner in selected_of(catalogue, selected) {
        *tested.entry(&provisioner.file).or_default() |= !provisioner.tests.is_empty();
    }
    for (file, has_tests) in tested {
        let Some(base) = bases.0.get(file) else {
            continue;
        };
        let folder = tests_of(file);
        if !has_tests && base.kind(&folder).is_ok_and(|kind| kind.is_none()) {
            continue;
        }
        let fail = |other: &Path| {
            let (other, folder) = (other.display(), base.path().join(&folder));
            let folder = folder.display();
            Err(Failure::new(format!(
                "`{file}` and `{other}` share the folder `{folder}`"
            ))
            .help("rename one of the files and its test folder"))
        };
        let place = (base.own_identity(), folder.clone());
        if let Some(other) = owners.insert(place, file) {
            return fail(Path::new(other));
        }
        let entries = base.entries();
        let entries = entries.map_err(|error| Failure::read(base.path(), &error))?;
        let own = Path::new(file).file_name();
        for (name, kind) in entries {
            let is_other = kind == Kind::File
                && Some(name.as_os_str()) != own
                && is_yaml(Path::new(&name))
                && Path::new(&name).with_extension("tests") == folder;
            if is_other && is_provisioner(base, &name) {
                return fail(&base.path().join(name));
            }
        }
    }
    Ok(())
}

/// Whether a file is called like one of YAML.
fn is_yaml(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["yaml", "yml"]
        .iter()
        .any(|it| extension.eq_ignore_ascii_case(it))
}

/// Whether a file looks as if it held provisioners.
fn is_provisioner(folder: &Shared, name: &OsStr) -> bool {
    let kind = b"Provisioner";
    let bytes = folder.read_at_most(name, LIMIT).unwrap_or_default();
    bytes.windows(kind.len()).any(|part| part == kind)
}

/// The folders of expected files that no test has.
fn forgotten(
    catalogue: &Catalogue,
    selected: &[SourceId],
    bases: &Bases,
) -> Result<Vec<(Shared, PathBuf)>, Failure> {
    let mut known: BTreeMap<&str, (&Provisioner, BTreeSet<PathBuf>)> = BTreeMap::new();
    for provisioner in selected_of(catalogue, selected) {
        let entry = known.entry(&provisioner.file);
        let (_, own) = entry.or_insert_with(|| (provisioner, BTreeSet::new()));
        let tests = provisioner.tests.iter();
        own.extend(tests.map(|it| folder_of(provisioner, it)));
    }
    let mut found = Vec::new();
    for (file, (provisioner, own)) in known {
        let base = bases.of(provisioner);
        let orphans = orphans(base, &tests_of(file), &own)?;
        found.extend(orphans.into_iter().map(|folder| (Arc::clone(base), folder)));
    }
    Ok(found)
}

/// The folder of what the tests of a provisioner file expect, from the folder of the file.
fn tests_of(file: &str) -> PathBuf {
    let name = Path::new(file).file_name().unwrap_or_default();
    Path::new(name).with_extension("tests")
}

fn folder_of(provisioner: &Provisioner, test: &ProvisionerTest) -> PathBuf {
    let name = format!("{}-{}", label(provisioner), test.name);
    tests_of(&provisioner.file).join(name)
}

/// The type, and the class if it answers one only.
fn label(provisioner: &Provisioner) -> String {
    match &provisioner.class {
        Some(class) => format!("{}-{class}", provisioner.kind),
        None => provisioner.kind.clone(),
    }
}

impl Case<'_> {
    /// Runs the test and says how it ended. What is rendered comes back to be written, unless
    /// nothing can be said about that.
    fn run(
        &self,
        base: &Compiler,
        update: bool,
        tally: &mut Tally,
        console: &Console,
    ) -> Result<Option<ExpectedFiles>, Failure> {
        let world = TestWorld(self.test);
        let inputs = Inputs::new().with_test(self.provisioner, self.test);
        let compiled = base.compile(&world, inputs).render(self.target);
        let mut problems = self.judge(&compiled);
        let mut expected_files = None;
        let mut updated = false;
        // The objects of a folder of files are those of its platform, which are compared. It is still
        // rendered, so that what is wrong with it shows.
        if problems.is_empty() && !self.target.is_folder() {
            let rendered = self.rendered(&compiled);
            let differences = rendered.differences()?;
            updated = update && !differences.is_empty();
            if !update {
                tally.different += usize::from(!differences.is_empty());
                problems.extend(differences.into_iter().map(Problem::Difference));
            }
            expected_files = Some(rendered);
        }
        let name = format!(
            "{} {} for {}",
            label(self.provisioner),
            self.test.name,
            self.target.name()
        );
        if !problems.is_empty() {
            tally.failed += 1;
            let about = match self.test.description.as_str() {
                "" => String::new(),
                about => format!(": {about}"),
            };
            console::problem(&format!("FAILED   {name}{about}"));
        } else if updated {
            tally.updated += 1;
            console.done(&format!("updated  {name}"));
        } else {
            tally.passed += 1;
            console.done(&format!("ok       {name}"));
        }
        for problem in &problems {
            problem.show(console);
        }
        Ok(expected_files)
    }

    /// What is wrong beside the rendered files.
    fn judge(&self, compiled: &Rendered) -> Vec<Problem> {
        if let Some(problem) = self.judge_findings(compiled) {
            return vec![problem];
        }
        if self.test.error.is_some() {
            return Vec::new();
        }
        let uid = compiled.resource_under_test().unwrap_or_default();
        let resource = compiled.project.resources.get(&uid);
        let (Some(resource), Some(provisioned)) = (resource, compiled.resolved.get(&uid)) else {
            return vec![Problem::Message(
                "the workload has no resource `it`".to_owned(),
            )];
        };
        let answer = &resource.provisioner;
        if answer.span != self.provisioner.span {
            let position = compiled
                .sources
                .position(answer.span.source, answer.span.range().start);
            return vec![Problem::Message(format!(
                "the provisioner at {}:{} handles the resource instead",
                answer.file, position.line
            ))];
        }
        let secret = |_: &score_compiler::ir::Secret| "[secret]".to_owned();
        let expected = self.test.outputs.iter();
        let wrong = expected.filter_map(|(name, expected)| {
            let found = provisioned.outputs.get(name).map(|output| {
                output.expand(&mut |text| {
                    let text = text.map(with_value);
                    shown(&text, self.target, &compiled.app, &secret)
                })
            });
            (found.as_ref() != Some(expected)).then(|| {
                let found = found.map_or_else(|| "nothing".to_owned(), |it| quoted(&it));
                let expected = quoted(expected);
                Problem::Message(format!(
                    "output `{name}`: expected {expected}, found {found}"
                ))
            })
        });
        wrong.collect()
    }

    /// The errors, unless they are those that the test expects.
    fn judge_findings(&self, compiled: &Rendered) -> Option<Problem> {
        let expected = self.test.error;
        let is_expected = |it: &&Diagnostic| Some(it.code) == expected;
        let met = compiled.diagnostics.iter().any(|it| is_expected(&it));
        let others: Vec<Diagnostic> = compiled
            .diagnostics
            .iter()
            .filter(|it| it.severity == Severity::Error && !is_expected(it))
            .cloned()
            .collect();
        let message = expected.filter(|_| !met).map(|code| {
            let instead = if others.is_empty() {
                "and there are no errors"
            } else {
                "but these are"
            };
            format!("`{code}` is not reported, {instead}")
        });
        (message.is_some() || !others.is_empty()).then(|| Problem::Findings {
            message,
            sources: compiled.sources.clone(),
            findings: others,
        })
    }

    /// The files that are rendered, none where an error is expected.
    fn rendered(&self, compiled: &Rendered) -> ExpectedFiles {
        let key = ProjectKey::new(KEY);
        let none_expected = self.test.error.is_some();
        let files = compiled.files.iter().filter(|_| !none_expected);
        let files = files.map(|file| {
            let path = file.path.as_deref().unwrap_or(self.target.default_output());
            // Version control leaves out what lies in the own folder.
            let path = path.strip_prefix(OWN_FOLDER).unwrap_or(path);
            let bytes = match &file.content {
                OutputContent::Text(text) => text.reveal(&key).into_bytes(),
                OutputContent::Binary(bytes) => bytes.clone(),
            };
            (path.trim_start_matches('/').to_owned(), bytes)
        });
        ExpectedFiles {
            base: Arc::clone(&self.base),
            folder: self.folder.join(self.target.name()),
            files: files.collect(),
        }
    }
}

/// A value as JSON in backticks.
fn quoted(value: &Value) -> String {
    format!("`{}`", value.to_json())
}

impl Problem {
    fn show(&self, console: &Console) {
        match self {
            Problem::Findings {
                message,
                sources,
                findings,
            } => {
                if let Some(message) = message {
                    console::problem(message);
                }
                console.show(sources, findings);
            }
            Problem::Message(message) => console::problem(message),
            Problem::Difference(difference) => console::problem_lines(&difference.to_string()),
        }
    }
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
