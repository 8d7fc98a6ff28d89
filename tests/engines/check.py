"""Checks generated files with the engines that read them: `docker compose config`, the schemas of the Kubernetes
API server in strict mode, and nginx if it is installed. Pods are checked against the Pod Security Standards
(`pod_security`), routes against the Gateway API (`gateway`).

The files are the expected ones in `tests/cases/`, and those generated from each folder of `examples/` for
each target or each environment. `SCORE_RS_BIN` is the path of the binary (default: `target/debug/score-rs`). Every message of an
engine is a failure, including warnings.
"""

import functools
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import compose
import fields
import gateway
import pod_security
import yaml
from cases import ROOT, Folders, Loader, Tally, copy_case, run_binary
from kubernetes_validate import utils as kubernetes

# The script of the package hides the exit code, so its binary is called directly.
DOCKER_COMPOSE = Path(compose.__file__).parent / "docker-compose"
NGINX = shutil.which("nginx")
KUBERNETES = [f"1.{minor}" for minor in range(29, 38)]
# Its policies are for 1.30 and later.
ADMISSION = "admissionregistration.k8s.io"
# The params of the environments of all examples.
PARAMS = ["--param", "pr=123"]
TARGETS = {"compose": "compose.yaml", "kubernetes": "manifests.yaml"}
# The goldens with pods that deliberately comply with no standard.
UNCONFINED = {"kubernetes/profile: none.yaml"}
# API groups of custom resources, which are not in the schemas of the API server.
CUSTOM = ("gateway.networking.k8s.io",)

# The package would read its schemas for each object, although they do not change.
kubernetes.schema_contents = functools.cache(kubernetes.schema_contents)
kubernetes.all_versions = functools.cache(kubernetes.all_versions)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(4) as pool:
        folders = Folders(Path(scratch))
        checks = [*goldens(folders), *examples(folders, tally), *environments(folders, tally), *trials()]
        pending = []
        for name, path in checks:
            try:
                documents = [d for d in yaml.load_all(path.read_text(), Loader) if d is not None]
            except (yaml.YAMLError, UnicodeDecodeError) as error:
                if path.suffix in (".yaml", ".yml"):
                    tally.note(name, [str(error)])
                continue
            if is_compose(documents):
                pending.append((name, pool.submit(check_compose, path)))
            elif is_manifests(documents):
                tally.note(name, check_manifests(name, documents, tally))
        tally.note("fields of Kubernetes", fields.problems())
        tally.note("kubernetes/formats: the same in each", check_formats())
        for name, verdict in pending:
            tally.note(name, verdict.result())
        check_proxies(folders, tally)
    if tally.unjudged:
        print(f"{tally.unjudged} objects of custom APIs were not judged")
    print(f"{tally.passed} passed, {tally.failed} failed")
    # No files to check means that paths are wrong.
    return 1 if tally.failed or not tally.passed else 0


def goldens(folders):
    """The expected files of cases, each in a copy of its folder after the commands."""
    for expected in sorted(ROOT.glob("tests/cases/*/*/expected")):
        case = expected.parent
        name = str(case.relative_to(ROOT / "tests/cases"))
        # The files of other systems; `export.py` checks them.
        if name.startswith("export/"):
            continue
        folder = folders.fresh(name)
        copy_case(case, folder)
        files = expected / "files"
        if files.is_dir():
            shutil.copytree(files, folder, dirs_exist_ok=True)
            for path in sorted(files.rglob("*")):
                relative = path.relative_to(files)
                # Files in `.score-rs` are parts of others, and templates can only be read by Helm.
                ways = {".score-rs", "templates"}
                if path.is_file() and not ways & set(relative.parts):
                    yield f"{name}: {relative}", folder / relative
        if (expected / "stdout").is_file():
            # Outside the folder, it could not refer to input files of the case.
            shutil.copy(expected / "stdout", folder / "expected-stdout")
            yield f"{name}: stdout", folder / "expected-stdout"


def examples(folders, tally):
    """The problems of each example for each target."""
    for example in sorted(path for path in ROOT.glob("examples/*") if any(path.glob("*score.yaml"))):
        for target, output in TARGETS.items():
            name = f"examples/{example.name}: {target}"
            folder = folders.fresh(name)
            shutil.copytree(example, folder, dirs_exist_ok=True)
            problems, _ = run_binary(folder, "generate", "-t", target, "-o", output)
            if problems or not (folder / output).is_file():
                tally.note(name, problems or [f"no {output}"])
            else:
                yield name, folder / output


def environments(folders, tally):
    """The files of all environments of each example that has some."""
    for example in sorted(path.parent for path in ROOT.glob("examples/*/environments")):
        name = f"examples/{example.name}: --all-envs"
        folder = folders.fresh(name)
        shutil.copytree(example, folder, dirs_exist_ok=True)
        inputs = set(folder.rglob("*.yaml"))
        # The key of the tests is for a run of one environment.
        variables = {"SCORE_RS_KEY": ""}
        problems, _ = run_binary(folder, "generate", "--all-envs", *PARAMS, variables=variables)
        files = sorted(set(folder.rglob("*.yaml")) - inputs)
        tally.note(name, problems or ([] if files else ["no files"]))
        for path in files:
            if ".score-rs" not in path.parts:
                yield f"{name}: {path.relative_to(folder)}", path


