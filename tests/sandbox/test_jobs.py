"""Jobs of several checks: what they share, what they do not, and when they stop."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.jobs import forking, job, run
from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import ArtifactSpec, CheckReport, File, Job, LimitHit, OnCheck, Program

ECHO = "print(input()[::-1])"


def test_checks_run_in_order_on_their_own_input(jail: JailSandbox) -> None:
    report = run(jail, job(ECHO, b"ab\n", b"cd\n", b"ef\n"))

    assert [check.stdout for check in report.checks] == [b"ba\n", b"dc\n", b"fe\n"]
    assert [check.name for check in report.checks] == ["check 0", "check 1", "check 2"]


def test_job_ends_where_the_host_says_stop(jail: JailSandbox) -> None:
    seen: list[bytes] = []

    def on_check(check: CheckReport) -> bool:
        seen.append(check.stdout)
        return len(seen) < 2

    report = jail.run(job(ECHO, b"ab\n", b"cd\n", b"ef\n"), on_check)

    assert seen == [b"ba\n", b"dc\n"]
    assert len(report.checks) == 2


@pytest.mark.parametrize(
    "litter",
    [
        "open('left', 'w').write('x')",
        "open('/tmp/left', 'w').write('x')",
        "os.mkdir('/tmp/left')",
        "os.makedirs('left/deep')",
        "os.symlink('/usr', 'left')",
        "os.rename('/tmp/work', '/tmp/left')",
        "os.mkfifo('/tmp/.left')",
        "os.chmod('/tmp/work', 0)",
        "[open(f'left{n}', 'w') for n in range(50)] and os.chmod('left0', 0)",
        "open('main.py', 'w').write('print(\"changed\")')",
    ],
)
def test_checks_leave_nothing_to_each_other(jail: JailSandbox, litter: str) -> None:
    source = (
        "import os\n"
        "print(sorted(os.listdir('/tmp')), os.listdir('.'), open('main.py').read()[:9])\n"
        f"{litter}"
    )

    report = run(jail, job(source, b"", b"", b""))

    assert not report.infra
    assert {check.stdout for check in report.checks} == {b"['work'] ['main.py'] import os\n"}


def test_checks_do_not_share_state_of_the_interpreter(jail: JailSandbox) -> None:
    source = "import builtins\nprint(hasattr(builtins, 'seen'))\nbuiltins.seen = True"

    report = run(jail, job(source, b"", b""))

    assert [check.stdout for check in report.checks] == [b"False\n", b"False\n"]


def test_a_limit_ends_its_check_and_not_the_job(jail: JailSandbox) -> None:
    source = "import time\nif input() == 'slow':\n    time.sleep(60)\nprint('done')"

    report = run(jail, job(source, b"slow\n", b"fast\n", wall_s=2.0))

    assert report.checks[0].limit is LimitHit.WALL
    assert report.checks[1].stdout == b"done\n"


def _on_first(signalled: signal.Signals) -> OnCheck:
    """Sends a signal to the runner at the first check, and goes on."""
    seen: list[CheckReport] = []

    def on_check(check: CheckReport) -> bool:
        seen.append(check)
        if len(seen) == 1:
            os.kill(_runner_of(os.getpid()), signalled)
        return True

    return on_check


def test_a_dead_guest_is_said_to_have_died_during_the_check() -> None:
    jail = JailSandbox()

    report = jail.run(forking(job(ECHO, b"ab\n", b"cd\n")), _on_first(signal.SIGKILL))

    jail.close()
    assert report.infra == "the sandbox died during check 2"
    assert len(report.checks) == 1


def test_a_stopped_guest_is_no_verdict() -> None:
    jail = JailSandbox()
    asked = forking(job(ECHO, b"ab\n", b"cd\n", wall_s=0.1, compile_s=0.1))

    report = jail.run(asked, _on_first(signal.SIGSTOP))

    assert report.infra == "the sandbox stopped answering during check 2"
    assert run(jail, job(ECHO, b"ab\n")).checks[0].stdout == b"ba\n"
    jail.close()


def test_what_fails_in_a_guest_of_many_is_tried_in_a_fresh_one() -> None:
    jail = JailSandbox()

    report = jail.run(job(ECHO, b"ab\n", b"cd\n"), _on_first(signal.SIGKILL))

    jail.close()
    assert not report.infra
    assert [check.stdout for check in report.checks] == [b"ba\n", b"dc\n"]


def _runner_of(pid: int) -> int:
    """The end of the chain from this process: bwrap, the first process inside, the runner."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for file in files for child in file.read_text().split()]
    if children:
        return _runner_of(max(children, key=_started))
    assert pid != os.getpid()
    return pid


