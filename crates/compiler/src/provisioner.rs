//! Provisioners, with which a platform team provides resources. Selecting the one for a resource is
//! part of the catalogue, evaluating it is part of `resolve`.

pub(crate) mod catalogue;
pub(crate) mod command;
mod editor;
pub(crate) mod expression;
pub(crate) mod native;
pub(crate) mod ranking;
pub(crate) mod test;

pub use catalogue::Catalogue;
pub use native::{Answer, Provision, Query, ServerComponent};
pub use ranking::{Candidate, Verdict};
pub use test::ProvisionerTest;

use std::sync::{Arc, OnceLock};

use score_spec::{
    Code, Codes, Diagnostic, Kind, Map, Node, Schema, SourceId, Sources, Span, Spanned, Value,
    diagnostic::any_error, parse,
};

use crate::provisioner::command::Command;
use crate::provisioner::expression::{Key, Pattern, Patterns};
use crate::provisioner::test::tests;

/// The maximum number of expressions of a provisioner. Each takes some kilobytes.
const MOST_EXPRESSIONS: usize = 10_000;

/// The help about an invalid schema.
const DRAFT: &str = "see https://json-schema.org/draft/2020-12";

/// The platforms for which a provisioner can contain platform-specific parts.
const COMPOSE: &str = "compose";
const KUBERNETES: &str = "kubernetes";

/// A document of a provisioner file that has been validated against `schemas/provisioner.json`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provisioner {
    /// The name of its file.
    pub file: String,
    /// The number of the entry that contains the file. Provisioners of one entry have the same
    /// precedence, those of a lower one take precedence.
    pub entry: usize,
    /// The location of its `type`.
    pub span: Span,
    /// The resource type that it handles.
    pub kind: String,
    /// The class that it handles; any class if absent.
    pub class: Option<String>,
    /// The id that it handles; any id if absent.
    pub id: Option<String>,
    /// The supported platforms; all if empty.
    pub platforms: Vec<String>,
    /// Its purpose, in one sentence.
    pub description: String,
    /// Its params.
    pub params: Params,
    /// Its outputs, by name.
    pub outputs: Map<Output>,
    /// The declaration of all other outputs, which the value `*` provides.
    pub any_output: Option<Output>,
    /// For outputs that are useless alone, the other outputs that they require, by name.
    pub companions: Map<Vec<String>>,
    /// The implementation in Rust, if it has one, which is called first.
    pub(crate) native: Option<Arc<dyn Provision>>,
    /// The command that runs before anything below has a value.
    pub(crate) run: Option<Command>,
    /// Its tests.
    pub tests: Vec<ProvisionerTest>,
    pub(crate) values: Map<Patterns>,
    /// The chart values.
    pub(crate) chart: Map<ChartValue>,
    pub(crate) resources: Map<Requirement>,
    pub(crate) components: Map<ComponentPatterns>,
    pub(crate) volume: Option<Patterns>,
    pub(crate) routes: Vec<Patterns>,
    pub(crate) publish: Vec<Patterns>,
    /// Objects in the syntax of a platform.
    pub(crate) objects: Vec<RawPatterns>,
    /// Patches of workloads in the syntax of a platform.
    pub(crate) patches: Vec<RawPatterns>,
    /// Annotations for workloads.
    pub(crate) annotations: Vec<(Key, Pattern)>,
    pub(crate) notes: Option<Pattern>,
}

impl Provisioner {
    /// Whether it supports a platform; any platform if absent.
    pub fn is_for(&self, platform: Option<&str>) -> bool {
        let wanted = |platform| self.platforms.iter().any(|known| known == platform);
        self.platforms.is_empty() || platform.is_none_or(wanted)
    }

    /// Reports outputs with an invalid schema.
    fn check_outputs(&self, document: &Node, diagnostics: &mut Vec<Diagnostic>) {
        let outputs = document.get("outputs");
        let properties = outputs.and_then(|outputs| outputs.get("properties"));
        for (name, output) in &self.outputs {
            let node = properties.and_then(|properties| properties.get(name));
            output.check(name, node, diagnostics);
        }
        if let Some(any) = &self.any_output {
            let node = outputs.and_then(|outputs| outputs.get("additionalProperties"));
            any.check("*", node, diagnostics);
        }
    }

    /// The parts of its command that are file paths relative to the folder of its file: the program, and
    /// arguments that start with `./` or `../`.
    pub fn files_of_command(&self) -> &[Spanned<String>] {
        self.run.as_ref().map_or(&[], |run| &run.files)
    }

