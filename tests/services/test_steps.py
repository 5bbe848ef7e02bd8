"""Jobs whose checks are steps in one container: what passes from step to step, and what comes out.

Expected digests are of hashlib over the bytes that the steps were told to write.
"""

from __future__ import annotations

import hashlib
import stat
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.services.steps import done, go_on, job, only_the_engine, python, shell, within
from vervet.core.errors import JobError
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.steps import MOST_MORE
from vervet.sandbox.job import ArtifactSpec, Change, Check, CheckReport, File, Job, Program

pytestmark = pytest.mark.services


@pytest.fixture(params=["host", "engine"])
def sandbox(
    request: pytest.FixtureRequest, docker_sandbox: DockerSandbox
) -> Iterator[DockerSandbox]:
    """One that reads the kernel's own files, and one that may not."""
    if request.param == "host":
        yield docker_sandbox
        return
    with only_the_engine() as made:
        yield made


def text(report: CheckReport) -> str:
    return report.stdout.decode()


def test_files_stay_and_processes_do_not(sandbox: DockerSandbox) -> None:
    first = shell("first", "echo kept >/tmp/a; setsid sleep 1000 >/dev/null 2>&1 & echo $!")
    second = shell("second", "cat /tmp/a; cat /proc/[0-9]*/comm")

    report = done(sandbox, first, second)

    assert report.checks[0].exit_code == 0
    said = text(report.checks[1]).split()
    assert said[0] == "kept"
    assert sorted(said[1:]) == ["docker-init", "sh", "sleep"]  # what waits is a sleep
    assert report.checks[0].usage.wall_s < 5


def test_output_and_errors_come_in_their_order(docker_sandbox: DockerSandbox) -> None:
    source = "import os\nfor i in range(2000): os.write(1 + i % 2, b'%d\\n' % i)"

    report = done(docker_sandbox, python("lines", source))

    assert text(report.checks[0]).split() == [str(i) for i in range(2000)]
    assert report.checks[0].stderr == b""


def test_input_folder_user_and_environment_are_those_of_the_check(
    docker_sandbox: DockerSandbox,
) -> None:
    argv = ("/bin/sh", "-c", "pwd; id -u; id -g; echo $GREETING; wc -c")
    check = Check("all", argv=argv, stdin=b"x" * 300_000, folder="/usr", user="12:34")
    program = Program("image:vervet/python", (), (), env=(("GREETING", "hello"),))

    report = docker_sandbox.run(Job(program, (check,), within()), go_on)

    assert text(report.checks[0]).split() == ["/usr", "12", "34", "hello", "300000"]


