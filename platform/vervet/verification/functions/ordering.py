"""Owns which asserts of a problem's tests may change places: those that stand in one row.

What lies between two rows (a loop, an assignment) stays where it is, and no row passes it.
"""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, groupby

from vervet.core.values import Problem
from vervet.verification import spec
from vervet.verification.functions.tests import tests_of
from vervet.verification.ordering import Places, shuffled

__all__ = ["reordered"]

CACHED = 256


def reordered(problem: Problem, seed: int) -> tuple[Problem, Places | None]:
    """See `Reorderable.reordered`.

    Places are known where every assert is met once, in the order of the text (none in a loop, a
    branch or an inner function), and where nothing was moved. Raises `ProblemError`.
    """
    tests = tests_of(problem)
    if "asserts" in problem.spec:
        asserts = problem.spec["asserts"]
        places = shuffled(range(len(asserts)), random.Random(seed))
        return _with(problem, asserts=[asserts[place] for place in places]), places
    text, places = _rows_shuffled(spec.text_of(problem, problem.spec, "test"), seed)
    if places == tuple(range(len(places))):
        return problem, ()
    known = len(tests.asserts) == len(places) == tests.reaches
    return _with(problem, test=text), places if known else None


def _with(problem: Problem, **change: object) -> Problem:
    return replace(problem, spec={**problem.spec, **change})


@lru_cache(CACHED)
def _rows_shuffled(text: str, seed: int) -> tuple[str, Places]:
    """The text with the asserts of each row in `check` shuffled; which stands where.

    The numbers are those of the asserts that stand at the top level, of the module first, which
    are met before those of `check`. Statements are moved as they are written, to the byte.
    """
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data.decode())
    found = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"
    ]
    first = sum(isinstance(node, ast.Assert) for node in tree.body)
    spans, places = _Lines(data), list(range(first))
    written, source, end = [], random.Random(seed), 0
    for row in _rows(found[-1].body if found else ()):
        order = shuffled(range(len(row)), source)
        places += [first + place for place in order]
        first += len(row)
        for here, there in zip(row, (row[place] for place in order), strict=True):
            start, stop = spans.of(here)
            written += [data[end:start], data[slice(*spans.of(there))]]
            end = stop
    return b"".join((*written, data[end:])).decode(), tuple(places)


def _rows(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """The asserts that follow each other immediately."""
    for is_assert, row in groupby(body, lambda node: isinstance(node, ast.Assert)):
        if is_assert:
            yield list(row)


class _Lines:
    """Where statements lie in a text, in bytes."""

    def __init__(self, data: bytes) -> None:
        sizes = (len(line) for line in data.splitlines(keepends=True))
        self._starts = [0, *accumulate(sizes)]

    def of(self, node: ast.stmt) -> tuple[int, int]:
        """Its first byte, and the one after its last."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )
