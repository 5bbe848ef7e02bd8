"""Workers side by side: what one's candidate uses up is not the other's."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.hostile.case import PROBE, Case, attempt_at
from tests.sandbox.hostile.honest import HONEST
from vervet.core.status import Status
from vervet.sandbox.jail import JailSandbox

ROOT = Path(__file__).parents[3]
GREED = {
    "threads": "import threading, time\ntry:\n    while True:\n"
    "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    "except RuntimeError:\n    time.sleep(60)",
    "descriptors": "import os, time\ntry:\n    while True:\n        os.dup(0)\n"
    "except OSError:\n    time.sleep(60)",
    "its tmp": "import time\ntry:\n    for n in range(1000):\n"
    "        open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))\nexcept OSError:\n    time.sleep(60)",
    "memory": "import time\nx = []\ntry:\n    while True:\n        x.append(bytearray(1 << 20))\n"
    "except MemoryError:\n    time.sleep(60)",
}
TAKING_S = 0.5
WORKER = (
    "import sys\nfrom tests.sandbox.hostile.case import Case, attempt_at\n"
    "from vervet.core.status import Status\nfrom vervet.sandbox.jail import JailSandbox\n"
    "jail = JailSandbox()\nprint('ready', flush=True)\n"
    "case = Case('greed', '', sys.argv[1], Status.TIMED_OUT, (), {'cpu_s': 5.0, 'wall_s': 20.0})\n"
    "attempt_at(jail, case)"
)
WANTED = [PROBE, *(case for case in HONEST if case.name in ("threads", "temporary files"))]


@pytest.fixture(params=sorted(GREED))
def greedy(request: pytest.FixtureRequest) -> Iterator[None]:
    """A worker beside this one, whose candidate takes all that it can get and keeps it."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, GREED[request.param]], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        time.sleep(TAKING_S)
        yield
        assert process.poll() is None
        process.kill()


def test_a_greedy_neighbour_takes_nothing_away(jail: JailSandbox, greedy: None) -> None:
    for _ in range(10):
        for case in WANTED:
            assert attempt_at(jail, case).status is Status.PASSED, case.name


def test_two_jails_of_one_process_do_not_get_in_each_others_way() -> None:
    greed = Case("greed", "", GREED["threads"], Status.TIMED_OUT, (), {"wall_s": 3.0})
    one, other = JailSandbox(), JailSandbox()
    thread = threading.Thread(target=attempt_at, args=(one, greed))
    thread.start()
    try:
        statuses = {attempt_at(other, case).status for case in WANTED}
    finally:
        thread.join()
        one.close()
        other.close()

    assert statuses == {Status.PASSED}
