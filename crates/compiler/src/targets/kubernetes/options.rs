//! The options of the Kubernetes target, from a project file or a run. `workload_options` contains
//! those of single workloads.

use std::sync::LazyLock;

use score_spec::diagnostic::listed;
use score_spec::{Code, Diagnostic, Kind, Map, Node};

use super::external_secret::ExternalSecrets;
use super::naming::{USUAL, selector};
use crate::input::Settings;
use crate::ir::name;

/// Kubernetes: the target, with the options for all objects of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubernetes {
    /// The namespace of all objects; none by default.
    pub namespace: Option<String>,
    /// Whether to generate this namespace as well.
    pub generate_namespace: bool,
    /// The Pod Security Standard of workloads without an annotation for it; `baseline` by default.
    pub profile: Option<Profile>,
    /// The place of the values of secrets; inline by default.
    pub secrets: Option<SecretsMode>,
    /// The store from which an operator creates external secrets; without one, they are created by other means.
    pub external_secrets: Option<ExternalSecrets>,
    /// The format of objects; YAML by default.
    pub format: Option<ObjectFormat>,
    /// Whether each object is a separate file.
    pub files: bool,
    /// The folders of separate files; none by default.
    pub layout: Option<Layout>,
    /// Whether annotations tell Argo CD the order in which it applies the objects.
    pub waves: Option<bool>,
    /// Labels of all objects. They are added to the default labels, and override them; a label
    /// without a value removes the default.
    pub labels: Map<Option<String>>,
    /// The options of routes.
    pub routes: Option<RouteOptions>,
    /// Whether a `NetworkPolicy` per component admits only the components that refer to it.
    pub network_policies: Option<bool>,
}

impl Kubernetes {
    /// Returns the target with the section `kubernetes` of a project file. Existing options of the
    /// target take precedence. The schema has validated the section.
    pub(crate) fn with_section(
        &self,
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let Some(section) = settings.section("kubernetes") else {
            return self.clone();
        };
        let text = |name: &str| section.get(name)?.text();
        let labels = section.entries_at("labels").iter();
        for entry in labels.clone() {
            let name = entry.key.as_str();
            // The target reports labels that select pods.
            let can_be_null = USUAL.contains(&name) || selector("").contains_key(name);
            if entry.value.kind == Kind::Null && !can_be_null {
                let message = format!("there is no default label `{name}` to remove");
                let help = format!(
                    "remove it, or set a value; the default labels are {}",
                    listed(USUAL)
                );
                let found = Diagnostic::new(Code::ProjectInvalid, message);
                diagnostics.push(found.at(entry.key_span, "").help(help));
            }
        }
        let labels = labels.map(|entry| (entry.key.clone(), entry.value.text().map(str::to_owned)));
        let routes = || Some(RouteOptions::read(section.get("routes")?));
        let flag = |name: &str| match section.get(name)?.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        };
        let secrets = section.get("secrets");
        // An option of the run replaces the setting as a whole.
        let store = secrets.filter(|_| self.secrets.is_none());
        let store = || store.and_then(ExternalSecrets::of_setting);
        let namespace = self.namespace.clone();
        let namespace = namespace.or_else(|| text("namespace").map(str::to_owned));
        let generate = section.entry("generateNamespace");
        let generates = section.is_true("generateNamespace");
        if let (Some(entry), true, None) = (generate, generates, &namespace) {
            let message = "a namespace that is generated needs a name";
            let problem = Diagnostic::new(Code::ProjectInvalid, message).at(entry.key_span, "");
            diagnostics.push(problem.help("add `namespace`"));
        }
        Self {
            generate_namespace: namespace.is_some() && (self.generate_namespace || generates),
            namespace,
            profile: self.profile.or_else(|| Profile::named(text("profile")?)),
            secrets: self.secrets.or_else(|| SecretsMode::of_setting(secrets?)),
            external_secrets: self.external_secrets.clone().or_else(store),
            format: self.format.or_else(|| ObjectFormat::named(text("format")?)),
            labels: labels.chain(self.labels.clone()).collect(),
            routes: self.routes.clone().or_else(routes),
            network_policies: self.network_policies.or_else(|| flag("networkPolicies")),
            layout: self.layout.or_else(|| Layout::named(text("layout")?)),
            waves: self.waves.or_else(|| flag("waves")),
            ..self.clone()
        }
    }

    /// The place of the values of secrets.
    pub(crate) fn secrets_mode(&self) -> SecretsMode {
        self.secrets.unwrap_or_default()
    }

    /// The store of secrets, if they are external.
    pub(crate) fn secret_store(&self) -> Option<&ExternalSecrets> {
        let is_external = self.secrets_mode() == SecretsMode::External;
        self.external_secrets.as_ref().filter(|_| is_external)
    }

    /// The format of objects.
    pub(crate) fn object_format(&self) -> ObjectFormat {
        self.format.unwrap_or_default()
    }

    /// The options of routes.
    pub(crate) fn route_options(&self) -> &RouteOptions {
        static USUAL_ROUTES: LazyLock<RouteOptions> = LazyLock::new(RouteOptions::default);
        self.routes.as_ref().unwrap_or(&USUAL_ROUTES)
    }
}

