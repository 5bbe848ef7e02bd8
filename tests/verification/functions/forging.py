"""Solutions that try to be found right without being right: data, run in the jail alone.

Each names the problem it is for. None computes what it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.verification.functions.suite import HELPED, IN_PLACE, RAISING, SORTING, SWALLOWING
from vervet.core.values import Problem

__all__ = ["FORGING", "Forging"]


@dataclass(frozen=True)
class Forging:
    """A solution that is to be found wrong, and the problem that it pretends to solve."""

    name: str
    problem: Problem
    code: str


def _all() -> Iterator[Forging]:
    for problem, texts in TEXTS:
        for text in texts.strip("\n").removeprefix("### ").split("\n### "):
            title, _, code = text.partition("\n")
            name = problem.spec["entry_point"]
            yield Forging(title.strip(), problem, code.replace("NAME", name) + "\n")


OF_SORTING = """
### equal to everything
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def NAME(numbers): return Any()
### a list that is equal to everything
class Any(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def NAME(numbers): return Any()
### a tuple that is equal to everything
class Any(tuple):
    def __eq__(self, other): return True
def NAME(numbers): return Any(numbers)
### items that are equal to everything
class Any(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0
def NAME(numbers): return [Any(9) for _ in numbers]
### a class whose metaclass is equal to everything
class Meta(type):
    def __eq__(cls, other): return True
    def __hash__(cls): return 0
class Any(metaclass=Meta): pass
def NAME(numbers): return Any
### a subclass that iterates otherwise
class Liar(list):
    def __iter__(self): return iter(sorted(list.copy(self)))
    def __len__(self): return 3
    def __getitem__(self, at): return sorted(list.copy(self))[at]
def NAME(numbers): return Liar([9, 9, 9])
### a class that calls itself list
class Fake:
    __class__ = list
    def __eq__(self, other): return True
def NAME(numbers): return Fake()
### patched builtins
import builtins
builtins.sorted = builtins.list = builtins.len = lambda *a: []
builtins.AssertionError = type("Quiet", (BaseException,), {})
builtins.__build_class__ = None
def NAME(numbers): return []
### patched codec
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("court"):
        for attribute in dir(module):
            if attribute in ("encode", "decode", "_kind", "_fatal", "_described"):
                setattr(module, attribute, lambda *a, **k: b"T")
def NAME(numbers): return True
### exit without error
import sys
def NAME(numbers): sys.exit(0)
### exit at once
import os
def NAME(numbers): os._exit(0)
### exit while it is defined
import os
os._exit(0)
### SystemExit while it is defined
raise SystemExit(0)
### SystemExit
def NAME(numbers): raise SystemExit
### StopIteration
def NAME(numbers): raise StopIteration
### GeneratorExit
def NAME(numbers): raise GeneratorExit
### KeyboardInterrupt
def NAME(numbers): raise KeyboardInterrupt
### a subclass of SystemExit and ValueError
class Both(SystemExit, ValueError): pass
def NAME(numbers): raise Both(0)
### a BaseException of its own
class Mine(BaseException): pass
def NAME(numbers): raise Mine
### an exit function
import atexit, os
atexit.register(lambda: os.write(1, b'\\n{"outcomes":"PPP","reached":3,"failed":false}'))
def NAME(numbers): return None
### the judge's words on every descriptor
import os
line = b'\\n{"outcomes":"PPP","reached":3,"failed":false,"ended":true,"changed":false,'
line += b'"handles":false,"stuck":"","stuck_words":""}'
for descriptor in (0, 1, 2, 5, 6, 7, 8, 9):
    try: os.write(descriptor, line)
    except OSError: pass
def NAME(numbers): return None
### a thread that writes frames
import os, threading
def write():
    for _ in range(50): os.write(4, b"\\0\\0\\0\\1T")
threading.Thread(target=write, daemon=True).start()
def NAME(numbers): return None
### a frame ahead of the first question
import os
os.write(4, b"\\0\\0\\0\\1T")
def NAME(numbers): return None
### frames at each call
import os
def NAME(numbers):
    os.write(4, b"\\0\\0\\0\\1T" * 3)
    return None
### a frame of four gigabytes
import os
def NAME(numbers): os.write(4, b"\\xff\\xff\\xff\\xff" + b"l" * 1000)
### half a frame and the end
import os
def NAME(numbers):
    os.write(4, b"\\0\\0\\1\\0t")
    os._exit(0)
### closed pipes
import os, time
os.close(3); os.close(4)
time.sleep(0.5)
def NAME(numbers): return None
### descriptors exchanged
import os
os.dup2(4, 3)
def NAME(numbers): return None
### an endless answer
import os
def NAME(numbers):
    while True: os.write(4, b"\\0\\0\\0\\1T" * 1000)
### frames of others looked through
import sys
def NAME(numbers):
    frame = sys._getframe()
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for value in list(scope.values()):
                if isinstance(value, list) and value == sorted(numbers) and value != numbers:
                    return value
        frame = frame.f_back
### all of memory looked through
import gc
def NAME(numbers):
    for each in gc.get_objects():
        if type(each) is list and len(each) == len(numbers) and each == [1, 2, 3]: return each
    for each in gc.get_objects():
        if type(each) is str and "assert arranged(" in each: raise AssertionError
### other processes looked through
import os
def NAME(numbers):
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            for what in ("cmdline", "environ", "mem", "maps"):
                try: text = open(f"/proc/{pid}/{what}", "rb").read(1 << 20)
                except OSError: continue
                if b"assert arranged([3, 1, 2]) ==" in text: return [1, 2, 3]
### the files of the judge run
import glob
def NAME(numbers):
    for path in glob.glob("/tmp/**/*", recursive=True) + glob.glob("/opt/**/*", recursive=True):
        if "judge" in path or "test" in path:
            exec(open(path).read())
### endless recursion in the answer
def NAME(numbers):
    answer = []
    answer.append(answer)
    return answer
### an answer that is deep
def NAME(numbers):
    answer = []
    for _ in range(5000): answer = [answer]
    return answer
### an answer that grows as it is read
class Growing(list):
    def __iter__(self):
        while True: yield self
def NAME(numbers): return Growing()
### an endless generator
def NAME(numbers):
    while True: yield 1
### a generator in place of a list
def NAME(numbers): yield from sorted(numbers)[::-1]
### an integer of a million digits
def NAME(numbers): return 1 << 4_000_000
### a decimal with a giant exponent
from decimal import Decimal
def NAME(numbers): return Decimal("1e999999999999")
### numbers that are no numbers
def NAME(numbers): return [float("nan")] * len(numbers)
### a set of values that collide
def NAME(numbers): return {i * (2**61 - 1) for i in range(30_000)}
### a dictionary that makes what it lacks
class Made(dict):
    def __missing__(self, key): return self
    def __eq__(self, other): return True
def NAME(numbers): return Made()
### a factory of its own
from collections import defaultdict
class Any:
    def __eq__(self, other): return True
def NAME(numbers): return defaultdict(Any)
### a date that is equal to everything
import datetime
class Day(datetime.datetime):
    def __eq__(self, other): return True
def NAME(numbers): return Day(2020, 1, 1)
### a proxy that does what it is asked
class Proxy:
    def __getattr__(self, name): return Proxy()
    def __call__(self, *a): return True
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __reduce__(self): return (eval, ("1",))
def NAME(numbers): return Proxy()
### a reducer
class Bomb:
    def __reduce__(self): return (exec, ("import os; os._exit(0)",))
def NAME(numbers): return [Bomb()]
### a trace that leaves
import sys
def leave(frame, event, argument): raise SystemExit(0)
def NAME(numbers):
    sys.settrace(leave)
    sys.setprofile(leave)
    return None
### a signal that leaves
import os, signal
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
signal.setitimer(signal.ITIMER_REAL, 0.001)
def NAME(numbers):
    while True: pass
"""

OF_IN_PLACE = """
### the argument emptied
def NAME(numbers):
    numbers.clear()
    return numbers
### the argument emptied, and the answer with it
def NAME(numbers):
    del numbers[:]
    return []
"""

OF_SWALLOWING = """
### an assertion of its own, which the tests catch
def NAME(number): raise AssertionError
### an assertion for an odd number
def NAME(number):
    assert number % 2
    return 1
### an exit that the tests catch
import sys
def NAME(number): sys.exit()
### an end of the process that the tests catch
import os
def NAME(number): os._exit(0)
### an exception that the tests catch
def NAME(number): raise ValueError
### broken frames that the tests catch
import os
def NAME(number): os.write(4, b"\\0\\0\\0\\3abc")
### a refusal without a name
import sys
solver = sys.modules["court.solver"]
def NAME(number):
    data = solver.encode((SEEN[0] + 1, "refused", "", False, None), id)
    SEEN[0] += 1
    solver.send(data)
    while True: solver.receive(); SEEN[0] += 1; solver.send(
        solver.encode((SEEN[0], "refused", "", False, None), id))
SEEN = [0]
### an exception at a line that cannot be printed
import sys
solver = sys.modules["court.solver"]
def NAME(number):
    SEEN[0] += 1
    solver.send(solver.encode((SEEN[0], "error", ("ValueError", "", 1 << 99999), False, None), id))
    solver.receive()
SEEN = [0]
### deep answers that the tests catch
def NAME(number):
    answer = ()
    for _ in range(200): answer = (answer,)
    return answer
"""

OF_RAISING = """
### nothing but exits for what is odd
def NAME(number):
    if number % 2: raise SystemExit
    return number // 2
### an exception of its own with the right name
class ValueError(Exception):
    def __str__(self): return "odd"
def NAME(number):
    if number % 2: raise ValueError("odd")
    return number // 2
### words that are equal to everything
class Words(str):
    def __eq__(self, other): return True
def NAME(number):
    if number % 2: raise ValueError(Words("even"))
    return number // 2
"""

OF_HELPED = """
### the prompt's function made to return what it is given
def encoded(word): return word
def decoded(word): return word
### the same through the module
import sys
def decoded(word): return word
sys.modules["solution"].encoded = sys.modules["__main__"].encoded = decoded
### everything else redefined
def check(candidate): pass
def encoded(word): return word
candidate = None
def decoded(word): return word
"""

TEXTS = (
    (SORTING, OF_SORTING),
    (IN_PLACE, OF_IN_PLACE),
    (SWALLOWING, OF_SWALLOWING),
    (RAISING, OF_RAISING),
    (HELPED, OF_HELPED),
)
FORGING = tuple(_all())
