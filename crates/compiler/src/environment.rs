//! Environments: settings files that are merged over the project file. Out of scope: finding and reading the files.

mod chains;
mod expand;
mod merge;
mod merged;
mod package;
pub(crate) mod params;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use score_spec::diagnostic::{any_error, listed, misspelled};
use score_spec::schema::Schema;
use score_spec::{Code, Diagnostic, Entry, Kind, Map, Node, SourceId, Sources, Span, Spanned};
use serde_json::Value;

use self::expand::expanded;
use self::merge::{keep_locked, merged, take};
use self::merged::Merged;
use self::params::ParamSchema;
use crate::input::options::ImageOption;
use crate::input::settings::{check_settings, single_document};
use crate::input::{EnvironmentId, ProvisionerSource, Settings};
use crate::ir::name::is_label;

/// The schema of environment files, which is part of this workspace and tested.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::ENVIRONMENT));

/// The schema of image files, which is part of this workspace and tested.
static IMAGES: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::IMAGES));

/// The maximum number of environments in a chain. Without it, the work for long chains would grow with their square.
const MOST_LAYERS: usize = 32;

/// The fields that belong to an environment itself. All others are settings, which are validated after they have been
/// merged.
const OWN_FIELDS: [&str; 7] = [
    "apiVersion",
    "kind",
    "description",
    "type",
    "abstract",
    "extends",
    "params",
];

/// The fields that only a project file has.
const PROJECT_FIELDS: [&str; 2] = ["name", "environment"];

/// The settings of environments, by the schema.
static SETTINGS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(score_schemas::ENVIRONMENT).unwrap_or_default();
    let fields = schema["properties"].as_object();
    let fields = fields.into_iter().flat_map(|fields| fields.keys());
    let settings = fields.filter(|field| !OWN_FIELDS.contains(&field.as_str()));
    settings.cloned().collect()
});

/// The project file and the environments beside it.
///
/// ```
/// use score_compiler::{Environments, Selection};
/// use score_spec::Sources;
///
/// let mut sources = Sources::new();
/// let project = sources.add("score-rs.yaml", "{apiVersion: score-rs/v1, kind: Project, name: shop}");
/// let text = "{apiVersion: score-rs/v1, kind: Environment, output: 'out/{{ environment.name }}/'}";
/// let prod = sources.add("environments/prod.yaml", text);
/// let mut found = Vec::new();
/// let environments = Environments::read(
///     &sources, Some(project), &[("prod".to_owned(), prod)], &[], &mut found,
/// );
/// let settings = environments.settings(&Selection::new("prod"), &sources, &mut found);
/// assert!(found.is_empty());
/// assert_eq!(settings.output.unwrap().value, "out/prod/");
/// ```
#[derive(Debug, Default)]
pub struct Environments {
    /// The document of the project file, if it has no errors.
    project: Option<Node>,
    by_name: BTreeMap<String, Environment>,
}

/// An environment file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Environment {
    /// Its name, a DNS label.
    pub name: String,
    /// The source of the file.
    pub source: SourceId,
    /// Its purpose.
    pub description: Option<String>,
    /// The environment below it.
    pub extends: Option<Spanned<String>>,
    /// Whether only other environments use it.
    pub is_abstract: bool,
    /// The file, if it has no errors.
    document: Option<Node>,
    /// The entries of the file with images beside it.
    images: Vec<Entry>,
}

/// The selection of an environment.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// The name of the environment.
    pub name: &'a str,
    /// The values of params: sources with strings of the form `NAME=VALUE`. Params that the environment does not
    /// declare are ignored.
    pub params: &'a [SourceId],
    /// Whether a missing param gets the first of its examples, because the result is only checked.
    pub uses_examples: bool,
}

impl<'a> Selection<'a> {
    /// The selection of an environment without params.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            params: &[],
            uses_examples: false,
        }
    }
}

