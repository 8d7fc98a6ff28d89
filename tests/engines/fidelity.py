"""Checks how Compose interprets generated files: each string arrives byte for byte, each field of the
specification has its effect, and nginx accepts each route.

The projects are defined here, compiled, and read with `docker-compose config --format json`, which prints `$`
as `$$`, so that its output is valid input.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import ROOT, Tally, differences, run_binary
from check import DOCKER_COMPOSE, NGINX, check_proxy

# Strings that Compose, YAML 1.1 or 1.2, or a shell could interpret.
TEXTS = [
    "", " ", "  ", "\t", "\n", "\n\n", "\r\n", "a\rb", " a", "a ", " a ", "\ta\t", "a\n", "a\n\n", "\na", " \n a\n ",
    "a\nb", "a\n\nb\n", "  a\n b\n", "a \nb", "a\t\n", "\n  a\nb",
    "$", "$$", "$$$", "$$$$", "a$", "$a", "$a$b", "$1", "$_", "$ a", "$-", "$.", "$/", "${}", "${X}", "$${X}", "$$${X}",
    "${X:-a}", "${X:?a}", "${X?a}", "${X+a}", "${X:-${Y}}", "${", "${X", "}$", "$(X)", "$$(X)", "$()", "$(", "$((1+1))", "`X`",
    '"$URL"', " $H", "'$H'", "\\$H", "\\${H}", "%H%", "{{ X }}", "{{X}}", "%{X}", "<%= X %>",
    "'", "''", '"', '""', "'a'", '"a"', "\\", "\\\\", "\\n", "\\t", "\\u0041", "a\\", "\\\"", "it's", 'say "a"',
    "#", "#a", "a#b", "a #b", "a # b", ": ", ":", "a:", "a: b", ":a", "a:b", "- ", "-", "- a", "-a", "? a", "? ", "| a", "> a", "|", ">",
    "*", "*a", "&a", "!a", "!!str a", "%a", "@a", "=", "<<", "---", "--- a", "...", "{", "}", "[", "]", "{}", "[]", "{a: b}", "[a, b]", ",",
    "null", "Null", "~", "true", "True", "yes", "on", "n", "y", "0", "1", "-1", "+1", "01", "0o17", "0x1f", "1_000", "1.0", "1.", ".5",
    "1e3", "1e", ".inf", ".nan", "1:30", "190:20:30", "2024-01-01", "2024-01-01T00:00:00Z", "1Gi", "1,5",
    "é", "ü ß", "漢字", "🎈", "e\u0301", "\u00a0", "\u200b", "\u2028", "\u2029", "\u0085", "\ufeff", "\ufeffa", "\ufffd", "\x7f", "\x01", "\x1b[31m",
    "x" * 3000, "word " * 300, ("line\n" * 50) + "end", "a" * 120 + " " + "b" * 120, "=a", "a=b", "A=b\nC=d", "export A=b",
]

# Strings that can precede a placeholder. An unclosed `${` would include the placeholder.
CLOSED = [text for text in TEXTS if not re.search(r"\$\{[^}]*$", text)]

# Strings that can also be on a single line, which is required for a variable with a secret.
LINES = [text for text in CLOSED if not re.search("[\n\r\0]", text)]


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        for name, test in (("texts", texts), ("fields", fields), ("routes", routes)):
            folder = Path(scratch) / name / "project"
            folder.mkdir(parents=True)
            tally.note(f"fidelity: {name}", test(folder))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


# Strings


def texts(folder):
    """The differences of strings in all places."""
    (folder / "sources").mkdir()
    files, configs = {}, {}
    for number, text in enumerate(TEXTS):
        files[f"/content/{number}"] = {"content": escaped(text)}
        files[f"/raw/{number}"] = {"content": text, "noExpand": True}
        (folder / f"sources/{number}").write_bytes(text.encode())
        files[f"/source/{number}"] = {"source": f"sources/{number}", "noExpand": True}
    for number, text in enumerate(CLOSED):
        configs[f"/config/{number}"] = {"content": f"{escaped(text)}${{resources.env.VALUE}}{escaped(text)}"}
    variables = {f"V{number}": escaped(text) for number, text in enumerate(TEXTS)}
    secrets = {f"S{number}": secret(text) for number, text in enumerate(LINES)}
    words = [escaped(text) for text in TEXTS]
    score = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {
            "name": "texts",
            "annotations": {
                "compose.score.dev/labels": json.dumps({f"l{n}": t for n, t in enumerate(TEXTS) if yaml_can(t)}),
                **{f"example.com/a{number}": text for number, text in enumerate(TEXTS)},
            },
        },
        "containers": {
            "main": {
                "image": "busybox:1.37",
                "command": words,
                "args": words,
                "variables": {**variables, **secrets},
                "files": {**files, **configs},
                "readinessProbe": {"exec": {"command": words}},
            }
        },
        "resources": {"cache": {"type": "redis"}, "env": {"type": "environment"}},
    }
    (folder / "score.yaml").write_text(as_yaml(score))
    # Compose interpolates a value once, and does not interpolate the result.
    value = "$V ${V} $$ '\" \\ #"
    problems, project = compile_and_read(folder, {"VALUE": value})
    if problems:
        return problems
    password = output(folder, "redis.default#texts.cache", "password")
    service = project["services"]["texts-main"]
    compare = Compare()
    for place in ("entrypoint", "command"):
        compare.texts(place, TEXTS, service[place])
    compare.texts("healthcheck", ["CMD", *TEXTS], service["healthcheck"]["test"])
    environment = service["environment"]
    compare.texts("variable", TEXTS, [environment.get(f"V{n}") for n, _ in enumerate(TEXTS)])
    expected = [f"{text}{password}{text}" for text in LINES]
    compare.texts("secret", expected, [environment.get(f"S{n}") for n, _ in enumerate(LINES)])
    annotations = service["annotations"]
    compare.texts("annotation", TEXTS, [annotations.get(f"example.com/a{n}") for n, _ in enumerate(TEXTS)])
    labels = [(n, text) for n, text in enumerate(TEXTS) if yaml_can(text)]
    compare.texts("label", [text for _, text in labels], [service["labels"].get(f"l{n}") for n, _ in labels])
    mounted = {mount["target"]: Path(mount["source"]) for mount in service["volumes"]}
    for place in ("content", "raw", "source"):
        found = [mounted[f"/{place}/{n}"].read_bytes() for n, _ in enumerate(TEXTS)]
        compare.bytes(f"file by `{place}`", [text.encode() for text in TEXTS], found)
    granted = {grant["target"]: grant["source"] for grant in service["configs"]}
    contents = [project["configs"][granted[f"/config/{n}"]]["content"] for n, _ in enumerate(CLOSED)]
    compare.texts("config", [f"{text}{value}{text}" for text in CLOSED], contents)
    return compare.problems


def secret(text):
    return f"{escaped(text)}${{resources.cache.password}}{escaped(text)}"


def escaped(text):
    """A string as written in a Score file where placeholders are expanded: `$` before a placeholder escapes it."""
    return re.sub(r"\$(\{[^}]*\})?", lambda it: "$" + it[0], text)


def yaml_can(text):
    """Whether a string can be written as JSON inside YAML. A few characters would need other escapes."""
    return not re.search("[\x7f\u0085\u2028\u2029\ufeff\u200b]", text)


def as_yaml(value):
    """JSON that YAML readers accept: more characters are escaped, and surrogate pairs are not used."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffd\u200b]", lambda it: f"\\u{ord(it[0]):04x}", text)


