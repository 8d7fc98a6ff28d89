//! The tests of templates, in `score-rs test`: the files must be valid with each set of params in `passes`.

use std::path::Path;

use score_compiler::templates::{RenderedFile, Template};
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Span};

use super::from_template::pending;
use super::{gate, located, valid};
use crate::args::Inputs;
use crate::commands::Outcome;
use crate::commands::validate::of_pending;
use crate::input::project::Project;
use crate::input::templates::{FOLDER, ReadTemplate, of_project};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::human::count;

/// The folder below that of a template in which its files are validated. It does not exist.
const SCRATCH: &str = "passes";

/// The name of the folder for a template whose own name is not one of a workload.
const EXAMPLE: &str = "example";

/// Runs the tests of the templates of the project, if it has any.
pub(crate) fn test_all(console: &Console) -> Result<Option<Outcome>, Failure> {
    let (root, gate) = Project::here()?;
    let templates = of_project(&root, &gate)?;
    if templates.is_empty() {
        return Ok(None);
    }
    let (mut passed, mut failed) = (0, 0);
    for folder in templates {
        let mut read = folder.read()?;
        let Some(template) = read.reported(console) else {
            failed += 1;
            continue;
        };
        let passes = template.passes();
        if passes.is_empty() {
            console.note(&format!("the template `{}` has no tests", read.name));
        }
        for (index, span) in passes.into_iter().enumerate() {
            let test = TemplateTest { index, span };
            if test.run(&template, &read, &root, console)? {
                passed += 1;
            } else {
                failed += 1;
            }
        }
    }
    let failures = if failed == 0 {
        String::new()
    } else {
        format!(", {failed} failed")
    };
    let passed = count(passed, "template test");
    console.done(&format!("{passed} passed{failures}"));
    Ok(Some(Outcome::errors_if(failed > 0)))
}

/// A set of params.
struct TemplateTest {
    index: usize,
    span: Span,
}

impl TemplateTest {
    /// Whether the files are valid. Problems are reported.
    fn run(
        &self,
        template: &Template,
        read: &ReadTemplate,
        root: &Path,
        console: &Console,
    ) -> Result<bool, Failure> {
        let folder = valid(&read.name).unwrap_or_else(|| EXAMPLE.to_owned());
        let mut found = Vec::new();
        let values = template.values_of_pass(self.index, &folder, &read.sources, &mut found);
        let rendered = values.and_then(|values| template.render(&values, &mut found));
        if let Some(rendered) = &rendered {
            let refused = gate::require_allowed(&rendered.files, &read.name, Some(Path::new("")));
            found.extend(match refused {
                Err(failure) => {
                    let problem = Diagnostic::new(Code::TemplateInvalid, failure.message);
                    Some(
                        problem
                            .at(self.span, "")
                            .help(failure.help.unwrap_or_default()),
                    )
                }
                Ok(()) => self.invalid(&rendered.files, read, root, console)?,
            });
        }
        console.show(&read.sources, &found);
        Ok(rendered.is_some() && !any_error(&found))
    }

    /// The problem of files that are not valid in the project. The findings in them are printed.
    fn invalid(
        &self,
        files: &[RenderedFile],
        read: &ReadTemplate,
        root: &Path,
        console: &Console,
    ) -> Result<Option<Diagnostic>, Failure> {
        let number = (self.index + 1).to_string();
        let scratch = root
            .join(FOLDER)
            .join(&read.name)
            .join(SCRATCH)
            .join(number);
        let inputs = Inputs {
            pending: pending(files, &scratch).alone(),
            ..Inputs::default()
        };
        let findings = of_pending(&inputs, console)?.into_findings();
        let findings = located::in_template(findings, files, &scratch, &read.sources);
        console.show(&findings.sources, &findings.diagnostics);
        let problem = any_error(&findings.diagnostics).then(|| {
            let message = "with these params, the files of the template are not valid";
            let problem = Diagnostic::new(Code::TemplateInvalid, message).at(self.span, "");
            problem.help("the findings above are about the files with these params")
        });
        Ok(problem)
    }
}
