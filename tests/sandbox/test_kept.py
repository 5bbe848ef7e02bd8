"""When a guest is kept for the next job, and when another takes its place."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.sandbox.jobs import forking, job, run
from vervet.core.limits import Limits, Usage
from vervet.sandbox import keeper
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.conversation import Turn, starved
from vervet.sandbox.guest import Guest
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import CheckReport, Job, LimitHit
from vervet.sandbox.keeper import plan_for
from vervet.sandbox.start import BwrapStarter

PID = "import os\nprint(os.getppid(), os.stat('/tmp').st_dev, os.times().elapsed > 0)"


@pytest.fixture
def own() -> Iterator[JailSandbox]:
    sandbox = JailSandbox()
    yield sandbox
    sandbox.close()


def test_jobs_of_the_same_needs_share_a_guest(own: JailSandbox, started: list[Guest]) -> None:
    for number in range(5):
        assert run(own, job(f"print({number})")).checks[0].stdout == b"%d\n" % number

    assert started == []


def test_a_guest_serves_only_so_many_jobs(
    started: list[Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper.Keeper.__init__, "__kwdefaults__", {
        **(keeper.Keeper.__init__.__kwdefaults__ or {}), "jobs_per_guest": 3,
    })  # fmt: skip
    sandbox = JailSandbox()

    for _ in range(8):
        run(sandbox, job("print(1)"))

    sandbox.close()
    assert len(started) == 3  # the probe of the constructor and eight jobs, three to a guest


def test_other_needs_take_another_guest(own: JailSandbox, started: list[Guest]) -> None:
    run(own, job("", memory=1 << 30))
    run(own, job(""))

    assert len(started) == 2


def test_a_guest_that_died_idle_is_replaced_unseen(own: JailSandbox, started: list[Guest]) -> None:
    for child in _children(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _wait_for_end(child)

    assert run(own, job("print(1)")).checks[0].stdout == b"1\n"
    assert len(started) == 1


def _children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    own = [int(child) for file in files for child in file.read_text().split()]
    return [each for child in own for each in _children(child)] or own


def _wait_for_end(pid: int) -> None:
    while Path(f"/proc/{pid}").exists():
        pass


def test_where_no_guest_starts_any_more_the_job_is_a_failure_of_the_sandbox(
    own: JailSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Guest:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(BwrapStarter, "__call__", fail)

    report = run(own, job("", memory=1 << 30))

    assert report.infra == "the sandbox did not start: [Errno 24] Too many open files"


def test_a_job_that_may_start_processes_is_alone(own: JailSandbox, started: list[Guest]) -> None:
    for _ in range(2):
        asked = forking(job("import os\nif os.fork():\n    os.wait()\nprint(1)", b"", b""))
        assert [check.stdout for check in run(own, asked).checks] == [b"1\n1\n"] * 2
    run(own, job(""))

    assert len(started) == 2 + 1


def test_without_the_filter_every_job_has_a_guest_of_its_own(started: list[Guest]) -> None:
    sandbox = JailSandbox(abilities=replace(abilities_here(), seccomp=False))

    for _ in range(3):
        assert run(sandbox, job("print(1)", b"", b"")).checks[1].stdout == b"1\n"

    assert "seccomp" not in sandbox.layers()
    assert {"pidns", "landlock"} <= set(sandbox.layers())
    sandbox.close()
    assert len(started) == 1 + 3


def test_without_landlock_the_namespaces_and_the_filter_hold(started: list[Guest]) -> None:
    sandbox = JailSandbox(abilities=replace(abilities_here(), landlock=0))

    report = run(sandbox, job("import os\nprint(sorted(os.listdir('/')))\nos.fork()"))

    sandbox.close()
    assert b"'tmp', 'usr'" in report.checks[0].stdout
    assert b"PermissionError" in report.checks[0].stderr
    assert "landlock" not in report.layers
    assert len(started) == 1


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6])
def test_an_older_landlock_still_keeps_files(abi: int) -> None:
    here = abilities_here()
    sandbox = JailSandbox(abilities=replace(here, landlock=min(abi, here.landlock)))
    source = (
        "import os\nopen('a', 'w').write('42')\nos.rename('a', 'b')\nprint(open('b').read())\n"
        "os.listdir('/')"
    )

    report = run(sandbox, job(source))

    assert sandbox.landlock == min(abi, here.landlock)
    sandbox.close()
    assert report.checks[0].stdout == b"42\n"
    assert b"PermissionError" in report.checks[0].stderr


def test_what_a_guest_must_be_depends_on_the_job_alone() -> None:
    def plan(asked: Job) -> keeper.Plan:
        return plan_for(asked, asked.program, asked.limits)

    assert plan(job("print(1)")) == plan(job("print(2) # and a little more", b"xy"))
    assert plan(job("")).space >= 2 * job("").limits.file_size
    assert plan(job("", file_size=1 << 28)).space >= 1 << 29
    assert plan(forking(job(""))).alone


def test_memory_of_all_processes_together_is_bounded(own: JailSandbox) -> None:
    hog = (
        "import os, time\nx = bytearray(b'x') * (400 << 20)\n"
        "for _ in range(4):\n    if os.fork() == 0:\n        y = bytearray(b'y') * (90 << 20)\n"
        "        time.sleep(20)\ntime.sleep(20)"
    )

    (check,) = run(own, forking(job(hog, cpu_s=20.0, wall_s=3.0))).checks

    if "cgroup" in own.layers():
        assert (check.limit, check.known_by) == (LimitHit.MEMORY, "cgroup")
    else:
        assert own.cgroup_problem


STARVED = """
import os, sys, time
from tests.sandbox.jobs import job, run
from vervet.sandbox.jail import JailSandbox
jail = JailSandbox()
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
hogs = []
for _ in range(12):
    pid = os.fork()
    if pid == 0:
        os.setsid()  # the kernel may share out the processor by session
        end = time.monotonic() + 15
        while time.monotonic() < end:
            pass
        os._exit(0)
    hogs.append(pid)
