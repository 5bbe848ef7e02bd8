"""What a candidate could leave for the next one, as pairs of programs; the second finds nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sandbox.hostile.case import TRY, Case, number_of
from tests.sandbox.hostile.harness import looking_for
from vervet.core.status import Status

__all__ = ["PAIRS", "Pair"]

LEFT = "left-9c1e52f0aa"
"""What is left; those who look for it know its beginning alone."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`leaves` runs first, as one candidate; `looks` after it, as another, and must pass."""

    name: str
    leaves: str
    looks: str
    stdin: str = ""

    @property
    def cases(self) -> tuple[Case, Case]:
        """Both as cases."""
        first = Case(f"{self.name}: leaves", "between", self.leaves, Status.PASSED,
                     stdin=self.stdin)  # fmt: skip
        second = Case(f"{self.name}: looks", "between", self.looks, Status.PASSED, (),
                      {"cpu_s": 10.0}, stdin="")  # fmt: skip
        return first, second


IN_MEMORY = looking_for("left") + "\nprint(*[s.decode() for s in seen] or [42])\n"

PAIRS = (
    Pair("files", "import os\nfor f in ('/tmp/x', 'x', '/tmp/.x', '/dev/null/x', '/dev/shm/x'):\n"
         "    try:\n        open(f, 'w').write('x')\n    except OSError:\n        pass\n"
         "os.makedirs('/tmp/d/d')\nos.symlink('/usr', '/tmp/l')",
         "import os\nprint([p for p in ('/tmp/x', 'x', '/tmp/.x', '/dev/shm/x', '/tmp/d', '/tmp/l')"
         " if os.path.lexists(p)] or 42)"),
    Pair("an attribute of the tmp", f"import os\ntry:\n"
         f"    os.setxattr('/tmp', 'user.x', {LEFT!r}.encode())\nexcept OSError:\n    pass",
         "import os\ntry:\n    print(os.getxattr('/tmp', 'user.x'))\nexcept OSError:\n"
         "    print(42)"),
    Pair("the mode of the tmp", "import os\ntry:\n    os.chmod('/tmp', 0o711)\n"
         "except OSError:\n    pass",
         "import os\nprint(42 if os.stat('/tmp').st_mode & 0o777 != 0o711 else 'found')"),
    Pair("the times of the tmp", "import os\ntry:\n    os.utime('/tmp', (77, 77))\n"
         "except OSError:\n    pass",
         "import os\ns = os.stat('/tmp')\nprint(42 if 77 not in (s.st_atime, s.st_mtime) "
         "else 'found')"),
    Pair("its program in memory", f"x = {LEFT!r} * 1000", IN_MEMORY),
    Pair("its program as large as can be", f"x = 1 # {LEFT * 200_000}", IN_MEMORY),
    Pair("its input in memory", "input()", IN_MEMORY, stdin=LEFT * 100_000),
    Pair("its output in memory", f"print({LEFT[:5]!r} + {LEFT[5:]!r} * 1000)\n", IN_MEMORY),
    Pair("objects that it made", f"import gc\nx = [{LEFT!r} + str(n) for n in range(100_000)]\n"
         "gc.freeze()", IN_MEMORY),
    Pair("modules that it patched", "import builtins, math, os, re\n"
         "builtins.x = math.x = re.x = 1\n"
         "os.environ['X'] = '1'",
         "import builtins, math, os, re\n"
         "print([hasattr(m, 'x') for m in (builtins, math, re)].count(True) or "
         "os.environ.get('X') or 42)"),
    Pair("its working folder, mask and priority", "import os, signal\nos.umask(0o777)\n"
         "os.chdir('/')\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
         "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\nos.nice(5)",
         "import os, signal\n"
         "print((os.getcwd() == '/') or signal.pthread_sigmask(signal.SIG_BLOCK, []) or "
         "(signal.getsignal(signal.SIGTERM) == signal.SIG_IGN) or (os.nice(0) == 5) or 42)"),
    Pair("locks on a file that both can read", "import fcntl, os, time\nf = open(os.__file__)\n"
         "fcntl.flock(f, fcntl.LOCK_EX)\n",
         "import fcntl, os\nf = open(os.__file__)\nfcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
         "print(42)"),
    Pair("System V objects and queues", TRY +
         f"call({number_of('shmget')}, 77, 4096, 0o1666)\n"
         f"call({number_of('semget')}, 77, 1, 0o1666)\n"
         f"call({number_of('msgget')}, 77, 0o1666)\n"
         f"call({number_of('mq_open')}, b'vervet', 0o102, 0o666, 0)\n",
         TRY + f"call({number_of('shmget')}, 77, 4096, 0)\n"
         f"call({number_of('semget')}, 77, 1, 0)\ncall({number_of('msgget')}, 77, 0)\n"
         f"call({number_of('mq_open')}, b'vervet', 0, 0, 0)\nprint(got or 42)"),
    Pair("the name of a process", "import ctypes\n"
         "ctypes.CDLL(None).prctl(15, b'left', 0, 0, 0)",
         "import ctypes\nname = ctypes.create_string_buffer(16)\n"
         "ctypes.CDLL(None).prctl(16, name, 0, 0, 0)\n"
         "print(42 if name.value != b'left' else 'found')"),
)  # fmt: skip
