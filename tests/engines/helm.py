"""Checks generated charts with Helm's own engine, and compares the installed objects with those of the
Kubernetes target.

The charts are generated from the cases, the examples, and projects that are defined here. `SCORE_RS_BIN` is
the path of the binary (default: `target/debug/score-rs`).
"""

import re
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import charts
import helm_environments
import helm_names
import helm_python
import helm_projects
import helm_releases
import helm_secrets
import helm_texts
import helm_values
import yaml
from cases import ROOT, Folders, Tally, commands, copy_case, differences, environment, run_binary

# Options of a command that do not affect objects, with and without a value.
WITH_VALUE = ["-t", "--target", "-o", "--output", "--output-dir", "--format", "--secrets", "--chart-name", "--chart-version", "--app-version"]
ALONE = ["--check", "--diff", "-q", "--chart-per-workload", "--package"]


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        folders = Folders(Path(scratch))
        groups = [goldens, cases, examples, helm_values.checks, helm_releases.checks, helm_projects.checks, helm_texts.checks, helm_secrets.checks, helm_environments.checks]
        with charts.silence():
            checks = [check for group in groups for check in group(folders)]
        for name, problems in checks:
            tally.note(f"helm: {name}", problems)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


def goldens(_folders):
    """The charts among the expected files of cases and in examples."""
    projects = {}
    for area in ("tests/cases/*/*/expected", "examples/*"):
        for root in sorted(ROOT.glob(area)):
            for path in sorted(root.glob("**/Chart.yaml")):
                name = str(path.parent.relative_to(ROOT))
                problems = accepted(path.parent)
                yield name, problems
                if not problems:
                    project = root if root.name != "expected" else root.parent
                    projects.setdefault((project, path.parent.parent), []).append(charts.Made(path.parent))
    for (project, folder), made in projects.items():
        name = f"{folder.relative_to(ROOT)}: releases of other names"
        given = inputs(project)
        external = "--secrets external" in given
        if len(made) > 1:
            yield name, helm_names.problems_of_set(made, given, external)
        else:
            yield name, helm_names.problems(made[0], {}, given, external)


