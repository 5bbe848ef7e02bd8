"""Honest programs that a strict sandbox could get wrong: all of them pass."""

from __future__ import annotations

from typing import Any

from tests.sandbox.hostile.case import PROBE, Case
from vervet.core.status import Status

__all__ = ["HONEST"]


def _passes(name: str, source: str, **rest: Any) -> Case:
    return Case(name, "honest", source, Status.PASSED, **rest)


FORTY_TWO = {"stdin": "x" * 42}
TEN_MILLION = {"stdin": "x" * 10_000_000}

INPUT = (
    _passes("input until the end", "import sys\nprint(sum(map(int, sys.stdin)))",
            stdin="40\n2\n"),
    _passes("raw input", "import sys\nprint(len(sys.stdin.buffer.read()))", **FORTY_TWO),
    _passes("open(0)", "print(len(open(0).read()))", **FORTY_TWO),
    _passes("/dev/stdin", "print(len(open('/dev/stdin').read()))", **FORTY_TWO),
    _passes("fileinput", "import fileinput\nprint(sum(int(x) for x in fileinput.input()))",
            stdin="40\n2\n"),
    _passes("os.read", "import os\nprint(int(os.read(0, 100)))", stdin="42"),
    _passes("input that is read twice", "import sys\nn = len(sys.stdin.read())\n"
            "sys.stdin.seek(0)\nprint(n + len(sys.stdin.read()))", stdin="x" * 21),
    _passes("no input", "print(42)", stdin=""),
    _passes("ten million characters", "print(len(input()))", expected="10000000", **TEN_MILLION),
    _passes("ten million characters back", "print(input())", expected="x" * 10_000_000,
            limits={"output": 11_000_000}, **TEN_MILLION),
    _passes("unicode", "print('ä' + input())", stdin="€𝄞\n", expected="ä€𝄞"),
    _passes("carriage returns", "print(repr(open(0, newline='').read()))", stdin="a\r\nb",
            expected=r"'a\r\nb'"),
)  # fmt: skip

THREADS = (
    _passes("threads", "import threading\nr = []\nts = [threading.Thread(target=r.append, "
            "args=(6,)) for _ in range(7)]\n[t.start() for t in ts]\n[t.join() for t in ts]\n"
            "print(sum(r))"),
    _passes("a pool of threads", "from concurrent.futures import ThreadPoolExecutor\n"
            "with ThreadPoolExecutor(4) as pool:\n    print(sum(pool.map(abs, [-6] * 7)))"),
    _passes("a thread that prints after the main one", "import threading, time\n"
            "def late():\n    time.sleep(0.1)\n    print(42)\n"
            "threading.Thread(target=late).start()"),
    _passes("a timer", "import threading\nthreading.Timer(0.05, print, (42,)).start()"),
    _passes("a signal of its own", "import signal, time\n"
            "signal.signal(signal.SIGALRM, lambda *_: print(42))\nsignal.alarm(1)\n"
            "signal.pause()"),
    _passes("recursion 50,000 deep on a stack of 64 MiB", "import sys, threading\n"
            "sys.setrecursionlimit(60_000)\nthreading.stack_size(64 << 20)\n"
            "def f(n):\n    return n and 1 + f(n - 1)\n"
            "t = threading.Thread(target=lambda: print(f(50_000)))\nt.start()\nt.join()",
            expected="50000"),
    _passes("recursion 50,000 deep on the main stack", "import sys\n"
            "sys.setrecursionlimit(60_000)\ndef f(n):\n    return n and 1 + f(n - 1)\n"
            "print(f(50_000))", expected="50000"),
    _passes("a stack of 60 MiB in use", "import sys\nsys.setrecursionlimit(1 << 20)\n"
            "class A:\n    def __add__(self, n):\n        return n and A() + (n - 1)\n"
            "print(A() + 20_000)", expected="0"),
    _passes("asyncio", "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n"
            "    return 42\nprint(asyncio.run(f()))"),
)  # fmt: skip

ENDS = (
    _passes("exit functions", "import atexit\natexit.register(print, 42)"),
    _passes("exit()", "print(42)\nexit()"),
    _passes("sys.exit(0)", "import sys\nprint(42)\nsys.exit(0)"),
    _passes("exit code 256", "import sys\nprint(42)\nsys.exit(256)"),
    _passes("words on the error output", "import sys\nsys.stderr.write('thinking\\n')\nprint(42)"),
)

LIBRARY = (
    _passes("files in the working folder", "open('a', 'w').write('42')\nprint(open('a').read())"),
    _passes("temporary files", "import tempfile\nwith tempfile.TemporaryFile() as f:\n"
            "    f.write(b'42')\n    f.seek(0)\n    print(f.read().decode())"),
    _passes("a temporary folder", "import os, tempfile\nwith tempfile.TemporaryDirectory() as d:\n"
            "    open(os.path.join(d, 'a'), 'w').write('42')\n"
            "    print(open(os.path.join(d, 'a')).read())"),
    _passes("its own text", "print(len(open(__file__).read()))", expected="34"),
    _passes("its own main module", "import sys\nassert __name__ == '__main__'\n"
            "assert sys.modules['__main__'].__dict__ is globals()\nprint(42)"),
    _passes("pickle of its own class", "import pickle\nclass A:\n    x = 42\n"
            "print(pickle.loads(pickle.dumps(A())).x)"),
    _passes("dataclass", "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
            "print(A(42).x)"),
    _passes("sqlite", "import sqlite3\nd = sqlite3.connect('a.db')\n"
            "d.execute('create table t (x)')\nd.execute('insert into t values (42)')\n"
            "d.commit()\nprint(*sqlite3.connect('a.db').execute('select x from t').fetchone())"),
    _passes("a standard library of its own", "import ssl, sqlite3, ctypes, lzma, decimal, "
            "zoneinfo, asyncio, multiprocessing, unittest, hashlib, bz2, zlib, json, re, random, "
            "statistics, fractions, heapq, bisect, itertools, functools, string, datetime, uuid, "
            "urllib.request, http.client, email, xml.etree.ElementTree, csv, array, struct, "
            "secrets, textwrap, copy, enum, typing, logging, curses.ascii, graphlib\nprint(42)",
            limits={"cpu_s": 5.0}),
    _passes("numpy where the image has it", "from importlib.util import find_spec\n"
            "if find_spec('numpy'):\n    import numpy\n    print(numpy.arange(13).sum() - 36)\n"
            "else:\n    print(42)", limits={"cpu_s": 5.0, "memory": 1 << 30}),
)  # fmt: skip

PROCESSES = (
    _passes("subprocesses where the problem allows them", "import subprocess, sys\n"
            "print(subprocess.run([sys.executable, '-S', '-c', 'print(42)'], "
            "capture_output=True, text=True).stdout)", processes=True, limits={"cpu_s": 5.0}),
    _passes("fork and wait where the problem allows it", "import os\n"
            "pid = os.fork()\nif pid == 0:\n    print(42, flush=True)\n    os._exit(0)\n"
            "os.waitpid(pid, 0)", processes=True),
    _passes("multiprocessing where the problem allows it", "import multiprocessing as m\n"
            "m = m.get_context('fork')\na, b = m.Pipe()\n"
            "p = m.Process(target=b.send, args=(42,))\np.start()\nprint(a.recv())\np.join()",
            processes=True, limits={"cpu_s": 5.0}),
)  # fmt: skip

HONEST = (PROBE, *INPUT, *THREADS, *ENDS, *LIBRARY, *PROCESSES)