jail = JailSandbox()
report = run(jail, job("while True: pass", wall_s=2.0, cpu_s=9.0, compile_s=0.5))
for pid in hogs:
    os.kill(pid, 9)
print(report.starved, report.infra)
report = run(jail, job("import time\\ntime.sleep(60)", wall_s=0.5, compile_s=0.1))
print(report.starved, report.checks[0].limit)
"""


def test_a_candidate_that_got_no_processor_is_starved_and_one_that_sleeps_is_not() -> None:
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", STARVED], cwd=root, capture_output=True, text=True, check=True
    )

    first, second = done.stdout.splitlines()
    assert first.startswith("True starved: check 'check 0' waited")
    assert second == "False wall"


@pytest.mark.parametrize(
    ("delay_s", "cpu_s", "alone", "limit", "expected"),
    [
        (6.0, 0.5, False, LimitHit.WALL, True),
        (3.9, 0.5, False, LimitHit.WALL, False),  # it waited less than half of its time
        (6.0, 4.5, False, LimitHit.WALL, False),  # its own threads waited for each other
        (6.0, 0.5, True, LimitHit.WALL, False),  # it may have waited for its own processes
        (6.0, 0.5, False, LimitHit.CPU, False),  # it ended by another limit
    ],
)
def test_only_who_was_kept_waiting_by_others_is_starved(
    delay_s: float, cpu_s: float, alone: bool, limit: LimitHit, expected: bool
) -> None:
    usage = Usage(wall_s=8.0, cpu_user_s=cpu_s, run_delay_s=delay_s)
    report = CheckReport("x", None, 9, b"", b"", usage, limit, "deadline")
    turn = Turn(cast(Guest, None), Limits(wall_s=8.0), alone, report, delay_s=delay_s)

    assert bool(starved([turn])) is expected


def test_packages_of_a_profile_are_there_for_it_alone(own: JailSandbox) -> None:
    source = "import sympy, sys\nprint(sympy.sqrt(8), sys.modules['sympy'] is sympy)"
    asked = job(source, memory=1 << 30)

    answers = replace(asked, program=replace(asked.program, profile="answers"))

    assert run(own, answers).checks[0].stdout == b"2*sqrt(2) True\n"
    assert b"ModuleNotFoundError" in run(own, asked).checks[0].stderr