    /// Whether it does more than provide outputs and start servers for its users.
    pub(crate) fn acts(&self) -> bool {
        !self.routes.is_empty()
            || !self.objects.is_empty()
            || !self.patches.is_empty()
            || !self.annotations.is_empty()
            || self.run.is_some()
            || self.native.is_some()
    }

    /// Whether one of its values refers to another workload, so that declaring such a resource
    /// connects the workloads.
    pub(crate) fn names_workloads(&self) -> bool {
        let mut found = false;
        for patterns in self.values.values() {
            patterns.each_pattern(&mut |pattern| found |= pattern.calls("workload"));
        }
        found
    }
}

/// The platform-specific part of a provisioner.
#[derive(Debug)]
pub(crate) struct RawPatterns {
    pub(crate) platform: &'static str,
    pub(crate) places: Arc<Node>,
    pub(crate) body: Patterns,
}

/// A chart value as declared by a provisioner.
#[derive(Debug)]
pub(crate) struct ChartValue {
    pub(crate) description: String,
    pub(crate) span: Span,
    pub(crate) default: Patterns,
}

/// The params of a provisioner.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Params {
    /// The declared params with their descriptions.
    pub known: Map<String>,
    /// Whether it accepts others too.
    pub open: bool,
    pub(crate) defaults: Map<Value>,
    schema: Option<LazySchema>,
}

/// A JSON Schema that is compiled on first use.
#[derive(Debug)]
struct LazySchema {
    json: serde_json::Value,
    compiled: OnceLock<Option<Schema>>,
}

impl LazySchema {
    fn of(node: &Node) -> Self {
        Self {
            json: node.to_value().to_json(),
            compiled: OnceLock::new(),
        }
    }

    fn get(&self) -> Option<&Schema> {
        let compile = || Schema::from_value(self.json.clone()).ok();
        self.compiled.get_or_init(compile).as_ref()
    }

    /// The same for one that is known to compile.
    fn trusted(&self) -> Option<&Schema> {
        let make = || Some(Schema::trusted(self.json.clone()));
        self.compiled.get_or_init(make).as_ref()
    }
}

impl Params {
    /// The JSON Schema of the params for editors. A string can always contain a placeholder, which
    /// a schema cannot describe, so its rules for strings do not apply to those with a placeholder.
    pub(crate) fn editor_schema(&self) -> serde_json::Value {
        let json = self.schema.as_ref().map(|schema| schema.json.clone());
        let mut schema = json.unwrap_or_else(|| serde_json::json!({}));
        let properties = schema
            .get_mut("properties")
            .and_then(|all| all.as_object_mut());
        for property in properties.into_iter().flat_map(|all| all.values_mut()) {
            let description = property.get("description").cloned();
            *property = serde_json::json!({
                "anyOf": [property.take(), {"type": "string", "pattern": "\\$\\{"}],
            });
            if let Some(description) = description {
                property["description"] = description;
            }
        }
        schema
    }

    /// Whether the schema itself rejects unknown params.
    pub(crate) fn closed(&self) -> bool {
        let other = self
            .schema
            .as_ref()
            .and_then(|schema| schema.json.get("additionalProperties"));
        other == Some(&serde_json::Value::Bool(false))
    }

    /// The JSON Schema of the params.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()?.trusted()
    }

    /// Reports an invalid schema and removes it.
    fn check(&mut self, document: &Node, diagnostics: &mut Vec<Diagnostic>) {
        let Some(schema) = &self.schema else { return };
        let Err(problem) = Schema::from_value(schema.json.clone()) else {
            return;
        };
        let span = document
            .get("params")
            .map_or(document.span, |node| node.span);
        diagnostics.push(
            Diagnostic::new(
                Code::ProvisionerInvalid,
                format!("`params` is not a JSON Schema: {problem}"),
            )
            .at(span, "")
            .help(DRAFT),
        );
        self.schema = None;
    }
}

/// An output of a provisioner.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// Its short description.
    pub description: String,
    /// Whether it must be kept secret.
    pub secret: bool,
    /// Whether it may be absent.
    pub optional: bool,
    /// Whether it is known only when a container starts.
    pub deferred: bool,
    schema: LazySchema,
}

impl Output {
    /// Whether its schema contains only the type.
    fn is_simple(&self) -> bool {
        const ABOUT: [&str; 6] = [
            "type",
            "title",
            "description",
            "secret",
            "optional",
            "deferred",
        ];
        let keys = self.schema.json.as_object();
        keys.is_some_and(|keys| keys.keys().all(|key| ABOUT.contains(&key.as_str())))
    }

