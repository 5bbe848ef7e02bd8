"""Owns what this host can do to isolate, as far as the kernel says so itself.

Never starts anything untrusted: whether a layer really holds is tried by the sandbox that uses
it. Lowering what is found here is how an older or stricter host is tried out.
"""

from __future__ import annotations

import ctypes
import platform
from dataclasses import dataclass

from vervet.sandbox.syscalls import MACHINES

__all__ = ["LOWEST_LANDLOCK", "Abilities", "abilities_here"]

LOWEST_LANDLOCK = 3
"""The first ABI that governs truncation: below it a file can be changed unseen."""
CREATE_RULESET, VERSION = 444, 1
PR_GET_SECCOMP = 21


@dataclass(frozen=True, slots=True)
class Abilities:
    """What may be used. `landlock` is an ABI, 0 for none; `namespaces` says to try bubblewrap."""

    machine: str = "x86_64"
    namespaces: bool = True
    landlock: int = 0
    seccomp: bool = True
    cgroups: bool = True

    @property
    def confines_alone(self) -> bool:
        """Whether Landlock and seccomp are enough here without namespaces."""
        return self.seccomp and self.landlock >= LOWEST_LANDLOCK


def abilities_here() -> Abilities:
    """What the kernel says of itself."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = int(libc.syscall(CREATE_RULESET, None, 0, VERSION))
    known = platform.machine() in MACHINES
    return Abilities(
        machine=platform.machine(),
        landlock=max(0, version),
        seccomp=known and libc.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0,
    )
