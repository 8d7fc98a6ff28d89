//! `score-rs provisioners show`.

use std::fmt::Write;

use score_compiler::catalogue::Provisioner;
use score_spec::{Kind, Node, Sources, diagnostic::nearest, parse};

use super::{AllProvisioners, json, origin, read};
use crate::args::{Show, ShowFormat};
use crate::commands::Outcome;
use crate::input::project::Project;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::table::table;

/// Shows the provisioners of a type or a package, in order of precedence.
pub(crate) fn show(args: &Show, console: &Console) -> Result<Outcome, Failure> {
    let AllProvisioners {
        sources,
        project,
        catalogue,
        broken,
    } = read(&args.provisioners, console)?;
    if broken {
        return Ok(Outcome::Errors);
    }
    let package = |it: &Provisioner| project.packages.get(&it.file).map(String::as_str);
    let all: Vec<&Provisioner> = catalogue.provisioners().map(AsRef::as_ref).collect();
    let wanted = |it: &&Provisioner| it.kind == args.name || package(it) == Some(&args.name);
    let found: Vec<&Provisioner> = all.iter().copied().filter(wanted).collect();
    if found.is_empty() {
        let names = all
            .iter()
            .flat_map(|it| [Some(it.kind.as_str()), package(it)]);
        let problem = format!("unknown resource type or package `{}`", args.name);
        return Err(
            Failure::new(problem).help(match nearest(&args.name, names.flatten()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`score-rs provisioners list` prints all of them".to_owned(),
            }),
        );
    }
    match args.format {
        ShowFormat::Json => console::json(&format!("{:#}\n", json(&found, &project)))?,
        ShowFormat::Yaml => {
            let text = joined(found.iter().map(|it| source(it, &sources)), "---\n");
            console::result(text.as_bytes())?;
        }
        ShowFormat::Text => {
            let pages = found.iter().map(|it| page(it, &sources, &project));
            console::lines(&joined(pages, "\n"))?;
        }
    }
    Ok(Outcome::Fine)
}

fn joined(texts: impl Iterator<Item = String>, between: &str) -> String {
    texts.collect::<Vec<_>>().join(between)
}

/// The source text of a provisioner: its file, or its document if the file has several.
fn source(provisioner: &Provisioner, sources: &Sources) -> String {
    let id = provisioner.span.source;
    let documents = parse(sources, id).documents;
    let text = match documents
        .iter()
        .find(|it| it.span.contains(provisioner.span))
    {
        Some(document) if documents.len() > 1 => sources.slice(document.span),
        _ => &sources.get(id).text,
    };
    format!("{}\n", text.trim_end())
}

/// The human-readable page of a provisioner.
fn page(provisioner: &Provisioner, sources: &Sources, project: &Project) -> String {
    let documents = parse(sources, provisioner.span.source).documents;
    let node = documents
        .iter()
        .find(|it| it.span.contains(provisioner.span));
    let part = |name: &str| node.and_then(|node| node.get(name));
    let mut page = format!("{}\n", provisioner.kind);
    if !provisioner.description.is_empty() {
        let _ = writeln!(page, "  {}", provisioner.description);
    }
    let _ = writeln!(page, "\n  for   {}", answers(provisioner));
    let _ = writeln!(page, "  from  {}", origin(provisioner, project));
    let _ = writeln!(page, "  file  {}", provisioner.file);
    let params = part("params")
        .map(|node| rows(node, "required"))
        .unwrap_or_default();
    section(&mut page, "params", params, provisioner.params.open);
    let outputs = part("outputs")
        .map(|node| rows(node, ""))
        .unwrap_or_default();
    section(
        &mut page,
        "outputs",
        outputs,
        provisioner.any_output.is_some(),
    );
    let needs = part("resources").map_or(&[][..], Node::entries).iter();
    let needs = needs.map(|entry| {
        let text = |name: &str| entry.value.get(name).and_then(Node::text);
        let class = text("class").map(|class| format!("class {class}"));
        let id = text("id").map(|id| format!("id {id}"));
        let about: Vec<String> = [class, id].into_iter().flatten().collect();
        vec![
            text("type").unwrap_or_default().to_owned(),
            about.join(", "),
        ]
    });
    section(&mut page, "needs", needs.collect(), false);
    page
}

/// The resources that a provisioner handles.
fn answers(provisioner: &Provisioner) -> String {
    let mut answers = match (&provisioner.class, &provisioner.id) {
        (None, None) => "every class".to_owned(),
        (Some(class), None) => format!("class {class}"),
        (None, Some(id)) => format!("id {id}"),
        (Some(class), Some(id)) => format!("class {class}, id {id}"),
    };
    if let Some(audience) = provisioner.audience_in_words() {
        let _ = write!(answers, ", only {audience}");
    }
    match provisioner.platforms.as_slice() {
        [] => answers,
        platforms => format!("{answers}, only on {}", platforms.join(", ")),
    }
}

/// The properties of a schema as rows: name, allowed values, description.
fn rows(schema: &Node, required: &str) -> Vec<Vec<String>> {
    let required = schema.items_at(required);
    let is_required = |name: &str| required.iter().any(|node| node.text() == Some(name));
    let properties = schema.entries_at("properties");
    properties
        .iter()
        .map(|entry| {
            let mut about = kinds(&entry.value);
            about.extend(is_required(&entry.key).then(|| "required".to_owned()));
            let description = entry.value.get("description").and_then(Node::text);
            vec![
                entry.key.clone(),
                about.join(", "),
                description.unwrap_or_default().replace('\n', " "),
            ]
        })
        .collect()
}

/// The constraints of a schema in words.
fn kinds(schema: &Node) -> Vec<String> {
    let shown = |node: &Node| match node.text() {
        Some(text) => text.to_owned(),
        None => node.to_value().to_json().to_string(),
    };
    let any = |node: &Node| match &node.kind {
        Kind::List(items) => items.iter().map(shown).collect::<Vec<_>>().join("|"),
        _ => shown(node),
    };
    let flag = |name: &str| {
        let node = schema.get(name)?;
        (node.kind == Kind::Bool(true)).then(|| name.to_owned())
    };
    let values = schema.get("enum").or_else(|| schema.get("type")).map(any);
    let default = schema
        .get("default")
        .map(|node| format!("default {}", shown(node)));
    [values, flag("secret"), flag("optional"), default]
        .into_iter()
        .flatten()
        .collect()
}

/// Adds a section with a heading, unless it has no rows.
fn section(page: &mut String, heading: &str, mut rows: Vec<Vec<String>>, open: bool) {
    if open {
        rows.push(vec!["*".to_owned(), String::new(), "any other".to_owned()]);
    }
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{heading}");
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let text = table(&vec![""; columns], &rows, None);
    for line in text.lines().skip(1) {
        let _ = writeln!(page, "  {line}");
    }
}
