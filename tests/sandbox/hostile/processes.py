"""Cases that start, stop, watch or kill processes: their own, the runner's and anybody's."""

from __future__ import annotations

from tests.sandbox.hostile.case import TRY, Case, number_of
from vervet.core.status import Status

__all__ = ["CASES"]

CRASHED, PASSED, FAILED = Status.CRASHED, Status.PASSED, Status.FAILED
REFUSED = "PermissionError"
SHORT = {"wall_s": 0.3}

FORKS = (
    Case("fork", "fork bombs", "import os\nif os.fork():\n    print(42)", CRASHED, REFUSED),
    Case("fork bomb", "fork bombs", "import os\nwhile True:\n    try:\n        os.fork()\n"
         "    except OSError:\n        pass", Status.TIMED_OUT, "cpu_time"),
    Case("vfork and clone by hand", "fork bombs", TRY + f"call({number_of('vfork')})\n"
         f"call({number_of('clone')}, 17, 0, 0, 0, 0)\n"
         f"call({number_of('clone')}, 0x8011, 0, 0, 0, 0)\nprint(got or 42)", PASSED),
    Case("fork bomb where processes are allowed", "fork bombs", "import os\nwhile True:\n"
         "    try:\n        os.fork()\n    except OSError:\n        pass", Status.TIMED_OUT, (),
         {"wall_s": 1.0}, processes=True),
    Case("forks until refused where processes are allowed", "fork bombs", "import os, time\n"
         "while True:\n    if os.fork() == 0:\n        time.sleep(60)", CRASHED,
         "BlockingIOError", processes=True),
    Case("memory bomb in many processes", "memory bombs", "import os, time\nfor _ in range(8):\n"
         "    if os.fork() == 0:\n        x = bytearray(b'x') * (200 << 20)\n"
         "        time.sleep(60)\nprint(42 if os.waitstatus_to_exitcode(os.wait()[1]) == -9 "
         "else 'not killed')", PASSED, (), {"wall_s": 3.0}, processes=True,
         without={"cgroup": Status.TIMED_OUT}),
    Case("executes another program", "fork bombs",
         "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(42)'])",
         CRASHED, REFUSED),
    Case("a subprocess", "fork bombs", "import subprocess, sys\n"
         "print(subprocess.check_output([sys.executable, '-c', 'print(42)'], text=True))",
         CRASHED, REFUSED),
    Case("a shell", "fork bombs", "import os\nprint(os.system('echo 42'))", FAILED,
         "wrong_output"),
    Case("thread bomb", "thread bombs", "import threading, time\nwhile True:\n"
         "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", CRASHED,
         "RuntimeError"),
    Case("thread bomb that catches everything", "thread bombs", "import _thread, time\n"
         "while True:\n    try:\n        _thread.start_new_thread(time.sleep, (60,))\n"
         "    except (RuntimeError, MemoryError):\n        pass", Status.TIMED_OUT, "cpu_time"),
)  # fmt: skip

DAEMONS = (
    Case("daemon in another session", "setsid double-fork daemon", "import os, time\n"
         "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True:\n"
         "            time.sleep(1)\n    os._exit(0)\nprint(42)", PASSED, processes=True),
    Case("daemon that ignores every signal", "setsid double-fork daemon",
         "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n"
         "    for n in range(1, 65):\n        try:\n            signal.signal(n, signal.SIG_IGN)\n"
         "        except (OSError, ValueError):\n            pass\n    time.sleep(60)\n"
         "os.wait3(os.WNOHANG)\nprint(42)", PASSED, processes=True),
    Case("daemon that holds the output open", "setsid double-fork daemon",
         "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n"
         "print(42, flush=True)", PASSED, processes=True),
    Case("daemon without leave", "setsid double-fork daemon", "import os, time\n"
         "if os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint(42)", CRASHED, REFUSED),
    Case("leads a session of its own", "setsid double-fork daemon",
         "import os\nfor call in (os.setsid, os.setpgrp, lambda: os.setpgid(0, 0)):\n"
         "    try:\n        call()\n    except OSError:\n        pass\nprint(42)", PASSED),
)  # fmt: skip

