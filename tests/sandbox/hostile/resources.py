"""Cases that use up what they are given: time, memory, output, stack, descriptors, the compiler."""

from __future__ import annotations

from tests.sandbox.hostile.case import Case, number_of
from vervet.core.status import Status

__all__ = ["CASES"]

SHORT = {"wall_s": 0.3}
ROOMY = {"memory": 1 << 30, "cpu_s": 5.0, "compile_s": 30.0}
TIMED_OUT, MEMORY = Status.TIMED_OUT, Status.MEMORY_EXCEEDED
OUTPUT, CRASHED, FAILED = Status.OUTPUT_EXCEEDED, Status.CRASHED, Status.FAILED

TIME = (
    Case("infinite loop", "infinite loops", "while True:\n    pass", TIMED_OUT, "cpu_time"),
    Case("infinite loop that catches everything", "infinite loops",
         "while True:\n    try:\n        while True:\n            pass\n"
         "    except BaseException:\n        pass", TIMED_OUT, "cpu_time"),
    Case("infinite loop inside one C call", "infinite loops", "sum(iter(int, 1))", TIMED_OUT,
         "cpu_time"),
    Case("regular expression bomb", "regular-expression bombs",
         "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')", TIMED_OUT, "cpu_time"),
    Case("power tower", "huge integers", "x = 9\nfor _ in range(9):\n    x = 9 ** x", TIMED_OUT,
         "cpu_time", {"memory": 1 << 30}),
    Case("huge integer as text", "huge integers", "import sys\nsys.set_int_max_str_digits(0)\n"
         "str(1 << 30_000_000)", TIMED_OUT, "cpu_time", {"memory": 1 << 30}),
    Case("burns in threads", "thread bombs", "import threading, hashlib\n"
         "def burn():\n    while True:\n        hashlib.sha256(bytes(1 << 20)).digest()\n"
         "[threading.Thread(target=burn).start() for _ in range(4)]", TIMED_OUT, "cpu_time"),
    Case("sleeps", "sleeping past the deadline", "import time\ntime.sleep(60)", TIMED_OUT,
         "wall_time", SHORT),
    Case("sleeps after the right output", "sleeping past the deadline",
         "import time\nprint(42, flush=True)\ntime.sleep(60)", TIMED_OUT, "wall_time", SHORT),
    Case("closes its output and sleeps", "sleeping past the deadline",
         "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(60)", TIMED_OUT, "wall_time",
         SHORT),
    Case("waits for input that never comes", "sleeping past the deadline",
         "import os\nread, write = os.pipe()\nos.read(read, 1)", TIMED_OUT, "wall_time", SHORT),
    Case("makes itself nice, to seem starved", "sleeping past the deadline", "import os\n"
         "def now():\n    return os.getpriority(0, 0), os.sched_getscheduler(0)\nbefore = now()\n"
         "for call in (lambda: os.nice(19), lambda: os.setpriority(0, 0, 19),\n"
         "             lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),\n"
         "             lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))):\n"
         "    try:\n        call()\n    except OSError:\n        pass\n"
         "print(42 if now() == before else now())", Status.PASSED),
    Case("leaves through another door and sleeps", "sleeping past the deadline",
         "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
         f"ctypes.CDLL(None).syscall({number_of('exit')}, 0)", TIMED_OUT, "wall_time", SHORT),
    Case("leaves through another door and burns", "infinite loops",
         "import ctypes, threading\ndef burn():\n    while True:\n        pass\n"
         "threading.Thread(target=burn).start()\n"
         f"ctypes.CDLL(None).syscall({number_of('exit')}, 0)", TIMED_OUT, "cpu_time"),
    Case("deadlocks", "sleeping past the deadline",
         "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", TIMED_OUT,
         "wall_time", SHORT),
    Case("a thread that never ends", "patching threading", "import threading, time\n"
         "threading.Thread(target=time.sleep, args=(60,)).start()\nprint(42)", TIMED_OUT,
         "wall_time", SHORT),
)  # fmt: skip

