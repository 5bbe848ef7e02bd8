"""Hostile programs with the status that each must get, and honest ones that must pass.

Data only: `test_hostile` runs them as the user that runs the tests, `test_plain_user` as
another one without privileges. Every one of them runs inside the jail's limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vervet.core.status import Status
from vervet.core.values import Attempt, Problem
from vervet.sandbox.protocol import Sandbox
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

__all__ = ["CASES", "HONEST", "PROBE", "Case", "attempt_at"]

LIMITS = {
    "cpu_s": 0.5,
    "wall_s": 30.0,
    "memory": 256 << 20,
    "output": 1 << 20,
    "processes": 16,
    "compile_s": 5.0,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A program, what it must come to, and what it is given."""

    name: str
    source: str
    status: Status
    code: str | None = None
    limits: dict[str, Any] = field(default_factory=dict)
    stdin: str = "6 7\n"
    expected: str = "42\n"


def attempt_at(sandbox: Sandbox, case: Case) -> Attempt:
    """The attempt of the program verifier at the case's program."""
    problem = Problem(
        id=case.name,
        kind="program",
        prompt="",
        spec={
            "tests": [{"input": case.stdin, "output": case.expected}],
            "limits": LIMITS | case.limits,
        },
    )
    verifier = ProgramVerifier()
    verifier.check_problem(problem)
    solution = verifier.extract(problem, case.source, cut=False)
    return verify(verifier, sandbox, problem, solution)


PROBE = Case("probe", "a, b = map(int, input().split())\nprint(a * b)", Status.PASSED)

HONEST = (
    PROBE,
    Case("input until the end", "import sys\nprint(sum(map(int, sys.stdin)))", Status.PASSED,
         stdin="40\n2\n"),
    Case("raw input", "import sys\nprint(len(sys.stdin.buffer.read()))", Status.PASSED,
         stdin="x" * 41 + "\n"),
    Case("descriptor 0", "print(len(open(0).read()))", Status.PASSED, stdin="x" * 42),
    Case("/dev/stdin", "print(len(open('/dev/stdin').read()))", Status.PASSED, stdin="x" * 42),
    Case("fileinput", "import fileinput\nprint(sum(int(x) for x in fileinput.input()))",
         Status.PASSED, stdin="40\n2\n"),
    Case("os.read", "import os\nprint(int(os.read(0, 100)))", Status.PASSED, stdin="42"),
    Case("no input", "print(42)", Status.PASSED, stdin=""),
    Case("ten million characters", "print(len(input()))", Status.PASSED, stdin="x" * 10_000_000,
         expected="10000000"),
    Case("ten million characters back", "print(input())", Status.PASSED, stdin="x" * 10_000_000,
         expected="x" * 10_000_000, limits={"output": 11_000_000}),
    Case("threads", "import threading\nr = []\nts = [threading.Thread(target=r.append, args=(6,)) "
         "for _ in range(7)]\n[t.start() for t in ts]\n[t.join() for t in ts]\nprint(sum(r))",
         Status.PASSED),
    Case("a thread that prints after the main one", "import threading, time\n"
         "def late():\n    time.sleep(0.1)\n    print(42)\nthreading.Thread(target=late).start()",
         Status.PASSED),
    Case("exit functions", "import atexit\natexit.register(print, 42)", Status.PASSED),
    Case("exit()", "print(42)\nexit()", Status.PASSED),
    Case("sys.exit(0)", "import sys\nprint(42)\nsys.exit(0)", Status.PASSED),
    Case("files in the working folder", "open('a', 'w').write('42')\nprint(open('a').read())",
         Status.PASSED),
    Case("temporary files", "import tempfile\nwith tempfile.TemporaryFile() as f:\n"
         "    f.write(b'42')\n    f.seek(0)\n    print(f.read().decode())", Status.PASSED),
    Case("deep recursion that it asked for", "import sys, threading\n"
         "sys.setrecursionlimit(60_000)\nthreading.stack_size(64 << 20)\n"
         "def f(n):\n    return n and 1 + f(n - 1)\n"
         "t = threading.Thread(target=lambda: print(f(50_000)))\nt.start()\nt.join()",
         Status.PASSED, expected="50000"),
    Case("its own main module", "import sys\nassert __name__ == '__main__'\n"
         "assert sys.modules['__main__'].__dict__ is globals()\nprint(42)", Status.PASSED),
    Case("pickle of its own class", "import pickle\nclass A:\n    x = 42\n"
         "print(pickle.loads(pickle.dumps(A())).x)", Status.PASSED),
    Case("dataclass", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
         "print(A(42).x)", Status.PASSED),
    Case("unicode", "print('ä' + input())", Status.PASSED, stdin="€𝄞\n", expected="ä€𝄞"),
    Case("subprocesses within the limit", "import subprocess, sys\n"
         "print(subprocess.run([sys.executable, '-S', '-c', 'print(42)'], "
         "capture_output=True, text=True).stdout)", Status.PASSED),
    Case("a standard library of its own", "import ssl, sqlite3, ctypes, lzma, decimal, zoneinfo, "
         "asyncio, multiprocessing, unittest, hashlib, bz2, zlib, json, re, random\nprint(42)",
         Status.PASSED),
    Case("asyncio", "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 42\n"
         "print(asyncio.run(f()))", Status.PASSED),
)  # fmt: skip

