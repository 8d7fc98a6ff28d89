//! Files of containers. A container has a config map for its plain files and a secret for files
//! that contain secrets. A file that consists of a value in an object of the cluster is mounted
//! from that object.
//!
//! Each file is mounted separately (`subPath`), so that it hides no other files of the image. Such
//! mounts are not updated in running pods; instead, a hash in the annotations of the pod causes a
//! rollout.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use score_spec::{Diagnostic, Map};
use sha2::{Digest, Sha256};

use super::naming::{Naming, annotations, hex, invalid, label};
use super::objects::{
    self, Body, ConfigMap, ConfigMapVolume, KeyToPath, Metadata, Object, SecretVolume, Volume,
    VolumeMount,
};
use super::provenance::Owner;
use super::reference::{Open, OpenText};
use crate::ir::field::Field;
use crate::ir::{
    Component, Container, FileContent, KeyRef, Ref, Secret, SecretSource, Segment, Text,
};

/// The default mode of a file, here and in Kubernetes.
const MODE: u16 = 0o644;
/// The maximum total size in bytes of the values of a config map or a secret.
pub(super) const LIMIT: usize = 1024 * 1024;

/// The objects, volumes and mounts for the files of a container.
#[derive(Default)]
pub(super) struct Files {
    /// The objects that contain the files; the secret comes first.
    pub(super) objects: Vec<Object>,
    /// The volumes through which the pod accesses the objects.
    pub(super) volumes: Vec<Volume>,
    /// The mounts of the files in the container.
    pub(super) mounts: Vec<VolumeMount>,
    /// A hash of everything that affects the files.
    pub(super) hash: Sha256,
}

impl Files {
    /// Adds a file whose content is in an object of the cluster.
    fn held(
        &mut self,
        container: &str,
        file: &MountedFile,
        held: &KeyRef,
        taken: &mut BTreeSet<String>,
    ) {
        let volume = free(
            &format!("{container}-{}", held.object.replace('.', "-")),
            taken,
        );
        let items = vec![KeyToPath {
            key: held.key.clone(),
            path: held.key.clone(),
            mode: unusual(file.mode),
        }];
        self.mounts.push(mount(&volume, file.path, &held.key));
        let holder = match held.holder {
            crate::ir::Holder::Secret => Holder::Secret,
            crate::ir::Holder::Config => Holder::ConfigMap,
        };
        self.volumes
            .push(holder.volume(volume, &held.object, None, items));
    }
}

/// A file with resolved references.
struct MountedFile<'a> {
    path: &'a str,
    key: String,
    mode: u16,
    content: Content<'a>,
}

