//! The project file, `score-rs.yaml`: settings for all workloads of a project. Settings of a single
//! run are in [`Inputs`](crate::Inputs).

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use score_spec::{
    Code, Diagnostic, Entry, Kind, Map, Node, Quantities, SourceId, Sources, Span, Spanned,
    Workload,
    diagnostic::any_error,
    parse,
    rules::limits_below_requests,
    schema::{Codes, Schema},
    shared_resources,
};

use crate::input::external::ExternalWorkload;
use crate::input::options::{BuildOption, ImageOption, PublishOption};
use crate::input::{Audience, EnvironmentId, NamePattern, NamePatternError};
use crate::ir::name::is_own_variable;

/// The schema of project files, which is part of this workspace and tested.
static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::with_rules(score_schemas::PROJECT_RULES, score_schemas::PROJECT));

/// The settings of a run: the contents of a project file, or of a project file and the environments
/// that are merged over it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// `name`: the name of the project.
    pub name: Option<String>,
    /// The environment of the run; absent without one.
    pub environment_id: Option<EnvironmentId>,
    /// `environment`: the default environment.
    pub default_environment: Option<Spanned<String>>,
    /// The environment of a package over which the project file is merged.
    pub extends: Option<Spanned<String>>,
    /// `output`: the output file, or the output folder if it ends with `/`, relative to the project
    /// folder.
    pub output: Option<Spanned<String>>,
    /// `target`: the default target.
    pub target: Option<Spanned<String>>,
    /// `provisioners`, in order of precedence.
    pub provisioners: Vec<ProvisionerSource>,
    /// The packages in `provisioners`. If a project has several lists, of which `provisioners` is one, these are
    /// the packages of all: they are used only where they are listed.
    pub listed_packages: BTreeSet<String>,
    /// `patchTemplates`: patch templates by platform, in the order in which they change the output. The files are
    /// relative to the folder of the project file.
    pub patch_templates: Map<Vec<Spanned<String>>>,
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
    /// `variables`: values of environment variables for all targets, each with the location of its name.
    pub variables: Map<Spanned<String>>,
    /// `externals`: workloads outside of the project.
    pub externals: Map<ExternalWorkload>,
    /// `registries`: replacements for prefixes of images, each with the location of the prefix.
    pub registries: Map<Spanned<String>>,
    /// `versions`: those of images of the catalogue, each with the location of the image.
    pub versions: Map<Spanned<String>>,
    /// `resources`: those of the project itself, as a workload without a name and containers.
    pub(crate) resources: Option<Arc<Workload>>,
    /// `workloads` of each file, in increasing order of precedence.
    pub(crate) overlays: Vec<Arc<Node>>,
    /// `locked`: paths in Score files that only the settings decide.
    pub(crate) locked: Vec<Spanned<String>>,
    /// `images`, and those of image files.
    pub(crate) images: Vec<ImageOption>,
    /// `builds`: image builds. Folders are relative to that of the file.
    pub(crate) builds: Vec<BuildOption>,
    /// `publish`: ports to publish on the host.
    pub(crate) published: Vec<PublishOption>,
    /// The whole document, from which each target reads its own section.
    document: Option<Arc<Node>>,
    /// The files of which it consists, and the values in their expressions.
    pub(crate) layers: Layers,
}

/// The files of which settings consist, and the values in their expressions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Layers {
    /// The sources of the files.
    pub(crate) sources: Vec<SourceId>,
    /// The fields of the environment that are not settings: `type` and `params`.
    pub(crate) own_fields: Option<Arc<Node>>,
    /// The locations of the values of its params.
    pub(crate) params: Map<Span>,
}

impl Layers {
    /// The project file alone.
    fn of_project(source: SourceId) -> Self {
        Self {
            sources: vec![source],
            ..Self::default()
        }
    }
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

    /// The names of the packages in the lists of documents.
    pub(crate) fn packages<'a>(documents: impl Iterator<Item = &'a Node>) -> BTreeSet<String> {
        let items = documents.flat_map(|document| document.items_at("provisioners"));
        let sources = items.filter_map(Self::of);
        let names = sources.filter_map(|source| Some(source.package()?.to_owned()));
        names.collect()
    }

    /// The name of the package, if it is one.
    pub fn package(&self) -> Option<&str> {
        self.from.value.strip_prefix("package:")
    }
}

impl Settings {
    /// Reads a project file. If it has errors, returns the defaults.
    pub fn read(sources: &Sources, id: SourceId, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let document = single_document(sources, id, Code::ProjectInvalid, diagnostics);
        document
            .and_then(|document| Self::of_document(document, sources, diagnostics))
            .unwrap_or_default()
    }

    /// The settings in a document, if it has no errors.
    pub(crate) fn of_document(
        document: Node,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let code = Code::ProjectInvalid;
        let is_valid = check_settings(&document, &SCHEMA, sources, code, diagnostics);
        is_valid.then(|| Self::of(document, sources, diagnostics))
    }

