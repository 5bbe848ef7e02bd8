"""The paper's execution server, as a baseline written from its description alone.

An HTTP server of threads: a request brings a program, inputs and expected outputs; every test
runs `bash -c 'ulimit -v ...; python f'`; the server compares. No isolation: trusted programs only.
Prints its port, ends when its standard input does: `python server.py PYTHON`.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["judge", "main"]

TIMEOUT_S = 10


def judge(python: str, asked: dict[str, Any]) -> bool:
    """Whether the program prints what is expected on every input; stops at the first that fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.py"
        path.write_text(asked["program"])
        command = f"ulimit -v {asked['memory_kib']}; {shlex.quote(python)} {shlex.quote(str(path))}"
        for stdin, expected in zip(asked["inputs"], asked["outputs"], strict=True):
            done = subprocess.run(
                ["bash", "-c", command],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            if done.returncode != 0 or done.stdout.strip() != expected.strip():
                return False
    return True


class Handler(BaseHTTPRequestHandler):
    """One request, one program; connections stay open, and answers wait for no acknowledgement."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    python = sys.executable

    def do_POST(self) -> None:
        """Answer `{"passed": bool}`."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({"passed": judge(self.python, asked)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    """Serve on a free port of the loopback until standard input ends."""
    Handler.python = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