CASES = (
    Case("infinite loop", "while True:\n    pass", Status.TIMED_OUT, "cpu_time"),
    Case("infinite loop that catches everything", "while True:\n    try:\n        while True:\n"
         "            pass\n    except BaseException:\n        pass", Status.TIMED_OUT, "cpu_time"),
    Case("ignores every signal", "import signal\nfor n in range(1, 65):\n    try:\n"
         "        signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
         "        pass\nwhile True:\n    pass", Status.TIMED_OUT, "cpu_time"),
    Case("sleeps", "import time\ntime.sleep(60)", Status.TIMED_OUT, "wall_time",
         {"wall_s": 0.3}),
    Case("sleeps after the right output", "import time\nprint(42, flush=True)\ntime.sleep(60)",
         Status.TIMED_OUT, "wall_time", {"wall_s": 0.3}),
    Case("closes its output and sleeps", "import os, time\nos.close(1)\nos.close(2)\n"
         "time.sleep(60)", Status.TIMED_OUT, "wall_time", {"wall_s": 0.3}),
    Case("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
         Status.TIMED_OUT, "wall_time", {"wall_s": 0.3}),
    Case("burns in threads", "import threading, hashlib\n"
         "def burn():\n    while True:\n        hashlib.sha256(bytes(1 << 20)).digest()\n"
         "[threading.Thread(target=burn).start() for _ in range(4)]",
         Status.TIMED_OUT, "cpu_time"),
    Case("memory bomb", "x = []\nwhile True:\n    x.append(bytearray(1 << 24))",
         Status.MEMORY_EXCEEDED, "memory"),
    Case("memory bomb at once", "x = bytearray(1 << 40)", Status.MEMORY_EXCEEDED, "memory"),
    Case("huge string", "x = 'x' * (1 << 40)", Status.MEMORY_EXCEEDED, "memory"),
    Case("huge integer", "x = 1 << (1 << 40)", Status.MEMORY_EXCEEDED, "memory"),
    Case("fork bomb", "import os\nwhile True:\n    try:\n        os.fork()\n"
         "    except OSError:\n        pass", Status.TIMED_OUT, None, {"wall_s": 1.0}),
    Case("forks until refused", "import os, time\nwhile True:\n    if os.fork() == 0:\n"
         "        time.sleep(60)", Status.CRASHED, "BlockingIOError"),
    Case("thread bomb", "import threading, time\nwhile True:\n"
         "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
         Status.CRASHED, "RuntimeError"),
    Case("infinite output", "while True:\n    print('x' * 1000)", Status.OUTPUT_EXCEEDED, "output"),
    Case("infinite binary output", "import os\nwhile True:\n    os.write(1, bytes(range(256)))",
         Status.OUTPUT_EXCEEDED, "output"),
    Case("stderr flood", "import sys\nprint(42)\nwhile True:\n    sys.stderr.write('x' * 1000)",
         Status.OUTPUT_EXCEEDED, "output"),
    Case("ten megabytes of output", "print('x' * 10_000_000)", Status.OUTPUT_EXCEEDED, "output"),
    Case("binary output", "import os\nos.write(1, bytes(range(256)))", Status.FAILED,
         "wrong_output"),
    Case("daemon in another session", "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
         "    if os.fork() == 0:\n        while True:\n            time.sleep(1)\n    os._exit(0)\n"
         "print(42)", Status.PASSED),
    Case("daemon that holds the output open", "import os, time\nif os.fork() == 0:\n"
         "    os.setsid()\n    time.sleep(60)\nprint(42, flush=True)", Status.PASSED),
    Case("kills everyone", "import os\nos.kill(-1, 9)", Status.INFRA_ERROR, "sandbox"),
    Case("kills its parent", "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(5)",
         Status.INFRA_ERROR, "sandbox"),
    Case("kills its group", "import os\nos.kill(0, 9)", Status.CRASHED, "SIGKILL"),
    Case("kills the first process", "import os\nos.kill(1, 9)\nprint(42)", Status.PASSED),
    Case("os._exit", "import os\nos._exit(0)", Status.FAILED, "wrong_output"),
    Case("os._exit(7)", "import os\nos._exit(7)", Status.CRASHED, "exit_7"),
    Case("exit code 0 without output", "pass", Status.FAILED, "wrong_output"),
    Case("SystemExit", "raise SystemExit", Status.FAILED, "wrong_output"),
    Case("SystemExit with words", "raise SystemExit('no')", Status.CRASHED, "exit_1"),
    Case("exit code 256", "import sys\nprint(42)\nsys.exit(256)", Status.PASSED),
    Case("exception", "print(42)\n1 / 0", Status.CRASHED, "ZeroDivisionError"),
    Case("KeyboardInterrupt", "raise KeyboardInterrupt", Status.CRASHED, "KeyboardInterrupt"),
    Case("segmentation fault", "import ctypes\nctypes.string_at(0)", Status.CRASHED, "SIGSEGV"),
    Case("abort", "import os\nos.abort()", Status.CRASHED, "SIGABRT"),
    Case("recursion", "def f():\n    f()\nf()", Status.CRASHED, "RecursionError"),
    Case("recursion in C", "import sys\nsys.setrecursionlimit(1 << 30)\n"
         "x = ()\nfor _ in range(3_000_000):\n    x = (x,)\nhash(x)", Status.CRASHED, "SIGSEGV",
         {"memory": 1 << 30, "cpu_s": 5.0}),
    Case("closes everything", "import os\nos.closerange(0, 1000)", Status.FAILED, "wrong_output"),
    Case("reads the runner's descriptors", "import os\nfound = []\nfor n in range(3, 4096):\n"
         "    try:\n        os.fstat(n)\n        found.append(n)\n    except OSError:\n"
         "        pass\nprint(found or 42)", Status.PASSED),
    Case("takes a descriptor of the runner", "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
         "fd = os.pidfd_open(os.getppid())\n"
         "print([n for n in range(16) if libc.syscall(438, fd, n, 0) >= 0] or 42)",
         Status.PASSED),
    Case("reads the runner's memory", "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
         "print(42 if libc.ptrace(16, os.getppid(), None, None) == -1 else 'attached')",
         Status.PASSED),
    Case("finds the runner among its modules", "import sys\n"
         "print([m for m in sys.modules if m.startswith(('guest', 'vervet'))] or 42)",
         Status.PASSED),
    Case("walks the frames above it", "import sys\nf, names = sys._getframe(), []\n"
         "while f:\n    names.append(f.f_code.co_name)\n"
         "    if 'expected' in f.f_locals: names.append('!')\n    f = f.f_back\n"
         "print(42 if '!' not in names else names)", Status.PASSED),
    Case("replaces sys.stdout", "import sys, io\nsys.stdout = io.StringIO()\nprint(42)",
         Status.FAILED, "wrong_output"),
    Case("closes sys.stdout", "import sys\nprint(42)\nsys.stdout.close()", Status.PASSED),
    Case("deletes sys.stdout", "import sys\nprint(42, flush=True)\ndel sys.stdout", Status.PASSED),
    Case("patches the builtins", "import builtins\nbuiltins.exec = builtins.compile = None\n"
         "builtins.print = lambda *_: None", Status.FAILED, "wrong_output"),
    Case("empties sys.modules", "import sys\nprint(42)\nsys.modules.clear()", Status.PASSED),
    Case("an excepthook that raises", "import sys\nsys.excepthook = None\n1 / 0", Status.CRASHED,
         None),
    Case("an exit function that hangs", "import atexit, time\nprint(42)\n"
         "atexit.register(time.sleep, 60)", Status.TIMED_OUT, "wall_time", {"wall_s": 0.3}),
    Case("claims to have run out of memory", "import sys\nsys.stderr.write('MemoryError\\n')\n"
         "sys.exit(1)", Status.MEMORY_EXCEEDED, "memory"),
    Case("reads /etc/passwd", "print(open('/etc/passwd').read())", Status.CRASHED,
         "FileNotFoundError"),
    Case("lists processes", "import os\nprint(os.listdir('/proc'))", Status.CRASHED,
         "FileNotFoundError"),
    Case("looks for homes", "import os\nprint([d for d in ('/root', '/home', '/work', '/var', "
         "'/run', '/sys', '/etc', '/mnt') if os.path.exists(d)] or 42)", Status.PASSED),
    Case("looks at its environment", "import os\nprint(dict(os.environ) or 42)", Status.PASSED),
    Case("imports third-party modules", "import sys\nfrom importlib.util import find_spec\n"
         "print([m for m in ('numpy', 'pip', 'vervet', 'site', 'setuptools') if find_spec(m) "
         "and m != 'site'] or 42)", Status.PASSED),
    Case("connects by TCP", "import socket\nsocket.create_connection(('1.1.1.1', 80), 1)",
         Status.CRASHED, "OSError"),
    Case("sends by UDP", "import socket\n"
         "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('1.1.1.1', 53))",
         Status.CRASHED, "OSError"),
    Case("asks DNS", "import socket\nsocket.gethostbyname('example.com')", Status.CRASHED, None),
    Case("writes outside tmp", "import os\nfor top in os.listdir('/'):\n    if top == 'tmp':\n"
         "        continue\n    for folder, _, _ in os.walk('/' + top):\n        try:\n"
         "            open(folder + '/x', 'w')\n            print(folder)\n"
         "        except OSError:\n            pass\nprint(42)", Status.PASSED, None,
         {"cpu_s": 10.0}),
    Case("leaves a file in every place", "import os\nfor f in ('a', '/tmp/b', '/tmp/.stdin'):\n"
         "    open(f, 'a').write('x')\nprint(42)", Status.PASSED),
    Case("fills the tmp", "import os\nfor n in range(1000):\n"
         "    open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))", Status.CRASHED, "OSError"),
    Case("writes one large file", "open('x', 'wb').write(bytes(17 << 20))", Status.CRASHED,
         "OSError"),
    Case("leaves links and folders behind", "import os\nos.symlink('/etc', '/tmp/etc')\n"
         "os.makedirs('/tmp/work/a/b')\nos.chmod('/tmp/work', 0)\nprint(42)", Status.PASSED),
    Case("becomes root", "import os\ntry:\n    os.setuid(0)\nexcept OSError:\n    print(42)",
         Status.PASSED),
    Case("mounts", "import ctypes\nlibc = ctypes.CDLL(None)\n"
         "print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == -1 and 42)", Status.PASSED),
    Case("NULs in the source", "print(42)\0", Status.MALFORMED, "syntax_error"),
    Case("surrogates in the source", "print('\ud800')", Status.MALFORMED, "syntax_error"),
    Case("no Python", "Here is the answer: 42", Status.MALFORMED, "syntax_error"),
    Case("nested beyond the parser", "(" * 5000 + ")" * 5000, Status.MALFORMED, "syntax_error"),
    Case("giant source", "x = 1\n" * 100_000 + "print(42)", Status.PASSED, None,
         {"memory": 1 << 30, "compile_s": 30.0, "cpu_s": 5.0}),
    Case("giant expression", "x = " + "+".join(["1"] * 200_000), Status.MALFORMED, None,
         {"compile_s": 30.0}),
    Case("compile bomb", "x = (((((1 << 1000) << 1000) * 'a') ** 9,) * 99999,) * 99999",
         Status.CRASHED, "OverflowError"),
    Case("compile bomb of constants", "-" * 3000 + "1", Status.MALFORMED, "syntax_error"),
)  # fmt: skip
