"""Does with score-rs what the projects in `$SCORE_GO_TOOLS/go-projects` do with score-compose and score-k8s, and
compares the results.

Each project has `cmd`, its command lines, and `out`, what the Go tools wrote: `out/N` after the Nth `generate`, and
`out/log`. The command lines are translated (`project.py`). The results must be equal but for random words
(`matching.py`) and documented differences (`rules.py`). Moreover, the same input gives the same bytes, and no secret is
where it does not belong.
"""

import base64
import re
import sys
import tempfile
from pathlib import Path

import compose_rules
import documents
import kubernetes_rules  # noqa: F401
from documents import inputs_of, text_of
from matching import Pairs, differences, words
from project import INSTEAD, OUTPUTS, PROJECTS, Run, Tally
from rules import RULES, undocumented

# An error at a line of a file.
PLACE = re.compile(r"×[^×⚠]*╭─\[[^\]]+:\d+:\d+\]")


def main():
    tally = Tally()
    missing = undocumented({row for _, row in INSTEAD.values()})
    tally.note("documentation", [f"docs/compatibility.md has no row {row!r}" for row in missing])
    for project in sorted(path for path in PROJECTS.iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory() as scratch:
            problems, used = check(project, Path(scratch))
        tally.note(project.name, problems)
        print(f"{project.name}: {'; '.join(used) or 'no differences'}")
    tally.note("unused rules", [f"no project needs {it.apply.__name__}, {it.row}" for it in RULES if not it.used])
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


def check(project, scratch):
    """The problems of a project, and the rows of the documentation on which the comparison relies."""
    first = Run(project, scratch / "first").commands()
    second = Run(project, scratch / "second/other", shuffled=True).commands()
    problems, used = [], set()
    for step, other in zip(first, second):
        used |= {INSTEAD[step.line][1]} if step.line in INSTEAD else set()
        found = compare(project, step, used) if step.exit == step.expected == 0 else failure(step)
        if other.files != step.files and step.generates:
            names = sorted(step.files.keys() | other.files.keys())
            changed = [name for name in names if step.files.get(name) != other.files.get(name)]
            found.append(f"shuffled, elsewhere, without state: other bytes in {', '.join(changed)}")
        found += step.unstable + leaks(project, step)
        problems += [f"{step.line}\n  {problem}" for problem in found]
    return problems, sorted(used)


def failure(step):
    """Checks a command that fails there."""
    if step.exit != step.expected:
        return [f"exit code {step.exit}, there {step.expected}: {step.printed}"]
    problems = [] if PLACE.search(step.printed) else [f"no place in the message: {step.printed}"]
    return problems + (["files changed"] if step.files != step.before else [])


# Equality


def compare(project, step, used):
    if not step.generates:
        return compare_printed(step)
    there = project / "out" / str(step.number)
    state = (there / "state.yaml").read_text()
    inputs = inputs_of(project)
    pairs = Pairs(inputs, set(words(state)) - inputs)
    go = documents.load(step.target, there / OUTPUTS[step.target], there)
    rs = documents.load(step.target, step.folder / OUTPUTS[step.target], step.folder)
    earlier = project / "out" / str(step.number - 1) / "state.yaml"
    go.folder, go.inputs = project.name, inputs
    go.earlier = words(earlier.read_text()) if earlier.exists() else []
    for rule in (rule for rule in RULES if rule.target in (step.target, "both")):
        try:
            used |= {rule.row} if rule(go, rs) else set()
        except (AttributeError, KeyError, StopIteration, TypeError) as error:
            return [f"the rule {rule.apply.__name__} finds another form: {error!r}"]
    problems = differences(go, rs, pairs)
    for file in there.glob(".env*"):
        if step.files.get(file.name) != file.read_bytes():
            problems.append(f"{file.name} differs")
    return problems


def compare_printed(step):
    """Compares what commands print: the uids of resources, or outputs."""
    arguments = step.line.split()
    if arguments[1:3] == ["resources", "list"]:
        pattern = r"[\w-]+\.[\w-]+#[\w.-]+"
        there, here = (sorted(set(re.findall(pattern, text))) for text in (step.expected_stdout, step.stdout))
        return [] if there == here else [f"there {there}, here {here}"]
    if arguments[1:3] == ["resources", "get-outputs"]:
        there = documents.Document(volumes=step.go_volumes, stdout=step.expected_stdout)
        here = {"volumes": documents.volumes(step.folder), "stdout": step.stdout}
        compose_rules.names_of_resources(there, here)
        return differences(there["stdout"], here["stdout"], Pairs(set(), set()))
    return []


# Secrets


def leaks(project, step):
    """Where a secret can be read: in anything printed, in compose.yaml, and in objects that are not Secrets."""
    secrets = step.secrets - inputs_of(project, without="old")
    encoded = {base64.b64encode(secret.encode()).decode().rstrip("=") for secret in secrets}
    places = {"printed": step.printed, **text_of(step)}
    if "provisioner/exposed-secret" in step.printed:
        places = {name: text for name, text in places.items() if not name.startswith("StatefulSet/")}
    return [
        f"the secret {secret} in {name}: {text if name == 'printed' else ''}"
        for name, text in places.items()
        for secret in sorted(secrets | encoded)
        if secret in text
    ]


if __name__ == "__main__":
    sys.exit(main())