IGNORING = """
for n in range(1, 65):
    try:
        signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
"""

SIGNALS = (
    Case("ignores every signal", "ignoring every signal",
         "import signal\n" + IGNORING + "while True:\n    pass", Status.TIMED_OUT, "cpu_time"),
    Case("ignores every signal and sleeps", "ignoring every signal",
         "import signal, time\n" + IGNORING + "time.sleep(60)", Status.TIMED_OUT, "wall_time",
         SHORT),
    Case("blocks every signal", "ignoring every signal", "import signal\n"
         "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass",
         Status.TIMED_OUT, "cpu_time"),
    Case("stops itself", "SIGSTOP itself",
         "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", Status.TIMED_OUT,
         "wall_time", SHORT),
    Case("kills everyone", "kill(-1)", "import os\nos.kill(-1, 9)", CRASHED, REFUSED),
    Case("stops everyone", "kill(-1)", "import os\nos.kill(-1, 19)", CRASHED, REFUSED),
    Case("kills its group", "kill(0)", "import os\nos.kill(0, 9)", CRASHED, REFUSED),
    Case("kills its parent", "kill of parent", "import os\nos.kill(os.getppid(), 9)", CRASHED,
         REFUSED),
    Case("kills the first process", "kill of parent", "import os\nos.kill(1, 9)\nprint(42)",
         CRASHED, REFUSED),
    Case("kills by every other call", "kill of parent", TRY + "import signal\n"
         "for pid in (os.getppid(), 1, -1, 0):\n"
         f"    call({number_of('kill')}, pid, 9)\n    call({number_of('tkill')}, pid, 9)\n"
         f"    call({number_of('tgkill')}, pid, pid, 9)\n"
         f"    call({number_of('rt_sigqueueinfo')}, pid, 9, room)\n"
         f"    call({number_of('pidfd_open')}, pid, 0)\n"
         f"    call({number_of('pidfd_send_signal')}, 0, 9, None, 0)\nprint(got or 42)", PASSED),
    Case("asks for signals of others", "kill of parent", "import fcntl, os, struct\ndone = []\n"
         "for fd in (0, 1, 2, os.pipe()[0]):\n    for call in (\n"
         "        lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, os.getppid()),\n"
         "        lambda: fcntl.fcntl(fd, 15, struct.pack('ii', 1, os.getppid())),\n"
         "        lambda: fcntl.fcntl(fd, 10, 9),\n"
         "        lambda: fcntl.ioctl(fd, 0x8901, struct.pack('i', os.getppid()))):\n"
         "        try:\n            done.append(call())\n        except OSError:\n"
         "            pass\nprint(done or 42)", PASSED),
    Case("kills everyone where processes are allowed", "kill(-1)",
         "import os\nos.kill(-1, 9)", FAILED, "wrong_output", processes=True,
         without={"scopes": Status.INFRA_ERROR}),
    Case("kills its parent where processes are allowed", "kill of parent",
         "import os\nos.kill(os.getppid(), 9)", CRASHED, REFUSED, processes=True,
         without={"scopes": Status.INFRA_ERROR}),
)  # fmt: skip

