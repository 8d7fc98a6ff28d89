//! The project file, `score-rs.yaml`: settings for all workloads of a project. Settings of a single
//! run are in [`Inputs`](crate::Inputs).

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use score_spec::{
    Code, Diagnostic, Kind, Map, Node, Quantities, SourceId, Sources, Spanned,
    diagnostic::any_error,
    parse,
    rules::limits_below_requests,
    schema::{Codes, Schema},
};

use crate::input::options::{BuildOption, PublishOption};
use crate::input::{Audience, EnvironmentId, NamePattern, NamePatternError};

/// The schema of project files, which is part of this workspace and tested.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::PROJECT));

/// The contents of a project file.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// `name`: the name of the project.
    pub name: Option<String>,
    /// The environment of the run; absent without one.
    pub environment_id: Option<EnvironmentId>,
    /// `target`: the default target.
    pub target: Option<Spanned<String>>,
    /// `provisioners`, in order of precedence.
    pub provisioners: Vec<ProvisionerSource>,
    /// The packages in `provisioners`. If a project has several lists, of which `provisioners` is one, these are
    /// the packages of all: they are used only where they are listed.
    pub listed_packages: BTreeSet<String>,
    /// `builtins`: the types that the built-in catalogue may handle, with the location of the list; all if
    /// absent.
    pub builtins: Option<Spanned<BTreeSet<String>>>,
    /// `defaults.annotations`: annotations of all workloads, each with the location of its name; a
    /// workload's own annotations take precedence.
    pub annotations: Map<Spanned<String>>,
    /// `defaults.resources.limits`: defaults for containers in workloads.
    pub limits: Quantities,
    /// `defaults.resources.requests`: defaults for containers in workloads.
    pub requests: Quantities,
    /// `secrets.rotations`: the number of rotations of the secrets of a resource, by uid, each with the
    /// location of the uid.
    pub rotations: Map<Spanned<u64>>,
    /// `permissions.environment`: the environment variables that may be read.
    pub environment: Vec<NamePattern>,
    /// `builds`: image builds. Folders are relative to that of the file.
    pub(crate) builds: Vec<BuildOption>,
    /// `publish`: ports to publish on the host.
    pub(crate) published: Vec<PublishOption>,
    /// The whole document, from which each target reads its own section.
    document: Option<Arc<Node>>,
}

/// An entry of `provisioners` in a project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerSource {
    /// A file or folder relative to that of the project file, or `package:NAME`.
    pub from: Spanned<String>,
    /// `for`: who may use its provisioners.
    pub audience: Audience,
}

impl ProvisionerSource {
    /// The entry in a validated item: a string, or a map.
    fn of(item: &Node) -> Option<Self> {
        let from = item.get("from").unwrap_or(item);
        Some(Self {
            from: Spanned::new(from.text()?.to_owned(), from.span),
            audience: Audience::of(item),
        })
    }

    /// The name of the package, if it is one.
    pub fn package(&self) -> Option<&str> {
        self.from.value.strip_prefix("package:")
    }
}

impl Settings {
    /// Reads a project file. If it has errors, returns the defaults.
    pub fn read(sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let document = valid_document(sources, id, diagnostics);
        document.map_or_else(Self::default, |it| Self::of(it, diagnostics))
    }

