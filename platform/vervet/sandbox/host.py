"""Owns what this host offers to isolate with, in words: what there is, what is missing, the fix.

Reads what the kernel says of itself. Never starts anything untrusted, and never changes a setting.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from vervet.sandbox.abilities import LOWEST_LANDLOCK, Abilities
from vervet.sandbox.cgroups import make_cgroup

__all__ = ["LAYERS", "OPTIONAL", "Layer", "cgroup_words", "host_words", "layer_of", "missing"]

LAYERS = {
    "userns": "candidates have no rights outside a user namespace",
    "pidns": "candidates see and end no process but their own, and all of them end together",
    "netns": "there is no network",
    "mountns": "the root is minimal and read-only, the tmp private",
    "ipcns": "shared memory and queues of the host are out of reach",
    "utsns": "the host's name is not told",
    "rlimits": "memory, CPU time, files and processes of one candidate are bounded",
    "nonewprivs": "no program gains rights by being started",
    "landlock": "only the interpreter's files can be read, only the tmp written",
    "seccomp": "system calls that no candidate needs are refused",
    "cgroup": "memory and processes of a whole guest are bounded",
    "gvisor": "a kernel of its own answers the system calls",
}
"""What each layer stops, in the order in which they are told."""
OPTIONAL = frozenset({"gvisor"})
DELEGATE = "run as root, or below `systemd-run --user --scope -p Delegate=yes`"
NO_NAMESPACES = "namespaces do not work here"
RESTRICTIONS = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1",
     "AppArmor forbids user namespaces to programs without a profile",
     "run `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or see docs/sandbox.md"),
    ("kernel/unprivileged_userns_clone", "0", "the kernel forbids user namespaces to users",
     "run `sudo sysctl kernel.unprivileged_userns_clone=1`"),
    ("user/max_user_namespaces", "0", "the kernel allows no user namespaces",
     "run `sudo sysctl user.max_user_namespaces=10000`"),
)  # fmt: skip
"""Settings below /proc/sys, the value that forbids namespaces, what it means, the fix."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a backend: what it stops; where it is not in force, why, and what to do."""

    name: str
    in_force: bool
    stops: str
    why: str = ""
    fix: str = ""


def layer_of(name: str, in_force: bool, why: str = "", fix: str = "") -> Layer:
    """What to say of one layer."""
    if in_force:
        return Layer(name, True, LAYERS[name])
    return Layer(name, False, LAYERS[name], why or "this backend does without", fix)


def missing(name: str, abilities: Abilities, cgroup_problem: str) -> tuple[str, str]:
    """Why the jail is without a layer here, and what to do about it."""
    if name.endswith("ns"):
        return _namespaces()
    if name == "cgroup":
        return cgroup_problem, DELEGATE
    if name == "landlock":
        if abilities.landlock == 0:
            return (
                "the kernel has no Landlock",
                "Linux 5.13 or newer with `landlock` in its `lsm=` list",
            )
        if abilities.landlock < LOWEST_LANDLOCK:
            return f"its ABI here is {abilities.landlock}", "Linux 6.2 or newer"
    if name == "seccomp" and not abilities.seccomp:
        return (
            f"no table of system calls for {abilities.machine}, or a kernel without filters",
            "x86-64 or aarch64, Linux with CONFIG_SECCOMP_FILTER",
        )
    return "it was tried and does not hold", ""


def _namespaces() -> tuple[str, str]:
    for place, forbidding, why, fix in RESTRICTIONS:
        if _setting(place) == forbidding and os.getuid() != 0:
            return why, fix
    return NO_NAMESPACES, "install the package bubblewrap, or allow user namespaces"


def _setting(place: str) -> str:
    try:
        return Path("/proc/sys", place).read_text().strip()
    except OSError:
        return ""


def cgroup_words() -> str:
    """Version and kind of the control groups that can be had here, or why none."""
    made = make_cgroup(f"vervet-{os.getpid()}-0000")
    if isinstance(made, str):
        return f"none: {made}"
    made.close()
    return f"v{made.version}, {'as root' if os.getuid() == 0 else 'delegated'}"


def host_words(abilities: Abilities) -> dict[str, str]:
    """What there is on this host, by name."""
    landlock = f"ABI {abilities.landlock}" if abilities.landlock else "none"
    return {
        "kernel": f"{platform.system()} {platform.release()} on {abilities.machine}",
        "user": "root" if os.getuid() == 0 else "a plain user",
        "Landlock": landlock,
        "seccomp": "filters can be loaded" if abilities.seccomp else "none",
        "control groups": cgroup_words(),
    }