impl Environments {
    /// Reads environment files, and image files beside them, each with the name of its environment. Those of packages
    /// have names `package:PACKAGE/NAME`, and are only used by others. The project file has been read by
    /// [`Settings::read`], which reports its errors.
    pub fn read(
        sources: &Sources,
        project: Option<SourceId>,
        files: &[(String, SourceId)],
        images: &[(String, SourceId)],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let project = project
            .and_then(|id| single_document(sources, id, Code::ProjectInvalid, &mut Vec::new()));
        let mut environments = Self {
            project,
            by_name: BTreeMap::new(),
        };
        for (name, id) in files {
            let environment = Environment::read(name, *id, sources, diagnostics);
            environments.by_name.insert(name.clone(), environment);
        }
        for (name, id) in images {
            match environments.by_name.get_mut(name) {
                Some(environment) => environment.images = read_images(*id, sources, diagnostics),
                None => diagnostics.push(environments.stray_images(name, *id)),
            }
        }
        environments.check_chains(diagnostics);
        environments.check_project(diagnostics);
        environments
    }

    /// Whether the project has no environment files.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The environment files of the project, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Environment> {
        let all = self.by_name.values();
        all.filter(|environment| package::parts(&environment.name).is_none())
    }

    /// The environment with this name.
    pub fn get(&self, name: &str) -> Option<&Environment> {
        self.by_name.get(name)
    }

    /// The advice for the name of an unknown environment.
    pub fn advice(&self, name: &str) -> String {
        let is_of_package = name.starts_with("package:");
        let known = self.by_name.keys().map(String::as_str);
        let known = known.filter(|it| package::parts(it).is_some() == is_of_package);
        match misspelled(name, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.clone().next().is_some() => {
                let owner = if is_of_package {
                    "packages have"
                } else {
                    "the project has"
                };
                format!("{owner} {}", listed(known))
            }
            None if is_of_package => {
                "no installed package has environments; install or add the package first".to_owned()
            }
            None => format!("the project has no environments; add `environments/{name}.yaml`"),
        }
    }

    /// An environment and those that it extends, starting with the lowest one. A chain ends before an unknown
    /// environment, before one that it already contains, and after 32 environments, which [`read`](Self::read) has
    /// reported.
    pub fn chain(&self, name: &str) -> Vec<&Environment> {
        let mut chain: Vec<&Environment> = Vec::new();
        let mut next = self.by_name.get(name);
        while let Some(environment) = next {
            let is_known = chain.iter().any(|known| known.name == environment.name);
            if is_known || chain.len() == MOST_LAYERS {
                break;
            }
            chain.push(environment);
            next = package::below(environment).and_then(|below| self.by_name.get(&below));
        }
        chain.reverse();
        chain
    }

    /// The names of the params that an environment declares.
    pub fn params_of(&self, name: &str) -> Vec<String> {
        let fields = self.inherited(name);
        let params = fields.as_ref().and_then(|fields| fields.get("params"));
        let declared = params.map_or(&[][..], |params| params.entries_at("properties"));
        declared.iter().map(|entry| entry.key.clone()).collect()
    }

    /// The `type` of an environment, which it can have from one below it.
    pub fn kind_of(&self, name: &str) -> Option<String> {
        let fields = self.inherited(name)?;
        fields.get("type")?.text().map(str::to_owned)
    }

    /// The settings of an environment: the project file, with the environments of the chain merged over it. An empty
    /// name stands for the project file without an environment. If anything has errors, returns the defaults.
    pub fn settings(
        &self,
        selection: &Selection<'_>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Settings {
        let before = diagnostics.len();
        let chain = self.chain(selection.name);
        if chain.is_empty() && !selection.name.is_empty() {
            return Settings::default();
        }
        let settings = self.layered(&chain, selection, sources, diagnostics);
        // The schema is that of projects, but most of the text is that of environments.
        for found in &mut diagnostics[before..] {
            let mut layers = self
                .below_project()
                .into_iter()
                .chain(chain.iter().copied());
            let is_of_chain = found
                .span()
                .is_some_and(|span| layers.any(|it| it.source == span.source));
            if is_of_chain && found.code == Code::ProjectInvalid {
                found.code = Code::EnvironmentInvalid;
            }
        }
        settings.unwrap_or_default()
    }

    fn layered(
        &self,
        chain: &[&Environment],
        selection: &Selection<'_>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Settings> {
        let Merged {
            id,
            document,
            workloads,
            params,
        } = self.expanded(chain, selection, sources, diagnostics)?;
        let layers = self.layers(selection.name).into_iter();
        let of_packages = layers.filter(|it| package::parts(&it.name).is_some());
        let of_packages: Vec<SourceId> = of_packages.map(|it| it.source).collect();
        let is_of_package = |span: Span| of_packages.contains(&span.source);
        let refused = package::refused_values(&document, &workloads, &is_of_package);
        if !refused.is_empty() {
            diagnostics.extend(refused);
            return None;
        }
        let mut settings = Settings::of_document(document, sources, diagnostics)?;
        settings.overlays = workloads.into_iter().map(Into::into).collect();
        for environment in chain {
            let images = ImageOption::of_settings(&environment.images);
            settings.images.extend(images);
        }
        settings.environment_id = id;
        settings.layers = self.sources_of(chain, params);
        // A package that any list names is used only where it is named.
        let of_environments = self.below_project().into_iter().chain(self.iter());
        let of_packages = chain.iter().filter(|it| package::parts(&it.name).is_some());
        let of_environments = of_environments.chain(of_packages.copied());
        let of_environments = of_environments.filter_map(|it| it.document.as_ref());
        let documents = self.project.iter().chain(of_environments);
        settings.listed_packages = ProvisionerSource::packages(documents);
        Some(settings)
    }

    /// The files of a chain merged, with the values of their expressions.
    fn expanded(
        &self,
        chain: &[&Environment],
        selection: &Selection<'_>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Merged> {
        let Merged {
            id,
            document,
            workloads,
            ..
        } = self.merged(chain)?;
        let fields = self.inherited(selection.name);
        let params = ParamSchema::of(fields.as_ref().and_then(|fields| fields.get("params")));
        let values = params.values(selection, sources, diagnostics)?;
        let project = document.get("name").and_then(Node::text);
        let scope = expand::scope(id.as_ref(), &values, project);
        let failures = diagnostics.len();
        let document = expanded(&document, &scope, diagnostics);
        let workloads: Vec<Node> = workloads
            .iter()
            .map(|layer| expanded(layer, &scope, diagnostics))
            .collect();
        if any_error(&diagnostics[failures..]) {
            return None;
        }
        Some(Merged {
            id,
            document,
            workloads,
            params: values,
        })
    }

    /// The files of a chain merged, with their expressions; absent if one of them has errors.
    fn merged(&self, chain: &[&Environment]) -> Option<Merged> {
        let settings = |environments: &[&Environment]| -> Option<Vec<Node>> {
            let documents = environments.iter().map(|it| it.document.as_ref());
            documents.map(|it| it.map(without_own_fields)).collect()
        };
        let mut layers = settings(&self.below_project())?;
        layers.extend(self.project.clone());
        for (environment, mut layer) in chain.iter().zip(settings(chain)?) {
            if package::parts(&environment.name).is_some() {
                keep_locked(&layers, &mut layer);
            }
            layers.push(layer);
        }
        if self.project.is_none() {
            layers.push(head(chain.last()?.document.as_ref()?));
        }
        let workloads = layers.iter_mut();
        let workloads = workloads.filter_map(|layer| take(layer, "workloads"));
        let workloads = workloads.collect();
        Some(Merged {
            id: chain.last().map(|environment| EnvironmentId {
                name: environment.name.clone(),
                kind: self.kind_of(&environment.name),
            }),
            document: merged(layers)?,
            workloads,
            params: Map::default(),
        })
    }

    /// The fields of an environment that are not settings, with those of the environments below it.
    fn inherited(&self, name: &str) -> Option<Node> {
        let layers = self.layers(name).into_iter();
        let documents = layers.filter_map(|it| it.document.as_ref());
        let layers = documents.map(|document| with_fields(document, &["type", "params"]));
        merged(layers.collect())
    }
}

