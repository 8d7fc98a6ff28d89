"""Compares two documents up to random words: each random word of one stands for exactly one of the other."""

import re

# The shortest word that can be random.
SHORTEST = 4


def words(text):
    return re.findall(r"[A-Za-z0-9]+", text)


class Pairs:
    """A bijection between random words. Those of the Go tools are in their state; no word of the input files is one."""

    def __init__(self, inputs, state):
        self.inputs, self.state = inputs, state
        self.forward = {}
        self.backward = {}

    def copy(self):
        copy = Pairs(self.inputs, self.state)
        copy.forward, copy.backward = dict(self.forward), dict(self.backward)
        return copy

    def match(self, left, right):
        """Whether two strings differ only in random words of the same length; if so, remembers these."""
        left_parts, right_parts = (re.split(r"([A-Za-z0-9]+)", text) for text in (left, right))
        if len(left_parts) != len(right_parts):
            return False
        trial = self.copy()
        for a, b in zip(left_parts, right_parts):
            if not trial.fits(a, b):
                return False
            if a != b:
                trial.forward[a], trial.backward[b] = b, a
        self.forward, self.backward = trial.forward, trial.backward
        return True

    def fits(self, a, b):
        if a in self.forward or b in self.backward:
            return self.forward.get(a) == b and self.backward.get(b) == a
        return a == b or (SHORTEST <= len(a) == len(b) and a in self.state and b not in self.inputs)


def differences(go, rs, pairs, place=""):
    """What differs between the document of a Go tool and that of score-rs. Extends the pairs."""
    if isinstance(go, dict) and isinstance(rs, dict):
        return differences_of_maps(go, rs, pairs, place)
    if isinstance(go, list) and isinstance(rs, list) and len(go) == len(rs):
        found = [differences(a, b, pairs, f"{place}[{n}]") for n, (a, b) in enumerate(zip(go, rs))]
        return [one for many in found for one in many]
    if isinstance(go, str) and isinstance(rs, str) and pairs.match(go, rs):
        return []
    if type(go) is type(rs) and go == rs and not isinstance(go, str):
        return []
    return [f"{place}: there {go!r}, here {rs!r}"]


def differences_of_maps(go, rs, pairs, place):
    found = []
    # Words that are the same on both sides are seen before others are paired with them.
    for key in [key for key in go if key in rs and pairs.match(key, key)]:
        found += differences(go[key], rs[key], pairs, f"{place}/{key}")
    left = [key for key in go if key not in rs]
    right = [key for key in rs if key not in go]
    for key in left:
        partner = best_partner(key, go, rs, right, pairs)
        if partner is None:
            found.append(f"{place}/{key}: only there, {go[key]!r}")
            continue
        right.remove(partner)
        pairs.match(key, partner)
        found += differences(go[key], rs[partner], pairs, f"{place}/{key}")
    return found + [f"{place}/{key}: only here, {rs[key]!r}" for key in right]


def best_partner(key, go, rs, candidates, pairs):
    """The key with which a key is paired: the first whose value is the same, or the first that is possible."""
    possible = [other for other in candidates if pairs.copy().match(key, other)]
    for other in possible:
        trial = pairs.copy()
        trial.match(key, other)
        if not differences(go[key], rs[other], trial):
            return other
    return possible[0] if possible else None
