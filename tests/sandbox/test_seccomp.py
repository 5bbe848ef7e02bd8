"""The filter of a candidate: its rules in an interpreter of BPF, itself in the kernel."""

from __future__ import annotations

import errno
import json
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.bpf import KILL_PROCESS, NUMBERS, RET_ALLOW, RET_ERRNO, run_filter
from vervet.core.errors import NoIsolationError
from vervet.sandbox.seccomp import Filter, candidate_filter
from vervet.sandbox.seccomp_rules import rules
from vervet.sandbox.syscalls import MACHINES

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h."""
AUDIT_I386 = 0x40000003
PID, OTHER = 4711, 4712
EPERM, ENOSYS, ENOTTY = RET_ERRNO | 1, RET_ERRNO | 38, RET_ERRNO | 25
PRETEND = RET_ERRNO
PTHREAD = 0x3D0F00
"""The flags with which glibc starts a thread."""
SIGCHLD = 17
machines = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
kinds = pytest.mark.parametrize(
    ("processes", "strict_files"), [(False, False), (True, False), (False, True), (True, True)]
)


def with_pid(built: Filter, pid: int = PID) -> bytes:
    program = bytearray(built.program)
    for slot in built.pid_slots:
        struct.pack_into("=I", program, slot, pid)
    return bytes(program)


def verdict(
    machine: str, name: str, *arguments: int, processes: bool = False, strict_files: bool = False
) -> int:
    program = with_pid(candidate_filter(machine, processes=processes, strict_files=strict_files))
    return run_filter(program, AUDIT[machine], NUMBERS[machine][name], arguments)


@machines
def test_the_table_is_the_kernels(machine: str) -> None:
    assert dict(MACHINES[machine].numbers) == NUMBERS[machine]
    assert MACHINES[machine].audit == AUDIT[machine]


def test_every_ruled_name_is_a_system_call() -> None:
    names = {*NUMBERS["x86_64"], *NUMBERS["aarch64"]}
    for processes in (False, True):
        assert set(rules(processes=processes, strict_files=False)) <= names


def test_a_machine_without_a_table_is_refused_by_name() -> None:
    with pytest.raises(NoIsolationError, match="riscv64"):
        candidate_filter("riscv64")


@machines
@kinds
@given(number=st.integers(0, 0xFFFFFFFF), arguments=st.tuples(*[st.integers(0, 2**64 - 1)] * 6))
def test_an_unknown_number_does_not_exist(
    machine: str, processes: bool, strict_files: bool, number: int, arguments: tuple[int, ...]
) -> None:
    program = candidate_filter(machine, processes=processes, strict_files=strict_files).program
    found = run_filter(program, AUDIT[machine], number, arguments)
    if machine == "x86_64" and number >= 0x40000000:
        assert found == KILL_PROCESS
    elif number not in NUMBERS[machine].values():
        assert found == ENOSYS


@machines
@kinds
@given(arch=st.integers(0, 0xFFFFFFFF), number=st.integers(0, 600))
def test_a_foreign_calling_convention_kills(
    machine: str, processes: bool, strict_files: bool, arch: int, number: int
) -> None:
    program = candidate_filter(machine, processes=processes, strict_files=strict_files).program
    for foreign in {arch, AUDIT_I386} - {AUDIT[machine]}:
        assert run_filter(program, foreign, number) == KILL_PROCESS


@machines
@kinds
def test_every_known_call_has_a_decided_answer(
    machine: str, processes: bool, strict_files: bool
) -> None:
    for name in NUMBERS[machine]:
        found = verdict(machine, name, processes=processes, strict_files=strict_files)
        expected = {RET_ALLOW, EPERM, PRETEND, ENOTTY, *({ENOSYS} if name == "clone3" else ())}
        assert found in expected, name


@machines
@given(pid=st.integers(1, 2**22), target=st.integers(-(2**22), 2**22))
def test_signals_reach_only_the_candidate_itself(machine: str, pid: int, target: int) -> None:
    program = with_pid(candidate_filter(machine), pid)
    for name in ("kill", "tgkill", "rt_tgsigqueueinfo"):
        found = run_filter(
            program, AUDIT[machine], NUMBERS[machine][name], (target % 2**64, pid, 9)
        )
        assert found == (RET_ALLOW if target == pid else EPERM)
        own = run_filter(program, AUDIT[machine], NUMBERS[machine][name], (pid, pid, 9))
        assert own == RET_ALLOW


@machines
@kinds
@pytest.mark.parametrize("target", [0, 1, -1, -2, PID])
def test_an_unfilled_slot_matches_no_process(
    machine: str, processes: bool, strict_files: bool, target: int
) -> None:
    program = candidate_filter(machine, processes=processes, strict_files=strict_files).program
    number = NUMBERS[machine]["prlimit64"]
    allowed = run_filter(program, AUDIT[machine], number, (target % 2**64,)) == RET_ALLOW
    assert allowed == (target == 0) or target == -2


@machines
@kinds
def test_limits_of_itself_only(machine: str, processes: bool, strict_files: bool) -> None:
    found = {
        pid: verdict(machine, "prlimit64", pid, processes=processes, strict_files=strict_files)
        for pid in (0, PID, OTHER, 1)
    }
    assert found == {0: RET_ALLOW, PID: RET_ALLOW, OTHER: EPERM, 1: EPERM}


@machines
@pytest.mark.parametrize(("name", "which"), [("getpriority", 0), ("ioprio_get", 1)])
def test_priorities_of_itself_only(machine: str, name: str, which: int) -> None:
    assert verdict(machine, name, which, 0) == RET_ALLOW
    assert verdict(machine, name, which, PID) == RET_ALLOW
    assert verdict(machine, name, which, OTHER) == EPERM
    assert verdict(machine, name, which + 1, 0) == EPERM  # a group's or a user's


@machines
@kinds
@pytest.mark.parametrize(
    "name",
    [
        "setpriority", "ioprio_set", "sched_setaffinity", "sched_setscheduler", "sched_setparam",
        "sched_setattr",
    ],
)  # fmt: skip
def test_nobody_changes_how_long_it_waits(
    machine: str, processes: bool, strict_files: bool, name: str
) -> None:
    found = {
        verdict(machine, name, first, second, processes=processes, strict_files=strict_files)
        for first in (0, PID, OTHER)
        for second in (0, PID, 19)
    }
    assert found == {PRETEND}


REFUSED = """
    execve execveat tkill rt_sigqueueinfo socket connect bind listen accept accept4 setsid setpgid
    memfd_create memfd_secret pidfd_open pidfd_getfd pidfd_send_signal process_vm_readv
    process_vm_writev process_madvise process_mrelease ptrace kcmp unshare setns mount umount2
    open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot keyctl
    add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
    inotify_init1 inotify_add_watch fanotify_init fanotify_mark clock_settime clock_adjtime
    adjtimex settimeofday reboot swapon swapoff init_module finit_module delete_module kexec_load
    kexec_file_load quotactl quotactl_fd acct syslog sethostname setdomainname shmget shmat shmctl
    semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend
    name_to_handle_at open_by_handle_at lookup_dcookie nfsservctl vhangup set_mempolicy mbind
    move_pages migrate_pages setuid setgid setreuid setregid setresuid setresgid setgroups
    setfsuid setfsgid capset io_setup io_submit get_robust_list sync syncfs cachestat
