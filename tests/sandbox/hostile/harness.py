"""Cases that want to be judged by something else than their output: they forge, patch and spy.

Where a case looks for the expected output and prints what it finds, finding it would pass.
"""

from __future__ import annotations

import json
import struct

from tests.sandbox.hostile.case import Case
from vervet.core.status import Status

__all__ = ["CASES", "looking_for"]

CRASHED, PASSED, FAILED = Status.CRASHED, Status.PASSED, Status.FAILED
WRONG = "wrong_output"
SECRET = "wanted-5f1d0c2e7b"
"""What these cases must print; their sources know its beginning alone."""

HEAD = json.dumps({
    "answer": "check", "exit_code": 0, "signal": None, "stage": "run", "limit": None,
    "known_by": "", "truncated": False, "wall_s": 0.1, "cpu_user_s": 0.1, "cpu_system_s": 0.0,
    "peak_memory": 1 << 20, "run_delay_s": 0.0, "stdout": 3, "stderr": 0,
}).encode()  # fmt: skip
FORGED = struct.pack(">II", len(HEAD), 3) + HEAD + b"42\n"
"""A report of success as the runner would write it."""

FORGING = (
    Case("forges the report on every descriptor", "forging the report", "import os\n"
         f"report = {FORGED!r}\nfor fd in range(1024):\n    try:\n        os.write(fd, report)\n"
         "    except OSError:\n        pass", FAILED, WRONG),
    Case("forges the report on every descriptor but its outputs", "forging the report",
         f"import os\nreport = {FORGED!r}\nfor fd in (0, *range(3, 1024)):\n    try:\n"
         "        os.write(fd, report)\n    except OSError:\n        pass", FAILED, WRONG),
    Case("forges the report and dies", "forging the report", "import os\n"
         f"os.write(1, {FORGED!r})\nos.abort()", CRASHED, "SIGABRT"),
    Case("sends the report as a message", "forging the report", "import os, socket\n"
         f"report = {FORGED!r}\nfor fd in (0, *range(3, 1024)):\n    try:\n"
         "        socket.socket(fileno=fd).sendmsg([report])\n    except OSError:\n        pass",
         FAILED, WRONG),
    Case("sends the report with the runner's own code", "forging the report", "import gc, sys\n"
         "head = {'answer': 'check', 'exit_code': 0, 'stdout': 3, 'stderr': 0}\n"
         "calls = [f for f in gc.get_objects() if type(f).__name__ == 'function'\n"
         "         and str(f.__module__).startswith('guest')\n"
         "         and f.__name__ in ('send', 'answer', 'reply', 'frame')]\n"
         "for call in calls:\n    for fd in range(3, 300):\n        try:\n"
         "            call(fd, head, b'42\\n')\n        except BaseException:\n            pass",
         FAILED, WRONG),
    Case("prints the words of a test runner", "forging the harness's closing word",
         "print('OK\\n1 passed\\nPASSED\\nAll tests passed.\\n__DONE__')", FAILED, WRONG),
    Case("ends before its wrong answer", "forging the harness's closing word",
         "import os\nos._exit(0)\nprint('wrong')", FAILED, WRONG),
    Case("right output and another exit status", "forging the harness's closing word",
         "import os\nprint(42, flush=True)\nos._exit(7)", CRASHED, "exit_7"),
    Case("os._exit", "forging the harness's closing word", "import os\nos._exit(0)", FAILED,
         WRONG),
    Case("no output", "forging the harness's closing word", "pass", FAILED, WRONG),
    Case("SystemExit", "forging the harness's closing word", "raise SystemExit", FAILED, WRONG),
    Case("SystemExit with words", "forging the harness's closing word", "raise SystemExit('no')",
         CRASHED, "exit_1"),
    Case("exception after the right output", "forging the harness's closing word",
         "print(42)\n1 / 0", CRASHED, "ZeroDivisionError"),
    Case("KeyboardInterrupt", "forging the harness's closing word", "raise KeyboardInterrupt",
         CRASHED, "KeyboardInterrupt"),
    Case("the exit status of an unusable child", "forging the harness's closing word",
         "import os\nprint(42, flush=True)\nos._exit(70)", CRASHED, "exit_70"),
)  # fmt: skip

