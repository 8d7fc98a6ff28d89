//! What a project and a run choose of the Kubernetes target. Not: what a workload asks for.

use std::sync::LazyLock;

use score_spec::diagnostic::listed;
use score_spec::{Code, Diagnostic, Kind, Map, Node};

use super::naming::{USUAL, selector};
use crate::input::Settings;
use crate::ir::name;

/// Kubernetes: the target, with what holds for all objects of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubernetes {
    /// The namespace of all objects; none by default.
    pub namespace: Option<String>,
    /// Whether to generate that namespace, too.
    pub generate_namespace: bool,
    /// The Pod Security Standard that workloads comply with unless they say otherwise; `baseline` by
    /// default.
    pub profile: Option<Profile>,
    /// Where the values of secrets are written; inline by default.
    pub secrets: Option<SecretsMode>,
    /// How objects are written; as YAML by default.
    pub format: Option<ObjectFormat>,
    /// Whether each object gets a file of its own.
    pub files: bool,
    /// Labels of all objects, beside or in place of the usual ones; without a value, the usual one
    /// is left out.
    pub labels: Map<Option<String>>,
    /// How routes are generated.
    pub routes: Option<RouteOptions>,
    /// Whether a `NetworkPolicy` per component admits only the components that refer to it.
    pub network_policies: Option<bool>,
}

impl Kubernetes {
    /// The target with the section `kubernetes` of a project file where it has no options of its own.
    /// The schema has checked the section.
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
            // Those that select pods are reported by the target.
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
        let policies = || match section.get("networkPolicies")?.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        };
        Self {
            profile: self.profile.or_else(|| Profile::named(text("profile")?)),
            secrets: self
                .secrets
                .or_else(|| SecretsMode::named(text("secrets")?)),
            format: self.format.or_else(|| ObjectFormat::named(text("format")?)),
            labels: labels.chain(self.labels.clone()).collect(),
            routes: self.routes.clone().or_else(routes),
            network_policies: self.network_policies.or_else(policies),
            ..self.clone()
        }
    }

    /// Where the values of secrets are written.
    pub(crate) fn secrets_mode(&self) -> SecretsMode {
        self.secrets.unwrap_or_default()
    }

    /// How objects are written.
    pub(crate) fn object_format(&self) -> ObjectFormat {
        self.format.unwrap_or_default()
    }

    /// How routes are generated.
    pub(crate) fn route_options(&self) -> &RouteOptions {
        static USUAL_ROUTES: LazyLock<RouteOptions> = LazyLock::new(RouteOptions::default);
        self.routes.as_ref().unwrap_or(&USUAL_ROUTES)
    }
}

/// A Pod Security Standard, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Profile {
    /// Nothing is said; a platform may say it.
    None,
    /// What keeps a pod from taking over its node.
    Baseline,
    /// What is good practice today.
    Restricted,
}

impl Profile {
    /// Every profile with its name.
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

/// Where the values of secrets are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SecretsMode {
    /// Among the other objects.
    #[default]
    Inline,
    /// Into a file of their own.
    Separate,
    /// Nowhere: somebody else makes them, and the objects refer to them.
    External,
}

impl SecretsMode {
    /// Every mode with its name.
    pub const ALL: [(&str, Self); 3] = [
        ("inline", Self::Inline),
        ("separate", Self::Separate),
        ("external", Self::External),
    ];

    /// The mode with this name.
    pub fn named(name: &str) -> Option<Self> {
        find(&Self::ALL, name)
    }
}

/// How objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ObjectFormat {
    /// YAML as a person writes it.
    #[default]
    Yaml,
    /// The subset of YAML in which indentation means nothing and every string is quoted
    /// (Kubernetes enhancement proposal 5295).
    Kyaml,
    /// JSON: one object, a `List` where there are several.
    Json,
}

impl ObjectFormat {
    /// Every format with its name.
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

/// How routes are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteOptions {
    /// As which kind of object.
    pub kind: RouteKind,
    /// The gateway of `HTTPRoute`s; `default` where none is given.
    pub gateway: Option<Gateway>,
    /// The class of `Ingress`es; the cluster's default where none is given.
    pub class: Option<String>,
    /// The `Secret` with the certificate of all `Ingress`es.
    pub tls_secret: Option<String>,
    /// The cert-manager `ClusterIssuer` that makes certificates for `Ingress`es.
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

/// The kind of object that a route becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RouteKind {
    /// That of the Gateway API.
    #[default]
    HttpRoute,
    /// The older one.
    Ingress,
}

/// The gateway that a route belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its namespace, where it is not that of the route.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The name of its listener, if the route is for a single listener.
    pub listener: Option<String>,
}

impl Gateway {
    /// Reads `[NAMESPACE/]NAME[:LISTENER]`.
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
