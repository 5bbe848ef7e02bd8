"""Control groups: real ones where this host gives them, and says why where it does not."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vervet.sandbox import cgroups
from vervet.sandbox.cgroups import Cgroup, CgroupEvents, make_cgroup, sweep_cgroups

MIB = 1 << 20
PREFIX = f"vervettest{os.getpid()}"
numbers = itertools.count()

HEAD = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
sys.stdin.readline()
"""
"""Every program here has limits of its own, and begins when told."""
HOG = HEAD + "x = b'x' * (160 << 20); print('held', len(x), flush=True)"
MODEST = HEAD + "x = b'x' * (40 << 20); print('held', len(x), flush=True)"
THREADS = (
    HEAD
    + """
import threading
end, started = threading.Event(), 0
for _ in range(8):
    try:
        threading.Thread(target=end.wait, args=(20,)).start()
        started += 1
    except RuntimeError:
        pass
end.set()
print('started', started, flush=True)
"""
)
SLEEP = HEAD + "import time; print('sleeping', flush=True); time.sleep(30)"


def started(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def group() -> Iterator[Cgroup]:
    made = make_cgroup(f"{PREFIX}-{os.getpid()}-{next(numbers)}")
    if isinstance(made, str):
        pytest.skip(f"this host gives no control groups: {made}")
    yield made
    made.close()


def run_in(group: Cgroup, program: str) -> tuple[int, str]:
    with started(program) as process:
        group.add(process.pid)
        output, _ = process.communicate("go\n", timeout=30)
        return process.returncode, output


def test_a_hog_is_killed_and_counted(group: Cgroup) -> None:
    group.limit(memory=64 * MIB, processes=32)

    code, output = run_in(group, HOG)

    assert (code, output) == (-signal.SIGKILL, "")
    assert group.events().oom_kills == 1


def test_the_peak_is_measured(group: Cgroup) -> None:
    group.limit(memory=128 * MIB, processes=32)

    code, output = run_in(group, MODEST)

    assert (code, output) == (0, f"held {40 * MIB}\n")
    events = group.events()
    assert events.oom_kills == 0
    assert 40 * MIB <= events.peak_memory <= 80 * MIB


def test_a_limit_can_be_raised_and_lowered(group: Cgroup) -> None:
    for size in (64, 256, 128):
        group.limit(memory=size * MIB, processes=32)

    assert run_in(group, HOG)[0] == -signal.SIGKILL


def test_processes_beyond_the_limit_are_refused_and_counted(group: Cgroup) -> None:
    group.limit(memory=256 * MIB, processes=4)

    code, output = run_in(group, THREADS)

    assert (code, output) == (0, "started 3\n")  # beside the first thread of the program
    assert group.events().pids_refused >= 1


def test_close_leaves_nothing_and_is_harmless_twice(group: Cgroup) -> None:
    with started(SLEEP) as process:
        group.add(process.pid)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "sleeping\n"
        begin = time.monotonic()

        group.close()
        group.close()

        assert process.wait(5) == -signal.SIGKILL
        assert time.monotonic() - begin < 5
        assert not any(folder.exists() for folder in group._folders)


def test_sweeping_removes_what_the_dead_left(group: Cgroup) -> None:
    dead = started("")
    dead.communicate()
    left = make_cgroup(f"{PREFIX}-{dead.pid}-0")
    assert isinstance(left, Cgroup)

    assert sweep_cgroups(PREFIX) == 1

    assert not any(folder.exists() for folder in left._folders)
    assert all(folder.exists() for folder in group._folders)


MOUNTS = r"""
31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
35 31 0:32 /box /mnt/a\040b rw,relatime shared:9 - cgroup cgroup rw,memory
39 31 0:36 / /mnt/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /mnt/two rw,relatime - cgroup2 cgroup2 rw,nsdelegate
""".strip()


def test_places_are_read_and_not_assumed() -> None:
    own = "8:pids:/\n4:memory:/box/mine\n0::/user.slice/run:1.scope\n"

    assert cgroups._places(own, MOUNTS) == {
        "memory": Path("/mnt/a b/mine"),
        "pids": Path("/mnt/pids"),
        "": Path("/mnt/two/user.slice/run:1.scope"),
    }


def test_a_group_that_is_not_mounted_here_has_no_place() -> None:
    assert "memory" not in cgroups._places("4:memory:/elsewhere\n", MOUNTS)


@pytest.fixture
def v2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A folder with the files of a v2 hierarchy: a stand-in, since one with memory and pids
    cannot be had where v1 holds these controllers (as on the machines that this is tested on).
    """

    def lay(*, delegated: tuple[str, ...]) -> Path:
        own = tmp_path / "slice" / "mine"
        own.mkdir(parents=True)
        for folder in (own, own.parent):
            (folder / "cgroup.procs").touch()
        proc = tmp_path / "proc"
        proc.mkdir()
        (proc / "cgroup").write_text("0::/slice/mine\n")
        (proc / "mountinfo").write_text(f"41 31 0:38 / {tmp_path} rw - cgroup2 cgroup2 rw\n")
        monkeypatch.setattr(cgroups, "PROC", proc)
        monkeypatch.setattr(cgroups, "_make_folder", lambda path: make(path, delegated))
        return own

    def make(path: Path, delegated: tuple[str, ...]) -> None:
        path.mkdir()
        if path.parent.name in delegated:
            for file in ("memory.max", "memory.swap.max", "pids.max", "cgroup.procs"):
                (path / file).touch()

    return lay


def test_v2_limits_and_counts(v2: Callable[..., Path]) -> None:
    """On the stand-in: what is written where, and what is read from where."""
    own = v2(delegated=("mine",))
    made = make_cgroup("vervet-1-0")
    assert isinstance(made, Cgroup)

    made.limit(memory=64 * MIB, processes=9)
    made.add(4711)

    folder = own / "vervet-1-0"
    found = {file.name: file.read_text() for file in folder.iterdir()}
    assert found == {
        "memory.max": str(64 * MIB),
        "memory.swap.max": "0",
        "pids.max": "9",
        "cgroup.procs": "4711",
    }
    assert made.version == 2
    (folder / "memory.events").write_text("low 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n")
    (folder / "pids.events").write_text("max 5\n")
    (folder / "memory.peak").write_text("1234\n")
    assert made.events() == CgroupEvents(oom_kills=2, pids_refused=5, peak_memory=1234)


def test_v2_goes_beside_where_it_may_not_go_below(v2: Callable[..., Path]) -> None:
    """On the stand-in: a group that holds processes can give its children no controllers."""
    own = v2(delegated=("slice",))

    assert isinstance(make_cgroup("vervet-1-0"), Cgroup)

    assert (own.parent / "vervet-1-0").is_dir()
    assert not (own / "vervet-1-0").exists()


def test_v2_without_delegation_says_so_and_leaves_nothing(v2: Callable[..., Path]) -> None:
    """On the stand-in."""
    own = v2(delegated=())

    reason = make_cgroup("vervet-1-0")

    assert isinstance(reason, str)
    assert "not given memory and pids" in reason
    assert list(own.parent.glob("**/vervet-1-0")) == []


def test_v2_ends_its_processes() -> None:
    """A real hierarchy of v2, with or without controllers: killing and removing take none."""
    place = cgroups._places(
        (cgroups.PROC / "cgroup").read_text(), (cgroups.PROC / "mountinfo").read_text()
    ).get("")
    if place is None or not os.access(place, os.W_OK):
        pytest.skip("this host has no hierarchy of control groups v2 that this user may write")
    folder = place / f"{PREFIX}-{os.getpid()}-{next(numbers)}"
    folder.mkdir()
    made = Cgroup(2, folder, folder)
    with started(SLEEP) as process:
        made.add(process.pid)

        made.close()

        assert process.wait(5) == -signal.SIGKILL
        assert not folder.exists()


def test_no_hierarchy_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "PROC", tmp_path)

    assert make_cgroup("vervet-1-0") == (
        "no hierarchy of control groups with memory and pids is mounted"
    )
