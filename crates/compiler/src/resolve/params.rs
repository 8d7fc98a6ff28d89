//! The params of a resource: expanded, validated against the provisioner's schema, and completed
//! with its defaults.

use score_spec::{
    Code, Diagnostic, Entry, Kind, Map, Node, Number, Severity, Span, Value,
    diagnostic::{listed, nearest},
    schema::{Codes, Place},
};

use super::Resolution;
use crate::graph::Params;
use crate::ir::{Text, Tree};
use crate::provisioner::Provisioner;
use crate::provisioner::expression::to_text;
use crate::resolve::expand::expand;
use crate::resolve::functions;

impl Resolution<'_> {
    pub(super) fn params(&mut self) -> Option<Tree> {
        let resource = self.resource;
        let known = &resource.provisioner.params;
        let (mut tree, node) = match &resource.params {
            Params::None => (Map::default().into(), None),
            Params::Declared { params, .. } => {
                let tree = self.raw_params()?;
                (tree, Some(params.node.clone()))
            }
            Params::Required { .. } => (self.raw_params()?, None),
        };
        // Parts that are not in a file are reported at the name of the resource.
        let node = node.unwrap_or_else(|| to_node(&tree, resource.span));
        if let Some(schema) = known.schema() {
            let (filled, opaque) = fill(&node, &tree);
            let place = Place {
                path: "params".to_owned(),
                key: Some(resource.span),
            };
            let codes = Codes::all(Code::ResourceParams);
            let mut found = schema.check_at(&place, &filled, self.sources, &codes);
            found.retain(|finding| !finding.span().is_some_and(|span| opaque.contains(&span)));
            if node.entries().is_empty() {
                for label in found.iter_mut().filter_map(|it| it.labels.first_mut()) {
                    label.message = format!("of type `{}`", resource.kind);
                }
            }
            let failed = found
                .iter()
                .any(|finding| finding.severity == Severity::Error);
            self.diagnostics.extend(found);
            if failed {
                return None;
            }
        }
        if !known.open && !known.closed() {
            for entry in node.entries() {
                if !known.known.contains_key(&entry.key)
                    && !resource.known_elsewhere.contains(&entry.key)
                {
                    self.diagnostics
                        .push(unknown_param(entry, &resource.provisioner));
                }
            }
        }
        if let Tree::Map(map) = &mut tree {
            if !known.open {
                map.retain(|name, _| known.known.contains_key(name));
            }
            for (name, value) in &known.defaults {
                map.entry(name.clone())
                    .or_insert_with(|| value.map_text(&mut |text| Text::from(text.as_str())));
            }
        }
        Some(tree)
    }

    /// The params as set, with evaluated placeholders or expressions.
    fn raw_params(&mut self) -> Option<Tree> {
        match &self.resource.params {
            Params::None => Some(Map::default().into()),
            Params::Declared { workload, params } => {
                let workload = self.project.declaring(workload)?;
                let mut complete = true;
                let tree = params.value.expand(&mut |template| {
                    let text = expand(
                        template,
                        workload,
                        self.resolved,
                        self.budget,
                        self.diagnostics,
                    );
                    complete &= text.is_some();
                    Tree::Text(text.unwrap_or_default())
                });
                complete.then_some(tree)
            }
            Params::Required { parent, label } => {
                let parent = self.project.resources.get(parent)?;
                let mut scope = parent.scope().with_budget(self.budget);
                let mut of_parent = self.of(parent);
                scope.set("params", &of_parent.raw_params()?);
                functions::define_name(&mut scope, parent);
                let requirement = parent.provisioner.resources.get(label)?;
                of_parent.evaluate(requirement.params.as_ref()?, &scope)
            }
        }
    }
}

fn unknown_param(entry: &Entry, provisioner: &Provisioner) -> Diagnostic {
    let known = || provisioner.params.known.keys().map(String::as_str);
    let help = match nearest(&entry.key, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if provisioner.params.known.is_empty() => {
            format!("resources of type `{}` have no params", provisioner.kind)
        }
        None => format!("available: {}", listed(known())),
    };
    Diagnostic::new(
        Code::ResourceUnknownParam,
        format!("the provisioner does not define the param `{}`", entry.key),
    )
    .at(entry.key_span, "has no effect")
    .help(help)
}

/// The node of params with each string replaced by its expanded value, and the locations of
/// references, which a schema cannot describe.
fn fill(node: &Node, tree: &Tree) -> (Node, Vec<Span>) {
    let mut opaque = Vec::new();
    let filled = placed(node, tree.clone()).map_text(&mut |value, span| {
        let text = to_text(value);
        if text.as_plain().is_none() {
            opaque.push(span);
        }
        text.as_plain().unwrap_or_default().to_owned()
    });
    (filled, opaque)
}

/// The value of a node, with its locations: each string of the node becomes its value.
pub(super) fn placed(node: &Node, tree: Tree) -> Node<Tree> {
    let kind = match (&node.kind, tree) {
        (Kind::Null, _) => Kind::Null,
        (Kind::Bool(value), _) => Kind::Bool(*value),
        (Kind::Number(number), _) => Kind::Number(number.clone()),
        (Kind::List(nodes), Tree::List(items)) => {
            let pairs = nodes.iter().zip(items);
            Kind::List(pairs.map(|(node, item)| placed(node, item)).collect())
        }
        // Each entry exists, in the same order, with its evaluated key.
        (Kind::Map(nodes), Tree::Map(entries)) => {
            let pairs = nodes.iter().zip(*entries);
            let entries = pairs.map(|(node, (key, value))| Entry {
                key,
                key_span: node.key_span,
                value: placed(&node.value, value),
            });
            Kind::Map(entries.collect())
        }
        (_, tree) => Kind::Text(tree),
    };
    Node {
        span: node.span,
        kind,
    }
}

/// A node for a tree that is not in a file, with a single location.
pub(crate) fn to_node(tree: &Tree, span: Span) -> Node {
    let kind = match tree {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Bool(*value),
        Value::Number(number) => Kind::Number(Number::clone(number)),
        Value::Text(text) => Kind::Text(text.as_plain().unwrap_or_default().to_owned()),
        Value::List(items) => Kind::List(items.iter().map(|item| to_node(item, span)).collect()),
        Value::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, value)| Entry {
                    key: key.clone(),
                    key_span: span,
                    value: to_node(value, span),
                })
                .collect(),
        ),
    };
    Node { span, kind }
}