def trials():
    """The expected files of provisioner tests in examples."""
    for target, output in TARGETS.items():
        for path in sorted(ROOT.glob(f"examples/**/*.tests/*/{target}/{output}")):
            yield str(path.relative_to(ROOT)), path


def is_compose(documents):
    return len(documents) == 1 and isinstance(documents[0], dict) and "services" in documents[0]


def is_manifests(documents):
    objects = [d for d in documents if isinstance(d, dict) and {"apiVersion", "kind"} <= d.keys()]
    return bool(objects) and not any(o["apiVersion"].startswith("score") for o in objects)


def check_formats():
    """The differences between output formats of the same objects, parsed as YAML 1.1."""
    files = ROOT / "tests/cases/kubernetes/formats/expected/files"
    plain, flow, listed = (
        list(yaml.load_all((files / name).read_text(), Loader))
        for name in ("plain.yaml", "flow.yaml", "list.json")
    )
    problems = [] if flow == plain else ["flow.yaml differs from plain.yaml"]
    return problems if listed[0]["items"] == plain else [*problems, "list.json differs"]


def is_list(item):
    return isinstance(item, dict) and item.get("kind") == "List"


def is_custom(group):
    """Whether an API group belongs to custom resources, which are not in the schemas of the API server."""
    return "." in group and not group.endswith(".k8s.io") or group == "kustomize.config.k8s.io"


def check_compose(path):
    """The messages of `docker compose config` about a file."""
    # Set all variables, because Compose warns about unset ones.
    names = re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", path.read_text())
    run = subprocess.run(
        [DOCKER_COMPOSE, "-f", path.name, "config", "-q"],
        cwd=path.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(path.parent), **dict.fromkeys(names, "x")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    problems = [text for text in (run.stdout.strip(), run.stderr.strip()) if text]
    if run.returncode and not problems:
        problems.append(f"exit code {run.returncode}")
    return problems


def check_proxies(folders, tally):
    """Checks the configuration of each expected or generated proxy with nginx."""
    if not NGINX:
        print("nginx is not installed, so that its configuration was not checked")
        return
    for path in sorted(folders.scratch.rglob(".score-rs/compose/*/nginx.conf")):
        case = path.relative_to(folders.scratch).parts[0]
        tally.note(f"{folders.names.get(case, case)}: nginx.conf", check_proxy(path))


def check_proxy(path):
    """The messages of nginx about a configuration. Ports are replaced, because nginx binds them even in a test."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "nginx.conf"
        copy.write_text(re.sub(r"\blisten 80\b", "listen 127.0.0.1:28080", path.read_text()))
        run = subprocess.run(
            [NGINX, "-t", "-q", "-p", scratch, "-c", copy, "-e", "stderr", "-g", "pid nginx.pid;"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    return [run.stderr.strip() or f"exit code {run.returncode}"] if run.returncode or run.stderr else []


def check_manifests(name, objects, tally):
    """The problems found by the schemas. The same message for several versions is reported once."""
    problems = {}
    seen = set()
    lists = [item["items"] if is_list(item) else [item] for item in objects]
    for number, item in enumerate(itertools.chain(*lists), 1):
        if not isinstance(item, dict) or not {"apiVersion", "kind"} <= item.keys():
            problems.setdefault(f"document {number}: no `apiVersion` or no `kind`", [])
            continue
        metadata = item.get("metadata") or {}
        group = item["apiVersion"].rpartition("/")[0]
        identity = (group, item["kind"], metadata.get("namespace"), metadata.get("name"))
        label = f"{item['kind']} {metadata.get('name')}"
        if identity in seen:
            problems.setdefault(f"{label}: twice", [])
        seen.add(identity)
        if name not in UNCONFINED:
            problems.update((f"{label}: {text}", []) for text in pod_security.problems(item))
        if group == gateway.GROUP:
            problems.update((f"{label}: {text}", []) for text in gateway.problems(item))
            continue
        if is_custom(group):
            tally.unjudged += 1
            continue
        for version in KUBERNETES:
            if group == ADMISSION and version == "1.29":
                continue
            try:
                kubernetes.validate(item, version, strict=True)
            except kubernetes.ValidationError as error:
                place = ".".join(str(step) for step in error.path)
                problems.setdefault(f"{label}: {place}: {error.message}", []).append(version)
            except kubernetes.SchemaNotFoundError as error:
                text = f"{label}: no schema for {error.api_version} {error.kind}"
                problems.setdefault(text, []).append(version)
    return [f"{text} ({', '.join(versions)})" if versions else text
            for text, versions in problems.items()]


if __name__ == "__main__":
    sys.exit(main())
