"""Reads the results of the Go tools and of score-rs into documents of the same form."""

import re
from pathlib import Path

import yaml

from matching import words

class Document(dict):
    """A Compose project or Kubernetes objects, with what rules have to know."""

    # The name of the project's folder, the words of its files, the words of the state before the call, and for what
    # workloads wait.
    folder, inputs, earlier, waits = None, set(), [], {}


# Random words that are shorter are not secrets, but parts of names, such as of hosts.
SHORTEST_SECRET = 8
# Where each tool mounts files from.
MOUNTED = re.compile(r"^(\./)?\.score-(compose/mounts|rs/compose)/")


def load(target, file, folder):
    document = Document(compose(file, folder) if target == "compose" else objects(file))
    document.waits = {}
    return document


def compose(file, folder):
    """A Compose project, with the contents of env files and of mounted files."""
    document = yaml.safe_load(file.read_text())
    for service in document["services"].values():
        files = [folder / it["path"] for it in service.get("env_file", [])]
        if files:
            service["env_file"] = dict(line.split("=", 1) for it in files for line in it.read_text().splitlines())
        mounts = service.get("volumes", [])
        for mount in mounts:
            if MOUNTED.match(mount.get("source", "")):
                mount["content"] = content(mounted(folder, mount.pop("source")))
        if mounts:
            service["volumes"] = {mount.pop("target"): mount for mount in mounts}
    return document


def mounted(folder, source):
    """The path of a mounted file. The results of score-compose have its mounts in `mounts`."""
    copied = folder / source.replace(".score-compose/", "", 1)
    return copied if source.startswith(".score-compose/") else folder / source


def content(path):
    if path.is_dir():
        return {str(it.relative_to(path)): it.read_text() for it in sorted(path.rglob("*")) if it.is_file()}
    return path.read_text() if path.exists() else {}


def volumes(folder):
    return yaml.safe_load((folder / "compose.yaml").read_text()).get("volumes", {})


def objects(file):
    """Kubernetes objects by kind and name; lists of named items as maps."""
    documents = [it for it in yaml.safe_load_all(file.read_text()) if it]
    return {f"{it['kind']}/{it['metadata']['name']}": named(it) for it in documents}


def named(value):
    if isinstance(value, dict):
        value = {key: named(item) for key, item in value.items()}
        for key, item in value.items():
            if isinstance(item, list) and item and all(isinstance(it, dict) for it in item):
                value[key] = by_name(key, item)
        return value
    return [named(item) for item in value] if isinstance(value, list) else value


def by_name(key, items):
    if key == "volumeMounts":
        return {it["mountPath"]: {k: v for k, v in it.items() if k != "mountPath"} for it in items}
    if key == "volumeClaimTemplates":
        return {it["metadata"].pop("name"): it for it in items}
    if all("name" in it for it in items):
        return {it["name"]: {k: v for k, v in it.items() if k != "name"} for it in items}
    if key == "ports" and all("port" in it for it in items):
        return {it["port"]: it for it in items}
    return items


def inputs_of(project, without=None):
    """The words of the input files of a project."""
    skipped = ("out", "README", without)
    files = [it for it in project.rglob("*") if it.is_file() and it.relative_to(project).parts[0] not in skipped]
    return {word for it in files for word in words(it.read_text())}


def written(folder):
    """The files that score-rs has generated."""
    names = ["compose.yaml", "manifests.yaml", ".env.out"]
    files = [folder / name for name in names] + [*(folder / ".score-rs/compose").rglob("*")]
    return {str(it.relative_to(folder)): it.read_bytes() for it in files if it.is_file()}


def secrets(target, folder):
    """The words of env files and of values of Secrets that are not part of a name."""
    if target == "compose":
        texts = [it.read_text().split("=", 1)[-1] for it in (folder / ".score-rs/compose").glob("*.env")]
        texts = [line.split("=", 1)[-1] for it in texts for line in it.splitlines()]
        file = folder / "compose.yaml"
        document = yaml.safe_load(file.read_text()) if file.exists() else {}
        names = [*document.get("services", {}), *document.get("volumes", {}), *document.get("networks", {})]
    else:
        file = folder / "manifests.yaml"
        found = objects(file) if file.exists() else {}
        values = [it.get("stringData", {}) for key, it in found.items() if key.startswith("Secret/")]
        texts = [text for it in values for text in it.values()]
        names = list(found)
    # Imported names are not secrets.
    for state in folder.glob(".score-*/state.yaml"):
        resources = yaml.safe_load(state.read_text())["resources"].values()
        names += [it["state"].get(key, "") for it in resources for key in ("database", "username")]
    found = {word for text in texts for word in words(text) if len(word) >= SHORTEST_SECRET}
    return found - {word for name in names for word in words(name)}


def text_of(step):
    """The texts that anybody can read: compose.yaml, each object that is not a Secret, the project and its state."""
    folder = step.folder
    texts = {it.name: it.read_text() for it in [*folder.glob("score-rs.yaml"), *folder.glob("adopted-*")]}
    texts.update({it.name: it.read_text() for it in folder.glob(".score-rs/state.json")})
    if (folder / "compose.yaml").exists():
        texts["compose.yaml"] = (folder / "compose.yaml").read_text()
    if (folder / "manifests.yaml").exists():
        found = objects(folder / "manifests.yaml")
        texts.update({key: str(it) for key, it in found.items() if not key.startswith("Secret/")})
    return texts
