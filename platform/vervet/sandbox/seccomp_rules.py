"""Owns what is decided about each system call of a candidate, by its name and its arguments.

A decision is what the kernel is to return, or a look at an argument first. Knows nothing of
machines, nor of how a decision is carried out.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ALLOW",
    "ALL_BITS",
    "KILL",
    "OWN_PID",
    "REFUSE",
    "UNKNOWN",
    "Decision",
    "Look",
    "rules",
]

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000
REFUSE = ERRNO | errno.EPERM
UNKNOWN = ERRNO | errno.ENOSYS
NOT_A_TERMINAL = ERRNO | errno.ENOTTY
PRETEND = ERRNO
"""Errno 0: the call is not made and its caller reads success."""

OWN_PID = -1
"""Stands for the candidate's pid among the values of a `Look`."""
ALL_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Look:
    """Decide by the low half of an argument: that half is all the kernel reads of those used."""

    argument: int
    cases: tuple[tuple[int, Decision], ...]
    otherwise: Decision
    mask: int = ALL_BITS


Decision = int | Look


def _cases(values: Iterable[int], then: Decision = ALLOW) -> tuple[tuple[int, Decision], ...]:
    return tuple((value, then) for value in values)


def _only(argument: int, values: Iterable[int], then: Decision = ALLOW) -> Look:
    return Look(argument, _cases(values, then), REFUSE)


FREE = """
    read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close
    close_range open openat openat2 creat stat fstat lstat newfstatat statx access faccessat
    faccessat2 readlink readlinkat getcwd chdir fchdir getdents getdents64 statfs fstatfs umask
    rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat
    ftruncate fallocate fsync fdatasync sync_file_range fadvise64 readahead copy_file_range
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    sendfile splice tee vmsplice pipe pipe2 dup dup2 dup3
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime
    timerfd_gettime
    sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockname getpeername getsockopt
    brk mmap munmap mremap mprotect msync mincore madvise mlock mlock2 munlock mlockall
    munlockall pkey_mprotect pkey_alloc pkey_free membarrier
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
    sigaltstack pause restart_syscall
    futex futex_waitv set_robust_list set_tid_address rseq arch_prctl exit exit_group
    wait4 waitid sched_yield getcpu
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep times alarm
    getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    getpid getppid gettid getpgid getpgrp getsid getuid geteuid getgid getegid getresuid
    getresgid getgroups capget getrusage getrlimit setrlimit uname sysinfo getrandom
    sched_getaffinity sched_getscheduler sched_getparam sched_getattr sched_get_priority_max
    sched_get_priority_min sched_rr_get_interval
"""
"""No argument of these reaches beyond the process and the files that it can open."""

BEYOND_LANDLOCK = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr truncate
"""
"""Change a file through its name or a descriptor for reading, which Landlock lets pass."""

WITH_PROCESSES = "fork vfork execve execveat memfd_create"
"""What a candidate that may start processes gets on top, wherever it runs."""

ALONE = """
    setpgid setsid bind connect listen accept accept4
    kill tgkill tkill rt_sigqueueinfo rt_tgsigqueueinfo
"""
"""What it gets only in namespaces of its own: there, no other's socket or process is in reach,
and leaving the process group is no escape."""

UNHEEDED = """
    setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam sched_setattr
"""
"""Answered as done: a candidate that made itself wait for others would count as starved."""
OWN = "kill tgkill rt_tgsigqueueinfo"

CLONE_VM, CLONE_PIDFD, CLONE_PARENT, CLONE_THREAD = 0x100, 0x1000, 0x8000, 0x10000
CLONE_NEW = 0x7E020000
"""Namespaces: of mounts, cgroups, UTS, IPC, users, processes and network."""
CLONE_REFUSED = CLONE_NEW | CLONE_PARENT
"""CLONE_PARENT would make a child of the runner's, beside those that it waits for."""

PRIO_PROCESS, IOPRIO_WHO_PROCESS = 0, 1
AF_UNIX, SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPE = 1, 1, 5, 0xF
SO_ATTACH = (26, 50, 51, 52)
"""Programs of the caller's that the kernel would run on a socket's traffic."""
S_IFMT, S_IFREG, S_IFIFO, S_IFSOCK = 0o170000, 0o100000, 0o010000, 0o140000
PERSONALITY_QUERY = 0xFFFFFFFF

