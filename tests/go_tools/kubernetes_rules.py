"""The documented differences in Kubernetes objects."""

import base64
import re

from rules import BUILT_IN, is_given, remove, replace_text, rule

UID_ANNOTATION = "k8s.score.dev/resource-uid"
WORKLOAD = "k8s.score.dev/workload-name"


def pods(objects):
    for it in objects.values():
        if "template" in (it.get("spec") or {}):
            yield it["spec"]["template"]


def of_workloads(objects):
    return {key: it for key, it in objects.items() if WORKLOAD in it["metadata"].get("annotations", {})}


@rule("kubernetes", "Kubernetes: `app.kubernetes.io/managed-by`")
def managed_by(go, rs):
    for document, value in ((go, "score-k8s"), (rs, "score-rs")):
        for it in document.values():
            remove(it["metadata"].get("labels"), "app.kubernetes.io/managed-by", value)
            remove(it["metadata"], "labels", {})
        for pod in pods(document):
            remove(pod["metadata"].get("labels"), "app.kubernetes.io/managed-by", value)


@rule("kubernetes", "Provisioners in lists: random values in Kubernetes objects")
def secrets(go, rs):
    """Decodes Secrets, and replaces references to them by what the container gets."""
    for document in (go, rs):
        for key, it in document.items():
            if key.startswith("Secret/") and "data" in it:
                it["stringData"] = {name: base64.b64decode(value).decode() for name, value in it.pop("data").items()}
        for container in containers(document):
            replace_references(container, document)


def containers(objects):
    for pod in pods(objects):
        yield from pod["spec"]["containers"].values()


def replace_references(container, objects):
    variables, used = container.get("env", {}), set()
    for variable in variables.values():
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        if reference:
            variable.clear()
            variable["value"] = objects["Secret/" + reference["name"]]["stringData"][reference["key"]]
    for variable in variables.values():
        for name in re.findall(r"\$\((\w+)\)", variable.get("value", "")):
            if name in variables:
                variable["value"] = variable["value"].replace(f"$({name})", variables[name]["value"])
                used.add(name)
    for name in used:
        del variables[name]


@rule("kubernetes", "Kubernetes: files")
def files(go, rs):
    """Compares the files that containers see, instead of ConfigMaps and volumes."""
    for document in (go, rs):
        for pod in pods(document):
            volumes = pod["spec"].get("volumes", {})
            found = {name: files_of_volume(volume, document) for name, volume in volumes.items()}
            for container in pod["spec"]["containers"].values():
                replace_mounts(container, found)
            for name in [name for name in volumes if found[name] is not None]:
                del volumes[name]
            remove(pod["spec"], "volumes", {})
        for key in [key for key in document if re.search(r"^ConfigMap/.*-(file-[0-9a-f]{10}|files)$", key)]:
            del document[key]


def files_of_volume(volume, objects):
    """The files of a volume with ConfigMaps and Secrets: path to content and mode."""
    sources = volume.get("projected", {}).get("sources", [volume])
    found = {}
    for source in sources:
        kind = {"configMap": "ConfigMap", "secret": "Secret"}.get(next(iter(source)))
        if not kind:
            return None
        (source,) = source.values()
        content = contents(objects[f"{kind}/{source.get('secretName', source.get('name'))}"])
        for item in source.get("items") or [{"key": key, "path": key} for key in content]:
            found[item["path"]] = {"content": content[item["key"]], "mode": item.get("mode", source.get("defaultMode"))}
    return found


def contents(it):
    binary = {key: base64.b64decode(value).decode() for key, value in it.get("binaryData", {}).items()}
    return {**it.get("data", {}), **it.get("stringData", {}), **binary}