    /// Reports an invalid schema.
    fn check(&self, name: &str, node: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) {
        if self.is_simple() {
            return;
        }
        let problem = Schema::from_value(self.schema.json.clone()).err();
        if let (Some(problem), Some(node)) = (problem, node) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ProvisionerInvalid,
                    format!("the output `{name}` is not a JSON Schema: {problem}"),
                )
                .at(node.span, "")
                .help(DRAFT),
            );
        }
    }

    /// The JSON Schema to validate a value of this kind; absent if the value has the type in the
    /// schema and the schema has no other rules, which is the usual case.
    pub(crate) fn schema_for(&self, kind: &Kind) -> Option<&Schema> {
        let keys = self.schema.json.as_object()?;
        let simple = self.is_simple();
        let fits = match keys.get("type").and_then(serde_json::Value::as_str) {
            Some("string") => matches!(kind, Kind::Text(_)),
            Some("integer") => matches!(kind, Kind::Number(number) if !number.is_f64()),
            None => !keys.contains_key("type"),
            _ => false,
        };
        if simple && fits {
            None
        } else {
            self.schema.get()
        }
    }
}

/// A required resource.
#[derive(Debug)]
pub(crate) struct Requirement {
    pub(crate) span: Span,
    pub(crate) kind: String,
    pub(crate) class: Option<Spanned<String>>,
    pub(crate) id: Option<Pattern>,
    pub(crate) params: Option<Patterns>,
}

/// A component as declared by a provisioner.
#[derive(Debug)]
pub(crate) struct ComponentPatterns {
    pub(crate) span: Span,
    pub(crate) name: Option<Pattern>,
    pub(crate) body: Patterns,
}

/// The provisioners of a file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Those without errors, in their original order.
    pub(crate) provisioners: Vec<Provisioner>,
    /// The types of the others, if known.
    pub(crate) broken: Vec<String>,
}

/// Reads all provisioners of a file. Without a schema it is not validated.
pub(crate) fn read(
    sources: &Sources,
    (entry, id): (usize, SourceId),
    schema: Option<&Schema>,
    diagnostics: &mut Vec<Diagnostic>,
) -> File {
    let parsed = parse(sources, id);
    diagnostics.extend(parsed.diagnostics);
    let mut file = File::default();
    for document in &parsed.documents {
        let codes = Codes::all(Code::ProvisionerInvalid);
        let found = schema.map(|schema| schema.check(document, sources, &codes));
        let found = found.unwrap_or_default();
        let mut failed = any_error(&found);
        diagnostics.extend(found);
        if expressions(document) > MOST_EXPRESSIONS {
            failed = true;
            diagnostics.push(too_many_expressions(document));
        }
        let provisioner = (!failed)
            .then(|| one(document, (entry, &sources.get(id).name), diagnostics))
            .flatten();
        let Some(mut provisioner) = provisioner else {
            let kind = document.get("type").and_then(Node::text);
            file.broken.extend(kind.map(str::to_owned));
            continue;
        };
        if schema.is_some() {
            provisioner.params.check(document, diagnostics);
            provisioner.check_outputs(document, diagnostics);
        }
        file.provisioners.push(provisioner);
    }
    file
}

/// The number of `{{` in the strings and keys of a document.
fn expressions(node: &Node) -> usize {
    match &node.kind {
        Kind::Text(text) => text.matches("{{").count(),
        Kind::List(items) => items.iter().map(expressions).sum(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| entry.key.matches("{{").count() + expressions(&entry.value))
            .sum(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
    }
}

fn too_many_expressions(document: &Node) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerInvalid,
        format!("the provisioner has more than {MOST_EXPRESSIONS} expressions"),
    )
    .at(document.span, "")
    .help("split it into several provisioners that require each other")
}

