"""Run as a script: loads a filter (hex on stdin) into itself, then tries what it must allow.

Trusted, and small enough to be: it stands in for the guest, so that a filter is tried by the
kernel without one. Prints a JSON object of what each attempt gave.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from collections.abc import Callable

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
libc = ctypes.CDLL(None, use_errno=True)


def load(program: bytearray, slots: list[int]) -> None:
    for slot in slots:
        struct.pack_into("=I", program, slot, os.getpid())
    code = (ctypes.c_char * len(program)).from_buffer(program)
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0) == 0


def attempt(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return f"errno {error.errno}"
    return "done"


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def use_library(folder: str) -> None:
    """A large part of the standard library, at work."""
    import asyncio
    import concurrent.futures
    import decimal
    import fcntl
    import hashlib
    import logging.handlers
    import multiprocessing
    import sqlite3
    import ssl
    import tempfile
    import threading
    import urllib.request
    import zipfile

    assert ssl.create_default_context()
    assert all((multiprocessing, logging, urllib))
    assert str(decimal.Decimal(1) / 7) == "0.1428571428571428571428571429"
    assert len(hashlib.sha256(b"x").digest()) == 32
    database = sqlite3.connect(f"{folder}/data.db")
    database.execute("create table t (x)")
    database.execute("insert into t values (1)")
    database.commit()
    assert sqlite3.connect(f"{folder}/data.db").execute("select x from t").fetchall() == [(1,)]
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_EX)
    with zipfile.ZipFile(f"{folder}/a.zip", "w") as archive:
        archive.writestr("a", "b")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(abs, range(-20, 0))) == list(range(20, 0, -1))
    threads = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def talk() -> bytes:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, bytes, 3)

    assert asyncio.run(talk()) == bytes(3)


def fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def main(folder: str) -> None:
    import resource
    import signal
    import socket

    given = json.load(sys.stdin)
    load(bytearray.fromhex(given["program"]), given["slots"])
    tries: dict[str, Callable[[], object]] = {
        "fork": fork,
        "socket": socket.socket,
        "socketpair": socket.socketpair,
        "kill_parent": lambda: os.kill(os.getppid(), 0),
        "kill_all": lambda: os.kill(-1, 0),
        "kill_self": lambda: os.kill(os.getpid(), 0),
        "raise": lambda: signal.raise_signal(signal.SIGCONT),
        "prlimit_parent": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU),
        "prlimit_self": lambda: resource.prlimit(0, resource.RLIMIT_CPU),
        "shmget": lambda: checked(libc.shmget(0, 4096, 0o1600)),
        "memfd": lambda: os.memfd_create("x"),
        "library": lambda: use_library(folder),
    }
    json.dump({name: attempt(action) for name, action in tries.items()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