"""
REFUSED_X86 = "fork vfork iopl ioperm modify_ldt inotify_init uselib ustat sysfs _sysctl"
OPENED_BY_PROCESSES = """
    fork vfork execve execveat memfd_create
    tkill rt_sigqueueinfo connect bind listen accept accept4 setsid setpgid
"""


@machines
def test_what_is_dangerous_is_refused(machine: str) -> None:
    names = {*REFUSED.split(), *(REFUSED_X86.split() if machine == "x86_64" else ())}
    assert {name for name in names if verdict(machine, name) != EPERM} == set()


@machines
def test_processes_open_what_processes_need_and_no_more(machine: str) -> None:
    names = {*REFUSED.split(), *(REFUSED_X86.split() if machine == "x86_64" else ())}
    opened = {name for name in names if verdict(machine, name, processes=True) != EPERM}
    assert opened - {"socket"} == set(OPENED_BY_PROCESSES.split()) & set(NUMBERS[machine])


@machines
def test_threads_but_no_processes(machine: str) -> None:
    assert verdict(machine, "clone", PTHREAD) == RET_ALLOW
    assert verdict(machine, "clone3", 0x7000, 88) == ENOSYS
    for flags in (SIGCHLD, 0x4100 | SIGCHLD, 0x100, 0x10000, PTHREAD | 0x10000000):
        assert verdict(machine, "clone", flags) == EPERM


@machines
@pytest.mark.parametrize(
    "bit", [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x8000]
)
def test_processes_but_no_namespaces(machine: str, bit: int) -> None:
    for flags in (SIGCHLD, 0x4100 | SIGCHLD, PTHREAD):
        assert verdict(machine, "clone", flags, processes=True) == RET_ALLOW
        assert verdict(machine, "clone", flags | bit, processes=True) == EPERM
    assert verdict(machine, "clone3", 0x7000, 88, processes=True) == ENOSYS


@machines
@pytest.mark.parametrize("option", [4, 22, 35, 1, 8, 28, 36, 0x59616D61])
def test_process_options_are_few(machine: str, option: int) -> None:
    """DUMPABLE, SECCOMP, MM, PDEATHSIG, KEEPCAPS, SECUREBITS, CHILD_SUBREAPER, PTRACER."""
    for processes in (False, True):
        assert verdict(machine, "prctl", option, processes=processes) == EPERM
        for needed in (15, 16, 38, 0x53564D41):
            assert verdict(machine, "prctl", needed, processes=processes) == RET_ALLOW


@machines
def test_personality_can_be_asked_only(machine: str) -> None:
    assert verdict(machine, "personality", 0xFFFFFFFF) == RET_ALLOW
    assert verdict(machine, "personality", 0x0040000) == EPERM


@machines
@pytest.mark.parametrize("kind", [1, 5, 1 | 0o2000000 | 0o4000])
def test_pairs_of_connected_sockets(machine: str, kind: int) -> None:
    assert verdict(machine, "socketpair", 1, kind) == RET_ALLOW
    assert verdict(machine, "socketpair", 2, kind) == EPERM


@machines
@pytest.mark.parametrize("kind", [2, 3])
def test_no_pair_that_could_send_to_named_sockets(machine: str, kind: int) -> None:
    """SOCK_RAW is SOCK_DGRAM to the kernel's AF_UNIX."""
    assert verdict(machine, "socketpair", 1, kind) == EPERM


