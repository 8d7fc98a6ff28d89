"""Runs the command lines of a project with score-rs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engines"))
from cases import BINARY, KEY, Tally  # noqa: E402, F401

import documents  # noqa: E402

PROJECTS = Path(os.environ["SCORE_GO_TOOLS"]) / "go-projects"
TARGETS = {"score-compose": "compose", "score-k8s": "kubernetes"}
OUTPUTS = {"compose": "compose.yaml", "kubernetes": "manifests.yaml"}
# Options without a value.
FLAGS = {"--generate-namespace"}
# Projects whose state cannot be deleted, and whether a second run changes it.
STATEFUL = {"commands": "a command counts its calls", "live-database": "the state is imported"}
COUNTS_CALLS = {"commands"}
# Command lines that change, with the row of docs/compatibility.md that says so.
INSTEAD = {
    "cp old/compose-state.yaml .score-compose/state.yaml": (
        ["cp old/compose-state.yaml .score-compose/state.yaml", "score-rs migrate"],
        "Both targets: existing state",
    ),
    "cp old/k8s-state.yaml .score-k8s/state.yaml": (
        ["cp old/k8s-state.yaml .score-k8s/state.yaml", "score-rs migrate"],
        "Both targets: existing state",
    ),
    "cp 10-local.provisioners.yaml .score-compose/10-local.provisioners.yaml": (
        ["score-rs init --no-sample --provisioners 10-local.provisioners.yaml"],
        "Provisioners in lists: files in `.score-compose/` and `.score-k8s/`",
    ),
    "score-k8s init --no-sample --provisioners folder": (
        ["score-rs init --no-sample --provisioners folder/a.yaml --provisioners folder/b.provisioners.yaml"],
        "Provisioners in lists: files of a folder",
    ),
}


class Step:
    """A command line, and what it did here and there."""

    def __init__(self, line, expected, expected_stdout):
        self.line, self.expected, self.expected_stdout = line, expected, expected_stdout
        self.generates = " generate" in line
        self.printed, self.stdout, self.unstable, self.secrets = "", "", [], set()


class Run:
    """A copy of a project for each tool."""

    def __init__(self, project, scratch, shuffled=False):
        self.project, self.shuffled = project, shuffled
        self.folders = {tool: scratch / target / project.name for tool, target in TARGETS.items()}
        # What each tool has generated: the name of a workload, to its file and the options of the last call.
        self.workloads = {tool: {} for tool in TARGETS}
        for folder in self.folders.values():
            shutil.copytree(project, folder, ignore=shutil.ignore_patterns("out", "cmd", "README"))
            if shuffled and project.name != "failures":
                shuffle_files(folder)

    def commands(self):
        """Runs one command line after the other."""
        number, tool, volumes = 0, None, {}
        for step in expected_steps(self.project):
            tool = next((tool for tool in TARGETS if tool in step.line), tool)
            step.folder, step.target = self.folders[tool], TARGETS[tool]
            step.before = documents.written(step.folder)
            for line in INSTEAD.get(step.line, ([step.line], None))[0]:
                for part in line.split("; "):
                    self.command(step, tool, shlex.split(part))
            number += step.generates
            step.number = number
            step.files = documents.written(step.folder)
            step.secrets = documents.secrets(step.target, step.folder)
            output = self.project / "out" / str(number) / OUTPUTS[step.target]
            if step.generates and output.exists() and step.target == "compose":
                volumes = documents.volumes(output.parent)
            step.go_volumes = volumes
            yield step

    def command(self, step, tool, arguments):
        variables = {}
        while "=" in arguments[0]:
            name, _, value = arguments.pop(0).partition("=")
            variables[name] = value
        program, *arguments = arguments
        if program == "rm":
            shutil.rmtree(step.folder / ".score-rs", ignore_errors=True)
            (step.folder / "score-rs.yaml").unlink(missing_ok=True)
        elif program == "cp":
            self.import_state(tool, *arguments)
        elif arguments[0] == "generate":
            self.generate(step, tool, arguments[1:], variables)
        else:
            self.score_rs(step, arguments, variables)

    def import_state(self, tool, source, destination):
        """Copies a state file, and writes Score files for the workloads in it."""
        folder = self.folders[tool]
        (folder / destination).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / source, folder / destination)
        for name, workload in yaml.safe_load((folder / source).read_text())["workloads"].items():
            file = f"old-{name}.yaml"
            (folder / file).write_text(yaml.safe_dump(workload["spec"]))
            self.workloads[tool][name] = (file, [])

    def generate(self, step, tool, arguments, variables):
        """Generates all that the tool has generated so far, since score-rs generates only what it is given."""
        files = [it for it in arguments if re.search(r"score\.yaml$|^\w+\.yaml$", it) and before(it, arguments) != "-o"]
        options = [it for it in arguments if it not in files]
        kept, passed = split(options)
        for file in files:
            name = yaml.safe_load((step.folder / file).read_text())["metadata"]["name"]
            self.workloads[tool][name] = (file, [qualified(name, *option) for option in kept])
        known = list(self.workloads[tool].values())
        if self.shuffled:
            known.reverse()
            if self.project.name not in STATEFUL:
                shutil.rmtree(step.folder / ".score-rs", ignore_errors=True)
        command = ["generate", "-t", step.target, *[file for file, _ in known], *passed]
        command += [it for _, options in known for option in options for it in option]
        command += [it for name in variables for it in ("--allow-env", name)]
        self.score_rs(step, command, variables)
        if step.exit == 0 and self.project.name not in COUNTS_CALLS:
            first = documents.written(step.folder)
            self.score_rs(step, command, variables)
            if documents.written(step.folder) != first:
                step.unstable.append("a second run wrote other bytes")

    def score_rs(self, step, arguments, variables):
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment = {**kept, "SCORE_RS_KEY": KEY, **variables}
        done = subprocess.run([BINARY, *arguments], cwd=step.folder, env=environment, capture_output=True, text=True)
        step.exit, step.stdout = done.returncode, done.stdout
        step.printed += done.stdout + done.stderr


def expected_steps(project):
    """The command lines, with the exit codes and standard outputs of the Go tools."""
    log = (project / "out/log").read_text()
    pattern = r"^\$ ([^\n]*)\n\[exit (\d+)\]\n--- stdout\n(.*?)--- stderr\n"
    steps = [Step(line, int(exit), stdout) for line, exit, stdout in re.findall(pattern, log, re.M | re.S)]
    lines = (project / "cmd").read_text().splitlines()
    assert [step.line for step in steps] == lines, f"{project}/out/log has other command lines than cmd"
    return steps


def before(item, items):
    at = items.index(item)
    return items[at - 1] if at else None


def split(options):
    """The options that the Go tools store with a workload, and those that hold for a call."""
    flags = [it for it in options if it in FLAGS]
    options = [it for it in options if it not in FLAGS]
    pairs = list(zip(options[::2], options[1::2]))
    stored = ("--image", "--build", "--overrides-file", "--override-property")
    passed = [it for pair in pairs if pair[0] not in (*stored, "-o") for it in pair]
    return [pair for pair in pairs if pair[0] in stored], passed + flags


def qualified(workload, option, value):
    """An option for one workload."""
    prefix = {"--image": f"{workload}/main=", "--build": f"{workload}/"}.get(option, f"{workload}:")
    return option, prefix + value


def shuffle_files(folder):
    """Changes the order where it has no meaning: of resources, and of provisioners for different types."""
    for path in [*folder.rglob("*.yaml")]:
        document = yaml.safe_load(path.read_text())
        if isinstance(document, list):
            document.sort(key=lambda it: it["type"], reverse=True)
            document = [dict(reversed(it.items())) for it in document]
        elif "apiVersion" in document:
            document = dict(reversed(document.items()))
            document["resources"] = dict(reversed(document.get("resources", {}).items()))
        path.write_text(yaml.safe_dump(document, sort_keys=False))
