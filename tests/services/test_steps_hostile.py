"""Steps that mean harm: each ends as it must, and the step after it finds a whole container."""

from __future__ import annotations

import pytest

from tests.services.steps import done, go_on, job, only_the_engine, python, shell, within
from vervet.core.errors import JobError
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.job import ArtifactSpec, Check, CheckReport, File, LimitHit

pytestmark = pytest.mark.services

COUNT = "import os; print(sum(each.isdigit() for each in os.listdir('/proc')))"
AFTER = python("after", COUNT)
OWN = "3"
"""The init, what waits, and the step itself."""


def ended(sandbox: DockerSandbox, check: Check) -> CheckReport:
    """How the step ended, after which the next one is alone."""
    report = done(sandbox, check, AFTER)
    assert report.checks[1].stdout.decode().strip() == OWN
    return report.checks[0]


STEPS = {
    "hangs": (shell("a", "trap '' TERM INT HUP; setsid sleep 99 & sleep 99"), LimitHit.WALL),
    "stops itself": (shell("a", "kill -STOP $$"), LimitHit.WALL),
    "forks": (
        python("a", "import os\nwhile True:\n try: os.fork()\n except OSError: pass"),
        LimitHit.WALL,
    ),
    "floods": (shell("a", "cat /dev/zero"), LimitHit.OUTPUT),
    "floods in many": (shell("a", "for i in 1 2 3; do yes & done; wait"), LimitHit.OUTPUT),
    "eats": (python("a", "x = []\nwhile True: x.append(bytearray(1 << 22))"), LimitHit.MEMORY),
    "has a child eat": (shell("a", "python3 -c 'bytearray(1 << 30)'; true"), LimitHit.MEMORY),
    "eats by files": (shell("a", "cat /dev/zero >/dev/shm/a; cat /dev/zero"), LimitHit.OUTPUT),
    "burns": (shell("a", "while :; do :; done", limits=within(cpu_s=0.5)), LimitHit.CPU),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_ended_at_its_limit(docker_sandbox: DockerSandbox, name: str) -> None:
    check, expected = STEPS[name]
    if expected is LimitHit.WALL:
        check = Check("a", argv=check.argv, limits=within(wall_s=2))

    report = ended(docker_sandbox, check)

    assert report.limit is expected
    assert report.usage.wall_s < 20
    assert len(report.stdout) <= 1 << 20
    assert report.truncated == (expected is LimitHit.OUTPUT)


def test_a_step_has_no_time_before_it_starts(docker_sandbox: DockerSandbox) -> None:
    late = shell("late", "sleep 99", limits=within(wall_s=0.001))

    assert ended(docker_sandbox, late).limit is LimitHit.WALL


@pytest.mark.parametrize("easy", [5, 0], ids=["killed", "killed while paused"])
def test_a_fork_bomb_leaves_nothing(
    docker_sandbox: DockerSandbox, monkeypatch: pytest.MonkeyPatch, easy: int
) -> None:
    monkeypatch.setattr("vervet.sandbox.docker.steps_group.EASY", easy)
    bomb = "f() { while :; do f & f & wait; done; }; f"

    ended(docker_sandbox, shell("bomb", bomb, limits=within(wall_s=2)))


def test_the_engine_alone_clears_and_limits_too() -> None:
    stray = shell("stray", "sleep 99 & setsid sleep 99 >/dev/null 2>&1 &")
    hang = shell("hang", "sleep 99", limits=within(wall_s=0.5))
    with only_the_engine() as sandbox:
        report = done(sandbox, stray, hang, STEPS["eats"][0], STEPS["floods"][0], AFTER)

    limits = (None, LimitHit.WALL, LimitHit.MEMORY, LimitHit.OUTPUT, None)
    assert tuple(each.limit for each in report.checks) == limits
    assert report.checks[-1].stdout.decode().strip() == OWN


def test_gvisor_is_refused(gvisor_sandbox: DockerSandbox) -> None:
    with pytest.raises(JobError, match="runsc"):
        gvisor_sandbox.run(job(AFTER), go_on)


def test_files_are_bounded_one_by_one_and_together(
    docker_sandbox: DockerSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = ended(docker_sandbox, shell("large", "cat /dev/zero >/a; stat -c %s /a; rm /a"))
    assert large.stdout.split()[-1] == str(64 << 20).encode()

    monkeypatch.setattr("vervet.sandbox.docker.steps_exec.DISK", 90 << 20)
    script = "for i in 1 2 3; do head -c 60000000 /dev/zero >/a$i; done; sleep 99"
    many = ended(docker_sandbox, shell("many", script))
    assert (many.limit, many.known_by, many.signal) == (LimitHit.DISK, "engine", 9)


OUTSIDE = """
import socket
for where in ("1.1.1.1", "169.254.169.254", "172.17.0.1"):
    try:
        socket.create_connection((where, 80), 2)
        print("reached", where)
    except OSError:
        pass
try:
    socket.getaddrinfo("example.org", 80)
    print("resolved")
except OSError:
    pass
here = socket.create_server(("127.0.0.1", 0))
socket.create_connection(here.getsockname(), 2)
print("loopback", socket.gethostbyname(socket.gethostname()))
"""


def test_there_is_no_network_but_the_loopback(docker_sandbox: DockerSandbox) -> None:
    assert ended(docker_sandbox, python("net", OUTSIDE)).stdout == b"loopback 127.0.0.1\n"


RIGHTS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(status[each].strip() for each in ("CapBnd", "CapEff", "NoNewPrivs", "Seccomp")))
deeds = {
    "trace": lambda: None if libc.ptrace(16, 1, 0, 0) else "traced",
    "memory": lambda: open("/proc/1/mem", "r+b"),
    "group": lambda: os.setgid(65534),
    "user": lambda: os.setuid(65534),
    "device": lambda: os.mknod("/disk", 0o60600, os.makedev(254, 0)),
    "kernel": lambda: open("/proc/sys/kernel/core_pattern", "w"),
    "sysrq": lambda: open("/proc/sysrq-trigger", "w"),
    "spared": lambda: open("/proc/self/oom_score_adj", "w", buffering=1).write("-1000\\n"),
    "groups": lambda: open("/sys/fs/cgroup/memory/memory.limit_in_bytes", "w"),
    "groups2": lambda: open("/sys/fs/cgroup/memory.max", "r+"),
    "root": lambda: os.chroot("/tmp"),
    "engine": lambda: os.stat("/var/run/docker.sock"),
    "mount": lambda: None if libc.mount(b"a", b"/mnt", b"tmpfs", 0, None) else "mounted",
    "space": lambda: None if libc.unshare(0x10000000) else "unshared",
}
for name, deed in deeds.items():
    try:
        if deed() is not None:
            print("did", name)
    except OSError:
        pass
os.chown("/etc/shells", 5, 5)
os.chmod("/etc/shells", 0)
open("/etc/shells", "a").write("root writes what it may not")
"""


def test_root_may_write_files_and_no_more(docker_sandbox: DockerSandbox) -> None:
    report = ended(docker_sandbox, python("rights", RIGHTS))

    assert report.exit_code == 0
    # CHOWN is bit 0, DAC_OVERRIDE bit 1, FOWNER bit 3 (linux/capability.h)
    rights = f"{0b1011:016x}"
    assert report.stdout.decode().split() == [rights, rights, "1", "2"]


PASSWD = "echo 'root:x:0:65534::/:/bin/sh' >/etc/passwd; cp /etc/passwd /etc/group"


def test_names_of_users_are_not_looked_up_in_the_container(docker_sandbox: DockerSandbox) -> None:
    report = done(docker_sandbox, shell("passwd", PASSWD), shell("who", "id -u; id -g; id -G"))

    assert report.checks[1].stdout.split() == [b"0", b"0", b"0"]


TAKEN_OVER = (
    "printf '#!/bin/sh\\ntouch /ran\\n' >/usr/bin/rm; mkdir -p /testbed; echo 1 >/testbed/a"
)


def test_what_is_taken_away_is_gone_whoever_rm_is(docker_sandbox: DockerSandbox) -> None:
    look = shell("look", "ls /testbed /ran", removed=("/testbed/a",))

    report = done(docker_sandbox, shell("take over", TAKEN_OVER), look)

    assert report.checks[1].stdout.decode().split("\n")[:2] == [
        "ls: cannot access '/ran': No such file or directory",
        "/testbed:",
    ]


def test_a_container_without_a_shell_fails_the_step(docker_sandbox: DockerSandbox) -> None:
    report = done(docker_sandbox, shell("rm", "rm /bin/sh /bin/dash"), shell("next", "true"))

    assert (report.checks[1].exit_code, report.checks[1].known_by) == (127, "engine")


def test_a_step_that_ends_its_container_is_no_verdict(docker_sandbox: DockerSandbox) -> None:
    check = shell("kill", "kill -9 -1; for each in /proc/[0-9]*; do kill -9 ${each#/proc/}; done")

    report = docker_sandbox.run(job(check, AFTER), go_on)

    assert report.infra == "the container ended during check 'kill'"
    done(docker_sandbox, AFTER)


DEEP = "import os\nfor i in range(300):\n os.mkdir('d' * 200)\n os.chdir('d' * 200)"
MANY = "import os\nfor i in range(1100): os.symlink('x', f'/tmp/{i}')"


@pytest.mark.parametrize("source", [DEEP, MANY], ids=["deep", "many"])
def test_more_changes_than_are_read_are_told_as_such(
    docker_sandbox: DockerSandbox, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vervet.sandbox.docker.steps_changes.MOST", 1000)
    check = python("make", source, watched=True, folder="/tmp")
    files = (File("/tmp/test.py", b"1"),)
    after = shell("after", "ls /tmp", removed=("/tmp",), files=files)

    report = done(docker_sandbox, check, after)

    assert [each.digest for each in report.checks[0].changes if each.path == "/"] == ["unread"]
    assert report.checks[1].stdout == b"test.py\n"


def test_a_folder_that_is_too_large_is_not_fetched(docker_sandbox: DockerSandbox) -> None:
    fetch = (ArtifactSpec("all", "/many", 10_000),)
    script = "mkdir /many; cd /many; for i in 1 2 3; do head -c 4000 /dev/zero >$i; done"

    assert ended(docker_sandbox, shell("many", script, fetch=fetch)).files == {}
