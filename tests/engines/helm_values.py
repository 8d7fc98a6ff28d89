"""Changes each value of charts separately. It must have an effect, only on the objects it belongs to, and
invalid values must be rejected. The effect is also compared with that of the same setting of the Kubernetes
target.
"""

import copy

import charts
import helm_python
from cases import differences

# A string that the project does not contain.
MARK = "changed-7"
# A project with everything that results in a value.
PROJECT = {
    "score-rs.yaml": "apiVersion: score-rs/v1\nkind: Project\nname: rich\nkubernetes: {networkPolicies: true}\n",
    "score.yaml": """
apiVersion: score.dev/v1b1
metadata:
  name: web
  annotations:
    k8s.score.dev/autoscaling: 2-6@70%
    k8s.score.dev/disruption-budget: "minAvailable: 50%"
    k8s.score.dev/service-account: own
    k8s.score.dev/node-selector: "{disktype: ssd}"
    k8s.score.dev/image-pull-secrets: first
    k8s.score.dev/service-name: front
service: {ports: {http: {port: 80, targetPort: 8080}, dns: {port: 53, protocol: UDP}}}
containers:
  main:
    image: registry.example:5000/team/web:1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    variables:
      PLAIN: "yes"
      dotted.name: "1"
      DB: "postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}:${resources.db.port}"
      STORE: "${resources.store.hostname}:${resources.store.port}"
      REGION: ${resources.env.REGION}
    files:
      /etc/plain: {content: "plain\\n"}
      /etc/region: {content: "in ${resources.env.REGION}\\n"}
      /etc/secret: {content: "password=${resources.db.password}\\nin ${resources.env.REGION}\\n"}
    volumes: {/scratch: {source: "${resources.scratch}"}}
    resources: {limits: {memory: 1Gi}, requests: {cpu: 100m, memory: 64Mi}}
    readinessProbe: {httpGet: {path: /ready, port: 8080}}
  side-car: {image: side}
resources:
  db: {type: postgres}
  cache: {type: redis}
  env: {type: environment}
  scratch: {type: volume}
  store: {type: service-port, params: {workload: store, port: tcp}}
  way: {type: route, params: {host: web.example.com, path: /, port: http}}
  files: {type: route, params: {host: web.example.com, path: /files, port: http}}
---
apiVersion: score.dev/v1b1
metadata:
  name: store
  annotations: {k8s.score.dev/kind: StatefulSet, k8s.score.dev/replicas: "3"}
service: {ports: {tcp: {port: 7000}}}
containers:
  main: {image: "store:1", volumes: {/data: {source: "${resources.data}"}}}
resources:
  data: {type: volume, params: {size: 5Gi}}
---
apiVersion: score.dev/v1b1
metadata:
  name: report
  annotations: {k8s.score.dev/kind: CronJob, k8s.score.dev/schedule: "30 2 * * *"}
containers: {main: {image: "report:1"}}
---
apiVersion: score.dev/v1b1
metadata: {name: migrate, annotations: {k8s.score.dev/kind: Job}}
containers:
  main:
    image: migrate:1
    variables: {MODE: up, REGION: "${resources.env.REGION}", TO: "${resources.store.port}", BY: "${resources.db.password}"}
resources: {env: {type: environment}, db: {type: postgres}, store: {type: service-port, params: {workload: store, port: tcp}}}
---
apiVersion: score.dev/v1b1
metadata: {name: agent, annotations: {k8s.score.dev/kind: DaemonSet}}
containers: {main: {image: "agent:1"}}
""",
}
GIVEN = {"variables": {"REGION": "north"}}

