"""Owns one check of reference mode inside its jail: files, limits, a fresh interpreter by exec.

Stays beside the candidate only to wait for it: what it tells the host goes through a pipe that
the candidate never holds, and it cannot be traced. Standard library only.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["main"]

ROOT = "/tmp"
PR_SET_DUMPABLE = 4
SPARE = 8 << 20
"""Bytes beyond the memory limit in which an exception can still be printed."""
STACK = 64 << 20
OWN_PROCESSES = 3
"""bwrap's two processes and this one."""
UNUSABLE = 70


def main() -> None:
    """Read the check from descriptor 0, run it, and tell its end on the descriptor of argv[1]."""
    told = int(sys.argv[1])
    with open(0, "rb", closefd=False) as file:
        data = file.read()
    size = int.from_bytes(data[:4], "big")
    head = json.loads(data[4 : 4 + size])
    _lay(head, data[4 + size :])
    if ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        os._exit(UNUSABLE)
    os.write(told, b"S")
    pid = os.fork()
    if pid == 0:
        _become(head)
    _, status, usage = os.wait4(pid, 0)
    end = {
        "status": status,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
    }
    os.write(told, json.dumps(end).encode())
    os._exit(0)


def _lay(head: dict[str, Any], body: bytes) -> None:
    work, start = os.path.join(ROOT, "work"), 0
    os.mkdir(work, 0o700)
    for path, size in head["files"]:
        place = os.path.join(work, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "xb") as file:
            file.write(body[start : start + size])
        start += size
    with open(os.path.join(ROOT, ".stdin"), "xb") as file:
        file.write(body[start:])


def _become(head: dict[str, Any]) -> NoReturn:
    try:
        os.setsid()
        os.dup2(os.open(os.path.join(ROOT, ".stdin"), os.O_RDONLY), 0)
        os.closerange(3, 1 << 16)
        os.chdir(os.path.join(ROOT, "work"))
        _limit(head)
        environment = dict(head["env"])
        os.execve(sys.executable, [sys.executable, *head["options"], *head["argv"]], environment)
    finally:
        os._exit(UNUSABLE)


def _limit(head: dict[str, Any]) -> None:
    setrlimit = resource.setrlimit
    setrlimit(resource.RLIMIT_CORE, (0, 0))
    setrlimit(resource.RLIMIT_FSIZE, (head["file_size"],) * 2)
    setrlimit(resource.RLIMIT_NOFILE, (head["open_files"],) * 2)
    setrlimit(resource.RLIMIT_NPROC, (head["processes"] + OWN_PROCESSES,) * 2)
    setrlimit(resource.RLIMIT_STACK, (min(STACK, head["memory"]),) * 2)
    setrlimit(resource.RLIMIT_AS, (head["memory"], head["memory"] + SPARE))
    seconds = math.ceil(head["cpu_s"])
    setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


if __name__ == "__main__":
    main()
