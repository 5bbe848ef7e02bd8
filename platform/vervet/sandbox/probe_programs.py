"""Owns the programs of the doctor's probes: what a candidate could try, and print what came of it.

Texts alone: nothing here ever runs in this process.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from vervet.sandbox.syscalls import MACHINES

__all__ = [
    "DAEMON", "DESCRIPTORS", "FINDS", "FORKS", "LEAVES", "MARK", "NETWORK", "PLAIN", "READS",
    "SIGNALS", "STARTS", "THREADS", "WRITES", "asking",
]  # fmt: skip

MARK = f"vervet-{os.getpid()}"
"""What the probe that starts daemons calls itself: at most 15 characters, this process's own."""

ASKING = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(256)
got = []
for number in ({numbers},):
    ctypes.set_errno(0)
    result = libc.syscall(number, {arguments}) if number >= 0 else -1
    if result != -1 or number >= 0 and ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
        got.append(number)
print(got or "refused")
"""


def asking(*calls: str, arguments: str) -> str:
    """A program that makes each of these system calls and prints those not plainly refused."""
    known = MACHINES.get(platform.machine())
    numbers = ", ".join(str(known.numbers.get(call, -1) if known else -1) for call in calls)
    return ASKING.format(numbers=numbers, arguments=arguments)


NETWORK = """
import socket
try:
    socket.create_connection(("1.1.1.1", 53), 1)
    print("connected")
except OSError:
    try:
        names = [name for _, name in socket.if_nameindex()]
    except OSError:
        names = []
    print([name for name in names if name != "lo"] or "alone")
"""
WRITES = """
import os
def writable(path):
    try:
        with open(os.path.join(path, "vervet-probe"), "w"):
            return True
    except OSError:
        return False
places = ("/", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/run", os.path.dirname(os.__file__))
print([place for place in places if writable(place)] or "no")
"""
READS = f"""
import os
found = []
for path in ({str(Path(__file__))!r}, "/etc/shadow", "/proc/1/environ", "/run/docker.sock"):
    try:
        open(path, "rb").close()
        found.append(path)
    except OSError:
        pass
known = ("PYTHONHASHSEED", "LD_LIBRARY_PATH")
print(found or [name for name in os.environ if name not in known] or "nothing")
"""
PLAIN = """
import os
for call in (os.setuid, os.setgid):
    try:
        call(0)
    except OSError:
        pass
try:
    os.chroot("/tmp")
    print("may change its root")
except OSError:
    print("root" if 0 in os.getresuid() else "plain")
"""
DESCRIPTORS = """
import os
found = []
for number in range(3, 1024):
    try:
        os.fstat(number)
        found.append(number)
    except OSError:
        pass
print(found or "none")
"""
SIGNALS = """
import os
done = []
for pid in (-1, 0, 1, os.getppid()):
    try:
        os.kill(pid, 0)
        done.append(pid)
    except OSError:
        pass
print(done or "refused")
"""
STARTS = """
import os
for start in (os.fork, lambda: os.execv("/bin/sh", ["sh"])):
    try:
        start()
        print("started")
    except OSError:
        pass
print("refused")
"""
FORKS = """
import os, time
for count in range(1000):
    try:
        if os.fork() == 0:
            time.sleep(60)
    except OSError:
        print("stopped")
        break
"""
THREADS = """
import threading, time
try:
    for count in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError:
    print("stopped")
"""
DAEMON = f"""
import ctypes, os, signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
ctypes.CDLL(None).prctl(15, b"{MARK}", 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    os.fork()
time.sleep(60)
"""
LEAVES = """
import os
open("/tmp/left", "w").write("x")
open("left", "w").write("x")
os.symlink("/usr", "/tmp/linked")
"""
FINDS = """
import os
print([n for n in ("/tmp/left", "left", "/tmp/linked") if os.path.lexists(n)] or "nothing")
"""
