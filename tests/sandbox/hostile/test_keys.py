"""The kernel's keyrings are no way out of a sandbox, whichever layers are in force."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from threading import Thread

import pytest

from tests.sandbox.hostile.case import PROBE, TRY, Case, attempt_at, number_of
from vervet.core.status import Status
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.reference import ReferenceSandbox

SESSION, JOIN, SEARCH, READ = -3, 1, 10, 11
KEYCTL, ADD_KEY = number_of("keyctl"), number_of("add_key")
LOOKS = Case("looks", "keyctl", TRY + f"""
found = []
for ring in (-1, -2, -3, -4, -5):
    for name in (b"of-the-host", b"of-a-candidate"):
        key = libc.syscall({KEYCTL}, {SEARCH}, ring, b"user", name, 0)
        if key > 0:
            found.append((ring, name, libc.syscall({KEYCTL}, {READ}, key, room, 64)))
print(found or 42)
""", Status.PASSED)  # fmt: skip
LEAVES = Case("leaves", "keyctl", TRY + f"""
for ring in (-1, -2, -3, -4, -5):
    libc.syscall({ADD_KEY}, b"user", b"of-a-candidate", b"x", 1, ring)
print(42)
""", Status.PASSED)  # fmt: skip


def made(kind: str) -> Sandbox:
    if kind == "reference":
        return ReferenceSandbox()
    return JailSandbox(abilities=replace(abilities_here(), seccomp=kind == "jail"))


@pytest.mark.parametrize("kind", ["jail", "jail without a filter", "reference"])
def test_no_key_of_the_host_is_found_and_none_is_left(kind: str) -> None:
    """On a thread that has a session keyring of its own: such a keyring belongs to a thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    seen: list[object] = []

    def play() -> None:
        assert libc.syscall(KEYCTL, JOIN, None) > 0
        assert libc.syscall(ADD_KEY, b"user", b"of-the-host", b"secret", 6, SESSION) > 0
        sandbox = made(kind)
        attempts = [attempt_at(sandbox, case) for case in (LOOKS, LEAVES, LOOKS, PROBE)]
        sandbox.close()
        seen.extend(attempt.status for attempt in attempts)
        seen.append(libc.syscall(KEYCTL, SEARCH, SESSION, b"user", b"of-a-candidate", 0))

    thread = Thread(target=play)
    thread.start()
    thread.join()

    assert seen == [Status.PASSED] * 4 + [-1]
