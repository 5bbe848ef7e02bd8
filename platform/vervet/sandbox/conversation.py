"""Owns the conversation about one job with the guests that hold its programs.

Never starts or ends a guest, and never judges. What a guest says is checked; what it says late
or not at all is raised.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vervet.core.limits import Limits, Usage
from vervet.sandbox.delay import run_delay
from vervet.sandbox.guest import Answer, Guest, GuestSilentError
from vervet.sandbox.job import CheckReport, Job, LimitHit
from vervet.sandbox.memory import says_memory_error
from vervet.sandbox.wire import (
    ProtocolError,
    artifacts_of,
    ask_artifacts,
    ask_check,
    ask_late,
    ask_stop,
    check_report,
)

__all__ = ["Turn", "died_of_memory", "fetch", "killed_for_memory", "run_check", "starved"]

GRACE_S = 5.0
"""What a guest may take on top of the limits before it counts as silent."""
PEER_S = 0.25
"""How long a peer has to end by itself once the program has."""
SIGKILL = 9


@dataclass
class Turn:
    """One guest's part in a job, and what came of the check that it is at.

    `alone`: its program may start processes.
    """

    guest: Guest
    limits: Limits
    alone: bool = False
    report: CheckReport | None = None
    spent: bool = False
    delay_s: float = 0.0

    @property
    def over(self) -> bool:
        """Whether the guest has answered for the check."""
        return self.spent or self.report is not None

    @property
    def patience_s(self) -> float:
        """Seconds after which a guest that has not answered has failed."""
        return self.limits.compile_s + self.limits.wall_s + GRACE_S


def run_check(turns: Sequence[Turn], name: str, stdin: bytes) -> CheckReport | None:
    """One check by a program and its peer, if any; None where a guest is spent.

    Raises `GuestGoneError`, `GuestSilentError` or `ProtocolError`.
    """
    program, *peers = turns
    for turn in turns:
        turn.report, turn.spent, turn.delay_s = None, False, 0.0
    _ask(turns, stdin)
    deadline = time.monotonic() + max(turn.patience_s for turn in turns)
    _hear_out([program], turns, name, deadline)
    if peers and not _heard([program, *peers], turns, name, time.monotonic() + PEER_S):
        for peer in peers:
            peer.guest.ask(ask_stop(), seconds=GRACE_S)
        _hear_out(peers, turns, name, deadline)
    if any(turn.spent for turn in turns):
        return None
    report = program.report
    return replace(report, peer=peers[0].report) if report and peers else report


def _ask(turns: Sequence[Turn], stdin: bytes) -> None:
    """Ask every guest for the check, the peer first; the two hold the ends of two pipes."""
    program, *peers = turns
    with contextlib.ExitStack() as ends:
        given: list[tuple[int, ...]] = [()] * len(turns)
        if peers:
            here, there = (_pipe(ends) for _ in range(2))
            given = [(here[0], there[1]), (there[0], here[1])]
        for turn, own in reversed(list(zip(turns, given, strict=True))):
            message = ask_check(stdin if turn is program else b"")
            turn.guest.ask(message, seconds=turn.patience_s, descriptors=own)


def _pipe(ends: contextlib.ExitStack) -> tuple[int, int]:
    pipe = os.pipe()
    for end in pipe:
        ends.callback(os.close, end)
    return pipe


def _hear_out(wanted: Sequence[Turn], turns: Sequence[Turn], name: str, deadline: float) -> None:
    if not _heard(wanted, turns, name, deadline):
        raise GuestSilentError


def _heard(wanted: Sequence[Turn], turns: Sequence[Turn], name: str, deadline: float) -> bool:
    """Serve all until those wanted have answered; False where they have not by the deadline."""
    poll = select.poll()
    by_descriptor = {turn.guest.fileno(): turn for turn in turns if not turn.over}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    while not all(turn.over for turn in wanted):
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        for descriptor, _ in poll.poll(left * 1000 + 1):
            turn = by_descriptor[descriptor]
            answer = turn.guest.receive(body_cap=turn.limits.output)
            if answer is not None:
                _take(turn, name, answer)
            if turn.over:
                poll.unregister(descriptor)
    return True


def _take(turn: Turn, name: str, answer: Answer) -> None:
    kind = answer.head["answer"]
    if kind == "late":
        turn.delay_s = _delay(answer)
        turn.guest.ask(ask_late(), seconds=GRACE_S)
    elif kind == "spent":
        turn.spent = True
    elif kind == "check":
        report = check_report(name, answer.head, answer.body, run_delay_s=turn.delay_s)
        turn.report = _short_of_memory(report, turn)
    else:
        raise ProtocolError(f"a check is answered with {kind!r}")


def _short_of_memory(report: CheckReport, turn: Turn) -> CheckReport:
    """The report with the limit on memory, where a group's kill or its last words name it.

    Where a program may start processes, one of these may have been killed and have left the
    others waiting for ever.
    """
    killed = report.signal == SIGKILL and report.limit is None and report.known_by != "stop"
    waited = turn.alone and report.exit_code != 0
    if (killed or waited) and turn.guest.killed_for_memory():
        return replace(report, limit=LimitHit.MEMORY, known_by="cgroup")
    if report.limit is None and report.exit_code == 1 and says_memory_error(report.stderr):
        return replace(report, limit=LimitHit.MEMORY, known_by="exception")
    return report


def _delay(answer: Answer) -> float:
    """Seconds that a late process has waited for a processor, as far as that can be known."""
    try:
        seen = run_delay(answer.descriptors[0]) if answer.descriptors else None
        return max(0.0, float(answer.head["run_delay_s"])) if seen is None else seen
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("a guest's word on a late process is garbled") from error
    finally:
        answer.close()


def starved(turns: Sequence[Turn]) -> str:
    """What to say where a check met its wall limit for want of a processor, else nothing.

    A program that was given processors for half of its time was not starved, however many
    threads of its own it set to wait; nor is one whose own processes it may have waited for.
    """
    for turn in turns:
        report, wall_s = turn.report, turn.limits.wall_s
        if report is None or report.limit is not LimitHit.WALL or turn.alone:
            continue
        if turn.delay_s > wall_s / 2 > report.usage.cpu_s:
            return (
                f"starved: check {report.name!r} waited {turn.delay_s:.1f} s of its {wall_s:g} s "
                "for a processor"
            )
    return ""


def died_of_memory(turns: Sequence[Turn]) -> bool:
    """Whether guests that are gone were killed with the processes that their programs started."""
    return any(turn.alone and turn.guest.killed_for_memory() for turn in turns)


def killed_for_memory(name: str) -> CheckReport:
    """The report of a check whose whole guest was killed with it: no more is known of it."""
    return CheckReport(
        name, None, SIGKILL, b"", b"", Usage(), limit=LimitHit.MEMORY, known_by="cgroup"
    )


def fetch(guest: Guest, job: Job) -> dict[str, bytes]:
    """The artifacts of the last check. Raises as `run_check` does."""
    guest.ask(ask_artifacts(), seconds=GRACE_S)
    cap = sum(spec.max_size for spec in job.artifacts)
    answer = guest.answer(body_cap=cap, seconds=4 * GRACE_S)
    if answer.head["answer"] != "artifacts":
        raise ProtocolError(f"artifacts are answered with {answer.head['answer']!r}")
    return artifacts_of(job, answer.head, answer.body)
