"""Owns special judges: a suite's own program says whether an output is right.

It runs in a jail of its own, never the candidate's, and gets input, output and expected output
as files. Exit status 0 accepts, 1 or 2 reject; anything else is a failure of the judge, which is
never held against the candidate unless the judge does well on the expected output.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from vervet.core.digests import digest_text
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.job import Check, CheckReport, File, Job, Program
from vervet.verification import judging

__all__ = ["LIMITS", "Judge", "Judged", "inside", "words_of"]

LIMITS = Limits(cpu_s=10.0, wall_s=40.0, output=1 << 16)
SHIM, SOURCE = "judge.py", "special_judge.py"


class Judged(Enum):
    """What a judge said of one output."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BROKEN = "broken"
    """Nothing: it crashed, met a limit, or ended with another exit status than 0, 1 or 2."""


@cache
def _shim() -> bytes:
    return (sandboxes_dir() / "judges" / SHIM).read_bytes()


def inside() -> dict[str, str]:
    """What decides how judges are run inside, for a verifier's digest."""
    return {"judge": digest_text(_shim().decode())}


@dataclass(frozen=True, slots=True)
class Judge:
    """A suite's judge, in Python."""

    source: str

    def job(self, tests: Iterable[tuple[str, bytes, bytes, bytes]]) -> Job:
        """One check per test: its name, the input, the candidate's output, the expected output."""
        source = self.source.encode("utf-8", "surrogatepass")
        program = Program("python", (File(SHIM, _shim()), File(SOURCE, source)), (SHIM,))
        checks = tuple(Check(name, _framed(*files)) for name, *files in tests)
        largest = max(len(check.stdin) for check in checks)
        return Job(program, checks, replace(LIMITS, file_size=max(LIMITS.file_size, largest)))

    @staticmethod
    def judged(check: CheckReport) -> Judged:
        """What the exit status says."""
        if check.limit is not None or check.signal is not None or check.stage != "run":
            return Judged.BROKEN
        match check.exit_code:
            case 0:
                return Judged.ACCEPTED
            case 1 | 2:
                return Judged.REJECTED
        return Judged.BROKEN


def words_of(check: CheckReport) -> str:
    """What a judge wrote last, or which limit ended it."""
    return (
        judging.limit_words(check)
        or judging.last_line(check.stderr)
        or judging.last_line(check.stdout)
    )


def _framed(*files: bytes) -> bytes:
    sizes = " ".join(str(len(file)) for file in files)
    return b"".join((f"{sizes}\n".encode(), *files))
