"""Owns the requests to the kernel that Python has no name for. Never imports `ctypes`.

Importing `ctypes` costs 3 ms; the C module below it a tenth of that. Numbers of system calls
here are the same on every machine, but for that of keyrings.
"""

from __future__ import annotations

import _ctypes
import os
import time
from _struct import Struct

__all__ = [
    "Landlock",
    "close_from",
    "die_with_parent",
    "forbid_new_privileges",
    "hide",
    "landlock_version",
    "leave_keys",
    "load_filter",
]

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SIGKILL = 9
SECCOMP_MODE_FILTER = 2
CLOSE_RANGE = 436
KEYCTL = {"x86_64": 250, "aarch64": 219}
GET_KEYRING_ID, JOIN_SESSION_KEYRING, SESSION_KEYRING = 0, 1, -3
KEYS_S, KEYS_PAUSE_S = 5.0, 0.01
"""The kernel frees keyrings of ended processes a little later than it counts them."""
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_VERSION = 1
LANDLOCK_PATH_BENEATH = 1
RTLD_NOW = 2
LAST = 0xFFFFFFFF

RULESET = Struct("=QQQ")
PATH_BENEATH = Struct("=Qi")
PROGRAM = Struct("@HP")
PID = Struct("=I")
INSTRUCTION_SIZE = 8

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
FILES = 0x1FFF
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
NET = 3
SCOPES = 3
"""Abstract sockets and signals to processes outside the domain."""
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


class _Int(_ctypes._SimpleCData):
    _type_ = "i"


class _Long(_ctypes._SimpleCData):
    _type_ = "l"


class _Bytes(_ctypes._SimpleCData):
    _type_ = "z"


class _Pointer(_ctypes._SimpleCData):
    _type_ = "P"


class _IntFunction(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL
    _restype_ = _Int


class _LongFunction(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL
    _restype_ = _Long


_library = _ctypes.dlopen(None, RTLD_NOW)
_prctl_function = _IntFunction(_ctypes.dlsym(_library, "prctl"))
_syscall_function = _LongFunction(_ctypes.dlsym(_library, "syscall"))


def _prctl(option: int, first: object, second: object = _Long(0)) -> bool:
    zero = _Long(0)
    return bool(_prctl_function(_Int(option), first, second, zero, zero) == 0)


def _syscall(number: int, *arguments: object) -> int:
    return int(_syscall_function(_Long(number), *arguments))


def hide() -> None:
    """Close this process's memory and descriptors to others of the same uid.

    Its children inherit that. Raises `OSError` if the kernel refuses.
    """
    if not _prctl(PR_SET_DUMPABLE, _Long(0)):
        raise OSError("prctl refuses to hide the runner")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends. Raises `OSError`."""
    if not _prctl(PR_SET_PDEATHSIG, _Long(SIGKILL)):
        raise OSError("prctl refuses to have the candidate die with its parent")


def forbid_new_privileges() -> None:
    """No program that this process or its children start gains rights. Raises `OSError`."""
    if not _prctl(PR_SET_NO_NEW_PRIVS, _Long(1)):
        raise OSError("prctl refuses no_new_privs")


def leave_keys() -> None:
    """Take a keyring of its own: the one of whoever started Vervet would be inherited.

    Only needed where no filter refuses keyrings. Raises `OSError` where the user may have no more.
    """
    number, end = KEYCTL.get(os.uname().machine), time.monotonic() + KEYS_S
    if number is None:
        return
    while _syscall(number, _Long(JOIN_SESSION_KEYRING), _Long(0)) == -1:
        if _syscall(number, _Long(GET_KEYRING_ID), _Long(SESSION_KEYRING), _Long(0)) == -1:
            return  # there is none to be had at all
        if time.monotonic() > end:
            raise OSError("the kernel gives this user no more keyrings")
        time.sleep(KEYS_PAUSE_S)


def close_from(lowest: int) -> None:
    """Close every descriptor from `lowest` on."""
    if _syscall(CLOSE_RANGE, _Long(lowest), _Long(LAST), _Long(0)) != 0:
        os.closerange(lowest, 1 << 16)


def load_filter(program: bytes, pid_slots: list[int]) -> bool:
    """Put a system-call filter in force, with this process's pid where it belongs."""
    code = bytearray(program)
    for slot in pid_slots:
        PID.pack_into(code, slot, os.getpid())
    held = _Bytes(bytes(code))
    address = _Pointer.from_address(_ctypes.addressof(held)).value
    head = _Bytes(PROGRAM.pack(len(code) // INSTRUCTION_SIZE, address))
    return _prctl(PR_SET_SECCOMP, _Long(SECCOMP_MODE_FILTER), head)


def landlock_version() -> int:
    """The ABI of the kernel's Landlock; 0 where there is none."""
    return max(0, _syscall(LANDLOCK_CREATE_RULESET, _Long(0), _Long(0), _Long(LANDLOCK_VERSION)))


class Landlock:
    """A ruleset made once, which any number of children put in force on themselves."""

    def __init__(self, version: int, *, execute: bool) -> None:
        """`execute`: programs may be started from wherever may be read. Raises `OSError`."""
        files = FILES
        for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
            files |= right if version >= since else 0
        self._handled = files
        self._read = READ_FILE | READ_DIR | (EXECUTE if execute else 0)
        self._write = files if execute else files & ~EXECUTE
        size = 24 if version >= 6 else 16 if version >= 4 else 8
        wanted = RULESET.pack(files, NET, SCOPES)[:size]
        self._ruleset = _syscall(LANDLOCK_CREATE_RULESET, _Bytes(wanted), _Long(size), _Long(0))
        if self._ruleset < 0:
            raise OSError("the kernel makes no Landlock ruleset")

    def allow(self, path: str, access: str) -> None:
        """Allow "read", "list" (of folders) or "write" (everything) at and below a path.

        A path that is not there is left out. Raises `OSError`.
        """
        rights = {"read": self._read, "list": READ_DIR, "write": self._write}[access]
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            if not os.path.isdir(path):
                rights &= FOR_FILES
            rule = _Bytes(PATH_BENEATH.pack(rights & self._handled, place))
            kind = _Long(LANDLOCK_PATH_BENEATH)
            if _syscall(LANDLOCK_ADD_RULE, _Long(self._ruleset), kind, rule, _Long(0)) != 0:
                raise OSError(f"Landlock takes no rule for {path}")
        finally:
            os.close(place)

    def restrict(self) -> bool:
        """Put it in force on this thread, for good; needs `forbid_new_privileges` before."""
        return _syscall(LANDLOCK_RESTRICT_SELF, _Long(self._ruleset), _Long(0)) == 0
