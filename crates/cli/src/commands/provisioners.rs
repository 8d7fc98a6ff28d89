//! `score-rs provisioners`: the list of provisioners, and a module for each other subcommand.

mod add;
mod convert;
mod explain;
mod install;
mod new;
mod remove;
mod show;
mod test;
mod update;

use score_compiler::catalogue::{Audience, Catalogue, Conditions, NameList, Provisioner};
use score_spec::{
    Sources,
    diagnostic::{any_error, sort},
};
use serde_json::{Value, json};

use crate::args::{ListFormat, ProvisionerPaths, ProvisionersList};
use crate::commands::Outcome;
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

pub(crate) use add::{add, add_package, package_source, path_source};
pub(crate) use convert::convert;
pub(crate) use explain::explain;
pub(crate) use install::install;
pub(crate) use new::new;
pub(crate) use remove::remove;
pub(crate) use show::show;
pub(crate) use test::{test, test_all};
pub(crate) use update::update;

/// The prefix of the names of built-in files.
const BUILT_IN: &str = "builtin:";

/// The columns of the list of provisioners.
const HEADER: [&str; 10] = [
    "TYPE",
    "CLASS",
    "ID",
    "FOR",
    "PLATFORMS",
    "FROM",
    "FILE",
    "PARAMS",
    "OUTPUTS",
    "DESCRIPTION",
];

/// The columns that a terminal has no room for. `provisioners show` prints them.
const DETAILS: [&str; 3] = ["FILE", "PARAMS", "OUTPUTS"];

/// All provisioners of a project.
struct AllProvisioners {
    sources: Sources,
    project: Project,
    catalogue: Catalogue,
    /// Whether a provisioner has an error.
    broken: bool,
}

/// Reads all provisioners of a project and those of the options, and reports their diagnostics.
fn read(options: &ProvisionerPaths, console: &Console) -> Result<AllProvisioners, Failure> {
    let mut sources = Sources::new();
    let mut project = Project::around(&mut sources, options)?;
    let mut diagnostics = std::mem::take(&mut project.diagnostics);
    let mut catalogue = Catalogue::new(
        &mut sources,
        &project.provisioners,
        Conditions::default(),
        &mut diagnostics,
    );
    catalogue.need_all(&mut sources, &mut diagnostics);
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    Ok(AllProvisioners {
        broken: any_error(&diagnostics),
        sources,
        project,
        catalogue,
    })
}

/// Lists the provisioners in order of precedence.
pub(crate) fn list(args: &ProvisionersList, console: &Console) -> Result<Outcome, Failure> {
    let AllProvisioners {
        project,
        catalogue,
        broken,
        ..
    } = read(&args.provisioners, console)?;
    let provisioners: Vec<&Provisioner> = catalogue.provisioners().map(AsRef::as_ref).collect();
    match args.format {
        ListFormat::Json => console::json(&format!("{:#}\n", json(&provisioners, &project)))?,
        ListFormat::Table => console::lines(&columns(&provisioners, &project, console))?,
    }
    Ok(Outcome::errors_if(broken))
}

/// The origin of a provisioner: `project`, `package:NAME` or `built-in`.
fn origin(provisioner: &Provisioner, project: &Project) -> String {
    match project.packages.get(&provisioner.file) {
        Some(package) => format!("package:{package}"),
        None if provisioner.file.starts_with(BUILT_IN) => "built-in".to_owned(),
        None => "project".to_owned(),
    }
}

