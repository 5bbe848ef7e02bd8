"""Owns the forked process of one check: its limits, its descriptors, the candidate in it.

Nothing here is trusted once the candidate's code has begun: the runner believes only what came
before, and what the kernel says afterwards.
"""

from __future__ import annotations

import _sitebuiltins
import atexit
import builtins
import gc
import math
import os
import resource
import sys
import time
from _struct import Struct
from fcntl import fcntl
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper
from marshal import dumps, loads
from posix import _exit
from posix import write as _write

from guest.kernel import close_from, die_with_parent

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these would cost as much as starting the interpreter
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any, NoReturn

    from guest.layers import Layers

__all__ = ["TOLD", "UNUSABLE", "Candidate", "prepare_interpreter"]

_set_limit, _get_limit, _MEMORY = resource.setrlimit, resource.getrlimit, resource.RLIMIT_AS
_run_exit_functions = atexit._run_exitfuncs
"""What is called after the candidate's code, which may have replaced it where it was found."""
TOLD = Struct(">dQ")
"""What precedes the compiled code: CPU seconds so far, its size (0: it is not kept)."""
UNUSABLE = 70
"""Exit status of a child that could not even be prepared."""
F_DUPFD = 0
WARM = b"def f(a, *b, c=1):\n    for x in a:\n        print(f'{x}', end='')\n    return [a]\n"
"""Compiled once in vain: the first compilation of a process costs a millisecond more."""
_ballast = [bytes(200) for _ in range(200)]
"""Small pieces of memory, let go of where a word must be said and there is no other."""
OUT_OF_THE_WAY = 64
"""Where descriptors wait while the lowest are given out; the runner never holds so many."""
MODULES = ("bisect", "collections", "copy", "functools", "heapq", "itertools", "math", "operator")
MODULES += ("re", "string", "typing")
"""What most programs import; a fork costs 45 µs more for them, and importing them 13 ms."""


def prepare_interpreter(path: Sequence[str], preload: Sequence[str]) -> None:
    """Once in the runner: streams on descriptors 0 to 2, what `-S` left out, modules.

    `path` are folders of packages; `preload` are modules beside those that most import. Raises
    `ImportError`.
    """
    sys.path.extend(path)
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    sys.dont_write_bytecode = True
    _speak()
    for name in (*MODULES, *preload):
        __import__(name)
    compile(WARM, "warm", "exec", dont_inherit=True)
    gc.collect()
    gc.freeze()


def _speak() -> None:
    """Text streams as a fresh interpreter would open them; nothing is read or written yet."""
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


class Candidate:
    """A job's program, ready to be become by any number of children, one per check.

    Neither its source nor its code is ever read by the runner itself: the first child compiles
    what lies in the working folder and leaves the code in a file in memory for the next.
    """

    def __init__(self, job: dict[str, Any], root: str, layers: Layers) -> None:
        self.job, self.layers = job, layers
        self.work = os.path.join(root, "work")
        self.name = job["argv"][0]
        self.code = os.memfd_create("code", os.MFD_CLOEXEC) if job["checks"] > 1 else -1
        self.code_size = 0
        self.own_modules = [name for name in sys.modules if name.split(".")[0] == "guest"]
        os.environ.clear()
        os.environ.update({item["name"]: item["value"] for item in job["env"]})
        time.tzset()  # the time zone is read from the environment once, and not when it changes

    def close(self) -> None:
        """Free the code."""
        if self.code >= 0:
            os.close(self.code)

    def become(self, streams: Sequence[int], told: int) -> NoReturn:
        """Turn this fresh child into the candidate; `streams` become descriptors 0 and up.

        `told` is the pipe for word of the compilation, -1 where that is done already. Never
        returns, so that no child ever goes on as the runner.
        """
        try:
            self._become(streams, told)
        finally:
            _exit(UNUSABLE)

    def _become(self, streams: Sequence[int], told: int) -> None:
        os.setsid()
        die_with_parent()
        self.layers.restrict()
        told, code = _give(streams, told, self.code)
        os.chdir(self.work)
        for which, soft, hard in self.job["rlimits"]:
            resource.setrlimit(which, (soft, hard))
        self.layers.filter()
        program = loads(os.pread(code, self.code_size, 0)) if told < 0 else _compile(self.name)
        if told >= 0:
            _tell(told, code, program)
        close_from(len(streams))
        cpu = time.process_time()
        _limit_cpu(cpu + self.job["cpu_s"])
        for name in self.own_modules:
            del sys.modules[name]
        sys.argv = list(self.job["argv"])
        sys.path.insert(0, self.work)
        _end(_run(program, self.name))


def _give(streams: Sequence[int], told: int, code: int) -> tuple[int, int]:
    """Make the streams descriptors 0 and up, close all others; where `told` and `code` are now."""
    wanted = [*streams, *(each for each in (told, code) if each >= 0)]
    high = [fcntl(descriptor, F_DUPFD, OUT_OF_THE_WAY) for descriptor in wanted]
    for place, descriptor in enumerate(high):
        os.dup2(descriptor, place)
    close_from(len(wanted))
    told_at = len(streams) if told >= 0 else -1
    return told_at, len(wanted) - 1 if code >= 0 else -1


def _limit_cpu(seconds: float) -> None:
    """The kernel counts whole seconds: this one is the net below the runner's finer clock."""
    whole = math.ceil(seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (min(whole, hard),) * 2)


def _compile(name: str) -> CodeType:
    try:
        with open(name, "rb") as file:
            source = file.read()
        return compile(source, name, "exec", dont_inherit=True)
    except BaseException as error:
        _complain(error)
        _end(1)


def _tell(told: int, code: int, program: CodeType) -> None:
    """Leave the code for the checks to come, if any, and say what it took to get here."""
    cpu = time.process_time()
    os.write(told, TOLD.pack(cpu, _keep(code, program) if code >= 0 else 0))


def _keep(code: int, program: CodeType) -> int:
    """Write the code where the next child finds it; its size, or 0 where it cannot be kept."""
    try:
        data = dumps(program)
        size = 0
        while size < len(data):
            size += os.write(code, data[size:])
    except (OSError, ValueError, MemoryError):
        return 0
    return size


def _run(program: CodeType, name: str) -> int:
    main = type(sys)("__main__")
    main.__file__ = name
    main.__builtins__ = builtins  # type: ignore[attr-defined]
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
    _ballast.clear()
    _set_limit(_MEMORY, (_get_limit(_MEMORY)[1],) * 2)
    trace = error.__traceback__
    if trace is not None:
        trace = trace.tb_next
    try:
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    except BaseException:
        _write(2, b"error in sys.excepthook\n")


def _end(code: int) -> NoReturn:
    """What the interpreter does at its end: threads, exit functions, flushing."""
    try:
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()  # type: ignore[attr-defined]
        _run_exit_functions()
        for stream in (getattr(sys, "stdout", None), sys.__stdout__):
            if stream is not None and not stream.closed:
                stream.flush()
    except BaseException:
        code = code or 120
    _exit(code)