class Compare:
    """Collects differences."""

    def __init__(self):
        self.problems = []

    def texts(self, place, expected, found):
        """Compares strings printed by Compose."""
        self.bytes(place, [text.replace("$", "$$") for text in expected], found)

    def bytes(self, place, expected, found):
        if len(expected) != len(found):
            self.problems.append(f"{place}: {len(found)} of {len(expected)}")
        for wanted, got in zip(expected, found):
            if wanted != got:
                self.problems.append(f"{place}: {wanted!r:.200} became {got!r:.200}")


# Fields


SCORE = """
apiVersion: score.dev/v1b1
metadata:
  name: every
  annotations: {example.com/team: shop, compose.score.dev/http-probe: curl}
service:
  ports:
    http: {port: 80, targetPort: 8080}
    dns: {port: 53, protocol: UDP}
containers:
  main:
    image: example.com/main:1.2
    command: [/bin/main, -v]
    args: [serve, "$(GREETING)"]
    variables: {GREETING: "hello ${metadata.name}"}
    files:
      /etc/content: {content: "${metadata.name}", mode: "0400"}
      /etc/raw: {content: "${metadata.name}", noExpand: true, mode: "0755"}
      /etc/binary: {binaryContent: AP8=}
      /etc/source: {source: source.txt}
    volumes:
      /data: {source: "${resources.data}"}
      /part: {source: "${resources.data}", path: inner, readOnly: true}
    resources:
      limits: {cpu: 1500m, memory: 1.5Gi}
      requests: {cpu: "0.25", memory: 100M}
    readinessProbe:
      httpGet:
        scheme: HTTPS
        host: example.com
        path: /ready
        port: 8443
        httpHeaders: [{name: X-Probe, value: "yes"}]
      exec: {command: [check, --ready]}
  side:
    image: example.com/side:1
    before: {main: {ready: healthy}}
    livenessProbe: {exec: {command: [check]}}
  prepare:
    image: example.com/prepare:1
    before: {main: {ready: complete}, side: {ready: complete}}
  first:
    image: example.com/first:1
    before: {side: {ready: started}}
    livenessProbe:
      httpGet: {scheme: HTTP, host: localhost, path: "/?a=$b", port: 80, httpHeaders: [{name: Accept, value: a b}]}
resources:
  data: {type: volume}
  db: {type: postgres, class: default, id: shared, metadata: {annotations: {example.com/note: b}}, params: {}}
"""

