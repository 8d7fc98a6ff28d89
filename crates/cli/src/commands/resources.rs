//! `score-rs resources`.

use score_compat::value::from_json;
use score_compiler::ir::Secret;
use score_compiler::model::{Model, ModelResource};
use score_compiler::project::Provisioned;
use score_compiler::{Commands, Rendered};
use score_gotemplate::{Context, ErrorKind, Template};
use score_spec::{
    Code, Diagnostic, Sources, Value,
    diagnostic::{any_error, listed, nearest},
};

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
    let Some((compiled, model)) = described_with_errors(prepared, console) else {
        return Ok(Outcome::Errors);
    };
    // Those without a provisioner have been reported.
    let resources = model.resources.iter();
    let resources = resources.filter(|(_, resource)| resource.provisioner.is_some());
    match args.format {
        ListFormat::Table => console::lines(&table(resources, console))?,
        ListFormat::Json => {
            let items = resources.map(|(uid, resource)| json(uid, resource, &compiled.sources));
            let items: serde_json::Value = items.collect();
            console::json(&format!("{items:#}\n"))?;
        }
    }
    Ok(Outcome::of(&compiled.diagnostics))
}

/// A resource of the model with its uid.
fn json(uid: &str, resource: &ModelResource, sources: &Sources) -> serde_json::Value {
    let mut item = serde_json::Map::from_iter([("uid".to_owned(), uid.into())]);
    if let serde_json::Value::Object(fields) = resource.to_json(sources) {
        item.extend(fields);
    }
    item.into()
}

fn table<'a>(
    resources: impl Iterator<Item = (&'a String, &'a ModelResource)>,
    console: &Console,
) -> String {
    let rows: Vec<Vec<String>> = resources
        .map(|(uid, resource)| {
            let needed_by: Vec<&str> = resource.needed_by.iter().map(String::as_str).collect();
            let outputs: Vec<&str> = resource.outputs.keys().map(String::as_str).collect();
            let provisioner = resource.provisioner.as_ref();
            [
                uid.as_str(),
                &resource.identity.kind,
                resource.identity.class(),
                &needed_by.join(","),
                provisioner.map_or("", |it| &it.file),
                &provisioners::listed(&outputs),
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
pub(crate) fn compiled_with_errors(prepared: Prepared, console: &Console) -> Option<Rendered> {
    described_with_errors(prepared, console).map(|(compiled, _)| compiled)
}

/// The same with the description of the project.
pub(crate) fn described_with_errors(
    mut prepared: Prepared,
    console: &Console,
) -> Option<(Rendered, Model)> {
    let compiler = prepared.request.compiler;
    prepared.request.compiler = compiler.with_commands(Commands::Skip);
    let levels = prepared.levels(Rules::default());
    if prepared.is_broken() {
        let part = validate::partial(prepared, &levels, console);
        validate::report_broken(vec![part], console);
        return None;
    }
    let (compiled, model) = prepared.request.describe(&prepared.disk);
    let mut compilation = Compilation::from(compiled);
    compilation.compiled.diagnostics.retain(is_relevant);
    compilation.report(prepared.project.diagnostics, &levels, console);
    Some((compilation.compiled, model))
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
