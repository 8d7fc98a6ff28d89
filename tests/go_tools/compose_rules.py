"""The documented differences in Compose projects."""

import json
import re

from rules import BUILT_IN, is_given, remove, replace_text, rule

UID_LABEL = "dev.score.compose.res.uid"


def workloads(compose):
    services = compose["services"].items()
    return [it for name, it in services if "hostname" in it and name.startswith(it["hostname"] + "-")]


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
    for service in go["services"].values():
        if service in workloads(go) or "network_mode" in service:
            service.get("depends_on", {}).pop("wait-for-resources", None)
    for service in workloads(rs):
        for name in [name for name in service.get("depends_on", {}) if rs["services"][name] not in workloads(rs)]:
            rs.waits[name] = service["depends_on"].pop(name)


@rule("compose", "Patch templates: `.Compose`")
def shown_to_templates(go, rs):
    replace_text(rs, [("${COMPOSE_PROJECT_NAME}", go.folder)])
    for service in go["services"].values():
        for key, value in service.get("environment", {}).items():
            if isinstance(value, str):
                service["environment"][key] = value.replace(",wait-for-resources,", ",")


@rule("compose", "Patch templates: the result")
def sizes(_, rs):
    """Templates write sizes in short forms, which score-compose expands."""
    for service in rs["services"].values():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        if re.fullmatch(r"\d+M", str(limits.get("memory"))) and service in workloads(rs):
            limits["memory"] = str(int(limits["memory"][:-1]) << 20)


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
        if there[uid] != here[uid] and not is_given(there[uid], go):
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
        if "data" in server and "data" in ours and not is_given(server["password"], go):
            replace_text(rs, [(ours["password"], server["password"])])