def inputs(folder):
    """The text of the input files of a case, and of its commands."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "expected" not in path.parts)
    return "\n".join(path.read_text(errors="replace") for path in paths)


def accepted(folder):
    """The complaints of Helm about a chart with its default values."""
    try:
        made = charts.Made(folder)
        made.chart.validate_schema({})
    except helm_python.HelmError as error:
        return [str(error)]
    return charts.lint(folder)


def cases(folders):
    """For each command of a case that writes objects, the differences from the chart of the same input."""
    for path in sorted(ROOT.glob("tests/cases/*/*/cmd")):
        case = path.parent
        name = str(case.relative_to(ROOT / "tests/cases"))
        given = {
            "variables": environment(case),
            "stdin": (case / "stdin").read_bytes() if (case / "stdin").is_file() else b"",
        }
        before = []
        for line in commands(case):
            if line[0] != "generate":
                before.append(line)
            elif "kubernetes" in line or "helm" in line:
                folder = folders.fresh(name)
                copy_case(case, folder)
                for earlier in before:
                    run_binary(folder, *earlier, **given)
                inner, arguments = placed(folder, line[1:])
                yield f"{name}: {' '.join(line)}", compared(inner, chosen(arguments), **given)


def placed(folder, arguments):
    """The folder in which a command runs, and its arguments without the option for it."""
    if "-C" not in arguments:
        return folder, arguments
    at = arguments.index("-C")
    return folder / arguments[at + 1], arguments[:at] + arguments[at + 2:]


def examples(folders):
    """The differences for each example."""
    for example in sorted(path for path in ROOT.glob("examples/*") if any(path.glob("*score.yaml"))):
        name = f"examples/{example.name}"
        folder = folders.fresh(name)
        shutil.copytree(example, folder, dirs_exist_ok=True)
        yield name, compared(folder, [])


def chosen(arguments):
    """The arguments that affect objects."""
    left = iter(arguments)
    kept = []
    for argument in left:
        if argument in WITH_VALUE:
            next(left)
        elif argument not in ALONE:
            kept.append(argument)
    return kept


def compared(folder, arguments, variables=None, stdin=b""):
    """The differences between the objects of a project and those that its chart installs: without secrets, with
    those derived from the project key, and with new ones."""
    problems = []
    given_text = "\n".join([inputs(folder), *arguments])
    for secrets in ("external", "inline"):
        given = [*arguments, "--secrets", secrets]
        failed, expected = charts.kubernetes(folder, *given, variables=variables, stdin=stdin)
        if failed:
            # Without a project key, no secrets are requested.
            if secrets == "inline" and "no project key" in failed[1]:
                return problems
            # Objects other than Secrets may contain secrets only inline; a chart takes such a secret from its values.
            if secrets == "external" and "provisioner/exposed-secret" in failed[1]:
                continue
            return [*problems, *failed]
        failed, made = charts.make(folder, *given, variables=variables, stdin=stdin)
        if failed:
            return [*problems, *failed]
        found = [*helm_names.wrong_types(expected), *accepted(made.folder)]
        needed = variable_values(made, folder, arguments, variables or {})
        kept = charts.secret_values(made, expected)
        found += helm_names.problems(made, {**needed, **kept}, given_text, secrets == "external")
        # A secret that is only in an object of a provisioner is in a separate Secret of the chart.
        homes = {name for _, kind, _, name in expected if kind == "Secret"}
        known = made.values.get("secrets", {}).keys() <= homes
        views = [] if known else [charts.without_secrets]
        # The annotation for existing controllers of other tools has no effect in charts.
        instances = [charts.without_instances] if "k8s.score.dev/instance" in given_text else []
        found += same(made, expected, {**needed, **kept}, *views, *instances)
        if kept:
            new = charts.new_secrets(made, kept)
            found += same(made, expected, {**needed, **new}, charts.without_secrets, *instances)
        problems += [f"--secrets {secrets}: {problem}" for problem in found]
        shutil.rmtree(made.folder)
    return problems


def variable_values(made, folder, arguments, variables):
    """The values of variables that a chart requires, taken from the environment of a command."""
    known = dict(variables)
    if "--env-file" in arguments:
        text = (folder / arguments[arguments.index("--env-file") + 1]).read_text()
        pairs = [line.split("=", 1) for line in text.splitlines() if re.match(r"\w+=", line)]
        known.update((name, value.strip("\"'")) for name, value in pairs)
    found = {name: known[name] for name in made.values.get("environment", {}) if name in known}
    return {"environment": found} if found else {}


def same(made, expected, values, *views):
    """The differences between objects and those that a chart installs in a release with the name of the chart."""
    # Objects of provisioners can be in other namespaces than the project.
    namespaces = [namespace for _, _, namespace, _ in expected if namespace]
    namespace = statistics.mode(namespaces or ["default"])
    try:
        found = made.objects(values, namespace=namespace)
    except (helm_python.HelmError, yaml.YAMLError) as error:
        return [str(error)]
    views = [*views]
    # Values of variables come from the command, or are defaults of the chart.
    if "environment" in values or any(made.values.get("environment", {}).values()):
        expected, found = charts.without_hashes(expected), charts.without_hashes(found)
        views.append(charts.expanded)
    problems = [f"{charts.label(it)} is missing" for it in expected if it not in found]
    more = [it for it in found if it not in expected and not charts.is_home(made, found[it])]
    problems += [f"{charts.label(it)} is more than asked" for it in more]
    for identity in expected.keys() & found.keys():
        left, right = expected[identity], found[identity]
        for view in views:
            left, right = view(left), view(right)
        problems += differences(charts.label(identity), left, right)
    return problems


if __name__ == "__main__":
    sys.exit(main())
