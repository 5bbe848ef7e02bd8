"""What a case is, and how it is judged: by the real verifier, on a real sandbox."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vervet.core.status import Status
from vervet.core.values import Attempt, Problem
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.syscalls import MACHINES
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

__all__ = ["LIMITS", "PROBE", "TRY", "Case", "attempt_at", "number_of"]

SCOPES = ("scopes",) if abilities_here().landlock >= 6 else ()
"""What Landlock can do from this ABI on: keep signals from processes that it does not confine."""
LIMITS = {
    "cpu_s": 0.3,
    "wall_s": 30.0,
    "memory": 256 << 20,
    "output": 1 << 20,
    "processes": 16,
    "compile_s": 5.0,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A program, what it must come to, and what it is given.

    `item` is what the project promised to withstand, in its words. Several `code`s: any of
    them; none: whatever it is. `processes`: the problem allows the program to start others.
    `without` says what it comes to where a layer is not in force: another status is right there.
    """

    name: str
    item: str
    source: str
    status: Status
    code: str | tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    stdin: str = "6 7\n"
    expected: str = "42\n"
    processes: bool = False
    without: Mapping[str, Status] = field(default_factory=dict)

    def is_met_by(self, status: str, code: str, layers: Sequence[str]) -> bool:
        """Whether an attempt under these layers came to what it must."""
        in_force = {*layers, *(SCOPES if "landlock" in layers else ())}
        for layer, other in self.without.items():
            if layer not in in_force:
                return status == other
        codes = (self.code,) if isinstance(self.code, str) else self.code
        return status == self.status and (not codes or code in codes)


def attempt_at(sandbox: Sandbox, case: Case) -> Attempt:
    """The attempt of the program verifier at the case's program."""
    spec: dict[str, Any] = {
        "tests": [{"input": case.stdin, "output": case.expected}],
        "limits": LIMITS | case.limits,
    }
    if case.processes:
        spec["processes_allowed"] = True
    problem = Problem(id=case.name, kind="program", prompt="", spec=spec)
    verifier = ProgramVerifier()
    verifier.check_problem(problem)
    solution = verifier.extract(problem, case.source, cut=False)
    return verify(verifier, sandbox, problem, solution)


PROBE = Case(
    "probe",
    "the next verdict",
    "a, b = map(int, input().split())\nprint(a * b)",
    Status.PASSED,
)


def number_of(call: str) -> int:
    """The number of a system call on this machine; -1 where it has none of that name."""
    return MACHINES[platform.machine()].numbers.get(call, -1)


TRY = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
room = ctypes.create_string_buffer(4096)
got = []
def call(number, *arguments):
    if number < 0:
        return
    ctypes.set_errno(0)
    result = libc.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a
                            for a in (number, *arguments)))
    if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
        got.append((number, result, ctypes.get_errno()))
"""
"""Python for a case: `call` asks the kernel, `got` holds what was not plainly refused."""
