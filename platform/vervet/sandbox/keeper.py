"""Owns how jobs go through guests: which guest is kept for the next job, and each conversation.

Never starts a process itself and never judges. A guest is kept only while what it put in force
lets no candidate leave anything behind; it is replaced after an odd word, a death, or many jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vervet.core.errors import JobError, UnknownNameError
from vervet.core.limits import Limits, Usage
from vervet.sandbox.conversation import (
    Turn,
    died_of_memory,
    fetch,
    killed_for_memory,
    run_check,
    starved,
)
from vervet.sandbox.guest import Guest, GuestGoneError, GuestSilentError
from vervet.sandbox.hello import Hello
from vervet.sandbox.job import CheckReport, Job, OnCheck, Program, Report
from vervet.sandbox.wire import ProtocolError, ask_hello, frame, job_body, job_head

__all__ = ["Keeper", "Plan", "plan_for"]

START_S = 20.0
JOBS_PER_GUEST = 1000
MIB = 1 << 20
GUEST_MEMORY = 64 * MIB
"""What the runner and the interpreter of every fork take, with room to spare."""
GUEST_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What a guest must be; the next job of an equal plan can go to the same guest.

    `space` is the size in bytes of its file system in memory, `memory` what all its processes
    and that file system may take together, `processes` counts threads too; `alone` is for one
    job only, which may start processes.
    """

    space: int
    memory: int
    processes: int
    alone: bool