MEMORY_BOMBS = (
    Case("memory bomb", "memory bombs", "x = []\nwhile True:\n    x.append(bytearray(1 << 24))",
         MEMORY, "memory", {"cpu_s": 5.0}),
    Case("memory bomb at once", "memory bombs", "x = bytearray(1 << 40)", MEMORY, "memory"),
    Case("memory bomb of small objects", "memory bombs", "x = None\nwhile True:\n    x = [x, x]",
         MEMORY, "memory", {"cpu_s": 5.0, "memory": 128 << 20}),
    Case("memory bomb that catches everything", "memory bombs", "x = []\nwhile True:\n"
         "    try:\n        x.append(bytearray(1 << 20))\n    except MemoryError:\n        pass",
         TIMED_OUT, "cpu_time"),
    Case("memory bomb of mappings", "memory bombs", "import mmap\nx = []\n"
         "while True:\n    x.append(mmap.mmap(-1, 1 << 24))\n    x[-1].write(b'x' * (1 << 24))",
         CRASHED, "OSError"),
    Case("memory bomb in the tmp", "filling the tmp", "import mmap\nx = []\nfor n in range(1000):\n"
         "    f = open(f'/tmp/{n}', 'w+b')\n    f.truncate(1 << 24)\n"
         "    m = mmap.mmap(f.fileno(), 0)\n    x.append(m)\n    m.write(b'x' * (1 << 24))",
         CRASHED),
    Case("huge string", "huge strings", "x = 'x' * (1 << 40)", MEMORY, "memory"),
    Case("huge format", "huge strings", "x = '%1099511627776d' % 1", MEMORY, "memory"),
    Case("huge integer", "huge integers", "x = 1 << (1 << 40)", MEMORY, "memory"),
    Case("claims to have run out of memory", "memory bombs",
         "import sys\nsys.stderr.write('MemoryError\\n')\nsys.exit(1)", MEMORY, "memory"),
)  # fmt: skip

OUTPUTS = (
    Case("infinite output", "infinite output", "while True:\n    print('x' * 1000)", OUTPUT,
         "output"),
    Case("infinite output that catches everything", "infinite output", "import os\nwhile True:\n"
         "    try:\n        os.write(1, b'x' * 1000)\n    except OSError:\n        pass",
         OUTPUT, "output"),
    Case("infinite binary output", "infinite binary output",
         "import os\nwhile True:\n    os.write(1, bytes(range(256)))", OUTPUT, "output"),
    Case("output far from its beginning", "infinite output", "import os\ntry:\n"
         "    os.lseek(1, 1 << 40, 0)\nexcept OSError:\n    pass\nos.write(1, b'42')",
         OUTPUT, "output"),
    Case("ten megabytes of output", "infinite output", "print('x' * 10_000_000)", OUTPUT,
         "output"),
    Case("binary output", "infinite binary output", "import os\nos.write(1, bytes(range(256)))",
         FAILED, "wrong_output"),
    Case("stderr flood", "stderr flood", "import sys\nprint(42)\nwhile True:\n"
         "    sys.stderr.write('x' * 1000)", OUTPUT, "output"),
    Case("output from threads", "infinite output", "import os, threading\n"
         "def f():\n    while True:\n        os.write(1, b'x' * 4096)\n"
         "[threading.Thread(target=f).start() for _ in range(4)]", OUTPUT, "output"),
)  # fmt: skip

STACK = (
    Case("recursion", "deep recursion", "def f():\n    f()\nf()", CRASHED, "RecursionError"),
    Case("recursion in C", "deep recursion", "import sys\nsys.setrecursionlimit(1 << 30)\n"
         "x = ()\nfor _ in range(3_000_000):\n    x = (x,)\nhash(x)", CRASHED, "SIGSEGV",
         {"memory": 1 << 30, "cpu_s": 5.0}),
    Case("recursion without limit", "deep recursion", "import sys\n"
         "sys.setrecursionlimit(1 << 30)\nclass A:\n    def __add__(self, n):\n"
         "        return A() + n\nA() + 1", CRASHED, "SIGSEGV", {"memory": 1 << 30, "cpu_s": 5.0}),
    Case("opens descriptors without end", "open descriptors exhausted",
         "import os\nwhile True:\n    os.dup(0)", CRASHED, "OSError"),
    Case("holds every descriptor to the end", "open descriptors exhausted",
         "import os\ntry:\n    while True:\n        os.dup(0)\nexcept OSError:\n    print(42)",
         Status.PASSED),
    Case("pipes without end", "open descriptors exhausted", "import os\nk = []\nwhile True:\n"
         "    r, w = os.pipe()\n    os.set_blocking(w, False)\n    k.append((r, w))\n"
         "    os.write(w, bytes(1 << 16))", CRASHED, "OSError"),
)  # fmt: skip

