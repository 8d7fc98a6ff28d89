//! `score-rs resources`.

use std::collections::{BTreeMap, BTreeSet};

use score_compat::value::from_json;
use score_compiler::ir::Secret;
use score_compiler::project::{Project, Provisioned, Resource};
use score_compiler::{Commands, Rendered};
use score_gotemplate::{Context, ErrorKind, Template};
use score_spec::{
    Code, Diagnostic, Value,
    diagnostic::{any_error, listed, nearest},
};
use serde_json::json;

use crate::args::{External, ListFormat, OutputFormat, ResourcesGetOutputs, ResourcesList};
use crate::commands::provisioners;
use crate::commands::state::external::{self, Compilation, Purpose};
use crate::commands::{Outcome, validate};
use crate::host::key;
use crate::input::inputs::{Prepared, prepare_one};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::levels::Rules;
use crate::report::output_text::{redacted, shown, yaml};

/// Lists the resources in dependency order, even if the input has errors.
pub(crate) fn list(args: &ResourcesList, console: &Console) -> Result<Outcome, Failure> {
    let prepared = prepare_one(&args.inputs, args.target.target.as_slice(), console)?;
    // The list does not depend on the answers of commands, so none is run.
    let Some(compiled) = compiled_with_errors(prepared, console) else {
        return Ok(Outcome::Errors);
    };
    let declared_by = declared_by(&compiled.project);
    let needed_by = needed_by(&compiled.project, &declared_by);
    let of = |workloads: &Workloads<'_>, uid: &str| {
        let found = workloads.get(uid).into_iter().flatten();
        found.map(|workload| (*workload).to_owned()).collect()
    };
    let resources = compiled.project.resources.values();
    let rows = resources.map(|resource| Row {
        resource,
        declared_by: of(&declared_by, &resource.uid),
        needed_by: of(&needed_by, &resource.uid),
        outputs: match compiled.resolved.get(&resource.uid) {
            Some(it) => it.outputs.keys().map(String::as_str).collect(),
            None => resource
                .provisioner
                .outputs
                .keys()
                .map(String::as_str)
                .collect(),
        },
    });
    match args.format {
        ListFormat::Table => console::lines(&columns(rows, console))?,
        ListFormat::Json => {
            let rows: serde_json::Value = rows.map(|row| row.json()).collect();
            console::json(&format!("{rows:#}\n"))?;
        }
    }
    Ok(Outcome::of(&compiled.diagnostics))
}

/// The names of workloads by resource uid.
type Workloads<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// A row of the list of resources.
struct Row<'a> {
    resource: &'a Resource,
    /// The workloads that declare it.
    declared_by: Vec<String>,
    /// The workloads that need it, directly or through other resources.
    needed_by: Vec<String>,
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
            "workloads": self.declared_by,
            "needed_by": self.needed_by,
            "provisioner": self.resource.provisioner.file,
            "outputs": self.outputs,
        })
    }
}

fn columns<'a>(rows: impl Iterator<Item = Row<'a>>, console: &Console) -> String {
    let rows: Vec<Vec<String>> = rows
        .map(|row| {
            [
                row.resource.uid.as_str(),
                &row.resource.kind,
                row.class(),
                &row.needed_by.join(","),
                &row.resource.provisioner.file,
                &provisioners::listed(&row.outputs),
            ]
            .map(str::to_owned)
            .to_vec()
        })
        .collect();
    let header = [
        "UID",
        "TYPE",
        "CLASS",
        "NEEDED BY",
        "PROVISIONER",
        "OUTPUTS",
    ];
    console.table(&header, &rows)
}

/// The workloads that declare each resource.
fn declared_by(project: &Project) -> Workloads<'_> {
    let mut found = Workloads::new();
    for (workload, spec) in &project.workloads {
        for name in spec.resources.keys() {
            let known = Project::uid(spec, name);
            let known = known.and_then(|uid| project.resources.get_key_value(&uid));
            if let Some((uid, _)) = known {
                found.entry(uid).or_default().insert(workload);
            }
        }
    }
    found
}

/// The workloads that need each resource, directly or through other resources.
fn needed_by<'a>(project: &'a Project, declared_by: &Workloads<'a>) -> Workloads<'a> {
    let mut found = declared_by.clone();
    // Resources are in dependency order. In reverse, all resources that need a resource are visited
    // before it, so a single pass is enough.
    for resource in project.resources.values().rev() {
        let needing = found
            .get(resource.uid.as_str())
            .cloned()
            .unwrap_or_default();
        for uid in resource.requires.values().chain(&resource.refers_to) {
            found.entry(uid).or_default().extend(&needing);
        }
    }
    found
}

