"""Jobs of steps for tests, in the image that `docker_image` has built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.sandbox.docker.containers import fresh_sandbox
from vervet.core.limits import Limits
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.job import ArtifactSpec, Check, CheckReport, Job, Program, Report

__all__ = [
    "IMAGE",
    "LIMITS",
    "done",
    "go_on",
    "job",
    "only_the_engine",
    "python",
    "shell",
    "within",
]

IMAGE = "image:vervet/python"
LIMITS = Limits(
    cpu_s=30,
    wall_s=30,
    memory=256 << 20,
    output=1 << 20,
    file_size=64 << 20,
    processes=64,
    open_files=256,
)


def shell(name: str, script: str, **how: Any) -> Check:
    """A step of the shell."""
    return Check(name, argv=("/bin/sh", "-c", script), **how)


def python(name: str, source: str, **how: Any) -> Check:
    """A step of Python."""
    return Check(name, argv=("python3", "-c", source), **how)


def within(**limits: float) -> Limits:
    """The limits, with some changed."""
    return replace(LIMITS, **limits)


def go_on(check: CheckReport) -> bool:
    """Whatever has come, the next one."""
    return True


def job(*checks: Check, image: str = IMAGE, artifacts: tuple[ArtifactSpec, ...] = ()) -> Job:
    """A job of these steps."""
    return Job(Program(image, (), ()), checks, LIMITS, artifacts=artifacts)


def done(sandbox: DockerSandbox, *checks: Check, **how: Any) -> Report:
    """The report of a job of these steps, none of which may have failed for want of a sandbox."""
    report = sandbox.run(job(*checks, **how), go_on)
    assert not report.infra, report.infra
    return report


@contextmanager
def only_the_engine() -> Iterator[DockerSandbox]:
    """A sandbox that sees no process or file of a container but through the engine."""
    with fresh_sandbox(runtime="runc") as sandbox:
        sandbox._engine.near = False
        yield sandbox
