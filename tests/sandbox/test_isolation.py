"""What the host sees of the jail: who runs in it, what outlives it, what happens without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.sandbox.jobs import forking, job, run
from vervet.core.errors import NoIsolationError, UnknownNameError
from vervet.sandbox.bubblewrap import Bwrap, find_bwrap
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import LimitHit, Report
from vervet.sandbox.registry import make_sandbox


def named(name: str) -> list[Path]:
    """The processes of the host that carry a name that a candidate gave itself."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == name:
                found.append(path.parent)
        except OSError:
            continue
    return found


def calls_itself(name: str) -> str:
    return f"import ctypes\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n"


def waiting_for(name: str, count: int) -> list[Path]:
    deadline = time.monotonic() + 20
    while len(found := named(name)) != count:
        assert time.monotonic() < deadline, f"{len(found)} processes {name}, not {count}"
        time.sleep(0.02)
    return found


DAEMONS = (
    "import os, time\n"
    "for _ in range(3):\n"
    "    child = os.fork()\n"
    "    if child == 0:\n"
    "        os.setsid()\n"
    "        if os.fork() == 0:\n"
    "            time.sleep(120)\n"
    "        os._exit(0)\n"
    "    os.waitpid(child, 0)\n"
)
FORKS = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""


def test_candidates_are_neither_root_nor_privileged_on_the_host(jail: JailSandbox) -> None:
    name = f"who-{os.getpid()}"
    source = calls_itself(name) + "import time\ntime.sleep(3)"
    thread = threading.Thread(target=run, args=(jail, job(source)))
    thread.start()
    (process,) = waiting_for(name, 1)
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    thread.join()

    assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split()
    assert {int(status[key], 16) for key in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"


def test_daemons_die_with_their_check(jail: JailSandbox) -> None:
    name = f"dmn-{os.getpid()}"
    source = calls_itself(name) + DAEMONS + "print(1)"
    left: list[int] = []

    jail.run(forking(job(source, b"", b"")), lambda _: not left.append(len(named(name))))

    assert left == [0, 0]


def test_daemons_die_with_a_runner_that_was_killed(jail: JailSandbox) -> None:
    name = f"orp-{os.getpid()}"
    reports: list[Report] = []
    asked = forking(job(calls_itself(name) + DAEMONS + "time.sleep(60)"))
    thread = threading.Thread(target=lambda: reports.append(run(jail, asked)))
    thread.start()
    parents = [(each / "stat").read_text().split()[3] for each in waiting_for(name, 4)]
    runners = {int(pid) for pid in parents if Path(f"/proc/{pid}/comm").read_text() != f"{name}\n"}

    os.kill(max(runners), signal.SIGKILL)

    thread.join()
    assert reports[0].infra == "the sandbox died during check 1"
    assert named(name) == []


def test_everything_dies_with_the_worker(tmp_path: Path) -> None:
    name = f"wrk-{os.getpid()}"
    source = calls_itself(name) + DAEMONS + "time.sleep(120)"
    worker = (
        "import sys\nfrom tests.sandbox.jobs import forking, job, run\n"
        "from vervet.sandbox.jail import JailSandbox\n"
        "run(JailSandbox(), forking(job(sys.argv[1])))"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", worker, source], cwd=root) as process:
        waiting_for(name, 4)
        process.send_signal(signal.SIGKILL)

    waiting_for(name, 0)


def test_fork_bomb_stays_within_its_limit(jail: JailSandbox) -> None:
    name = f"frk-{os.getpid()}"
    bomb = forking(job(calls_itself(name) + FORKS, wall_s=1.5, processes=10))
    thread = threading.Thread(target=run, args=(jail, bomb))
    thread.start()
    most = 0
    while thread.is_alive():
        most = max(most, len(named(name)))
        time.sleep(0.05)

    assert 2 <= most <= 10
    assert named(name) == []


def test_without_bubblewrap_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NoIsolationError) as caught:
        JailSandbox(bwrap=Bwrap(Path("/bin/false").resolve(), "broken"))

    assert "broken: the sandbox did not start" in caught.value.message
    assert "unprivileged user namespaces" in caught.value.hint


def test_without_any_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vervet.sandbox.jail.find_bwrap", lambda: iter(()))

    with pytest.raises(NoIsolationError, match="none is installed"):
        JailSandbox()


def test_the_wheel_brings_a_bubblewrap() -> None:
    assert "wheel" in [bwrap.origin for bwrap in find_bwrap()]


def test_isolation_is_given_up_only_by_name() -> None:
    sandbox = make_sandbox("jail", unsafe_no_isolation=True)

    report = run(
        sandbox, job("import os\nprint(os.getcwd() != '/tmp/work', input())", b"x\n", b"y")
    )

    assert [check.stdout for check in report.checks] == [b"True x\n", b"True y\n"]
    assert report.layers == sandbox.layers() == ()
    assert sandbox.environment()["kind"] == "none"
    sandbox.close()


def test_no_folder_is_left_however_a_candidate_has_shaped_it() -> None:
    place = Path(tempfile.gettempdir())
    before = set(place.glob("vervet-none-*"))
    sandbox = JailSandbox(unsafe_no_isolation=True)
    nests = "import os\nfor _ in range(400):\n    os.mkdir('x')\n    os.chdir('x')\nprint(1)"

    report = run(sandbox, job(nests, b"", b""))

    sandbox.close()
    assert [check.stdout for check in report.checks] == [b"1\n", b"1\n"]
    assert set(place.glob("vervet-none-*")) - before == set()


def test_limits_hold_without_isolation_too() -> None:
    sandbox = JailSandbox(unsafe_no_isolation=True)

    report = run(sandbox, job("while True:\n    pass", cpu_s=0.2))

    sandbox.close()
    assert report.checks[0].limit is LimitHit.CPU


def test_layers_and_environment_of_the_jail(jail: JailSandbox) -> None:
    assert {"userns", "pidns", "netns", "mountns", "rlimits"} <= set(jail.layers())
    assert set(jail.environment()) == {"kind", "interpreter", "runner"}


def test_unknown_sandbox_is_named() -> None:
    with pytest.raises(UnknownNameError, match="jial"):
        make_sandbox("jial")