    /// The settings in a validated document.
    fn of(document: Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let text = |node: &Node| Some(Spanned::new(node.text()?.to_owned(), node.span));
        let (defaults, secrets) = (document.get("defaults"), document.get("secrets"));
        let resources = defaults.and_then(|defaults| defaults.get("resources"));
        diagnostics.extend(contradictions(resources));
        let provisioners = document.items_at("provisioners").iter();
        let provisioners: Vec<_> = provisioners.filter_map(ProvisionerSource::of).collect();
        let packages = provisioners.iter().filter_map(ProvisionerSource::package);
        Self {
            name: document.get("name").and_then(text).map(|name| name.value),
            environment_id: None,
            target: document.get("target").and_then(text),
            listed_packages: packages.map(str::to_owned).collect(),
            provisioners,
            builtins: document.get("builtins").map(builtins),
            annotations: defaults
                .map_or(&[][..], |defaults| defaults.entries_at("annotations"))
                .iter()
                .filter_map(|entry| {
                    let value = entry.value.text()?.to_owned();
                    Some((entry.key.clone(), Spanned::new(value, entry.key_span)))
                })
                .collect(),
            limits: Quantities::read(resources.and_then(|node| node.get("limits"))),
            requests: Quantities::read(resources.and_then(|node| node.get("requests"))),
            rotations: secrets
                .map_or(&[][..], |secrets| secrets.entries_at("rotations"))
                .iter()
                .filter_map(|entry| {
                    let Kind::Number(number) = &entry.value.kind else {
                        return None;
                    };
                    let rotation = Spanned::new(number.as_u64()?, entry.key_span);
                    Some((entry.key.clone(), rotation))
                })
                .collect(),
            environment: environment(document.get("permissions"), diagnostics),
            builds: document
                .entries_at("builds")
                .iter()
                .map(BuildOption::of_project)
                .collect(),
            published: document
                .items_at("publish")
                .iter()
                .filter_map(|item| PublishOption::of_project(item, diagnostics))
                .collect(),
            document: Some(Arc::new(document)),
        }
    }

    /// A section that its reader interprets, such as a target. It has been validated against the schema.
    pub fn section(&self, name: &str) -> Option<&Node> {
        self.document.as_ref()?.get(name)
    }
}

/// The document of a project file, if it has no errors.
fn valid_document(
    sources: &Sources,
    id: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let parsed = parse(sources, id);
    diagnostics.extend(parsed.diagnostics);
    let mut documents = parsed.documents.into_iter();
    let document = documents.next()?;
    if let Some(second) = documents.next() {
        diagnostics.push(
            Diagnostic::new(
                Code::ProjectInvalid,
                "a project file must contain a single document",
            )
            .at(second.span, "second document here")
            .help("remove it"),
        );
    }
    let found = SCHEMA.check(&document, sources, &Codes::all(Code::ProjectInvalid));
    let failed = any_error(&found);
    diagnostics.extend(found);
    (!failed).then_some(document)
}

/// The types in a list.
fn builtins(list: &Node) -> Spanned<BTreeSet<String>> {
    let types = list.items().iter().filter_map(Node::text);
    Spanned::new(types.map(str::to_owned).collect(), list.span)
}

/// The environment variables that are allowed by `permissions`.
fn environment(permissions: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Vec<NamePattern> {
    let items = permissions.map_or(&[][..], |node| node.items_at("environment"));
    let mut patterns = Vec::with_capacity(items.len());
    for item in items {
        match item.text().unwrap_or_default().parse() {
            Ok(pattern) => patterns.push(pattern),
            Err(problem) => diagnostics.push(refused(item, problem)),
        }
    }
    patterns
}

fn refused(item: &Node, problem: NamePatternError) -> Diagnostic {
    Diagnostic::new(Code::ProjectInvalid, problem.to_string())
        .at(item.span, "")
        .help(match problem {
            NamePatternError::Malformed => "write a name such as `REGION`, or `APP_*`",
            NamePatternError::Own => "remove it",
        })
}

/// Reports defaults with which no container could start.
fn contradictions(resources: Option<&Node>) -> Vec<Diagnostic> {
    let [limits, requests] = ["limits", "requests"]
        .map(|name| Quantities::read(resources.and_then(|resources| resources.get(name))));
    let mut found = limits_below_requests(&limits, &requests);
    for diagnostic in &mut found {
        diagnostic.code = Code::ProjectInvalid;
        diagnostic.severity = Code::ProjectInvalid.severity();
    }
    found
}