COMPILER = (
    Case("NULs in the source", "NULs", "print(42)\0", Status.MALFORMED, "syntax_error"),
    Case("surrogates in the source", "surrogate escapes", "print('\ud800')", Status.MALFORMED,
         "syntax_error"),
    Case("surrogates in the output", "surrogate escapes", "print('\\udc80', '\\ud800')", CRASHED,
         "UnicodeEncodeError"),
    Case("another encoding", "surrogate escapes", "# coding: latin-1\nprint('Ã' == '\\xc3\\x83')",
         FAILED, "wrong_output"),
    Case("an unknown encoding", "surrogate escapes", "# coding: nonsense\nprint(42)",
         Status.MALFORMED, "syntax_error"),
    Case("no Python", "giant source", "Here is the answer: 42", Status.MALFORMED, "syntax_error"),
    Case("nested beyond the parser", "compile bombs", "(" * 5000 + ")" * 5000, Status.MALFORMED,
         "syntax_error"),
    Case("giant source", "giant source", "x = 1\n" * 100_000 + "print(42)", Status.PASSED, (),
         ROOMY),
    Case("giant expression", "giant source", "x = " + "+".join(["1"] * 200_000),
         Status.MALFORMED, (), {"compile_s": 30.0}),
    Case("compile bomb", "compile bombs", "x = (((((1 << 1000) << 1000) * 'a') ** 9,) * 99999,)"
         " * 99999", CRASHED, "OverflowError"),
    Case("compile bomb of constants", "compile bombs", "-" * 3000 + "1", Status.MALFORMED,
         "syntax_error"),
    Case("compile bomb of code", "compile bombs", "\n".join(
             f"def f{n}(a, b=({n}, 'x')): return [a for a in b if a]" for n in range(9999)),
         TIMED_OUT, "compile_time", {"compile_s": 0.1}),
    Case("compiles at run time without end", "compile bombs",
         "s = 'x = 1\\n' * 10_000\nwhile True:\n    compile(s, 's', 'exec')", TIMED_OUT,
         "cpu_time"),
)  # fmt: skip

FAULTS = (
    Case("segmentation fault", "segfault", "import ctypes\nctypes.string_at(0)", CRASHED,
         "SIGSEGV"),
    Case("abort", "abort", "import os\nos.abort()", CRASHED, "SIGABRT"),
    Case("illegal instruction", "illegal instruction", "import os, signal\n"
         "os.kill(os.getpid(), signal.SIGILL)", CRASHED, "SIGILL"),
    Case("an instruction that does not exist", "illegal instruction", "import ctypes, mmap\n"
         "page = mmap.mmap(-1, 4096, prot=7)\npage.write(b'\\x0f\\x0b' + bytes(62))\n"
         "where = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
         "ctypes.CFUNCTYPE(None)(where)()", CRASHED, "SIGILL"),
    Case("divides by zero in C", "segfault", "import os, signal\n"
         "os.kill(os.getpid(), signal.SIGFPE)", CRASHED, "SIGFPE"),
    Case("core dump", "segfault", "import os, resource\ntry:\n"
         "    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))\n"
         "except (OSError, ValueError):\n    pass\nos.abort()", CRASHED, "SIGABRT"),
    Case("raises its own limits", "memory bombs", "import resource\nfor name in dir(resource):\n"
         "    if name.startswith('RLIMIT_'):\n        kind = getattr(resource, name)\n"
         "        try:\n            resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)\n"
         "        except (OSError, ValueError):\n            pass\n"
         "x = []\nwhile True:\n    x.append(bytearray(1 << 24))", MEMORY, "memory"),
)  # fmt: skip

CASES = (*TIME, *MEMORY_BOMBS, *OUTPUTS, *STACK, *COMPILER, *FAULTS)
