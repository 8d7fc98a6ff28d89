"""Checks exports with the schemas of the systems that read them.

The schemas of Argo CD, Flux, Spacelift, Port and Upsun are in the folder SCORE_FORMATS. Without it, nothing is checked
with them. Backstage checks its entities itself: npm installs its package below target/, if it is installed.

The exports are those that the cases in tests/cases/export expect, and those of the example `shop`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

from cases import ROOT, Loader, Tally, commands, run_binary

SHOP = ROOT / "examples/shop"
CLUSTERS = ["--env", "prod-eu", "--env", "prod-us", "--env", "staging"]
# The exports of the example, with the environments.
EXPORTS = {
    "argocd": CLUSTERS,
    "flux": CLUSTERS,
    "spacelift": CLUSTERS,
}


class Schemas:
    """The schemas in a folder, by the kind of a document or by the name of an export."""

    NAMES = {"spacelift": "spacelift-blueprint"}

    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def validator(self, name):
        if name not in self.known:
            schema = json.loads((self.folder / f"{name}.json").read_text())
            # `\p{L}` is a class that regular expressions of Python do not have.
            text = json.dumps(schema).replace("\\\\p{L}", "A-Za-z")
            schema = json.loads(text)
            kind = jsonschema.validators.validator_for(schema)
            kind.check_schema(schema)
            self.known[name] = kind(schema)
        return self.known[name]

    def problems(self, export, document):
        kind = document.get("kind") if isinstance(document, dict) else None
        name = self.NAMES.get(export, kind)
        if name is None or not (self.folder / f"{name}.json").is_file():
            return [f"no schema for {kind or export}"]
        found = self.validator(name).iter_errors(document)
        return [f"{error.json_path}: {error.message:.300}" for error in found]


def expected():
    """The exports that the cases print: with their names and formats."""
    for case in sorted((ROOT / "tests/cases/export").iterdir()):
        formats = {line[1] for line in commands(case) if line[0] == "export"}
        stdout = case / "expected/stdout"
        outputs = [stdout] if stdout.is_file() else []
        files = case / "expected/files"
        outputs += sorted(path for path in files.rglob("*") if path.is_file()) if files.is_dir() else []
        for path in outputs:
            for format in formats:
                yield str(path.relative_to(ROOT)), format, path.read_text()


def of_shop():
    """The exports of the example `shop`."""
    for format, options in EXPORTS.items():
        problems, text = run_binary(SHOP, "export", format, *options)
        if problems:
            sys.exit("\n".join([f"FAIL examples/shop: {format}", *problems]))
        yield f"examples/shop: {format}", format, text


def main():
    tally = Tally()
    folder = Path(os.environ.get("SCORE_FORMATS", ""))
    schemas = Schemas(folder) if os.environ.get("SCORE_FORMATS") and folder.is_dir() else None
    if not schemas:
        print("not checked with the schemas of other systems: SCORE_FORMATS is not a folder")
    exports = [*expected(), *of_shop()]
    for name, format, text in exports:
        documents = [document for document in yaml.load_all(text, Loader) if document is not None]
        problems = [] if documents else ["no document"]
        for document in documents:
            if schemas:
                problems += schemas.problems(format, document)
        tally.note(name, problems)
    print(f"{tally.passed} exports are valid, {tally.failed} are not")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