def replace_mounts(container, found):
    mounts, seen = container.get("volumeMounts", {}), {}
    for path in [path for path, mount in mounts.items() if found.get(mount["name"]) is not None]:
        mount = mounts.pop(path)
        files = found[mount["name"]]
        if "subPath" in mount:
            seen[path] = files[mount["subPath"]]
        else:
            seen.update({f"{path}/{name}": file for name, file in files.items()})
    if seen:
        container["files"] = seen
    remove(container, "volumeMounts", {})


@rule("kubernetes", "Both targets: servers of built-in types")
def kubernetes_servers(go, rs):
    there, here = servers(go), servers(rs)
    for uid in there.keys() & here.keys():
        a, b = there[uid], here[uid]
        given = is_given(a["metadata"]["name"], go)
        for document, server in ((go, a), (rs, b)):
            password = password_of(server, document)
            for key in [key for key, it in document.items() if uid_of(it) == uid]:
                del document[key]
            document[f"server {uid}"] = {"metadata": {}, "password": password, **summary(server, given)}
        if not given:
            for document, server in ((go, a), (rs, b)):
                password = document[f"server {uid}"]["password"]
                replace_text(document, [(server["metadata"]["name"], f"<{uid}>"), (password, f"<{uid} password>")])


def uid_of(it):
    return it["metadata"].get("annotations", {}).get(UID_ANNOTATION, "")


def servers(objects):
    found = {uid_of(it): it for key, it in objects.items() if key.startswith("StatefulSet/")}
    return {uid: it for uid, it in found.items() if uid.split(".")[0] in BUILT_IN}


def password_of(server, objects):
    return objects["Secret/" + server["metadata"]["name"]]["stringData"]["password"]


def summary(server, given):
    """What must stay of a server: its image, port and data, and all that is immutable if it exists already."""
    (container,) = server["spec"]["template"]["spec"]["containers"].values()
    claims = server["spec"]["volumeClaimTemplates"]
    data = {path: claims[it["name"]]["spec"] for path, it in container["volumeMounts"].items() if it["name"] in claims}
    image = container["image"].rpartition("/")[2]
    found = {"image": image, "ports": container["ports"], "data": data}
    immutable = ("selector", "serviceName", "volumeClaimTemplates")
    return {**found, **{key: server["spec"][key] for key in immutable}} if given else found


@rule("kubernetes", "Kubernetes: origin of objects")
def origin(go, rs):
    for it in [*go.values(), *rs.values(), *pods(go), *pods(rs)]:
        remove_labels(it, "annotations", UID_ANNOTATION, "k8s.score.dev/source-workload", "k8s.score.dev/source")


def remove_labels(it, kind, *keys):
    for key in keys:
        it.get("metadata", {}).get(kind, {}).pop(key, None)
    remove(it.get("metadata"), kind, {})


@rule("kubernetes", "Kubernetes: checksums")
def checksums(_, rs):
    for pod in pods(rs):
        remove_labels(pod, "annotations", "checksum/files", "checksum/secrets")


@rule("kubernetes", "Kubernetes: annotations of workloads")
def annotations_of_workloads(_, rs):
    for it in of_workloads(rs).values():
        for key in [key for key in it["metadata"]["annotations"] if key != WORKLOAD]:
            # Unless a patch template has changed one of them.
            on_pods = it["spec"].get("template", {}).get("metadata", {}).get("annotations", {}).get(key)
            if on_pods == it["metadata"]["annotations"][key]:
                del it["metadata"]["annotations"][key]


@rule("kubernetes", "Kubernetes: `app.kubernetes.io/instance` and selectors")
def instances(go, rs):
    there, here = (instances_by_workload(it) for it in (go, rs))
    for workload, instance in there.items():
        if here.get(workload) == workload:
            replace_text(go, [(instance, workload)])
    for it in of_workloads(rs).values():
        spec = it.get("spec", {})
        selector = spec.get("selector", {})
        selector.get("matchLabels", selector).pop("app.kubernetes.io/name", None)


def instances_by_workload(objects):
    found = [it["metadata"] for it in of_workloads(objects).values()]
    return {it["annotations"][WORKLOAD]: it["labels"]["app.kubernetes.io/instance"] for it in found}