    /// The settings in a validated document.
    fn of(document: Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let text = |node: &Node| Some(Spanned::new(node.text()?.to_owned(), node.span));
        let (defaults, secrets) = (document.get("defaults"), document.get("secrets"));
        let resources = defaults.and_then(|defaults| defaults.get("resources"));
        diagnostics.extend(contradictions(resources));
        let provisioners = document.items_at("provisioners").iter();
        let provisioners: Vec<_> = provisioners.filter_map(ProvisionerSource::of).collect();
        let packages = provisioners.iter().filter_map(ProvisionerSource::package);
        let locked = document.items_at("locked").iter();
        Self {
            name: document.get("name").and_then(text).map(|name| name.value),
            environment_id: None,
            target: document.get("target").and_then(text),
            listed_packages: packages.map(str::to_owned).collect(),
            provisioners,
            patch_templates: patch_templates(&document),
            default_environment: document.get("environment").and_then(text),
            extends: document.get("extends").and_then(text),
            output: document.get("output").and_then(text),
            annotations: defaults.map_or_else(Map::default, |it| texts(it, "annotations")),
            builtins: document.get("builtins").map(builtins),
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
            variables: variables(&document, diagnostics),
            externals: ExternalWorkload::read_all(&document),
            registries: texts(&document, "registries"),
            versions: texts(&document, "versions"),
            resources: resources_of_project(&document, sources, diagnostics),
            overlays: document
                .get("workloads")
                .map(|workloads| Arc::new(workloads.clone()))
                .into_iter()
                .collect(),
            locked: locked.filter_map(text).collect(),
            images: ImageOption::of_settings(document.entries_at("images")),
            builds: builds(&document),
            published: document
                .items_at("publish")
                .iter()
                .filter_map(|item| PublishOption::of_project(item, diagnostics))
                .collect(),
            layers: Layers::of_project(document.span.source),
            document: Some(Arc::new(document)),
        }
    }

    /// The whole document.
    pub(crate) fn document(&self) -> Option<&Node> {
        self.document.as_deref()
    }

    /// `defaults` as a change of all workloads; absent without defaults.
    pub(crate) fn defaults_layer(&self) -> Option<Node> {
        let defaults = self.section("defaults")?;
        let wrapped = |key: &str, value: Node| Node {
            span: value.span,
            kind: Kind::Map(vec![Entry {
                key: key.to_owned(),
                key_span: value.span,
                value,
            }]),
        };
        let metadata = defaults.entry("annotations").map(|entry| {
            let annotations = wrapped("annotations", entry.value.clone());
            wrapped("metadata", annotations)
        });
        let containers = defaults.entry("resources").map(|entry| {
            let resources = wrapped("resources", entry.value.clone());
            wrapped("containers", wrapped("*", resources))
        });
        let parts = [metadata, containers].into_iter().flatten();
        let entries = parts.flat_map(|part| part.entries().to_vec()).collect();
        Some(Node {
            span: defaults.span,
            kind: Kind::Map(entries),
        })
    }

    /// Whether a location is in the change of all workloads whose name matches a pattern, so that it may be useless
    /// for some of them.
    pub(crate) fn is_for_many(&self, span: Span) -> bool {
        let mut entries = self.overlays.iter().flat_map(|layer| layer.entries());
        entries.any(|entry| entry.key.contains('*') && entry.value.span.contains(span))
    }

    /// A section that its reader interprets, such as a target. It has been validated against the schema.
    pub fn section(&self, name: &str) -> Option<&Node> {
        self.document.as_ref()?.get(name)
    }

    /// The location of the name of a section.
    pub fn section_place(&self, name: &str) -> Option<Span> {
        let entry = self.document.as_ref()?.entry(name)?;
        Some(entry.key_span)
    }
}

/// Whether a settings file matches its schema. Problems are reported, those of a newer file by its version alone.
pub(crate) fn check_settings(
    document: &Node,
    schema: &Schema,
    sources: &Sources,
    code: Code,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let delivery = document.get("delivery");
    let repository = delivery.and_then(|it| it.get("repository")?.text());
    if repository.is_some_and(has_credentials) {
        // Without a location: the line would be shown.
        let message = "`delivery.repository` contains a password or token";
        let found = Diagnostic::new(code, message);
        diagnostics.push(found.help(
            "remove everything before the `@` from the URL, and change the password or token; Argo CD and Flux read the repository with credentials of their own",
        ));
        return false;
    }
    let version = document.get("apiVersion");
    let number = |node: &Node| node.text()?.strip_prefix("score-rs/v")?.parse::<u32>().ok();
    if let Some(version) = version.filter(|node| number(node).is_some_and(|number| number > 1)) {
        let message = "the file is for a newer version of score-rs";
        let found = Diagnostic::new(code, message).at(version.span, "");
        diagnostics.push(found.help("install a version that supports it"));
        return false;
    }
    let problems = schema.check(document, sources, &Codes::all(code));
    let failed = any_error(&problems);
    diagnostics.extend(problems);
    !failed
}

