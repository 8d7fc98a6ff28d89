"""Generates charts, and renders them with Helm's own engine."""

import base64
import contextlib
import json
import os
import re
import sys
from pathlib import Path

import helm_python as helm
import yaml
from cases import Loader, run_binary

# The part of the result of `render` that is not an object.
NOTES = "NOTES.txt"
HOOK = "helm.sh/hook"
# The annotation that keeps a Secret when its release is uninstalled. Other targets do not have it.
POLICY = "helm.sh/resource-policy"


def inlined(schema, definitions):
    """A schema with references replaced by their definitions."""
    if isinstance(schema, list):
        return [inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: inlined(value, definitions) for key, value in schema.items()}


class Rendered(Loader):
    """Parses the output of Helm's `toYaml`, in which `=` and `<<` are plain strings."""


for tag in ("value", "merge"):
    Rendered.add_constructor(f"tag:yaml.org,2002:{tag}", lambda loader, node: node.value)


class Made:
    """A chart in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.chart = helm.Chart.load(str(folder))
        self.name = self.chart.name
        schema = json.loads((self.folder / "values.schema.json").read_text())
        self.schema = inlined(schema, schema.pop("definitions", {}))
        self.values = yaml.load((self.folder / "values.yaml").read_text(), Loader)

    def texts(self, values=None, release=None, namespace="default"):
        """The output of each template."""
        name = release or self.name
        return self.chart.render(values or {}, name=name, namespace=namespace)

    def objects(self, values=None, release=None, namespace="default", hooks=False):
        """The objects of a release, by API version, kind, namespace and name."""
        found = {}
        for path, text in self.texts(values, release, namespace).items():
            if not path.endswith(NOTES):
                add(text, found, hooks)
        return found


def add(text, found, hooks=False):
    """Adds the objects in a YAML text."""
    for item in yaml.load_all(text, Rendered):
        if item is None:
            continue
        metadata = item["metadata"]
        if item["kind"] == "Secret":
            (metadata.get("annotations") or {}).pop(POLICY, None)
        if HOOK in (metadata.get("annotations") or {}) and not hooks:
            continue
        identity = (item["apiVersion"], item["kind"], metadata.get("namespace"), metadata["name"])
        if identity in found:
            raise yaml.YAMLError(f"{label(identity)} twice")
        found[identity] = item


def label(identity):
    """The kind and name of an object."""
    return f"{identity[1]} {identity[3]}"


def make(folder, *arguments, variables=None, stdin=b""):
    """Generates a chart of the project in a folder, and returns problems and the chart."""
    output = folder / "chart-of-test"
    options = ["-q", "-t", "helm", "-o", output.name]
    problems, _ = run_binary(folder, "generate", *options, *arguments, variables=variables, stdin=stdin)
    return problems, None if problems else Made(output)


def kubernetes(folder, *arguments, variables=None, stdin=b""):
    """Generates the objects of the project in a folder, and returns problems and the objects."""
    options = ["-q", "-t", "kubernetes", "-o", "-", "--allow-env", "*"]
    problems, text = run_binary(folder, "generate", *options, *arguments, variables=variables, stdin=stdin)
    found = {}
    add(text, found)
    return problems, found


def is_home(made, item):
    """Whether an object is the Secret in which a chart stores generated secrets."""
    known = made.values.get("secrets", {}).get(item["metadata"]["name"], {})
    return item["kind"] == "Secret" and "values" in known


def secret_values(made, objects):
    """The values that set the secrets of a chart to those of objects."""
    kept = {}
    for item in objects.values():
        name = item["metadata"]["name"]
        if item["kind"] == "Secret" and "values" in made.values.get("secrets", {}).get(name, {}):
            kept[name] = {"values": secret_texts(item)}
    for name, key, value in values_in_objects(made, objects):
        kept.setdefault(name, {"values": {}})["values"].setdefault(key, value)
    return {"secrets": kept} if kept else {}


def values_in_objects(made, objects):
    """The secrets that are a whole value in an object: the name of the Secret of the chart, its key, and the value."""
    used = re.compile(r'^  ([^ :]+): \{\{ include "[^"]+\.secret" \(list \$ "([^"]+)" "([^"]+)"[^)]*\) \| quote \}\}$', re.M)
    for item in objects.values():
        file = f"templates/{item['metadata']['name']}-{item['kind'].lower()}.yaml"
        template = next((t["data"] for t in made.chart.templates if t["name"] == file), "")
        values = secret_texts(item) if item["kind"] == "Secret" else item.get("data") or {}
        found = ((yaml.safe_load(field), name, key) for field, name, key in used.findall(template))
        yield from ((name, key, values[field]) for field, name, key in found)


def secret_texts(item):
    """The decoded contents of a Secret."""
    encoded = item.get("data") or {}
    decoded = {key: base64.b64decode(value).decode() for key, value in encoded.items()}
    return {**decoded, **(item.get("stringData") or {})}


def new_secrets(made, kept):
    """The secrets among these values that a chart cannot generate."""
    needed = {}
    for name, secret in kept["secrets"].items():
        templates = "".join(t["data"] for t in made.chart.templates)
        for key, value in secret["values"].items():
            if re.search(rf'\(list \$ "{re.escape(name)}" "{re.escape(key)}"( "peer")?\)', templates):
                needed.setdefault(name, {"values": {}})["values"][key] = value
    return {"secrets": needed} if needed else {}


def without_instances(value):
    """An object without the labels that distinguish instances of a program, which a chart takes from its release."""
    labels = ("app.kubernetes.io/instance", "app.kubernetes.io/name")
    if isinstance(value, dict):
        return {key: without_instances(inner) for key, inner in value.items() if key not in labels}
    return [without_instances(inner) for inner in value] if isinstance(value, list) else value


def without_secrets(item):
    """An object without the values of secrets, which are different in each installation."""
    if item.get("kind") != "Secret":
        return item
    keys = [*(item.get("data") or {}), *(item.get("stringData") or {})]
    return {**item, "data": None, "stringData": dict.fromkeys(keys, "secret")}


def without_hashes(objects):
    """Objects in which the name of a job is that of its component, without the hash of its contents, which
    depends on the values of environment variables."""
    found = {}
    for (version, kind, namespace, name), item in objects.items():
        if kind == "Job":
            name = item["metadata"]["labels"]["app.kubernetes.io/name"]
            item = {**item, "metadata": {**item["metadata"], "name": name}}
        found[version, kind, namespace, name] = item
    return found


def expanded(value, key=None):
    """An object after the kubelet has replaced `$$` with `$`, without checksums."""
    if isinstance(value, dict):
        kept = {name: expanded(inner, name) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if not name.startswith("checksum/")}
    if isinstance(value, list):
        return [expanded(inner, key) for inner in value]
    if isinstance(value, str) and key in ("value", "command", "args"):
        # A reference is replaced with a value that no string contains.
        return re.sub(r"\$(\$|\(([^)]*)\))", lambda it: "$" if it[1] == "$" else f"\0{it[2]}\0", value)
    return value


@contextlib.contextmanager
def silence():
    """Suppresses the logs of Helm and its libraries: they are also reported as errors, or expected by a check."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def lint(folder, values=None):
    """The messages of Helm's linter about a chart with values, including hints."""
    report = helm.lint(str(folder), values, strict=True, namespace="default")
    messages = [f"{message['path']}: {message['error']}" for message in report["messages"]]
    return messages + report["errors"]
