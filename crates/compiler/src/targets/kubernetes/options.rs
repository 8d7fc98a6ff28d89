//! What a project and a run choose of the Kubernetes target. Not: what a workload asks for.

use score_spec::diagnostic::listed;
use score_spec::{Code, Diagnostic, Kind, Map, Node};

use super::cluster::{USUAL, selector};
use crate::ir::name;

/// What holds for all Kubernetes objects of a project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KubernetesOptions {
    /// The Pod Security Standard that workloads keep to unless they say otherwise; `baseline`
    /// where none is given.
    pub profile: Option<Profile>,
    /// Where the values of secrets are written.
    pub secrets: SecretsMode,
    /// How objects are written.
    pub format: ObjectFormat,
    /// Whether each object gets a file of its own.
    pub files: bool,
    /// Labels of all objects, beside or in place of the usual ones; without a value, the usual one
    /// is left out.
    pub labels: Map<Option<String>>,
    /// How routes are made.
    pub routes: RouteOptions,
    /// Whether a `NetworkPolicy` per component lets in only who refers to it.
    pub network_policies: bool,
}

impl KubernetesOptions {
    /// What the section `kubernetes` of a project file says. Its schema has checked it.
    pub(crate) fn read(section: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let text = |name: &str| section?.get(name)?.text();
        let routes = section.and_then(|section| section.get("routes"));
        let labels = section
            .map_or(&[][..], |section| section.entries_at("labels"))
            .iter();
        for entry in labels.clone() {
            let name = entry.key.as_str();
            // Those that select pods are reported by the target.
            let can_be_null = USUAL.contains(&name) || selector("").contains_key(name);
            if entry.value.kind == Kind::Null && !can_be_null {
                let message = format!("there is no usual label `{name}` to leave out");
                let help = format!(
                    "drop it, or give it a value; the usual labels are {}",
                    listed(USUAL)
                );
                let found = Diagnostic::new(Code::ProjectInvalid, message);
                diagnostics.push(found.at(entry.key_span, "").help(help));
            }
        }
        Self {
            profile: text("profile").and_then(Profile::named),
            secrets: text("secrets")
                .and_then(SecretsMode::named)
                .unwrap_or_default(),
            format: text("format")
                .and_then(ObjectFormat::named)
                .unwrap_or_default(),
            files: false,
            labels: labels
                .map(|entry| (entry.key.clone(), entry.value.text().map(str::to_owned)))
                .collect(),
            routes: RouteOptions::read(routes),
            network_policies: section
                .and_then(|section| section.get("networkPolicies"))
                .is_some_and(|value| value.kind == Kind::Bool(true)),
        }
    }
}

/// A Pod Security Standard, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    fn read(section: Option<&Node>) -> Self {
        let text = |name: &str| Some(section?.get(name)?.text()?.to_owned());
        Self {
            kind: match text("kind").as_deref() {
                Some("Ingress") => RouteKind::Ingress,
                _ => RouteKind::HttpRoute,
            },
            gateway: text("gateway").as_deref().and_then(Gateway::read),
            class: text("class"),
            tls_secret: text("tlsSecret"),
            issuer: text("issuer"),
            annotations: section.map_or_else(Map::default, |section| {
                section.map_at("annotations", |node| Some(node.text()?.to_owned()))
            }),
        }
    }
}

/// The kind of object that a route becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    /// The name of its listener, where the route is for one only.
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
