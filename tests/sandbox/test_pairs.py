"""Two programs, each in an isolation of its own, with nothing between them but a pair of pipes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sandbox.jobs import job, run
from vervet.core.limits import Limits
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Job, LimitHit

JUDGE = """
import os
number = int(input())
reader, writer = os.fdopen(3), os.fdopen(4, "w")
print(number, file=writer, flush=True)
print("right" if reader.readline().strip() == str(number * number) else "wrong")
"""
SOLVER = """
import os
reader, writer = os.fdopen(3), os.fdopen(4, "w")
print(int(reader.readline()) ** 2, file=writer, flush=True)
"""


def pair(judge: str, solver: str, *stdins: bytes, **limits: float) -> Job:
    return replace(job(judge, *stdins, **limits), peer=job(solver).program)


def test_a_judge_talks_with_a_solver_check_by_check(jail: JailSandbox) -> None:
    report = run(jail, pair(JUDGE, SOLVER, b"7\n", b"12\n"))

    assert [check.stdout for check in report.checks] == [b"right\n", b"right\n"]
    assert [check.peer.exit_code for check in report.checks if check.peer] == [0, 0]


def test_the_solver_sees_nothing_of_the_judge(jail: JailSandbox) -> None:
    solver = "import os, sys\nprint(sys.stdin.read(), os.listdir('.'), os.listdir('/tmp'))"

    report = run(jail, pair("print(42)", solver, b"secret"))

    assert report.checks[0].peer is not None
    assert report.checks[0].peer.stdout == b" ['main.py'] ['work']\n"


def test_a_solver_that_ends_early_is_seen_by_the_judge(jail: JailSandbox) -> None:
    judge = "import os\nprint(os.read(3, 9))"

    report = run(jail, pair(judge, "import sys\nsys.exit(3)"))

    (check,) = report.checks
    assert (check.stdout, check.limit) == (b"b''\n", None)
    assert check.peer is not None
    assert check.peer.exit_code == 3


def test_a_solver_that_goes_on_is_ended_with_the_judge(jail: JailSandbox) -> None:
    report = run(jail, pair("print(42)", "import time\ntime.sleep(60)"))

    (check,) = report.checks
    assert (check.stdout, check.limit) == (b"42\n", None)
    assert check.peer is not None
    assert (check.peer.signal, check.peer.limit, check.peer.known_by) == (9, None, "stop")
    assert check.peer.usage.wall_s < 5


def test_a_solver_has_limits_of_its_own(jail: JailSandbox) -> None:
    asked = replace(
        pair("import os\nprint(os.read(3, 9))", "while True: pass", cpu_s=20.0),
        peer_limits=Limits(cpu_s=0.2),
    )

    (check,) = run(jail, asked).checks

    assert check.stdout == b"b''\n"
    assert check.peer is not None
    assert check.peer.limit is LimitHit.CPU


def test_a_flood_from_the_solver_ends_with_it(jail: JailSandbox) -> None:
    solver = "import os\nwhile True:\n    os.write(4, bytes(65536))"

    (check,) = run(jail, pair("import time\ntime.sleep(0.3)\nprint(1)", solver)).checks

    assert check.stdout == b"1\n"
    assert check.peer is not None


@pytest.mark.parametrize("source", ["import os\nos.mkdir('left')", "import os\nos.mkfifo('x')"])
def test_litter_of_one_check_is_gone_in_the_next(jail: JailSandbox, source: str) -> None:
    report = run(jail, pair(JUDGE, SOLVER + source, b"2\n", b"3\n", b"4\n"))

    assert [check.stdout for check in report.checks] == [b"right\n"] * 3


def test_a_pair_and_a_program_alone_take_turns(jail: JailSandbox) -> None:
    for _ in range(3):
        assert run(jail, pair(JUDGE, SOLVER, b"2\n")).checks[0].stdout == b"right\n"
        alone = run(
            jail, job("import os\ntry:\n    os.fstat(3)\nexcept OSError:\n    print('none')")
        )
        assert alone.checks[0].stdout == b"none\n"