PRCTL = (2, 3, 15, 16, 21, 23, 27, 29, 30, 38, 39, 41, 42, 0x53564D41)
"""GET_PDEATHSIG, GET_DUMPABLE, SET and GET_NAME, GET_SECCOMP, CAPBSET_READ, GET_SECUREBITS,
SET and GET_TIMERSLACK, SET and GET_NO_NEW_PRIVS, SET and GET_THP_DISABLE, SET_VMA (a name)."""

FCNTL = (0, 1, 2, 3, 4, 1030, 1032, 1034)
"""DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ, GET_SEALS."""
FCNTL_SET_LOCK = (6, 7, 37, 38)
"""SETLK, SETLKW, OFD_SETLK, OFD_SETLKW."""
FCNTL_ALONE = (5, 36, 1031, 1033)
"""GETLK, OFD_GETLK, SETPIPE_SZ, ADD_SEALS."""

IOCTL = (0x5401, 0x802C542A, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x80086601)
"""TCGETS, TCGETS2, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FS_IOC_GETFLAGS."""
IOCTL_REFUSED = (0x5412, 0x8901, 0x8902)
"""TIOCSTI types for another; FIOSETOWN and SIOCSPGRP aim signals at another."""


def rules(*, processes: bool, strict_files: bool) -> dict[str, Decision]:
    """What is done about each system call that is not plainly refused."""
    alone = processes and not strict_files
    own_or_zero = _only(0, (0, OWN_PID))
    whose = _only(1, (0, OWN_PID))
    decided: dict[str, Decision] = dict.fromkeys(FREE.split(), ALLOW)
    decided |= dict.fromkeys(UNHEEDED.split(), PRETEND)
    decided["prlimit64"] = own_or_zero
    decided |= dict.fromkeys(OWN.split(), _only(0, (OWN_PID,)))
    decided["getpriority"] = _only(0, (PRIO_PROCESS,), whose)
    decided["ioprio_get"] = _only(0, (IOPRIO_WHO_PROCESS,), whose)
    decided |= {
        "clone": _clone(processes=processes),
        "clone3": UNKNOWN,  # its flags lie in memory, where no filter can look
        "prctl": _only(0, PRCTL),
        "personality": _only(0, (PERSONALITY_QUERY,)),
        "ioctl": Look(1, _cases(IOCTL) + _cases(IOCTL_REFUSED, REFUSE), NOT_A_TERMINAL),
        "fcntl": _fcntl(alone=alone),
        "flock": ALLOW if alone else PRETEND,
        # A pair of datagram sockets could send to any socket that has a name.
        "socketpair": _only(0, (AF_UNIX,), _connected_type()),
        "setsockopt": Look(2, _cases(SO_ATTACH, REFUSE), ALLOW),
    }
    if processes:
        decided |= dict.fromkeys(WITH_PROCESSES.split(), ALLOW)
    if alone:
        decided |= dict.fromkeys(ALONE.split(), ALLOW)
        decided |= dict.fromkeys(("socket", "socketpair"), _only(0, (AF_UNIX,)))
    if not strict_files:
        decided |= dict.fromkeys(BEYOND_LANDLOCK.split(), ALLOW)
        decided |= {"mknod": _mknod(1), "mknodat": _mknod(2)}
    return decided


def _clone(*, processes: bool) -> Look:
    if processes:
        return Look(0, ((0, ALLOW),), REFUSE, CLONE_REFUSED)
    thread = CLONE_VM | CLONE_THREAD
    return Look(0, ((thread, ALLOW),), REFUSE, thread | CLONE_REFUSED | CLONE_PIDFD)


def _fcntl(*, alone: bool) -> Look:
    locks = _cases(FCNTL_SET_LOCK, ALLOW if alone else PRETEND)
    return Look(1, _cases(FCNTL) + locks + (_cases(FCNTL_ALONE) if alone else ()), REFUSE)


def _connected_type() -> Look:
    return Look(1, _cases((SOCK_STREAM, SOCK_SEQPACKET)), REFUSE, SOCK_TYPE)


def _mknod(argument: int) -> Look:
    return Look(argument, _cases((0, S_IFREG, S_IFIFO, S_IFSOCK)), REFUSE, S_IFMT)
