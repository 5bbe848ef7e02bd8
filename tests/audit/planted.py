"""A suite in which it is known what is wrong: 40 problems, as the issue of audits asks for them.

10 are flaky (2 each by hash seed, order of tests, time zone, thread race and chance), 6 have
wrong tests, 4 several valid outputs, 4 end near their limit of CPU time, 16 are clean. Flips by
chance and by race follow sequences of numbers that are seeded and given from outside, one for
each time a program is run; all else is really brought about by the condition.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vervet.core.conditions import Condition
from vervet.core.values import Problem, Suite
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.perturbed import MakeSandbox, perturbed
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.wrapped import WrappedSandbox

__all__ = ["Chance", "Planted", "planted_suite"]

REPETITIONS = 11
YES = [{"input": "", "output": "yes\n"}]
CHANCE = "import os\nprint('yes' if float(os.environ['CHANCE']) >= {p} else 'no')  # {name}\n"
RACE = """import os, threading, time
# {name}
work = 0.02 if float(os.environ['CHANCE']) >= {p} else 0.4
done = threading.Event()

def worker():
    began = time.thread_time()
    while time.thread_time() - began < work:
        pass
    done.set()

threading.Thread(target=worker, daemon=True).start()
print('yes' if done.wait(0.08) else 'no', flush=True)
os._exit(0)
"""
HASH = "print('yes' if hash({salt!r}) % 100 >= {percent} else 'no')\n"
DAY = "import time\nprint('yes' if time.localtime().tm_yday == time.gmtime().tm_yday else 'no')\n"
MINUTES = "import time\nprint('yes' if time.localtime().tm_min == time.gmtime().tm_min else 'no')\n"
BURN = "import time\nwhile time.process_time() < {cpu_s}: pass\nprint('yes')  # {name}\n"
CLEAN = (
    "print('yes')",
    "print(''.join(sorted({'y', 'e', 's'}, key='yes'.index)))",
    "import threading\nt = threading.Thread(target=print, args=('yes',))\nt.start()\nt.join()",
    "import time\nprint('yes' if time.time() > 0 else 'no')",
    "import random\nprint('yes' if 0 <= random.random() < 1 else 'no')",
    "import os\nprint('yes' if len(os.urandom(8)) == 8 else 'no')",
    "import datetime\nprint('yes' if datetime.date.today().year > 2000 else 'no')",
    "print('yes' if hash('a') == hash('a') else 'no')",
    "print('yes' if {'a': 1, 'b': 2} == {'b': 2, 'a': 1} else 'no')",
    "import time\ntime.sleep(0.01)\nprint('yes')",
    "import heapq\nprint(heapq.nsmallest(1, ['yes', 'zes'])[0])",
    "import sys\nprint('yes' if sys.stdin.read() == '' else 'no')",
    "def f(n):\n    return n and f(n - 1)\nprint('no' if f(500) else 'yes')",
    "print('yes' if sum(range(1000)) == 499500 else 'no')",
    "import json\nprint(json.loads('\"yes\"'))",
    "import itertools\nprint(''.join(itertools.chain('y', 'es')))",
)


@dataclass(frozen=True)
class Planted:
    """The suite, and what is wrong in it by problem: `flaky` holds (cause, flip rate)."""

    suite: Suite
    flaky: dict[str, tuple[str, float]]
    wrong: tuple[str, ...]
    several: tuple[str, ...]
    speed: tuple[str, ...]
    clean: tuple[str, ...]


def planted_suite() -> Planted:
    """Always the same one."""
    problems: list[Problem] = []
    flaky: dict[str, tuple[str, float]] = {}

    def add(problem: Problem, cause: str = "", p: float = 0.0) -> str:
        problems.append(problem)
        if cause:
            flaky[problem.id] = (cause, p)
        return problem.id

    for at, percent in enumerate((50, 20)):
        text = HASH.format(salt=_salt(percent, f"planted {at}"), percent=percent)
        add(_program(f"hash/{at}", text), "hash", percent / 100)
    add(_state("order/0", asserts=2), "order", 0.5)
    add(_state("order/1", asserts=4), "order", 0.75)
    add(_program("time/0", DAY), "time", 0.5)
    add(_program("time/1", MINUTES), "time", 0.2)
    for at, p in enumerate((0.3, 0.1)):
        add(_program(f"race/{at}", RACE.format(name=at, p=p)), "load", p)
    for at, p in enumerate((0.25, 0.02)):
        add(_program(f"chance/{at}", CHANCE.format(name=at, p=p)), "unexplained", p)
    wrong = [
        add(_program(f"wrong/{at}", f"print({at})", f"x = {at}\nprint(x)", expected=f"{at + 1}\n"))
        for at in range(6)
    ]
    several = [
        add(
            _program(
                f"several/{at}", f"print({at}, 'up')", f"print({at}, 'down')", expected=f"{at} up\n"
            )
        )
        for at in range(4)
    ]
    speed = [
        add(_program(f"speed/{at}", BURN.format(cpu_s=cpu_s, name=at), cpu_s=0.5))
        for at, cpu_s in enumerate((0.43, 0.45, 0.53, 0.55))
    ]
    clean = [add(_program(f"clean/{at:02}", text)) for at, text in enumerate(CLEAN)]
    return Planted(
        Suite("planted", tuple(problems)),
        flaky,
        tuple(wrong),
        tuple(several),
        tuple(speed),
        tuple(clean),
    )


class Chance:
    """Numbers from 0 to 1 for programs, one each time one is run: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.runs: Counter[bytes] = Counter()

    def number(self, text: bytes, at: int) -> float:
        """What the program of that text is given when it is run for the `at`-th time, from 0."""
        return random.Random(f"{self._seed} {text.decode()} {at}").random()

    def sandbox(self, inner: Sandbox) -> Sandbox:
        """A sandbox that gives its programs these numbers."""
        return _Given(inner, self)

    @contextmanager
    def perturbed(self, condition: Condition) -> Iterator[MakeSandbox]:
        """The same under a condition."""
        with perturbed(condition) as make:
            yield lambda: self.sandbox(make())


