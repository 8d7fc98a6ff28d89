//! The security contexts that the Pod Security Standards require:
//! <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.
//!
//! A server of the catalogue complies with `restricted`, because its user is known. A workload
//! complies with `baseline`, because its image may need root to start.

use std::collections::BTreeSet;

use score_spec::Diagnostic;

use super::annotations::PROFILE;
use super::naming::{Naming, label, unsupported};
use super::objects::{
    Capabilities, ContainerSecurity, EmptyDir, PodSecurity, PodSpec, SeccompProfile, Volume,
    VolumeMount,
};
use super::options::Profile;
use super::provenance::Owner;
use super::workload_options::WorkloadOptions;
use crate::ir::field::Field;
use crate::ir::{Component, NonRoot, Origin, Storage};

/// The folder in which programs expect to create temporary files.
const SCRATCH: &str = "/tmp";

/// The user of the processes of a pod, and their privileges.
pub(super) struct Security {
    profile: Profile,
    user: Option<u32>,
    group: Option<u32>,
    fs_group: Option<u32>,
    low_ports: bool,
    read_only_root: bool,
}

impl Security {
    /// The security settings of a component. Reports everything that its profile does not allow.
    pub(super) fn of(
        naming: &Naming,
        component: &Component,
        workload_options: &WorkloadOptions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let profile = profile(naming, component, workload_options);
        if profile > Profile::None {
            diagnostics.extend(refused(naming, component));
        }
        // A platform that assigns users itself rejects a fixed one.
        let known = component.non_root.filter(|_| profile > Profile::None);
        let (user, group) = match workload_options.run_as {
            Some((user, group)) => (Some(user), group),
            None => (known.map(|it| it.user), known.map(|it| it.group)),
        };
        Self {
            profile,
            user,
            group,
            // Otherwise, volumes would belong to root.
            fs_group: group,
            low_ports: known.is_some_and(|NonRoot { low_ports, .. }| low_ports),
            read_only_root: workload_options.read_only_root,
        }
    }

    /// The security context of the pod.
    pub(super) fn pod(&self) -> Option<PodSecurity> {
        let seccomp_profile = (self.profile > Profile::None).then_some(SeccompProfile {
            kind: "RuntimeDefault",
        });
        let restricted = self.profile == Profile::Restricted;
        let says_anything = seccomp_profile.is_some() || self.user.is_some();
        says_anything.then_some(PodSecurity {
            run_as_non_root: restricted.then_some(true),
            run_as_user: self.user,
            run_as_group: self.group,
            fs_group: self.fs_group,
            seccomp_profile,
        })
    }

    /// The security context of each container.
    pub(super) fn container(&self) -> Option<ContainerSecurity> {
        let capabilities = match self.profile {
            Profile::None => None,
            // The other capabilities are those that images need to start as root and switch to
            // another user.
            Profile::Baseline => Some(Capabilities {
                drop: vec!["NET_RAW"],
                add: Vec::new(),
            }),
            Profile::Restricted => Some(Capabilities {
                drop: vec!["ALL"],
                // The only capability that the standard allows containers to add.
                add: self
                    .low_ports
                    .then_some("NET_BIND_SERVICE")
                    .into_iter()
                    .collect(),
            }),
        };
        let context = ContainerSecurity {
            allow_privilege_escalation: (self.profile > Profile::None).then_some(false),
            read_only_root_filesystem: self.read_only_root.then_some(true),
            capabilities,
        };
        (self.profile > Profile::None || self.read_only_root).then_some(context)
    }

    /// Gives each container with a read-only root file system an empty folder for temporary files.
    pub(super) fn add_scratch(&self, spec: &mut PodSpec, taken: &mut BTreeSet<String>) {
        if !self.read_only_root {
            return;
        }
        let containers = spec.init_containers.iter_mut().chain(&mut spec.containers);
        for container in containers {
            let mut mounts = container.volume_mounts.iter();
            if mounts.any(|mount| mount.mount_path == SCRATCH) {
                continue;
            }
            let mut name = label(&format!("{}-tmp", container.name));
            while !taken.insert(name.clone()) {
                name = label(&format!("{name}-tmp"));
            }
            container.volume_mounts.push(VolumeMount {
                name: name.clone(),
                mount_path: SCRATCH.to_owned(),
                ..VolumeMount::default()
            });
            spec.volumes.push(Volume {
                name,
                empty_dir: Some(EmptyDir::default()),
                ..Volume::default()
            });
        }
    }
}

/// The profile of a component.
pub(super) fn profile(
    naming: &Naming,
    component: &Component,
    workload_options: &WorkloadOptions,
) -> Profile {
    let project = naming.options.profile;
    match component.origin {
        Origin::Workload(_) => workload_options
            .profile
            .or(project)
            .unwrap_or(Profile::Baseline),
        Origin::Resource { .. } if project == Some(Profile::None) => Profile::None,
        Origin::Resource { .. } if component.non_root.is_some() => Profile::Restricted,
        // The user of the images of other provisioners is not known.
        Origin::Resource { .. } => project.unwrap_or(Profile::Baseline),
    }
}

/// The parts of a component that no standard allows: host folders, and probes of other hosts.
fn refused(naming: &Naming, component: &Component) -> Vec<Diagnostic> {
    let mut refused = Vec::new();
    for (name, container) in &component.containers {
        for (target, mount) in &container.mounts {
            let volume = naming.app.volumes.get(&mount.volume);
            if let Some(Storage::Host(path)) = volume.map(|volume| &volume.storage) {
                let what = format!("container `{name}` mounts the folder `{path}` of the host");
                refused.push((Field::Volume(name, target), what));
            }
        }
        let probes = [
            (Field::LivenessProbe(name), &container.liveness_probe),
            (Field::ReadinessProbe(name), &container.readiness_probe),
        ];
        let mut hosts = probes.into_iter().filter_map(|(field, probe)| {
            let get = probe.as_ref()?.http_get.as_ref()?;
            Some((field, get.host.as_ref()?))
        });
        if let Some((field, host)) = hosts.next() {
            let what = format!("container `{name}` probes the host `{host}`");
            refused.push((field, what));
        }
    }
    let who = Owner::component(component);
    let refused = refused.into_iter().map(|(field, what)| {
        let message = format!("{what}, which no Pod Security Standard allows ({who})");
        let help =
            format!("avoid it, or set `{PROFILE}` to `none` and make the cluster admit the pod");
        unsupported(component, field, message).help(help)
    });
    refused.collect()
}