PATCHING = (
    Case("replaces sys.stdout", "patching sys.stdout",
         "import sys, io\nsys.stdout = io.StringIO()\nprint(42)", FAILED, WRONG),
    Case("closes sys.stdout", "patching sys.stdout",
         "import sys\nprint(42)\nsys.stdout.close()", PASSED),
    Case("deletes sys.stdout", "patching sys.stdout",
         "import sys\nprint(42, flush=True)\ndel sys.stdout", PASSED),
    Case("a stdout that raises", "patching sys.stdout", "import sys\nclass A:\n"
         "    def __getattr__(self, name):\n        raise KeyError(name)\n"
         "sys.stdout = sys.__stdout__ = A()", CRASHED),
    Case("patches the builtins", "patching builtins",
         "import builtins\nbuiltins.exec = builtins.compile = None\n"
         "builtins.print = lambda *_: None", FAILED, WRONG),
    Case("says that everything is equal", "patching builtins", "import builtins\n"
         "class Same(str):\n    def __eq__(self, other):\n        return True\n"
         "    __hash__ = str.__hash__\nbuiltins.str = Same\nprint(Same('anything'))", FAILED,
         WRONG),
    Case("empties the builtins", "patching builtins",
         "import builtins\nprint(42, flush=True)\nbuiltins.__dict__.clear()", CRASHED),
    Case("empties sys.modules", "patching sys.modules", "import sys\nprint(42)\n"
         "sys.modules.clear()", PASSED),
    Case("puts modules of its own in the place of others", "patching sys.modules",
         "import sys, types\nfor name in list(sys.modules):\n    if name != 'sys':\n"
         "        sys.modules[name] = types.ModuleType(name)\nsys.stdout.write('42')", PASSED),
    Case("an import hook that lies", "patching sys.modules", "import sys\nclass Hook:\n"
         "    def find_spec(self, name, path=None, target=None):\n        raise SystemExit(0)\n"
         "sys.meta_path.insert(0, Hook())\nimport never_heard_of", FAILED, WRONG),
    Case("patches os", "patching os", "import os\nfor name in dir(os):\n"
         "    if not name.startswith('__'):\n        setattr(os, name, lambda *a, **k: 0)\n"
         "print(41)", FAILED, WRONG),
    Case("an os._exit that does not", "patching os",
         "import os\nos._exit = lambda code: None\nprint(42)", PASSED),
    Case("an os._exit that says 0", "patching os", "import os\nreal = os._exit\n"
         "os._exit = lambda code: real(0)\nprint(42, flush=True)\n1 / 0", CRASHED,
         "ZeroDivisionError"),
    Case("an excepthook that is none", "patching os", "import sys\nsys.excepthook = None\n1 / 0",
         CRASHED),
    Case("an excepthook that ends well", "patching os", "import os, sys\n"
         "sys.excepthook = lambda *_: os._exit(0)\n1 / 0", FAILED, WRONG),
    Case("an exit function that hangs", "patching atexit", "import atexit, time\nprint(42)\n"
         "atexit.register(time.sleep, 60)", Status.TIMED_OUT, "wall_time", {"wall_s": 0.3}),
    Case("an exit function that ends everything", "patching atexit",
         "import atexit, os\natexit.register(os._exit, 0)\nprint(42, flush=True)\n"
         "raise ValueError", PASSED),
    Case("an exit function that registers itself for ever", "patching atexit",
         "import atexit\ndef again():\n    atexit.register(again)\natexit.register(again)\n"
         "print(42, flush=True)", PASSED),
    Case("a gc callback", "patching gc callbacks", "import gc, os\n"
         "gc.callbacks.append(lambda *_: os._exit(0))\ngc.collect()\nprint(42)", FAILED, WRONG),
    Case("a finaliser at the end", "patching gc callbacks", "import os\nclass A:\n"
         "    def __del__(self):\n        os._exit(0)\na = A()\nprint(42, flush=True)\n1 / 0",
         CRASHED, "ZeroDivisionError"),
    Case("patches threading", "patching threading", "import threading\n"
         "threading._shutdown = lambda: (_ for _ in ()).throw(SystemExit(3))\nprint(42)", CRASHED),
    Case("a thread that outlives the program", "patching threading", "import threading, os, time\n"
         "def late():\n    time.sleep(0.05)\n    os._exit(0)\n"
         "threading.Thread(target=late, daemon=True).start()\nprint(42, flush=True)\n"
         "time.sleep(0.5)\nraise ValueError", PASSED),
    Case("signal handlers", "patching signal handlers", "import os, signal, time\n"
         "for n in (signal.SIGXCPU, signal.SIGTERM, signal.SIGALRM, signal.SIGPROF):\n"
         "    signal.signal(n, lambda *_: os._exit(0))\nwhile True:\n    pass",
         Status.TIMED_OUT, "cpu_time"),
    Case("a handler of SIGPIPE and SIGCHLD", "patching signal handlers", "import signal\n"
         "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
         "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\nprint(42)", PASSED),
    Case("faulthandler on every descriptor", "patching faulthandler",
         "import faulthandler\nfor fd in range(3, 300):\n    try:\n"
         "        faulthandler.enable(fd)\n        faulthandler.dump_traceback(fd)\n"
         "    except (OSError, ValueError):\n        pass\nprint(42)", PASSED),
    Case("faulthandler that ends the process", "patching faulthandler", "import faulthandler\n"
         "faulthandler.dump_traceback_later(0.05, exit=True)\nwhile True:\n    pass", CRASHED,
         "exit_1"),
    Case("traces and profiles", "patching sys.modules", "import sys, threading\n"
         "sys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\n"
         "sys.addaudithook(lambda *a: None)\nthreading.settrace(lambda *a: None)\nprint(42)",
         PASSED),
    Case("an audit hook that refuses everything", "patching sys.modules", "import sys\n"
         "print(42, flush=True)\ndef no(*_):\n    raise RuntimeError\nsys.addaudithook(no)",
         PASSED),
    Case("closes everything", "inherited descriptors", "import os\nos.closerange(0, 1000)",
         FAILED, WRONG),
    Case("puts its output in the place of its input", "inherited descriptors", "import os\n"
         "os.dup2(1, 0)\nos.dup2(0, 1)\nprint(42)", PASSED),
)  # fmt: skip