def test_how_a_step_ends_is_reported(sandbox: DockerSandbox) -> None:
    report = done(
        sandbox,
        shell("code", "exit 3"),
        shell("signal", "kill -SEGV $$"),
        shell("silent", "exec >&- 2>&-; sleep 0.5; exit 4"),
        shell("busy", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"),
    )

    assert [each.exit_code for each in report.checks] == [3, 128 + 11, 4, 0]
    assert report.checks[3].usage.cpu_s > 0.05
    assert report.checks[3].usage.peak_memory > 100_000


def test_the_host_decides_whether_to_go_on(docker_sandbox: DockerSandbox) -> None:
    checks = (shell("one", "true"), shell("two", "true"))

    report = docker_sandbox.run(job(*checks), lambda _: False)

    assert [each.name for each in report.checks] == ["one"]


def test_further_steps_follow_from_the_reports(docker_sandbox: DockerSandbox) -> None:
    def more(reports: Sequence[CheckReport]) -> Check | None:
        said = reports[-1].stdout.decode().strip()
        return shell(said, f"cat /{said}", watched=True) if len(said) > 1 else None

    first = shell("first", "echo bcd >/start; echo cd >/bcd; echo d >/cd; cat /start")

    report = docker_sandbox.run(replace(job(first), more=more), go_on)

    assert report.infra == ""
    assert [each.name for each in report.checks] == ["first", "bcd", "cd"]
    changed = [change.path for change in report.checks[-1].changes]
    assert changed == ["/bcd", "/cd", "/start"]


def test_further_steps_are_bounded_and_must_mean_something(docker_sandbox: DockerSandbox) -> None:
    again = replace(job(shell("0", "true")), more=lambda reports: shell(str(len(reports)), "true"))

    names = [int(each.name) for each in docker_sandbox.run(again, go_on).checks]

    assert names == list(range(MOST_MORE + 1))
    with pytest.raises(JobError):
        docker_sandbox.run(replace(again, more=lambda _: Check("bad", argv=("",))), go_on)


def test_files_are_laid_in_with_their_folders_and_modes(sandbox: DockerSandbox) -> None:
    files = (
        File("/testbed/a/b/new.py", b"1"),
        File("/testbed/run.sh", b"#!/bin/sh\necho ran\n", 0o755),
    )
    look = "stat -c '%n %a %u:%g' /testbed/a/b /testbed/a/b/new.py; /testbed/run.sh"

    report = done(sandbox, shell("look", look, files=files))

    assert text(report.checks[0]).splitlines() == [
        "/testbed/a/b 755 0:0",
        "/testbed/a/b/new.py 644 0:0",
        "ran",
    ]


def test_a_step_without_a_program_looks_and_lays(docker_sandbox: DockerSandbox) -> None:
    spec = ArtifactSpec("a", "/testbed/a", 10)
    check = Check("look", files=(File("/testbed/a", b"1"),), watched=True, fetch=(spec,))

    report = done(docker_sandbox, check).checks[0]

    assert (report.exit_code, report.files, report.stdout) == (0, {"a": b"1"}, b"")
    assert [change.path for change in report.changes] == ["/testbed", "/testbed/a"]


SWAPS = """
mkdir -p /testbed/tests/file.py /victim
echo victim | tee /victim/a.py >/victim/b.py
ln -s /victim /testbed/tests/folder
ln -s /victim/a.py /testbed/tests/link.py
ln /victim/b.py /testbed/tests/hard.py
echo file >/testbed/tests/sub
"""


def test_no_link_leads_the_host_to_another_file(sandbox: DockerSandbox) -> None:
    names = ("folder/a.py", "link.py", "hard.py", "sub/c.py", "file.py")
    files = tuple(File(f"/testbed/tests/{name}", b"restored\n") for name in names)
    look = "cd /testbed/tests; cat folder/a.py link.py hard.py sub/c.py file.py /victim/*"

    report = done(sandbox, shell("swap", SWAPS), shell("look", look, files=files))

    assert text(report.checks[1]).split() == ["restored"] * 5 + ["victim"] * 2


def test_paths_are_taken_away_and_what_links_lead_to_is_not(sandbox: DockerSandbox) -> None:
    removed = (
        "/testbed/tests/folder/a.py",
        "/testbed/tests/link.py",
        "/testbed/tests/file.py",
        "/testbed/none/at/all",
    )
    look = shell("look", "ls /testbed/tests /victim", removed=removed)

    report = done(sandbox, shell("swap", SWAPS), look)

    assert text(report.checks[1]).split() == [
        *("/testbed/tests:", "hard.py", "sub"),
        *("/victim:", "a.py", "b.py"),
    ]


def test_files_and_folders_are_fetched_and_no_link_is_followed(sandbox: DockerSandbox) -> None:
    make = (
        "mkdir -p /d/e; echo 1 >/d/e/x; ln /d/e/x /d/y; ln -s /etc/passwd /d/link; mkfifo /d/p;"
        "ln -s /etc /etcetera; ln -s /d/y /l; head -c 1001 /dev/zero >/large"
    )
    names = ("d", "d/y", "d/e/x", "d/link", "d/p", "l", "etcetera/passwd", "large", "none")
    specs = tuple(ArtifactSpec(name, f"/{name}", 1000) for name in names)

    report = done(sandbox, shell("make", make, fetch=specs), artifacts=specs[1:2])

    assert report.checks[0].files == dict.fromkeys(("d/e/x", "d/y"), b"1\n")
    assert report.artifacts == {"d/y": b"1\n"}


def test_what_differs_from_the_image_is_told(sandbox: DockerSandbox) -> None:
    script = (
        "echo new >/new; mkdir /folder; rm /etc/passwd; echo changed >/etc/shells;"
        "chmod 4755 /usr/bin/env; touch /etc/group; mkfifo /pipe; rm -r /opt"
    )
    steps = (shell("nothing", "true", watched=True), shell("much", script, watched=True))

    report = done(sandbox, *steps)

    assert report.checks[0].changes == ()
    found = {change.path: change for change in report.checks[1].changes}
    new = hashlib.sha256(b"new\n").hexdigest()
    assert found.pop("/new") == Change("/new", "added", new, stat.S_IFREG | 0o644)
    assert found.pop("/folder").kind == "added"
    assert found.pop("/etc/passwd") == Change("/etc/passwd", "deleted")
    assert found.pop("/etc/shells").digest == hashlib.sha256(b"changed\n").hexdigest()
    assert stat.S_IMODE(found.pop("/usr/bin/env").mode) == 0o4755
    assert found.pop("/opt").kind == "deleted"
    assert found.pop("/pipe").kind == "added"
    assert found.pop("/etc/group").kind == "changed"
    assert found == {}


def test_a_link_and_a_folder_made_anew_are_told(docker_sandbox: DockerSandbox) -> None:
    script = (
        "ln -sf ./x/../y /tmp/l; rm -r /etc/apt; mkdir /etc/apt; echo 1 >/etc/apt/new;"
        "echo 1.2.3.4 host >>/etc/hosts; rm /dev/zero; echo 0 >/dev/zero; echo 1 >/dev/shm/x"
    )

    report = done(docker_sandbox, shell("much", script, watched=True))

    target = hashlib.sha256(b"./x/../y").hexdigest()
    assert [(each.path, each.kind) for each in report.checks[0].changes] == [
        ("/dev/shm/x", "added"),
        ("/dev/zero", "changed"),
        ("/etc/apt", "added"),
        ("/etc/apt", "deleted"),
        ("/etc/apt/new", "added"),
        ("/etc/hosts", "changed"),
        ("/tmp/l", "added"),
    ]
    assert report.checks[0].changes[-1] == Change("/tmp/l", "added", target, stat.S_IFLNK | 0o777)


@pytest.mark.parametrize(
    "check",
    [
        Check("no program", argv=("",)),
        shell("limits", "true", limits=within(memory=128 << 20)),
        shell("name", "true", user="nobody"),
        shell("group", "true", user="0:65534"),
        shell("relative", "true", files=(File("a", b""),)),
        shell("upwards", "true", removed=("/testbed/../etc",)),
        shell("proc", "true", fetch=(ArtifactSpec("a", "/proc/1/environ", 9),)),
        shell("linked", "true", files=(File("/bin/sh", b""),)),
    ],
    ids=lambda check: check.name,
)
def test_a_job_that_means_nothing_is_refused(docker_sandbox: DockerSandbox, check: Check) -> None:
    with pytest.raises(JobError):
        docker_sandbox.run(job(check), go_on)


def test_an_image_that_is_not_there_is_no_verdict(docker_sandbox: DockerSandbox) -> None:
    report = docker_sandbox.run(job(shell("a", "true"), image="image:none/such"), go_on)

    assert (report.infra, report.checks) == ("the engine has no image none/such", ())


def test_a_job_costs_little_beside_its_steps(docker_sandbox: DockerSandbox) -> None:
    files = (File("/testbed/tests/test_a.py", b"assert True\n"),)
    steps = (
        shell("apply", "true", files=files, fetch=(ArtifactSpec("a", "/testbed", 100),)),
        shell("install", "true", watched=True),
        shell("tests", "true", files=files, removed=("/testbed/tests/test_b.py",)),
        shell("twins", "true", files=files),
    )
    beside = []
    done(docker_sandbox, *steps)
    for _ in range(3):
        time.sleep(1)  # as a job's own steps do, while the next container starts
        start = time.monotonic()
        report = done(docker_sandbox, *steps)
        beside.append(time.monotonic() - start - report.usage.wall_s)

    assert statistics.median(beside) < 1.0
