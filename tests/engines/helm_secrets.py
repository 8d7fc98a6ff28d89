"""Secrets of charts: they are generated on installation with the required length and alphabet, are the same
everywhere, are in no file of a chart, and can be replaced by values and existing Secrets. Also checks
required environment variables.
"""

import json
import string

import charts
import helm_python
import helm_values
import yaml
from cases import ROOT, copy_case
from helm_releases import references

# Alphabets and lengths: letters and digits, few characters, characters with a meaning in
# expressions.
ALPHABETS = [
    (string.ascii_letters + string.digits, 24),
    (string.ascii_letters + string.digits, 1),
    ("01", 64),
    ("abcdef", 8),
    ("0123456789abcdef", 500),
    ("-]^[", 40),
    ("{}", 30),
    ("<>&%*()|?+.!@~;,:=/", 60),
    ("".join(sorted(set(map(chr, range(33, 127))) - set("'\"`\\$#"))), 100),
]
SCORE = """
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: "busybox:1"
    variables: {URL: "a:${resources.safe.s0}", LICENCE: "${resources.licence.KEY}"}
    files:
FILES
resources: {safe: {type: safe}, licence: {type: licence}}
"""
LICENCE = """
apiVersion: score-rs/v1
kind: Provisioner
type: licence
outputs: {properties: {KEY: {type: string}}}
values: {KEY: "{{ env('LICENCE_KEY', required=true) }}"}
"""
HOME = "safe-web--safe"


def checks(folders):
    """Names and problems."""
    folder = folders.fresh("secrets")
    project(folder)
    failed, made = charts.make(folder, "--provisioners", "safe.yaml")
    if not failed:
        failed, expected = charts.kubernetes(
            folder, "--provisioners", "safe.yaml", variables={"LICENCE_KEY": "x"}
        )
    if failed:
        yield "secrets", failed
        return
    yield "secrets: to measure, and the same everywhere", list(measured(made))
    yield "secrets: in no file", list(hidden(made, expected))
    yield "secrets: values and existing ones", list(replaced(made))
    yield "secrets: what is required", list(required(made))
    folder = folders.fresh("given")
    copy_case(ROOT / "tests/cases/run/kubernetes", folder)
    failed, made = charts.make(folder)
    if not failed:
        failed, expected = charts.kubernetes(folder)
    yield "secrets: given ones", failed or list(given(made, expected))


def project(folder):
    """A workload with a secret of each alphabet, in a variable and in files."""
    outputs = {f"s{n}": {"type": "string", "secret": True} for n, _ in enumerate(ALPHABETS)}
    values = {
        f"s{n}": f"{{{{ secret('s{n}', length={length}, alphabet={alphabet!r}) }}}}"
        for n, (alphabet, length) in enumerate(ALPHABETS)
    }
    safe = {
        "apiVersion": "score-rs/v1",
        "kind": "Provisioner",
        "type": "safe",
        "outputs": {"properties": outputs},
        "values": values,
    }
    (folder / "safe.yaml").write_text(f"{json.dumps(safe)}\n---\n{LICENCE}")
    files = [
        f'      /s{n}: {{content: "<${{resources.safe.s{n}}}>${{resources.safe.s{n}}}\\n"}}\n'
        for n, _ in enumerate(ALPHABETS)
    ]
    (folder / "score.yaml").write_text(SCORE.replace("FILES\n", "".join(files)))


def rendered(made, values=None):
    """The contents of the Secret with secrets, and of the one with files."""
    values = helm_values.merged({"environment": {"LICENCE_KEY": "x"}}, values or {})
    objects = {(kind, name): item for (_, kind, _, name), item in made.objects(values).items()}
    return (
        objects,
        *(charts.secret_texts(objects.get(("Secret", name), {})) for name in (HOME, "web-main-files")),
    )


def measured(made):
    """The problems of generated secrets."""
    texts = made.texts({"environment": {"LICENCE_KEY": "x"}}).items()
    home = next(text for path, text in texts if path.endswith(f"{HOME}-secret.yaml"))
    if yaml.safe_load(home)["metadata"]["annotations"].get(charts.POLICY) != "keep":
        yield "a Secret goes with its release"
    seen = set()
    for _ in range(20):
        _, home, files = rendered(made)
        for number, (alphabet, length) in enumerate(ALPHABETS):
            value = home[f"s{number}"]
            if len(value) != length or set(value) - set(alphabet):
                yield f"{value!r} has not {length} characters of {alphabet!r}"
            if files[f"s{number}"] != f"<{value}>{value}\n":
                yield f"{value!r} is {files[f's{number}']!r} in a file"
        seen.add(home["s0"])
    if len(seen) < 20:
        yield f"only {len(seen)} of 20 differ"


def hidden(made, expected):
    """Files of a chart that contain a secret, derived from the project key or set by other means."""
    secrets = [item for item in expected.values() if item["kind"] == "Secret"]
    values = {value for item in secrets for value in charts.secret_texts(item).values() if len(value) > 7}
    if not values:
        yield "there are no secrets"
    for path in sorted(made.folder.rglob("*")):
        if path.is_file():
            text = path.read_text()
            yield from (f"{path.name} holds {value!r:.40}" for value in values if value in text)


def replaced(made):
    """The problems if values set secrets, or refer to Secrets."""
    _, home, files = rendered(made, {"secrets": {HOME: {"values": {"s0": 'a "b" $c\n'}}}})
    if home["s0"] != 'a "b" $c\n' or files["s0"] != '<a "b" $c\n>a "b" $c\n\n':
        yield f"a value is {home['s0']!r} and {files['s0']!r}"
    known = {f"s{n}": f"value {n}" for n, _ in enumerate(ALPHABETS)}
    existing = {HOME: {"existingSecret": "mine", "values": known}}
    objects, _, files = rendered(made, {"secrets": existing})
    if ("Secret", HOME) in objects or files["s1"] != "<value 1>value 1\n":
        yield "an existing Secret is made, or its values are not used"
    names = {name for item in objects.values() for kind, name in references(item) if kind == "Secret"}
    if names != {"mine", "web-main-files"}:
        yield f"the Secrets that are used are {names}"
    try:
        rendered(made, {"secrets": {HOME: {"existingSecret": "mine"}}})
        yield "an unknown value of an existing Secret is made up"
    except helm_python.HelmError as error:
        if f"set secrets.{HOME}.values.s0, or create the Secret in the namespace" not in str(error):
            yield f"the message is {error}"
    both = {HOME: {"existingSecret": "mine"}, "web-main-files": {"existingSecret": "yours"}}
    objects, _, _ = rendered(made, {"secrets": both})
    if any(kind == "Secret" for kind, _ in objects):
        yield "there are Secrets, though all exist already"


def required(made):
    """The problems if a required value is missing."""
    try:
        made.objects()
        yield "a chart without a value that is required is rendered"
    except helm_python.HelmError as error:
        if "set environment.LICENCE_KEY, which is required" not in str(error):
            yield f"the message is {error}"


def given(made, expected):
    """The problems with Secrets that were created by other means."""
    yield from hidden(made, expected)
    try:
        made.objects()
        yield "a secret that was given is made up"
    except helm_python.HelmError as error:
        if "set secrets.vault-web--vault.values." not in str(error):
            yield f"the message is {error}"
