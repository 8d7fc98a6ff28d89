//! `score-rs resources`.

use std::collections::BTreeMap;

use score_compiler::{
    Commands, Compiled, Project, Provisioned, Resource, Secret, Text, Tree, compile, yaml,
};
use score_spec::{
    Code, Value,
    diagnostic::{any_error, nearest, sort},
};
use serde_json::json;

use crate::args::{External, ListFormat, OutputFormat, ResourcesGetOutputs, ResourcesList};
use crate::console::{self, Console};
use crate::failure::Failure;
use crate::inputs::{Prepared, prepare};
use crate::output::{redacted, shown};
use crate::provisioners::listed;
use crate::table::table;
use crate::{Outcome, external, key, validate};

/// Lists the resources in the order in which they depend on each other.
pub(crate) fn list(args: &ResourcesList, console: &Console) -> Result<Outcome, Failure> {
    let mut prepared = prepare(&args.inputs, console)?;
    // What there is can be told without asking anybody.
    prepared.request.commands = Commands::Skip;
    let Some(compiled) = compiled(prepared, None, console)? else {
        return Ok(Outcome::Errors);
    };
    let workloads = workloads(&compiled.project);
    let resources = compiled.project.resources.values();
    let rows = resources.map(|resource| {
        let of = workloads.get(&resource.uid).cloned();
        Row {
            resource,
            workloads: of.unwrap_or_else(|| vec![resource.workload.as_str()]),
            outputs: match compiled.resolved.get(&resource.uid) {
                Some(it) => it.outputs.keys().map(String::as_str).collect(),
                None => resource
                    .provisioner
                    .outputs
                    .keys()
                    .map(String::as_str)
                    .collect(),
            },
        }
    });
    match args.format {
        ListFormat::Table => console::lines(&columns(rows))?,
        ListFormat::Json => {
            let rows: serde_json::Value = rows.map(|row| row.json()).collect();
            console::json(&format!("{rows:#}\n"))?;
        }
    }
    Ok(Outcome::Fine)
}

/// A resource in a list.
struct Row<'a> {
    resource: &'a Resource,
    workloads: Vec<&'a str>,
    outputs: Vec<&'a str>,
}

impl Row<'_> {
    fn class(&self) -> &str {
        self.resource.class.as_deref().unwrap_or("default")
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "uid": self.resource.uid,
            "type": self.resource.kind,
            "class": self.class(),
            "workloads": self.workloads,
            "provisioner": self.resource.provisioner.file,
            "outputs": self.outputs,
        })
    }
}

fn columns<'a>(rows: impl Iterator<Item = Row<'a>>) -> String {
    let rows: Vec<Vec<String>> = rows
        .map(|row| {
            [
                row.resource.uid.as_str(),
                &row.resource.kind,
                row.class(),
                &row.workloads.join(","),
                &row.resource.provisioner.file,
                &listed(&row.outputs),
            ]
            .map(str::to_owned)
            .to_vec()
        })
        .collect();
    let header = [
        "UID",
        "TYPE",
        "CLASS",
        "WORKLOADS",
        "PROVISIONER",
        "OUTPUTS",
    ];
    table(&header, &rows)
}

/// The workloads that declare each resource, by its uid.
fn workloads(project: &Project) -> BTreeMap<String, Vec<&str>> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (workload, spec) in &project.workloads {
        for uid in spec
            .resources
            .keys()
            .filter_map(|name| Project::uid(spec, name))
        {
            let workloads = found.entry(uid).or_default();
            if !workloads.contains(&workload.as_str()) {
                workloads.push(workload);
            }
        }
    }
    found
}

