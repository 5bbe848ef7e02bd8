"""Owns instance images: found on the engine, pulled by their official names, or built.

Built ones are made anew only when what they are made of changes: their label holds its digest.
Never runs anything of a candidate's.
"""

from __future__ import annotations

import fcntl
import os
import re
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vervet.core.digests import digest_json, digest_text
from vervet.core.errors import ProblemError, SandboxError, UsageError
from vervet.sandbox.docker.instance_base import base_reference, base_with_tools, image_id, pull
from vervet.sandbox.docker.instance_repository import commit_files, fetch_commit, find_mirror
from vervet.sandbox.docker.instance_stages import Stage, reap_stages, run_stage
from vervet.sandbox.docker.instance_values import (
    InstanceImage,
    Recipe,
    Wanted,
    inputs_digest,
    script,
)

if TYPE_CHECKING:
    from vervet.sandbox.docker.engine import Engine

__all__ = ["INPUTS", "InstanceImages"]

INPUTS, COMMIT, INSTANCE = (
    "vervet.swebench.inputs",
    "vervet.swebench.commit",
    "vervet.swebench.instance",
)
TESTBED = "testbed"
_SETTINGS = (
    f"WORKDIR /{TESTBED}",
    "ENV PIP_NO_INDEX=1 PIP_NO_BUILD_ISOLATION=0",
    "ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore",
)
"""With these the eval script's `pip install -e .` works without a network (0 means "none")."""


