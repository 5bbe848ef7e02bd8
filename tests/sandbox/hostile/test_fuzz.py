"""Candidates that ask the kernel anything at all, by chance; whatever it does, the next is judged.

No status is expected of them, but that it is their own and not the sandbox's failure.
"""

from __future__ import annotations

import platform

import pytest

from tests.sandbox.hostile.aftermath import inhabitants
from tests.sandbox.hostile.case import PROBE, Case, attempt_at
from vervet.core.status import Status
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.syscalls import MACHINES

ENDING = {"exit", "exit_group", "pause", "rt_sigsuspend", "rt_sigreturn", "restart_syscall"}
"""Calls that would end the dice too early."""
NUMBERS = sorted(
    number
    for name, number in MACHINES[platform.machine()].numbers.items()
    if name not in ENDING
)  # fmt: skip
DICE = """
import ctypes, os, random, threading
random.seed({seed})
libc = ctypes.CDLL(None)
room = ctypes.create_string_buffer(random.randbytes(8192), 8192)
numbers = {numbers}
def argument():
    chance = random.random()
    if chance < 0.3:
        return random.choice([0, 1, 2, 3, 4, 5, 6, -1, -3, -100])
    if chance < 0.6:
        return ctypes.addressof(room) + random.randrange(0, 8000, 8)
    if chance < 0.7:
        return random.choice([os.getpid(), os.getppid()])
    return random.getrandbits(random.choice([4, 8, 12, 16, 24, 31, 64]))
def play():
    while True:
        if {seed} % 2 and random.random() < 0.001:
            threading.Thread(target=play, daemon=True).start()
        asked = [random.choice(numbers), *(argument() for _ in range(6))]
        libc.syscall(*(ctypes.c_ulong(value & (1 << 64) - 1) for value in asked))
play()
"""


@pytest.mark.parametrize("processes", [False, True], ids=["alone", "with processes"])
@pytest.mark.parametrize("seed", range(8))
def test_chance_breaks_nothing(jail: JailSandbox, seed: int, processes: bool) -> None:
    case = Case(
        "chance",
        "",
        DICE.format(seed=seed, numbers=NUMBERS),
        Status.CRASHED,
        limits={"wall_s": 1.0},
        processes=processes,
    )
    attempt_at(jail, PROBE)
    at_rest = len(inhabitants())

    attempt, after = attempt_at(jail, case), attempt_at(jail, PROBE)

    if not processes or jail.landlock >= 6:  # below it, one with processes can end the runner
        assert attempt.status not in (Status.INFRA_ERROR, Status.PASSED), attempt
    assert after.status is Status.PASSED
    assert len(inhabitants()) == at_rest
