//! The field in a line of an output file.

use std::collections::BTreeSet;
use std::path::Path;

use score_compiler::FieldPath;
use score_compiler::compose::SECTIONS;
use score_spec::diagnostic::any_error;
use score_spec::{Kind, Node, Sources, Span, parse};

use super::chart::{self, ChartFile};
use crate::host::{Gate, Gates, name};
use crate::report::failure::{About, Failure};

/// The advice for files whose lines have no object.
pub(super) const NAME_IT: &str =
    "name the object and the field: `score-rs why -t helm Deployment/web spec.replicas`";

/// The object and the fields in a line.
#[derive(Debug)]
pub(super) struct Found {
    /// The target whose output the file is.
    pub(super) target: &'static str,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    /// The paths of the fields.
    pub(super) paths: Vec<FieldPath>,
}

/// The contents of a line of an output file.
#[derive(Debug)]
pub(super) enum LineContent {
    /// Fields of an object.
    Fields(Found),
    /// Values of a chart, by their paths.
    Values(Vec<Vec<String>>),
}

impl LineContent {
    /// The target whose output the file is.
    pub(super) fn target(&self) -> &'static str {
        match self {
            Self::Fields(found) => found.target,
            Self::Values(_) => "helm",
        }
    }
}

/// Finds the fields in a line of an output file.
pub(super) fn find(file: &Path, line: usize) -> Result<LineContent, Failure> {
    let shown = name(file);
    let gates = Gates::new(Gate::open(Path::new("")).reading(Path::new("."))?);
    let bytes = gates.read(file).reading(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let charts = [folder.join("Chart.yaml"), folder.join("../Chart.yaml")];
    let is_chart = charts.iter().any(|chart| gates.read(chart).is_ok());
    let of_chart = ChartFile::of(file).filter(|_| is_chart);
    let nothing = || Failure::new(format!("line {line} of `{shown}` has no field"));
    if of_chart == Some(ChartFile::Template) {
        let text = String::from_utf8_lossy(&bytes);
        let found = template_line(&text, line);
        return found
            .map(LineContent::Fields)
            .ok_or_else(|| nothing().help(NAME_IT));
    }
    let mut sources = Sources::new();
    let id = sources.add(shown.as_str(), bytes);
    let parsed = parse(&sources, id);
    if of_chart.is_none()
        && (is_chart || sources.get(id).text.contains("{{") && any_error(&parsed.diagnostics))
    {
        let problem = format!("`{shown}` is a part of a chart that describes no object");
        return Err(Failure::new(problem).help(NAME_IT));
    }
    if !parsed.diagnostics.is_empty() {
        let problem = format!("cannot read `{shown}`: it is not valid YAML");
        return Err(Failure::new(problem));
    }
    let (document, paths) = fields(&sources, &parsed.documents, line).ok_or_else(nothing)?;
    if of_chart == Some(ChartFile::Values) {
        return Ok(LineContent::Values(paths));
    }
    let found = object(document, paths).ok_or_else(|| {
        Failure::new(format!(
            "line {line} of `{shown}` is part of no object and no service"
        ))
    })?;
    Ok(LineContent::Fields(found))
}

/// The fields in a line of a template of a chart, if there are any.
pub(super) fn template_line(text: &str, line: usize) -> Option<Found> {
    let mut sources = Sources::new();
    let id = sources.add("template", chart::without_actions(text, line));
    let parsed = parse(&sources, id);
    let (document, paths) = fields(&sources, &parsed.documents, line)?;
    let found = object(document, paths)?;
    (!found.name.contains(chart::UNKNOWN)).then_some(Found {
        target: "helm",
        namespace: None,
        ..found
    })
}

/// The document that has the line, and the paths of the fields in it.
fn fields<'a>(
    sources: &Sources,
    documents: &'a [Node],
    line: usize,
) -> Option<(&'a Node, Vec<Vec<String>>)> {
    let lines = Lines { sources, line };
    documents.iter().find_map(|document| {
        let mut paths = Vec::new();
        lines.collect(document, &mut Vec::new(), &mut paths);
        (!paths.is_empty()).then_some((document, paths))
    })
}

/// The object in which the paths are.
fn object(document: &Node, paths: Vec<Vec<String>>) -> Option<Found> {
    let text = |node: Option<&Node>, key: &str| node?.get(key)?.text().map(str::to_owned);
    if let Some(kind) = text(Some(document), "kind") {
        let metadata = document.get("metadata");
        return Some(Found {
            target: "kubernetes",
            kind,
            name: text(metadata, "name")?,
            namespace: text(metadata, "namespace"),
            paths: paths.into_iter().map(FieldPath::from_iter).collect(),
        });
    }
    let [section, entry, ..] = paths.first()?.as_slice() else {
        return None;
    };
    let (section, entry) = (section.clone(), entry.clone());
    // Models are no objects of the output.
    let mut sections = SECTIONS.into_iter().filter(|(_, kind)| *kind != "model");
    let (_, kind) = sections.find(|(it, _)| *it == section)?;
    let of_entry = |path: Vec<String>| match path.as_slice() {
        [its_section, name, path @ ..] if *its_section == section && *name == entry => {
            Some(path.iter().cloned().collect())
        }
        _ => None,
    };
    let paths: Vec<FieldPath> = paths.into_iter().filter_map(of_entry).collect();
    (!paths.is_empty()).then_some(Found {
        target: "compose",
        kind: kind.to_owned(),
        name: entry,
        namespace: None,
        paths,
    })
}

/// The name of an item of a list.
fn item_name(item: &Node) -> Option<&str> {
    let mut names = FieldPath::NAMES.into_iter();
    let name = names.find_map(|name| item.get(name)?.text());
    name.filter(|name| !name.contains(chart::UNKNOWN))
}

/// A line in a source.
struct Lines<'a> {
    sources: &'a Sources,
    line: usize,
}

impl Lines<'_> {
    /// Collects the paths of the fields that begin in the line, or whose text covers it. There are several in a line
    /// only if a map or list is written in it.
    fn collect(&self, node: &Node, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    path.push(entry.key.clone());
                    let count = paths.len();
                    self.collect(&entry.value, path, paths);
                    if paths.len() == count && self.is_at(entry.key_span) {
                        paths.push(path.clone());
                    }
                    path.pop();
                }
            }
            Kind::List(items) => {
                let mut seen = BTreeSet::new();
                for (index, item) in items.iter().enumerate() {
                    let named = item_name(item).filter(|name| seen.insert(*name));
                    path.push(named.map_or_else(|| index.to_string(), str::to_owned));
                    self.collect(item, path, paths);
                    path.pop();
                }
            }
            _ if self.is_at(node.span) => paths.push(path.clone()),
            _ => {}
        }
    }

    /// Whether a part of the source is in the line.
    fn is_at(&self, span: Span) -> bool {
        let range = span.range();
        let line = |offset| self.sources.position(span.source, offset).line;
        let text = self.sources.slice(span);
        let end = range.start + text.trim_end().len();
        !text.is_empty() && (line(range.start)..=line(end)).contains(&self.line)
    }
}