@machines
@pytest.mark.parametrize("family", [2, 10, 16, 17, 40])
def test_only_unix_sockets_with_processes(machine: str, family: int) -> None:
    assert verdict(machine, "socket", 1, 2, processes=True) == RET_ALLOW
    assert verdict(machine, "socket", family, 1, processes=True) == EPERM


@machines
@pytest.mark.parametrize("option", [26, 50, 51, 52])
def test_no_programs_on_sockets(machine: str, option: int) -> None:
    assert verdict(machine, "setsockopt", 3, 1, option) == EPERM
    assert verdict(machine, "setsockopt", 3, 1, 7) == RET_ALLOW


@machines
@pytest.mark.parametrize("command", [8, 15, 10, 1026, 1024, 12345])
def test_no_signals_or_leases_of_files(machine: str, command: int) -> None:
    """SETOWN, SETOWN_EX, SETSIG, NOTIFY, SETLEASE."""
    for processes in (False, True):
        assert verdict(machine, "fcntl", 3, command, processes=processes) == EPERM


@machines
def test_locks_are_pretended_where_files_may_be_shared(machine: str) -> None:
    for command in (6, 7, 37, 38):
        assert verdict(machine, "fcntl", 3, command) == PRETEND
        assert verdict(machine, "fcntl", 3, command, processes=True) == RET_ALLOW
    assert verdict(machine, "flock", 3, 2) == PRETEND
    assert verdict(machine, "flock", 3, 2, processes=True) == RET_ALLOW
    for command in (5, 36):
        assert verdict(machine, "fcntl", 3, command) == EPERM
        assert verdict(machine, "fcntl", 3, command, processes=True) == RET_ALLOW


