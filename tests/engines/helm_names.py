"""Renders charts for releases with the name of the chart and with other names. Each reference of an object must
lead to an object of the release, and all values of labels, annotations and data must be strings. Releases of a
chart have no objects in common.
"""

import itertools
import re

import charts
import fields
import helm_python
import yaml

# Names of releases besides that of the chart: the shortest ones, and the longest that Helm allows.
RELEASES = ["b", "green.of-7", "blue-" + "7x" * 24]
# Prefixes of the names in all charts of a project.
PREFIXES = ["b-", "blue-" + "7x" * 12 + "y-"]
# The types of the API with their fields, some of which are the names of objects.
TYPES = fields.read().types
# The kinds of objects by their plurals, which RBAC rules contain.
PLURALS = {
    plural: kind
    for kind in {name.rpartition("/")[2] for name in TYPES if "/" in name}
    for plural in (f"{kind}s".lower(), f"{kind}es".lower(), f"{kind[:-1]}ies".lower())
}
# Kinds of the subjects of role bindings that are not objects.
PEOPLE = ("User", "Group")
# Fields with strings as values, in the metadata of objects and pods, and in selectors.
STRINGS = ["labels", "annotations", "matchLabels", "nodeSelector"]
# The API groups of Kubernetes have no dot, or this suffix; all others belong to operators.
OWN_GROUP = ".k8s.io"


def values(made):
    """The values that are required to render a chart."""
    secrets = made.schema["properties"].get("secrets", {}).get("properties", {})
    known = {
        name: {"values": dict.fromkeys(schema["properties"]["values"]["propertyNames"]["enum"], "given")}
        for name, schema in secrets.items()
        if "values" in schema["properties"]
    }
    environment = dict.fromkeys(made.values.get("environment", {}), "given")
    return {key: given for key, given in {"secrets": known, "environment": environment}.items() if given}


def problems(made, given, inputs, external=False):
    """The problems in releases of a chart. `inputs` is the text from which the chart was generated."""
    rendered = {}
    found = [
        f"release {release}: {problem}"
        for release in (made.name, *RELEASES)
        for problem in judged([made], given, inputs, release, external, rendered)
    ]
    return found + [
        f"releases {left} and {right}: {charts.label(identity)} in both"
        for left, right in itertools.combinations(rendered, 2)
        for identity in rendered[left].keys() & rendered[right].keys()
        # A namespace is named after that of the release. Helm refuses the second one.
        if identity[1] != "Namespace"
    ]


def problems_of_set(charts_of_project, inputs, external=False):
    """The problems in releases of all charts of a project, which refer to each other by a common prefix."""
    found = [f"own names: {problem}" for problem in judged(charts_of_project, {}, inputs, None, external)]
    for prefix in PREFIXES:
        given = {"global": {"namePrefix": prefix}}
        problems = judged(charts_of_project, given, inputs, "r", external)
        found += [f"prefix {prefix}: {problem}" for problem in problems]
    return found


def judged(made, given, inputs, release, external=False, rendered=None):
    """The problems in releases of charts. Without a release name, each is named after its chart. Adds the objects to
    `rendered`, by release."""
    try:
        found, own = {}, {}
        for chart in made:
            name = release or chart.name
            found.update(chart.objects({**values(chart), **given}, name, hooks=True))
            if name != chart.name:
                own.update(chart.objects(values(chart), hooks=True))
    except (helm_python.HelmError, yaml.YAMLError) as error:
        return [str(error)]
    if rendered is not None:
        rendered[release] = found
    return sorted({*dangling(found, own, inputs, external), *wrong_types(found)})


def dangling(found, own, inputs, external):
    """References to objects that are not in a release. `own` are the objects of a release with the name of the
    chart, to which other releases must not refer."""
    known = {(kind, name) for _, kind, _, name in found}
    unprefixed = {(kind, name) for _, kind, _, name in own}
    for identity, item in found.items():
        for kind, name in references(item):
            if (kind, name) in known or external and kind == "Secret":
                continue
            can_be_made = kind in ("Secret", "ConfigMap")
            by_operator = can_be_made and is_by_operator(name, item, found)
            if (kind, name) in unprefixed or not by_operator and can_be_made and is_by_operator(name, {}, own):
                yield f"{charts.label(identity)} refers to {kind} {name} of another release"
            elif not by_operator and not is_given(kind, name, inputs):
                yield f"{charts.label(identity)} refers to {kind} {name}, which is not there"


def is_by_operator(name, item, objects):
    """Whether an operator creates the target of a reference: the certificate of the object, or an object of a
    custom object, whose name begins with that of the custom object or is in its spec."""
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    if any(key.startswith("cert-manager.io/") for key in annotations):
        return True
    custom = [item for (version, *_), item in objects.items() if is_custom(version)]
    return any(f"{name}-".startswith(f"{it['metadata']['name']}-") or name in texts(it.get("spec")) for it in custom)


def is_given(kind, name, inputs):
    """Whether an object exists in the cluster before any release: its name is in the input of the chart, or it
    is a Secret to which a provisioner refers."""
    is_named = re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", inputs)
    return bool(is_named) or kind == "Secret" and "secret_ref(" in inputs


def is_custom(version):
    group = version.rpartition("/")[0]
    return "." in group and not group.endswith(OWN_GROUP)


def texts(value):
    """All strings in a value."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return {value} if isinstance(value, str) else set()
    return {text for inner in value for text in texts(inner)}


def references(item):
    """The kinds and names of the objects to which an object refers."""
    if item["kind"] == "HTTPRoute":
        for rule in item["spec"]["rules"]:
            yield from (("Service", backend["name"]) for backend in rule.get("backendRefs", []))
    for kind, name in names(item, f"{item['apiVersion']}/{item['kind']}", {}):
        if kind not in PEOPLE:
            yield kind, name


def names(value, shape, beside):
    """The names of objects in a value whose type is in the table of fields, each with its kind. `beside` contains
    the fields next to the value."""
    if shape.startswith("[") and isinstance(value, list):
        for item in value:
            yield from names(item, shape[1:], beside)
    elif shape.startswith("@") and isinstance(value, str):
        namespace = beside.get("namespace")
        if shape == "@resources":
            yield from ((PLURALS[it], value) for it in beside.get("resources", []) if it in PLURALS)
        elif shape != "@Namespace" and not (namespace or "").startswith("other-"):
            yield beside.get("kind") if shape == "@kind" else shape[1:], value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from names(inner, TYPES.get(shape, {}).get(key, "a"), value)


def wrong_types(found):
    """Values that must be strings but are not."""
    for identity, item in found.items():
        data = [(key, item.get(key)) for key in ("data", "stringData", "binaryData") if item["kind"] in ("ConfigMap", "Secret")]
        for key, entries in [*data, *maps_of_strings(item)]:
            for name, value in (entries or {}).items():
                if not isinstance(value, str):
                    yield f"{charts.label(identity)}: {name} in {key} is {value!r}"


def maps_of_strings(value):
    if isinstance(value, list):
        for item in value:
            yield from maps_of_strings(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in STRINGS and isinstance(inner, dict):
                yield key, inner
            else:
                yield from maps_of_strings(inner)