# Other values that are required for an effect, by the end of the path of a value.
PREREQUISITES = {
    "gateway": ("kind", "HTTPRoute"),
    "ingress": ("kind", "Ingress"),
    "minReplicas": ("autoscaling", "enabled", True),
    "maxReplicas": ("autoscaling", "enabled", True),
    "targetCPUUtilizationPercentage": ("autoscaling", "enabled", True),
    "replicas": ("autoscaling", "enabled", False),
}
# Other leaves that may change with a value, by the end of its path: a part of the path of the leaf.
# Without an entry, all changed leaves must contain the new value.
CONSEQUENCES = {
    "profile": ("securityContext", "seccompProfile"),
    "tlsSecret": ("tls",),
    "tls": ("tls",),
    "resources": ("resources",),
    "enabled": ("replicas",),
    # Those of the workload change their positions.
    "imagePullSecrets": ("imagePullSecrets",),
    # A constraint without a selector receives that of the workload.
    "topologySpreadConstraints": ("topologySpreadConstraints",),
}
# Objects that do not receive the labels of a component.
UNLABELED = {"HTTPRoute", "Ingress", "Secret"}
# Values that add and remove objects, with the kinds of these.
SWAPS = {
    "kind": {"HTTPRoute", "Ingress"},
    "existingSecret": {"Secret"},
    "disruptionBudget": {"PodDisruptionBudget"},
}
# The values that concern all objects.
OF_ALL = ("global", "environment", "fullnameOverride", "commonLabels", "commonAnnotations")
# The fields of objects that select pods.
SELECTORS = ("selector", "matchLabels", "podSelector", "labelSelector")


def project(folder):
    """Writes the project."""
    for name, text in PROJECT.items():
        (folder / name).write_text(text)


def checks(folders):
    """Names and problems."""
    folder = folders.fresh("values")
    project(folder)
    failed, made = charts.make(folder, **GIVEN)
    if failed:
        yield "values", failed
        return
    base = fixed(made)
    yield "values: each has an effect where it should", [
        problem
        for path, schema, default in leaves(made.schema, made.values)
        for problem in effects(made, base, path, schema, default)
    ]
    yield "values: wrong types are refused", list(types(made))
    yield "values: unknown ones are refused", list(unknown(made))
    yield "values: choices give what Kubernetes gives", list(choices(folder, made, base))
    yield "values: entries of groups change only what they describe", list(entries(made, base))
    yield "values: names in releases", list(named(made, base))
    yield "values: labels rename no Job", list(job_labels(made, base))


def fixed(made):
    """Values that make rendering reproducible."""
    secrets = made.schema["properties"]["secrets"]["properties"]
    base = {"environment": {"REGION": "north"}, "secrets": {}}
    for name, schema in secrets.items():
        if "values" in schema["properties"]:
            keys = schema["properties"]["values"]["propertyNames"]["enum"]
            base["secrets"][name] = {"values": {key: f"{name}.{key}" for key in keys}}
    return base


def leaves(schema, values, path=()):
    """The values of a chart, as paths, schemas and defaults."""
    for name, inner in schema["properties"].items():
        if "properties" in inner:
            yield from leaves(inner, values[name], (*path, name))
        else:
            yield (*path, name), inner, values[name]


def others(schema, default):
    """Other values of the same type."""
    if "enum" in schema:
        return [value for value in schema["enum"] if value != default]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "integer" in kinds:
        return [value for value in (7, schema["maximum"]) if value != default]
    if "boolean" in kinds:
        return [not default]
    if "array" in kinds:
        is_text = schema["items"]["type"] == "string"
        return [[MARK] if is_text else [{"key": MARK}]]
    if "object" in kinds:
        names = schema.get("propertyNames", {}).get("enum", [])
        own = [name for name, value in default.items() if isinstance(value, str)]
        names = dict.fromkeys([*names, *own])
        # Helm removes a default that is set to null.
        excluded = schema.get("not", {}).get("required", [])
        removed = {name: {it: None for it in excluded if it in default and it != name} for name in names}
        return [{**(removed[name] if name in excluded else {}), name: MARK} for name in names] or [{"changed": MARK}]
    return ["7Gi"] if schema.get("pattern", "").startswith("^[0-9]") else [prefix(schema)]


def prefix(schema):
    return f"{MARK}-" if schema.get("pattern", "").endswith("-)?$") else MARK


def nested(path, value):
    for step in reversed(path):
        value = {step: value}
    return value


def merged(*layers):
    """Values merged over values, like Helm does."""
    result = {}
    for layer in layers:
        for name, value in layer.items():
            both = isinstance(value, dict) and isinstance(result.get(name), dict)
            result[name] = merged(result[name], value) if both else copy.deepcopy(value)
    return result


def prerequisite(path):
    """The values that must be set together with a value."""
    for number, step in enumerate(path):
        if step in PREREQUISITES:
            *more, value = PREREQUISITES[step]
            group = path[: number - 1] if "autoscaling" in path else path[:number]
            return nested((*group, *more), value)
    return {}


