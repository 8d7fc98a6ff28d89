"""Common parts of the checks with the engines: the cases and examples, the binary, and a count of results.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def tested():
    """The binary to test. `tests/run` passes its hash, so that no other binary is tested by mistake."""
    path = Path(os.environ.get("SCORE_RS_BIN", ROOT / "target/debug/score-rs")).resolve()
    expected = os.environ.get("SCORE_RS_SHA256")
    if expected and hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        sys.exit(f"{path} is not the binary to test")
    return path


BINARY = tested()
# The entries of a case's folder that are not input files of its commands.
CONTROL = ["cmd", "env", "stdin", "expected"]
# The project key of all tests; it protects nothing.
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


class Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):
    """Parses YAML 1.1, and rejects duplicate keys."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.YAMLError(f"the key {key!r} twice, {node.start_mark}")
            seen.add(key)
        return super().construct_mapping(node, deep)


class Tally:
    """The number of checks that passed, failed or could not be judged."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.unjudged = 0

    def note(self, name, problems):
        if problems:
            self.failed += 1
            print(f"FAIL {name}")
            for problem in problems:
                print("    " + problem.replace("\n", "\n    "))
        else:
            self.passed += 1


class Folders:
    """New folders with the same name, because Compose derives names from it."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.count = 0
        self.names = {}

    def fresh(self, name):
        self.count += 1
        self.names[str(self.count)] = name
        folder = self.scratch / str(self.count) / "project"
        folder.mkdir(parents=True)
        return folder


def copy_case(case, folder):
    """Copies the input files of a case."""
    ignore = shutil.ignore_patterns(*CONTROL)
    shutil.copytree(case, folder, ignore=ignore, symlinks=True, dirs_exist_ok=True)
    # Git does not store permissions, and a key that other users can read is rejected.
    for key in folder.rglob(".score-rs/key"):
        key.chmod(0o600)


def commands(case):
    """The commands of a case that succeed, as lists of arguments."""
    lines = [shlex.split(line) for line in (case / "cmd").read_text().splitlines() if line.strip()]
    exits = case / "expected/exit"
    codes = exits.read_text().split() if exits.is_file() else ["0"] * len(lines)
    return [line for line, code in zip(lines, codes, strict=True) if code == "0"]


def environment(case):
    """The environment variables of a case; an empty value removes a variable."""
    path = case / "env"
    lines = path.read_text().splitlines() if path.is_file() else []
    return dict(line.split("=", 1) for line in lines)


def run_binary(folder, *arguments, variables=None, stdin=b""):
    """Runs the binary, and returns problems and its output."""
    environment = {"PATH": os.environ["PATH"], "SCORE_RS_KEY": KEY, "NO_COLOR": "1", **(variables or {})}
    run = subprocess.run(
        [BINARY, *arguments],
        cwd=folder,
        env={name: value for name, value in environment.items() if value},
        input=stdin,
        capture_output=True,
    )
    problems = [f"exit code {run.returncode}", run.stderr.decode()] if run.returncode else []
    return problems, run.stdout.decode()


def differences(path, expected, found):
    """The differences between two JSON values."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted({*expected, *found}):
            if name not in found:
                yield f"{path}.{name} is not there"
            elif name not in expected:
                yield f"{path}.{name} is {found[name]!r}, which nothing asks for"
            else:
                yield from differences(f"{path}.{name}", expected[name], found[name])
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, pair in enumerate(zip(expected, found)):
            yield from differences(f"{path}.{number}", *pair)
    elif expected != found or type(expected) is not type(found):
        yield f"{path} is {found!r:.300} rather than {expected!r:.300}"
