"""Checks exports with the schemas of the systems that read them.

The schemas of Argo CD, Flux, Spacelift, Port and Upsun are in the folder SCORE_FORMATS; without it, nothing is checked
with them. Entities and templates of Backstage are checked by its own packages, which npm installs below target/; without
npm, they are not checked. The manifest of the Platform Orchestrator has no schema: its structure and its references are checked here.
score-rs itself reads addresses of workloads.

The exports are those that the cases in tests/cases/export expect, and those of the example `shop`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import jsonschema
import yaml

import scaffolder
from cases import ROOT, Loader, Tally, run_binary

SHOP = ROOT / "examples/shop"
CLUSTERS = ["--env", "prod-eu", "--env", "prod-us", "--env", "staging"]
# The exports of the example, with their options. Upsun runs no images, so that it refuses the example.
EXPORTS = {
    "argocd": CLUSTERS,
    "backstage": CLUSTERS,
    "externals": ["--env", "staging"],
    "flux": CLUSTERS,
    "orchestrator": ["--env", "prod-eu"],
    "port": CLUSTERS,
    "spacelift": CLUSTERS,
}
# A file with its mark, the command and the format.
MARK = re.compile(r"^# Written by score-rs from .*: (score-rs export (\S+).*)\n(?:(?!# Written).*\n)*", re.MULTILINE)
PACKAGE = "@backstage/catalog-model@1.10.3"
# `${resources.ALIAS.outputs.NAME}`, or `${resources.ALIAS}` for a resource as a whole.
REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\{([^}]*)\}")


class Schemas:
    """The schemas in a folder, by the kind of a document or by the name of an export."""

    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def validator(self, name):
        if name not in self.known:
            # `\p{L}` is a class that regular expressions of Python do not have.
            text = (self.folder / f"{name}.json").read_text().replace("\\\\p{L}", "A-Za-z")
            schema = json.loads(text)
            # Queries in place of names, which exports do not contain.
            schema.get("components", {}).get("schemas", {}).update({"def-1": False, "def-5": False, "def-6": False})
            if name == "upsun":
                versions = json.loads((self.folder / "upsun-versions.json").read_text())
                inline_versions(schema, versions)
            kind = jsonschema.validators.validator_for(schema)
            kind.check_schema(schema)
            self.known[name] = kind(schema)
        return self.known[name]

    def problems(self, name, document):
        if not (self.folder / f"{name}.json").is_file():
            return [f"no schema for {name}"]
        found = self.validator(name).iter_errors(document)
        return [f"{error.json_path}: {error.message:.300}" for error in found]


def inline_versions(schema, versions):
    """Replaces the references of Upsun's schema to lists of versions."""

    def names(kind):
        known = [(name, it["versions"]) for name, it in versions.items() if it["kind"] == kind]
        return {"enum": [f"{name}:{version}" for name, all in known for version in all]}

    def visit(node):
        if isinstance(node, dict):
            reference = node.get("$ref", "")
            if reference.endswith("/runtime-versions"):
                node.clear()
                node.update(names("runtime"))
            elif reference.endswith("/service-versions"):
                node.clear()
                node.update(names("service"))
            for value in list(node.values()):
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(schema)


def of_schemas(schemas, export, documents):
    """The problems of documents, each with the schema for it."""
    for document in documents:
        if export == "port" and isinstance(document, list):
            for entity in document:
                yield from schemas.problems("port-entity", entity)
        elif export == "port":
            yield from schemas.problems("port-blueprint", document)
        elif export == "spacelift":
            yield from schemas.problems("spacelift-blueprint", document)
        elif export == "upsun":
            yield from schemas.problems("upsun", document)
        else:
            yield from schemas.problems(document.get("kind"), document)


