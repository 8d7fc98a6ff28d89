//! Rights of pods and containers on their nodes.

use crate::class::Class;
use crate::found::Found;
use crate::object::Object;
use crate::pods::{Container, Pod};
use crate::show::quoted;
use crate::tree::{Document, at, flag, items, number, plain, scalar, strings};

/// The namespaces of the node that a pod can share.
const HOST: [&str; 3] = ["hostNetwork", "hostPID", "hostIPC"];

pub(super) fn exposures(before: Option<&Object>, after: &Object, found: &mut Found) {
    let Some(new) = Pod::of(after) else { return };
    let old = before.and_then(Pod::of);
    of_spec(old, new, found);
    let known = old.map(Pod::containers).unwrap_or_default();
    for container in new.containers() {
        let mut same = known.iter();
        let before = same.find(|it| it.name == container.name && it.list == container.list);
        let pair = Pair {
            before: before.map(|container| Context::of(old, container)),
            after: Context::of(Some(new), &container),
        };
        for (field, reason) in pair.exposures() {
            let field: Vec<&str> = field.split('.').collect();
            found.raise(
                Class::Exposure,
                new.container_path(&container, &field),
                &reason,
            );
        }
    }
}

fn of_spec(old: Option<Pod<'_>>, new: Pod<'_>, found: &mut Found) {
    let (old, Some(spec)) = (old.and_then(Pod::spec), new.spec()) else {
        return;
    };
    for field in HOST {
        let is_shared = |spec: &Document| flag(spec, &[field]) == Some(true);
        if is_shared(spec) && !old.is_some_and(is_shared) {
            let reason = format!("the pod shares a namespace of its node: `{field}`");
            found.raise(Class::Exposure, new.path(&[field]), &reason);
        }
    }
    let paths = |spec: &Document| -> Vec<String> {
        let volumes = items(spec, &["volumes"]).iter();
        volumes
            .filter_map(|it| scalar(it, &["hostPath", "path"]))
            .collect()
    };
    let known = old.map(paths).unwrap_or_default();
    if let Some(folder) = paths(spec).into_iter().find(|it| !known.contains(it)) {
        let reason = format!("the pod can use {} of its node", quoted(&folder));
        found.raise(Class::Exposure, new.path(&["volumes"]), &reason);
    }
    let Some(old) = old else { return };
    let is_mounted = |spec| flag(spec, &["automountServiceAccountToken"]) != Some(false);
    if is_mounted(spec) && !is_mounted(old) {
        let reason = "the pod gets a token for the API server";
        found.raise(
            Class::Exposure,
            new.path(&["automountServiceAccountToken"]),
            reason,
        );
    }
    let account = |spec| {
        plain(spec, &["serviceAccountName"])
            .unwrap_or("default")
            .to_owned()
    };
    if account(spec) != account(old) {
        let reason = format!(
            "the pod has the rights of the service account {}",
            account(spec)
        );
        found.raise(Class::Exposure, new.path(&["serviceAccountName"]), &reason);
    }
}

/// A container with the defaults of its pod.
struct Context<'a> {
    pod: Option<&'a Document>,
    container: &'a Document,
}

struct Pair<'a> {
    before: Option<Context<'a>>,
    after: Context<'a>,
}

impl<'a> Context<'a> {
    fn of(pod: Option<Pod<'a>>, container: &Container<'a>) -> Self {
        let spec = pod.and_then(Pod::spec);
        Self {
            pod: spec.and_then(|spec| at(spec, &["securityContext"])),
            container: container.tree,
        }
    }

    fn flag(&self, field: &str) -> Option<bool> {
        let own = flag(self.container, &["securityContext", field]);
        own.or_else(|| flag(self.pod?, &[field]))
    }

    fn user(&self) -> Option<u64> {
        let own = number(self.container, &["securityContext", "runAsUser"]);
        own.or_else(|| number(self.pod?, &["runAsUser"]))
    }

    /// Whether a profile confines the container: 0 for none.
    fn profile(&self, kind: &str) -> u8 {
        let own = plain(self.container, &["securityContext", kind, "type"]);
        match own.or_else(|| plain(self.pod?, &[kind, "type"])) {
            None | Some("Unconfined") => 0,
            Some(_) => 1,
        }
    }

    fn capabilities(&self, list: &str) -> Vec<&'a str> {
        strings(self.container, &["securityContext", "capabilities", list])
    }

    fn host_ports(&self) -> Vec<String> {
        let ports = items(self.container, &["ports"]).iter();
        ports
            .filter_map(|port| scalar(port, &["hostPort"]))
            .collect()
    }
}

impl Pair<'_> {
    /// The fields of the container with which it may do more, with the reasons.
    fn exposures(&self) -> Vec<(String, String)> {
        let mut found = self.absolute();
        let Some(before) = &self.before else {
            return found;
        };
        let after = &self.after;
        let mut add = |field: &str, reason: &str| {
            found.push((format!("securityContext.{field}"), reason.to_owned()));
        };
        let is_lost =
            |field, value| before.flag(field) == Some(value) && after.flag(field) != Some(value);
        if is_lost("allowPrivilegeEscalation", false) {
            add(
                "allowPrivilegeEscalation",
                "processes may get more rights than the container",
            );
        }
        if is_lost("runAsNonRoot", true) {
            add("runAsNonRoot", "the container may run as root");
        }
        if is_lost("readOnlyRootFilesystem", true) {
            add(
                "readOnlyRootFilesystem",
                "the container may write into its image",
            );
        }
        for kind in ["seccompProfile", "appArmorProfile"] {
            if before.profile(kind) > after.profile(kind) {
                add(kind, "the container may use more of the kernel");
            }
        }
        let dropped = after.capabilities("drop");
        let is_kept = |it: &&str| !dropped.contains(it) && !dropped.contains(&"ALL");
        if let Some(kept) = before.capabilities("drop").into_iter().find(is_kept) {
            add(
                "capabilities.drop",
                &format!("the container keeps the capability {}", quoted(kept)),
            );
        }
        found
    }

    /// The exposures that a new container can have as well.
    fn absolute(&self) -> Vec<(String, String)> {
        let (before, after) = (self.before.as_ref(), &self.after);
        let mut found = Vec::new();
        let mut add = |field: &str, reason: String| found.push((field.to_owned(), reason));
        let is_privileged = |it: &Context<'_>| it.flag("privileged") == Some(true);
        if is_privileged(after) && !before.is_some_and(is_privileged) {
            add(
                "securityContext.privileged",
                "the container is privileged".to_owned(),
            );
        }
        if after.user() == Some(0) && before.is_none_or(|it| it.user() != Some(0)) {
            add(
                "securityContext.runAsUser",
                "the container runs as root".to_owned(),
            );
        }
        let known = before.map(|it| it.capabilities("add")).unwrap_or_default();
        let added = after
            .capabilities("add")
            .into_iter()
            .find(|it| !known.contains(it));
        if let Some(capability) = added {
            let reason = format!("the container gets the capability {}", quoted(capability));
            add("securityContext.capabilities.add", reason);
        }
        let known = before.map(Context::host_ports).unwrap_or_default();
        let published = after
            .host_ports()
            .into_iter()
            .find(|it| !known.contains(it));
        if let Some(port) = published {
            add(
                "ports",
                format!("port {} of the node leads to the container", quoted(&port)),
            );
        }
        found
    }
}
