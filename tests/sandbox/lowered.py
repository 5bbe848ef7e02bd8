"""Jails of a host that can do less than this one, and what must hold in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.sandbox.hostile.case import PROBE, Case, attempt_at
from tests.sandbox.hostile.catalogue import CASES
from vervet.core.status import Status
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.jail import JailSandbox

__all__ = [
    "ALLOWED", "HERE", "REFUSED_BY_SECCOMP", "REFUSED_WITHOUT_NAMESPACES", "STILL_REFUSED", "cases",
    "lowered", "wrong",
]  # fmt: skip

HERE = abilities_here()
STILL_REFUSED = (
    "infinite loop", "memory bomb", "infinite output", "stderr flood", "sleeps", "thread bomb",
    "recursion", "reads /etc/shadow", "inherited descriptors", "looks through /proc at others",
    "closes everything", "forges the report on every descriptor but its outputs",
    "looks for the expected output in its memory",
)  # fmt: skip
ALLOWED = (
    "fork bomb where processes are allowed", "forks until refused where processes are allowed",
    "memory bomb in many processes", "daemon in another session",
)  # fmt: skip
REFUSED_BY_SECCOMP = (
    "fork", "a subprocess", "kills everyone", "kills its parent", "connects by TCP",
    "an abstract socket", "a socket of every family", "System V shared memory", "POSIX queues",
    "mounts", "namespaces by clone", "unshare", "io_uring", "keyrings", "memfd_create",
    "process_vm_readv", "asks DNS", "becomes somebody else", "ptrace",
)  # fmt: skip
REFUSED_WITHOUT_NAMESPACES = (
    "writes to every visible path", "makes nodes in every visible place",
    "changes and removes what it sees", "opens the docker socket",
)  # fmt: skip


def cases(*names: str) -> list[Case]:
    return [case for case in CASES if case.name in names or case.item in names]


@contextmanager
def lowered(**abilities: Any) -> Iterator[JailSandbox]:
    made = JailSandbox(abilities=replace(HERE, **abilities))
    try:
        yield made
    finally:
        made.close()


def wrong(
    sandbox: JailSandbox, *names: str, processes: bool = True
) -> dict[str, tuple[str, str, str]]:
    """The cases that did not come to what they must, or spoilt the next verdict.

    Without `processes`, those that may start some are left out.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for case in cases(*names):
        if case.processes and not processes:
            continue
        attempt, after = attempt_at(sandbox, case), attempt_at(sandbox, PROBE)
        met = case.is_met_by(attempt.status, attempt.code, attempt.layers)
        if not met or after.status is not Status.PASSED:
            found[case.name] = (attempt.status, attempt.code, attempt.message)
    return found
