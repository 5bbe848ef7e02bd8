"""Competitors for a processor: what they leave to a candidate, and that they go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.jobs import job, run
from tests.verification.functions.suite import judge, problem
from vervet.core.conditions import Condition
from vervet.core.status import Status
from vervet.sandbox.job import LimitHit, Report
from vervet.sandbox.load import competitors
from vervet.sandbox.perturbed import perturbed

BUSY = "import time\nwhile time.process_time() < {}: pass\nprint('done')"
WORKER = """
import time
from vervet.sandbox.load import competitors
with competitors(2) as load:
    print(*load.pids, flush=True)
    time.sleep(600)
"""


def loaded(count: int, source: str, **limits: float) -> Report:
    with perturbed(Condition(load=count)) as make:
        sandbox = make()
        try:
            return run(sandbox, job(source, **limits))
        finally:
            sandbox.close()


def gone(pid: int) -> bool:
    """Whether a process has ended: what nobody has waited for yet has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + 10
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < deadline, f"of {pids} some are still there"
        time.sleep(0.01)


def test_a_candidate_gets_about_an_even_share_of_the_processor() -> None:
    usage = loaded(3, BUSY.format(0.4)).usage
    # One part in four; less where others use this machine, never much more.
    assert 0.02 < usage.cpu_s / usage.wall_s < 0.40


def test_one_that_computes_for_ever_meets_its_limit_on_cpu_time_and_is_not_starved() -> None:
    report = loaded(2, "while True: pass", cpu_s=0.4, wall_s=0.5)
    assert (report.infra, report.checks[0].limit) == ("", LimitHit.CPU)


def test_one_that_only_waits_meets_its_wall_limit() -> None:
    report = loaded(1, "import time\ntime.sleep(60)", cpu_s=0.1, wall_s=0.3)
    assert (report.infra, report.checks[0].limit) == ("", LimitHit.WALL)


def test_a_pair_of_programs_still_has_its_say() -> None:
    asked = problem("twice", *(f"assert twice({n}) == {2 * n}" for n in range(20)))
    with perturbed(Condition(load=2)) as make:
        sandbox = make()
        try:
            right = judge(sandbox, asked, "def twice(n):\n    return 2 * n\n")
            wrong = judge(sandbox, asked, "def twice(n):\n    return 3 * n\n")
        finally:
            sandbox.close()
    assert (right.status, wrong.status) == (Status.PASSED, Status.FAILED)


def test_the_threads_processors_are_given_back_and_no_competitor_is_left() -> None:
    before = os.sched_getaffinity(0)
    with competitors(2) as load:
        pids = load.pids
        assert [os.getsid(pid) for pid in pids] == list(pids)
        assert [os.sched_getaffinity(pid) for pid in pids] == [{load.cpu}] * 2
        assert os.sched_getaffinity(0) == before
        with load.here():
            assert os.sched_getaffinity(0) == {load.cpu}
        assert os.sched_getaffinity(0) == before
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_they_go_where_the_block_is_left_by_an_error() -> None:
    before, pids = os.sched_getaffinity(0), list[int]()

    def fail() -> None:
        with competitors(1) as load, load.here():
            pids.extend(load.pids)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [gone(pid) for pid in pids] == [True]
    assert os.sched_getaffinity(0) == before


def test_none_outlives_a_worker_that_is_killed() -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    try:
        pids = [int(word) for word in worker.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(gone(pid) for pid in pids)
        worker.send_signal(signal.SIGKILL)
        wait_until_gone(*pids)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