CHECK = {"interval": "5s", "timeout": "5s", "start_period": "2m0s"}
REQUEST = ["CMD", "curl", "-fsS", "-o", "/dev/null", "--header", "Accept: a b", "http://localhost:80/?a=$$b"]
ANNOTATIONS = {"compose.score.dev/workload-name": "every", "example.com/team": "shop"}


def wait(condition, restart=False):
    return {"condition": condition, "required": True, **({"restart": True} if restart else {})}


def bind(path, target, **more):
    path = f"PROJECT/.score-rs/compose/every-main/{path}"
    return {"type": "bind", "source": path, "target": target, "bind": {}, **more}


def volume(target, **more):
    return {"type": "volume", "source": "volume-every--data", "target": target, **more}


SERVICES = {
    "every-first": {
        "annotations": ANNOTATIONS,
        "command": None,
        "depends_on": {"postgres-shared-setup": wait("service_completed_successfully")},
        "entrypoint": None,
        "healthcheck": {"test": REQUEST, **CHECK},
        "hostname": "every",
        "image": "example.com/first:1",
        "networks": {"default": None},
    },
    "every-main": {
        "annotations": ANNOTATIONS,
        "command": ["serve", "hello every"],
        "depends_on": {
            "every-first": wait("service_started", restart=True),
            "every-prepare": wait("service_completed_successfully"),
            "every-side": wait("service_healthy"),
        },
        "deploy": {
            "resources": {
                "limits": {"cpus": 1.5, "memory": str(1536 << 20)},
                "reservations": {"cpus": 0.25, "memory": "100000000"},
            },
            "placement": {},
        },
        "entrypoint": ["/bin/main", "-v"],
        "environment": {"GREETING": "hello every"},
        "healthcheck": {"test": ["CMD", "check", "--ready"], **CHECK},
        "image": "example.com/main:1.2",
        "network_mode": "service:every-first",
        "volumes": [
            volume("/data"),
            bind("etc/binary", "/etc/binary"),
            bind("etc/content", "/etc/content", read_only=True),
            bind("etc/raw", "/etc/raw"),
            bind("etc/source", "/etc/source"),
            volume("/part", read_only=True, volume={"subpath": "inner"}),
        ],
    },
    "every-prepare": {
        "annotations": ANNOTATIONS,
        "command": None,
        "depends_on": {"postgres-shared-setup": wait("service_completed_successfully")},
        "entrypoint": None,
        "image": "example.com/prepare:1",
        "networks": {"default": None},
    },
    "every-side": {
        "annotations": ANNOTATIONS,
        "command": None,
        "depends_on": {
            "every-first": wait("service_started"),
            "every-prepare": wait("service_completed_successfully"),
        },
        "entrypoint": None,
        "healthcheck": {"test": ["CMD", "check"], **CHECK},
        "image": "example.com/side:1",
        "network_mode": "service:every-first",
    },
}

FILES = {"content": b"every", "raw": b"${metadata.name}", "binary": b"\x00\xff", "source": b"from every\n"}
MODES = {"content": 0o600, "raw": 0o755, "binary": 0o644, "source": 0o644}