/// Prints the outputs of a resource.
pub(crate) fn outputs(args: &ResourcesGetOutputs, console: &Console) -> Result<Outcome, Failure> {
    let prepared = prepare_one(&args.inputs, args.target.target.as_slice(), console)?;
    let gates = prepared.project.gates.clone();
    let target = prepared.request.target;
    let purpose = if args.run {
        Purpose::Make
    } else {
        Purpose::Look
    };
    let Some(compiled) = compiled(prepared, &args.external, purpose, console)? else {
        return Ok(Outcome::Errors);
    };
    let Some(provisioned) = compiled.resolved.get(&args.resource.uid) else {
        if compiled.project.resources.contains_key(&args.resource.uid) {
            let problem = format!("the outputs of `{}` are not known", args.resource.uid);
            return Err(Failure::new(problem)
                .help("run `score-rs generate`, or add `--run` to start provisioner commands"));
        }
        return Err(unknown(&args.resource.uid, &compiled));
    };
    let needs_key = args.show_secrets && needs_key(provisioned);
    let key = needs_key.then(|| key::need(&gates)).transpose()?;
    let secret = |secret: &Secret| match (&key, secret.external()) {
        (_, Some(value)) if args.show_secrets => value.to_owned(),
        (Some(key), None) => key.derive(secret),
        _ => redacted(secret),
    };
    let outputs = Value::from(provisioned.outputs.clone());
    let outputs = outputs.expand(&mut |text| shown(text, target, &compiled.app, &secret));
    match &args.format {
        OutputFormat::Json => console::json(&format!("{:#}\n", outputs.to_json()))?,
        OutputFormat::Yaml => console::result(yaml(&outputs).as_bytes())?,
        OutputFormat::Template(template) => {
            console::lines(&format!("{}\n", filled(template, &outputs)?))?;
        }
    }
    Ok(Outcome::Fine)
}

/// The output of a template. Outputs are what the other formats print, so that a template cannot show more.
fn filled(template: &Template, outputs: &Value) -> Result<String, Failure> {
    let outputs = outputs.to_json();
    // The seed is new in each run: a fixed one would return the same "random" values to everybody.
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(format!("cannot get random values: {error}")))?;
    let mut context = Context::new(seed).without_missing_values();
    let output = template.execute(&from_json(&outputs), &mut context);
    output.map_err(|error| {
        let failure = Failure::new(format!("the template fails in {error}"));
        if error.kind != ErrorKind::Missing {
            return failure;
        }
        let names = outputs.as_object().map(|it| it.keys().map(String::as_str));
        let names = listed(names.into_iter().flatten());
        failure.help(format!("the outputs are {names}"))
    })
}

/// The error for a resource that the project does not have.
pub(crate) fn unknown(uid: &str, compiled: &Rendered) -> Failure {
    let project = &compiled.project;
    let known = || project.uids();
    Failure::new(format!("unknown resource `{uid}`")).help(match nearest(uid, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known().next().is_none() => "the Score files have no resources".to_owned(),
        None => "`score-rs resources list` prints all of them".to_owned(),
    })
}

fn needs_key(provisioned: &Provisioned) -> bool {
    let mut found = false;
    for tree in provisioned.outputs.values() {
        tree.each_text(&mut |text| found |= text.needs_key());
    }
    found
}

/// Compiles without running commands, ignoring errors where possible. Returns `None` if the
/// project file has errors.
pub(crate) fn compiled_with_errors(mut prepared: Prepared, console: &Console) -> Option<Rendered> {
    let compiler = prepared.request.compiler;
    prepared.request.compiler = compiler.with_commands(Commands::Skip);
    let levels = prepared.levels(Rules::default());
    if prepared.is_broken() {
        let part = validate::partial(prepared, &levels, console);
        validate::report_broken(vec![part], console);
        return None;
    }
    let mut compilation = Compilation::from(prepared.request.compile(&prepared.disk));
    compilation.compiled.diagnostics.retain(is_relevant);
    compilation.report(prepared.project.diagnostics, &levels, console);
    Some(compilation.compiled)
}

/// Compiles, and runs the commands of provisioners as the options allow. Returns `None` if there
/// are errors.
fn compiled(
    prepared: Prepared,
    external: &External,
    purpose: Purpose,
    console: &Console,
) -> Result<Option<Rendered>, Failure> {
    let levels = prepared.levels(Rules::default());
    if prepared.is_broken() {
        let part = validate::partial(prepared, &levels, console);
        validate::report_broken(vec![part], console);
        return Ok(None);
    }
    let disk = prepared.disk.with_key_made(purpose == Purpose::Make);
    let (gates, findings) = (prepared.project.gates, prepared.project.diagnostics);
    let options = (external, purpose, false);
    let mut compilation = external::run(&disk, prepared.request, &gates, options, console)?;
    compilation.detail(console);
    compilation.compiled.diagnostics.retain(is_relevant);
    let has_errors = any_error(&findings) || any_error(&compilation.compiled.diagnostics);
    let reported = compilation.report(findings, &levels, console);
    // A denied warning changes nothing about the commands that have run.
    if !has_errors {
        compilation.save_state_quietly(&gates, console)?;
    }
    Ok((reported == Outcome::Fine).then_some(compilation.compiled))
}

/// Whether a diagnostic is relevant for resources: not a missing image.
fn is_relevant(diagnostic: &Diagnostic) -> bool {
    diagnostic.code != Code::ProjectMissingImage
}
