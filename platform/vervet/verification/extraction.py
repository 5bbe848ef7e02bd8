"""Owns what of a completion is the solution: a fenced block, bare code, a continuation.

Pure text; never compiles or runs what it finds, and never judges it. docs/problems.md has the
rules in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vervet.core.values import Solution

__all__ = [
    "CUT",
    "NOTHING",
    "Fence",
    "ends_cleanly",
    "extract_code",
    "nothing",
    "until_stop",
]

CUT = "cut"
NOTHING = "nothing_extracted"
Fence = Literal["first", "last"]

OPENING = re.compile(r"^[ \t]{0,3}(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)$", re.MULTILINE)
NOT_CODE = {"text", "txt", "plaintext", "output", "console", "shell", "sh", "bash", "zsh"}
NOT_CODE |= {"json", "yaml", "markdown", "md", "diff"}
BEGINS_CODE = re.compile(
    r"^(?:(?:async[ \t]+)?def[ \t]|class[ \t]|import[ \t]|from[ \t]|@\w|#include\b|#!|using[ \t]|"
    r"public[ \t]|int[ \t]+main\b|if[ \t]+__name__)",
    re.MULTILINE,
)
LONGEST_SENTENCE = 2000
CODE_STOP = re.compile(r"\n\s*(?:@|#|(?:class|def|if|print|import|from|assert)\b)")
TOKEN = re.compile(r"""\\.?|\"{3}|'{3}|["'#\n\[\](){}]""", re.DOTALL)


def until_stop(completion: str, stop: Iterable[str]) -> str:
    """The completion up to the earliest of the stop strings; generators may not have cut it."""
    found = [completion.find(text) for text in stop if text]
    return completion[: min((at for at in found if at >= 0), default=len(completion))]


def extract_code(
    kind: str, completion: str, *, stop: Iterable[str], cut: bool, fence: Fence
) -> Solution:
    """The program in a completion: its first or last fenced block, else the text as it is.

    Leading blanks are kept, since the text may continue a prompt; trailing ones are dropped, so
    that completions that differ in them are one solution. Whether it is Python is for the
    sandbox to say. `cut` says that the token limit ended the completion: what it left is a
    solution only if it ends as a text that was not cut might, else malformed "cut".
    """
    text, whole = _code(completion, tuple(stop), fence)
    if cut and not whole and not ends_cleanly(text):
        return nothing(kind, cut=True)
    text = text.rstrip()
    return Solution(kind, f"{text}\n") if text else nothing(kind, cut=cut and not whole)


def _code(completion: str, stop: Sequence[str], fence: Fence) -> tuple[str, bool]:
    """The code, and whether something other than the end of the completion ended it."""
    answer = _is_answer(completion)
    if answer:  # Its functions and classes are its own: they do not begin something else.
        stop = [text for text in stop if not CODE_STOP.match(text)]
    text = until_stop(completion, stop)
    stopped = len(text) < len(completion)
    opening = OPENING.search(text)
    if opening is None:
        code, trimmed = _without_prose(text) if answer else (text, False)
        return code, stopped or trimmed
    if not opening["info"].strip() and _continues(text[: opening.start()]):
        return text[: opening.start()], True
    block = _chosen(_blocks(completion), fence)
    return block.text, block.closed


def _is_answer(completion: str) -> bool:
    """Whether a text begins as an answer does, in words or with whole code: no continuation."""
    first = completion.lstrip("\r\n").partition("\n")[0]
    whole = BEGINS_CODE.match(first) and not completion.startswith(("\n", "\r"))
    return bool(whole) or _is_sentence(first)


def _is_sentence(line: str) -> bool:
    """Whether a line at the margin is words for people, which is no line of a program."""
    line = line.rstrip()
    if not line or len(line) > LONGEST_SENTENCE or not line[0].isupper():
        return False
    if line[-1] not in ".:!?" or "=" in line or "#" in line:
        return False
    words = line[:-1].split()
    return len(words) > 2 or all(word.strip(",").isalpha() for word in words)