impl Environment {
    fn read(
        name: &str,
        source: SourceId,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut environment = Self {
            name: name.to_owned(),
            source,
            description: None,
            extends: None,
            is_abstract: false,
            document: None,
            images: Vec::new(),
        };
        if !is_label(package::local(name)) {
            diagnostics.push(unfit_name(name, source));
            return environment;
        }
        let before = diagnostics.len();
        let Some(document) =
            single_document(sources, source, Code::EnvironmentInvalid, diagnostics)
        else {
            if diagnostics.len() == before {
                diagnostics.push(empty(source));
            }
            return environment;
        };
        let mut misplaced = only_in_projects(&document);
        misplaced.extend(package::refused(name, &document));
        let is_environment = misplaced.is_empty();
        diagnostics.extend(misplaced);
        // Values of settings are validated after they have been merged.
        let mut fields = document.clone();
        if let Kind::Map(entries) = &mut fields.kind {
            entries.retain(|entry| {
                let key = entry.key.as_str();
                !SETTINGS.contains(key) && !PROJECT_FIELDS.contains(&key)
            });
        }
        let code = Code::EnvironmentInvalid;
        if !check_settings(&fields, &SCHEMA, sources, code, diagnostics) || !is_environment {
            return environment;
        }
        let text = |field: &str| {
            let node = document.get(field)?;
            Some(Spanned::new(node.text()?.to_owned(), node.span))
        };
        environment.description = text("description").map(|text| text.value);
        environment.extends = text("extends");
        environment.is_abstract = document.is_true("abstract") || package::parts(name).is_some();
        environment.document = Some(document);
        environment
    }
}

