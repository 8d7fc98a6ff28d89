"""The documented differences between the output of the Go tools and that of score-rs.

Each rule names the row of `docs/compatibility.md` that documents it, and removes exactly this difference from both
documents. What differs after all rules is a failure.
"""

import base64
import copy
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The types of resources that the Go tools and score-rs provision with provisioners of their own, and that projects use.
BUILT_IN = {"redis", "postgres", "volume"}
UID_LABEL = "dev.score.compose.res.uid"
UID_ANNOTATION = "k8s.score.dev/resource-uid"
WORKLOAD = "k8s.score.dev/workload-name"


class Rule:
    def __init__(self, target, row, apply):
        self.target, self.row, self.apply = target, row, apply
        self.used = False

    def __call__(self, go, rs):
        before = copy.deepcopy((go, rs))
        self.apply(go, rs)
        changed = before != (go, rs)
        self.used |= changed
        return changed


RULES = []


def rule(target, row):
    """Adds a rule. A row is `HEADING: SUBJECT`."""

    def add(apply):
        RULES.append(Rule(target, row, apply))
        return apply

    return add


def undocumented(others):
    """The rows that rules and others rely on, and that the page does not have."""
    rows, heading = set(), None
    for line in (ROOT / "docs/compatibility.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| "):
            rows.add(f"{heading}: {line[2:].split(' | ')[0]}")
    return sorted(({rule.row for rule in RULES} | others) - rows)


def replace_text(document, replaced):
    """Replaces texts everywhere, also in keys."""
    text = json.dumps(document)
    for old, new in replaced:
        text = text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    document.clear()
    document.update(json.loads(text))


def remove(container, key, value):
    """Removes an entry if it has this value."""
    if isinstance(container, dict) and container.get(key, ...) == value:
        del container[key]


# Compose


def workloads(compose):
    return [it for name, it in compose["services"].items() if "hostname" in it and name.startswith(it["hostname"] + "-")]


@rule("compose", "Compose: passwords")
def env_files(_, rs):
    for service in rs["services"].values():
        service.setdefault("environment", {}).update(service.pop("env_file", {}))
        remove(service, "environment", {})


@rule("compose", "Compose: project name")
def project_name(go, rs):
    if "name" not in rs:
        remove(go, "name", go.folder)


@rule("compose", "Provisioners in lists: `.State`, `.Shared` at the start of a run")
def earlier_state(go, rs):
    """A value from the last run is empty here."""
    for name, service in go["services"].items():
        ours = rs["services"].get(name, {}).get("environment", {})
        for key, value in service.get("environment", {}).items():
            if value in go.earlier and ours.get(key) == "":
                service["environment"][key] = ""


@rule("compose", "Compose: bind mounts of files")
def mounts(_, rs):
    for service in workloads(rs):
        for mount in service.get("volumes", {}).values():
            remove(mount, "bind", {"create_host_path": False})


@rule("compose", "Compose: annotations with the prefix `k8s.score.dev/`")
def annotations(go, _):
    for service in workloads(go):
        for key in [key for key in service.get("annotations", {}) if key.startswith("k8s.score.dev/")]:
            del service["annotations"][key]
        remove(service, "annotations", {})


@rule("compose", "Compose: health checks")
def health_checks(_, rs):
    for service in workloads(rs):
        remove(service.get("healthcheck"), "start_period", "120s")


@rule("compose", "Compose: defaults of Compose")
def compose_defaults(go, rs):
    for document in (go, rs):
        for service in document["services"].values():
            for dependency in service.get("depends_on", {}).values():
                remove(dependency, "required", True)


@rule("compose", "Compose: waiting for resources")
def waiting(go, rs):
    go.waits = go["services"].pop("wait-for-resources", {}).get("depends_on", {})
    for service in workloads(go):
        service.get("depends_on", {}).pop("wait-for-resources", None)
    for service in workloads(rs):
        for name in [name for name in service.get("depends_on", {}) if rs["services"][name] not in workloads(rs)]:
            rs.waits[name] = service["depends_on"].pop(name)


@rule("compose", "Compose: waiting for other workloads")
def waiting_for_workloads(go, rs):
    for service in workloads(rs):
        for name in [name for name in service.get("depends_on", {}) if rs["services"][name] in workloads(rs)]:
            remove(service["depends_on"], name, {"condition": "service_started"})
    for document in (go, rs):
        for service in document["services"].values():
            remove(service, "depends_on", {})


@rule("compose", "Both targets: servers of built-in types")
def compose_servers(go, rs):
    """Compares servers of built-in types by what a user of the data sees: image, data, password, users."""
    for document, password in ((go, go_password), (rs, rs_password)):
        services = document["services"]
        databases = {}
        for name in [name for name, it in services.items() if is_database_job(it)]:
            databases.update(databases_of(services.pop(name)))
            document.waits.pop(name)
        for name in [name for name, it in services.items() if is_server(it)]:
            server = services[name]
            data = {at: mount["source"] for at, mount in server["volumes"].items() if mount["type"] == "volume"}
            services[name] = {"image": server["image"], "data": data, "password": password(server)}
            document.waits[name] = {"condition": "service_healthy"}
        if databases:
            document["databases"] = databases


def is_server(service):
    return bool(re.search(r"/?(redis|postgres):", service.get("image", "")))


def is_database_job(service):
    mark = "dev.score.compose.labels.is-init-container"
    return is_server(service) and mark in service.get("labels", {})


def go_password(server):
    if "POSTGRES_PASSWORD" in server.get("environment", {}):
        return server["environment"]["POSTGRES_PASSWORD"]
    return re.search(r"requirepass (\S+)", json.dumps(server["volumes"]))[1].split("\\n")[0]


