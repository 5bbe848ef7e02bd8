"""Owns jobs whose checks are steps in one container of an image: "image:NAME".

A container serves one job and is never used again. It was started before it was wanted, and is
removed in the background. Never judges: how a step ended, and what it left, is reported.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vervet.core.errors import JobError
from vervet.core.limits import Limits, Usage
from vervet.sandbox.docker.container import is_gvisor
from vervet.sandbox.docker.pool import Pool
from vervet.sandbox.docker.steps_changes import changes, since
from vervet.sandbox.docker.steps_disk import check_path, lay_in, take_away
from vervet.sandbox.docker.steps_exec import NotStartedError, ids_of, run_step
from vervet.sandbox.docker.steps_read import fetched
from vervet.sandbox.docker.steps_room import Plan, Room, open_room, room_options
from vervet.sandbox.docker.steps_words import InfraError, engine_words, require_space
from vervet.sandbox.guest import GuestGoneError
from vervet.sandbox.job import Change, Check, CheckReport, Job, OnCheck, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from vervet.sandbox.docker.engine import Engine

__all__ = ["MOST_MORE", "PREFIX", "Steps"]

PREFIX = "image:"
LAYERS = ("pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs", "cgroup")
IMAGES, SPARES = 3, 1
"""For how many images containers wait, and how many for each."""
MOST_MORE = 12
"""Steps that may follow from those of a job."""
WAIT_S, SLACK_S, HOUR_S = 1800, 600, 3600
"""How long a container waits at most for its job, and what a job takes beside its steps."""


class Steps:
    """One per docker sandbox. `marks` gives the labels of a container that may be there so long."""

    def __init__(
        self, engine: Engine, runtime: str, marks: Callable[[float], dict[str, str]]
    ) -> None:
        self._engine, self._runtime, self._marks = engine, runtime, marks
        self._pools: OrderedDict[str, Pool[Plan, Room]] = OrderedDict()
        self._bounded, self._fleeting = engine.facts.sizes, False
        self._behind = _one_thread()

    @property
    def layers(self) -> tuple[str, ...]:
        """What confines the steps."""
        own = ("seccomp",) if self._engine.facts.seccomp else ()
        return (*LAYERS, *own)

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` before any container is started."""
        _require_usable(job)
        if is_gvisor(self._runtime):
            raise JobError(
                f"the runtime {self._runtime} does not run jobs of steps in an image",
                hint="Its containers cannot be cleared between steps: use runc "
                "(VERVET_DOCKER_RUNTIME).",
            )
        progress = _Progress(job, on_check)
        try:
            with engine_words():
                image = self.image(job.program.profile.removeprefix(PREFIX))
            with self._room(_plan(job, image)) as room:
                progress.go_through(room)
        except InfraError as error:
            progress.infra = str(error)
        return Report(
            checks=tuple(progress.reports),
            usage=sum((each.usage for each in progress.reports), Usage()),
            layers=self.layers,
            infra=progress.infra,
            artifacts=progress.artifacts,
        )

    def image(self, name: str) -> str:
        """The id of an image. Raises `InfraError` where the engine has none of that name.

        Raises `JobError` for one with volumes: what is written there cannot be seen.
        """
        import docker.errors

        try:
            api: Any = self._engine.client.api
            said: dict[str, Any] = api.inspect_image(name)
        except docker.errors.ImageNotFound:
            raise InfraError(f"the engine has no image {name}") from None
        if (said.get("Config") or {}).get("Volumes"):
            raise JobError(
                f"the image {name} declares volumes, which are no part of a container's disk",
                hint="Build it without the instruction VOLUME.",
            )
        return str(said["Id"])

    def close(self) -> None:
        """Remove every container; calling it twice is harmless."""
        while self._pools:
            self._pools.popitem()[1].close()
        self._behind.shutdown()
        self._behind = _one_thread()

    @contextmanager
    def _room(self, plan: Plan) -> Iterator[Room]:
        pool = self._pools.pop(plan.image, None)
        if pool is None:
            pool = Pool(self._open, size=SPARES, life_s=WAIT_S, at_once=True)
        self._pools[plan.image] = pool
        if len(self._pools) > IMAGES:
            self._behind.submit(self._pools.popitem(last=False)[1].close)
        try:
            room = pool.take(plan)
        except GuestGoneError as error:
            raise InfraError(f"the container did not start: {error}") from error
        try:
            yield room
        finally:
            self._behind.submit(room.close)

    def _open(self, plan: Plan) -> Room:
        """A new container, its disk bounded by the engine where that can do it."""
        import docker.errors

        options = room_options(plan, self._runtime, self._engine.facts.processors)
        options["labels"] = self._marks(plan.life_s)
        try:
            with engine_words():
                require_space(self._engine)
                if self._bounded:
                    try:
                        return self._opened(options, plan)
                    except docker.errors.APIError as error:
                        if "storage-opt" not in str(error.explanation):
                            raise
                        self._bounded = False
                return self._opened(options, plan)
        except InfraError as error:
            raise GuestGoneError(str(error)) from error

    def _opened(self, options: dict[str, Any], plan: Plan) -> Room:
        room = open_room(
            self._engine, options, plan, bounded=self._bounded, fleeting=self._fleeting
        )
        self._fleeting = bool(room.pid)  # else it is restarted between its steps
        return room