def _started(pid: int) -> int:
    """When a process was started, in ticks (field 22 of its stat)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def test_usage_is_measured(jail: JailSandbox) -> None:
    source = "x = bytearray(100_000_000)\nimport time\nwhile time.process_time() < 0.3:\n    pass"

    report = run(jail, job(source))

    usage = report.checks[0].usage
    assert 0.25 < usage.cpu_s < 0.6
    assert 100_000_000 < usage.peak_memory < 150_000_000
    assert usage.wall_s >= usage.cpu_s * 0.9
    assert report.usage == usage


def test_compilation_has_a_limit_of_its_own(jail: JailSandbox) -> None:
    source = "\n".join(
        f"def f{n}(a, b=({n}, 'x')): return [a for a in b if a]" for n in range(9999)
    )

    report = run(jail, job(source, compile_s=0.05))

    assert (report.checks[0].limit, report.checks[0].stage) == (LimitHit.CPU, "compile")


def test_cpu_of_compilation_is_not_charged_to_the_first_check(jail: JailSandbox) -> None:
    source = "\n".join(
        f"def f{n}(a, b=({n}, 'x')): return [a for a in b if a]" for n in range(4999)
    )

    report = run(jail, job(source, cpu_s=0.1, compile_s=30.0, memory=1 << 30))

    assert (report.checks[0].exit_code, report.checks[0].limit) == (0, None)


def test_arguments_environment_and_files_arrive(jail: JailSandbox) -> None:
    source = b"import os, sys\nprint(sys.argv, os.environ['GREETING'], open('data/x').read())"
    program = Program(
        "python",
        (File("main.py", source), File("data/x", b"words")),
        ("main.py", "--flag"),
        env=(("GREETING", "hällo"),),
    )

    report = run(jail, Job(program, job("", b"", b"").checks))

    expected = "['main.py', '--flag'] hällo words\n".encode()
    assert [check.stdout for check in report.checks] == [expected, expected]


def test_artifacts_are_regular_files_below_their_cap(jail: JailSandbox) -> None:
    source = (
        "import os\nopen('good', 'wb').write(b'\\0kept')\nopen('big', 'w').write('x' * 100)\n"
        "os.symlink('main.py', 'link')\nos.mkfifo('pipe')\nos.mkdir('folder')\n"
        "os.symlink('.', 'here')\n"
    )
    paths = ("good", "big", "link", "pipe", "folder", "missing", "here/good")
    specs = tuple(ArtifactSpec(path, path, 50) for path in paths)

    report = run(jail, replace(job(source), artifacts=specs))

    assert report.artifacts == {"good": b"\0kept"}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (replace(job(""), program=replace(job("").program, profile="cobol")), "cobol"),
        (replace(job(""), program=replace(job("").program, argv=("x.py",))), "none of its files"),
        (replace(job(""), program=Program("python", (File("/x", b""),), ("/x",))), "/x"),
        (replace(job(""), program=Program("python", (File("../x", b""),), ("../x",))), r"\.\./x"),
        (replace(job(""), artifacts=(ArtifactSpec("a", "../../etc/passwd", 9),)), "passwd"),
        (replace(job(""), peer=replace(job("").program, profile="cobol")), "cobol"),
        (replace(job(""), peer=job("").program, peer_limits=Limits(memory=9)), "memory"),
        (job("", memory=1 << 20), "memory"),
        (job("", open_files=2), "open_files"),
        (job("", bytes(65 << 20)), "cap"),
    ],
)
def test_a_job_that_cannot_be_run_is_refused(jail: JailSandbox, broken: Job, words: str) -> None:
    with pytest.raises(JobError, match=words):
        run(jail, broken)