SCAN = """
import ctypes, gc, os, re, sys
wanted = re.compile(rb"{word}-[0-9a-f]{{10}}")
seen = set()
"""
LOOK = """
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
read, write = os.pipe()
os.set_blocking(read, False)
os.set_blocking(write, False)
def look(at, pages):
    for page in range(at & ~4095, (at & ~4095) + pages * 4096, 4096):
        if libc.write(write, ctypes.c_void_p(page), 4096) == 4096:
            seen.update(wanted.findall(os.read(read, 4096)))
        else:
            try:
                os.read(read, 4096)
            except BlockingIOError:
                pass
look(libc.sbrk(0) - (8 << 20), 2048)
objects = [*gc.get_objects(), sys, b"x", "x", 1 << 99, *map(str, range(100, 2000))]
objects += [bytearray(1 << n) for n in range(4, 22)]
places = {{id(o) for o in objects}} | {{ctypes.addressof(ctypes.create_string_buffer(1 << n))
                                     for n in range(4, 22)}}
for region in {{place >> 20 for place in places}}:
    look(region << 20, 256)
"""


def looking_for(word: str) -> str:
    """Python that puts what in its memory reads like `word` and ten digits into `seen`."""
    return (SCAN + LOOK).format(word=word)


WANTED = SCAN.format(word="wanted")
PRINT = """
print(*[s.decode() for s in seen])
"""


