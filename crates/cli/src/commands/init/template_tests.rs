//! The tests of templates, in `score-rs test`: the files must be valid with each set of params in `passes`.

use std::path::Path;

use score_compiler::templates::Template;
use score_spec::diagnostic::any_error;
use score_spec::{Code, Diagnostic, Span};

use super::from_template::pending;
use super::{DEFAULT_NAME, valid};
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
        let folder = valid(&read.name).unwrap_or_else(|| DEFAULT_NAME.to_owned());
        let mut found = Vec::new();
        let values = template.values_of_pass(self.index, &folder, &read.sources, &mut found);
        let rendered = values.and_then(|values| template.render(&values, &mut found));
        if let Some(rendered) = &rendered {
            let number = (self.index + 1).to_string();
            let scratch = root.join(FOLDER).join(&read.name).join(SCRATCH);
            let inputs = Inputs {
                pending: pending(&rendered.files, &scratch.join(number)).alone(),
                ..Inputs::default()
            };
            let findings = of_pending(&inputs, console)?.into_findings();
            console.show(&findings.sources, &findings.diagnostics);
            if any_error(&findings.diagnostics) {
                let message = "with these params, the files of the template are not valid";
                let problem = Diagnostic::new(Code::TemplateInvalid, message);
                let problem = problem.at(self.span, "");
                found.push(problem.help("the findings above are about the rendered files"));
            }
        }
        console.show(&read.sources, &found);
        Ok(rendered.is_some() && !any_error(&found))
    }
}
