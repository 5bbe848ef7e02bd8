"""Cases that ask the kernel directly, through ctypes, for what a candidate never needs.

Each passes only if every call of it is plainly refused.
"""

from __future__ import annotations

import platform

from tests.sandbox.hostile.case import TRY, Case, number_of
from vervet.core.status import Status

__all__ = ["CASES"]


def _asks(name: str, item: str, *calls: str, processes: bool = False) -> Case:
    """A case that makes these calls, each written as its name and Python for its arguments."""
    lines = []
    for call in calls:
        asked, _, arguments = call.partition(" ")
        lines.append(f"call({number_of(asked)}, {arguments})")
    source = TRY + "\n".join(lines) + "\nprint(got or 42)"
    return Case(name, item, source, Status.PASSED, processes=processes)


NAMED = (
    _asks("makes itself visible", "prctl", "prctl 4, 1, 0, 0, 0", "prctl 0x59616D61, -1, 0, 0, 0"),
    _asks("moves its own memory map", "prctl", "prctl 35, 13, room, 0, 0"),
    _asks("adopts orphans", "prctl", "prctl 36, 1, 0, 0, 0"),
    _asks("asks for a signal at its parent's death", "prctl", "prctl 1, 9, 0, 0, 0"),
    _asks("turns off its machine checks and speculation", "prctl", "prctl 33, 1, 0, 0, 0",
          "prctl 53, 0, 4, 0, 0"),
    _asks("keeps and raises capabilities", "prctl", "prctl 8, 1, 0, 0, 0", "prctl 47, 2, 0, 0, 0",
          "prctl 28, 0, 0, 0, 0", "capset room, room"),
    _asks("loads a filter of its own", "prctl", "prctl 22, 2, room, 0, 0", "seccomp 1, 0, room",
          "seccomp 2, 0, 0"),
    _asks("io_uring", "io_uring", "io_uring_setup 8, room", "io_uring_enter 0, 1, 1, 0, 0, 0",
          "io_uring_register 0, 0, room, 1"),
    _asks("older asynchronous input", "io_uring", "io_setup 8, room",
          "io_submit 0, 1, room"),
    _asks("memfd_create", "memfd_create", "memfd_create b'x', 0", "memfd_secret 0"),
    _asks("userfaultfd", "userfaultfd", "userfaultfd 0", "userfaultfd 1"),
    _asks("bpf", "bpf", "bpf 0, room, 64", "bpf 5, room, 64"),
    _asks("keyrings", "keyctl", "keyctl 0, -3, 1, 0, 0", "keyctl 1, 0, 0, 0, 0",
          "add_key b'user', b'a', b'b', 1, -3", "request_key b'user', b'a', 0, -3"),
    _asks("personality", "personality", "personality 0x0040000", "personality 8"),
    _asks("clone3", "clone3", "clone3 room, 88", "clone3 room, 64"),
    _asks("unshare", "unshare", *(f"unshare {1 << bit}" for bit in (9, 10, 17, 25, 26, 27, 28, 29,
                                                                   30))),
    _asks("setns", "setns", "setns 0, 0", "setns 1, 0x10000000"),
    _asks("namespaces by clone", "unshare",
          *(f"clone {flag | 17}, 0, 0, 0, 0" for flag in (0x20000, 0x10000000, 0x40000000))),
    _asks("namespaces where processes are allowed", "unshare", "unshare 0x10000000",
          "unshare 0x20000", "clone 0x10000011, 0, 0, 0, 0", "clone3 room, 88", "setns 0, 0",
          processes=True),
    _asks("the kernel's doors where processes are allowed", "bpf", "bpf 0, room, 64",
          "io_uring_setup 8, room", "userfaultfd 0", "keyctl 0, -3, 1, 0, 0", "personality 8",
          "ptrace 16, os.getppid(), 0, 0", "mount b'n', b'/tmp', b'tmpfs', 0, 0",
          processes=True),
)  # fmt: skip

