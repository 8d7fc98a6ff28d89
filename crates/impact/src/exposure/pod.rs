//! Rights of pods and containers on their nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::class::Class;
use crate::document_set::DocumentSet;
use crate::found::Found;
use crate::object::Object;
use crate::outputs::Outputs;
use crate::pods::{Container, Pod, paired};
use crate::show::quoted;
use crate::tree::{Document, at, flag, items, number, plain, scalar, strings};

/// The namespaces of the node that a pod can share.
const HOST: [&str; 3] = ["hostNetwork", "hostPID", "hostIPC"];

pub(super) fn exposures(
    before: Option<&Object>,
    after: &Object,
    outputs: Outputs<'_, '_>,
    found: &mut Found,
) {
    let Some(new) = Pod::of(after) else { return };
    let old = before.and_then(Pod::of);
    of_spec(old, new, found);
    if let Some(old) = old.and_then(Pod::spec) {
        let account = |name: &str| {
            let namespace = after.id.namespace.as_deref();
            let kind = ("", "ServiceAccount");
            outputs.pairs.name(kind, namespace, name).to_owned()
        };
        of_pair(old, new, &account, found);
    }
    for (known, container) in paired(old, new) {
        let Some(container) = container else { continue };
        let pair = Pair {
            before: known.map(|container| Context::of(old, &container)),
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
    let known: BTreeSet<String> = old.into_iter().flat_map(paths).collect();
    if let Some(folder) = paths(spec).into_iter().find(|it| !known.contains(it)) {
        let reason = format!("the pod can use {} of its node", quoted(&folder));
        found.raise(Class::Exposure, new.path(&["volumes"]), &reason);
    }
    let sysctls = |spec| -> Vec<(Option<String>, Option<String>)> {
        let sysctls = items(spec, &["securityContext", "sysctls"]).iter();
        sysctls
            .map(|it| (scalar(it, &["name"]), scalar(it, &["value"])))
            .collect()
    };
    let known: BTreeSet<_> = old.into_iter().flat_map(sysctls).collect();
    if let Some((name, _)) = sysctls(spec).into_iter().find(|it| !known.contains(it)) {
        let reason = format!(
            "the pod sets {} of the kernel",
            quoted(&name.unwrap_or_default())
        );
        let place = new.path(&["securityContext", "sysctls"]);
        found.raise(Class::Exposure, place, &reason);
    }
}

/// Rights of a pod that it had not before. `account` has the new names of service accounts.
fn of_pair(old: &Document, new: Pod<'_>, account: &dyn Fn(&str) -> String, found: &mut Found) {
    let Some(spec) = new.spec() else { return };
    let mut raise = |field: &[&str], reason: &str| {
        found.raise(Class::Exposure, new.path(field), reason);
    };
    let is_mounted = |spec| flag(spec, &["automountServiceAccountToken"]) != Some(false);
    if is_mounted(spec) && !is_mounted(old) {
        let reason = "the pod gets a token for the API server";
        raise(&["automountServiceAccountToken"], reason);
    }
    let name = |spec| {
        let name = plain(spec, &["serviceAccountName"]).or(plain(spec, &["serviceAccount"]));
        name.unwrap_or("default").to_owned()
    };
    if name(spec) != account(&name(old)) {
        let account = quoted(&name(spec));
        let reason = format!("the pod has the rights of the service account {account}");
        raise(&["serviceAccountName"], &reason);
    }
    let has_users = |spec| flag(spec, &["hostUsers"]) == Some(false);
    if has_users(old) && !has_users(spec) {
        raise(&["hostUsers"], "users of the pod are users of its node");
    }
    let shares = |spec| flag(spec, &["shareProcessNamespace"]) == Some(true);
    if shares(spec) && !shares(old) {
        let reason = "containers of the pod see the processes of each other";
        raise(&["shareProcessNamespace"], reason);
    }
    let runtime = |spec| plain(spec, &["runtimeClassName"]).map(str::to_owned);
    if runtime(old).is_some() && runtime(old) != runtime(spec) {
        let reason = "another runtime isolates the pod, or none does";
        raise(&["runtimeClassName"], reason);
    }
    for (volumes, reason) in [
        (
            tokens as fn(&Document) -> Vec<&Document>,
            "the pod gets another token of its service account",
        ),
        (writable, "containers can write to a folder of the node"),
    ] {
        let known: DocumentSet<'_> = volumes(old).into_iter().collect();
        if volumes(spec).iter().any(|it| !known.contains(it)) {
            raise(&["volumes"], reason);
        }
    }
}

/// The tokens of projected volumes.
fn tokens(spec: &Document) -> Vec<&Document> {
    let volumes = items(spec, &["volumes"]).iter();
    let sources = volumes.flat_map(|it| items(it, &["projected", "sources"]));
    let tokens = sources.filter_map(|it| at(it, &["serviceAccountToken"]));
    tokens.collect()
}

/// The folders of the node to which containers can write, without their names.
fn writable(spec: &Document) -> Vec<&Document> {
    let volumes = items(spec, &["volumes"]).iter().rev();
    let volumes = volumes.filter_map(|it| Some((plain(it, &["name"])?, it)));
    let volumes: BTreeMap<&str, &Document> = volumes.collect();
    let folder = |name: &str| at(volumes.get(name)?, &["hostPath", "path"]);
    let lists = ["containers", "initContainers"].into_iter();
    let containers = lists.flat_map(|list| items(spec, &[list]));
    let mounts = containers.flat_map(|it| items(it, &["volumeMounts"]));
    let writable = mounts.filter(|it| flag(it, &["readOnly"]) != Some(true));
    let folders = writable.filter_map(|it| folder(plain(it, &["name"])?));
    folders.collect()
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

    /// The value of a field of the security context.
    fn text(&self, field: &[&str]) -> Option<String> {
        let own = [&["securityContext"], field].concat();
        scalar(self.container, &own).or_else(|| scalar(self.pod?, field))
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
            let local = |it: &Context<'_>| it.text(&[kind, "localhostProfile"]);
            let is_other = local(before).is_some() && local(before) != local(after);
            if before.profile(kind) > after.profile(kind) || is_other {
                add(kind, "the container may use more of the kernel");
            }
        }
        for part in ["user", "role", "type", "level"] {
            let label = |it: &Context<'_>| it.text(&["seLinuxOptions", part]);
            if label(before) != label(after) {
                add(
                    "seLinuxOptions",
                    "the container has other rights in SELinux",
                );
                break;
            }
        }
        let dropped: BTreeSet<&str> = after.capabilities("drop").into_iter().collect();
        let is_kept = |it: &&str| !dropped.contains(it) && !dropped.contains("ALL");
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
        let is_unmasked = |it: &Context<'_>| it.text(&["procMount"]).as_deref() == Some("Unmasked");
        if is_unmasked(after) && !before.is_some_and(is_unmasked) {
            let reason = "the container sees all of `/proc`";
            add("securityContext.procMount", reason.to_owned());
        }
        let is_on_host = |it: &Context<'_>| {
            it.text(&["windowsOptions", "hostProcess"]).as_deref() == Some("true")
        };
        if is_on_host(after) && !before.is_some_and(is_on_host) {
            let reason = "the container runs as a process of the node";
            add("securityContext.windowsOptions", reason.to_owned());
        }
        let group = |it: &Context<'_>| it.text(&["runAsGroup"]).as_deref() == Some("0");
        if group(after) && !before.is_some_and(group) {
            let reason = "the container runs with the group of root";
            add("securityContext.runAsGroup", reason.to_owned());
        }
        let known = before.into_iter().flat_map(|it| it.capabilities("add"));
        let known: BTreeSet<&str> = known.collect();
        let added = after
            .capabilities("add")
            .into_iter()
            .find(|it| !known.contains(it));
        if let Some(capability) = added {
            let reason = format!("the container gets the capability {}", quoted(capability));
            add("securityContext.capabilities.add", reason);
        }
        let known = before.into_iter().flat_map(Context::host_ports);
        let known: BTreeSet<String> = known.collect();
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
