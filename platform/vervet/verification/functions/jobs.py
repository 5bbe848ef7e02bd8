"""Owns the jobs by which a function is judged: judge and solver, or both in one.

Says what lies in which isolation: nothing of the tests is ever in the solver's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from vervet.core.digests import digest_bytes
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.core.values import Solution
from vervet.sandbox.job import Check, File, Job, Program
from vervet.verification.functions.tests import Tests, portable

__all__ = ["Way", "beside_job", "court_digest", "pair_job"]

PROFILE = "python"
SOLUTION = "solution.py"
COURT = ("bounds", "writer", "reader", "pipe", "account", "remote", "judge", "solver", "beside")
"""Its modules in the order of their imports."""
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
    judge = Program(PROFILE, (_start("judge"),), ("judge.py",))
    files = (_start("solver"), _solution(tests, solution))
    solver = Program(PROFILE, files, ("solver.py", tests.entry_point))
    check = Check("tests", _told(tests, way, ""))
    waiting = replace(limits, wall_s=limits.wall_s + PATIENCE_S)
    return Job(judge, (check,), waiting, peer=solver, peer_limits=limits)


def beside_job(tests: Tests, solution: Solution, way: Way, limits: Limits, word: str) -> Job:
    """One program that holds both; `word` is to come before what it tells."""
    start = File("beside.py", _read("start_beside"))
    files = (start, _sources(), _solution(tests, solution))
    check = Check("tests", _told(tests, way, word))
    return Job(Program(PROFILE, files, ("beside.py",)), (check,), limits)


def _told(tests: Tests, way: Way, word: str) -> bytes:
    return portable(
        {
            "word": word,
            "entry_point": tests.entry_point,
            "contexts": [dict(code) for code in tests.contexts],
            "test": dict(tests.code),
            "mirror": way.mirror,
            "handles": way.handles,
            "go_on": way.go_on,
        }
    )


def _solution(tests: Tests, solution: Solution) -> File:
    text = tests.prompt + solution.text
    return File(SOLUTION, text.encode("utf-8", "surrogatepass"))


def _start(name: str) -> File:
    """What starts a program of `sandboxes/functions`, which the guest has loaded before."""
    return File(f"{name}.py", f"from court.{name} import main\n\nmain()\n".encode())


@cache
def court_digest() -> str:
    """Identity of the code that runs inside."""
    return digest_bytes(_sources().data + _read("start_beside"))


@cache
def _sources() -> File:
    """The court as text, for reference mode, whose fresh interpreter has loaded nothing."""
    modules = [
        ("court", ""),
        *((f"court.{name}", _read(f"court/{name}").decode()) for name in COURT),
    ]
    return File("court.sources", portable(modules))


def _read(name: str) -> bytes:
    return (sandboxes_dir() / "functions" / f"{name}.py").read_bytes()
