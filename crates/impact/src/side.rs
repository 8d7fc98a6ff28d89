//! The objects of a rendering, for lookups.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use score_compiler::model::Model;
use score_spec::Map;

use crate::object::{Object, ObjectId, Owner, PROJECT};
use crate::pod_index::PodIndex;
use crate::rendering::Rendering;
use crate::routes::{Backend, backends, hosts, requests};
use crate::tree::{number, plain, strings};

/// The kinds whose objects describe a Service, instead of using it.
const NO_USERS: [&str; 4] = ["Service", "NetworkPolicy", "Endpoints", "EndpointSlice"];

/// One side of a comparison.
pub(crate) struct Side<'a> {
    pub(crate) model: Option<&'a Model>,
    pub(crate) objects: BTreeMap<&'a ObjectId, &'a Object>,
    /// The objects with an identity that another one has, too.
    pub(crate) repeated: Vec<&'a Object>,
    /// The workloads of the model, or those that objects belong to.
    pub(crate) workloads: BTreeSet<&'a str>,
    /// The resources of the model, or those that objects belong to.
    pub(crate) resources: BTreeSet<&'a str>,
    /// The smallest number of pods that an autoscaler keeps, by the kind, namespace and name of its target.
    scaled: BTreeMap<(&'a str, Option<&'a str>, &'a str), u64>,
    /// The labels of pods.
    pub(crate) pods: PodIndex<'a>,
    /// Objects that mention a Service of another owner, by the name of the Service.
    users: OnceCell<Map<&'a Object>>,
    /// The Services that can be reached from outside of the cluster, by namespace and name.
    public: OnceCell<BTreeSet<(Option<&'a str>, &'a str)>>,
    /// The hosts of all routes.
    hosts: OnceCell<BTreeSet<&'a str>>,
    /// The hosts and paths of all Ingresses and proxies.
    requests: OnceCell<BTreeSet<(&'a str, &'a str)>>,
}

impl<'a> Side<'a> {
    pub(crate) fn of(rendering: &'a Rendering<'_>) -> Self {
        let mut objects: BTreeMap<&ObjectId, &Object> = BTreeMap::new();
        let mut repeated = Vec::new();
        for object in &rendering.objects {
            if let Some(first) = objects.insert(&object.id, object)
                && first.tree != object.tree
            {
                repeated.push(first);
            }
        }
        let owners = || rendering.objects.iter().map(|object| &object.owner);
        let (workloads, resources) = match rendering.model {
            Some(model) => (
                model.workloads.keys().map(String::as_str).collect(),
                model.resources.keys().map(String::as_str).collect(),
            ),
            None => (
                owners().filter_map(|it| it.workload.as_deref()).collect(),
                owners().filter_map(|it| it.resource.as_deref()).collect(),
            ),
        };
        Self {
            model: rendering.model,
            scaled: scaled(&rendering.objects),
            pods: PodIndex::of(rendering.objects.iter()),
            objects,
            repeated,
            workloads,
            resources,
            users: OnceCell::new(),
            public: OnceCell::new(),
            hosts: OnceCell::new(),
            requests: OnceCell::new(),
        }
    }

    /// Whether the workload or resource exists.
    pub(crate) fn has(&self, owner: &Owner) -> bool {
        let has = |all: &BTreeSet<&str>, name: &Option<String>| {
            name.as_deref().is_some_and(|name| all.contains(name))
        };
        match owner.resource {
            Some(_) => has(&self.resources, &owner.resource),
            None => has(&self.workloads, &owner.workload),
        }
    }

    /// The minimum number of pods of an object.
    pub(crate) fn pod_count(&self, object: &Object) -> u64 {
        let id = &object.id;
        let key = (id.kind.as_str(), id.namespace.as_deref(), id.name.as_str());
        let scaled = self.scaled.get(&key).copied();
        scaled
            .or_else(|| number(&object.tree, &["spec", "replicas"]))
            .unwrap_or(1)
    }

    /// Whether only one pod at a time can use a claim. False if the claim is not part of the output.
    pub(crate) fn is_exclusive(&self, pod: &Object, claim: &str) -> bool {
        let id = ObjectId {
            group: String::new(),
            kind: "PersistentVolumeClaim".to_owned(),
            namespace: pod.id.namespace.clone(),
            name: claim.to_owned(),
        };
        self.objects.get(&id).is_some_and(|claim| {
            let modes = strings(&claim.tree, &["spec", "accessModes"]);
            !modes.is_empty() && modes.iter().all(|mode| mode.starts_with("ReadWriteOnce"))
        })
    }

    /// Whether it is a Compose project with a name.
    pub(crate) fn has_project(&self) -> bool {
        self.objects.keys().any(|id| id.is("", PROJECT))
    }

