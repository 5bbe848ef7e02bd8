"""Owns one check of reference mode inside its jail: files, limits, a fresh interpreter by exec.

Stays beside the candidate only to wait for it: what it tells the host goes through a pipe that
the candidate never holds, and it cannot be traced. Imports nothing that takes time to load.
"""

from __future__ import annotations

import _ctypes
import marshal
import os
import resource
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["main"]

ROOT = "/tmp"
PR_SET_DUMPABLE = 4
RTLD_NOW = 2
UNUSABLE = 70
KEYCTL = {"x86_64": 250, "aarch64": 219}
GET_KEYRING_ID, JOIN_SESSION_KEYRING, SESSION_KEYRING = 0, 1, -3
KEYS_S, KEYS_PAUSE_S = 5.0, 0.01
"""The kernel frees keyrings of ended processes a little later than it counts them."""


class _Int(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "i"


class _Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "l"


def main() -> None:
    """Read the check from descriptor 0, run it, and tell its end on the descriptor of argv[1]."""
    told = int(sys.argv[1])
    with open(0, "rb", closefd=False) as file:
        data = file.read()
    size = int.from_bytes(data[:4], "big")
    head = marshal.loads(data[4 : 4 + size])
    _lay(head, data[4 + size :])
    _hide()
    _leave_keys()
    os.write(told, b"S")
    pid = os.fork()
    if pid == 0:
        _become(head)
    _, status, usage = os.wait4(pid, 0)
    peak = usage.ru_maxrss * 1024
    os.write(told, b"%d %.6f %.6f %d\n" % (status, usage.ru_utime, usage.ru_stime, peak))
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


def _hide() -> None:
    """Forbid others, the candidate too, to trace this process or to read its memory."""
    libc = _ctypes.dlopen(None, RTLD_NOW)  # type: ignore[arg-type]
    prctl = _ctypes.dlsym(libc, "prctl")
    if _ctypes.call_function(prctl, (_Int(PR_SET_DUMPABLE), *(_Int(0),) * 4)) != 0:
        os._exit(UNUSABLE)


def _leave_keys() -> None:
    """Take a keyring of its own: the one of whoever started Vervet would be inherited."""
    number, end = KEYCTL.get(os.uname().machine), time.monotonic() + KEYS_S
    if number is None:
        return
    while _call(number, JOIN_SESSION_KEYRING, 0) == -1:
        if _call(number, GET_KEYRING_ID, SESSION_KEYRING) == -1:
            return  # there is none to be had at all
        if time.monotonic() > end:
            os._exit(UNUSABLE)
        time.sleep(KEYS_PAUSE_S)


def _call(number: int, first: int, second: int) -> int:
    libc = _ctypes.dlopen(None, RTLD_NOW)  # type: ignore[arg-type]
    syscall = _ctypes.dlsym(libc, "syscall")
    asked = (_Long(number), _Long(first), _Long(second), _Long(0), _Long(0))
    return int(_ctypes.call_function(syscall, asked))


def _become(head: dict[str, Any]) -> NoReturn:
    try:
        os.setsid()
        os.dup2(os.open(os.path.join(ROOT, ".stdin"), os.O_RDONLY), 0)
        os.closerange(3, 1 << 16)
        os.chdir(os.path.join(ROOT, "work"))
        for which, soft, hard in head["rlimits"]:
            resource.setrlimit(which, (soft, hard))
        argv = [sys.executable, *head["options"], *head["argv"]]
        os.execve(sys.executable, argv, dict(head["env"]))
    finally:
        os._exit(UNUSABLE)


if __name__ == "__main__":
    main()
