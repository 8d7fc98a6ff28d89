"""Asks Docker Compose about the fields of the compiler's table, and writes its verdicts.

`python tests/engines/compose_fields.py` reads `crates/compiler/src/targets/compose/fields.txt`, gives each field each
of the values of `VALUES` in a project, and writes `fields/verdicts.txt` beside it, which a test compares with the
table. It takes some minutes. Words that a field is restricted to, and fields that are missing, are not the concern of
the table.
"""

import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import compose

DOCKER_COMPOSE = Path(compose.__file__).parent / "docker-compose"
FOLDER = Path(__file__).parents[2] / "crates/compiler/src/targets/compose"
TABLE = FOLDER / "fields.txt"
VERDICTS = FOLDER / "fields/verdicts.txt"

VALUES = ["x", "5", "0.5", "true", "30s", "64m", True, 5, 0.5, None, ["x"], [5], [None]]
VALUES += [{"k": "x"}, {"k": 5}, {"k": [5]}, {"x-k": 1}]

# Fields that are in no type.
UNKNOWN = ["x-k", "bogus"]

# Where a map of a type is in a project: keys, and `-` for an item of a list.
PATHS = """
service services a
attachment services a networks default
block_io services a blkio_config
build services a build
config configs c
credential services a credential_spec
dependency services a depends_on b
deploy services a deploy
develop services a develop
device services a devices -
env_file services a env_file -
extends services a extends
generic_resource services a deploy resources reservations generic_resources -
gpu services a deploy resources reservations devices -
grant services a secrets -
healthcheck services a healthcheck
hook services a pre_stop -
ipam networks n ipam
ipam_pool networks n ipam config -
limit services a ulimits nofile
limits services a deploy resources limits
logging services a logging
model models m
model_use services a models m
mount services a volumes -
mount_bind services a volumes - bind
mount_image services a volumes - image
mount_tmpfs services a volumes - tmpfs
mount_volume services a volumes - volume
network networks n
placement services a deploy placement
port services a ports -
preference services a deploy placement preferences -
provider services a provider
rate services a blkio_config device_read_bps -
reference networks n external
reservations services a deploy resources reservations
resource_amount services a deploy resources reservations generic_resources - discrete_resource_spec
resources services a deploy resources
restart_policy services a deploy restart_policy
secret secrets c
update services a deploy update_config
volume volumes v
watch services a develop watch -
weight services a blkio_config weight_device -
"""

# The other fields that a map of a type needs.
NEEDED = {
    "dependency": {"condition": "service_started"},
    "device": {"source": "/s", "target": "/t"},
    "env_file": {"path": "/dev/null"},
    "extends": {"service": "b"},
    "gpu": {"capabilities": ["gpu"]},
    "grant": {"source": "s"},
    "hook": {"command": ["x"]},
    "limit": {"soft": 1, "hard": 2},
    "model": {"model": "x"},
    "mount": {"type": "bind", "source": "/s", "target": "/t"},
    "port": {"target": 80},
    "provider": {"type": "x"},
    "rate": {"path": "/p", "rate": 1},
    "watch": {"path": ".", "action": "rebuild"},
    "weight": {"path": "/p", "weight": 1},
}

# The types of mounts that their parts belong to.
MOUNTS = {"mount_bind": "bind", "mount_image": "image", "mount_tmpfs": "tmpfs", "mount_volume": "volume"}

# Messages about something other than the form of a value, before those about forms in the same words.
ACCEPTED = ["value must be one of", "value must be '", "does not match pattern", "missing property"]
REFUSED = ["validating", "while interpolating", "unexpected type", "unsupported expose", "unconvertible type"]
REFUSED += ["invalid size", "invalid suffix", "invalid boolean", "parsing", " time: ", "unexpected value type"]
REFUSED += ["invalid type"]
# Compose stops before it looks at the value, or crashes.
UNJUDGED = ["main.go", "cannot extend service", ".service is required", "missing a mount target"]


def fields():
    """The types of the table with their fields."""
    of = None
    for line in TABLE.read_text().splitlines():
        if line.startswith("  "):
            yield of, line.split()[0]
        elif line.endswith(":") and not line.startswith("#"):
            if of is not None:
                yield from ((of, field) for field in UNKNOWN)
            of = line.rstrip(":!")
    yield from ((of, field) for field in UNKNOWN)


def project(of, path, field, value):
    tree = {**NEEDED.get(of, {}), field: value}
    for key in reversed(path):
        tree = [tree] if key == "-" else {key: tree}
    if of in MOUNTS:
        mount = tree["services"]["a"]["volumes"][0]
        mount |= {"type": MOUNTS[of], "target": "/t"} | ({} if of == "mount_tmpfs" else {"source": "/s"})
    if of == "model_use":
        tree["models"] = {"m": {"model": "x"}}
    service = tree.get("services", {}).get("a")
    if service is not None and of != "provider":
        service.setdefault("image", "x")
    return tree


def verdict(case):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "compose.yaml"
        path.write_text(json.dumps(project(*case)))
        command = [DOCKER_COMPOSE, "-p", "p", "-f", path, "config"]
        run = subprocess.run(command, capture_output=True, text=True, env={"HOME": folder, "PATH": "/usr/bin"})
    message = (run.stderr.strip().splitlines() or [""])[-1]

    def found(parts):
        return any(part in message for part in parts)

    if run.returncode == 0 or found(ACCEPTED):
        return "."
    if found(UNJUDGED):
        return "?"
    return "x" if found(REFUSED) else "."


def main():
    paths = dict((of, keys) for of, *keys in map(str.split, PATHS.strip().splitlines()))
    rows = list(fields())
    cases = [(of, paths[of], field, value) for of, field in rows for value in VALUES]
    with ThreadPoolExecutor() as pool:
        verdicts = pool.map(verdict, cases)
        verdicts = [[next(verdicts) for _ in VALUES] for _ in rows]
    version = subprocess.run([DOCKER_COMPOSE, "version", "--short"], capture_output=True, text=True).stdout.strip()
    lines = [
        f"# The verdicts of Docker Compose {version} about values of fields, written by tests/engines/compose_fields.py: `.` if the",
        "# form is accepted, `x` if it is refused, `?` if it is not judged. The values are:",
        f"# {json.dumps(VALUES)}",
    ]
    lines += [f"{of} {field} {''.join(row)}" for (of, field), row in zip(rows, verdicts)]
    VERDICTS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