/// A Pod Security Standard, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Profile {
    /// No security contexts; the platform can add some.
    None,
    /// The standard that prevents known privilege escalations.
    Baseline,
    /// The standard that enforces current best practices of hardening.
    Restricted,
}

impl Profile {
    /// All profiles with their names.
    pub const ALL: [(&str, Self); 3] = [
        ("restricted", Self::Restricted),
        ("baseline", Self::Baseline),
        ("none", Self::None),
    ];

    /// The profile with this name.
    pub fn named(name: &str) -> Option<Self> {
        find(&Self::ALL, name)
    }
}

/// The place of the values of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SecretsMode {
    /// Among the other objects.
    #[default]
    Inline,
    /// In a separate file.
    Separate,
    /// Nowhere: the secrets must already exist, and the objects refer to them.
    External,
}

impl SecretsMode {
    /// All modes with their names.
    pub const ALL: [(&str, Self); 3] = [
        ("inline", Self::Inline),
        ("separate", Self::Separate),
        ("external", Self::External),
    ];

    /// The mode with this name.
    pub fn named(name: &str) -> Option<Self> {
        find(&Self::ALL, name)
    }

    /// The mode in a validated setting: its name, or a map with the store of external secrets.
    pub(crate) fn of_setting(setting: &Node) -> Option<Self> {
        match setting.text() {
            Some(name) => Self::named(name),
            None => ExternalSecrets::of_setting(setting).map(|_| Self::External),
        }
    }
}

/// The folders of the files of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layout {
    /// No folders.
    #[default]
    Flat,
    /// A folder for each workload, with the objects that belong to it, and one for all other objects.
    PerWorkload,
}

impl Layout {
    /// All layouts with their names.
    pub const ALL: [(&str, Self); 2] = [("flat", Self::Flat), ("per-workload", Self::PerWorkload)];

    /// The folder of objects that belong to no workload: no name of a workload contains `_`.
    pub const SHARED: &str = "_shared";

    /// The layout with this name.
    pub fn named(name: &str) -> Option<Self> {
        find(&Self::ALL, name)
    }

    /// The folder of the objects of a workload, or of shared objects; absent without folders.
    pub fn folder(self, workload: Option<&str>) -> Option<&str> {
        match self {
            Self::Flat => None,
            Self::PerWorkload => Some(workload.unwrap_or(Self::SHARED)),
        }
    }
}

/// The format of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ObjectFormat {
    /// YAML in the usual block style.
    #[default]
    Yaml,
    /// The subset of YAML in which indentation has no meaning and all strings are quoted
    /// (Kubernetes enhancement proposal 5295).
    Kyaml,
    /// JSON: a single object, or a `List` of several.
    Json,
}

impl ObjectFormat {
    /// All formats with their names.
    pub const ALL: [(&str, Self); 3] = [
        ("yaml", Self::Yaml),
        ("kyaml", Self::Kyaml),
        ("json", Self::Json),
    ];

    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        find(&Self::ALL, name)
    }
}

/// The options of routes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteOptions {
    /// The kind of object for a route.
    pub kind: RouteKind,
    /// The gateway of `HTTPRoute`s; `default` if omitted.
    pub gateway: Option<Gateway>,
    /// The class of `Ingress`es; the default of the cluster if omitted.
    pub class: Option<String>,
    /// The `Secret` with the certificate of all `Ingress`es.
    pub tls_secret: Option<String>,
    /// The cert-manager `ClusterIssuer` that issues the certificates of `Ingress`es.
    pub issuer: Option<String>,
    /// Annotations of all routes.
    pub annotations: Map<String>,
}

impl RouteOptions {
    fn read(section: &Node) -> Self {
        let text = |name: &str| Some(section.get(name)?.text()?.to_owned());
        Self {
            kind: match text("kind").as_deref() {
                Some("Ingress") => RouteKind::Ingress,
                _ => RouteKind::HttpRoute,
            },
            gateway: text("gateway").as_deref().and_then(Gateway::read),
            class: text("class"),
            tls_secret: text("tlsSecret"),
            issuer: text("issuer"),
            annotations: section.map_at("annotations", |node| Some(node.text()?.to_owned())),
        }
    }
}

/// The kind of object for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RouteKind {
    /// An `HTTPRoute` of the Gateway API.
    #[default]
    HttpRoute,
    /// An `Ingress`, the older API.
    Ingress,
}

/// The gateway of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The namespace of the gateway; that of the route if omitted.
    pub namespace: Option<String>,
    /// The name of the gateway.
    pub name: String,
    /// The name of its listener, if the route is for a single listener.
    pub listener: Option<String>,
}

impl Gateway {
    /// Parses `[NAMESPACE/]NAME[:LISTENER]`.
    pub fn read(text: &str) -> Option<Self> {
        let (path, listener) = match text.split_once(':') {
            Some((path, listener)) => (path, Some(listener)),
            None => (text, None),
        };
        let (namespace, name) = match path.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, path),
        };
        let mut names = namespace.into_iter().chain([name]).chain(listener);
        names.all(name::is_subdomain).then(|| Self {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            listener: listener.map(str::to_owned),
        })
    }
}

fn find<T: Copy>(all: &[(&str, T)], name: &str) -> Option<T> {
    let mut all = all.iter();
    all.find(|(known, _)| *known == name).map(|(_, it)| *it)
}
