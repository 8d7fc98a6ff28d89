//! `score-rs provisioners convert`.

use std::path::Path;

use score_compat::convert::{Converted, Extent, Place, convert as converted};
use score_compat::list;
use score_spec::{Sources, diagnostic::any_error};

use super::test::test_text;
use crate::args::Convert;
use crate::commands::Outcome;
use crate::host::{Gates, PROJECT_FILE, name};
use crate::input::project::Project;
use crate::output::file::{OPEN, Output, Permission, Rule, unwritable};
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};
use crate::report::human::count;

/// Converts a list of provisioners.
pub(crate) fn convert(args: &Convert, console: &Console) -> Result<Outcome, Failure> {
    let (_, project) = Project::here()?;
    let gates = Gates::new(project);
    let bytes = gates.read(&args.file).reading(&args.file)?;
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let id = sources.add(name(&args.file), bytes);
    let provisioners = list::read(&sources, id, &mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    let converted = converted(&sources, &provisioners);
    let text = text(&converted);
    let path = args.output.as_deref().filter(|it| it.as_os_str() != "-");
    if let Some(path) = path {
        write(path, &text, args, &gates)?;
    } else {
        console::result(text.as_bytes())?;
    }
    for place in converted.iter().flat_map(|it| &it.places) {
        note(place, &sources, console);
    }
    let has_result = converted.iter().any(|it| it.extent != Extent::Nothing);
    let shown = path.map_or_else(|| "the result".to_owned(), name);
    let is_valid = !has_result || test_text((&shown, &text), &gates, console)?;
    if let Some(path) = path {
        console.done(&format!("wrote {}", name(path)));
    }
    let verdict = if is_valid {
        ""
    } else {
        ", but the result has errors"
    };
    console.done(&format!("{}{verdict}", summary(&converted)));
    let is_whole = converted.iter().all(|it| it.extent == Extent::Whole);
    if let Some(path) = path.filter(|_| has_result && is_valid) {
        let complete = if is_whole { "" } else { "complete it, and " };
        console.done(&format!(
            "next: {complete}list `{}` instead of `{}` under `provisioners` in {PROJECT_FILE}",
            name(path),
            name(&args.file)
        ));
    }
    Ok(Outcome::errors_if(!is_valid || !is_whole))
}

/// The documents of a file.
fn text(converted: &[Converted]) -> String {
    let texts: Vec<&str> = converted.iter().map(|it| it.text.as_str()).collect();
    texts.join("---\n")
}

fn write(path: &Path, text: &str, args: &Convert, gates: &Gates) -> Result<(), Failure> {
    let located = gates.locate(path);
    let located = located.map_err(|error| unwritable(path, &error))?;
    let output = Output::named(
        located,
        path,
        text.as_bytes().to_vec(),
        OPEN,
        Rule::Generated,
    )?;
    let mut permission = Permission {
        force: args.force,
        ..Permission::default()
    };
    let input = gates.locate(&args.file).reading(&args.file)?;
    let identity = input.name.and_then(|name| input.folder.identity(&name));
    permission
        .protected
        .extend(identity.map(|it| (it, "the file that is converted")));
    Changes::from(vec![output]).apply(&permission)?;
    Ok(())
}

fn note(place: &Place, sources: &Sources, console: &Console) {
    let source = place.span.source;
    let line = sources.position(source, place.span.range().start).line;
    let file = &sources.get(source).name;
    console.note(&format!("{file}:{line}: {}", place.reason));
}

/// How much is converted, and what is not.
fn summary(converted: &[Converted]) -> String {
    let number = |extent: Extent| {
        let matching = converted.iter().filter(|it| it.extent == extent);
        matching.count()
    };
    let places: usize = converted.iter().map(|it| it.places.len()).sum();
    let places = match places {
        0 => String::new(),
        1 => "; 1 place needs a person".to_owned(),
        number => format!("; {number} places need a person"),
    };
    format!(
        "{} converted, {} partly, {} not{places}",
        count(number(Extent::Whole), "provisioner"),
        number(Extent::Part),
        number(Extent::Nothing)
    )
}
