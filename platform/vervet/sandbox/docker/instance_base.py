"""Owns the images that instance images are made from: a Debian with an interpreter, and git.

A base comes from the engine, from a registry where one can be reached, or from `debootstrap`.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from vervet.core.digests import digest_json, digest_text
from vervet.core.errors import SandboxError, UsageError
from vervet.sandbox.docker.instance_stages import Stage, run_stage
from vervet.sandbox.docker.instance_values import RELEASES, script

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["base_reference", "base_with_tools", "image_id", "pull"]

_MINUTES = 30


def base_reference(python: str, given: str) -> str:
    """The name of the base image for an interpreter: `given`, or that of Debian's release.

    Raises `UsageError` for an interpreter that no release at hand brings.
    """
    if given:
        return given
    release = RELEASES.get(python)
    if release is None:
        known = ", ".join(f"{number} ({name})" for number, name in RELEASES.items())
        raise UsageError(
            f"Python {python} cannot be had from Debian's releases, which bring {known}",
            hint=f"Name an image that has it: --base python:{python}, where a registry can be "
            "reached, or one of your own.",
        )
    return "vervet/base:debootstrap" if release == "bookworm" else f"vervet/base:{release}"


def base_with_tools(engine: Engine, reference: str, python: str, system: tuple[str, ...]) -> str:
    """The name of an image on that base with git, patch and the packages of `system`."""
    source = script("base.sh")
    made_of = [reference, _base(engine, reference, python), system, digest_text(source)]
    target = f"vervet/swebench-base:{digest_json(made_of)[:16]}"
    if image_id(engine, target) is None:
        stage = Stage(
            name="base.sh",
            source=reference,
            script=source,
            arguments=system,
            target=target,
            environment={},
            marks={"vervet.swebench.base": reference},
        )
        run_stage(engine, stage)
    return target


def image_id(engine: Engine, name: str) -> str | None:
    """The digest of an image that the engine has, else None."""
    import docker.errors

    try:
        return str(engine.client.images.get(name).id)
    except docker.errors.ImageNotFound:
        return None


def pull(engine: Engine, name: str) -> str:
    """Fetch an image from its registry; why it could not be had, or an empty string."""
    import docker.errors
    import requests

    try:
        engine.client.images.pull(name)
    except (docker.errors.DockerException, requests.RequestException) as error:
        said = getattr(error, "explanation", None) or error
        return str(said).strip().splitlines()[0]
    return ""


def _base(engine: Engine, reference: str, python: str) -> str:
    """The digest of the base image, which is pulled or made where it is not there."""
    found = image_id(engine, reference)
    if found is not None:
        return found
    own = reference == base_reference(python, "") if python in RELEASES else False
    why = _debootstrap(reference, RELEASES[python]) if own else pull(engine, reference)
    found = image_id(engine, reference)
    if found is None:
        raise SandboxError(f"the base image {reference} cannot be had", hint=why)
    return found


def _debootstrap(reference: str, release: str) -> str:
    """Import that release as an image; why it could not be done, or an empty string."""
    from vervet.core.resources import docker_dir

    try:
        done = subprocess.run(
            ["sh", docker_dir() / "debootstrap.sh", reference],
            env={**os.environ, "SUITE": release},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_MINUTES * 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"debootstrap was not done after {_MINUTES} minutes"
    return "" if done.returncode == 0 else done.stderr.strip()
