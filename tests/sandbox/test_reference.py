"""Reference mode: each check in a fresh jail and interpreter, with the limits of the jail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from vervet.core.errors import JobError, NoIsolationError
from vervet.core.limits import Limits
from vervet.core.status import Status
from vervet.sandbox.job import Check, CheckReport, File, Job, Program, Report
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.reference import ReferenceSandbox
from vervet.verification.judging import ending

LIMITS = Limits(cpu_s=0.5, wall_s=60.0, output=1000)
SHORT = replace(LIMITS, wall_s=2.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ReferenceSandbox]:
    made = ReferenceSandbox()
    yield made
    made.close()


def job(source: str, *inputs: bytes, limits: Limits = LIMITS) -> Job:
    program = Program("python", (File("solution.py", source.encode()),), ("solution.py",))
    checks = tuple(Check(f"test {at}", given) for at, given in enumerate(inputs or (b"",)))
    return Job(program, checks, limits)


def play(sandbox: Sandbox, source: str, *inputs: bytes) -> Report:
    report = sandbox.run(job(source, *inputs), lambda _: True)
    assert report.infra == ""
    return report


def only(sandbox: Sandbox, source: str) -> CheckReport:
    (check,) = play(sandbox, source).checks
    return check


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = (", (Status.MALFORMED, "syntax_error")),
        ("exec('x = (')", (Status.CRASHED, "SyntaxError")),
        ("1 / 0", (Status.CRASHED, "ZeroDivisionError")),
        ("import os; os.kill(os.getpid(), 11)", (Status.CRASHED, "SIGSEGV")),
        ("import os; os.kill(-1, 9)", (Status.CRASHED, "SIGKILL")),
        ("raise SystemExit(3)", (Status.CRASHED, "exit_3")),
        ("while True: pass", (Status.TIMED_OUT, "cpu_time")),
        ("x = [0] * 10**9", (Status.MEMORY_EXCEEDED, "memory")),
        ("while True: print('y' * 99)", (Status.OUTPUT_EXCEEDED, "output")),
    ],
)
def test_an_end_reads_as_it_does_in_the_jail(
    sandbox: ReferenceSandbox, source: str, expected: tuple[Status, str]
) -> None:
    assert ending(only(sandbox, source)) == expected
    assert only(sandbox, "print(6 * 7)").stdout == b"42\n"


def test_a_sleeper_meets_its_wall_limit(sandbox: ReferenceSandbox) -> None:
    report = sandbox.run(job("import time; time.sleep(60)", limits=SHORT), lambda _: True)
    assert ending(report.checks[0]) == (Status.TIMED_OUT, "wall_time")


def test_every_check_starts_from_nothing(sandbox: ReferenceSandbox) -> None:
    source = "import os; print(os.listdir('..'), input()); open('../left', 'w').close()"
    first, second = play(sandbox, source, b"a\n", b"b\n").checks
    assert first.stdout.replace(b"a", b"b") == second.stdout


def test_sets_have_the_order_that_they_have_in_the_fork_server(sandbox: ReferenceSandbox) -> None:
    seen = {only(sandbox, "print(hash('vervet'))").stdout for _ in range(2)}
    assert len(seen) == 1


def test_processes_are_allowed_but_counted_and_end_with_the_check(
    sandbox: ReferenceSandbox,
) -> None:
    assert only(sandbox, "import os; print(os.wait()[1] if os.fork() else 7)").stdout == b"7\n0\n"
    bomb = "import os, time\ntry:\n  while True: os.fork()\nexcept OSError: pass"
    report = only(sandbox, bomb)
    assert report.usage.wall_s < LIMITS.wall_s + 1


def test_a_program_that_goes_on_is_stopped_where_the_host_says(sandbox: ReferenceSandbox) -> None:
    report = sandbox.run(job("print(input())", b"a", b"b"), lambda _: False)
    assert [check.stdout for check in report.checks] == [b"a\n"]


HOG = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def test_want_of_a_processor_is_no_time_out(sandbox: ReferenceSandbox) -> None:
    processor = min(os.sched_getaffinity(0))
    source = f"import os; os.sched_setaffinity(0, {{{processor}}})\nwhile True: pass"
    hogs = [  # sessions of their own: the kernel may share out the processor by session
        subprocess.Popen([sys.executable, "-S", "-c", HOG, str(processor)], start_new_session=True)
        for _ in range(8)
    ]
    try:
        report = sandbox.run(job(source, limits=SHORT), lambda _: True)
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
    assert report.starved
    assert report.infra.startswith("starved: check 'test 0' waited")


@pytest.mark.parametrize("text", ["x = (", "if 1:\npass", "x = 1\n\ty = 2", "a = '\0'", "\udc80"])
def test_whatever_does_not_compile_is_malformed_at_every_check(
    sandbox: ReferenceSandbox, text: str
) -> None:
    program = Program(
        "python", (File("solution.py", text.encode("utf-8", "surrogatepass")),), ("solution.py",)
    )
    report = sandbox.run(Job(program, (Check("a"), Check("b")), LIMITS), lambda _: True)
    assert [(each.name, each.stage) for each in report.checks] == [
        ("a", "compile"),
        ("b", "compile"),
    ]
    assert ending(report.checks[0]) == (Status.MALFORMED, "syntax_error")


def test_a_text_that_takes_long_to_compile_has_its_time_on_top(sandbox: ReferenceSandbox) -> None:
    source = "if 1 > 2:\n" + "    print(a[1], b + 2)\n" * 20_000 + "print(7)\n"
    limits = Limits(cpu_s=0.1, wall_s=5.0, compile_s=10.0)
    given = job(source)
    (check,) = sandbox.run(Job(given.program, given.checks, limits), lambda _: True).checks
    assert check.stdout == b"7\n"
    assert check.limit is None


def test_what_reference_mode_cannot_run_is_refused_before_anything_starts(
    sandbox: ReferenceSandbox,
) -> None:
    alone = job("pass")
    with pytest.raises(JobError, match="pairs"):
        sandbox.run(Job(alone.program, alone.checks, peer=alone.program), lambda _: True)


def test_reference_mode_never_runs_without_isolation() -> None:
    with pytest.raises(NoIsolationError):
        ReferenceSandbox(unsafe_no_isolation=True)
