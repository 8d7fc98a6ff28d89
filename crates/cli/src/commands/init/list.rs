//! `score-rs init --list`.

use score_compiler::templates::TemplateParam;
use score_spec::diagnostic::any_error;
use serde_json::{Value, json};

use crate::args::ListFormat;
use crate::commands::Outcome;
use crate::input::templates::{NamedTemplates, ReadTemplate};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Prints the templates in order of precedence. Those with mistakes are reported, and missing in the list.
pub(super) fn run(format: ListFormat, console: &Console) -> Result<Outcome, Failure> {
    let mut rows = Vec::new();
    let mut failed = false;
    for folder in NamedTemplates::find(console)?.into_all() {
        let mut read = folder.read()?;
        failed |= any_error(&read.diagnostics);
        if let Some(template) = read.reported(console) {
            rows.push((read, template.description().to_owned(), template.params()));
        }
    }
    match format {
        ListFormat::Json => {
            let rows: Value = rows.iter().map(row_json).collect();
            console::json(&format!("{rows:#}\n"))?;
        }
        ListFormat::Table => {
            let rows = rows.iter().map(|(read, description, params)| {
                let params: Vec<String> = params.iter().map(cell).collect();
                let params = Some(params.join(",")).filter(|params| !params.is_empty());
                vec![
                    read.name.clone(),
                    read.from.clone(),
                    params.unwrap_or_else(|| "-".to_owned()),
                    description.replace('\n', " "),
                ]
            });
            let rows: Vec<Vec<String>> = rows.collect();
            let header = ["TEMPLATE", "FROM", "PARAMS", "DESCRIPTION"];
            console::lines(&console.table(&header, &rows))?;
        }
    }
    Ok(Outcome::errors_if(failed))
}

/// A param in a table cell: its name, with `*` if it needs a value.
fn cell(param: &TemplateParam) -> String {
    let mark = if param.is_required && param.default.is_none() {
        "*"
    } else {
        ""
    };
    format!("{}{mark}", param.name)
}

fn row_json((read, description, params): &(ReadTemplate, String, Vec<TemplateParam>)) -> Value {
    let params = params.iter().map(|it| {
        json!({
            "name": it.name,
            "description": it.description,
            "required": it.is_required,
            "type": it.kind,
            "default": it.default,
            "choices": it.choices,
        })
    });
    json!({
        "template": read.name,
        "from": read.from,
        "description": description,
        "params": params.collect::<Value>(),
    })
}
