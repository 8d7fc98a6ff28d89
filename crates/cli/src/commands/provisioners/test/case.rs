//! A provisioner test for one target: compiles it in memory, and compares the result with the
//! expected one.

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

/// The world of a test: no files, a fixed value for every variable, and the answer of the test for
/// every command.
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

/// The value of an environment variable in tests.
fn value_of(name: &str) -> String {
    format!("value of {name}")
}

/// Replaces a reference to an environment variable with its test value, so that outputs are the
/// same for targets that read variables and for those that leave them to a later run.
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
    /// The open folder of the provisioner file.
    pub(super) base: Shared,
    /// The folder of the expected files for all targets, relative to `base`.
    pub(super) folder: PathBuf,
}

impl Case<'_> {
    /// Runs the test and prints its result. Returns the rendered files for `--update`, unless the
    /// test fails for another reason or its files are not compared.
    pub(super) fn run(
        &self,
        compiler: &Compiler,
        update: bool,
        tally: &mut Tally,
        console: &Console,
    ) -> Result<Option<ExpectedFiles>, Failure> {
        let world = TestWorld(self.test);
        let inputs = Inputs::new().with_test(self.provisioner, self.test);
        let environment = self.provisioner.test_environment();
        let compiler = match environment {
            Some(environment) => &compiler.clone().with_environment_id(environment),
            None => compiler,
        };
        let compiled = compiler.compile(&world, inputs).render(self.target);
        let mut problems = self.judge_findings(&compiled);
        if problems.is_empty() && self.test.error.is_none() {
            problems = self.judge_outputs(&compiled);
        }
        let mut expected_files = None;
        let mut updated = false;
        // The files of charts are not compared, because they contain the objects of the platform,
        // which are. A chart is rendered nevertheless to report its diagnostics.
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

    /// The outputs that differ from the expected ones, or a message if another provisioner handles
    /// the resource.
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

    /// The errors that the test does not expect, and the expected error if it is not reported.
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

    /// The rendered files; none if the test expects an error. Secrets are derived from a fixed,
    /// public key, so that files are reproducible. It protects nothing.
    fn rendered(&self, compiled: &Rendered) -> ExpectedFiles {
        let key = ProjectKey::new(std::array::from_fn(|at| {
            u8::try_from(at).unwrap_or_default()
        }));
        let none_expected = self.test.error.is_some();
        let files = compiled.files.iter().filter(|_| !none_expected);
        let files = files.map(|file| {
            let path = file.path.as_deref().unwrap_or(self.target.default_output());
            // Version control ignores `.score-rs`, so expected files are stored without this
            // prefix.
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