def rs_password(server):
    names = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "REDISCLI_AUTH")
    return next(server["environment"][name] for name in names if name in server["environment"])


def databases_of(job):
    """The databases that a job creates, with their users and passwords."""
    variables = job["environment"]
    if "NEW_DATABASE" in variables:
        return {variables["NEW_DATABASE"]: [variables["NEW_USER"], variables["NEW_PASSWORD"]]}
    scripts = job["volumes"]["/db-scripts"]["content"].values()
    pattern = r'CREATE DATABASE "([^"]+)".*CREATE USER "([^"]+)" WITH PASSWORD \'([^\']+)\''
    found = [re.search(pattern, script, re.S) for script in scripts]
    return {it[1]: [it[2], it[3]] for it in found}


@rule("compose", "Compose: waiting for resources")
def waits(go, rs):
    for document in (go, rs):
        document.update({"waits": document.waits} if document.waits else {})


@rule("compose", "Both targets: images of servers")
def images(go, rs):
    for document in (go, rs):
        for service in document["services"].values():
            if "data" in service:
                service["image"] = re.sub(r"^(mirror\.gcr\.io|docker\.io/library)/", "", service["image"])


@rule("compose", "Both targets: names of resources, hosts, databases")
def names_of_resources(go, rs):
    there, here = (names_by_uid(it) for it in (go, rs))
    for uid in there.keys() & here.keys():
        if there[uid] != here[uid]:
            replace_text(go, [(there[uid], f"<{uid}>")])
            replace_text(rs, [(here[uid], f"<{uid}>")])


def names_by_uid(compose):
    """The names of resources of built-in types: of the volume, without the suffix for a server."""
    found = {}
    for name, volume in compose.get("volumes", {}).items():
        uid = (volume or {}).get("labels", {}).get(UID_LABEL, "")
        if uid.split(".")[0] in BUILT_IN:
            found[uid] = name if uid.startswith("volume.") else name.removesuffix("-data")
    return found


@rule("compose", "Compose: names of volumes")
def names_of_volumes(go, rs):
    for name, volume in go.get("volumes", {}).items():
        ours = rs.get("volumes", {}).get(name, {})
        if name.startswith("<") and "name" not in ours:
            remove(volume, "name", name)
            remove(volume, "driver", "local")


@rule("compose", "Both targets: secrets")
def passwords_of_servers(go, rs):
    for name, server in go["services"].items():
        ours = rs["services"].get(name, {})
        if "data" in server and "data" in ours and len(server["password"]) != len(ours["password"]):
            replace_text(rs, [(ours["password"], server["password"])])


# Kubernetes


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
        same = a["metadata"]["name"] == b["metadata"]["name"]
        for document, server in ((go, a), (rs, b)):
            password = password_of(server, document)
            for key in [key for key, it in document.items() if uid_of(it) == uid]:
                del document[key]
            document[f"server {uid}"] = {"metadata": {}, "password": password, **summary(server, same)}
        if not same:
            replace_text(go, [(a["metadata"]["name"], f"<{uid}>"), (go[f"server {uid}"]["password"], f"<{uid} password>")])
            replace_text(rs, [(b["metadata"]["name"], f"<{uid}>"), (rs[f"server {uid}"]["password"], f"<{uid} password>")])


def uid_of(it):
    return it["metadata"].get("annotations", {}).get(UID_ANNOTATION, "")


def servers(objects):
    found = {uid_of(it): it for key, it in objects.items() if key.startswith("StatefulSet/")}
    return {uid: it for uid, it in found.items() if uid.split(".")[0] in BUILT_IN}


def password_of(server, objects):
    return objects["Secret/" + server["metadata"]["name"]]["stringData"]["password"]


def summary(server, same):
    """What must stay of a server: its image, port and data, and all that is immutable if it may exist already."""
    (container,) = server["spec"]["template"]["spec"]["containers"].values()
    claims = server["spec"]["volumeClaimTemplates"]
    data = {path: claims[it["name"]]["spec"] for path, it in container["volumeMounts"].items() if it["name"] in claims}
    image = container["image"].rpartition("/")[2]
    found = {"image": image, "ports": container["ports"], "data": data}
    immutable = ("selector", "serviceName", "volumeClaimTemplates")
    return {**found, **{key: server["spec"][key] for key in immutable}} if same else found


@rule("kubernetes", "Kubernetes: origin of objects")
def origin(go, rs):
    for it in [*go.values(), *rs.values(), *pods(go), *pods(rs)]:
        remove_labels(it, "annotations", UID_ANNOTATION, "k8s.score.dev/source-workload")


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
            if it["spec"].get("template", {}).get("metadata", {})["annotations"].get(key):
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
    found = of_workloads(objects).values()
    return {it["metadata"]["annotations"][WORKLOAD]: it["metadata"]["labels"]["app.kubernetes.io/instance"] for it in found}


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


# Both


@rule("both", "Both targets: `dns`")
def dns(go, rs):
    for document, pattern in ((go, r"\bdns[a-z0-9]{6}\.localhost"), (rs, r"\b[a-z0-9-]+\.[a-z0-9-]+\.localhost")):
        found = set(re.findall(pattern, json.dumps(document)))
        replace_text(document, [(host, "<dns>") for host in found])


@rule("both", "Provisioners in lists: dates in strings")
def dates(go, _):
    date = r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"'
    found = set(re.findall(date, json.dumps(go).replace('\\"', '"')))
    replace_text(go, [(f'"{text}"', text) for text in found])
