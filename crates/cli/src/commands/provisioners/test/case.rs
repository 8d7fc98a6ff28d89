//! A provisioner test for one target: compiles it in memory, and compares the result with the
//! expected one.

use std::path::PathBuf;
use std::sync::Arc;

use score_compiler::catalogue::{Provisioner, ProvisionerTest};
use score_compiler::ir::{Ref, Secret, Tree};
use score_compiler::world::{Call, FileError, RunError};
use score_compiler::{Compiled, Compiler, Inputs, Rendered, Settings, Target, Text, World};
use score_spec::{Code, Diagnostic, Severity, Span, Value};

use super::expected::ExpectedFiles;
use super::folders::label;
use super::generated::{SECRET, generated};
use super::matching::{Differences, Matching};
use super::{Problem, Tally};
use crate::host::Shared;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::output_text::{shown, yaml};

/// The world of a test: no files, a fixed value for every variable, and the answer of the test for
/// every command.
struct TestWorld<'a>(&'a ProvisionerTest);

impl World for TestWorld<'_> {
    fn file(&self, _spec: &str, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.0.variables.get(name).is_none().then(|| value_of(name))
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

/// The value of an environment variable that the test does not set.
fn value_of(name: &str) -> String {
    format!("value of {name}")
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
        let compiler = self.configured(compiler);
        let unrendered = compiler.compile(&world, inputs);
        let compiled = unrendered.render(self.target);
        let mut problems = self.judge_findings(&compiled);
        if problems.is_empty() && self.expected_error().is_none() {
            problems = self.judge_results(&compiled);
        }
        let mut expected_files = None;
        let mut updated = false;
        // A chart contains the objects of the platform, whose parts are compared. It is rendered nevertheless to report
        // its diagnostics.
        if problems.is_empty() && self.test.has_files() && !self.target.is_folder() {
            let rendered = self.rendered(&unrendered, &compiled);
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

    /// The compiler with the settings of the test.
    fn configured(&self, compiler: &Compiler) -> Compiler {
        let mut settings = Settings::default();
        let variables = self.test.variables.iter();
        let variables = variables.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        settings.variables = variables.collect();
        settings.environment_id = self.test.environment(self.provisioner);
        compiler.clone().with_settings(settings)
    }

    fn expected_error(&self) -> Option<Code> {
        self.test.error(self.target.name())
    }

    /// The differences from the expected outputs and parts, or a message if another provisioner handles the resource.
    fn judge_results(&self, compiled: &Rendered) -> Vec<Problem> {
        let uid = compiled.resources_under_test().into_iter().next();
        let uid = uid.unwrap_or_default();
        let resource = compiled.project.resources.get(&uid);
        let (Some(resource), Some(provisioned)) = (resource, compiled.resolved.get(&uid)) else {
            let message = "the workload has no resource `it`".to_owned();
            return vec![Problem::Message(message)];
        };
        let answer = &resource.provisioner;
        if answer.span != self.provisioner.span {
            let place = place(compiled, answer.span);
            let message = format!("the provisioner at {place} handles the resource instead");
            return vec![Problem::Message(message)];
        }
        let mut problems = Vec::new();
        for expected in self.test.outputs(self.target.name()) {
            let output = provisioned.outputs.get(&expected.key);
            let found = output.map(|output| self.value(output, compiled));
            let mut matching = Matching::new(&format!("outputs.{}", expected.key));
            let differences = matching.compare(&expected.value, found.as_ref());
            problems.extend(failures(compiled, &differences));
        }
        let parts = self.test.parts(self.target.name());
        if !parts.is_empty() {
            let files = generated(compiled, self.target);
            for expected in parts {
                let mut matching = Matching::new(&expected.key);
                let differences = matching.compare(&expected.value, files.get(&expected.key));
                problems.extend(failures(compiled, &differences));
            }
        }
        problems
    }

    /// A value of the application as a container receives it.
    fn value(&self, tree: &Tree, compiled: &Rendered) -> Value {
        let secret = |_: &Secret| SECRET.to_owned();
        tree.expand(&mut |text| {
            let text = text.map(|reference| self.with_value(reference));
            shown(&text, self.target, &compiled.app, &secret)
        })
    }

    /// Replaces a reference to an environment variable with its test value, so that outputs are the same for targets
    /// that read variables and for those that leave them to a later run.
    fn with_value(&self, reference: &Ref) -> Text {
        match reference {
            Ref::Env { name, .. } => match self.test.variables.get(name) {
                Some(Some(value)) => value.value.as_str().into(),
                Some(None) => Text::new(),
                None => value_of(name).into(),
            },
            other => other.clone().into(),
        }
    }

    /// The errors that the test does not expect, and the expected error if it is not reported.
    fn judge_findings(&self, compiled: &Rendered) -> Vec<Problem> {
        let expected = self.expected_error();
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

    /// The parts of the provisioner for each resource that it handles.
    fn rendered(&self, unrendered: &Compiled, compiled: &Rendered) -> ExpectedFiles {
        let parts = unrendered.evaluated(self.provisioner, self.target);
        let documents = parts.iter().map(|it| yaml(&self.value(it, compiled)));
        let text = documents.collect::<Vec<_>>().join("---\n");
        let file = (PARTS.to_owned(), text.into_bytes());
        ExpectedFiles {
            base: Arc::clone(&self.base),
            folder: self.folder.join(self.target.name()),
            files: [file].into(),
        }
    }
}

/// The name of the file with the expected parts.
const PARTS: &str = "parts.yaml";

/// The messages about differences, each with the location of the expectation.
fn failures(compiled: &Rendered, differences: &Differences) -> Vec<Problem> {
    let first = differences.first.iter();
    let mut messages: Vec<String> = first
        .map(|it| format!("{}: {}", place(compiled, it.span), it.message))
        .collect();
    let omitted = differences.omitted();
    if omitted > 0 {
        messages.push(format!("… and {omitted} more"));
    }
    messages.into_iter().map(Problem::Message).collect()
}

/// The file and the line of a location.
fn place(compiled: &Rendered, span: Span) -> String {
    let sources = &compiled.sources;
    let line = sources.position(span.source, span.range().start).line;
    format!("{}:{line}", sources.get(span.source).name)
}
