"""Runs the scripts of the GitHub Action (`action.yml`) and the hooks for pre-commit with valid and invalid
Score files. `SCORE_RS_BIN` is the path of the binary (default: `target/debug/score-rs`).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SCORE_RS_BIN", ROOT / "target/debug/score-rs"))
SCORE = """apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: "example.com/web:1.0"}
"""
INVALID = SCORE.replace("image", "imgae")


def main():
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    defaults = {name: item["default"] for name, item in action["inputs"].items()}
    steps = {step["id"]: step for step in action["runs"]["steps"] if "id" in step}
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    failures = []

    def check(name, condition, detail=""):
        if not condition:
            failures.append(f"{name}: {detail}")

    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        programs = Path(scratch) / "bin"
        programs.mkdir()
        (programs / "score-rs").symlink_to(BINARY)

        def run(script, **variables):
            """Runs a script as GitHub does, in the project; its result and outputs."""
            output = Path(scratch) / "output"
            output.write_text("")
            environment = {
                "PATH": f"{programs}:{os.environ['PATH']}",
                "GITHUB_OUTPUT": str(output),
                **variables,
            }
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            result = subprocess.run(
                command, cwd=project, env=environment, capture_output=True, text=True
            )
            return result, output.read_text()

        def validate(text, **inputs):
            """Runs the last step with these inputs on a project with this Score file."""
            shutil.rmtree(project, ignore_errors=True)
            project.mkdir()
            (project / "score.yaml").write_text(text)
            inputs = {**defaults, **inputs}
            step = steps["validate"]
            used = {
                name: inputs[re.fullmatch(r"\$\{\{ inputs\.(\S+) \}\}", value)[1]]
                for name, value in step["env"].items()
            }
            return run(step["run"], **used)

        result, _ = validate(SCORE)
        check("valid", result.returncode == 0, result.stderr)
        result, _ = validate(INVALID)
        check("invalid", result.returncode == 1, result.stderr)
        check("annotation", result.stdout.startswith("::error "), result.stdout)
        result, _ = validate(INVALID, files="score.yaml", arguments="--allow spec/unknown-field -q")
        check("arguments", "unknown-field" not in result.stdout, result.stdout)
        result, _ = validate(SCORE, files="score.yaml;touch$IFS'x' $(touch y)")
        check("no shell", sorted(os.listdir(project)) == ["score.yaml"], os.listdir(project))
        check("no file", result.returncode == 2, result.stderr)
        result, outputs = validate(INVALID, format="sarif")
        check("sarif", result.returncode == 1, result.stderr)
        check("sarif output", outputs == "sarif-file=score.sarif\n", outputs)
        report = json.loads((project / "score.sarif").read_text())
        check("sarif report", report["runs"][0]["results"], report)
        _, outputs = run(steps["find"]["run"])
        check("installed", outputs == "installed=true\n", outputs)

        for hook in hooks:
            (project / "score.yaml").write_text(SCORE)
            run("score-rs generate -q")
            result, _ = run(hook["entry"])
            check(hook["id"], result.returncode == 0, result.stderr)
            (project / "score.yaml").write_text(INVALID)
            result, _ = run(hook["entry"])
            check(f"{hook['id']}, invalid", result.returncode == 1, result.stderr)
            names = ["score.yaml", "a/web.score.yaml", "score-rs.lock", "myscore.yaml", "x.yaml"]
            matching = [name for name in names if re.search(hook["files"], name)]
            check(f"{hook['id']}, files", matching == names[:3], matching)

    for failure in failures:
        print(f"FAIL {failure}")
    print(f"the action and {len(hooks)} hooks: {len(failures)} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
