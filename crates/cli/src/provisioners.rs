//! `score-rs provisioners`.

use score_compiler::{Catalogue, Provisioner};
use score_spec::{Sources, diagnostic::any_error, diagnostic::sort};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{ListFormat, ProvisionersList};
use crate::console::{self, Console};
use crate::failure::Failure;
use crate::project::Project;
use crate::report::clean;
use crate::table::table;

/// Lists the provisioners in order of precedence.
pub(crate) fn list(args: &ProvisionersList, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let project = Project::find(&mut sources, &args.provisioners)?;
    let mut diagnostics = project.diagnostics;
    let mut catalogue = Catalogue::new(&sources, &project.provisioners, &mut diagnostics);
    catalogue.need_all(&mut sources, &mut diagnostics);
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    let provisioners: Vec<&Provisioner> = catalogue.provisioners().map(AsRef::as_ref).collect();
    let text = match args.format {
        ListFormat::Json => format!("{:#}\n", json(&provisioners)),
        ListFormat::Table => columns(&provisioners),
    };
    console::result(text.as_bytes())?;
    Ok(if any_error(&diagnostics) {
        Outcome::Errors
    } else {
        Outcome::Fine
    })
}

fn columns(provisioners: &[&Provisioner]) -> String {
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
                it.file.clone(),
                listed(&params),
                listed(&outputs),
                it.description.clone(),
            ]
            .map(|cell| clean(&cell).replace('\n', " "))
            .to_vec()
        })
        .collect();
    let header = [
        "TYPE",
        "CLASS",
        "ID",
        "FILE",
        "PARAMS",
        "OUTPUTS",
        "DESCRIPTION",
    ];
    table(&header, &rows)
}

/// Names in a cell; a cell is never empty, so that a program can count columns.
pub(crate) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(",")
    }
}

fn json(provisioners: &[&Provisioner]) -> Value {
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
        json!({
            "type": it.kind,
            "class": it.class,
            "id": it.id,
            "file": it.file,
            "description": it.description,
            "params": params.collect::<serde_json::Map<_, _>>(),
            "any_param": it.params.open,
            "outputs": outputs.collect::<serde_json::Map<_, _>>(),
            "any_output": it.any_output.is_some(),
            "platforms": it.platforms,
        })
    };
    provisioners.map(one).collect()
}