/// Prints the outputs of a resource.
pub(crate) fn outputs(args: &ResourcesGetOutputs, console: &Console) -> Result<Outcome, Failure> {
    let prepared = prepare(&args.inputs, console)?;
    let gates = prepared.project.gates.clone();
    let target = prepared.target;
    let Some(compiled) = compiled(prepared, Some(&args.external), console)? else {
        return Ok(Outcome::Errors);
    };
    let Some(provisioned) = compiled.resolved.get(&args.uid) else {
        return Err(unknown(&args.uid, &compiled));
    };
    let key = if args.show_secrets && needs_key(provisioned) {
        Some(key::need(&gates.project)?)
    } else {
        None
    };
    let secret = |secret: &Secret| match (&key, secret.given()) {
        (_, Some(value)) if args.show_secrets => value.to_owned(),
        (Some(key), None) => key.derive(secret),
        _ => redacted(secret),
    };
    let outputs = Value::from(provisioned.outputs.clone());
    let outputs = outputs.expand(&mut |text| shown(text, target, &compiled.app, &secret));
    match args.format {
        OutputFormat::Json => console::json(&format!("{:#}\n", outputs.to_json()))?,
        OutputFormat::Yaml => {
            let outputs: Tree = outputs.map_text(&mut |text| text.as_str().into());
            let mut text = Text::new();
            yaml::emit(&outputs, &mut text);
            console::result(text.redact().as_bytes())?;
        }
    }
    Ok(Outcome::Fine)
}

/// Why nothing can be said about a resource that the project does not have.
pub(crate) fn unknown(uid: &str, compiled: &Compiled) -> Failure {
    let project = &compiled.project;
    let known = || {
        let all = project.resources.keys().chain(project.unanswered.keys());
        all.map(String::as_str)
    };
    Failure::new(format!("there is no resource `{uid}`")).help(match nearest(uid, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known().next().is_none() => "the Score files have no resources".to_owned(),
        None => "`score-rs resources list` shows all of them".to_owned(),
    })
}

fn needs_key(provisioned: &Provisioned) -> bool {
    let mut found = false;
    for tree in provisioned.outputs.values() {
        tree.each_text(&mut |text| found |= text.needs_key());
    }
    found
}

/// Compiles as far as resources need it. Nothing if there are errors. Commands run only as the
/// options say.
fn compiled(
    prepared: Prepared,
    external: Option<&External>,
    console: &Console,
) -> Result<Option<Compiled>, Failure> {
    let Some(outcome) = outcome(prepared, external, console)? else {
        return Ok(None);
    };
    if any_error(&outcome.compiled.diagnostics) {
        return Ok(None);
    }
    outcome.keep_quietly()?;
    Ok(Some(outcome.compiled))
}

/// Compiles as far as it can be told which provisioner answers what. No command runs. Nothing if the
/// project file has errors.
pub(crate) fn compiled_with_errors(
    mut prepared: Prepared,
    console: &Console,
) -> Result<Option<Compiled>, Failure> {
    prepared.request.commands = Commands::Skip;
    let outcome = outcome(prepared, None, console)?;
    Ok(outcome.map(|outcome| outcome.compiled))
}

/// Compiles as far as resources need it; an image may be left open. Nothing if the project file has
/// errors.
fn outcome(
    prepared: Prepared,
    external: Option<&External>,
    console: &Console,
) -> Result<Option<external::Outcome>, Failure> {
    if prepared.is_broken() {
        let findings = validate::findings(prepared);
        console.report(&findings.sources, &findings.diagnostics);
        return Ok(None);
    }
    let Prepared {
        disk,
        request,
        project,
        ..
    } = prepared;
    let mut outcome = match external {
        Some(options) => external::run(&disk, request, &project.gates, (options, false), console)?,
        None => compile(&disk, request).into(),
    };
    let compiled = &mut outcome.compiled;
    compiled.diagnostics.extend(project.diagnostics);
    compiled
        .diagnostics
        .retain(|diagnostic| diagnostic.code != Code::ProjectMissingImage);
    sort(&mut compiled.diagnostics);
    console.report(&compiled.sources, &compiled.diagnostics);
    Ok(Some(outcome))
}
