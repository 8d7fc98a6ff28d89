"""Strings with a meaning in Helm, YAML or a shell arrive byte for byte: those of a project as with the
Kubernetes target, and those of values unchanged.
"""

import json

import charts
from cases import differences
from fidelity import CLOSED, LINES, TEXTS, as_yaml, escaped, yaml_can

# Strings that the language of Helm could interpret, or that Helm could change in its output.
TEMPLATES = [
    "{{", "}}", "{{{", "}}}", "{{{{", "{ {", "{{}}", "{{ . }}", "a {{ b", "a }} b", "{{-", "-}}", "{{- end }}", "{{/*", "*/}}",
    "{{/* a */}}", "{{ .Values.a }}", "{{ \"", "{{`", "`}}", "{{ fail \"a\" }}", "{{ \"{{\" }}", '"{{"', "'{{'", "a{{\n", "{{\n}}\n",
    " {{ a }} \n b \n\n", "{{-\n  a -}}\n\n\n", "<no value>", "a<no value>b", "<no value>\n<no value>\n", "<no <no value>value>",
    "\\{{", "\\u007b{", "---", "---\n", "a\n---\nb\n", "\n---\n", "--- {{ a }}\n", "# {{ a }}\n", "a\n\n\n", "\n\n\na", "a \n\n", "  \n", "\r\n{{\r\n",
    "a\r\nb\r\n", "\ta\n\tb\n", "a\n \n", "a\n\t\n\n", "%{{", "$(A){{", "${{ a }}", "a: {{ b }}\nc: - {{ d }}\n", "{{ define \"a\" }}", "{", "a{", "{\n", "(A", "(A)", ")", "$(",
]
ALL = [*TEXTS, *TEMPLATES]
BEFORE = [*CLOSED, *TEMPLATES]
IN_LINES = [*LINES, *(text for text in TEMPLATES if "\n" not in text and "\r" not in text)]
# The maximum size of a ConfigMap, with something to misinterpret in each line.
LARGE = ("{{ large }} <no value> \\ \"é\" \n" * 40000).encode()[: 1024 * 1024 - 2048].decode(errors="ignore")
HOLDERS = """
apiVersion: score-rs/v1
kind: Provisioner
type: holder
params: {properties: {texts: {type: object}}}
outputs: {properties: {password: {type: string, secret: true}}}
values:
  password: "{{ secret('password') }}"
kubernetes:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: "{{ name() }}"}
    data: "{{ params.texts }}"
  - apiVersion: example.com/v1
    kind: Custom
    metadata: {name: "{{ name() }}"}
    spec: {texts: "{{ params.texts }}"}
"""


def checks(folders):
    """Names and problems."""
    yield "texts: of a project", list(of_project(folders.fresh("texts")))
    yield "texts: of values", list(of_values(folders.fresh("values")))



def score():
    """A workload with strings in all places."""
    numbered = list(enumerate(ALL))
    secret = "${resources.cache.password}"
    words = [escaped(text) for text in ALL]
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "texts", "annotations": {f"example.com/a{n}": text for n, text in numbered}},
        "service": {"ports": {"http": {"port": 80}}},
        "containers": {
            "main": {
                "image": "busybox:1.37",
                "command": words,
                "args": words,
                "variables": {
                    **{f"V{n}": escaped(text) for n, text in numbered},
                    **{f"S{n}": f"{escaped(text)}{secret}{escaped(text)}" for n, text in enumerate(IN_LINES)},
                },
                "files": {
                    **{f"/content/{n}": {"content": text, "noExpand": True} for n, text in numbered},
                    **{f"/port/{n}": {"content": f"{escaped(text)}${{resources.cache.port}}{escaped(text)}"} for n, text in enumerate(BEFORE)},
                    **{f"/secret/{n}": {"content": f"{escaped(text)}{secret}{escaped(text)}"} for n, text in enumerate(BEFORE)},
                    "/{{ a }}/<no value>": {"content": "path"},
                },
                "readinessProbe": {"exec": {"command": words}},
            },
            "large": {"image": "busybox:1.37", "files": {"/large": {"content": LARGE, "noExpand": True}}},
            "large-secret": {"image": "busybox:1.37", "files": {"/large": {"content": f"{escaped(LARGE)}{secret}"}}},
        },
        "resources": {
            "cache": {"type": "redis"},
            "holder": {"type": "holder", "params": {"texts": {f"t{n}": escaped(text) for n, text in numbered}}},
        },
    }