SHARED = (
    _asks("System V shared memory", "SysV shared memory", "shmget 77, 4096, 0o1666",
          "shmget 0, 4096, 0o1666", "shmat 0, 0, 0", "shmctl 0, 13, room"),
    _asks("System V semaphores", "SysV semaphores", "semget 77, 1, 0o1666", "semget 0, 1, 0o1666",
          "semop 0, room, 1"),
    _asks("System V queues", "SysV queues", "msgget 77, 0o1666", "msgget 0, 0o1666",
          "msgsnd 0, room, 8, 0"),
    _asks("POSIX queues", "POSIX queues", "mq_open b'vervet', 0o102, 0o666, 0",
          "mq_unlink b'vervet'"),
    Case("POSIX shared memory", "POSIX shared memory",
         "from multiprocessing import shared_memory\ntry:\n"
         "    shared_memory.SharedMemory('vervet', create=True, size=4096)\n"
         "    print('made')\nexcept OSError:\n    print(42)", Status.PASSED),
    Case("POSIX semaphores", "POSIX semaphores", "import _multiprocessing\ntry:\n"
         "    _multiprocessing.SemLock(1, 1, 1, '/vervet', False)\n    print('made')\n"
         "except OSError:\n    print(42)", Status.PASSED),
    _asks("System V objects where processes are allowed", "SysV shared memory",
          "shmget 77, 4096, 0o1666", "semget 77, 1, 0o1666", "msgget 77, 0o1666",
          "mq_open b'vervet', 0o102, 0o666, 0", processes=True),
)  # fmt: skip

HOST = (
    _asks("sets the clock", "clock changes", "settimeofday room, 0", "clock_settime 0, room",
          "adjtimex room", "clock_adjtime 0, room"),
    Case("sets the clock through Python", "clock changes",
         "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)", Status.CRASHED,
         "PermissionError"),
    _asks("restarts, renames and swaps", "clock changes",
          "reboot 0xfee1dead, 672274793, 0, 0", "sethostname b'x', 1", "setdomainname b'x', 1",
          "swapoff b'/x'", "acct 0", "syslog 3, room, 64", "vhangup ", "quotactl 0, 0, 0, 0"),
    _asks("loads modules and kernels", "bpf", "init_module room, 64, b''", "finit_module 0, b'', 0",
          "delete_module b'x', 0", "kexec_load 0, 0, 0, 0", "kexec_file_load 0, 0, 0, 0, 0"),
    _asks("watches the machine", "bpf", "perf_event_open room, 0, -1, -1, 0",
          "fanotify_init 0, 0", "inotify_init1 0", "kcmp 1, 1, 0, 0, 0",
          "lookup_dcookie 0, room, 64", "iopl 3", "ioperm 0, 8, 1", "modify_ldt 0, room, 64"),
    _asks("moves pages of others", "process_vm_readv", "move_pages 1, 0, 0, 0, 0, 0",
          "migrate_pages 1, 8, room, room", "process_madvise 0, room, 1, 4, 0",
          "process_mrelease 0, 0"),
    _asks("becomes somebody else", "setns", "setuid 0", "setgid 0", "setreuid 0, 0",
          "setresuid 0, 0, 0", "setgroups 0, 0", "setfsuid 0", "setfsgid 0"),
)  # fmt: skip

FOREIGN = {
    "x86_64": (
        # mov eax, 20 (getpid of i386); int 0x80; ret
        Case("system calls of a 32-bit program", "personality", "import ctypes, mmap\n"
             "page = mmap.mmap(-1, 4096, prot=7)\n"
             "page.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
             "where = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
             "print(ctypes.CFUNCTYPE(ctypes.c_int)(where)() and 'answered')", Status.CRASHED,
             ("SIGSYS", "SIGSEGV")),
        Case("system calls of an x32 program", "personality", "import ctypes, os\n"
             "libc = ctypes.CDLL(None)\n"
             "print(libc.syscall(ctypes.c_long(0x40000000 + 39)) > 0 or 42)", Status.CRASHED,
             "SIGSYS"),
    ),
}  # fmt: skip

CASES = (*NAMED, *SHARED, *HOST, *FOREIGN.get(platform.machine(), ()))
