//! From a tree to a [`Workload`]: validation against the schema, conversion to types, and the rules
//! that a schema cannot express. All problems are reported, not only the first one.

use std::sync::Arc;

use crate::{
    Diagnostic, Entry, Kind, Map, Node, Resource, Severity, Sources, Span, Spanned, Valid, Value,
    Workload,
    diagnostic::any_error,
    reader::{self, Leaves, map, required, spanned},
    references, rules,
    schema::{Codes, score_schema},
    slips,
    template::{Grammar, Template, forbid, forbid_in_key},
    upgrade::upgrade,
    workload::Params,
};

/// Validates a document.
///
/// # Errors If there is any error. The result is then a draft: the workload without the parts that
/// are wrong, unless it has no name. It must only be used to find further problems.
pub fn check(
    mut document: Node,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Valid<Workload>, Option<Box<Workload>>> {
    let mut found = Vec::new();
    slips::correct(&mut document, sources, &mut found);
    upgrade(&mut document, &mut found);
    found.extend(score_schema().check(&document, sources, &Codes::SPEC));
    rules::warn(&document, &mut found);
    let mut templates = Templates {
        sources,
        diagnostics: &mut found,
    };
    let workload = templates.workload(Arc::new(document));
    if let Some(workload) = &workload {
        references::check(workload, &mut found);
    }
    let failed = any_error(&found);
    diagnostics.extend(found);
    match workload {
        Some(workload) if !failed => Ok(Valid(workload)),
        draft => Err(draft.map(Box::new)),
    }
}

/// Reads resources that belong to no workload: a map in the form of `resources` in a Score file, which has been
/// validated against a schema. The id of each is its name. The result is a workload without a name and without
/// containers, in which they can refer to each other.
pub fn shared_resources(
    resources: &Node,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Workload {
    let mut templates = Templates {
        sources,
        diagnostics,
    };
    templates.forbid_placeholders_in_keys(resources);
    let read = map(Some(resources), |entry| {
        Some(Resource {
            id: Some(Spanned::new(entry.key.clone(), entry.key_span)),
            ..templates.resource(entry)
        })
    });
    let workload = Workload {
        source: resources.span.source,
        document: Arc::new(resources.clone()),
        name: Spanned::new(String::new(), resources.span),
        annotations: Map::default(),
        annotation_values: Map::default(),
        metadata: Value::Map(Box::default()),
        ports: Map::default(),
        containers: Map::default(),
        resources: read,
    };
    references::check(&workload, diagnostics);
    workload
}

/// Converts nodes to typed values. Missing values and values of the wrong type are skipped, because
/// the schema reports them.
struct Templates<'a> {
    sources: &'a Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// The strings of a Score file become templates.
impl Leaves for Templates<'_> {
    type Written = String;
    type Text = Template;

    fn text(&mut self, node: &Node, grammar: Grammar) -> Option<Template> {
        let text = node.text()?;
        Some(self.template(text, node.span, grammar))
    }

    fn plain(&mut self, node: &Node) -> Option<String> {
        self.forbid_placeholders(node);
        self.word(node)
    }

    fn word(&mut self, node: &Node) -> Option<String> {
        node.text().map(str::to_owned)
    }

    fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }
}

impl Templates<'_> {
    fn workload(&mut self, document: Arc<Node>) -> Option<Workload> {
        self.forbid_placeholders_in_keys(&document);
        let ports = document.get("service").and_then(|node| node.get("ports"));
        let ports = reader::ports(ports, self);
        let containers = reader::containers(document.get("containers"), self);
        let metadata = document.get("metadata")?;
        for entry in metadata.entries() {
            let before = self.diagnostics.len();
            self.forbid_placeholders(&entry.value);
            // Programs that read annotations may have placeholders of their own.
            if entry.key == "annotations" {
                for found in &mut self.diagnostics[before..] {
                    found.severity = Severity::Warning;
                }
            }
        }
        let name = metadata.get("name")?;
        Some(Workload {
            source: document.span.source,
            name: Spanned::new(self.word(name)?, name.span),
            annotations: texts(metadata.get("annotations")),
            annotation_values: metadata.map_at("annotations", |value| Some(value.span)),
            metadata: metadata.to_value(),
            ports,
            containers,
            resources: map(document.get("resources"), |entry| {
                Some(self.resource(entry))
            }),
            document,
        })
    }

    fn template(&mut self, text: &str, span: Span, grammar: Grammar) -> Template {
        Template::parse(text, span, grammar, self.sources, self.diagnostics)
    }

    fn resource(&mut self, entry: &Entry) -> Resource {
        let node = &entry.value;
        let mut optional = |name: &str| node.get(name).and_then(|node| spanned(node, self));
        let class = optional("class");
        let id = optional("id");
        let metadata = node.get("metadata").map(|node| {
            self.forbid_placeholders(node);
            node.to_value()
        });
        let params = node.get("params").map(|node| Params {
            node: node.clone(),
            value: node
                .to_value_with(&mut |text, span| self.template(text, span, Grammar::Placeholders)),
        });
        Resource {
            span: entry.key_span,
            kind: required(node.get("type"), entry, self),
            class,
            id,
            metadata,
            params,
        }
    }

    fn forbid_placeholders(&mut self, node: &Node) {
        node.each_text(&mut |text, span| forbid(text, span, self.sources, self.diagnostics));
    }

    /// Placeholders in keys are never expanded.
    fn forbid_placeholders_in_keys(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items
                .iter()
                .for_each(|item| self.forbid_placeholders_in_keys(item)),
            Kind::Map(entries) => {
                for entry in entries {
                    forbid_in_key(&entry.key, entry.key_span, self.sources, self.diagnostics);
                    self.forbid_placeholders_in_keys(&entry.value);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
        }
    }
}

/// Strings by name, each with the location of its name.
fn texts(node: Option<&Node>) -> Map<Spanned<String>> {
    node.map_or(&[][..], Node::entries)
        .iter()
        .filter_map(|entry| {
            let value = entry.value.text()?.to_owned();
            Some((entry.key.clone(), Spanned::new(value, entry.key_span)))
        })
        .collect()
}