class _Given(WrappedSandbox):
    def __init__(self, inner: Sandbox, chance: Chance) -> None:
        super().__init__(inner)
        self._chance = chance

    def run(self, job: Job, on_check: OnCheck) -> Report:
        text = job.program.files[0].data
        at = self._chance.runs[text]
        self._chance.runs[text] += 1
        given = (*job.program.env, ("CHANCE", str(self._chance.number(text, at))))
        return super().run(replace(job, program=replace(job.program, env=given)), on_check)


def _program(
    name: str, *references: str, expected: str = "yes\n", cpu_s: float | None = None
) -> Problem:
    limits = {} if cpu_s is None else {"limits": {"cpu_s": cpu_s, "wall_s": 20.0}}
    spec = {"tests": [{"input": "", "output": expected}], **limits}
    return Problem(name, "program", f"# {name}\n", spec, references=references)


def _state(name: str, asserts: int) -> Problem:
    """A function that is right only where the first assert comes first."""
    solution = "seen = []\n\n\ndef f(x):\n    seen.append(x)\n    return seen[0] == 0 and x\n"
    return Problem(
        name,
        "function",
        f"# {name}\n",
        {
            "prompt": "",
            "entry_point": "f",
            "setup": "",
            "asserts": [f"assert f({at}) == {at}" for at in range(asserts)],
        },
        references=(solution,),
    )


def _salt(percent: int, name: str) -> str:
    """A text whose hash passes under seed 0, as in the condition normal, and flips under others."""
    texts = [f"{name} {at}" for at in range(60)]
    rows = [_hashes(seed, texts) for seed in range(REPETITIONS + 1)]
    for at, text in enumerate(texts):
        missed = [row[at] % 100 < percent for row in rows]
        if not missed[0] and any(missed):
            return text
    raise AssertionError("no text will do")


def _hashes(seed: int, texts: list[str]) -> list[int]:
    program = f"print(*[hash(text) for text in {texts!r}])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONHASHSEED": str(seed)},
        capture_output=True,
        check=True,
        text=True,
    )
    return [int(word) for word in done.stdout.split()]
