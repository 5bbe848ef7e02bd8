"""Finds the problem that a recorded candidate belongs to: by id, by prompt, by function name.

Recorded prompts are often edited (examples dropped from the docstring), so a prompt that is
not one of the suite's is matched by the name of its last function, and, where several
problems share that name, by the longest common beginning. A question is matched by the prompt
that holds it whole.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile

from vervet.core.digests import digest_text
from vervet.core.errors import CandidateError
from vervet.core.values import Problem, Suite

__all__ = ["PromptMatcher"]

_DEF = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
_OFFERS = 100  # Looking for the nearest id is slow, and a foreign file has a million of them.
_LEAD = re.compile(r"^\w+: +")
_COLON = re.compile(r":[ \t]*(?:#.*)?\r?\n")


class PromptMatcher:
    """Looks candidates' problems up in one suite."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite.name
        self._unknown = 0
        self._ids = {problem.id for problem in suite.problems}
        self._by_prompt: dict[str, list[Problem]] = defaultdict(list)
        self._by_function: dict[str, list[Problem]] = defaultdict(list)
        self._by_line: dict[str, list[Problem]] | None = None
        self._problems = suite.problems
        self._taken: dict[str, tuple[str, int]] = {}
        for problem in suite.problems:
            self._by_prompt[problem.prompt].append(problem)
            if "entry_point" in problem.spec:
                self._by_function[problem.spec["entry_point"]].append(problem)

    def by_id(self, task_id: object) -> str:
        """The id, if the suite has it. Raises `CandidateError` otherwise."""
        name = str(task_id) if isinstance(task_id, int) else task_id
        if isinstance(name, str) and name in self._ids:
            return name
        self._unknown += 1
        near: list[str] = []
        if self._unknown <= _OFFERS:
            near = difflib.get_close_matches(str(task_id)[:200], self._ids, n=1, cutoff=0.8)
        offer = f"; the nearest is {near[0]!r}" if near else ""
        raise CandidateError(f"no problem of suite {self._suite} has the id {task_id!r:.80}{offer}")

    def by_prompt(self, prompt: str, line: int) -> str:
        """The id of the one problem that `prompt` stands for.

        Raises `CandidateError` if there is none, or several, or if an earlier line with
        another prompt was matched to the same problem.
        """
        problem = self._exact(prompt) or self._named(prompt)
        key = digest_text(prompt)
        taken, earlier = self._taken.setdefault(problem.id, (key, line))
        if taken != key:
            raise CandidateError(
                f"its prompt leads to {problem.id!r}, as the other prompt of line {earlier} does"
            )
        return problem.id

    def by_question(self, question: str) -> str:
        """The id of the one problem whose prompt holds `question`.

        Raises `CandidateError` if there is none, or several.
        """
        question = question.strip()
        if self._by_line is None:
            self._by_line = _lines(self._problems)
        first = question.partition("\n")[0].strip()
        found = [one for one in self._by_line.get(first, []) if question in one.prompt]
        if not found:
            raise CandidateError(f"no problem of suite {self._suite} asks its question")
        if len(found) > 1:
            ids = ", ".join(problem.id for problem in found[:4])
            raise CandidateError(f"its question is asked by several problems: {ids}")
        return found[0].id

    def _exact(self, prompt: str) -> Problem | None:
        found = self._by_prompt.get(prompt, [])
        if len(found) > 1:
            ids = ", ".join(problem.id for problem in found[:4])
            raise CandidateError(f"its prompt is the one of several problems: {ids}")
        return found[0] if found else None

    def _named(self, prompt: str) -> Problem:
        names = _DEF.findall(prompt)
        if not names:
            raise CandidateError("its prompt is no prompt of the suite and defines no function")
        name = names[-1]
        found = [one for one in self._by_function.get(name, []) if _fits(one, prompt, name)]
        if not found:
            raise CandidateError(f"no problem of suite {self._suite} asks for function {name!r}")
        shared = sorted(((_common(one.prompt, prompt), one) for one in found), key=lambda p: p[0])
        if len(shared) > 1 and shared[-1][0] == shared[-2][0]:
            ids = ", ".join(problem.id for problem in found[:4])
            raise CandidateError(f"function {name!r} is asked for by several problems: {ids}")
        return shared[-1][1]


def _lines(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Problems by each line of their prompt, with and without a lead such as "Question: "."""
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        lines = {line.strip() for line in problem.prompt.split("\n")}
        for line in lines | {_LEAD.sub("", line) for line in lines}:
            found[line].append(problem)
    return found


def _fits(problem: Problem, prompt: str, name: str) -> bool:
    """Whether both prompts name the same parameters of the function."""
    return _parameters(problem.prompt, name) == _parameters(prompt, name)


def _parameters(prompt: str, name: str) -> list[str]:
    """Words of the last signature of `name`, up to its colon's line end; [] without one."""
    starts = [found.end() for found in _DEF.finditer(prompt) if found[1] == name]
    if not starts:
        return []
    signature = _COLON.split(prompt[starts[-1] :], maxsplit=1)[0]
    return re.findall(r"\w+", signature)


def _common(one: str, other: str) -> int:
    """Length of the common beginning, blanks and line ends aside."""
    pairs = zip("".join(one.split()), "".join(other.split()), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