class InstanceImages:
    """The images of one engine.

    `mirror` is a clone, or a folder of clones, from which commits come; `base` an image to build
    on instead of Debian's. With `rebuild` what was built here before is built again. `say` is
    told what takes long, in words.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        mirror: Path | None = None,
        base: str = "",
        may_pull: bool = True,
        rebuild: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine, self._mirror, self._base = engine, mirror, base
        self._may_pull, self._rebuild, self._say = may_pull, rebuild, say
        self._unreachable = ""
        reap_stages(engine)

    def ensure(self, wanted: Wanted) -> InstanceImage:
        """The image, which is built or pulled where it is not there, or no longer as wanted.

        Raises `SandboxError` where it cannot be had, with what was tried; `UsageError` or
        `ProblemError` where its interpreter, its clone or its commit is missing.
        """
        with _one_at_a_time(wanted.image):
            return self._ensure(wanted)

    def _ensure(self, wanted: Wanted) -> InstanceImage:
        began = time.monotonic()
        inputs = self._inputs(wanted)
        how = "present"
        found = self._found(wanted.image)
        ours = found is not None and bool(found[1])
        if found is None or (ours and (self._rebuild or (inputs and found[1] != inputs))):
            how = self._obtain(wanted, inputs)
            found = self._found(wanted.image)
        assert found is not None
        seconds = time.monotonic() - began
        return InstanceImage(wanted.instance, wanted.image, found[0], how, found[1], seconds)

    def _inputs(self, wanted: Wanted) -> str:
        """The digest of what it would be built from; empty where it cannot be built."""
        if wanted.recipe is None or not (wanted.files or self._mirror):
            return ""
        try:
            base = base_reference(wanted.recipe.python, self._base)
        except UsageError:
            return ""
        return inputs_digest(wanted, wanted.recipe, base)

    def _found(self, image: str) -> tuple[str, str] | None:
        """The id of an image and the digest of its inputs, or None."""
        import docker.errors

        try:
            found = self._engine.client.images.get(image)
        except docker.errors.ImageNotFound:
            return None
        return str(found.id), str(found.labels.get(INPUTS, ""))

    def _obtain(self, wanted: Wanted, inputs: str) -> str:
        """Pull it, else build it; how it was had. Nobody publishes those of plain files."""
        why = "" if wanted.files else self._pull(wanted.image)
        if not why and not wanted.files:
            return "pulled"
        if wanted.files or (self._mirror and wanted.recipe):
            self._build(wanted, inputs)
            return "built"
        lacks = "a clone (--mirror)" if wanted.recipe else "a recipe that names its interpreter"
        raise SandboxError(
            f"the image {wanted.image} of {wanted.instance} is not there",
            hint=f"It cannot be pulled ({why}), and to build it, {lacks} is missing.",
        )

    def _pull(self, image: str) -> str:
        if not self._may_pull:
            return "pulling is off"
        if not self._unreachable:
            self._say(f"pulling {image}")
            why = pull(self._engine, image)
            if "no such host" in why or "connection refused" in why:
                self._unreachable = why
            return why
        return self._unreachable

    def _build(self, wanted: Wanted, inputs: str) -> None:
        recipe = wanted.recipe
        if recipe is None:
            raise UsageError(f"nothing says which interpreter {wanted.instance} needs")
        reference = base_reference(recipe.python, self._base)
        with tempfile.TemporaryDirectory(prefix="vervet-instance-") as folder:
            place = Path(folder) / TESTBED
            self._check_out(wanted, place)
            self._say(f"building {wanted.image} on {reference}")
            base = base_with_tools(self._engine, reference, recipe.python, recipe.system)
            environment = self._environment(base, recipe, _build_requirements(place))
            with _archive(place) as archive:
                stage = Stage(
                    name="install.sh",
                    source=environment,
                    script=script("install.sh"),
                    arguments=recipe.requirements,
                    target=wanted.image,
                    environment={"BEFORE": recipe.before},
                    marks={
                        INPUTS: inputs,
                        COMMIT: wanted.base_commit,
                        INSTANCE: wanted.instance,
                        "vervet.swebench.environment": image_id(self._engine, environment) or "",
                    },
                    settings=_SETTINGS,
                    archive=archive,
                )
                run_stage(self._engine, stage)

    def _check_out(self, wanted: Wanted, place: Path) -> None:
        if wanted.files is not None:
            made = commit_files(wanted.files, place)
            if made != wanted.base_commit:
                raise ProblemError(
                    f"the files of {wanted.instance} commit to {made}, not to its base_commit "
                    f"{wanted.base_commit}"
                )
            return
        assert self._mirror is not None
        mirror = find_mirror(self._mirror, wanted.repo, wanted.base_commit)
        self._say(f"taking {wanted.base_commit[:12]} from {mirror}")
        fetch_commit(mirror, wanted.base_commit, place)

    def _environment(self, base: str, recipe: Recipe, needed: tuple[str, ...]) -> str:
        """The name of the image with the interpreter and its packages, shared by instances."""
        named = {_name(each) for each in recipe.packages}
        packages = (*recipe.packages, *(each for each in needed if _name(each) not in named))
        source, shim = script("environment.sh"), script("activate")
        made_of = [image_id(self._engine, base), recipe.python, recipe.before, packages]
        digest = digest_json([*made_of, digest_text(source), digest_text(shim)])
        target = f"vervet/swebench-environment:{digest[:16]}"
        if self._rebuild or image_id(self._engine, target) is None:
            self._say(f"installing Python {recipe.python} with {' '.join(packages)}")
            with _shim(shim) as archive:
                stage = Stage(
                    name="environment.sh",
                    source=base,
                    script=source,
                    arguments=packages,
                    target=target,
                    environment={"PYTHON": recipe.python, "BEFORE": recipe.before},
                    marks={"vervet.swebench.python": recipe.python},
                    archive=archive,
                )
                run_stage(self._engine, stage)
        return target


def _build_requirements(place: Path) -> tuple[str, ...]:
    """What the repository builds itself with, since it is built without isolation."""
    try:
        project = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))
        needed = project["build-system"]["requires"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return ("setuptools", "wheel")
    return tuple(dict.fromkeys((*map(str, needed), "setuptools", "wheel")))


def _name(requirement: str) -> str:
    """The normal form of the name in a requirement (PEP 503)."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else requirement


@contextmanager
def _archive(place: Path) -> Iterator[IO[bytes]]:
    """A tar of a folder as it is to lie at "/", all of it root's."""

    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        return member

    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(place, arcname=place.name, filter=owned)
        file.seek(0)
        yield file


@contextmanager
def _shim(text: str) -> Iterator[IO[bytes]]:
    """A tar with the script that stands in conda's place."""
    with tempfile.TemporaryDirectory(prefix="vervet-instance-") as folder:
        place = Path(folder) / "opt" / "miniconda3" / "bin" / "activate"
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
        with _archive(Path(folder) / "opt") as archive:
            yield archive


@contextmanager
def _one_at_a_time(image: str) -> Iterator[None]:
    """Let no two processes of this host make the same image at once."""
    name = re.sub(r"[^a-z0-9.]+", "-", image.lower())
    path = Path(tempfile.gettempdir()) / f"vervet-image-{os.getuid()}-{name}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