/// Creates a provisioner from a validated document.
fn one(
    node: &Node,
    (entry, file): (usize, &str),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Provisioner> {
    let text = |name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    let kind = node.get("type")?;
    let (outputs, patches) = (node.get("outputs"), node.get("patches"));
    let platforms = node.items_at("platforms").iter();
    let each = |name: &str, diagnostics: &mut _| {
        let items = node.items_at(name).iter();
        items
            .map(|item| Patterns::parse(item, diagnostics))
            .collect()
    };
    Some(Provisioner {
        file: file.to_owned(),
        entry,
        span: kind.span,
        kind: kind.text()?.to_owned(),
        class: text("class"),
        id: text("id"),
        platforms: platforms
            .filter_map(|platform| platform.text().map(str::to_owned))
            .collect(),
        description: text("description").unwrap_or_default(),
        params: params(node.get("params")),
        outputs: outputs.map_or_else(Map::default, |outputs| {
            outputs.map_at("properties", |node| Some(output(node)))
        }),
        any_output: outputs
            .and_then(|outputs| outputs.get("additionalProperties"))
            .map(output),
        companions: outputs.map_or_else(Map::default, |outputs| {
            outputs.map_at("dependentRequired", |node| {
                let names = node.items().iter();
                Some(
                    names
                        .filter_map(|name| name.text().map(str::to_owned))
                        .collect(),
                )
            })
        }),
        native: None,
        run: node.get("run").map(|run| Command::read(run, diagnostics)),
        tests: tests(node, diagnostics),
        values: node.map_at("values", |node| Some(Patterns::parse(node, diagnostics))),
        chart: node.map_at("chart", |node| chart_value(node, diagnostics)),
        resources: node.map_at("resources", |node| requirement(node, diagnostics)),
        components: node.map_at("components", |node| Some(component(node, diagnostics))),
        volume: node
            .get("volume")
            .map(|node| Patterns::parse(node, diagnostics)),
        routes: each("routes", diagnostics),
        publish: each("publish", diagnostics),
        objects: objects(node, diagnostics),
        patches: [COMPOSE, KUBERNETES]
            .into_iter()
            .filter_map(|platform| Some(raw(platform, patches?.get(platform)?, diagnostics)))
            .collect(),
        annotations: patches
            .map_or(&[][..], |patches| patches.entries_at("annotations"))
            .iter()
            .filter_map(|entry| {
                let key = Key::parse(entry, diagnostics);
                Some((key, pattern(&entry.value, diagnostics)?))
            })
            .collect(),
        notes: node
            .get("notes")
            .and_then(|node| pattern(node, diagnostics)),
    })
}

/// Its platform-specific part.
fn objects(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<RawPatterns> {
    let compose = node.get(COMPOSE).into_iter().map(|node| (COMPOSE, node));
    let kubernetes = node.items_at(KUBERNETES).iter();
    compose
        .chain(kubernetes.map(|node| (KUBERNETES, node)))
        .map(|(platform, node)| raw(platform, node, diagnostics))
        .collect()
}

fn raw(platform: &'static str, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> RawPatterns {
    RawPatterns {
        platform,
        places: Arc::new(node.clone()),
        body: Patterns::parse(node, diagnostics),
    }
}

/// A string with expressions.
fn pattern(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Pattern> {
    Some(Pattern::parse(node.text()?, node.span, diagnostics))
}

fn chart_value(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ChartValue> {
    Some(ChartValue {
        description: description(node),
        span: node.span,
        default: Patterns::parse(node.get("default")?, diagnostics),
    })
}

fn params(node: Option<&Node>) -> Params {
    let Some(node) = node else {
        return Params::default();
    };
    let schema = LazySchema::of(node);
    let properties = node.entries_at("properties");
    Params {
        known: properties
            .iter()
            .map(|entry| (entry.key.clone(), description(&entry.value)))
            .collect(),
        open: node
            .get("additionalProperties")
            .is_some_and(|node| node.kind != Kind::Bool(false)),
        defaults: properties
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), entry.value.get("default")?.to_value())))
            .collect(),
        schema: Some(schema),
    }
}

fn output(node: &Node) -> Output {
    let flag = |name: &str| {
        matches!(
            node.get(name).map(|node| &node.kind),
            Some(Kind::Bool(true))
        )
    };
    Output {
        description: description(node),
        secret: flag("secret"),
        optional: flag("optional"),
        deferred: flag("deferred"),
        schema: LazySchema::of(node),
    }
}

fn description(node: &Node) -> String {
    let text = node.get("description").and_then(Node::text);
    text.unwrap_or_default().to_owned()
}

fn requirement(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Requirement> {
    let class = node.get("class");
    Some(Requirement {
        span: node.span,
        kind: node.get("type")?.text()?.to_owned(),
        class: class.and_then(|class| Some(Spanned::new(class.text()?.to_owned(), class.span))),
        id: node.get("id").and_then(|node| pattern(node, diagnostics)),
        params: node
            .get("params")
            .map(|params| Patterns::parse(params, diagnostics)),
    })
}

fn component(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> ComponentPatterns {
    ComponentPatterns {
        span: node.span,
        name: node.get("name").and_then(|node| pattern(node, diagnostics)),
        body: Patterns::parse(node, diagnostics),
    }
}