def _one_thread() -> ThreadPoolExecutor:
    """Starts no thread before there is something to remove."""
    return ThreadPoolExecutor(1, thread_name_prefix="vervet-removal")


def _limits(job: Job, check: Check) -> Limits:
    return check.limits or job.limits


def _plan(job: Job, image: str) -> Plan:
    seconds = sum(_limits(job, check).wall_s for check in job.checks)
    seconds += MOST_MORE * job.limits.wall_s if job.more else 0
    life = WAIT_S + SLACK_S + HOUR_S * int(1 + seconds // HOUR_S)
    limits = job.limits
    return Plan(
        image=image,
        memory=limits.memory,
        processes=limits.processes,
        file_size=limits.file_size,
        open_files=limits.open_files,
        life_s=life,
    )


def _require_usable(job: Job) -> None:
    """Raises `JobError` for what such a job cannot mean."""
    if job.peer is not None or job.program.files or job.program.argv:
        raise JobError(
            "a job in an image has steps of its own only: no peer, files or argv of a program",
            hint="Give each check its argv and files.",
        )
    for check in job.checks:
        _require_check(job, check)
    for spec in job.artifacts:
        check_path(spec.path)


def _require_check(job: Job, check: Check) -> None:
    limits = _limits(job, check)
    own = replace(job.limits, wall_s=limits.wall_s, cpu_s=limits.cpu_s, output=limits.output)
    if limits != own:
        raise JobError(
            f"check {check.name!r} has limits of its own beside times and output",
            hint="Memory, processes and sizes of files are the whole container's: set them "
            "on the job.",
        )
    ids_of(check.user)
    if check.argv and not check.argv[0]:
        raise JobError(f"check {check.name!r} names no program", hint="Say what the step runs.")
    paths = [*(file.path for file in check.files), *check.removed]
    for path in [*paths, *(spec.path for spec in check.fetch)]:
        check_path(path)


@dataclass
class _Progress:
    """How far a job has come."""

    job: Job
    on_check: OnCheck
    reports: list[CheckReport] = field(default_factory=list)
    infra: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    started: bool = False
    """Whether a program could be started, and so the image can run one."""

    def go_through(self, room: Room) -> None:
        """Run the steps until one is not to be followed by another. Raises `InfraError`."""
        until = time.monotonic() + room.plan.life_s - WAIT_S
        untouched: tuple[Change, ...] = ()
        with engine_words():
            if self.job.more or any(check.watched for check in self.job.checks):
                untouched = changes(room)
        for check in self._checks():
            with engine_words(f"check {check.name!r}"):
                if time.monotonic() > until:
                    raise InfraError("the container has come to its deadline")
                report = self._step(room, check, untouched)
            self.reports.append(report)
            if not self.on_check(report):
                break
        if self.job.artifacts:
            with engine_words("its artifacts"):
                self.artifacts = fetched(room, self.job.artifacts)

    def _checks(self) -> Iterator[Check]:
        """The job's steps, then those that follow from them, one at a time."""
        yield from self.job.checks
        more = self.job.more
        for _ in range(MOST_MORE if more else 0):
            check = more(tuple(self.reports)) if more else None
            if check is None:
                return
            _require_check(self.job, check)
            yield check

    def _step(self, room: Room, check: Check, untouched: tuple[Change, ...]) -> CheckReport:
        if check.removed:
            take_away(room, check.removed)
        if check.files:
            lay_in(room, check.files)
        try:
            report = self._ran(room, check)
        except NotStartedError as error:
            if not self.started:
                raise InfraError(f"the image cannot run a step: {error}") from error
            report = _not_started(check.name, str(error))
        require_space(room.engine)
        return replace(
            report,
            changes=since(untouched, changes(room)) if check.watched else (),
            files=fetched(room, check.fetch),
        )

    def _ran(self, room: Room, check: Check) -> CheckReport:
        if not check.argv:
            return CheckReport(check.name, 0, None, b"", b"", Usage())
        report = run_step(room, check, _limits(self.job, check), dict(self.job.program.env))
        self.started = True
        return report


def _not_started(name: str, words: str) -> CheckReport:
    """What a step has come to that an earlier one has made impossible, say by taking the shell."""
    return CheckReport(
        name=name,
        exit_code=127,
        signal=None,
        stdout=words.encode(),
        stderr=b"",
        usage=Usage(output=len(words)),
        known_by="engine",
    )