OTHERS = (
    Case("attaches to the runner", "ptrace", TRY + "for pid in (os.getppid(), 1):\n"
         "    for request in (16, 0x4206):\n"
         f"        call({number_of('ptrace')}, request, pid, 0, 0)\nprint(got or 42)", PASSED),
    Case("lets itself be traced", "ptrace", TRY + f"call({number_of('ptrace')}, 0, 0, 0, 0)\n"
         "print(got or 42)", PASSED),
    Case("reads the runner's memory by system call", "process_vm_readv", TRY +
         "class V(ctypes.Structure):\n    _fields_ = [('b', ctypes.c_void_p), "
         "('n', ctypes.c_size_t)]\nhere = V(ctypes.addressof(room), 64)\n"
         "there = V(id(object) & ~4095, 64)\nfor pid in (os.getppid(), 1):\n"
         f"    call({number_of('process_vm_readv')}, pid, ctypes.byref(here), 1, "
         "ctypes.byref(there), 1, 0)\n"
         f"    call({number_of('process_vm_writev')}, pid, ctypes.byref(here), 1, "
         "ctypes.byref(there), 1, 0)\nprint(got or 42)", PASSED),
    Case("takes a descriptor of the runner", "inherited descriptors", TRY +
         f"fd = libc.syscall({number_of('pidfd_open')}, os.getppid(), 0)\n"
         f"[call({number_of('pidfd_getfd')}, fd, n, 0) for n in range(16) if fd >= 0]\n"
         "print(got or 42)", PASSED),
    Case("looks through /proc at others", "/proc of others", "import os\nfound = []\n"
         "try:\n    pids = [p for p in os.listdir('/proc') if p.isdigit()]\n"
         "except OSError:\n    pids = [str(n) for n in range(1, 400)]\n"
         "for pid in pids:\n    if pid == str(os.getpid()):\n        continue\n"
         "    for name in ('mem', 'environ', 'maps', 'fd', 'fd/0', 'fd/3', 'root', 'cwd', 'exe',\n"
         "                 'task/' + pid + '/mem', 'syscall', 'stack', 'auxv', 'pagemap'):\n"
         "        path = f'/proc/{pid}/{name}'\n        try:\n"
         "            found.append((path, os.listdir(path) if name in ('fd', 'root', 'cwd')\n"
         "                          else open(path, 'rb').read(16)))\n"
         "        except OSError:\n            pass\nprint(found or 42)", PASSED),
    Case("looks through /proc at itself", "/proc of others", "import os\nfound = []\n"
         "for path in ('/proc/self/exe', '/proc/1/exe', '/proc/self/root/..'):\n    try:\n"
         "        open(path, 'r+b')\n        found.append(path)\n    except OSError:\n"
         "        pass\nprint(found or 42)", PASSED),
    Case("reads its environment", "environ", "import os\n"
         "print(dict(os.environ) or dict(os.environb) or 42)", PASSED),
    Case("reads the environment that the runner was given", "environ", "import ctypes\n"
         "at = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\nfound = []\n"
         "while at and at[len(found)]:\n    found.append(at[len(found)])\n"
         "known = (b'PYTHONHASHSEED=', b'LD_LIBRARY_PATH=', b'PWD=', b'PATH=', b'HOME=',\n"
         "         b'HOSTNAME=', b'LANG=', b'LC_CTYPE=')\n"
         "print([e for e in found if not e.startswith(known) or b'/root' in e] or 42)", PASSED),
    Case("changes the limits of others", "/proc of others", TRY +
         "for pid in (os.getppid(), 1):\n"
         f"    call({number_of('prlimit64')}, pid, 7, room, 0)\n"
         f"    call({number_of('prlimit64')}, pid, 7, 0, room)\nprint(got or 42)", PASSED),
    Case("changes the priority of others", "/proc of others", TRY +
         "for pid in (os.getppid(), 1):\n"
         f"    libc.syscall({number_of('setpriority')}, 0, pid, 19)\n"
         f"    libc.syscall({number_of('sched_setaffinity')}, pid, 8, room)\n"
         f"    libc.syscall({number_of('ioprio_set')}, 1, pid, 3 << 13)\n"
         "for pid in (os.getppid(), 1):\n    try:\n"
         "        if os.getpriority(os.PRIO_PROCESS, pid) == 19:\n            got.append(pid)\n"
         "    except OSError:\n        pass\nprint(got or 42)", PASSED),
)  # fmt: skip

CASES = (*FORKS, *DAEMONS, *SIGNALS, *OTHERS)
