//! `score-rs env list`.

use score_compiler::{Environment, EnvironmentId, Environments, Selection, targets};
use score_spec::{
    Code, Diagnostic, Node, Sources,
    diagnostic::{any_error, sort},
};
use serde_json::{Value, json};

use crate::args::{EnvList, Inputs, ListFormat, target_name};
use crate::commands::Outcome;
use crate::commands::provisioners::listed;
use crate::input::environments::read;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// The columns of the list. The last one is omitted if no environment has a description.
const HEADER: [&str; 7] = [
    "NAME",
    "TYPE",
    "EXTENDS",
    "TARGET",
    "OUTPUT",
    "PARAMS",
    "DESCRIPTION",
];

/// A row of the list.
struct Row<'a> {
    environment: &'a Environment,
    is_default: bool,
    kind: Option<String>,
    target: Option<String>,
    output: Option<String>,
    params: Vec<String>,
}

/// Lists the environments without errors in their files, and reports the errors of the others.
pub(crate) fn list(args: &EnvList, console: &Console) -> Result<Outcome, Failure> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let (environments, settings) = read(&Inputs::default(), &mut sources, &mut diagnostics)?;
    let default = settings.default_environment.map(|name| name.value);
    let mut rows = Vec::new();
    for environment in environments.iter() {
        for found in problems(environment, &environments, &sources) {
            // A problem of an environment is also one of those that extend it.
            if !diagnostics.contains(&found) {
                diagnostics.push(found);
            }
        }
        let is_default = default.as_ref() == Some(&environment.name);
        rows.extend(Row::of(environment, is_default, &environments, &sources));
    }
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    match args.format {
        ListFormat::Json => {
            let rows: Value = rows.iter().map(Row::json).collect();
            console::json(&format!("{rows:#}\n"))?;
        }
        ListFormat::Table if environments.is_empty() => {
            console.note("the project has no environments; add `environments/NAME.yaml`");
        }
        ListFormat::Table => console::lines(&columns(&rows, console))?,
    }
    Ok(Outcome::errors_if(any_error(&diagnostics)))
}

/// The problems of an environment, except for missing params, which each run sets.
fn problems(
    environment: &Environment,
    environments: &Environments,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    // Only environments that extend an abstract one have all params.
    if !environment.is_abstract {
        let selection = Selection {
            uses_examples: true,
            ..Selection::new(&environment.name)
        };
        environments.settings(&selection, sources, &mut diagnostics);
    }
    diagnostics.retain(|found| found.code != Code::EnvironmentParams);
    diagnostics
}

impl<'a> Row<'a> {
    /// The row of an environment; absent if its file, or one that it extends, has errors.
    fn of(
        environment: &'a Environment,
        is_default: bool,
        environments: &Environments,
        sources: &Sources,
    ) -> Option<Self> {
        let name = &environment.name;
        let written = environments.written(name)?;
        let document = environments
            .document(&Selection::new(name), sources)
            .filter(|_| !environment.is_abstract)
            .unwrap_or(written);
        let text = |field: &str| document.get(field).and_then(Node::text);
        let is_used = !environment.is_abstract;
        let [first, ..] = targets();
        let target = text("target").map(target_name);
        let target = target.or_else(|| is_used.then(|| first.name()));
        let output = text("output").map(str::to_owned);
        Some(Self {
            environment,
            is_default,
            kind: environments.kind_of(name),
            target: target.map(str::to_owned),
            output: output.or_else(|| is_used.then(|| EnvironmentId::default_output(name))),
            params: environments.params_of(name),
        })
    }

    fn extends(&self) -> Option<&str> {
        let below = self.environment.extends.as_ref()?;
        Some(below.value.as_str())
    }

    fn json(&self) -> Value {
        json!({
            "name": self.environment.name,
            "description": self.environment.description,
            "default": self.is_default,
            "abstract": self.environment.is_abstract,
            "type": self.kind,
            "extends": self.extends(),
            "target": self.target,
            "output": self.output,
            "params": self.params,
        })
    }

    fn cells(&self) -> Vec<String> {
        let or_none = |text: Option<&str>| text.unwrap_or("-").replace('\n', " ");
        let name = &self.environment.name;
        let name = match (self.is_default, self.environment.is_abstract) {
            (true, _) => format!("{name} *"),
            (_, true) => format!("{name} (abstract)"),
            _ => name.clone(),
        };
        let params: Vec<&str> = self.params.iter().map(String::as_str).collect();
        vec![
            name,
            or_none(self.kind.as_deref()),
            or_none(self.extends()),
            or_none(self.target.as_deref()),
            or_none(self.output.as_deref()),
            listed(&params).replace('\n', " "),
            or_none(self.environment.description.as_deref()),
        ]
    }
}

fn columns(rows: &[Row<'_>], console: &Console) -> String {
    let mut described = rows.iter();
    let is_described = described.any(|row| row.environment.description.is_some());
    let columns = HEADER.len() - usize::from(!is_described);
    let rows = rows.iter().map(|row| {
        let mut cells = row.cells();
        cells.truncate(columns);
        cells
    });
    console.table(&HEADER[..columns], &rows.collect::<Vec<_>>())
}
