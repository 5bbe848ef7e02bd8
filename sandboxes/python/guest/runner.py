"""Owns the conversation with the host: one job, its checks one by one, its artifacts.

The first process inside the isolation. It runs no code of a candidate itself: every check is a
fork of it. Everything it reads from the host on descriptor 0 is trusted; it answers on 1.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from guest.folder import SpentError, clean, lay, read_artifact
from guest.kernel import hide
from guest.watch import Finding, Watch
from guest.wire import receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from typing import Any

__all__ = ["main"]

PROTOCOL = 1
RUNNER_PID, INSIDE_UID, INSIDE_NAME = 2, 65534, "jail"
KILL = 9
SWEEPS = 10_000


def main() -> None:
    """Serve one job on descriptors 0 and 1 until the host closes them."""
    control_in, control_out = os.dup(0), os.dup(1)
    os.set_inheritable(control_in, False)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    hide()
    _as_if_started()
    first = receive(control_in)
    if first is not None:
        Runner(control_in, control_out, *first).serve()
    os._exit(0)


def _as_if_started() -> None:
    """What a candidate expects of its interpreter and `-S` left out."""
    import _sitebuiltins
    import builtins

    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    sys.dont_write_bytecode = True
    gc.freeze()


class Runner:
    """One job: its head and files, and the code once it is compiled."""

    def __init__(self, control_in: int, control_out: int, job: dict[str, Any], body: bytes) -> None:
        self.control_in, self.control_out, self.job = control_in, control_out, job
        self.files: list[tuple[str, bytes]] = []
        for item in job["files"]:
            self.files.append((item["path"], body[: item["size"]]))
            body = body[item["size"] :]
        self.root = job["root"]
        self.source = dict(self.files)[job["argv"][0]]
        self.code: bytes | None = None
        self.watch = Watch(job, self.root, _sweep_all if contained(job) else _sweep_group)

    def serve(self) -> None:
        """Answer the host's requests until it closes."""
        send(self.control_out, {"answer": "ready"})
        while (request := receive(self.control_in)) is not None:
            head, body = request
            if head["ask"] == "check":
                self._check(body)
            else:
                self._artifacts()

    def _check(self, stdin: bytes) -> None:
        try:
            clean(self.root)
            lay(self.root, self.files, stdin)
        except SpentError:
            send(self.control_out, {"answer": "spent"})
            return
        found = self.watch.run(self.source, self.code)
        self.code = self.code or found.code
        out, err = _capped(found, self.job["output"])
        send(self.control_out, _head(found, out, err), out + err)

    def _artifacts(self) -> None:
        items, bodies = [], []
        for spec in self.job["artifacts"]:
            data = read_artifact(self.root, spec["path"], spec["max_size"])
            if data is not None:
                items.append({"name": spec["name"], "size": len(data)})
                bodies.append(data)
        send(self.control_out, {"answer": "artifacts", "artifacts": items}, b"".join(bodies))


def _capped(found: Finding, cap: int) -> tuple[bytes, bytes]:
    out = bytes(found.out[:cap])
    return out, bytes(found.err[: cap - len(out)])


def _head(found: Finding, out: bytes, err: bytes) -> dict[str, Any]:
    exited = os.WIFEXITED(found.status)
    return {
        "answer": "check",
        "exit_code": os.WEXITSTATUS(found.status) if exited else None,
        "signal": None if exited else os.WTERMSIG(found.status),
        "stage": "run" if found.started else "compile",
        "limit": found.limit,
        "known_by": found.known_by,
        "truncated": len(out) + len(err) < len(found.out) + len(found.err),
        "wall_s": found.wall,
        "cpu_user_s": found.user,
        "cpu_system_s": found.system,
        "peak_memory": found.peak,
        "stdout": len(out),
        "stderr": len(err),
    }


def contained(job: dict[str, Any]) -> bool:
    """Whether this is a process namespace of our own: killing everyone elsewhere is murder."""
    here = (os.getpid(), os.getuid(), os.uname().nodename)
    return bool(job["contained"]) and here == (RUNNER_PID, INSIDE_UID, INSIDE_NAME)


def _sweep_all(pid: int) -> tuple[int, Any]:
    """Kill every process of the namespace but bwrap and this one, and see them gone.

    The kernel's kill of everyone is atomic: no fork slips through it.
    """
    os.kill(-1, KILL)
    _, status, usage = os.wait4(pid, 0)
    for _ in range(SWEEPS):
        try:
            os.kill(-1, KILL)
        except ProcessLookupError:
            return status, usage
        time.sleep(0.0002)
    raise RuntimeError("processes of the check do not end")


def _sweep_group(pid: int) -> tuple[int, Any]:
    """Without a namespace only the candidate's own session can be ended."""
    try:
        os.killpg(pid, KILL)
    except ProcessLookupError:
        os.kill(pid, KILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage
