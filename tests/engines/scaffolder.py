"""Checks templates for Backstage: with the schema of the scaffolder, and that it writes what `init` writes."""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from cases import ROOT, Loader, run_binary

PACKAGES = {
    "@backstage/catalog-model": "1.10.3",
    "@backstage/plugin-scaffolder-common": "2.4.0",
    "isbinaryfile": "5.0.7",
    "nunjucks": "3.2.4",
}
# The folders of projects, with the templates that are exported.
TEMPLATES = {
    "tests/cases/export/backstage-template": "web",
    "examples/golden-paths": "web",
}
# The name of the folder in which `init` runs.
FOLDER = "reviews-api"


def installed():
    """The folder with the packages of Backstage."""
    folder = ROOT / "target/backstage" / "-".join(["scaffolder", *PACKAGES.values()])
    if not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        packages = [f"{name}@{version}" for name, version in PACKAGES.items()]
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
        run = subprocess.run(install, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"cannot install {packages}: {run.stderr}")
    return folder


def files(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode() for path in paths}


def parameters(document, values):
    """The values of the form for a set of params: defaults are those of Backstage, and a name is that of the folder."""
    page = document["spec"]["parameters"][0]
    defaults = {name: field["default"] for name, field in page["properties"].items() if "default" in field}
    return {"name": FOLDER, **defaults, **values, "repoUrl": "github.com?owner=acme&repo=reviews"}


def option(value):
    return value if isinstance(value, str) else json.dumps(value)


def template(project, name, scratch):
    """The problems of the export, and what is needed to render it."""
    about = yaml.load((project / f"templates/{name}/template.yaml").read_text(), Loader)
    problems, _ = run_binary(project, "export", "backstage-template", name, "-o", str(scratch / "portal"))
    if problems:
        return problems, None, []
    document = yaml.load((scratch / "portal/template.yaml").read_text(), Loader)
    expected = []
    for values in about["passes"]:
        folder = project / f"services/{FOLDER}"
        folder.mkdir(parents=True)
        options = [f"--param={key}={option(value)}" for key, value in values.items()]
        problems += run_binary(folder, "init", "--template", name, *options)[0]
        expected.append(files(folder))
        shutil.rmtree(folder)
    sets = [parameters(document, values) for values in about["passes"]]
    return problems, {"document": document, "skeleton": files(scratch / "portal/skeleton"), "sets": sets}, expected


def checked():
    """The names of templates with their problems."""
    if not shutil.which("npm") or not shutil.which("node"):
        print("templates of Backstage are not checked: npm is not installed")
        return
    script = [shutil.which("node"), str(ROOT / "tests/engines/scaffolder.mjs"), str(installed())]
    for path, name in TEMPLATES.items():
        with tempfile.TemporaryDirectory() as scratch:
            project = Path(scratch) / "project"
            shutil.copytree(ROOT / path, project)
            problems, exported, expected = template(project, name, Path(scratch))
        if exported:
            run = subprocess.run(script, input=json.dumps([exported]), capture_output=True, text=True)
            if run.returncode:
                sys.exit(run.stderr)
            (found,) = json.loads(run.stdout)
            problems += found["problems"]
            if not expected or len(found["rendered"]) != len(expected):
                problems.append("nothing was rendered")
            for written, rendered in zip(expected, found["rendered"]):
                for file in sorted({*written, *rendered}):
                    if written.get(file) != rendered.get(file):
                        texts = [base64.b64decode(it.get(file, "")).decode(errors="replace") for it in [written, rendered]]
                        problems.append("{}: init writes\n{}\nBackstage writes\n{}".format(file, *texts))
        yield f"{path}: template {name}", problems