def _continues(before: str) -> bool:
    """Whether the text before a fence goes on with indented code, which the fence then closes."""
    return bool(before.strip()) and before.lstrip("\r\n").startswith((" ", "\t"))


def _without_prose(text: str) -> tuple[str, bool]:
    """The code of an answer that has no fences, and whether sentences followed it.

    Sentences before the first line of code and from the first one after it are left out; not
    those within a string.
    """
    begin = BEGINS_CODE.search(text)
    if begin is None:
        return text, False
    words_first = _is_sentence(text.lstrip("\r\n").partition("\n")[0])
    code = text[begin.start() :] if words_first else text
    scan = _Scan()
    kept = 0
    for line in code.splitlines(keepends=True):
        if _is_sentence(line) and not scan.open:
            return code[:kept], True
        scan.feed(line)
        kept += len(line)
    return code, False


@dataclass(frozen=True, slots=True)
class _Block:
    """A fenced block; `closed` unless the completion ended before it did."""

    info: str
    text: str
    closed: bool


def _blocks(text: str) -> list[_Block]:
    """Markdown's fenced blocks, in order."""
    found: list[_Block] = []
    at = 0
    while (opening := OPENING.search(text, at)) is not None:
        mark = re.escape(opening["fence"])
        closing = re.compile(rf"^[ \t]{{0,3}}{mark}[`~]*[ \t\r]*$", re.MULTILINE).search(
            text, opening.end()
        )
        end = len(text) if closing is None else closing.start()
        found.append(_Block(opening["info"], text[opening.end() + 1 : end], closing is not None))
        if closing is None:
            break
        at = closing.end()
    return found


def _chosen(blocks: list[_Block], fence: Fence) -> _Block:
    """The first or last block: finished ones before others, code before output, text before none.

    There is always one, since a fence was found.
    """
    for wanted in (_is_finished, _has_text, _is_code):
        blocks = [block for block in blocks if wanted(block)] or blocks
    return blocks[0 if fence == "first" else -1]


def _is_finished(block: _Block) -> bool:
    return block.closed


def _has_text(block: _Block) -> bool:
    return bool(block.text.strip())


def _is_code(block: _Block) -> bool:
    return block.info.strip().lower() not in NOT_CODE


def ends_cleanly(text: str) -> bool:
    """Whether code that a token limit ended may be the whole of what was meant.

    It ends with a line or in a comment, leaves no bracket or string open, and its last line of
    code begins no block. That is read from the text, the same for any language near to Python
    or C, in time linear in its length.
    """
    scan = _Scan()
    scan.feed(text)
    *lines, last = text.split("\n")
    if scan.open or (last.strip() and not scan.comment):
        return False
    code = [line.partition("#")[0].strip() for line in [*lines, last]]
    ending = next((line for line in reversed(code) if line), "")
    return bool(ending) and not ending.endswith((":", "\\")) and not ending.startswith("@")


@dataclass(slots=True)
class _Scan:
    """Where in strings, brackets and comments a text has come to; fed whole lines."""

    quote: str = ""
    depth: int = 0

    @property
    def open(self) -> bool:
        """Whether it is within a string or a bracket."""
        return self.depth > 0 or self.quote not in ("", "#")

    @property
    def comment(self) -> bool:
        """Whether it is within a comment."""
        return self.quote == "#"

    def feed(self, text: str) -> None:
        for found in TOKEN.finditer(text):
            token = found[0]
            if self.quote:
                ends = {self.quote, self.quote * 3} if self.quote != "#" else set()
                if token in ends or (token == "\n" and len(self.quote) == 1):
                    self.quote = ""
            elif token == "#" or token[0] in "\"'":
                self.quote = token
            elif token in "([{":
                self.depth += 1
            elif token in ")]}":
                self.depth = max(0, self.depth - 1)


def nothing(kind: str, *, cut: bool) -> Solution:
    """A solution that is none, with why: cut by the token limit, or nothing was there."""
    return Solution(kind, "", malformed=CUT if cut else NOTHING)
