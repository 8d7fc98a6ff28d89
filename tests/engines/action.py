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

from cases import BINARY, ROOT, Tally

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
    tally = Tally()

    def check(name, condition, detail=""):
        tally.note(name, [] if condition else [str(detail)])

    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "project"
        outside = Path(scratch) / "outside"
        temporary = Path(scratch) / "temporary"
        programs = Path(scratch) / "bin"
        for folder in (outside, temporary, programs):
            folder.mkdir()
        (programs / "score-rs").symlink_to(BINARY)

        def run(script, **variables):
            """Runs a script as GitHub does, in the project; its result and outputs."""
            output = Path(scratch) / "output"
            output.write_text("")
            environment = {
                "PATH": f"{programs}:{os.environ['PATH']}",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_WORKSPACE": str(project),
                "GITHUB_ACTION_PATH": str(ROOT),
                "RUNNER_TEMP": str(temporary),
                **variables,
            }
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            result = subprocess.run(
                command, cwd=project, env=environment, capture_output=True, text=True
            )
            return result, output.read_text()

        def validate(text, links=(), **inputs):
            """Runs the last step with these inputs on a project with this Score file."""
            shutil.rmtree(project, ignore_errors=True)
            project.mkdir()
            (project / "score.yaml").write_text(text)
            (project / "valid.yaml").write_text(SCORE)
            for name, target in links:
                (project / name).symlink_to(target)
            inputs = {**defaults, **inputs}
            inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
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
        result, _ = validate(INVALID, files="valid.yaml\nscore.yaml", arguments="\n--quiet\n")
        check("several lines", result.returncode == 1, result.stderr)
        result, _ = validate(SCORE, files="score.yaml;touch$IFS'x' $(touch y)")
        content = sorted(os.listdir(project))
        check("no shell", content == ["score.yaml", "valid.yaml"], content)
        check("no file", result.returncode == 2, result.stderr)
        (outside / "score.yaml").write_text(INVALID)
        result, _ = validate(SCORE, working_directory="link", links=[("link", outside)])
        check("folder outside", result.returncode == 2, result.stderr)
        check("folder outside, message", "leads out" in result.stdout, result.stdout)
        result, _ = validate(INVALID, working_directory="link", links=[("link", ".")])
        check("folder inside", result.returncode == 1, result.stderr)
        links = [("score.sarif", outside / "score.sarif")]
        result, outputs = validate(INVALID, format="sarif", links=links)
        check("sarif", result.returncode == 1, result.stderr)
        check("sarif output", outputs == f"sarif-file={temporary}/score.sarif\n", outputs)
        report = json.loads((temporary / "score.sarif").read_text())
        check("sarif report", report["runs"][0]["results"], report)
        check("no link followed", os.listdir(outside) == ["score.yaml"], os.listdir(outside))
        for step in action["runs"]["steps"]:
            # Cargo and rustup read settings of the working folder and those above it.
            folder = step.get("working-directory")
            builds = "cargo install" in step.get("run", "")
            check("build", not builds or folder == "${{ github.action_path }}", folder)
        _, outputs = run(steps["find"]["run"])
        installed = re.fullmatch(r"installed=true\nsources=[0-9a-f]{64}\n", outputs)
        check("installed", installed, outputs)
        cache = steps["cache"]["with"]["key"]
        check("cache", cache.endswith("${{ steps.find.outputs.sources }}"), cache)

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

    print(f"the action and its hooks: {tally.passed} checks passed, {tally.failed} failed")
    return bool(tally.failed)


if __name__ == "__main__":
    sys.exit(main())
