"""Compares the built-in rules with Checkov.

Checkov checks the Kubernetes objects of `examples/shop` for production. The preset `production` must find the same
(`FOUND`), or a reason is given why not (`NOT_FOUND`). The findings of the preset are in
`crates/policy/tests/shop-prod-eu.txt`, which a test keeps up to date. `SCORE_RS_BIN` is the path of the binary
(default: `target/debug/score-rs`).

Checkov has many dependencies, and is installed below `target/checkov` in the versions of `checkov.txt`. It does not
access the network.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import yaml

from cases import ROOT, run_binary

REQUIREMENTS = Path(__file__).with_suffix(".txt")
EXPECTED = ROOT / "crates/policy/tests/shop-prod-eu.txt"
# The annotation of objects that belong to a resource.
RESOURCE = "k8s.score.dev/resource-uid"

# The rule that finds what a check of Checkov finds, in the same object.
FOUND = {
    "CKV_K8S_22": "security/read-only-root",
}

# The reasons why no rule finds what a check finds.
NOT_FOUND = {
    "CKV_K8S_9": "probe/readiness judges workloads with service ports; nothing connects to the others",
    "CKV_K8S_11": "a CPU limit slows a container down while its node is idle; compute/bounds can require less",
    "CKV_K8S_12": "a limit without a request is also the request, as in compute/requests",
    "CKV_K8S_35": "Score files have variables, and the catalogue and most images expect secrets in them",
    "CKV_K8S_40": "security/non-root rejects root; user ids of containers that differ from those of nodes are a matter of "
    "user namespaces",
    "CKV2_K8S_6": "network/policy judges pods with a Service; nothing connects to the others",
}

# Likewise, but only for objects of resources.
NOT_FOUND_IN_RESOURCES = {
    "CKV_K8S_15": "a tag of a version need not be pulled each time; image/digest judges the images of Score files",
    "CKV_K8S_43": "`versions` in the project file sets the images of the catalogue; image/digest judges those of Score files",
}

# The least number of checks that have a result. With fewer, Checkov has not read the objects.
FEWEST_CHECKS = 1000


def program():
    """Checkov, which is installed first unless the wanted versions are there."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "checkov"
    wanted = f"{sys.version} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    stamp = target / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(target, clear=True, with_pip=True)
        pip = [target / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    return target / "bin/checkov"


def main():
    folder = ROOT / "examples/shop"
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "shop.yaml"
        problems, _ = run_binary(folder, "generate", "--env", "prod-eu", "-o", str(output))
        if problems:
            sys.exit("\n".join(problems))
        objects = [it for it in yaml.safe_load_all(output.read_text()) if it]
        checked = subprocess.run(
            [program(), "-f", output, "--framework", "kubernetes", "-o", "json", "--skip-download"],
            capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": scratch},
        )
    try:
        report = json.loads(checked.stdout)
    except ValueError:
        sys.exit(f"Checkov has failed:\n{checked.stderr}")
    summary = report["summary"]
    if summary["passed"] + summary["failed"] < FEWEST_CHECKS or summary["parsing_errors"]:
        sys.exit(f"Checkov has not read all objects: {summary}")
    problems = compare(report["results"]["failed_checks"], objects)
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} problems")
    print(f"{summary['failed']} findings of Checkov have a rule or a reason")


def compare(findings, objects):
    of_resources = {name(it) for it in objects if RESOURCE in (it["metadata"].get("annotations") or {})}
    found = {tuple(line.split()[:2]) for line in EXPECTED.read_text().splitlines()}
    used = set()
    problems = []
    for finding in findings:
        check, title = finding["check_id"], finding["check_name"]
        # `KIND.NAMESPACE.NAME`; the names of objects contain no dots here.
        kind, _, of = finding["resource"].split(".")[:3]
        part = f"{kind}/{of}"
        is_explained = check in NOT_FOUND or check in NOT_FOUND_IN_RESOURCES and part in of_resources
        if is_explained or (FOUND.get(check), part) in found:
            used.add(check)
        else:
            problems.append(f"{check} {part}: {title}")
    for check in sorted({*FOUND, *NOT_FOUND, *NOT_FOUND_IN_RESOURCES} - used):
        problems.append(f"{check}: Checkov finds nothing, so the entry is not needed")
    return problems


def name(item):
    return f"{item['kind']}/{item['metadata']['name']}"


if __name__ == "__main__":
    main()
