"""Owns how texts of others are made fit to be read: nothing invisible, nothing endless, and where
two of them differ. Pure.

What is shown holds printable characters alone, whatever came; who writes it escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from vervet.verification.judging import EVIDENCE_CAP as KEPT

__all__ = [
    "BLANKS",
    "LONGEST",
    "Line",
    "Pair",
    "listed",
    "pair_lines",
    "plain",
    "short",
    "shown_line",
]

BLANKS = "· is a space that could be overlooked, → a tab"
"""What the signs of `shown_line` mean."""
MOST_BYTES = 64 * 1024
MOST_LINES = 120
"""So many lines of a text are compared: what a comparison takes may grow with their cube."""
LONGEST = 160
"""Characters of a line that are shown; a longer one is cut around what differs."""
AROUND = 30
MOST_LISTED, LONGEST_LISTED = 8, 60
CONTEXT = 2
"""Equal lines that are shown before and after a difference."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, ready to be shown: `number` from 1; `changed` is what the other side has not."""

    number: int
    before: str
    changed: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """The whole line."""
        return self.before + self.changed + self.after


@dataclass(frozen=True, slots=True)
class Pair:
    """What stands side by side; None where a side has nothing. With `gap` it stands for so many
    equal lines that are not shown."""

    left: Line | None = None
    right: Line | None = None
    gap: int = 0

    @property
    def same(self) -> bool:
        """Whether the two sides are equal."""
        return bool(self.gap) or (
            self.left is not None
            and self.right is not None
            and not self.left.changed
            and not self.right.changed
            and self.left.text == self.right.text
        )


def plain(text: str) -> str:
    """A text on one line: every run of blanks is a space, what cannot be seen is written out."""
    return "".join(map(_seen, " ".join(text.split())))


def short(text: str, most: int = LONGEST) -> str:
    """The same, at most `most` characters of it: an ellipsis stands for the rest."""
    # A character that is written out takes ten at most; so much need not be read of megabytes.
    said = plain(text[: most + 1])
    return said if len(said) <= most and len(text) <= most else f"{said[: most - 1]}…"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, the first few of them."""
    said = [short(name, LONGEST_LISTED) for name in names[:MOST_LISTED]]
    more = len(names) - MOST_LISTED
    if more > 0:
        return f"{', '.join(said)} and {more:,} more"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def shown_line(text: str) -> str:
    """A line whose blanks can be seen where they could be overlooked; see `BLANKS`."""
    return "".join(_signs(_cut(text, LONGEST)))


def pair_lines(expected: bytes, actual: bytes) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Two outputs side by side, and in words what of them is not shown.

    Equal lines far from any difference are one `gap`. A newline at the end makes no line of its
    own; the words say so where nothing else differs.
    """
    (left, left_more), (right, right_more) = _lines(expected), _lines(actual)
    words = [*_rest("expected", left_more), *_rest("actual", right_more)]
    pairs = list(_pairs(left, right))
    words += _hidden(expected, actual) if all(pair.same for pair in pairs) else []
    words += [f"the {side} output is empty" for side in _empty(expected, actual)]
    if max(len(expected), len(actual)) >= KEPT:
        words.append(f"only the first {KEPT:,} bytes of an output are kept")
    return tuple(_folded(pairs)), tuple(words)


def _lines(output: bytes) -> tuple[list[str], tuple[int, int]]:
    """The lines that are compared; how many lines and bytes more there are."""
    text = output[:MOST_BYTES].decode("utf-8", "backslashreplace")
    lines = text.removesuffix("\n").split("\n") if text else []
    return lines[:MOST_LINES], (max(0, len(lines) - MOST_LINES), max(0, len(output) - MOST_BYTES))


def _rest(side: str, more: tuple[int, int]) -> list[str]:
    lines, size = more
    found = [f"{lines:,} more lines"] if lines else []
    found += [f"{size:,} more bytes"] if size else []
    return [f"{side}: {' and '.join(found)}"] if found else []


def _hidden(expected: bytes, actual: bytes) -> list[str]:
    """How outputs differ of which all lines that are shown are equal."""
    if expected == actual:
        return []
    if expected.rstrip(b"\n") == actual.rstrip(b"\n"):
        return ["only newlines at the end differ"]
    return ["what differs is not among what is shown"]


def _empty(expected: bytes, actual: bytes) -> list[str]:
    return [side for side, output in (("expected", expected), ("actual", actual)) if not output]


def _pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[Pair]:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        for at in range(max(a_end - a, b_end - b)):
            one = left[a + at] if a + at < a_end else None
            other = right[b + at] if b + at < b_end else None
            numbers = a + at + 1, b + at + 1
            if tag == "equal" and one is not None:
                text = shown_line(one)
                yield Pair(Line(numbers[0], text), Line(numbers[1], text))
            elif one is not None and other is not None:
                first, second = _apart(one, other)
                yield Pair(Line(numbers[0], *first), Line(numbers[1], *second))
            elif one is not None:
                yield Pair(left=Line(numbers[0], "", shown_line(one)))
            elif other is not None:
                yield Pair(right=Line(numbers[1], "", shown_line(other)))


Parts = tuple[str, str, str]


def _apart(one: str, other: str) -> tuple[Parts, Parts]:
    """Two lines in three parts: what they begin with alike, what differs, how they end alike."""
    begin = _common(one, other)
    end = _common(one[begin:][::-1], other[begin:][::-1])
    return _parts(one, begin, end), _parts(other, begin, end)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _parts(line: str, begin: int, end: int) -> Parts:
    before, changed, after = line[:begin], line[begin : len(line) - end], line[len(line) - end :]
    if len(line) > LONGEST:
        before = before if begin <= AROUND else f"…{before[-AROUND:]}"
        changed, after = _cut(changed, LONGEST - 2 * AROUND), _cut(after, AROUND)
    signs = _signs(before + changed + after)
    begin, end = len(before), len(before) + len(changed)
    return "".join(signs[:begin]), "".join(signs[begin:end]), "".join(signs[end:])


def _cut(text: str, most: int) -> str:
    more = len(text) - most
    return text if more <= 0 else f"{text[:most]}… {more:,} more"


def _signs(line: str) -> list[str]:
    """What stands for each character of a line."""
    inner = len(line) - len(line.lstrip(" ")), len(line.rstrip(" "))
    return [_sign(line, at, char, inner) for at, char in enumerate(line)]


def _sign(line: str, at: int, char: str, inner: tuple[int, int]) -> str:
    if char == " ":
        alone = line[at - 1 : at] != " " and line[at + 1 : at + 2] != " "
        return " " if alone and inner[0] <= at < inner[1] else "·"
    if char == "\t":
        return "→"
    # A sign that was in the text is written out: it is never taken for what it stands for.
    return ascii(char)[1:-1] if char in "·→" else _seen(char)


def _seen(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]


def _folded(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """The pairs with equal ones left out that are further than `CONTEXT` from a difference."""
    near = {
        at + step
        for at, pair in enumerate(pairs)
        if not pair.same
        for step in range(-CONTEXT, CONTEXT + 1)
    }
    gap = 0
    for at, pair in enumerate(pairs):
        if at not in near:
            gap += 1
            continue
        if gap:
            yield Pair(gap=gap)
            gap = 0
        yield pair
    if gap:
        yield Pair(gap=gap)
