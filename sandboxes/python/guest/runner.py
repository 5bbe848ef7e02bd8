"""Owns the conversation with the host: job after job, each with its checks and artifacts.

The first process inside the isolation, or the one below it. It runs no code of a candidate
itself: every check is a fork of it. Everything it reads from the host on descriptor 0 is trusted.
"""

from __future__ import annotations

import os
import time

from guest.candidate import Candidate, prepare_interpreter
from guest.delay import run_delay
from guest.folder import SpentError, clean, lay, open_artifact
from guest.kernel import hide
from guest.layers import Layers
from guest.watch import Finding, Watch
from guest.wire import Link

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from typing import Any

__all__ = ["main"]

INSIDE_UID, INSIDE_NAME = 65534, "jail"
KILL = 9
PROGRAM_CAP = 1 << 20
SWEEPS = 10_000


def main() -> None:
    """Serve the host on descriptor 0 until it closes; what goes wrong is said on error."""
    control, complaints = os.dup(0), os.dup(2)
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    try:
        hide()
        link = Link(control)
        first = link.receive()
        if first is not None:
            hello, body, _ = first
            program = os.read(body, PROGRAM_CAP)
            os.close(body)
            prepare_interpreter(hello["path"], hello["preload"])
            Runner(link, hello, program).serve()
    except BaseException as error:
        os.write(complaints, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    os._exit(0)


class Runner:
    """What the host wants of this guest, and the job that it is at."""

    def __init__(self, link: Link, hello: dict[str, Any], program: bytes) -> None:
        self.link, self.root = link, hello["root"]
        self.candidate: Candidate | None = None
        self.layers = Layers(hello, program)
        self.sweep = _sweep_all if contained(hello) else _sweep_group
        link.send(
            {
                "answer": "ready",
                "contained": self.sweep is _sweep_all,
                "landlock": self.layers.version,
                "seccomp": self.layers.filtered,
            }
        )

    def serve(self) -> None:
        """Answer the host's requests until it closes."""
        while (request := self.link.receive()) is not None:
            head, body, descriptors = request
            if head["ask"] == "job":
                self._take(head, body)
                continue
            if head["ask"] == "check":
                self._check(body, descriptors)
                continue
            if head["ask"] == "artifacts":
                self._artifacts()
            os.close(body)

    def _take(self, job: dict[str, Any], body: int) -> None:
        if self.candidate is not None:
            self.candidate.close()
            os.close(self.bodies)
        self.job, self.bodies = job, body
        self.files = [(item["path"], item["size"]) for item in job["files"]]
        self.candidate = Candidate(job, self.root, self.layers)
        self.watch = Watch(self.candidate, self.sweep, self._late, self.link.descriptor)

    def _check(self, stdin: int, pair: list[int]) -> None:
        assert self.candidate is not None
        try:
            clean(self.root)
            lay(self.root, self.files, self.bodies, stdin if self.job["stdin_file"] else -1)
        except SpentError:
            for descriptor in (stdin, *pair):
                os.close(descriptor)
            self.link.send({"answer": "spent"})
            return
        found = self.watch.run(stdin, pair)
        self.candidate.code_size = self.candidate.code_size or found.code_size
        streams = found.streams
        out, err = streams.kept()
        self.link.send(_head(found, out, err), ((streams.out, out), (streams.err, err)))
        streams.close()

    def _late(self, pid: int, alive: int) -> None:
        """Let the host see how long the process waited for a processor, while it still can."""
        head = {"answer": "late", "run_delay_s": run_delay(pid)}
        self.link.send(head, descriptors=(alive,) if alive >= 0 else ())
        answer = self.link.receive()
        if answer is not None:
            os.close(answer[1])

    def _artifacts(self) -> None:
        found = []
        for spec in self.job["artifacts"]:
            artifact = open_artifact(self.root, spec["path"], spec["max_size"])
            if artifact is not None:
                found.append((spec["name"], *artifact))
        items = [{"name": name, "size": size} for name, _, size in found]
        body = tuple((file, size) for _, file, size in found)
        self.link.send({"answer": "artifacts", "artifacts": items}, body)
        for file, _ in body:
            os.close(file)


def _head(found: Finding, out: int, err: int) -> dict[str, Any]:
    exited = os.WIFEXITED(found.status)
    return {
        "answer": "check",
        "exit_code": os.WEXITSTATUS(found.status) if exited else None,
        "signal": None if exited else os.WTERMSIG(found.status),
        "stage": "run" if found.started else "compile",
        "limit": found.limit,
        "known_by": found.known_by,
        "truncated": found.streams.over(),
        "wall_s": found.wall,
        "cpu_user_s": found.user,
        "cpu_system_s": found.system,
        "peak_memory": found.peak,
        "stdout": out,
        "stderr": err,
    }


def contained(hello: dict[str, Any]) -> bool:
    """Whether this is a process namespace of our own: killing everyone elsewhere is murder."""
    here = (os.getppid(), os.getuid(), os.uname().nodename)
    return bool(hello["contained"]) and here == (1, INSIDE_UID, INSIDE_NAME)


def _sweep_all(pid: int) -> tuple[int, Any]:
    """Kill every process of the namespace but its first and this one, and see them gone.

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
