"""Owns the sandbox `docker`: jobs go through guests in hardened containers of one engine.

One long-lived container per worker serves job after job; a job that may start processes has one
for itself, taken from a warm pool and removed after it; so has a job of steps in an image. Never
weakens what it cannot have.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from vervet.core.errors import JobError, NoIsolationError, UnknownNameError
from vervet.core.processes import identity
from vervet.sandbox.docker.container import Mould, is_gvisor, start_guest
from vervet.sandbox.docker.engine import connect, profiles
from vervet.sandbox.docker.janitor import Janitor
from vervet.sandbox.docker.labels import labels
from vervet.sandbox.docker.pool import Pool
from vervet.sandbox.docker.reaper import reap, remove_old_folders
from vervet.sandbox.docker.steps import PREFIX, Steps
from vervet.sandbox.guest import Guest, runner_digest
from vervet.sandbox.hello import Hello, Rule
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.keeper import Keeper, Plan
from vervet.sandbox.profiles import PACKAGES, PROFILES, Profile

__all__ = ["DockerSandbox"]

DEFAULT_PROFILE = "python"
LAYERS = ("pidns", "netns", "mountns", "ipcns", "utsns", "rlimits", "nonewprivs", "cgroup")
ROOT = "/tmp"
READABLE = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives")
SPARES = 2
RETIRE_S, LIFE_S = 3600.0, 4 * 3600.0
"""No new job goes to a container older than the first; the label's deadline is the second."""


@dataclass
class _Post:
    """The guests of one profile, and since when."""

    keeper: Keeper
    pool: Pool[Plan, Guest]
    since: float

    def close(self) -> None:
        self.keeper.close()
        self.pool.close()


class DockerSandbox:
    """One per worker process, made in it: containers are labelled with whose they are.

    `runtime` is one of the engine's (VERVET_DOCKER_RUNTIME), its default if empty; `hash_seed`
    and `fresh` are as the jail's. Raises `NoIsolationError` where no engine answers, or it lacks
    the image or the runtime.
    """

    def __init__(
        self,
        *,
        unsafe_no_isolation: bool = False,
        runtime: str | None = None,
        hash_seed: int = 0,
        fresh: bool = False,
    ) -> None:
        if unsafe_no_isolation:
            raise NoIsolationError(
                "the docker sandbox always isolates",
                hint="Leave out --unsafe-no-isolation, or choose --sandbox jail with it.",
            )
        self._hash_seed, self._fresh = hash_seed, fresh
        self._worker = identity()
        self._janitor: Janitor | None = None
        self._watched = threading.Lock()
        self._posts: dict[str, _Post] = {}
        self._engine = connect()
        try:
            self._engine.require_limits()
            wanted = os.environ.get("VERVET_DOCKER_RUNTIME", "") if runtime is None else runtime
            self._runtime = self._engine.runtime(wanted)
            self._images = {DEFAULT_PROFILE: self._engine.image(DEFAULT_PROFILE)}
            self._steps = Steps(self._engine, self._runtime, self._marks)
            reap(self._engine.client)
            remove_old_folders()
        except BaseException:
            self._engine.close()
            raise

    @property
    def weakness(self) -> str:
        """Why isolation is less than it could be with another engine; else empty."""
        if self._engine.facts.seccomp or is_gvisor(self._runtime):
            return ""
        return "the Docker engine adds no filter of system calls to that of the guest"

    def environment(self) -> dict[str, str]:
        """What decides outcomes here: image (and so interpreter), runtime and runner."""
        return {
            "kind": "docker",
            "image": self._images[DEFAULT_PROFILE],
            "runtime": self._runtime,
            "runner": runner_digest(),
        }

    def layers(self) -> tuple[str, ...]:
        """The layers in force: those of the engine, and those that the last guest answered for."""
        post = self._posts.get(DEFAULT_PROFILE)
        return post.keeper.layers if post else LAYERS

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` before any container is started."""
        if job.program.profile.startswith(PREFIX):
            return self._steps.run(job, on_check)
        return self._post(job.program.profile).keeper.run(job, on_check)

    def close(self) -> None:
        """Remove every container of this sandbox; calling it twice is harmless."""
        while self._posts:
            self._posts.popitem()[1].close()
        self._steps.close()
        if self._janitor is not None:
            self._janitor.dismiss()
        self._engine.close()

    def _post(self, profile: str) -> _Post:
        post = self._posts.get(profile)
        if post is not None and time.monotonic() - post.since > RETIRE_S:
            self._posts.pop(profile).close()
            post = None
        if post is None:
            post = self._posts[profile] = self._open(profile)
        return post

    def _open(self, profile: str) -> _Post:
        processors = self._engine.facts.processors
        mould = Mould(self._image(profile), self._runtime, processors, self._hash_seed)
        own = LAYERS + (("gvisor",) if is_gvisor(self._runtime) else ())

        def start(plan: Plan) -> Guest:
            return self._start(mould, plan)

        pool = Pool(start, size=SPARES, life_s=RETIRE_S)
        known = PROFILES.get(profile, Profile(profile))
        packages = (PACKAGES,) if known.packages else ()
        rules = (*(Rule(path, "read") for path in READABLE + packages), Rule("/dev/null", "write"))
        hello = Hello(
            root=ROOT,
            contained=True,
            count_processes=False,
            rules=rules,
            path=packages,
            preload=known.preload,
        )
        keeper = Keeper(pool.take, hello, (profile,), layers=own, fresh=self._fresh)
        return _Post(keeper, pool, time.monotonic())

    def _image(self, profile: str) -> str:
        known = profiles()
        if profile not in known:
            raise JobError(
                UnknownNameError("profile", profile, known).message,
                hint=f"There are images for: {', '.join(known)}.",
            )
        if profile not in self._images:
            self._images[profile] = self._engine.image(profile)
        return self._images[profile]

    def _start(self, mould: Mould, plan: Plan) -> Guest:
        return start_guest(self._engine, mould, plan, self._marks(LIFE_S))

    def _marks(self, life_s: float) -> dict[str, str]:
        """Labels of a container that may be there so long; somebody watches over it from now."""
        with self._watched:
            if self._janitor is None:
                self._janitor = Janitor(self._worker)
        run = os.environ.get("VERVET_RUN", "")
        return labels(self._worker, run, time.time() + life_s)