@machines
def test_requests_to_devices(machine: str) -> None:
    for request in (0x5412, 0x8901, 0x8902):
        assert verdict(machine, "ioctl", 0, request) == EPERM
    for request in (0x5401, 0x5413, 0x541B, 0x5421, 0x5451):
        assert verdict(machine, "ioctl", 0, request) == RET_ALLOW
    assert verdict(machine, "ioctl", 0, 0xC0045877) == ENOTTY  # FIFREEZE


@machines
def test_no_device_files(machine: str) -> None:
    for mode, expected in ((0o010644, RET_ALLOW), (0o100644, RET_ALLOW), (0o020644, EPERM)):
        assert verdict(machine, "mknodat", 0, 0, mode) == expected
    assert verdict(machine, "mknodat", 0, 0, 0o060644) == EPERM


BEYOND = """
    fchmod fchmodat fchmodat2 fchown fchownat utimensat setxattr lsetxattr fsetxattr
    removexattr lremovexattr fremovexattr truncate
"""


@machines
def test_what_landlock_does_not_govern(machine: str) -> None:
    names = [*BEYOND.split(), *(("chmod", "utime", "mknod") if machine == "x86_64" else ())]
    for name in names:
        assert verdict(machine, name, 0, 0o644, 0o644) == RET_ALLOW, name
        assert verdict(machine, name, 0, 0o644, 0o644, strict_files=True) == EPERM, name
    assert verdict(machine, "chdir", strict_files=True) == RET_ALLOW


@machines
def test_without_namespaces_processes_reach_nobody(machine: str) -> None:
    for name in ("socket", "connect", "setsid", "setpgid", "tkill"):
        assert verdict(machine, name, 1, processes=True, strict_files=True) == EPERM, name
    assert verdict(machine, "kill", OTHER, processes=True, strict_files=True) == EPERM
    assert verdict(machine, "clone", SIGCHLD, processes=True, strict_files=True) == RET_ALLOW
    assert verdict(machine, "flock", processes=True, strict_files=True) == PRETEND


def in_the_kernel(tmp_path: Path, *, processes: bool) -> dict[str, str]:
    """What a real process meets under the filter of this machine."""
    built = candidate_filter(platform.machine(), processes=processes)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("filtered.py")), str(tmp_path)],
        input=json.dumps({"program": built.program.hex(), "slots": built.pid_slots}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


REFUSED_FOR_GOOD = dict.fromkeys(("socket", "prlimit_parent", "shmget"), f"errno {errno.EPERM}")
DONE = dict.fromkeys(("socketpair", "kill_self", "raise", "prlimit_self", "library"), "done")


def test_the_kernel_refuses_and_allows_the_same(tmp_path: Path) -> None:
    refused = dict.fromkeys(("fork", "kill_parent", "kill_all", "memfd"), f"errno {errno.EPERM}")

    assert in_the_kernel(tmp_path, processes=False) == DONE | REFUSED_FOR_GOOD | refused


def test_the_kernel_allows_processes_where_told(tmp_path: Path) -> None:
    found = in_the_kernel(tmp_path, processes=True)

    assert {name: found[name] for name in (*DONE, "fork", "memfd")} == DONE | {
        "fork": "done",
        "memfd": "done",
    }
    assert {name: found[name] for name in REFUSED_FOR_GOOD} == REFUSED_FOR_GOOD
