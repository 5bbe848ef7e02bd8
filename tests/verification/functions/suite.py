"""Small problems of kind "function", and short ways to have a solution judged."""

from __future__ import annotations

from typing import Any

from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.protocol import Sandbox
from vervet.verification.functions import FunctionVerifier
from vervet.verification.registry import verify

__all__ = ["HELPED", "IN_PLACE", "RAISING", "SORTING", "SWALLOWING", "judge", "problem"]


def problem(entry_point: str, *asserts: str, **change: Any) -> Problem:
    """A problem of MBPP's form, without references; `change` goes into its spec."""
    spec = {"prompt": "", "entry_point": entry_point, "setup": "", "asserts": list(asserts)}
    return Problem(entry_point, "function", "", {**spec, **change})


def judge(sandbox: Sandbox, asked: Problem, code: str, **settings: Any) -> Attempt:
    """The attempt of a solution's whole text."""
    verifier = FunctionVerifier(**settings)
    verifier.check_problem(asked)
    return verify(verifier, sandbox, asked, Solution("function", code))


def _checked(entry_point: str, test: str, prompt: str = "", **change: Any) -> Problem:
    spec = {"prompt": prompt, "entry_point": entry_point, "test": test, **change}
    return Problem(entry_point, "function", prompt, spec)


SORTING = problem(
    "arranged",
    "assert arranged([3, 1, 2]) == [1, 2, 3]",
    "assert arranged([5, 4]) == [4, 5]",
    "assert arranged([]) == []",
)
"""The plainest one."""
IN_PLACE = problem(
    "arranged",
    "assert arranged(numbers) == sorted(numbers)",
    setup="numbers = [3, 1, 2]",
)
"""An emptied argument would make both sides equal."""
SWALLOWING = _checked(
    "half",
    """
def check(candidate):
    for number in (2, 4, 6):
        try:
            assert candidate(number) == number // 2
        except:
            pass
    try:
        candidate(3)
    except ValueError:
        pass
""",
)
"""Tests that catch everything."""
RAISING = _checked(
    "half",
    """
def check(candidate):
    assert candidate(8) == 4
    try:
        candidate(3)
    except ValueError as error:
        assert str(error) == "odd"
    else:
        assert False, "nothing was raised"
""",
    reaches=2,
)
"""Tests that need an exception to cross."""
HELPED = _checked(
    "decoded",
    """
def check(candidate):
    for word in ("abc", "xyz", "hello"):
        assert candidate(encoded(word)) == word
""",
    prompt='''
def encoded(word: str) -> str:
    """Every letter moved by five."""
    return "".join(chr((ord(c) + 5 - ord("a")) % 26 + ord("a")) for c in word)


def decoded(word: str) -> str:
    """Back again."""
''',
)
"""Tests that call what the prompt defines, as HumanEval/32, 38 and 50 do."""