enum Content<'a> {
    Text(OpenText),
    Binary(&'a [u8]),
    /// A value in an object of the cluster, and whether the content also has other parts.
    Held(&'a KeyRef, bool),
}

/// Creates the objects, volumes and mounts for the files of a container. `taken` contains the names
/// of volumes of the pod.
pub(super) fn files(
    naming: &Naming,
    component: &Component,
    (container_name, container): (&str, &Container),
    taken: &mut BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Files {
    let mut made = Files::default();
    let (mut secret, mut plain) = (Vec::new(), Vec::new());
    for (path, mounted) in &container.files {
        let file = MountedFile {
            path,
            key: String::new(),
            mode: mounted.mode.unwrap_or(MODE),
            content: match &mounted.content {
                FileContent::Binary(bytes) => Content::Binary(bytes),
                FileContent::Text(text) => content(text),
            },
        };
        digest(naming, &file, &mut made.hash);
        match &file.content {
            Content::Held(key, false) => made.held(container_name, &file, key, taken),
            Content::Held(_, true) => diagnostics.push(mixed(component, container_name, &file)),
            Content::Text(_) | Content::Binary(_) => match holder(&mounted.content) {
                Some(Holder::Secret) => secret.push(file),
                Some(Holder::ConfigMap) | None => plain.push(file),
            },
        }
    }

    let name = object_name(component, container_name);
    for (holder, mut group) in [(Holder::Secret, secret), (Holder::ConfigMap, plain)] {
        if group.is_empty() {
            continue;
        }
        let size = group.iter().map(|file| size(naming, &file.content)).sum();
        diagnostics.extend(too_large(holder, component, container_name, size));
        name_keys(&mut group);
        let volume = free(&format!("{container_name}-{}", holder.suffix()), taken);
        let labels = naming.labels(&component.name);
        let metadata = naming.metadata(
            &name,
            labels,
            annotations(component),
            component.belongs_to().0,
        );
        made.mounts.extend(mounts(&volume, &group));
        let (default_mode, items) = modes(&group);
        made.volumes
            .push(holder.volume(volume, &name, default_mode, items));
        made.objects
            .push(holder.object(metadata, group, Owner::component(component)));
    }
    made
}

/// The kinds and names of the objects with the files of a component.
pub(super) fn names(component: &Component) -> Vec<(&'static str, String)> {
    let mut names = Vec::new();
    for (container_name, container) in &component.containers {
        let holders: BTreeSet<Holder> = container
            .files
            .values()
            .filter_map(|file| holder(&file.content))
            .collect();
        let name = object_name(component, container_name);
        names.extend(
            holders
                .into_iter()
                .map(|holder| (holder.kind(), name.clone())),
        );
    }
    names
}

/// The name of the objects with the files of a container.
fn object_name(component: &Component, container: &str) -> String {
    label(&format!("{}-{container}-files", component.name))
}

/// The kind of the object for the content of a file; `None` if the content is in an object of the
/// cluster.
fn holder(content: &FileContent) -> Option<Holder> {
    match content {
        FileContent::Text(text) if text.references().any(|it| matches!(it, Ref::KeyRef(_))) => None,
        FileContent::Text(text) if text.is_secret() => Some(Holder::Secret),
        FileContent::Text(_) | FileContent::Binary(_) => Some(Holder::ConfigMap),
    }
}

/// The kind of an object that contains files of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Secret,
    ConfigMap,
}

impl Holder {
    fn kind(self) -> &'static str {
        match self {
            Holder::Secret => objects::Secret::KIND,
            Holder::ConfigMap => ConfigMap::KIND,
        }
    }

    /// The suffix of the name of the volume.
    fn suffix(self) -> &'static str {
        match self {
            Holder::Secret => "secret-files",
            Holder::ConfigMap => "files",
        }
    }

    fn volume(
        self,
        name: String,
        object: &str,
        default_mode: Option<u16>,
        items: Vec<KeyToPath>,
    ) -> Volume {
        let (mut config_map, mut secret) = (None, None);
        match self {
            Holder::ConfigMap => {
                config_map = Some(ConfigMapVolume {
                    name: object.to_owned(),
                    default_mode,
                    items,
                });
            }
            Holder::Secret => {
                secret = Some(SecretVolume {
                    secret_name: object.to_owned(),
                    default_mode,
                    items,
                });
            }
        }
        Volume {
            name,
            config_map,
            secret,
            ..Volume::default()
        }
    }

    fn object(self, metadata: Metadata, files: Vec<MountedFile>, owner: Owner) -> Object {
        let mut texts = Map::default();
        let mut binary_data = Map::default();
        for file in files {
            match file.content {
                Content::Text(text) => {
                    texts.insert(file.key, text);
                }
                Content::Binary(bytes) => {
                    binary_data.insert(file.key, STANDARD.encode(bytes));
                }
                // The file is mounted from an object of the cluster.
                Content::Held(..) => {}
            }
        }
        match self {
            Holder::Secret => {
                let body = objects::Secret {
                    kind: "Opaque",
                    string_data: texts,
                };
                Object::new(metadata, body, owner)
            }
            Holder::ConfigMap => {
                let body = ConfigMap {
                    data: texts,
                    binary_data,
                };
                Object::new(metadata, body, owner)
            }
        }
    }
}

/// The content of a file, in which `$(NAME)` is not expanded.
fn content(text: &Text) -> Content<'_> {
    let mut held = None;
    let content = text.map(|reference| match reference {
        Ref::Variable(name) => format!("$({name})").into(),
        Ref::KeyRef(key) => {
            held.get_or_insert(&**key);
            OpenText::new()
        }
        other => Open::text(other),
    });
    match held {
        Some(key) => Content::Held(key, text.as_reference().is_none()),
        None => Content::Text(content),
    }
}

fn mixed(component: &Component, container: &str, file: &MountedFile) -> Diagnostic {
    invalid(
        component,
        Field::File(container, file.path),
        format!(
            "the file `{}` of container `{container}` combines text with a value from the cluster, \
             which is not known before the pod starts",
            file.path
        ),
    )
    .help("put the value into a separate file, without a line break at the end (`|-`), or into a variable")
}