@rule("kubernetes", "Kubernetes: StatefulSet")
def headless_services(go, rs):
    for document, suffix in ((go, "-headless-svc"), (rs, "-headless")):
        for key in [key for key in of_workloads(document) if key.startswith("StatefulSet/")]:
            spec = document[key]["spec"]
            del document[f"Service/{spec['serviceName']}"]
            spec["serviceName"] = spec["serviceName"].removesuffix(suffix)
            remove_claim_names(spec)


def remove_claim_names(spec):
    """Names claims after the paths at which they are mounted."""
    claims = spec.get("volumeClaimTemplates", {})
    for container in spec["template"]["spec"]["containers"].values():
        for path, mount in container.get("volumeMounts", {}).items():
            if mount["name"] in claims:
                claims[path] = claims.pop(mount["name"])
                mount["name"] = path


@rule("kubernetes", "Kubernetes: `strategy: {}`, `status: {}`, `resources: {}`")
def empty_fields(go, _):
    for it in go.values():
        it.pop("status", None)
        for field in ("strategy", "updateStrategy"):
            remove(it.get("spec"), field, {})
        for claim in (it.get("spec") or {}).get("volumeClaimTemplates", {}).values():
            remove(claim, "status", {})
    for container in containers(go):
        remove(container, "resources", {})


@rule("kubernetes", "Kubernetes: defaults of Kubernetes")
def kubernetes_defaults(go, rs):
    for it in [*go.values(), *rs.values()]:
        for port in (it.get("spec") or {}).get("ports", {}).values():
            remove(port, "protocol", "TCP")
    for container in [*containers(go), *containers(rs)]:
        for values in container.get("resources", {}).values():
            if "cpu" in values:
                values["cpu"] = millicores(values["cpu"])


def millicores(text):
    return int(text[:-1]) if text.endswith("m") else round(float(text) * 1000)


@rule("kubernetes", "Kubernetes: `service-port`: `port`")
def service_ports(go, rs):
    for key, it in rs.items():
        if key.startswith("Service/"):
            name = it["metadata"].get("name", key.split("/")[1])
            ports = it["spec"].get("ports", {}).values()
            replace_text(go, [(f"{name}:{port.get('targetPort')}", f"{name}:{port['port']}") for port in ports])


@rule("kubernetes", "Kubernetes: `source` of a `volume` in a string")
def sources_of_volumes(go, rs):
    for key in go.keys() & rs.keys():
        for pod, ours in zip(pods({"": go[key]}), pods({"": rs[key]})):
            for name, container in pod["spec"]["containers"].items():
                for variable, value in container.get("env", {}).items():
                    other = ours["spec"]["containers"][name]["env"][variable]
                    if value["value"] == '{"emptyDir":{}}' and other["value"].startswith("volume-"):
                        value["value"] = other["value"]


@rule("kubernetes", "Kubernetes: security contexts")
def security_contexts(_, rs):
    for key, it in rs.items():
        if key.startswith("Namespace/"):
            remove(it["metadata"].get("labels"), "pod-security.kubernetes.io/enforce", "baseline")
    for it in of_workloads(rs).values():
        for pod in pods({"": it}):
            remove(pod["spec"], "securityContext", {"seccompProfile": {"type": "RuntimeDefault"}})
            for container in pod["spec"]["containers"].values():
                baseline = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["NET_RAW"]}}
                remove(container, "securityContext", baseline)


@rule("kubernetes", "Kubernetes: service account token")
def tokens(_, rs):
    for pod in pods(of_workloads(rs)):
        remove(pod["spec"], "automountServiceAccountToken", False)


@rule("kubernetes", "Kubernetes: variables for other Services (`WEB_SERVICE_HOST`)")
def service_links(_, rs):
    for pod in pods(of_workloads(rs)):
        remove(pod["spec"], "enableServiceLinks", False)