/// The first fields of a project file, for a project that has none.
fn head(document: &Node) -> Node {
    let mut head = with_fields(document, &["apiVersion", "kind"]);
    if let Some(kind) = head.get_mut("kind") {
        kind.kind = Kind::Text("Project".to_owned());
    }
    head
}

/// The map with only these fields.
fn with_fields(document: &Node, fields: &[&str]) -> Node {
    let wanted = |entry: &&Entry| fields.contains(&entry.key.as_str());
    Node {
        span: document.span,
        kind: Kind::Map(document.entries().iter().filter(wanted).cloned().collect()),
    }
}

/// The settings in an environment file.
fn without_own_fields(document: &Node) -> Node {
    let wanted = |entry: &&Entry| !OWN_FIELDS.contains(&entry.key.as_str());
    Node {
        span: document.span,
        kind: Kind::Map(document.entries().iter().filter(wanted).cloned().collect()),
    }
}

fn read_images(id: SourceId, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let document = single_document(sources, id, Code::EnvironmentInvalid, diagnostics);
    let Some(document) = document else {
        return Vec::new();
    };
    let code = Code::EnvironmentInvalid;
    if !check_settings(&document, &IMAGES, sources, code, diagnostics) {
        return Vec::new();
    }
    document.entries_at("images").to_vec()
}

/// Reports fields that only a project file has.
fn only_in_projects(document: &Node) -> Vec<Diagnostic> {
    let entries = document.entries().iter();
    let entries = entries.filter(|entry| PROJECT_FIELDS.contains(&entry.key.as_str()));
    let found = entries.map(|entry| {
        let message = format!("only the project file has the field `{}`", entry.key);
        Diagnostic::new(Code::EnvironmentInvalid, message)
            .at(entry.key_span, "")
            .help("move it to the project file, or remove it: the name of an environment is that of its file")
    });
    found.collect()
}

fn empty(source: SourceId) -> Diagnostic {
    Diagnostic::new(Code::EnvironmentInvalid, "the environment file is empty")
        .at(Span::new(source, 0, 0), "")
        .help("begin with `apiVersion: score-rs/v1` and `kind: Environment`")
}

fn unfit_name(name: &str, id: SourceId) -> Diagnostic {
    let message = format!(
        "`{}` is not a valid name of an environment",
        name.escape_debug()
    );
    Diagnostic::new(Code::EnvironmentInvalid, message)
        .at(Span::new(id, 0, 0), "")
        .help("rename the file: use 1 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit")
}
