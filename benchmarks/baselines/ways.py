"""Owns the ways of judging the one candidate: each makes a function that does one job.

Imports what a way needs only when it is asked for: `evalplus` and `sandlock` live in another
environment than Vervet. All but the sandboxes run the (trusted) candidate without isolation.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baselines.candidate import ENTRY, FUNCTION, PROGRAM, cases, stdin_of, stdout_of

__all__ = ["WAYS", "AbsentError", "base_python", "tidy"]

Do = Callable[[], None]
MEMORY = 512 << 20
SPINS = 400_000


class AbsentError(Exception):
    """Raised when a way cannot be had here; says in words why."""


def base_python() -> str:
    """The interpreter below any virtual environment, for runs with `-S`.

    Without `-S` it may start slowly: its site-packages can hold hooks that a virtual
    environment lacks (three times as slow was seen), which would flatter the jail.
    """
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def _program_file() -> Path:
    path = Path(tempfile.mkdtemp(prefix="vervet-bench-")) / "f.py"
    _at_end.append(lambda: shutil.rmtree(path.parent))
    path.write_text(PROGRAM)
    return path


def _sandbox(name: str, checks: int, *, unsafe: bool = False) -> Do:
    from vervet.core.errors import VervetError
    from vervet.sandbox.job import Check, File, Job, Program
    from vervet.sandbox.registry import make_sandbox

    try:
        sandbox = make_sandbox(name, unsafe_no_isolation=unsafe)
    except VervetError as error:
        raise AbsentError(str(error)) from error
    _at_end.append(sandbox.close)
    known = cases(checks)
    expected = {str(i): stdout_of(answer) for i, (_, answer) in enumerate(known)}
    program = Program("python", (File("f.py", PROGRAM.encode()),), ("f.py",))
    job = Job(program, tuple(Check(str(i), stdin_of(v)) for i, (v, _) in enumerate(known)))

    def do() -> None:
        report = sandbox.run(job, lambda check: check.stdout == expected[check.name])
        right = [check.stdout == expected[check.name] for check in report.checks]
        if report.infra or len(right) != checks or not all(right):
            raise RuntimeError(f"{name}: a right candidate did not pass: {report.infra or right}")

    return do


def jail(checks: int, _: str) -> Do:
    """The embedded default."""
    return _sandbox("jail", checks)


def fork(checks: int, _: str) -> Do:
    """The same runner and protocol with no isolation: rlimits alone."""
    return _sandbox("jail", checks, unsafe=True)


def docker(checks: int, _: str) -> Do:
    """The docker backend."""
    return _sandbox("docker", checks)


def _each(checks: int, argv: list[str]) -> Do:
    known = [(stdin_of(values), stdout_of(answer)) for values, answer in cases(checks)]

    def do() -> None:
        for stdin, expected in known:
            done = subprocess.run(argv, input=stdin, capture_output=True, check=True)
            if done.stdout != expected:
                raise RuntimeError(f"{argv[0]}: a right candidate did not pass")

    return do


def bare(checks: int, _: str) -> Do:
    """A fresh interpreter per test, nothing around it."""
    return _each(checks, [sys.executable, str(_program_file())])


def docker_exec(checks: int, image: str) -> Do:
    """`docker exec` per test in one long-lived container of `image`."""
    engine = shutil.which("docker")
    if not engine or not image:
        raise AbsentError("there is no docker client" if not engine else "no image was named")
    start = [
        engine,
        "run",
        "-d",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        "sleep",
        image,
        "3600",
    ]
    begun = subprocess.run(start, capture_output=True, text=True, check=False)
    if begun.returncode != 0:
        raise AbsentError(f"docker: {begun.stderr.strip().splitlines()[-1:]}")
    name = begun.stdout.strip()
    do = _each(checks, [engine, "exec", "-i", name, "python3", "-c", PROGRAM])
    _at_end.append(lambda: subprocess.run([engine, "kill", name], capture_output=True, check=False))
    return do


def paper(checks: int, port: str) -> Do:
    """A client of `server.py`, which does the work in a process of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port))
    known = cases(checks)
    asked: dict[str, Any] = {
        "program": PROGRAM,
        "inputs": [stdin_of(values).decode() for values, _ in known],
        "outputs": [stdout_of(answer).decode() for _, answer in known],
        "memory_kib": MEMORY >> 10,
    }

    def do() -> None:
        connection.request("POST", "/", json.dumps(asked).encode())
        if not json.loads(connection.getresponse().read())["passed"]:
            raise RuntimeError("the paper's server: a right candidate did not pass")

    return do


def evalplus(checks: int, _: str) -> Do:
    """`untrusted_check` of the function: one process for all inputs, comparison inside it."""
    try:
        from evalplus.eval import PASS, untrusted_check  # type: ignore[import-not-found]
    except ImportError as error:
        raise AbsentError(f"evalplus is not installed ({error}); make bench-sandbox") from error
    known = cases(checks)
    inputs = [[values] for values, _ in known]
    answers = [answer for _, answer in known]

    def do() -> None:
        times = [0.01] * checks
        status, _ = untrusted_check("humaneval", FUNCTION, inputs, ENTRY, answers, 0, times)
        if status != PASS:
            raise RuntimeError(f"evalplus: a right candidate is {status}")

    return do


def sandlock(checks: int, _: str) -> Do:
    """`Sandbox.run` of `python -S -E -I` per test; the input comes as descriptor 0."""
    try:
        from sandlock import Sandbox  # type: ignore[import-not-found]
    except (ImportError, OSError) as error:
        raise AbsentError(f"sandlock is not installed ({error}); make bench-sandbox") from error
    path, python = _program_file(), base_python()
    prefix = str(Path(python).parent.parent)
    known = [(stdin_of(values), stdout_of(answer)) for values, answer in cases(checks)]
    places = [p for p in ("/usr", "/lib", "/lib64", "/etc", "/dev/null") if Path(p).exists()]
    box = Sandbox(fs_readable=[*places, prefix, str(path.parent)])

    def do() -> None:
        for stdin, expected in known:
            sealed = os.memfd_create("stdin")
            os.write(sealed, stdin)
            os.lseek(sealed, 0, os.SEEK_SET)
            os.dup2(sealed, 0)
            os.close(sealed)
            done = box.run([python, "-S", "-E", "-I", str(path)], timeout=10)
            if done.stdout != expected:
                raise RuntimeError(f"sandlock: a right candidate did not pass: {done}")

    return do


def spin(_checks: int, _: str) -> Do:
    """A bare loop of arithmetic: what two cores can give at best."""

    def do() -> None:
        total = 0
        for i in range(SPINS):
            total += i

    return do


_at_end: list[Callable[[], object]] = []

WAYS: dict[str, Callable[[int, str], Do]] = {
    way.__name__: way
    for way in (jail, fork, docker, docker_exec, bare, paper, evalplus, sandlock, spin)
}


def tidy() -> None:
    """End what the ways have started."""
    for end in _at_end:
        end()
