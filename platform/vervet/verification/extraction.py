"""Owns what of a completion is the solution: a fenced block, bare code, a continuation.

Pure text; never compiles or runs what it finds, and never judges it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from vervet.core.values import Solution

__all__ = ["CUT", "NOTHING", "Fence", "extract_code", "extract_marked", "nothing", "until_stop"]

CUT = "cut"
NOTHING = "nothing_extracted"
Fence = Literal["first", "last"]

OPENING = re.compile(r"^[ \t]{0,3}(?P<fence>`{3,}|~{3,})[^\n`]*$", re.MULTILINE)


def until_stop(completion: str, stop: Iterable[str]) -> str:
    """The completion up to the earliest of the stop strings; generators may not have cut it."""
    found = [completion.find(text) for text in stop if text]
    return completion[: min((at for at in found if at >= 0), default=len(completion))]


def extract_code(
    kind: str, completion: str, *, stop: Iterable[str], cut: bool, fence: Fence
) -> Solution:
    """The program in a completion: its first or last fenced block, else the text as it is.

    Stop strings end a continuation, but nothing inside a block that opens before them. Leading
    blanks are kept, since the text may continue a prompt; trailing ones are dropped, so that
    completions that differ in them are one solution. A block that never closes reaches to the
    end. Whether it is Python is for the sandbox to say; "cut" is only what has nothing left.
    """
    text = until_stop(completion, stop)
    if OPENING.search(text):
        text = fenced_blocks(completion)[0 if fence == "first" else -1]
    text = text.rstrip()
    return Solution(kind, f"{text}\n") if text else nothing(kind, cut=cut)


def fenced_blocks(text: str) -> list[str]:
    """The contents of Markdown's fenced blocks, in order; closed ones, else an open one."""
    closed: list[str] = []
    at = 0
    while (opening := OPENING.search(text, at)) is not None:
        mark = re.escape(opening["fence"])
        closing = re.compile(rf"^[ \t]{{0,3}}{mark}[`~]*[ \t]*$", re.MULTILINE).search(
            text, opening.end()
        )
        if closing is None:
            rest = text[opening.end() + 1 :]
            return closed or [rest]
        closed.append(text[opening.end() + 1 : closing.start()])
        at = closing.end()
    return [block for block in closed if block.strip()] or closed


def extract_marked(
    kind: str, completion: str, *, mark: str, stop: Iterable[str], cut: bool
) -> Solution:
    """What follows the first `mark` on its line."""
    _, found, rest = until_stop(completion, stop).partition(mark)
    answer = rest.lstrip().partition("\n")[0].strip() if found else ""
    return Solution(kind, answer) if answer else nothing(kind, cut=cut)


def nothing(kind: str, *, cut: bool) -> Solution:
    """A solution that is none, with why: cut by the token limit, or nothing was there."""
    return Solution(kind, "", malformed=CUT if cut else NOTHING)
