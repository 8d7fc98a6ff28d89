//! `score-rs env`: the environments of a project, a module for each subcommand.

mod diff;
mod document;
mod list;
mod show;

use score_compiler::Selection;
use score_spec::diagnostic::{any_error, nearest};
use score_spec::{Map, Node, Severity, Sources};

use crate::args::{EnvironmentOptions, Inputs, Overrides};
use crate::commands::validate;
use crate::input::environments::{self, EnvironmentChoice};
use crate::input::inputs::prepare;
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::levels::Rules;

pub(crate) use diff::diff;
pub(crate) use list::list;
pub(crate) use show::show;

/// An environment that a command reads, and the options of its run.
struct Request {
    inputs: Inputs,
    selected: EnvironmentChoice,
    is_abstract: bool,
}

/// The Score files in an environment.
struct ScoreFiles {
    /// The documents by the name of the workload; absent for a workload that is left out.
    documents: Map<Option<Node>>,
    /// The sources, and the errors, which have not been reported.
    findings: validate::RunFindings,
}

impl Request {
    /// Requests for the environments with these names.
    fn all<const N: usize>(
        names: [&String; N],
        params: &[String],
        overrides: &Overrides,
    ) -> Result<[Self; N], Failure> {
        let none = &mut Vec::new();
        let (known, _) = environments::read(&Inputs::default(), &mut Sources::new(), none)?;
        for name in names {
            known
                .get(name)
                .ok_or_else(|| environments::unknown(name, &known))?;
        }
        Ok(names.map(|name| Self {
            inputs: Inputs {
                environment: EnvironmentOptions {
                    env: vec![name.clone()],
                    param: params.to_vec(),
                },
                overrides: overrides.clone(),
                ..Inputs::default()
            },
            selected: EnvironmentChoice {
                name: Some(name.clone()),
                all: names.map(String::clone).to_vec(),
                uses_examples: true,
                ..EnvironmentChoice::default()
            },
            is_abstract: known.get(name).is_some_and(|it| it.is_abstract),
        }))
    }

    fn name(&self) -> &str {
        self.selected.name.as_deref().unwrap_or_default()
    }

    /// The settings. Those of an abstract environment have their expressions as they are written, because only
    /// environments that extend it have all params. Absent if there are errors, which are reported.
    fn settings(&self, console: &Console) -> Result<Option<(Sources, Node)>, Failure> {
        let mut sources = Sources::new();
        if !self.is_abstract {
            let project = Project::find(&mut sources, &self.inputs, &self.selected)?;
            if any_error(&project.diagnostics) {
                console.report(&sources, &project.diagnostics);
                return Ok(None);
            }
        }
        let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
        let (environments, _) = environments::read(&self.inputs, &mut sources, &mut diagnostics)?;
        let params = environments::params(&self.inputs, &mut sources);
        let node = if self.is_abstract {
            environments.written(self.name())
        } else {
            let selection = Selection {
                name: self.name(),
                params: &params,
                uses_examples: true,
            };
            environments.document(&selection, &sources)
        };
        if node.is_none() {
            console.report(&sources, &diagnostics);
        }
        Ok(node.map(|node| (sources, node)))
    }

    /// The Score files after all layers and overrides. Absent if the settings have errors, which are reported.
    fn score_files(&self, console: &Console) -> Result<Option<ScoreFiles>, Failure> {
        if self.is_abstract {
            let problem = format!("the environment `{}` is abstract", self.name());
            return Err(Failure::new(problem).help("use an environment that extends it"));
        }
        let prepared = prepare(&self.inputs, &self.selected, &[], console)?;
        let levels = prepared.levels(Rules::default());
        if prepared.is_broken() {
            let findings = validate::partial(prepared, &levels, console);
            validate::report_broken(vec![findings], console);
            return Ok(None);
        }
        let of_project = prepared.project.diagnostics;
        let (mut compiled, documents) = prepared.request.documents(&prepared.disk);
        compiled.diagnostics.extend(of_project);
        compiled.diagnostics = levels.apply(compiled.diagnostics);
        // Warnings are for `validate`.
        compiled
            .diagnostics
            .retain(|found| found.severity == Severity::Error);
        let findings = validate::RunFindings::of(&mut compiled, false);
        Ok(Some(ScoreFiles {
            documents,
            findings,
        }))
    }
}

/// The error for a workload that no Score file has.
fn unknown_workload<'a>(name: &str, known: impl Iterator<Item = &'a String> + Clone) -> Failure {
    let problem = Failure::new(format!("unknown workload `{name}`"));
    problem.help(match nearest(name, known.map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "use the name of a workload in the Score files".to_owned(),
    })
}