def fields(folder):
    """The differences of a workload with every field of the specification."""
    import yaml

    score = yaml.safe_load(SCORE)
    schema = json.loads((ROOT / "schemas/score-v1b1.json").read_text())
    problems = [f"the test has no `{path}`" for path in missing(schema, schema, score)]
    (folder / "score.yaml").write_text(SCORE)
    (folder / "source.txt").write_text("from ${metadata.name}\n")
    failed, project = compile_and_read(folder, {}, "--publish", "8080:every:8080", "--publish", "53:every:53")
    if failed:
        return problems + failed
    text = json.dumps(project["services"]).replace(str(folder.resolve()), "PROJECT")
    found = {name: it for name, it in json.loads(text).items() if name.startswith("every-")}
    expected = json.loads(json.dumps(SERVICES))
    expected["every-first"]["ports"] = [
        {"mode": "ingress", "target": 8080, "published": "8080", "protocol": "tcp"},
        {"mode": "ingress", "target": 53, "published": "53", "protocol": "udp"},
    ]
    problems += differences("services", expected, found)
    compose = folder / ".score-rs/compose/every-main/etc"
    for name, content in FILES.items():
        path = compose / name
        if path.read_bytes() != content:
            problems.append(f"{name}: {path.read_bytes()!r} rather than {content!r}")
        if path.stat().st_mode & 0o777 != MODES[name]:
            problems.append(f"{name}: mode {path.stat().st_mode & 0o777:o}")
    problems += differences("volumes", ["postgres-instance-shared-data", "volume-every--data"], sorted(project["volumes"]))
    return problems


def missing(schema, root, *values, path=""):
    """The fields of a schema that none of the values has."""
    if "$ref" in schema:
        meant = root
        for step in schema["$ref"].split("/")[1:]:
            meant = meant[step]
        yield from missing(meant, root, *values, path=path)
        return
    if not values:
        yield path
        return
    maps = [value for value in values if isinstance(value, dict)]
    for name, inner in schema.get("properties", {}).items():
        # A deprecated form is marked beside its value; in the other form, the value is the key.
        if name != "target":
            yield from missing(inner, root, *[it[name] for it in maps if name in it], path=f"{path}.{name}")
    if isinstance(schema.get("additionalProperties"), dict):
        inner = [value for it in maps for value in it.values()]
        yield from missing(schema["additionalProperties"], root, *inner, path=f"{path}.*")


# Routes

PATHS = [
    "/", "/a", "/a/b", "/a.b", "/a-b_c~d", "/a%20b", "/A", "/é", "/a b", "/a;b", "/a#b", "/#", "/$", "/$uri", "/${uri}", "/a{", "/a}",
    "/a{2}", "/a{2,}", "/{2}", "/a+", "/a*", "/a?", "/a|b", "/(a|b)", "/(a", "/a)", "/[a-z]", "/[a", "/[]a]", "/.*", "/^a", "/a$", "/\\.",
    "/\\d+", "/\\/", "/\\\\", "/\\", "/\"a\"", "/'a'", "/\\\"", "/`a`", "/=a", "/~a", "/(?i)a", "/(?:a)", "/(?<n>a)", "/\\1", "/\\Q", "/x" * 500,
]


def routes(folder):
    """The routes accepted by score-rs that nginx rejects."""
    if not NGINX:
        print("nginx is not installed, so that no route was checked")
        return []
    problems = []
    taken = 0
    for path in PATHS:
        score = {
            "apiVersion": "score.dev/v1b1",
            "metadata": {"name": "web"},
            "service": {"ports": {"http": {"port": 80}}},
            "containers": {"main": {"image": "nginx:1.29"}},
            "resources": {
                "way": {"type": "route", "params": {"host": "a.localhost", "path": escaped(path), "port": 80}}
            },
        }
        (folder / "score.yaml").write_text(as_yaml(score))
        failed, _ = run_binary(folder, "generate", "-q", "-t", "compose", "score.yaml")
        if failed:
            # score-rs reports that this is not a path.
            known = any(code in failed[1] for code in ("target/invalid", "resource/params"))
            problems += [] if known else [f"{path}: {failed}"]
            continue
        taken += 1
        problems += [f"{path}: {it}" for it in check_proxy(folder / ".score-rs/compose/routes/nginx.conf")]
    if taken < len(PATHS) / 2:
        problems.append(f"only {taken} of {len(PATHS)} were taken")
    return problems


# Programs


def compile_and_read(folder, variables, *options):
    """The problems, and the project as interpreted by Compose."""
    problems = run_binary(folder, "generate", "-q", "-t", "compose", "score.yaml", *options)[0]
    if problems:
        return problems, None
    run = subprocess.run(
        [DOCKER_COMPOSE, "config", "--format", "json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if run.returncode or run.stderr:
        return [f"exit code {run.returncode}", run.stderr.decode()], None
    return [], json.loads(run.stdout)


def output(folder, uid, name):
    """An output of a resource."""
    stdout = run_binary(folder, "resources", "get-outputs", uid, "--show-secrets", "score.yaml")[1]
    return json.loads(stdout)[name]


if __name__ == "__main__":
    sys.exit(main())
