//! Objects of an output, from the compiler or from documents.

use std::fmt;
use std::sync::Arc;

use score_compiler::OutputObject;
use score_compiler::compose::SECTIONS;
use score_compiler::ir::Tree;
use score_spec::Node;

use crate::tree::{Document, plain};

/// The kind of a Compose project itself, whose name is a part of the names of its containers, networks and volumes.
pub(crate) const PROJECT: &str = "project";

/// The annotation or label with the uid of the resource that an object belongs to.
const RESOURCE: [&str; 2] = ["k8s.score.dev/resource-uid", "dev.score.compose.res.uid"];

/// The annotations with the name of the workload that an object belongs to.
const WORKLOAD: [&str; 3] = [
    "k8s.score.dev/workload-name",
    "k8s.score.dev/source-workload",
    "compose.score.dev/workload-name",
];

/// The identity of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The API group; empty for the core group, and for Compose.
    pub group: String,
    /// The kind; `service`, `volume`, `network`, `config` or `secret` for a part of a Compose project.
    pub kind: String,
    /// The namespace, if the object sets one.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// The workload or resource to which an object belongs, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The workload; absent if the object is shared.
    pub workload: Option<String>,
    /// The uid of the resource; absent for an object of a workload.
    pub resource: Option<String>,
}

/// An object of an output.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its identity.
    pub id: ObjectId,
    /// The group and version; empty for Compose.
    pub api_version: String,
    /// Its owner.
    pub owner: Owner,
    /// The document, which the compiler shares.
    pub tree: Arc<Document>,
}

impl Object {
    /// Moves it to another namespace.
    pub fn move_to(&mut self, namespace: &str) {
        self.id.namespace = Some(namespace.to_owned());
        if let Tree::Map(object) = Arc::make_mut(&mut self.tree)
            && let Some(Tree::Map(metadata)) = object.get_mut("metadata")
            && let Some(known) = metadata.get_mut("namespace")
        {
            *known = Tree::Text(namespace.into());
        }
    }
}

impl ObjectId {
    /// The identity of an object of the compiler.
    pub fn of(object: &OutputObject) -> Self {
        Self {
            group: group(&object.api_version).to_owned(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        }
    }

    /// Whether it is the configuration of the proxy of a Compose project, which has its routes.
    pub fn is_proxy(&self) -> bool {
        self.is("", "config") && self.name.ends_with("/routes/nginx.conf")
    }

    /// Whether it is an object of this group and kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl fmt::Display for ObjectId {
    /// As `StatefulSet/search`, or `StatefulSet/shop/search` with a namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

/// The objects of the compiler for Compose are only the services: to compare volumes and networks, [read](Object::read)
/// the Compose file on both sides.
impl From<OutputObject> for Object {
    fn from(object: OutputObject) -> Self {
        Self {
            id: ObjectId::of(&object),
            api_version: object.api_version,
            owner: Owner {
                workload: object.workload,
                resource: object.resource,
            },
            tree: object.tree,
        }
    }
}

impl Object {
    /// The objects of a document: an object of Kubernetes, a `List` of objects, or the parts of a Compose project. None
    /// if the document is something else; a part of a list that is something else makes the whole list so.
    pub fn read(document: &Node) -> Option<Vec<Self>> {
        let tree = document.to_value_with(&mut |text, _| text.into());
        if plain(&tree, &["apiVersion"]).is_some() {
            return Self::of_kubernetes(tree);
        }
        matches!(tree.get("services"), Some(Tree::Map(_))).then(|| Self::of_compose(tree))
    }

    fn of_kubernetes(mut tree: Document) -> Option<Vec<Self>> {
        let mut lists = vec![];
        let mut objects = vec![];
        if let Some(items) = taken_items(&mut tree) {
            lists.push(items.into_iter());
        } else {
            return Some(vec![Self::single(tree)?]);
        }
        while let Some(list) = lists.last_mut() {
            let Some(mut item) = list.next() else {
                lists.pop();
                continue;
            };
            match taken_items(&mut item) {
                Some(items) => lists.push(items.into_iter()),
                None => objects.push(Self::single(item)?),
            }
        }
        Some(objects)
    }

    fn single(tree: Document) -> Option<Self> {
        let api_version = plain(&tree, &["apiVersion"])?.to_owned();
        let id = ObjectId {
            group: group(&api_version).to_owned(),
            kind: plain(&tree, &["kind"])?.to_owned(),
            namespace: plain(&tree, &["metadata", "namespace"]).map(str::to_owned),
            name: plain(&tree, &["metadata", "name"])?.to_owned(),
        };
        let annotation = |key: &&str| plain(&tree, &["metadata", "annotations", key]);
        let owner = Owner {
            workload: WORKLOAD.iter().find_map(annotation).map(str::to_owned),
            resource: RESOURCE.iter().find_map(annotation).map(str::to_owned),
        };
        Some(Self {
            id,
            api_version,
            owner,
            tree: Arc::new(tree),
        })
    }

    fn of_compose(tree: Document) -> Vec<Self> {
        let Tree::Map(mut sections) = tree else {
            return Vec::new();
        };
        let mut objects = Vec::new();
        if let Some(Tree::Text(name)) = sections.shift_remove("name") {
            let name = name.redact();
            objects.push(Self::of_section(PROJECT, name, Tree::Null));
        }
        for (section, kind) in SECTIONS {
            let Some(Tree::Map(entries)) = sections.shift_remove(section) else {
                continue;
            };
            for (name, tree) in *entries {
                objects.push(Self::of_section(kind, name, tree));
            }
        }
        objects
    }

    fn of_section(kind: &str, name: String, tree: Document) -> Self {
        let label = |key: &&str| {
            plain(&tree, &["labels", key]).or_else(|| plain(&tree, &["annotations", key]))
        };
        let owner = Owner {
            workload: WORKLOAD.iter().find_map(label).map(str::to_owned),
            resource: RESOURCE.iter().find_map(label).map(str::to_owned),
        };
        Self {
            id: ObjectId {
                group: String::new(),
                kind: kind.to_owned(),
                namespace: None,
                name,
            },
            api_version: String::new(),
            owner,
            tree: Arc::new(tree),
        }
    }
}

/// The items of a `List`, which are taken out of it.
fn taken_items(tree: &mut Document) -> Option<Vec<Document>> {
    let is_list = plain(tree, &["kind"]).is_some_and(|kind| kind.ends_with("List"));
    let Tree::Map(entries) = tree else {
        return None;
    };
    match entries.get_mut("items") {
        Some(Tree::List(items)) if is_list => Some(std::mem::take(items)),
        _ => None,
    }
}

/// The group of a group and version.
pub(crate) fn group(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}