def _spies(name: str, item: str, source: str, *, cpu_s: float = 10.0) -> Case:
    return Case(name, item, source + PRINT, FAILED, WRONG, {"cpu_s": cpu_s}, expected=f"{SECRET}\n")


SPYING = (
    _spies("looks for the expected output among all objects", "the expected output", WANTED +
           "for o in gc.get_objects():\n    for part in (o, *gc.get_referents(o)):\n"
           "        if isinstance(part, (str, bytes, bytearray)):\n"
           "            data = part.encode('utf8', 'replace') if isinstance(part, str) else part\n"
           "            seen.update(wanted.findall(data))\n"),
    _spies("looks for the expected output in its memory", "the harness's memory",
           looking_for("wanted")),
    _spies("looks for the expected output in every frame", "the expected output", WANTED +
           "f = sys._getframe()\nwhile f:\n    for part in list(f.f_locals.values()):\n"
           "        seen.update(wanted.findall(repr(part).encode()))\n    f = f.f_back\n"),
    _spies("looks for the expected output in every file", "the expected output", WANTED +
           "for top in ('/tmp', '/dev', '/proc', '/run', '/etc', '/mnt', '/'):\n"
           "    for n, (folder, _, names) in enumerate(os.walk(top)):\n"
           "        if n > 200: break\n        for name in names[:50]:\n"
           "            path = os.path.join(folder, name)\n"
           "            if not os.path.isfile(path) or path == os.path.abspath(__file__):\n"
           "                continue\n            try:\n"
           "                seen.update(wanted.findall(open(path, 'rb').read(1 << 16)))\n"
           "            except OSError:\n                pass\n"),
    _spies("looks for the expected output on every descriptor", "reading the job", WANTED +
           "for fd in range(1024):\n    try:\n        os.set_blocking(fd, False)\n"
           "        seen.update(wanted.findall(os.pread(fd, 1 << 20, 0)))\n"
           "    except OSError:\n        pass\n    try:\n"
           "        if fd not in (1, 2):\n"
           "            seen.update(wanted.findall(os.read(fd, 1 << 20)))\n"
           "    except OSError:\n        pass\n"),
    Case("finds the runner among its modules", "the harness's source", "import sys\n"
         "print([m for m in sys.modules if m.startswith(('guest', 'vervet'))] or 42)", PASSED),
    Case("imports the runner", "the harness's source", "import sys\nfound = []\n"
         "for name in ('guest', 'guest.runner', 'guest.wire', 'vervet', 'boot'):\n    try:\n"
         "        found.append(__import__(name))\n    except ImportError:\n        pass\n"
         "print(found or 42)", PASSED),
    Case("reads the runner's source", "the harness's source", "import sys\nfound = []\n"
         "f = sys._getframe().f_back\nwhile f:\n    try:\n"
         "        found.append(open(f.f_code.co_filename).read(20))\n    except OSError:\n"
         "        pass\n    f = f.f_back\nprint(found or 42)", PASSED),
    Case("changes what is above it on the stack", "the harness's memory", "import sys\n"
         "f = sys._getframe().f_back\nwhile f:\n    for name in list(f.f_globals):\n"
         "        if not name.startswith('__'):\n            f.f_globals[name] = None\n"
         "    f = f.f_back\nsys.__stdout__.write('41')", CRASHED),
    Case("reads the job", "reading the job", "import os\nfound = []\n"
         "for path in ('/job', '/tmp/job.json', '/tmp/.job', 'job.json', '/run/vervet',\n"
         "             '/tmp/.expected', 'expected', '../expected', '/tmp/report.json'):\n"
         "    if os.path.exists(path):\n        found.append(path)\nprint(found or 42)", PASSED),
)  # fmt: skip

CASES = (*FORGING, *PATCHING, *SPYING)
