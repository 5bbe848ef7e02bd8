"""Owns the forked process of one check: its limits, its descriptors, the candidate in it.

Nothing here is trusted once the candidate's code has begun: the runner believes only what came
before, and what the kernel says afterwards.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import sys
import time
from _struct import Struct
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from marshal import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any, NoReturn

__all__ = ["TOLD", "UNUSABLE", "become"]

TOLD = Struct(">dQ")
"""What precedes the compiled code: CPU seconds so far, its size (0: it cannot be kept)."""
UNUSABLE = 70
"""Exit status of a child that could not even be prepared."""
SPARE = 8 << 20
"""Bytes beyond the memory limit in which an exception can still be printed."""
STACK = 64 << 20
OWN_PROCESSES = 2
"""bwrap and the runner."""


def become(
    job: dict[str, Any], root: str, source: bytes, code: bytes | None, ends: Sequence[int]
) -> NoReturn:
    """Turn this fresh child into the candidate; `ends` are its output, error and code pipes.

    Never returns, so that no child ever goes on as the runner.
    """
    try:
        _become(job, root, source, code, ends)
    finally:
        os._exit(UNUSABLE)


def _become(
    job: dict[str, Any], root: str, source: bytes, code: bytes | None, ends: Sequence[int]
) -> None:
    os.setsid()
    stdin = os.open(os.path.join(root, ".stdin"), os.O_RDONLY)
    for wanted, descriptor in enumerate((stdin, *ends)):
        os.dup2(descriptor, wanted)
    os.closerange(4, 1 << 20)
    os.chdir(os.path.join(root, "work"))
    _limit(job)
    _speak()
    name = job["argv"][0]
    program = _compile(source, name) if code is None else loads(code)
    if code is None:
        _tell(program)
    os.close(3)
    cpu = time.process_time()
    _limit_cpu(cpu + job["cpu_s"])
    _forget(job)
    sys.argv = list(job["argv"])
    sys.path.insert(0, os.getcwd())
    _end(_run(program, name))


def _limit(job: dict[str, Any]) -> None:
    setrlimit = resource.setrlimit
    setrlimit(resource.RLIMIT_CORE, (0, 0))
    setrlimit(resource.RLIMIT_FSIZE, (job["file_size"],) * 2)
    setrlimit(resource.RLIMIT_NOFILE, (job["open_files"],) * 2)
    if job["count_processes"]:
        setrlimit(resource.RLIMIT_NPROC, (job["processes"] + OWN_PROCESSES,) * 2)
    setrlimit(resource.RLIMIT_STACK, (min(STACK, job["memory"]),) * 2)
    setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"] + SPARE))
    seconds = math.ceil(job["compile_s"]) + 1
    setrlimit(resource.RLIMIT_CPU, (seconds, seconds + math.ceil(job["cpu_s"]) + 2))


def _limit_cpu(seconds: float) -> None:
    """The kernel counts whole seconds: this one is the net below the runner's finer clock."""
    whole = math.ceil(seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (min(whole, hard),) * 2)


def _speak() -> None:
    """New text streams on the new descriptors, as a fresh interpreter would open them."""
    reader, writer, errors = (FileIO(0, "r", closefd=False), FileIO(1, "w"), FileIO(2, "w"))
    sys.stdin = TextIOWrapper(BufferedReader(reader), "utf-8", "surrogateescape")
    sys.stdout = TextIOWrapper(BufferedWriter(writer), "utf-8", "surrogateescape")
    sys.stderr = TextIOWrapper(
        BufferedWriter(errors), "utf-8", "backslashreplace", line_buffering=True
    )
    for stream, name in (
        (sys.stdin, "<stdin>"),
        (sys.stdout, "<stdout>"),
        (sys.stderr, "<stderr>"),
    ):
        stream.buffer.raw.name = name  # type: ignore[attr-defined]
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def _compile(source: bytes, name: str) -> CodeType:
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except BaseException as error:
        _complain(error)
        _end(1)


def _tell(program: CodeType) -> None:
    cpu = time.process_time()
    try:
        code = dumps(program)
    except (ValueError, MemoryError):
        code = b""
    view = memoryview(TOLD.pack(cpu, len(code)) + code)
    while view:
        view = view[os.write(3, view) :]


def _forget(job: dict[str, Any]) -> None:
    """Leave the candidate an interpreter as if freshly started."""
    os.environ.clear()
    os.environ.update({item["name"]: item["value"] for item in job["env"]})
    for name in [name for name in sys.modules if name.split(".")[0] == "guest"]:
        del sys.modules[name]
    gc.enable()


def _run(program: CodeType, name: str) -> int:
    main = type(sys)("__main__")
    main.__file__ = name
    main.__builtins__ = sys.modules["builtins"]  # type: ignore[attr-defined]
    sys.modules["__main__"] = main
    try:
        exec(program, main.__dict__)
    except SystemExit as stop:
        return _exit_code(stop.code)
    except BaseException as error:
        _complain(error)
        return 1
    return 0


def _exit_code(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _complain(error: BaseException) -> None:
    """Print as the interpreter does, with the runner's own frames left out."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)
    trace = error.__traceback__
    if trace is not None:
        trace = trace.tb_next
    try:
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    except BaseException:
        os.write(2, b"error in sys.excepthook\n")


def _end(code: int) -> NoReturn:
    """What the interpreter does at its end: threads, exit functions, flushing."""
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()  # type: ignore[attr-defined]
        import atexit

        atexit._run_exitfuncs()
        for stream in (getattr(sys, "stdout", None), sys.__stdout__):
            if stream is not None and not stream.closed:
                stream.flush()
    except BaseException:
        code = code or 120
    os._exit(code)
