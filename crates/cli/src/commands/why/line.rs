//! The field in a line of an output file.

use std::collections::BTreeSet;
use std::path::Path;

use score_compiler::FieldPath;
use score_spec::{Kind, Node, Sources, Span, parse};

use crate::host::{Gate, Gates, name};
use crate::report::failure::{About, Failure};

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

/// Finds the fields in a line of an output file.
pub(super) fn find(file: &Path, line: usize) -> Result<Found, Failure> {
    let shown = name(file);
    let gates = Gates::new(Gate::open(Path::new("")).reading(Path::new("."))?);
    let bytes = gates.read(file).reading(file)?;
    let mut sources = Sources::new();
    let id = sources.add(shown.as_str(), bytes);
    let parsed = parse(&sources, id);
    let is_yaml = parsed.diagnostics.is_empty();
    let folder = file.parent().unwrap_or(Path::new(""));
    let charts = [folder.join("Chart.yaml"), folder.join("../Chart.yaml")];
    let is_chart = charts.iter().any(|chart| gates.read(chart).is_ok());
    if is_chart || !is_yaml && sources.get(id).text.contains("{{") {
        let problem = format!("`{shown}` is part of a chart, whose lines are not those of objects");
        return Err(Failure::new(problem).help(
            "name the object and the field: `score-rs why -t helm Deployment/web spec.replicas`",
        ));
    }
    if !is_yaml {
        let problem = format!("cannot read `{shown}`: it is not valid YAML");
        return Err(Failure::new(problem));
    }
    let lines = Lines {
        sources: &sources,
        line,
    };
    let nothing = || Failure::new(format!("line {line} of `{shown}` has no field"));
    let mut documents = parsed.documents.iter();
    let (document, paths) = documents
        .find_map(|document| {
            let mut paths = Vec::new();
            lines.collect(document, &mut Vec::new(), &mut paths);
            (!paths.is_empty()).then_some((document, paths))
        })
        .ok_or_else(nothing)?;
    object(document, paths).ok_or_else(|| {
        Failure::new(format!(
            "line {line} of `{shown}` is part of no object and no service"
        ))
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
    let service = paths.first()?.get(1)?.clone();
    let of_service = |path: Vec<String>| match path.as_slice() {
        [services, name, path @ ..] if services == "services" && *name == service => {
            Some(path.iter().cloned().collect())
        }
        _ => None,
    };
    let paths: Vec<FieldPath> = paths.into_iter().filter_map(of_service).collect();
    (!paths.is_empty()).then_some(Found {
        target: "compose",
        kind: "service".to_owned(),
        name: service,
        namespace: None,
        paths,
    })
}

/// The name of an item of a list.
fn item_name(item: &Node) -> Option<&str> {
    let mut names = FieldPath::NAMES.into_iter();
    names.find_map(|name| item.get(name)?.text())
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