def effects(made, base, path, schema, default):
    """The problems of the effect of a value."""
    text = ".".join(path)
    start = merged(base, prerequisite(path))
    objects = made.objects(start, hooks=True)
    before = stable(objects)
    for value in others(schema, default):
        values = merged(start, nested(path, value))
        try:
            made.chart.validate_schema(values)
            changed = made.objects(values, hooks=True)
            after = stable(changed)
        except helm_python.HelmError as error:
            yield f"{text}: {error}"
            continue
        if before == after:
            yield f"{text} = {value}: nothing changes"
        for problem in [*judged(path, value, before, after), *fixed_jobs(objects, changed)]:
            yield f"{text} = {value}: {problem}"


def fixed_jobs(before, after):
    """Jobs that change but keep their name, which a cluster rejects."""
    for identity in before.keys() & after.keys():
        if identity[1] == "Job" and before[identity]["spec"]["template"] != after[identity]["spec"]["template"]:
            yield f"{charts.label(identity)} changes under its name"


def stable(objects):
    """Objects by kind and name. Names of jobs do not contain their hash."""
    found = {}
    for (_, kind, _, name), item in objects.items():
        if kind == "Job":
            name = item["metadata"]["labels"]["app.kubernetes.io/name"]
        found[kind, name] = item
    return found


def flat(value, path=()):
    """The leaves of an object."""
    if isinstance(value, dict) and value:
        return {at: leaf for name, inner in value.items() for at, leaf in flat(inner, (*path, name)).items()}
    if isinstance(value, list) and value:
        return {at: leaf for name, inner in enumerate(value) for at, leaf in flat(inner, (*path, name)).items()}
    return {path: value}


def judged(path, value, before, after):
    """Changes that are not allowed."""
    if path[-1] in ("namePrefix", "fullnameOverride"):
        yield from renamed(value if value.endswith("-") else f"{value}-", before, after)
        return
    if path[-1] in ("commonLabels", "commonAnnotations"):
        yield from everywhere(path[-1], after)
    swapped = SWAPS.get(path[-1], set())
    if path[-2:] == ("autoscaling", "enabled"):
        swapped = {"HorizontalPodAutoscaler"}
    elif path == ("tests", "enabled"):
        swapped = {"Pod", "NetworkPolicy"}
    for kind, name in before.keys() ^ after.keys():
        if kind not in swapped:
            yield f"{kind} {name} comes or goes"
    changed = set()
    for identity in before.keys() & after.keys():
        left, right = flat(before[identity]), flat(after[identity])
        for at in left.keys() | right.keys():
            if left.get(at) != right.get(at) and not hashed(identity, at):
                changed.add(identity)
                if not holds(path, value, at, right.get(at)):
                    yield f"{' '.join(identity)}: {at} becomes {right.get(at)!r}"
    for identity in changed:
        if not concerns(path, identity, before[identity]):
            yield f"{' '.join(identity)} changes too"
    if path[-1] == "labels":
        mine = {it for it, item in before.items() if it[0] not in UNLABELED and owner(item) == path[1]}
        if mine - changed:
            yield f"{mine - changed} do not have it"
    if path[-1] == "imageRegistry":
        images = [leaf for item in after.values() for at, leaf in flat(item).items() if at[-1] == "image"]
        if not all(image.startswith(f"{value}/") for image in images):
            yield f"not all images come from there: {images}"


def hashed(identity, at):
    """Whether a leaf is derived from others: the name of a job depends on its contents."""
    return identity[0] == "Job" and at == ("metadata", "name")


def holds(path, value, at, leaf):
    """Whether a leaf contains a value, or is derived from it."""
    consequences = CONSEQUENCES.get(path[-1], ())
    if any(part in at for part in consequences) or leaf is None and value in ("", False):
        return True
    return any(str(mark) in str(leaf) for place, mark in flat(value).items() for mark in (*place, mark))


def owner(item):
    return (item["metadata"].get("labels") or {}).get("app.kubernetes.io/name")


def concerns(path, identity, item):
    """Whether an object may change with a value."""
    kind, name = identity
    if path[0] in OF_ALL:
        return True
    if path[0] == "tests":
        return kind == "Pod"
    if path[0] == "routes":
        return name == path[1]
    if path[0] == "secrets" or "ports" in path:
        # Any object can refer to it.
        return True
    return path[1] in (owner(item), name.removesuffix("-test"))


