"""Owns an instance's official eval script as two: what installs, and what tests.

Never changes a command. The script's own git commands, which put the tests in place, are left
out of both: the host puts them there, since what a patch installs could have replaced git.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from vervet.core.errors import ProblemError
from vervet.core.values import Problem

__all__ = ["END", "REPOSITORY", "START", "Script", "script_of"]

REPOSITORY = "/testbed"
START, END = ">>>>> Start Test Output", ">>>>> End Test Output"
_SETTING = re.compile(r"(?:source |conda activate |cd |export |set |LANG=|LC_ALL=|#!)")
_MOST = 1 << 20
STATUS = "TESTS_STATUS"


@dataclass(frozen=True, slots=True)
class Script:
    """An eval script in parts.

    `install` is everything before the tests are put in place; `settings` are the lines of it
    that hold for the shell (environment, folder); `commands` stand between the markers; `restored`
    are the files that the script resets to the base commit, relative to the repository.
    """

    install: str
    settings: tuple[str, ...]
    commands: tuple[str, ...]
    restored: tuple[str, ...]

    def testing(self, commands: tuple[str, ...] | None = None) -> str:
        """The script that runs the tests, markers and all; `commands` in place of its own.

        It ends with the exit code of the tests, which no line that they print can change.
        """
        lines = ["#!/bin/bash", *self.settings, f": '{START}'", *(commands or self.commands)]
        return "\n".join([*lines, f"{STATUS}=$?", f": '{END}'", f'exit "${STATUS}"', ""])


def script_of(problem: Problem) -> Script:
    """The parts of a problem's script. Raises `ProblemError` where they cannot be told apart."""
    text = problem.spec.get("eval_script")
    if not isinstance(text, str) or not text.strip() or len(text) > _MOST:
        raise ProblemError(f"problem {problem.id}: 'eval_script' is missing or no text")
    base = str(problem.spec.get("base_commit", ""))
    lines = text.splitlines()
    head = f"git checkout {base}"
    first = next((at for at, line in enumerate(lines) if line.startswith(head)), None)
    start = _marker(problem, lines, START)
    end = _marker(problem, lines, END)
    if first is None or not base or not first < start < end:
        raise ProblemError(
            f"problem {problem.id}: its eval script does not check out its tests and mark their "
            "output",
            hint="It is to be an eval script of swebench 4.1 or later.",
        )
    commands = tuple(line for line in lines[start + 1 : end] if line.strip())
    if not commands:
        raise ProblemError(f"problem {problem.id}: its eval script runs no test")
    install = lines[:first]
    settings = tuple(line for line in install if _SETTING.match(line) and line[:2] != "#!")
    return Script("\n".join([*install, ""]), settings, commands, _files(lines[first], head))


def _marker(problem: Problem, lines: list[str], marker: str) -> int:
    found = [at for at, line in enumerate(lines) if marker in line]
    if len(found) != 1:
        raise ProblemError(f"problem {problem.id}: its eval script has {len(found)} {marker!r}")
    return found[0]


def _files(line: str, head: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line.removeprefix(head)))
    except ValueError:
        return ()
