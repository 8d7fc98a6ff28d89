"""The Pod Security Standards, as rules for rendered pods.

They are written from the published tables at
https://kubernetes.io/docs/concepts/security/pod-security-standards/, row by row; each rule mentions its row.
Pods of the catalogue must comply with "restricted", all others with "baseline". The admission controller and
rules for Windows pods are not included.
"""

from pathlib import Path

RESOURCE = "k8s.score.dev/resource-uid"
CATALOGUE = {path.stem for path in Path(__file__).parents[2].glob("provisioners/*.yaml")}
# The annotation of a golden whose user deliberately chose a pod that no standard admits.
WAIVED = "example.com/pod-security"

# "Capabilities" of baseline: the ones that containers may add.
BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}
# "Sysctls" of baseline.
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
# "Volume Types" of restricted.
RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}
SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def problems(item):
    """The violations of a standard by the pods of an object."""
    template = template_of(item)
    if template is None:
        return []
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    if WAIVED in annotations:
        return []
    pod = template["spec"]
    found = list(baseline(pod))
    if annotations.get(RESOURCE, "").partition(".")[0] in CATALOGUE:
        found += restricted(pod)
    if pod.get("automountServiceAccountToken") is None:
        found.append("says nothing about the token of its service account")
    return found


def template_of(item):
    spec = item.get("spec") or {}
    if item["kind"] == "Pod":
        return item
    if item["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"):
        return spec["template"]
    return None


def containers(pod):
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(key) or []


def contexts(pod):
    """The security contexts of a pod and of its containers, with descriptions."""
    yield "pod", pod.get("securityContext") or {}
    for container in containers(pod):
        yield container["name"], container.get("securityContext") or {}


def baseline(pod):
    for name, context in contexts(pod):
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield f"{name}: baseline, HostProcess"
        if context.get("privileged"):
            yield f"{name}: baseline, Privileged Containers"
        added = (context.get("capabilities") or {}).get("add") or []
        if set(added) - BASELINE_CAPABILITIES:
            yield f"{name}: baseline, Capabilities: {added}"
        if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") == "Unconfined":
            yield f"{name}: baseline, AppArmor"
        selinux = context.get("seLinuxOptions") or {}
        if selinux.get("type") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
            yield f"{name}: baseline, SELinux"
        if context.get("procMount", "Default") != "Default":
            yield f"{name}: baseline, /proc Mount Type"
        if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
            yield f"{name}: baseline, Seccomp"
        for sysctl in context.get("sysctls") or []:
            if sysctl["name"] not in SAFE_SYSCTLS:
                yield f"{name}: baseline, Sysctls: {sysctl['name']}"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"baseline, Host Namespaces: {key}"
    for volume in pod.get("volumes") or []:
        if "hostPath" in volume:
            yield f"baseline, HostPath Volumes: {volume['name']}"
    for container in containers(pod):
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                yield f"{container['name']}: baseline, Host Ports"
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if ((container.get(probe) or {}).get("httpGet") or {}).get("host"):
                yield f"{container['name']}: baseline, Host Probes"


def restricted(pod):
    for volume in pod.get("volumes") or []:
        if set(volume) - {"name"} - RESTRICTED_VOLUMES:
            yield f"restricted, Volume Types: {volume['name']}"
    of_pod = pod.get("securityContext") or {}
    for container in containers(pod):
        name, context = container["name"], container.get("securityContext") or {}
        both = {**of_pod, **context}
        capabilities = context.get("capabilities") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"{name}: restricted, Privilege Escalation"
        if both.get("runAsNonRoot") is not True:
            yield f"{name}: restricted, Running as Non-root"
        if both.get("runAsUser") == 0:
            yield f"{name}: restricted, Running as Non-root user"
        if (both.get("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{name}: restricted, Seccomp"
        if "ALL" not in (capabilities.get("drop") or []):
            yield f"{name}: restricted, Capabilities: not all are dropped"
        if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
            yield f"{name}: restricted, Capabilities: added"