/// Whether the URL of a Git repository contains a password, or a user that can be a token: one of HTTP. Without a
/// scheme, a URL is one of HTTPS, unless it has the form `USER@HOST:PATH` of SSH.
fn has_credentials(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else {
        // A password with a `/` looks like the port of a host.
        let port = authority.split_once(':').map_or("", |(_, port)| port);
        return rest.contains('@') && !port.bytes().all(|byte| byte.is_ascii_digit());
    };
    let is_http = match scheme {
        "" => !host.contains(':'),
        _ => ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()),
    };
    is_http || user.contains(':') || user.to_ascii_lowercase().contains("%3a")
}

/// The only document of a settings file, which must not have syntax errors.
pub(crate) fn single_document(
    sources: &Sources,
    id: SourceId,
    code: Code,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let parsed = parse(sources, id);
    let failed = any_error(&parsed.diagnostics);
    diagnostics.extend(parsed.diagnostics);
    let mut documents = parsed.documents.into_iter();
    let document = documents.next()?;
    if let Some(second) = documents.next() {
        let message = match code {
            Code::ProjectInvalid => "a project file must contain a single document",
            _ => "the file must contain a single document",
        };
        diagnostics.push(
            Diagnostic::new(code, message)
                .at(second.span, "second document here")
                .help("remove it"),
        );
    }
    (code == Code::ProjectInvalid || !failed).then_some(document)
}

/// The strings of a map, each with the location of its key.
fn texts(document: &Node, section: &str) -> Map<Spanned<String>> {
    let entries = document.entries_at(section).iter();
    let entries = entries.filter_map(|entry| {
        let text = entry.value.text()?.to_owned();
        Some((entry.key.clone(), Spanned::new(text, entry.key_span)))
    });
    entries.collect()
}

/// The image builds.
fn builds(document: &Node) -> Vec<BuildOption> {
    let builds = document.entries_at("builds").iter();
    builds.map(BuildOption::of_project).collect()
}

/// The types in a list.
fn builtins(list: &Node) -> Spanned<BTreeSet<String>> {
    let types = list.items().iter().filter_map(Node::text);
    Spanned::new(types.map(str::to_owned).collect(), list.span)
}

/// The patch templates by platform.
fn patch_templates(document: &Node) -> Map<Vec<Spanned<String>>> {
    let entries = document.entries_at("patchTemplates").iter();
    let entries = entries.map(|entry| {
        let files = entry.value.items().iter();
        let files = files.filter_map(|file| Some(Spanned::new(file.text()?.to_owned(), file.span)));
        (entry.key.clone(), files.collect())
    });
    entries.collect()
}

/// The resources of the project itself, if there are any.
fn resources_of_project(
    document: &Node,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<Workload>> {
    let resources = document.get("resources")?;
    Some(Arc::new(shared_resources(resources, sources, diagnostics)))
}

/// The values of environment variables, none of which can be one of score-rs itself.
fn variables(document: &Node, diagnostics: &mut Vec<Diagnostic>) -> Map<Spanned<String>> {
    let variables = texts(document, "variables");
    let own = variables.iter().filter(|(name, _)| is_own_variable(name));
    diagnostics.extend(own.map(|(name, value)| {
        let message =
            format!("`{name}` is a variable of score-rs itself, which cannot be set here");
        Diagnostic::new(Code::ProjectInvalid, message)
            .at(value.span, "")
            .help("remove it")
    }));
    variables
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

#[cfg(test)]
mod tests {
    use super::has_credentials;

    #[test]
    fn credentials_are_found_in_urls() {
        for (url, expected) in [
            ("https://git.example.com/shop/deploy.git", false),
            ("https://host:8443/team/repo@v2", false),
            ("host:8443/team/repo@v2", false),
            ("git.example.com/team/repo@v2", false),
            ("git@github.com:team/repo.git", false),
            ("ssh://git@host:22/team/repo.git", false),
            ("https://ghp_x@github.com/x", true),
            ("HTTP://ghp_x@github.com/x", true),
            ("ghp_x@github.com/x", true),
            ("https://me:secret@host/x", true),
            ("https://me:sec/ret@host/x", true),
            ("https://me:@host/x", true),
            ("me:secret@host/x", true),
            ("me:secret@host:x", true),
            ("ssh://git:secret@host/x", true),
            ("ssh://git%3Asecret@host/x", true),
        ] {
            assert_eq!(has_credentials(url), expected, "{url}");
        }
    }
}
