"""Owns how decisions about system calls are written as a classic-BPF program for the kernel.

Decides nothing itself, and never loads what it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from vervet.sandbox.seccomp_rules import (
    ALL_BITS,
    ALLOW,
    KILL,
    OWN_PID,
    REFUSE,
    UNKNOWN,
    Decision,
    Look,
)
from vervet.sandbox.syscalls import Machine

__all__ = ["Filter", "assemble"]

LOAD, AND, JUMP, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x06
NUMBER_AT, AUDIT_AT, ARGUMENTS_AT = 0, 4, 16
"""Offsets in `struct seccomp_data`; both machines store the low half of an argument first."""
INSTRUCTION = struct.Struct("=HBBI")
NO_PID = 0xFFFFFFFE
"""In a slot that nobody filled: no pid, and not the -1 that means everybody."""
REACH = 250
"""Instructions that a condition can skip: 255, less what may come between."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`program` is an array of `struct sock_filter` (8 bytes each, native order).

    The child writes its own pid, as a native 32-bit number, at each byte offset of
    `pid_slots` before it loads the program; until then these places match no process.
    """

    program: bytes
    pid_slots: tuple[int, ...]


class _Writer:
    """Writes a program from its end to its start, since a program only ever jumps forward.

    A place is counted from the end; what was written last is what the next falls through to.
    """

    def __init__(self) -> None:
        self._written: list[tuple[int, int, int, int]] = []
        self._places: dict[Decision, int] = {}
        self._slots: list[int] = []

    def write(self, code: int, k: int, yes: int = 0, no: int = 0) -> int:
        self._written.append((code, yes, no, k))
        return len(self._written) - 1

    def condition(self, code: int, k: int, yes: int, no: int) -> int:
        near = len(self._written) - 1
        return self.write(code, k, near - yes, near - no)

    def look(self, decision: Decision) -> None:
        """Write what decides, unless it stands somewhere already."""
        if decision in self._places:
            return
        if not isinstance(decision, Look):
            self._places[decision] = self.write(RETURN, decision)
            return
        for _, then in decision.cases:
            self.look(then)
        self.look(decision.otherwise)
        place = self.reach(decision.otherwise)
        for value, then in reversed(decision.cases):
            yes = self.reach(then)
            place = self.condition(IF_EQUAL, NO_PID if value == OWN_PID else value, yes, place)
            if value == OWN_PID:
                self._slots.append(place)
        if decision.mask != ALL_BITS:
            self.write(AND, decision.mask)
        self._places[decision] = self.write(LOAD, ARGUMENTS_AT + 8 * decision.argument)

    def reach(self, decision: Decision) -> int:
        """A place within reach of the next condition that leads to the decision."""
        place = self._places[decision]
        distance = len(self._written) - place
        if distance > REACH:
            code, k = (JUMP, distance - 1) if isinstance(decision, Look) else (RETURN, decision)
            place = self._places[decision] = self.write(code, k)
        return place

    def search(self, runs: list[tuple[int, Decision]]) -> int:
        """Write the search of a number among runs of (first number, decision), in order."""
        if len(runs) == 1:
            return self.reach(runs[0][1])
        middle = len(runs) // 2
        above, below = self.search(runs[middle:]), self.search(runs[:middle])
        return self.condition(IF_AT_LEAST, runs[middle][0], above, below)

    def finish(self) -> Filter:
        last = len(self._written) - 1
        return Filter(
            program=b"".join(
                INSTRUCTION.pack(code, yes, no, k) for code, yes, no, k in reversed(self._written)
            ),
            pid_slots=tuple(sorted((last - slot) * INSTRUCTION.size + 4 for slot in self._slots)),
        )


def assemble(machine: Machine, rules: Mapping[str, Decision]) -> Filter:
    """The program that carries out `rules` on a machine.

    A call without a rule is refused; a number that the machine's table does not hold is
    answered as by an older kernel; the calls of another ABI end the process.
    """
    writer, runs = _Writer(), _runs(machine, rules)
    for decision in (KILL, REFUSE, ALLOW, *(decision for _, decision in runs)):
        writer.look(decision)
    found = writer.search(runs)
    if machine.foreign_from is not None:
        found = writer.condition(IF_AT_LEAST, machine.foreign_from, writer.reach(KILL), found)
    native = writer.write(LOAD, NUMBER_AT)
    writer.condition(IF_EQUAL, machine.audit, native, writer.reach(KILL))
    writer.write(LOAD, AUDIT_AT)
    return writer.finish()


def _runs(machine: Machine, rules: Mapping[str, Decision]) -> list[tuple[int, Decision]]:
    """The decisions as (first number, decision): each holds until the next run's number."""
    decisions = {number: rules.get(name, REFUSE) for name, number in machine.numbers.items()}
    runs: list[tuple[int, Decision]] = []
    for number in range(max(decisions) + 2):
        decision = decisions.get(number, UNKNOWN)
        if not runs or runs[-1][1] != decision:
            runs.append((number, decision))
    return runs
