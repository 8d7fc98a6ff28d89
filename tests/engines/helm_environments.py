"""Charts for several environments: with the values of an environment, a chart installs exactly the objects that
the Kubernetes target writes for it, in releases of any name.

The charts are the expected ones of the compiler's tests, and those of the examples that have environments for
clusters.
"""

import shutil

import charts
import helm_names
import helm_python
import helm_values
import yaml
from cases import ROOT, Loader, differences, run_binary

# Environments, with their merged chart and the objects of each.
GOLDEN = ROOT / "crates/compiler/tests/environments/expected"
# The output of the environments of a project.
OUTPUT = "charts-of-test"
# A release whose name is not that of its chart.
RELEASE = "blue"


def checks(folders):
    """Names and problems."""
    expected = {path.stem: read(path.read_text()) for path in sorted(GOLDEN.glob("*.yaml"))}
    made = [charts.Made(GOLDEN / "chart")]
    for environment, objects in expected.items():
        yield f"environments: golden, {environment}", problems(made, environment, objects, "secrets: external")
    yield "environments: golden, another environment", unknown(made[0])
    for example in sorted(path.parent for path in ROOT.glob("examples/*/environments")):
        yield from of_project(folders, example)


def read(text):
    """The objects in a YAML text."""
    found = {}
    charts.add(text, found)
    return found


def of_project(folders, example):
    """Names and problems of the charts of a project."""
    environments = documents(example)
    clusters = [name for name in environments if is_for_clusters(environments, name)]
    inputs = "\n".join(path.read_text(errors="replace") for path in sorted(example.rglob("*")) if path.is_file())
    for mode in ("inline", "external"):
        for options in ([], ["--chart-per-workload"]):
            name = " ".join([f"environments: examples/{example.name}, {mode}", *options])
            folder = folders.fresh(name)
            shutil.copytree(example, folder, dirs_exist_ok=True)
            for environment in clusters:
                share_output(folder / f"environments/{environment}.yaml")
            given = [word for environment in clusters for word in ("--env", environment)]
            params = {word: None for environment in clusters for word in parameters(environments, environment)}
            given += [word for param in params for word in ("--param", param)]
            failed, _ = run_binary(folder, "generate", "-q", "-t", "helm", "--secrets", mode, *given, *options)
            if failed:
                yield name, failed
                continue
            made = [charts.Made(path.parent) for path in sorted((folder / OUTPUT).rglob("Chart.yaml"))]
            for environment in clusters:
                params = [word for param in parameters(environments, environment) for word in ("--param", param)]
                failed, objects = charts.kubernetes(folder, "--env", environment, "--secrets", mode, *params)
                yield f"{name}, {environment}", failed or problems(made, environment, objects, inputs)


def share_output(path):
    """Sets the output of an environment to the one that all have: environments with one output share a chart."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("output:")]
    path.write_text("\n".join([*lines, f"output: {OUTPUT}/", ""]))


def documents(project):
    """The environments of a project, by name."""
    files = sorted((project / "environments").glob("*.yaml"))
    return {path.stem: yaml.load(path.read_text(), Loader) for path in files if "." not in path.stem}


def chain(environments, name):
    """An environment and those that it extends."""
    while name in environments:
        yield environments[name]
        name = environments[name].get("extends")


def is_for_clusters(environments, name):
    """Whether an environment can be generated, for another target than Compose."""
    targets = [layer["target"] for layer in chain(environments, name) if "target" in layer]
    return not environments[name].get("abstract") and targets[:1] not in ([], ["compose"])


def parameters(environments, name):
    """The parameters of an environment, each with its first example."""
    for layer in chain(environments, name):
        for param, schema in (layer.get("params") or {}).get("properties", {}).items():
            if schema.get("examples"):
                yield f"{param}={schema['examples'][0]}"


def problems(made, environment, expected, inputs):
    """The differences between the objects of an environment and those that its charts install."""
    found, result = {}, []
    # The release is installed into the namespace of the environment.
    namespaces = {namespace for _, _, namespace, _ in expected if namespace}
    namespace = min(namespaces, default="default")
    try:
        own = [Installed(chart.folder, environment) for chart in made if environment in names(chart)]
        for chart in own:
            secrets = charts.secret_values(chart, expected)
            chart.chart.validate_schema(chart.given(secrets))
            found.update(chart.objects(secrets, namespace=namespace))
            result += charts.lint(chart.folder, chart.given(secrets))
        homes = {it for it in found if any(charts.is_home(chart, found[it]) for chart in own)}
    except (helm_python.HelmError, yaml.YAMLError) as error:
        return [str(error)]
    # The value of a secret that only an object of a provisioner contains cannot be set.
    objects_with_secrets = {name for _, kind, _, name in expected if kind == "Secret"}
    is_known = all(chart.values.get("secrets", {}).keys() <= objects_with_secrets for chart in own)
    for identity in sorted(expected.keys() | found.keys() - homes, key=str):
        pair = [objects.get(identity, {}) for objects in (expected, found)]
        pair = pair if is_known else [charts.without_secrets(item) for item in pair]
        # Only one of the views shows differences in checksums, and the other one those in references.
        for view in (charts.expanded, without_escapes):
            result += differences(charts.label(identity), *map(view, pair))
    if len(own) == 1:
        result += helm_names.judged(own, {}, inputs, RELEASE, external=True)
    return result


class Installed(charts.Made):
    """A chart with the values of an environment."""

    def __init__(self, folder, environment):
        super().__init__(folder)
        path = self.folder / f"values-{environment}.yaml"
        if not path.is_file() and self.values["global"]["environment"] != environment:
            raise yaml.YAMLError(f"{self.name} has no values for {environment}")
        self.own = yaml.load(path.read_text(), Loader) if path.is_file() else {}
        self.values = self.chart.merge_values(self.own)
        # The environment need not have all the Secrets of the chart.
        secrets = self.schema["properties"].get("secrets", {}).get("properties", {})
        for name in secrets.keys() - self.values.get("secrets", {}).keys():
            del secrets[name]

    def given(self, values):
        """The values of the environment, with these over them."""
        return helm_values.merged(self.own, values or {})

    def texts(self, values=None, release=None, namespace="default"):
        return super().texts(self.given(values), release, namespace)


def without_escapes(value):
    """A value with `$` in place of `$$`. A chart escapes each `$` in a variable, and the Kubernetes target only
    those that could begin a reference."""
    if isinstance(value, dict):
        return {name: without_escapes(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_escapes(inner) for inner in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


def names(chart):
    """The names of the environments of a chart."""
    return chart.schema["properties"]["global"]["properties"]["environment"]["enum"]


def unknown(chart):
    """The problem if a chart accepts an environment that it does not know."""
    try:
        chart.chart.validate_schema({"global": {"environment": "unknown"}})
    except helm_python.HelmError:
        return []
    return ["an unknown environment is accepted"]