def renamed(value, before, after):
    """The problems with names that do not have the prefix."""
    if {(kind, f"{value}{name}") for kind, name in before if kind != "Job"} != {it for it in after if it[0] != "Job"}:
        yield "not all names begin with it"
    for (kind, name), item in before.items():
        right = flat(after.get((kind, name if kind == "Job" else f"{value}{name}"), {}))
        for at, leaf in flat(item).items():
            if right.get(at) != leaf and value not in str(right.get(at)):
                yield f"{kind} {name}: {at} becomes {right.get(at)!r}"


def everywhere(name, objects):
    """Objects and pods without a label or annotation that all should have, and selectors with it."""
    key = name.removeprefix("common").lower()
    for (kind, name), item in objects.items():
        if MARK not in (item["metadata"].get(key) or {}).values():
            yield f"{kind} {name} does not have it"
        spec = item.get("spec") or {}
        spec = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
        has_pods = "template" in spec and kind != "Job"
        pods = (spec["template"]["metadata"].get(key) or {}) if has_pods else {}
        if has_pods and (MARK in pods.values()) != (key == "labels"):
            yield f"the pods of {kind} {name} have {pods}"
        for at, leaf in flat(item).items():
            if MARK in str(leaf) and any(step in at for step in SELECTORS):
                yield f"{kind} {name} selects by it"


# Values of the container `main` of `web`, and the leaves of its Deployment that they change.
CONTAINER = ("spec", "template", "spec", "containers", 0)
ENTRIES = [
    ({"containers": {"main": {"readinessProbe": {"periodSeconds": 7}}}}, {(*CONTAINER, "readinessProbe", "periodSeconds"): 7}),
    (
        {"containers": {"main": {"readinessProbe": {"enabled": False}}}},
        {(*CONTAINER, "readinessProbe", "httpGet", "path"): None, (*CONTAINER, "readinessProbe", "httpGet", "port"): None},
    ),
    # `false` replaces a default.
    (
        {"containers": {"main": {"securityContext": {"allowPrivilegeEscalation": True, "capabilities": {"add": ["X"]}}}}},
        {
            (*CONTAINER, "securityContext", "allowPrivilegeEscalation"): True,
            (*CONTAINER, "securityContext", "capabilities", "add", 0): "X",
        },
    ),
    (
        {"profile": "restricted", "podSecurityContext": {"runAsNonRoot": False}},
        {
            ("spec", "template", "spec", "securityContext", "runAsNonRoot"): False,
            (*CONTAINER, "securityContext", "capabilities", "drop", 0): "ALL",
            ("spec", "template", "spec", "containers", 1, "securityContext", "capabilities", "drop", 0): "ALL",
        },
    ),
    (
        {"topologySpreadConstraints": [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}]},
        {
            ("spec", "template", "spec", "topologySpreadConstraints", 0, "topologyKey"): "zone",
            ("spec", "template", "spec", "topologySpreadConstraints", 0, "labelSelector", "matchLabels", "a"): "b",
        },
    ),
    ({"strategy": {"type": "Recreate"}}, {("spec", "strategy", "type"): "Recreate"}),
]
# Values of `web` that are rejected.
REJECTED = [
    {"containers": {"main": {"readinessProbe": {"periodSecond": 7}}}},
    {"containers": {"main": {"readinessProbe": {"periodSeconds": "7"}}}},
    {"containers": {"main": {"readinessProbe": None}}},
    {"containers": {"main": {"livenessProbe": {"enabled": True}}}},
    {"disruptionBudget": {"maxUnavailable": 1}},
    {"disruptionBudget": {"min": 1}},
]


def entries(made, base):
    """Problems with values that change parts of maps, or that are rejected."""
    identity = ("Deployment", "web")
    before = stable(made.objects(base))
    for value, expected in ENTRIES:
        after = stable(made.objects(merged(base, {"workloads": {"web": value}})))
        left, right = flat(before[identity]), flat(after[identity])
        changed = {at: right.get(at) for at in left.keys() | right.keys() if left.get(at) != right.get(at)}
        if changed != expected:
            yield f"{value} changes {changed}"
        yield from (f"{value} changes {it}" for it in before if it != identity and before[it] != after.get(it))
    for value in REJECTED:
        yield from refused(made, {"workloads": {"web": value}})
    for label in ("app.kubernetes.io/name", "app.kubernetes.io/part-of"):
        yield from refused(made, {"commonLabels": {label: MARK}})
    yield from refused(made, {"commonAnnotations": {"k8s.score.dev/workload-name": MARK}})
    # Labels and annotations of a workload take precedence over those of all objects, even if empty.
    values = {"commonLabels": {"team": "a"}, "workloads": {"web": {"labels": {"team": ""}, "podLabels": {"team": "b"}}}}
    item = stable(made.objects(merged(base, values)))[identity]
    found = (item["metadata"]["labels"]["team"], item["spec"]["template"]["metadata"]["labels"]["team"])
    if found != ("", "b"):
        yield f"{values} results in the labels {found}"


