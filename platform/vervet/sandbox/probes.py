"""Owns the hostile questions that a sandbox is asked: each a program, and the answer that is safe.

The programs lie in `probe_programs`. Never decides what is done about an answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.sandbox.job import Check, CheckReport, File, Job, LimitHit, Program
from vervet.sandbox.probe_programs import (
    DAEMON,
    DESCRIPTORS,
    FINDS,
    FORKS,
    LEAVES,
    MARK,
    NETWORK,
    PLAIN,
    READS,
    SIGNALS,
    STARTS,
    THREADS,
    WRITES,
    asking,
)
from vervet.sandbox.protocol import Sandbox

__all__ = ["QUESTIONS", "Probe", "Question", "ask"]

QUICK = Limits(cpu_s=1.0, wall_s=5.0, memory=256 << 20, processes=8)
DEADLINE = Limits(cpu_s=1.0, wall_s=0.2)
BURN = Limits(cpu_s=0.15, wall_s=5.0)


@dataclass(frozen=True, slots=True)
class Probe:
    """One promise of a sandbox: its name, whether it holds here, and how that was seen."""

    name: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """A program that tries something, and what its check looks like where that fails.

    `needs` are the layers that answer for it: where one is not in force, the question is not
    asked. `brief`: asked of every backend, also those that are not in use. `processes`: the
    program may start others. `first` runs before it, as another candidate.
    """

    name: str
    source: str
    holds: Callable[[CheckReport], bool]
    yes: str
    no: str
    limits: Limits = QUICK
    needs: frozenset[str] = frozenset()
    brief: bool = False
    processes: bool = False
    first: str = ""
    outside: Callable[[], str] | None = None


def ask(sandbox: Sandbox, question: Question) -> Probe:
    """Ask a sandbox one question: a real job in real isolation."""
    try:
        if question.first:
            sandbox.run(_job(question.first, question), lambda _: True)
        report = sandbox.run(_job(question.source, question), lambda _: True)
    except JobError as error:
        return Probe(question.name, False, error.message)
    if report.infra:
        return Probe(question.name, False, report.infra)
    check = report.checks[0]
    left = question.outside() if question.outside else ""
    if question.holds(check) and not left:
        return Probe(question.name, True, question.yes)
    seen = left or (check.stdout + check.stderr)[-200:].decode("utf-8", "replace").strip()
    return Probe(question.name, False, f"{question.no} ({seen or 'no output'})")


def _job(source: str, question: Question) -> Job:
    program = Program(
        "python",
        (File("probe.py", source.encode()),),
        ("probe.py",),
        processes_allowed=question.processes,
    )
    return Job(program, (Check(question.name),), question.limits)


def _says(word: bytes) -> Callable[[CheckReport], bool]:
    return lambda check: check.stdout.strip() == word


def _hits(limit: LimitHit) -> Callable[[CheckReport], bool]:
    return lambda check: check.limit is limit


def _survivors() -> str:
    """Whether a process that named itself after the probe is left on this host."""
    left = 0
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            left += path.read_text().strip() == MARK and path.parent.name != str(os.getpid())
        except OSError:
            continue
    return f"{left} are left" if left else ""


SECCOMP = frozenset({"seccomp"})
NAMESPACES = frozenset({"pidns"})
QUESTIONS = (
    Question(
        "network", NETWORK, _says(b"alone"), "there is no network inside", "a network is visible",
        brief=True,
    ),
    Question(
        "read-only", WRITES, _says(b"no"), "nothing outside the private tmp can be written",
        "something outside the private tmp can be written", brief=True,
    ),
    Question(
        "host hidden", READS, _says(b"nothing"),
        "no file, process or environment of the host can be read", "the host can be read",
        brief=True,
    ),
    Question(
        "unprivileged", PLAIN, _says(b"plain"), "candidates run as nobody and stay so",
        "a candidate has privileges", brief=True,
    ),
    Question(
        "descriptors", DESCRIPTORS, _says(b"none"),
        "candidates hold nothing but input, output and error", "more descriptors are open",
    ),
    Question(
        "memory limit", "x = []\nwhile True:\n    x.append(bytearray(1 << 24))",
        _hits(LimitHit.MEMORY), "a memory bomb is stopped at its limit",
        "a memory bomb is not stopped", brief=True,
    ),
    Question(
        "output limit", "while True:\n    print('x' * 10_000)", _hits(LimitHit.OUTPUT),
        "endless output is stopped at its limit", "endless output is not stopped",
    ),
    Question(
        "CPU limit", "while True:\n    pass", _hits(LimitHit.CPU),
        "an endless loop is stopped at its limit", "an endless loop is not stopped", BURN,
    ),
    Question(
        "deadline", "import time\ntime.sleep(60)", _hits(LimitHit.WALL),
        "a sleeping candidate is stopped at its deadline", "a candidate outlives its deadline",
        DEADLINE, brief=True,
    ),
    Question(
        "thread limit", THREADS, _says(b"stopped"), "a thread bomb is stopped at its limit",
        "a thread bomb is not stopped", needs=NAMESPACES,
    ),
    Question(
        "no processes", STARTS, _says(b"refused"),
        "a candidate that may not start processes cannot", "a candidate can start processes",
        needs=SECCOMP,
    ),
    Question(
        "process limit", FORKS, _says(b"stopped"),
        "where a problem allows processes, a fork bomb is stopped at its limit",
        "a fork bomb is not stopped", needs=NAMESPACES, processes=True,
    ),
    Question(
        "no survivors", DAEMON, _hits(LimitHit.WALL),
        "a candidate and the daemons it started die at its deadline",
        "processes of a candidate outlived its deadline", DEADLINE, needs=NAMESPACES,
        processes=True, outside=_survivors,
    ),
    Question(
        "signals", SIGNALS, _says(b"refused"), "a candidate can signal nobody but itself",
        "a candidate can signal others", needs=SECCOMP,
    ),
    Question(
        "kernel", asking("unshare", "mount", "bpf", "io_uring_setup", "userfaultfd",
                         "perf_event_open", "keyctl", "ptrace", "process_vm_readv",
                         "memfd_create", "setns", "clone3", arguments="room, 0, 0, 0, 0"),
        _says(b"refused"), "the kernel's doors (namespaces, bpf, io_uring, ptrace, ...) are shut",
        "the kernel answers what no candidate needs", needs=SECCOMP,
    ),
    Question(
        "shared memory", asking("shmget", "semget", "msgget", arguments="0, 1, 0o1600"),
        _says(b"refused"), "candidates share no memory, semaphores or queues",
        "candidates can share memory", needs=SECCOMP,
    ),
    Question(
        "nothing left", FINDS, _says(b"nothing"), "a candidate finds nothing of the one before it",
        "a candidate finds what the one before it left", first=LEAVES,
    ),
)  # fmt: skip
