"""A hundred workloads in a single chart and in a chart per workload. The values of a workload change no objects
of another one, and all charts together install the objects of the Kubernetes target.
"""

import charts
import helm_values
from cases import differences, run_binary

COUNT = 100
# A workload with its own resources, a shared one, and a route. It connects to another workload.
SCORE = """
apiVersion: score.dev/v1b1
metadata: {{name: {name}}}
service: {{ports: {{http: {{port: 80, targetPort: 8080}}}}}}
containers:
  main:
    image: example.com/{name}:1
    variables:
      CACHE: "redis://:${{resources.cache.password}}@${{resources.cache.host}}:${{resources.cache.port}}"
      SHARED: "${{resources.all.host}} ${{resources.all.password}}"
      NEXT: "http://${{resources.next.hostname}}:${{resources.next.port}}"
      MODE: "{name}"
    files: {{/etc/app: {{content: "name = {name}\\n"}}, /etc/login: {{content: "${{resources.cache.password}}"}}}}
resources:
  cache: {{type: redis}}
  all: {{type: redis, id: everybody}}
  next: {{type: service-port, params: {{workload: {next}, port: http}}}}
  way: {{type: route, params: {{host: {name}.example.com, path: /, port: http}}}}
"""


def workloads():
    return [f"svc-{number:03}" for number in range(COUNT)]


def checks(folders):
    """Names and problems."""
    folder = folders.fresh("projects")
    names = workloads()
    for name, after in zip(names, [*names[1:], names[0]]):
        (folder / f"{name}.score.yaml").write_text(SCORE.format(name=name, next=after))
    (folder / "score-rs.yaml").write_text("apiVersion: score-rs/v1\nkind: Project\nname: many\n")
    failed, expected = charts.kubernetes(folder)
    if not failed:
        failed, made = charts.make(folder)
    if failed:
        yield "projects", failed
        return
    yield "projects: a chart of many workloads", [
        *charts.lint(made.folder),
        *compared(expected, made.objects(charts.secret_values(made, expected))),
    ]
    yield "projects: values of a workload stay its own", list(separate(made, expected, names))
    if "--chart-per-workload" in run_binary(folder, "generate", "--help")[1]:
        yield "projects: a chart per workload", list(per_workload(folder, expected, names))


def compared(expected, found):
    """The differences between objects."""
    for identity in expected.keys() | found.keys():
        left, right = (objects.get(identity, {}) for objects in (expected, found))
        yield from differences(charts.label(identity), left, right)


def separate(made, expected, names):
    """Objects that change with the values of another workload."""
    base = charts.secret_values(made, expected)
    before = made.objects(base, hooks=True)
    for name in (names[0], names[COUNT // 2], names[-1]):
        values = helm_values.merged(base, {"workloads": {name: changed(made, name)}})
        after = made.objects(values, hooks=True)
        others = {it for it in before.keys() | after.keys() if before.get(it) != after.get(it)}
        if not others:
            yield f"{name}: nothing changes"
        for identity in others:
            if name not in identity[3]:
                yield f"{name}: {charts.label(identity)} changes too"


def changed(made, name):
    """All values of a workload to which no other one refers, changed."""
    schema = made.schema["properties"]["workloads"]["properties"][name]
    values = {}
    for path, inner, default in helm_values.leaves(schema, made.values["workloads"][name]):
        if "ports" not in path:
            values = helm_values.merged(values, helm_values.nested(path, helm_values.others(inner, default)[0]))
    return values


def per_workload(folder, expected, names):
    """The problems of charts per workload."""
    output = folder / "charts-of-test"
    options = ["-q", "-t", "helm", "--chart-per-workload", "-o", output.name]
    failed, _ = run_binary(folder, "generate", *options)
    if failed:
        yield from failed
        return
    found, made = {}, {}
    for path in sorted(output.iterdir()):
        chart = charts.Made(path)
        made[path.name] = chart
        yield from charts.lint(path)
        for identity, item in chart.objects(charts.secret_values(chart, expected)).items():
            if identity in found:
                yield f"{charts.label(identity)} is in {path.name} too"
            found[identity] = item
    if set(made) != {*names, "many-shared"}:
        yield f"the charts are {sorted(made)}"
    yield from compared(expected, found)
    yield from with_all_values(made, expected)


def with_all_values(made, expected):
    """Charts that reject, or that are changed by, a file with the default values of all charts."""
    values = helm_values.merged(*(chart.values for chart in made.values()))
    for name, chart in made.items():
        known = charts.secret_values(chart, expected)
        all_values = helm_values.merged(values, known)
        chart.chart.validate_schema(all_values)
        if chart.objects(known) != chart.objects(all_values):
            yield f"{name} changes with the values of other charts"
        yield from helm_values.refused(chart, {"workload": {}})
        for workload in chart.values.get("workloads", {}):
            yield from helm_values.refused(chart, {"workloads": {workload: {"replica": 1}}})