def plan_for(job: Job, program: Program, limits: Limits) -> Plan:
    """What one program of a job needs; depends on nothing but the job."""
    stdin = max((len(check.stdin) for check in job.checks), default=0)
    space = MIB + 2 * limits.file_size + sum(len(file.data) for file in program.files) + stdin
    space = 1 << (space - 1).bit_length()
    memory = limits.memory + space + 2 * limits.output + stdin + GUEST_MEMORY
    return Plan(
        space=space,
        memory=-(-memory // (64 * MIB)) * 64 * MIB,
        processes=limits.processes + GUEST_PROCESSES,
        alone=program.processes_allowed,
    )


@dataclass
class _Progress:
    """What a job has come to: reports so far, whether to go on, what failed."""

    checks: list[CheckReport] = field(default_factory=list)
    going: bool = True
    infra: str = ""
    starved: bool = False
    artifacts: dict[str, bytes] = field(default_factory=dict)

    def done(self, job: Job) -> bool:
        """Whether every check has been run, or no more is wanted."""
        return not self.going or len(self.checks) == len(job.checks)

    def add(self, report: CheckReport, on_check: OnCheck) -> None:
        """Take one check's report and ask the host whether to go on."""
        self.checks.append(report)
        self.going = on_check(report)


@dataclass
class _Seat:
    """A place for one guest: the one that is kept, and what it has done."""

    guest: Guest | None = None
    plan: Plan | None = None
    jobs: int = 0
    keep: bool = False


class Keeper:
    """One per sandbox. `start` makes a new guest; `hello` is what each is told first.

    `layers` are those that whoever starts guests answers for; `library_path` is what programs
    that a candidate starts need in their environment; without `processes` none may start any;
    with `fresh` no guest serves a second job.
    """

    def __init__(
        self,
        start: Callable[[Plan], Guest],
        hello: Hello,
        profiles: tuple[str, ...] = ("python",),
        *,
        layers: tuple[str, ...] = (),
        library_path: str = "",
        processes: bool = True,
        jobs_per_guest: int = JOBS_PER_GUEST,
        fresh: bool = False,
    ) -> None:
        self._start, self._hello, self._profiles = start, hello, profiles
        self._jobs_per_guest = 1 if fresh else jobs_per_guest
        self._library_path = library_path
        self._layers, self._processes = layers, processes
        self._program, self._peer = _Seat(), _Seat()
        self._ready: dict[str, Any] = {}

    @property
    def layers(self) -> tuple[str, ...]:
        """What confined the candidates of the last guest: the caller's layers and the guest's."""
        own = tuple(name for name in ("landlock", "seccomp") if self._ready.get(name))
        return self._layers + own

    @property
    def landlock(self) -> int:
        """The ABI of Landlock that the last guest uses; 0 for none."""
        return int(self._ready.get("landlock", 0))

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` before anything is started."""
        for program in (job.program, job.peer or job.program):
            if program.profile not in self._profiles:
                raise JobError(
                    UnknownNameError("profile", program.profile, self._profiles).message,
                    hint=f"This sandbox knows: {', '.join(self._profiles)}.",
                )
            if program.processes_allowed and not self._processes:
                raise JobError(
                    "a program may start processes, which this host cannot contain",
                    hint="Without namespaces no such program is run: see `vervet doctor`.",
                )
        parts = [(self._program, job)]
        if job.peer is not None:
            limits = job.peer_limits or job.limits
            parts.append((self._peer, replace(job, program=job.peer, limits=limits, peer=None)))
        openings = [self._opening(part) for _, part in parts]
        progress = _Progress()
        try:
            while not progress.infra and not progress.done(job):
                before = len(progress.checks)
                self._serve(job, parts, openings, on_check, progress)
                fresh = all(seat.jobs <= 1 for seat, _ in parts)
                if len(progress.checks) == before and fresh and not progress.infra:
                    progress.infra = f"a fresh sandbox was not usable for check {before + 1}"
        except BaseException:
            self.close()
            raise
        usage = sum((check.usage for check in progress.checks), Usage())
        return Report(
            checks=tuple(progress.checks),
            usage=usage,
            layers=self.layers,
            infra=progress.infra,
            artifacts=progress.artifacts,
            starved=progress.starved,
        )

    def close(self) -> None:
        """End the guests that are kept; calling it twice is harmless."""
        for seat in (self._program, self._peer):
            _leave(seat)

    def _opening(self, job: Job) -> bytes:
        if job.program.processes_allowed and self._library_path:
            env = (*job.program.env, ("LD_LIBRARY_PATH", self._library_path))
            job = replace(job, program=replace(job.program, env=env))
        head = job_head(job, count_processes=self._hello.count_processes)
        return frame(head, job_body(job))

    def _serve(
        self,
        job: Job,
        parts: list[tuple[_Seat, Job]],
        openings: list[bytes],
        on_check: OnCheck,
        progress: _Progress,
    ) -> None:
        """Have guests run checks until one is spent, all are done or something fails.

        What fails in a guest that has served others is no word on this job: it goes on in a
        fresh one.
        """
        turns: list[Turn] = []
        usable = False
        try:
            for (seat, part), opening in zip(parts, openings, strict=True):
                guest = self._take(seat, plan_for(part, part.program, part.limits))
                guest.ask(opening, seconds=START_S)
                turns.append(Turn(guest, part.limits, part.program.processes_allowed))
            usable = _converse(turns, job, on_check, progress)
            if usable and job.artifacts and progress.checks:
                progress.artifacts = fetch(turns[0].guest, job)
        except (GuestGoneError, GuestSilentError, ProtocolError) as failure:
            usable = False
            started, judged = len(turns) == len(parts), progress.done(job)
            if started and not judged and died_of_memory(turns):
                name = job.checks[len(progress.checks)].name
                progress.add(killed_for_memory(name), on_check)
            elif judged or all(seat.jobs <= 1 for seat, _ in parts):
                progress.infra = _words(failure, started, len(progress.checks) + 1)
        for seat, _ in parts:
            if not (usable and seat.keep):
                _leave(seat)

    def _take(self, seat: _Seat, plan: Plan) -> Guest:
        """The guest that is kept, if it will do, else a new one."""
        seat.jobs += 1
        will_do = seat.plan == plan and seat.jobs <= self._jobs_per_guest
        if seat.guest is not None and will_do and seat.guest.alive:
            return seat.guest
        _leave(seat)
        seat.plan, seat.jobs = plan, 1
        try:
            guest = seat.guest = self._start(plan)
        except OSError as error:
            raise GuestGoneError(str(error)) from error
        hello = ask_hello(self._hello, root=guest.root, processes=plan.alone)
        self._ready = ready = guest.begin(hello, seconds=START_S)
        confined = ready.get("contained") or ready.get("landlock")
        seat.keep = bool(not plan.alone and ready.get("seccomp") and confined)
        return guest


def _leave(seat: _Seat) -> None:
    guest, seat.guest = seat.guest, None
    if guest is not None:
        guest.close()


def _converse(turns: list[Turn], job: Job, on_check: OnCheck, progress: _Progress) -> bool:
    """Run the checks that are left; False where a guest is of no further use."""
    for check in job.checks[len(progress.checks) :]:
        report = run_check(turns, check.name, check.stdin)
        if report is None:
            return False
        progress.infra = starved(turns)
        if progress.infra:
            progress.starved = True
            return False
        progress.add(report, on_check)
        if not progress.going:
            break
    return True


def _words(failure: Exception, started: bool, check: int) -> str:
    if not started:
        return f"the sandbox did not start: {failure or 'no answer in time'}"
    if isinstance(failure, GuestSilentError):
        return f"the sandbox stopped answering during check {check}"
    if isinstance(failure, ProtocolError):
        return f"the sandbox answered nonsense during check {check}: {failure}"
    words = f": {failure}" if str(failure) else ""
    return f"the sandbox died during check {check}{words}"
