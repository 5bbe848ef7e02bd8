"""Owns which system calls a candidate may make, as a classic-BPF program for the kernel.

Never loads it: the guest does, in the child that is to become the candidate. Whatever is not
allowed here is refused with EPERM; what this table does not know is answered with ENOSYS, as
by an older kernel, so that the C library falls back.
"""

from __future__ import annotations

from functools import cache

from vervet.core.errors import NoIsolationError
from vervet.sandbox.seccomp_program import Filter, assemble
from vervet.sandbox.seccomp_rules import rules
from vervet.sandbox.syscalls import MACHINES

__all__ = ["Filter", "candidate_filter"]


@cache
def candidate_filter(
    machine: str, *, processes: bool = False, strict_files: bool = False
) -> Filter:
    """The filter for one candidate on a machine, named as by `platform.machine()`.

    With `processes`, the candidate may start others, and must be alone in its jail. With
    `strict_files`, no namespace hides the host's files, sockets and processes: refused is
    then, too, what Landlock does not govern. Raises `NoIsolationError` for other machines.
    """
    if machine not in MACHINES:
        raise NoIsolationError(
            f"there is no table of system calls for the machine {machine!r}",
            hint=f"Vervet isolates candidates on {' and '.join(MACHINES)}.",
        )
    decided = rules(processes=processes, strict_files=strict_files)
    return assemble(MACHINES[machine], decided)