def job_labels(made, base):
    """Labels and annotations of Jobs, which a cluster can change, must not rename them."""
    own = {"labels": {"team": "a"}, "annotations": {"note": "b"}}
    values = {"commonLabels": {"x": "y"}, "commonAnnotations": {"x": "y"}, "workloads": {"migrate": own}}
    before, after = ({it for it in made.objects(given) if it[1] == "Job"} for given in (base, merged(base, values)))
    if not before or before != after:
        yield f"{values} turns {before} into {after}"
    given = merged(base, {"workloads": {"migrate": {"podLabels": {"team": "a"}}}})
    if before == {it for it in made.objects(given) if it[1] == "Job"}:
        yield "labels of the pods of a Job do not rename it"


def named(made, base):
    """Wrong names in releases."""
    plain = {(kind, name) for kind, name in stable(made.objects(base))}
    for release, override, prefix in [
        ("rich", "", ""),
        ("b", "", "b-"),
        ("b.c", "", "b-c-"),
        ("b", "rich", ""),
        ("rich", "b", "b-"),
        ("b", "c", "c-"),
    ]:
        found = {it for it in stable(made.objects({**base, "fullnameOverride": override}, release)) if it[0] != "Job"}
        expected = {(kind, f"{prefix}{name}") for kind, name in plain if kind != "Job"}
        if found != expected:
            yield f"release {release}, override {override!r}: {sorted(found ^ expected)}"
    # A name that is truncated keeps its start.
    release = "r" * 53
    for kind, name in stable(made.objects(base, release)):
        if kind != "Job" and not (name.startswith(release[:43]) and len(name) <= 52):
            yield f"release {release}: {kind} {name}"


def types(made):
    """Values of wrong types that are not rejected."""
    for path, schema, _ in leaves(made.schema, made.values):
        kinds = schema.get("type", "string")
        wrong = [7, True, [], {}, 1.5] if "string" in kinds else ["7", "", 1.5]
        for value in wrong:
            yield from refused(made, nested(path, value))


def unknown(made):
    """Unknown values that are not rejected."""
    for path in closed(made.schema):
        yield from refused(made, nested((*path, "unknown"), MARK))


def closed(schema, path=()):
    if schema.get("additionalProperties") is False:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from closed(inner, (*path, name))


def refused(made, values):
    try:
        made.chart.validate_schema(values)
    except helm_python.HelmValuesError:
        return
    yield f"{values} is taken"


def choices(folder, made, base):
    """The differences between a value and the same setting in the project."""
    for profile in ("restricted", "baseline", "none"):
        values = {"workloads": {name: {"profile": profile} for name in made.values["workloads"]}}
        yield from chosen(folder, made, merged(base, values), "--profile", profile)
    settings = folder / "score-rs.yaml"
    text = settings.read_text()
    for kind in ("HTTPRoute", "Ingress"):
        settings.write_text(text.replace("kubernetes: {", f"kubernetes: {{routes: {{kind: {kind}}}, "))
        values = {"routes": {name: {"kind": kind} for name in made.values["routes"]}}
        yield from chosen(folder, made, merged(base, values))
    settings.write_text(text)


def chosen(folder, made, values, *options):
    failed, expected = charts.kubernetes(folder, *options, **GIVEN)
    if failed:
        yield from failed
        return
    # Components of resources keep their own profile.
    mine = (*made.values["workloads"], *made.values["routes"])
    expected, found = (
        {it: item for it, item in stable(objects).items() if owner(item) in mine or it[1] in mine}
        for objects in (expected, made.objects(values))
    )
    for identity in expected.keys() | found.keys():
        left, right = (charts.without_secrets(charts.expanded(it.get(identity, {}))) for it in (expected, found))
        for item in (left, right):
            if identity[0] == "Job":
                item["metadata"]["name"] = identity[1]
        yield from differences(f"{options}: {' '.join(identity)}", left, right)
