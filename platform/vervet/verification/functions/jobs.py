"""Owns the jobs by which a function is judged: judge and solver, or both in one.

Says what lies in which isolation: nothing of the tests is ever in the solver's.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from vervet.core.digests import digest_json
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.core.values import Solution
from vervet.sandbox.job import Check, File, Job, Program
from vervet.verification.functions.tests import TAG, Tests, portable

__all__ = ["Way", "beside_job", "kit_digest", "pair_job"]

PROFILE = "python"
SOLUTION = "solution.py"
SHARED = ("bounds", "writer", "reader", "pipe")
MODULES = {
    "solver": (*SHARED, "solver"),
    "judge": (*SHARED, "account", "remote", "judge"),
    "beside": (*SHARED, "account", "remote", "judge", "beside"),
}
"""The modules of each program in the order of their imports, its main one last."""
PATIENCE_S = 5.0
"""How much longer than the solver's wall time the judge may wait."""


@dataclass(frozen=True, slots=True)
class Way:
    """How tests are to be run: mirror what is changed in place, let objects be called, go on
    after an assert that fails."""

    mirror: bool = False
    handles: bool = False
    go_on: bool = False


def pair_job(tests: Tests, solution: Solution, way: Way, limits: Limits) -> Job:
    """A judge that holds the tests, and a solver that holds the solution."""
    judge = Program(PROFILE, (*_program("judge"),), ("judge.py",))
    files = (*_program("solver"), _solution(tests, solution))
    solver = Program(PROFILE, files, ("solver.py", tests.entry_point))
    check = Check("tests", _told(tests, way, ""))
    waiting = replace(limits, wall_s=limits.wall_s + PATIENCE_S)
    return Job(judge, (check,), waiting, peer=solver, peer_limits=limits)


def beside_job(tests: Tests, solution: Solution, way: Way, limits: Limits, word: str) -> Job:
    """One program that holds both; `word` is to come before what it tells."""
    files = (*_program("beside"), _solution(tests, solution))
    check = Check("tests", _told(tests, way, word))
    return Job(Program(PROFILE, files, ("beside.py",)), (check,), limits)


@cache
def kit_digest() -> str:
    """Identity of the code that runs inside."""
    return digest_json({name: _source(name) for name in ("boot", *MODULES["beside"], "solver")})


def _told(tests: Tests, way: Way, word: str) -> bytes:
    return portable(
        {
            "word": word,
            "entry_point": tests.entry_point,
            "context": dict(tests.context),
            "test": dict(tests.code),
            "mirror": way.mirror,
            "handles": way.handles,
            "go_on": way.go_on,
        }
    )


def _solution(tests: Tests, solution: Solution) -> File:
    text = tests.prompt + solution.text
    return File(SOLUTION, text.encode("utf-8", "surrogatepass"))


@cache
def _program(name: str) -> tuple[File, ...]:
    """What starts the program `name`, and its modules, compiled and as sources."""
    modules = []
    for part in ("", *MODULES[name]):
        source = _source(part or "__init__")
        full = f"functions.{part}".rstrip(".")
        code = compile(source, f"{full}.py", "exec", dont_inherit=True)
        modules.append((full, source, marshal.dumps(code)))
    kit: Mapping[str, Any] = {"tag": TAG, "modules": modules}
    boot = _source("boot").encode()
    return File(f"{name}.py", boot), File("kit", portable(kit))


@cache
def _source(name: str) -> str:
    return (sandboxes_dir() / "functions" / f"{name}.py").read_text(encoding="utf-8")
