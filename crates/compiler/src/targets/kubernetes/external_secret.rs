//! Objects from which the operator External Secrets creates `Secret`s, whose values are in a store outside of the
//! cluster.

use score_spec::{Map, Node};

use super::objects::Object;
use super::reference::OpenTree;
use super::waves;
use crate::emit::document::{ToTree, document};
use crate::ir::Tree;

pub(super) const GROUP: &str = "external-secrets.io";
const API_VERSION: &str = "external-secrets.io/v1";
pub(super) const KIND: &str = "ExternalSecret";

/// The type of a `Secret` by default.
const OPAQUE: &str = "Opaque";

/// The store with the values of external secrets: `kubernetes.secrets.externalSecrets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSecrets {
    /// The name of the store.
    pub store: String,
    /// Its kind.
    pub kind: StoreKind,
    /// The path in the store below which the values of each `Secret` are; its top if absent.
    pub prefix: Option<String>,
    /// The time after which the values are read again; the default of the operator if absent.
    pub refresh_interval: Option<String>,
}

/// The kind of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreKind {
    /// A store of the cluster, which all namespaces can use.
    #[default]
    ClusterSecretStore,
    /// A store in the namespace of the objects.
    SecretStore,
}

impl StoreKind {
    /// The name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClusterSecretStore => "ClusterSecretStore",
            Self::SecretStore => "SecretStore",
        }
    }
}

impl ExternalSecrets {
    /// The store in a validated setting, if it is a map.
    pub(super) fn of_setting(setting: &Node) -> Option<Self> {
        let section = setting.get("externalSecrets")?;
        let text = |name: &str| Some(section.get(name)?.text()?.to_owned());
        Some(Self {
            store: text("store")?,
            kind: match text("kind").as_deref() {
                Some("SecretStore") => StoreKind::SecretStore,
                _ => StoreKind::ClusterSecretStore,
            },
            prefix: text("prefix"),
            refresh_interval: text("refreshInterval"),
        })
    }

    /// The object from which a `Secret` is created. Any other object is unchanged, as is a `Secret` without values:
    /// nothing has to be read for it.
    pub(super) fn applied(&self, mut object: Object) -> Object {
        if !has_values(&object) {
            return object;
        }
        let keys: Map<()> = keys(&object).map(|key| (key.clone(), ())).collect();
        let spec = ExternalSecretSpec {
            refresh_interval: self.refresh_interval.clone(),
            store: StoreReference {
                kind: self.kind.name(),
                name: self.store.clone(),
            },
            target: SecretTarget {
                name: object.name.clone(),
                is_immutable: object.tree.get("immutable").cloned(),
                template: template(&object),
            },
            data: keys
                .into_iter()
                .map(|(key, ())| self.datum(&object.name, key))
                .collect(),
        };
        let metadata = object.tree.get("metadata").cloned();
        let entries = [
            ("apiVersion", API_VERSION.to_tree()),
            ("kind", KIND.to_tree()),
            ("metadata", metadata.unwrap_or(OpenTree::Null)),
            ("spec", spec.to_tree()),
        ];
        object.tree = entries
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect();
        API_VERSION.clone_into(&mut object.api_version);
        KIND.clone_into(&mut object.kind);
        object
    }

    /// The value of a key: a property of what the store has for the `Secret`.
    fn datum(&self, secret: &str, key: String) -> Datum {
        let remote = match &self.prefix {
            Some(prefix) => format!("{prefix}/{secret}"),
            None => secret.to_owned(),
        };
        Datum {
            secret_key: key.clone(),
            remote: RemoteReference {
                key: remote,
                property: key,
                conversion: "Default",
                decoding: "None",
                metadata: "None",
            },
        }
    }
}

/// Whether an object is a `Secret` with values, in place of which one is written that creates it from a store.
pub(super) fn has_values(object: &Object) -> bool {
    object.is_secret() && keys(object).next().is_some()
}

/// The keys of a `Secret`; one can occur in both parts.
fn keys(object: &Object) -> impl Iterator<Item = &String> {
    let parts = ["data", "stringData"].into_iter();
    let parts = parts.filter_map(|part| match object.tree.get(part)? {
        Tree::Map(entries) => Some(entries.keys()),
        _ => None,
    });
    parts.flatten()
}

/// Whether a `Secret` is created from an object.
pub(crate) fn is_external_secret<R>(object: &Object<R>) -> bool {
    object.api_version == API_VERSION && object.kind == KIND
}

/// The parts of a `Secret` that are not values, if it needs them. With a template, the operator copies neither
/// labels nor annotations.
fn template(secret: &Object) -> Option<SecretTemplate> {
    let kind = secret.tree.get("type")?;
    if matches!(kind, Tree::Text(text) if text.as_plain() == Some(OPAQUE)) {
        return None;
    }
    let part = |name: &str| Some(secret.tree.get("metadata")?.get(name)?.clone());
    Some(SecretTemplate {
        kind: Some(kind.clone()),
        metadata: TemplateMetadata {
            labels: part("labels"),
            annotations: part("annotations").and_then(without_wave),
        },
    })
}

/// The annotations without the wave, which is for the object that Argo CD applies. Absent if there are no others.
fn without_wave(annotations: OpenTree) -> Option<OpenTree> {
    match annotations {
        Tree::Map(mut entries) => {
            entries.shift_remove(waves::ANNOTATION);
            (!entries.is_empty()).then_some(Tree::Map(entries))
        }
        other => Some(other),
    }
}

document! {
    /// The specification of an external secret.
    ExternalSecretSpec {
        refresh_interval: Option<String> = "refreshInterval",
        store: StoreReference = "secretStoreRef",
        target: SecretTarget = "target",
        data: Vec<Datum> = "data",
    }
}

document! {
    /// The store of an external secret.
    StoreReference {
        kind: &'static str = "kind",
        name: String = "name",
    }
}

document! {
    /// The `Secret` that is created.
    SecretTarget {
        name: String = "name",
        is_immutable: Option<OpenTree> = "immutable",
        template: Option<SecretTemplate> = "template",
    }
}

document! {
    /// The parts of the `Secret` that are not values.
    SecretTemplate {
        kind: Option<OpenTree> = "type",
        metadata: TemplateMetadata = "metadata",
    }
}

document! {
    /// The labels and annotations of the `Secret`.
    TemplateMetadata {
        labels: Option<OpenTree> = "labels",
        annotations: Option<OpenTree> = "annotations",
    }
}

document! {
    /// A key of the `Secret`, and where its value is.
    Datum {
        secret_key: String = "secretKey",
        remote: RemoteReference = "remoteRef",
    }
}

document! {
    /// A value in the store. The defaults of the API are written, because Argo CD compares lists as a whole.
    RemoteReference {
        key: String = "key",
        property: String = "property",
        conversion: &'static str = "conversionStrategy",
        decoding: &'static str = "decodingStrategy",
        metadata: &'static str = "metadataPolicy",
    }
}
