"""The documented differences between the output of the Go tools and that of score-rs: those of both targets, and what
`compose_rules.py` and `kubernetes_rules.py` need.

Each rule names the row of `docs/compatibility.md` that documents it, and removes exactly this difference from both
documents. What differs after all rules is a failure.
"""

import copy
import json
import re
from pathlib import Path

from matching import words

ROOT = Path(__file__).resolve().parents[2]
# The types of resources that the Go tools and score-rs provision with provisioners of their own, and that projects use.
BUILT_IN = {"redis", "postgres", "volume"}


class Rule:
    def __init__(self, target, row, apply):
        self.target, self.row, self.apply = target, row, apply
        self.used = False

    def __call__(self, go, rs):
        before = copy.deepcopy((go, rs))
        self.apply(go, rs)
        changed = before != (go, rs)
        self.used |= changed
        return changed


RULES = []


def rule(target, row):
    """Adds a rule. A row is `HEADING: SUBJECT`."""

    def add(apply):
        RULES.append(Rule(target, row, apply))
        return apply

    return add


def undocumented(others):
    """The rows that rules and others rely on, and that the page does not have."""
    rows, heading = set(), None
    for line in (ROOT / "docs/compatibility.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| "):
            rows.add(f"{heading}: {line[2:].split(' | ')[0]}")
    return sorted(({rule.row for rule in RULES} | others) - rows)


def replace_text(document, replaced):
    """Replaces texts everywhere, also in keys."""
    text = json.dumps(document)
    for old, new in replaced:
        text = text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    document.clear()
    document.update(json.loads(text))


def remove(container, key, value):
    """Removes an entry if it has this value."""
    if isinstance(container, dict) and container.get(key, ...) == value:
        del container[key]


def is_given(text, go):
    """Whether a name or a password comes from the input, such as an imported state, and so must not change."""
    return set(words(text)) <= go.inputs



@rule("both", "Both targets: `dns`")
def dns(go, rs):
    for document, pattern in ((go, r"\bdns[a-z0-9]{6}\.localhost"), (rs, r"\b[a-z0-9-]+\.[a-z0-9-]+\.localhost")):
        found = set(re.findall(pattern, json.dumps(document)))
        replace_text(document, [(host, "<dns>") for host in found])


@rule("both", "Provisioners in lists: dates in strings")
def dates(go, _):
    date = r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"'
    found = set(re.findall(date, json.dumps(go).replace('\\"', '"')))
    replace_text(go, [(f'"{text}"', text) for text in found])
