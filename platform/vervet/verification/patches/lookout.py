"""A look at patched source for what reaches into the tests: new sights, for people to judge.

Sees names, not meanings: a sight is no proof, and what hides well enough is not seen. Only what
is not in the file before the patch counts. The lists of names are in `lookout_names.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vervet.verification.patches.aside import Aside
from vervet.verification.patches.lookout_names import Sight

__all__ = ["DEADLINE_S", "MAX_SOURCE", "Finding", "Sight", "look"]

MAX_SOURCE = 2 << 20
"""Longest source that is looked at, in characters; a longer one is a finding itself."""
DEADLINE_S = 20.0
"""Longest time that a look at one file may take."""
MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """Something new in a file: where (line from 1), of what kind, the expression, and words."""

    path: str
    line: int
    kind: Sight
    expression: str
    words: str


def look(path: str, before: str, after: str, *, deadline_s: float = DEADLINE_S) -> list[Finding]:
    """What the patched source has of interest that the source before it had not, by line.

    `before` is empty for a new file. Runs in a side process; source that brings it down or is not
    read in time is a finding of kind `unread`. Raises nothing.
    """
    if before == after:
        return []
    if len(after) > MAX_SOURCE:
        return [_unread(path, f"has more than {MAX_SOURCE:,} characters")]
    asked = {"path": path, "before": before[:MAX_SOURCE], "after": after}
    answer = _eyes.ask(asked, deadline_s)
    if answer is None:
        return [_unread(path, "could not be read with the time and memory that there is for it")]
    return [
        Finding(path, line, Sight(kind), expression, Sight(kind).words)
        for line, kind, expression in answer["sights"][:MOST_FINDINGS]
    ]


def _unread(path: str, words: str) -> Finding:
    return Finding(path, 1, Sight.UNREAD, "", words)


_eyes = Aside("vervet.verification.patches.lookout_process", first_s=20.0)
