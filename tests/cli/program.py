"""The program `vervet` as people start it: a process of its own in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VERVET = Path(sys.executable).with_name("vervet")


def environment() -> dict[str, str]:
    """The tests' environment without settings that would reach the program by accident."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VERVET_")}
    return {**kept, "COLUMNS": "200"}


def vervet(folder: Path, *words: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    """Run the program in `folder` to its end."""
    return subprocess.run(
        [str(VERVET), *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def result(folder: Path, *words: str, expect: int = 0) -> dict[str, Any]:
    """What the program prints as JSON; it must end with the status `expect`."""
    done = vervet(folder, *words, "--json")
    assert done.returncode == expect, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the program in `folder`, in a session of its own."""
    return subprocess.Popen(
        [str(VERVET), *words],
        cwd=folder,
        env={**environment(), "VERVET_TEST_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def survivors(folder: Path) -> list[str]:
    """Command lines of processes that `start` in this folder left behind."""
    wanted = f"VERVET_TEST_FOLDER={folder}".encode()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            environ = (process / "environ").read_bytes()
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if wanted in environ.split(b"\0") and line:
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found
