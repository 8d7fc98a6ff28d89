#!/usr/bin/env python3
"""Checks the dependencies of the workspace and of the fuzz targets against `deny.toml`: their licences, forbidden
crates, crates with several versions, and sources. It needs no network if Cargo has the packages.

Entries of `deny.toml` that have no effect are failures, too.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = ("Cargo.toml", "fuzz/Cargo.toml")


class Licence:
    """A reader of SPDX licence expressions, in which `/` means `OR` as in early manifests. It collects the allowed
    licences that satisfy an expression."""

    def __init__(self, expression, allowed):
        self.words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))
        self.allowed = allowed
        self.used = set()
        self.is_satisfied = self.any()
        if self.words:
            raise ValueError(f"unexpected `{self.words[0]}` in `{expression}`")

    def any(self):
        # Each operand has to be read, even if an earlier one decides.
        found = [self.all()]
        while self.take("OR"):
            found.append(self.all())
        return any(found)

    def all(self):
        found = [self.single()]
        while self.take("AND"):
            found.append(self.single())
        return all(found)

    def single(self):
        if self.take("("):
            found = self.any()
            if not self.take(")"):
                raise ValueError("a parenthesis is not closed")
            return found
        name = self.words.pop(0)
        if self.take("WITH"):
            name = f"{name} WITH {self.words.pop(0)}"
        if name in self.allowed:
            self.used.add(name)
        return name in self.allowed

    def take(self, word):
        is_next = self.words[:1] == [word]
        if is_next:
            self.words.pop(0)
        return is_next


def check_reader():
    """Checks the reader of expressions with examples."""
    for expression, expected in {
        "A": True,
        "C": False,
        "C OR A": True,
        "C/A": True,
        "A AND C": False,
        "C AND A OR B": True,
        "C AND (A OR B)": False,
        "(A OR C) AND B": True,
        "A WITH exception": False,
        "B WITH exception AND B": True,
    }.items():
        allowed = {"A", "B", "B WITH exception"}
        assert Licence(expression, allowed).is_satisfied == expected, expression


def packages(manifest):
    """The packages in a lock file, for all platforms and features."""
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version=1"]
    command.append(f"--manifest-path={ROOT / manifest}")
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)["packages"]


def check(packages, rules):
    """The problems of the packages, by lock file."""
    allowed = set(rules["licenses"]["allow"])
    registries = {f"registry+{url}" for url in rules["sources"]["allow-registry"]}
    banned = {rule["crate"]: rule["reason"] for rule in rules["bans"]["deny"]}
    skipped = {rule["crate"] for rule in rules["bans"]["skip"]}
    used, several = set(), set()
    for manifest, of_manifest in packages.items():
        versions = defaultdict(list)
        for package in of_manifest:
            name = package["name"]
            versions[name].append(package["version"])
            if name in banned:
                yield f"{manifest}: `{name}` is forbidden: {banned[name]}"
            # Packages of this repository have no source.
            if package["source"] is not None and package["source"] not in registries:
                yield f"{manifest}: `{name}` comes from `{package['source']}`"
            if package["publish"] == []:
                continue
            licence = Licence(package["license"] or "none", allowed)
            used |= licence.used
            if not licence.is_satisfied:
                yield f"{manifest}: the licence of `{name}` is not allowed: {package['license']}"
        for name, all_versions in versions.items():
            if len(all_versions) > 1:
                several.add(name)
                if name not in skipped:
                    yield f"{manifest}: `{name}` has several versions: {', '.join(all_versions)}"
    for licence in sorted(allowed - used):
        yield f"deny.toml: the allowed licence `{licence}` is not used"
    for name in sorted(skipped - several):
        yield f"deny.toml: the skipped crate `{name}` does not have several versions"


def main():
    check_reader()
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    found = {manifest: packages(manifest) for manifest in MANIFESTS}
    problems = list(check(found, rules))
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{sum(map(len, found.values()))} packages checked")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
