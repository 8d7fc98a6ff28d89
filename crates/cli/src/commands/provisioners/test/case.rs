//! A test of a provisioner for one target: compiled in memory, and compared with what it expects.

use std::path::PathBuf;
use std::sync::Arc;

use score_compiler::catalogue::{Provisioner, ProvisionerTest};
use score_compiler::ir::{Ref, Secret};
use score_compiler::world::{Call, FileError, RunError};
use score_compiler::{Compiler, Inputs, ProjectKey, Rendered, Target, Text, World};
use score_spec::{Diagnostic, Severity, Value};

use super::expected::ExpectedFiles;
use super::folders::label;
use super::{Problem, Tally};
use crate::host::{OWN_FOLDER, Shared};
use crate::output::rendering::bytes;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::output_text::shown;

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
pub(super) struct Case<'a> {
    pub(super) provisioner: &'a Provisioner,
    pub(super) test: &'a ProvisionerTest,
    pub(super) target: &'static dyn Target,
    /// The folder of the provisioner file.
    pub(super) base: Shared,
    /// The folder of what is expected for all targets, from there.
    pub(super) folder: PathBuf,
}

impl Case<'_> {
    /// Runs the test and says how it ended. What is rendered comes back to be written, unless
    /// nothing can be said about that.
    pub(super) fn run(
        &self,
        compiler: &Compiler,
        update: bool,
        tally: &mut Tally,
        console: &Console,
    ) -> Result<Option<ExpectedFiles>, Failure> {
        let world = TestWorld(self.test);
        let inputs = Inputs::new().with_test(self.provisioner, self.test);
        let compiled = compiler.compile(&world, inputs).render(self.target);
        let mut problems = self.judge_findings(&compiled);
        if problems.is_empty() && self.test.error.is_none() {
            problems = self.judge_outputs(&compiled);
        }
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
                problems.extend(differences);
            }
            expected_files = Some(rendered);
        }
        let (label, test) = (label(self.provisioner), &self.test.name);
        let name = format!("{label} {test} for {}", self.target.name());
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
        for problem in problems {
            match problem {
                Problem::Findings(findings) => console.show(&compiled.sources, &findings),
                Problem::Message(message) => console::problem(&message),
                Problem::Lines(lines) => console::problem_lines(&lines),
            }
        }
        Ok(expected_files)
    }

    /// The outputs that are not as expected, or that another provisioner answers.
    fn judge_outputs(&self, compiled: &Rendered) -> Vec<Problem> {
        let uid = compiled.resource_under_test().unwrap_or_default();
        let resource = compiled.project.resources.get(&uid);
        let (Some(resource), Some(provisioned)) = (resource, compiled.resolved.get(&uid)) else {
            let message = "the workload has no resource `it`".to_owned();
            return vec![Problem::Message(message)];
        };
        let answer = &resource.provisioner;
        if answer.span != self.provisioner.span {
            let (source, start) = (answer.span.source, answer.span.range().start);
            let line = compiled.sources.position(source, start).line;
            let file = &answer.file;
            return vec![Problem::Message(format!(
                "the provisioner at {file}:{line} handles the resource instead"
            ))];
        }
        let secret = |_: &Secret| "[secret]".to_owned();
        let expected = self.test.outputs.iter();
        let wrong = expected.filter_map(|(name, expected)| {
            let found = provisioned.outputs.get(name).map(|output| {
                output.expand(&mut |text| {
                    let text = text.map(with_value);
                    shown(&text, self.target, &compiled.app, &secret)
                })
            });
            (found.as_ref() != Some(expected)).then(|| {
                let quoted = |value: &Value| format!("`{}`", value.to_json());
                let found = found.as_ref().map_or("nothing".to_owned(), quoted);
                let expected = quoted(expected);
                Problem::Message(format!(
                    "output `{name}`: expected {expected}, found {found}"
                ))
            })
        });
        wrong.collect()
    }

    /// The errors, unless they are those that the test expects.
    fn judge_findings(&self, compiled: &Rendered) -> Vec<Problem> {
        let expected = self.test.error;
        let found = compiled.diagnostics.iter();
        let (met, others): (Vec<_>, Vec<_>) = found
            .cloned()
            .partition(|found| Some(found.code) == expected);
        let others = others.into_iter();
        let others = others.filter(|it| it.severity == Severity::Error);
        let others: Vec<Diagnostic> = others.collect();
        let mut problems = Vec::new();
        if let Some(code) = expected.filter(|_| met.is_empty()) {
            let instead = if others.is_empty() {
                "and there are no errors"
            } else {
                "but these are"
            };
            let message = format!("`{code}` is not reported, {instead}");
            problems.push(Problem::Message(message));
        }
        if !others.is_empty() {
            problems.push(Problem::Findings(others));
        }
        problems
    }

    /// The files that are rendered, none where an error is expected. The key is known to everybody, so
    /// that what is rendered can be compared, and protects nothing.
    fn rendered(&self, compiled: &Rendered) -> ExpectedFiles {
        let key = ProjectKey::new(std::array::from_fn(|at| {
            u8::try_from(at).unwrap_or_default()
        }));
        let none_expected = self.test.error.is_some();
        let files = compiled.files.iter().filter(|_| !none_expected);
        let files = files.map(|file| {
            let path = file.path.as_deref().unwrap_or(self.target.default_output());
            // Version control leaves out what lies in the own folder.
            let path = path.strip_prefix(OWN_FOLDER).unwrap_or(path);
            let path = path.trim_start_matches('/').to_owned();
            (path, bytes(file, Some(&key)))
        });
        ExpectedFiles {
            base: Arc::clone(&self.base),
            folder: self.folder.join(self.target.name()),
            files: files.collect(),
        }
    }
}