    /// Whether a Service can be reached from outside of the cluster: by its type, or through a route.
    pub(crate) fn is_public(&self, service: &ObjectId) -> bool {
        let public = self.public.get_or_init(|| self.public());
        public.contains(&(service.namespace.as_deref(), service.name.as_str()))
    }

    fn public(&self) -> BTreeSet<(Option<&'a str>, &'a str)> {
        let mut public = BTreeSet::new();
        for object in self.objects.values().copied() {
            let backends = backends(object).into_iter().filter(Backend::is_service);
            public.extend(backends.map(|it| (it.namespace, it.name)));
            let kind = plain(&object.tree, &["spec", "type"]);
            let is_open = matches!(kind, Some("NodePort" | "LoadBalancer"))
                || !strings(&object.tree, &["spec", "externalIPs"]).is_empty();
            if object.id.is("", "Service") && is_open {
                public.insert((object.id.namespace.as_deref(), object.id.name.as_str()));
            }
        }
        public
    }

    /// Whether a binding gives the rights of a role.
    pub(crate) fn binds(&self, role: &Object) -> bool {
        let is_bound = |object: &&Object| {
            let part = |field| plain(&object.tree, &["roleRef", field]);
            part("name") == Some(role.id.name.as_str())
                && part("kind") == Some(role.id.kind.as_str())
                && (role.id.namespace.is_none() || role.id.namespace == object.id.namespace)
        };
        let bindings = self.objects.values().copied();
        let mut bindings = bindings.filter(|it| it.id.group == role.id.group);
        bindings.any(|it| is_bound(&it))
    }

    /// Whether a route has this host.
    pub(crate) fn serves(&self, host: &str) -> bool {
        let objects = || self.objects.values().copied();
        let hosts = self
            .hosts
            .get_or_init(|| objects().flat_map(hosts).collect());
        hosts.contains(host)
    }

    /// Whether an Ingress or a proxy has this host with this path.
    pub(crate) fn serves_path(&self, request: (&str, &str)) -> bool {
        let objects = || self.objects.values().copied();
        let requests = self
            .requests
            .get_or_init(|| objects().flat_map(requests).collect());
        requests.contains(&request)
    }

    /// A workload or object that uses a Service.
    pub(crate) fn user(&self, service: &Object) -> Option<String> {
        let workload = service.owner.workload.as_ref();
        let referred = self.model.zip(workload).and_then(|(model, workload)| {
            let referred_by = &model.workloads.get(workload)?.referred_by;
            referred_by.first().map(|user| format!("`{user}`"))
        });
        referred.or_else(|| {
            let users = self.users.get_or_init(|| self.users());
            let user = users.get(&service.id.name)?;
            Some(match &user.owner.workload {
                Some(workload) => format!("`{workload}`"),
                None => format!("`{}`", user.id),
            })
        })
    }

    fn users(&self) -> Map<&'a Object> {
        let services = self.objects.iter().filter(|(id, _)| id.is("", "Service"));
        let owners: Map<&Owner> = services
            .map(|(id, it)| (id.name.clone(), &it.owner))
            .collect();
        let mut users = Map::default();
        for object in self.objects.values() {
            if NO_USERS.contains(&object.id.kind.as_str()) {
                continue;
            }
            object.tree.each_text(&mut |text| {
                let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let text = text.as_plain().unwrap_or_default();
                for word in text.split(|c| !is_part(c)) {
                    if owners
                        .get(word)
                        .is_some_and(|owner| is_other(owner, &object.owner))
                        && !users.contains_key(word)
                    {
                        users.insert(word.to_owned(), *object);
                    }
                }
            });
        }
        users
    }
}

/// Whether an object uses a Service with the first owner, and is not itself a part of it. Objects of resources of a
/// workload are parts of its Service, but a workload uses the Service of its own database.
fn is_other(owner: &Owner, user: &Owner) -> bool {
    match (&owner.workload, &owner.resource) {
        (Some(_), None) => owner.workload != user.workload,
        _ => owner != user,
    }
}

fn scaled(objects: &[Object]) -> BTreeMap<(&str, Option<&str>, &str), u64> {
    let mut scaled = BTreeMap::new();
    for Object { id, tree, .. } in objects {
        let target = |field| plain(tree, &["spec", "scaleTargetRef", field]);
        if id.is("autoscaling", "HorizontalPodAutoscaler")
            && let (Some(kind), Some(name)) = (target("kind"), target("name"))
        {
            let least = number(tree, &["spec", "minReplicas"]).unwrap_or(1);
            scaled.insert((kind, id.namespace.as_deref(), name), least);
        }
    }
    scaled
}
