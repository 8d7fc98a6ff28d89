//! `score-rs schema`.

use score_compiler::catalogue::{Catalogue, Conditions};
use score_compiler::fields::known_annotations;
use score_spec::{Sources, diagnostic::any_error};

use crate::args::{Schema, SchemaName};
use crate::commands::Outcome;
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Prints a JSON Schema.
pub(crate) fn run(args: &Schema, console: &Console) -> Result<Outcome, Failure> {
    let text = match args.name {
        SchemaName::Score if args.project => return enriched(args, console),
        SchemaName::Score => score_schemas::SCORE_V1B1,
        SchemaName::Provisioner => score_schemas::PROVISIONER,
        SchemaName::Project => score_schemas::PROJECT,
        SchemaName::Environment => score_schemas::ENVIRONMENT,
        SchemaName::Images => score_schemas::IMAGES,
        SchemaName::Policy => score_schemas::POLICY,
        SchemaName::Waivers => score_schemas::WAIVERS,
        SchemaName::Template => score_schemas::TEMPLATE,
        SchemaName::RunRequest => score_schemas::RUN_REQUEST,
        SchemaName::RunAnswer => score_schemas::RUN_ANSWER,
        SchemaName::Diagnostics => score_schemas::DIAGNOSTICS,
        SchemaName::Model => score_schemas::MODEL,
        SchemaName::Plan => score_schemas::PLAN,
    };
    console::result(text.as_bytes())?;
    Ok(Outcome::Fine)
}

/// Prints the schema of Score files extended by the resource types of the project and the annotations of
/// all targets.
fn enriched(args: &Schema, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let project = Project::around(&mut sources, &args.provisioners)?;
    let mut diagnostics = project.diagnostics;
    let conditions = Conditions {
        builtins: project.settings.builtins.clone(),
        ..Conditions::default()
    };
    let mut catalogue = Catalogue::new(
        &mut sources,
        &project.provisioners,
        conditions,
        &mut diagnostics,
    );
    catalogue.need_all(&mut sources, &mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    let text = format!("{:#}\n", catalogue.editor_schema(known_annotations()));
    console::result(text.as_bytes())?;
    Ok(Outcome::Fine)
}