/// Adds everything that affects a file to the hash. The values of derived secrets are unknown here,
/// so the inputs of their derivation represent them.
fn digest(naming: &Naming, file: &MountedFile, hash: &mut Sha256) {
    add(file.path.as_bytes(), hash);
    add(&file.mode.to_be_bytes(), hash);
    match &file.content {
        Content::Binary(bytes) => add(bytes, hash),
        Content::Held(key, _) => {
            add(b"", hash);
            add(key.object.as_bytes(), hash);
            add(key.key.as_bytes(), hash);
        }
        Content::Text(text) => {
            add(naming.filled(text).redact().as_bytes(), hash);
            for secret in text.secrets() {
                digest_secret(secret, hash);
            }
        }
    }
}

/// Adds the inputs that determine the value of a secret, never the value itself.
pub(super) fn digest_secret(secret: &Secret, hash: &mut Sha256) {
    add(secret.resource.as_bytes(), hash);
    add(secret.name.as_bytes(), hash);
    match &secret.source {
        SecretSource::Derived {
            length,
            alphabet,
            rotation,
        } => {
            add(alphabet.as_bytes(), hash);
            add(&(*length as u64).to_be_bytes(), hash);
            add(&rotation.to_be_bytes(), hash);
        }
        // The hash can be public: its fingerprint of the value depends on the project key, so that
        // guesses of the value cannot be tested.
        SecretSource::External(value) => {
            if let Some(fingerprint) = value.fingerprint() {
                add(fingerprint, hash);
            }
        }
    }
}

fn add(part: &[u8], hash: &mut Sha256) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

/// Assigns a key to each file: its file name, with as much of its path as is necessary to be
/// unique.
fn name_keys(files: &mut [MountedFile]) {
    let mut taken = BTreeSet::new();
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let whole = file.path.trim_matches('/').replace('/', "-");
        let hash = hex(&Sha256::digest(file.path), 8);
        let candidates = [key(name), key(&whole), format!("file-{hash}")];
        if let Some(free) = candidates.into_iter().find(|key| taken.insert(key.clone())) {
            file.key = free;
        }
    }
}

/// The name without characters that keys cannot contain.
fn key(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let key: String = name
        .chars()
        .map(|character| if allowed(character) { character } else { '_' })
        .collect();
    match key.as_str() {
        "" | "." => format!("_{key}"),
        long if long.len() > 253 => hex(&Sha256::digest(long), 16),
        parent if parent.starts_with("..") => format!("_{key}"),
        _ => key,
    }
}

/// An unused name for a volume of the pod.
fn free(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = label(wanted);
    let mut count = 1;
    while !taken.insert(name.clone()) {
        count += 1;
        name = label(&format!("{wanted}-{count}"));
    }
    name
}

fn mounts(volume: &str, files: &[MountedFile]) -> Vec<VolumeMount> {
    files
        .iter()
        .map(|file| mount(volume, file.path, &file.key))
        .collect()
}

fn mount(volume: &str, path: &str, key: &str) -> VolumeMount {
    VolumeMount {
        name: volume.to_owned(),
        mount_path: path.to_owned(),
        sub_path: Some(key.to_owned()),
        read_only: Some(true),
    }
}

/// The mode, unless it is the default of Kubernetes.
fn unusual(mode: u16) -> Option<u16> {
    Some(mode).filter(|mode| *mode != MODE)
}

/// The mode of all files if they share one, and otherwise the modes of the individual files.
fn modes(files: &[MountedFile]) -> (Option<u16>, Vec<KeyToPath>) {
    let first = files.first().map_or(MODE, |file| file.mode);
    if files.iter().all(|file| file.mode == first) {
        return (unusual(first), Vec::new());
    }
    let items = files.iter().map(|file| KeyToPath {
        key: file.key.clone(),
        path: file.key.clone(),
        mode: unusual(file.mode),
    });
    (None, items.collect())
}

fn too_large(
    holder: Holder,
    component: &Component,
    container: &str,
    size: usize,
) -> Option<Diagnostic> {
    (size > LIMIT).then(|| {
        invalid(
            component,
            Field::Container(container),
            format!(
                "the files of container `{container}` have {size} bytes, but a {} is limited to {LIMIT} bytes",
                holder.kind()
            ),
        )
        .help("put large files into the image or on a volume")
    })
}

fn size(naming: &Naming, content: &Content) -> usize {
    match content {
        Content::Binary(bytes) => bytes.len(),
        Content::Held(..) => 0,
        Content::Text(text) => naming
            .filled(text)
            .segments()
            .iter()
            .map(|segment| match segment {
                Segment::Plain(plain) => plain.len(),
                Segment::Ref(secret) => match &secret.source {
                    SecretSource::Derived { length, .. } => *length,
                    SecretSource::External(value) => value.reveal().len(),
                },
            })
            .sum(),
    }
}