fn columns(provisioners: &[&Provisioner], project: &Project, console: &Console) -> String {
    let any = || "*".to_owned();
    let rows: Vec<Vec<String>> = provisioners
        .iter()
        .map(|it| {
            let mut params: Vec<&str> = it.params.known.keys().map(String::as_str).collect();
            params.extend(it.params.open.then_some("*"));
            let mut outputs: Vec<&str> = it.outputs.keys().map(String::as_str).collect();
            outputs.extend(it.any_output.as_ref().map(|_| "*"));
            [
                it.kind.clone(),
                it.class.clone().unwrap_or_else(any),
                it.id.clone().unwrap_or_else(any),
                audience(it),
                platforms(it),
                origin(it, project),
                it.file.clone(),
                listed(&params),
                listed(&outputs),
                it.description.clone(),
            ]
            .map(|cell| cell.replace('\n', " "))
            .to_vec()
        })
        .collect();
    let has_audiences = provisioners.iter().any(|it| !it.audiences.is_empty());
    let is_shown = |at: &usize| match HEADER[*at] {
        "FOR" => has_audiences,
        column => !console.is_terminal() || !DETAILS.contains(&column),
    };
    let shown: Vec<usize> = (0..HEADER.len()).filter(is_shown).collect();
    let header: Vec<&str> = shown.iter().map(|at| HEADER[*at]).collect();
    let rows = rows.iter();
    let rows = rows.map(|row| shown.iter().map(|at| row[*at].clone()).collect());
    console.table(&header, &rows.collect::<Vec<_>>())
}

/// The platforms of a provisioner.
pub(crate) fn platforms(provisioner: &Provisioner) -> String {
    match provisioner.platforms.as_slice() {
        [] => "*".to_owned(),
        platforms => platforms.join(","),
    }
}

/// The workloads and environments that may use a provisioner, in a table cell: fields with their names, of which
/// all apply.
pub(crate) fn audience(provisioner: &Provisioner) -> String {
    let fields = provisioner.audiences.iter().flat_map(|it| {
        fields(it).map(|(field, names)| {
            let names: Vec<&str> = names.iter().collect();
            format!("{field}={}", names.join(","))
        })
    });
    match fields.collect::<Vec<_>>().join(";").as_str() {
        "" => "*".to_owned(),
        // A table has no cells with spaces.
        text => text.replace(char::is_whitespace, "_"),
    }
}

/// The same as JSON: a list of maps, of which all apply.
pub(crate) fn audience_json(provisioner: &Provisioner) -> Value {
    let audiences = provisioner.audiences.iter().map(|it| {
        let fields = fields(it).map(|(field, names)| (field.to_owned(), names.iter().collect()));
        Value::Object(fields.collect())
    });
    audiences.collect()
}

/// The fields of an audience that limit it.
fn fields(audience: &Audience) -> impl Iterator<Item = (&'static str, &NameList)> {
    let fields = [
        ("workloads", &audience.workloads),
        ("environments", &audience.environments),
        ("environmentTypes", &audience.environment_types),
    ];
    let fields = fields.into_iter();
    fields.filter_map(|(field, names)| Some((field, names.as_ref()?)))
}

/// Names in a table cell, which is never empty so that scripts can split lines into columns.
pub(crate) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(",")
    }
}

/// The list of provisioners as JSON.
fn json(provisioners: &[&Provisioner], project: &Project) -> Value {
    let provisioners = provisioners.iter();
    let one = |it: &&Provisioner| {
        let outputs = it.outputs.iter().map(|(name, output)| {
            let value = json!({
                "description": output.description,
                "secret": output.secret,
                "optional": output.optional,
            });
            (name.clone(), value)
        });
        let params = it.params.known.iter();
        let params = params.map(|(name, about)| (name.clone(), json!({ "description": about })));
        let mut value = json!({
            "type": it.kind,
            "class": it.class,
            "id": it.id,
            "from": origin(it, project),
            "file": it.file,
            "description": it.description,
            "params": params.collect::<serde_json::Map<_, _>>(),
            "any_param": it.params.open,
            "outputs": outputs.collect::<serde_json::Map<_, _>>(),
            "any_output": it.any_output.is_some(),
            "platforms": it.platforms,
        });
        if !it.audiences.is_empty() {
            value["for"] = audience_json(it);
        }
        value
    };
    provisioners.map(one).collect()
}