def of_project(folder):
    """The differences of strings in a chart from those of the Kubernetes target."""
    (folder / "score.yaml").write_text(as_yaml(score()))
    (folder / "holder.yaml").write_text(HOLDERS)
    options = ["--provisioners", "holder.yaml"]
    failed, expected = charts.kubernetes(folder, *options)
    if not failed:
        failed, made = charts.make(folder, *options)
    if failed:
        yield from (text[:2000] for text in failed)
        return
    yield from charts.lint(made.folder)
    found = made.objects(charts.secret_values(made, expected))
    for identity in expected.keys() | found.keys():
        left, right = (objects.get(identity, {}) for objects in (expected, found))
        yield from differences(charts.label(identity), left, right)
    data = expected["v1", "ConfigMap", None, "holder-texts--holder"]["data"]
    if data != {f"t{n}": text for n, text in enumerate(ALL)}:
        yield "the Kubernetes target changes texts"


VALUES = """
apiVersion: score.dev/v1b1
metadata: {name: texts}
containers:
  main:
    image: busybox:1.37
    variables: {ENV: "${resources.env.TEXT}", PLAIN: "", MIXED: "$$${resources.env.TEXT}(A)"}
    files:
      /env: {content: "${resources.env.TEXT}"}
      /lines: {content: "a\\n${resources.env.TEXT}\\nb\\n"}
      /secret: {content: "a\\n${resources.cache.password}\\nb\\n"}
resources: {env: {type: environment}, cache: {type: redis}}
"""


def of_values(folder):
    """The differences of strings that are set as values."""
    (folder / "score.yaml").write_text(VALUES)
    failed, made = charts.make(folder, variables={"TEXT": "x"})
    if failed:
        yield from failed
        return
    # Helm removes `<no value>` from all rendered text, regardless of its origin.
    for text in (text for text in ALL if "<no value>" not in text):
        values = {
            "environment": {"TEXT": text},
            "workloads": {
                "texts": {
                    "containers": {"main": {"variables": {"PLAIN": text, "MORE": text}}},
                    "podAnnotations": {"example.com/a": text},
                }
            },
            "secrets": {"redis-texts--cache": {"values": {"password": text}}},
        }
        found = {(kind, name): item for (_, kind, _, name), item in made.objects(values).items()}
        files = found["ConfigMap", "texts-main-files"]["data"]
        secrets = found["Secret", "texts-main-files"]["stringData"]
        template = found["Deployment", "texts"]["spec"]["template"]
        container = charts.expanded(template["spec"]["containers"][0])
        given = template["spec"]["containers"][0]["env"]
        variables = {it["name"]: it.get("value") for it in container["env"]}
        as_given = {it["name"]: it.get("value") for it in given}
        places = {
            "file": (files["env"], text),
            "file between lines": (files["lines"], f"a\n{text}\nb\n"),
            "secret": (found["Secret", "redis-texts--cache"]["stringData"]["password"], text),
            "file with a secret": (secrets["secret"], f"a\n{text}\nb\n"),
            "variable of the environment": (variables["ENV"], text),
            "variable around it": (variables["MIXED"], f"${text}(A)"),
            "value of a variable": (as_given["PLAIN"], text),
            "another variable": (as_given["MORE"], text),
            "annotation": (template["metadata"]["annotations"].get("example.com/a"), text),
        }
        # Only Helm's own parser reads some characters in the output of `toYaml` correctly.
        if not yaml_can(text):
            del places["annotation"]
        for place, (got, wanted) in places.items():
            if got != wanted:
                yield f"{place}: {json.dumps(wanted)[:200]} became {json.dumps(got)[:200]}"
