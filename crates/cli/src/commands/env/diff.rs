//! `score-rs env diff`.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Kind, Map, Node};
use serde_json::{Value, json};

use super::document::{Located, values};
use super::{Request, unknown_workload};
use crate::args::{EnvDiff, ListFormat, Overrides};
use crate::commands::{Outcome, validate};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// The values of a document by path.
type Values = BTreeMap<String, Located>;

/// One of the two environments.
struct Side {
    settings: Values,
    documents: Map<Option<Node>>,
    /// The sources of the documents, and their errors.
    findings: validate::RunFindings,
}

/// A path at which two environments differ, with the value of each environment that has one.
struct Difference {
    path: String,
    values: [Option<Located>; 2],
}

/// Prints the differences between two environments.
pub(crate) fn diff(args: &EnvDiff, console: &Console) -> Result<Outcome, Failure> {
    let names = [&args.first, &args.second];
    let [first, second] = Request::all(names, &args.param, &Overrides::default())?;
    let (Some(first), Some(second)) = (Side::read(&first, console)?, Side::read(&second, console)?)
    else {
        return Ok(Outcome::Errors);
    };
    let names = first.documents.keys().chain(second.documents.keys());
    let names: BTreeSet<&String> = match &args.workload {
        None => names.collect(),
        Some(name) if names.clone().any(|known| known == name) => BTreeSet::from([name]),
        Some(name) => return Err(unknown_workload(name, names)),
    };
    let mut differences = Vec::new();
    for name in names {
        let mut values = [&first, &second].map(|side| side.workload(name));
        if values.iter().any(Values::is_empty) {
            // Only one of them has the workload.
            let is_name = |path: &String, _: &mut Located| path == "metadata.name";
            for values in &mut values {
                values.retain(is_name);
            }
        }
        differences.extend(compared(&format!("{name}:"), values));
    }
    if args.workload.is_none() {
        let of_settings = compared("", [first.settings, second.settings]);
        differences.splice(0..0, of_settings);
    }
    print(&differences, args, console)?;
    let findings = validate::RunFindings::merged(vec![first.findings, second.findings]);
    let outcome = Outcome::of(&findings.diagnostics);
    findings.show(console);
    Ok(outcome)
}

impl Side {
    /// Reads an environment. Absent if its settings have errors, which are reported.
    fn read(request: &Request, console: &Console) -> Result<Option<Self>, Failure> {
        let Some((sources, mut settings)) = request.settings(console)? else {
            return Ok(None);
        };
        let Some(files) = request.score_files(console)? else {
            return Ok(None);
        };
        // The Score files show their effect.
        if let Kind::Map(entries) = &mut settings.kind {
            entries.retain(|entry| entry.key != "workloads");
        }
        Ok(Some(Self {
            settings: values(&sources, &settings).into_iter().collect(),
            documents: files.documents,
            findings: files.findings.of_environment(Some(request.name())),
        }))
    }

    /// The values of a Score file; empty if the environment does not have the workload.
    fn workload(&self, name: &str) -> Values {
        let document = self.documents.get(name).and_then(Option::as_ref);
        let values = document.map(|document| values(&self.findings.sources, document));
        values.into_iter().flatten().collect()
    }
}

/// The paths at which two documents differ.
fn compared(prefix: &str, [mut first, mut second]: [Values; 2]) -> Vec<Difference> {
    let paths: BTreeSet<String> = first.keys().chain(second.keys()).cloned().collect();
    let differences = paths.into_iter().filter_map(|path| {
        let values = [first.remove(&path), second.remove(&path)];
        let [of_first, of_second] = values.each_ref().map(|it| it.as_ref().map(|it| &it.value));
        (of_first != of_second).then(|| Difference {
            path: format!("{prefix}{path}"),
            values,
        })
    });
    differences.collect()
}

impl Difference {
    fn cells(&self) -> Vec<String> {
        let cell = |text: fn(&Located) -> String| {
            let texts = self.values.each_ref();
            texts.map(|value| value.as_ref().map_or("-".to_owned(), text))
        };
        let [first, second] = cell(Located::text);
        let places = cell(Located::place).join(", ");
        vec![self.path.clone(), first, second, places]
    }

    fn json(&self) -> Value {
        let json = |value: &Option<Located>| value.as_ref().map(Located::json);
        let [first, second] = self.values.each_ref().map(json);
        json!({"path": self.path, "values": [first, second]})
    }
}

fn print(differences: &[Difference], args: &EnvDiff, console: &Console) -> Result<(), Failure> {
    if args.format == ListFormat::Json {
        let rows: Value = differences.iter().map(Difference::json).collect();
        return console::json(&format!("{rows:#}\n"));
    }
    if differences.is_empty() {
        console.note("there are no differences");
        return Ok(());
    }
    let header = ["PATH", &args.first, &args.second, "PLACES"];
    let rows: Vec<Vec<String>> = differences.iter().map(Difference::cells).collect();
    console::lines(&console.table(&header, &rows))
}
