"""Owns the probes that say what the jail keeps on this host, in plain words.

Each is a real job in a real jail. Never prints, and never weakens anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vervet.core.errors import NoIsolationError
from vervet.core.limits import Limits
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Check, CheckReport, File, Job, LimitHit, Program, Report
from vervet.sandbox.protocol import Sandbox

__all__ = ["Probe", "examine"]

QUICK = Limits(cpu_s=1.0, wall_s=2.0, memory=256 << 20, processes=8)
DEADLINE = Limits(cpu_s=1.0, wall_s=0.2)


@dataclass(frozen=True, slots=True)
class Probe:
    """One promise of the sandbox: its name, whether it holds here, and how that was seen."""

    name: str
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    source: str
    holds: Callable[[CheckReport], bool]
    yes: str
    no: str
    limits: Limits = QUICK


def examine() -> list[Probe]:
    """Every probe, in under three seconds; the first one alone where no jail can be started."""
    try:
        sandbox = JailSandbox()
    except NoIsolationError as error:
        return [Probe("isolation", False, f"{error.message}. {error.hint}")]
    try:
        origin = sandbox.bwrap.origin if sandbox.bwrap else "no"
        start = Probe("isolation", True, f"a program runs in the jail ({origin} bubblewrap)")
        return [start, *(_ask(sandbox, question) for question in QUESTIONS), _survivors(sandbox)]
    finally:
        sandbox.close()


def _ask(sandbox: Sandbox, question: _Question) -> Probe:
    report = _run(sandbox, question.source, question.limits)
    if report.infra:
        return Probe(question.name, False, report.infra)
    check = report.checks[0]
    if question.holds(check):
        return Probe(question.name, True, question.yes)
    seen = check.stdout[:200].decode("utf-8", "replace").strip()
    return Probe(question.name, False, f"{question.no} ({seen or 'no output'})")


def _run(sandbox: Sandbox, source: str, limits: Limits) -> Report:
    program = Program("python", (File("probe.py", source.encode()),), ("probe.py",))
    return sandbox.run(Job(program, (Check("probe"),), limits), lambda _: True)


def _says(word: bytes) -> Callable[[CheckReport], bool]:
    return lambda check: check.stdout.strip() == word


def _survivors(sandbox: Sandbox) -> Probe:
    """A daemon that outlives its parent and ignores signals; then the host is searched for it."""
    name = "no survivors"
    mark = f"vervet-probe-{os.getpid()}"
    report = _run(sandbox, DAEMON.format(mark=mark), DEADLINE)
    if report.infra:
        return Probe(name, False, report.infra)
    left = [path for path in Path("/proc").glob("[0-9]*/comm") if _is(path, mark[-15:])]
    if left:
        return Probe(name, False, f"{len(left)} processes of a candidate outlived its deadline")
    return Probe(name, True, "a candidate and the daemons it started die at its deadline")


def _is(path: Path, name: str) -> bool:
    try:
        return path.read_text().strip() == name
    except OSError:
        return False


DAEMON = """
import ctypes, os, signal, time
for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
ctypes.CDLL(None).prctl(15, b"{mark}"[-15:], 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    os.fork()
time.sleep(60)
"""
NETWORK = """
import socket
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    print("connected")
except OSError:
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    print(names or "alone")
"""
READ_ONLY = """
import os
def writable(path):
    try:
        with open(os.path.join(path, "x"), "w"):
            return True
    except OSError:
        return False
places = ("/", "/usr", "/dev", "/opt", os.path.dirname(os.__file__))
print([place for place in places if writable(place)] or "no")
"""
HIDDEN = """
import os
names = set(os.listdir("/")) - {"dev", "lib", "lib64", "opt", "tmp", "usr"}
print(sorted(names) or "nothing")
"""
UNPRIVILEGED = """
import os
try:
    os.setuid(0)
except OSError:
    pass
print("root" if 0 in os.getresuid() else "plain")
"""
MEMORY = "x = []\nwhile True:\n    x.append(bytearray(1 << 24))"
FORKS = """
import os, time
for count in range(1000):
    try:
        if os.fork() == 0:
            time.sleep(60)
    except OSError:
        print("stopped")
        break
"""
OUTPUT = "while True:\n    print('x' * 10_000)"

QUESTIONS = (
    _Question(
        "network", NETWORK, _says(b"alone"), "there is no network inside", "a network is visible"
    ),
    _Question(
        "read-only root", READ_ONLY, _says(b"no"), "nothing outside the private tmp can be written",
        "something outside the private tmp can be written",
    ),
    _Question(
        "host hidden", HIDDEN, _says(b"nothing"),
        "no file, process or environment of the host is visible", "the host is visible",
    ),
    _Question(
        "unprivileged", UNPRIVILEGED, _says(b"plain"), "candidates run as nobody and stay so",
        "a candidate is root",
    ),
    _Question(
        "memory limit", MEMORY, lambda check: check.limit is LimitHit.MEMORY,
        "a memory bomb is stopped at its limit", "a memory bomb is not stopped",
    ),
    _Question(
        "process limit", FORKS, _says(b"stopped"), "a fork bomb is stopped at its limit",
        "a fork bomb is not stopped",
    ),
    _Question(
        "output limit", OUTPUT, lambda check: check.limit is LimitHit.OUTPUT,
        "endless output is stopped at its limit", "endless output is not stopped",
    ),
    _Question(
        "deadline", "import time\ntime.sleep(60)", lambda check: check.limit is LimitHit.WALL,
        "a sleeping candidate is stopped at its deadline", "a candidate outlives its deadline",
        DEADLINE,
    ),
)  # fmt: skip