def of_port(documents):
    """The problems of entities that do not fit their blueprints, and of relations that lead nowhere."""
    blueprints = {it["identifier"]: it for it in documents if isinstance(it, dict)}
    entities = [entity for it in documents if isinstance(it, list) for entity in it]
    known = {entity["identifier"]: entity["blueprint"] for entity in entities}
    if len(known) != len(entities):
        yield "two entities have the same identifier"
    types = {"string": str, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    for entity in entities if blueprints else []:
        blueprint = blueprints[entity["blueprint"]]
        for name, value in entity.get("properties", {}).items():
            kind = blueprint["schema"]["properties"][name]["type"]
            if not isinstance(value, types[kind]):
                yield f"{entity['identifier']}: {name} is not of type {kind}"
        for name, targets in entity.get("relations", {}).items():
            relation = blueprint["relations"][name]
            if isinstance(targets, list) != relation["many"]:
                yield f"{entity['identifier']}: {name} has the wrong number of targets"
            for target in targets if isinstance(targets, list) else [targets]:
                if known.get(target) != relation["target"]:
                    yield f"{entity['identifier']}: {name} leads to {target}"


def of_orchestrator(document):
    """The problems of a manifest: its fields, the types of its resources, and references that lead nowhere."""
    if set(document) - {"workloads", "shared"}:
        yield f"unknown fields: {sorted(document)}"
    shared = document.get("shared", {})
    for name, workload in document["workloads"].items():
        resources = workload["resources"]
        for alias, resource in [*resources.items(), *shared.items()]:
            if set(resource) - {"type", "class", "id", "params"} or not isinstance(resource.get("type"), str):
                yield f"{name}: {alias} is {resource}"
            target = resource.get("id", "")
            if target.startswith("shared.") and target.removeprefix("shared.") not in shared:
                yield f"{name}: {alias} leads to {target}"
        params = resources["score-workload"]["params"]
        if set(params) - {"metadata", "containers", "service"}:
            yield f"{name}: unknown fields of the workload"
        for container in params["containers"].values():
            if any("source" in file for file in container.get("files", {}).values()):
                yield f"{name}: a file is not embedded"
            texts = json.dumps([container.get(field) for field in ["variables", "files", "volumes"]])
            for reference in REFERENCE.findall(texts.replace("$$", "")):
                parts = reference.split(".")
                if parts[0] != "resources" or parts[1] not in resources or parts[2:3] not in ([], ["outputs"]):
                    yield f"{name}: {reference} leads nowhere"


def of_backstage(exports):
    """The problems of entities by the name of the export, according to the package of Backstage."""
    if not exports:
        return {}
    if not shutil.which("npm") or not shutil.which("node"):
        print("entities of Backstage are not checked: npm is not installed")
        return {}
    folder = ROOT / "target/backstage" / PACKAGE.rsplit("@", 1)[1]
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
        run = subprocess.run(install, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"cannot install {PACKAGE}: {run.stderr}")
    entities = {name: [resolved(entity) for entity in documents] for name, documents in exports.items()}
    script = [shutil.which("node"), str(ROOT / "tests/engines/backstage.mjs"), str(folder)]
    run = subprocess.run(script, input=json.dumps(entities), capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout)


def resolved(entity):
    """An entity after Backstage has read the files to which it refers."""
    definition = entity.get("spec", {}).get("definition")
    if isinstance(definition, dict) and list(definition) == ["$text"]:
        spec = {**entity["spec"], "definition": f"the contents of {definition['$text']}"}
        return {**entity, "spec": spec}
    return entity


def of_externals(text):
    """The problems of a project whose environment extends the exported one."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "environments").mkdir()
        (folder / "score-rs.yaml").write_text("apiVersion: score-rs/v1\nkind: Project\n")
        (folder / "environments/others.yaml").write_text(text)
        own = "apiVersion: score-rs/v1\nkind: Environment\nextends: others\ntarget: kubernetes\n"
        (folder / "environments/own.yaml").write_text(own)
        names = list(yaml.load(text, Loader)["externals"])
        resources = {name: {"type": "service"} for name in names}
        variables = {f"V{n}": f"${{resources.{name}.name}}" for n, name in enumerate(names)}
        workload = {
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": "caller"},
            "containers": {"main": {"image": "nginx:1", "variables": variables}},
            "resources": resources,
        }
        (folder / "score.yaml").write_text(json.dumps(workload))
        return run_binary(folder, "validate", "--env", "own")[0]


def expected():
    """The exports that the cases write: their names, formats and documents as text."""
    for case in sorted((ROOT / "tests/cases/export").iterdir()):
        stdout = case / "expected/stdout"
        outputs = [stdout] if stdout.is_file() else []
        files = case / "expected/files"
        outputs += sorted(path for path in files.rglob("*") if path.is_file()) if files.is_dir() else []
        for path in outputs:
            # The commands of a case print one after the other, and other commands print tables.
            text = re.sub(r"(?ms)^NAME .*", "", path.read_text(errors="replace"))
            for (command, format), parts in groupby(MARK.finditer(text), lambda part: part.group(1, 2)):
                yield f"{path.relative_to(ROOT)}: {command}", format, "".join(part[0] for part in parts)


def of_shop():
    """The exports of the example `shop`."""
    for format, options in EXPORTS.items():
        problems, text = run_binary(SHOP, "export", format, *options)
        if problems:
            sys.exit("\n".join([f"FAIL examples/shop: {format}", *problems]))
        yield f"examples/shop: {format}", format, text


def main():
    tally = Tally()
    folder = os.environ.get("SCORE_FORMATS")
    schemas = Schemas(Path(folder)) if folder and Path(folder).is_dir() else None
    if not schemas:
        print("not checked with the schemas of other systems: SCORE_FORMATS is not a folder")
    exports = [
        (name, format, [it for it in yaml.load_all(text, Loader) if it is not None], text)
        for name, format, text in [*expected(), *of_shop()]
    ]
    entities = {name: documents for name, format, documents, _ in exports if format == "backstage"}
    of_entities = of_backstage(entities)
    for name, format, documents, text in exports:
        problems = [] if documents else ["no document"]
        problems += of_entities.get(name, [])
        if format == "port":
            problems += of_port(documents)
        elif format == "orchestrator":
            problems += [problem for document in documents for problem in of_orchestrator(document)]
        elif format == "externals":
            problems += of_externals(text)
        if schemas and format not in ["backstage", "backstage-template", "externals", "orchestrator"]:
            problems += of_schemas(schemas, format, documents)
        tally.note(name, problems)
    for name, problems in scaffolder.checked():
        tally.note(name, problems)
    print(f"{tally.passed} exports are valid, {tally.failed} are not")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
