"""The values of instance images: what one is wanted, what it is made of, what became of it.

Names follow the official ones (`swebench/sweb.eval.x86_64.<id>`); nothing here talks to an engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_file, digest_json
from vervet.core.errors import ConfigError, UsageError

__all__ = [
    "RELEASES",
    "InstanceImage",
    "Recipe",
    "Wanted",
    "as_recipe",
    "image_of",
    "inputs_digest",
    "script",
    "scripts_dir",
]

RELEASES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
"""Interpreters that a release of Debian brings, and so can be had without any registry."""

_SCRIPTS = ("activate", "base.sh", "environment.sh", "install.sh")
_INPUTS_VERSION = 1
_KEYS = {"repo", "versions", "python", "packages", "system", "requirements"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an instance needs in its image.

    `packages` are pip's requirements, `system` Debian's packages, `requirements` files of the
    repository that name more, where they are there. `before` (a date, or empty) is the day after
    which no package may have been uploaded.
    """

    python: str
    packages: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    before: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image to have: the repository at `base_commit`, with what `recipe` says around it.

    `files` is a folder of plain files that commit to `base_commit`; without it the commit comes
    from a mirror. Without a recipe the image can be found or pulled, but not built.
    """

    instance: str
    image: str
    repo: str
    base_commit: str
    recipe: Recipe | None = None
    files: Path | None = None


@dataclass(frozen=True, slots=True)
class InstanceImage:
    """An image that the engine has. `how` is "present", "pulled" or "built"; `id` its digest.

    `inputs` is the digest of what it was built from, empty for one that was not built here.
    """

    instance: str
    image: str
    id: str
    how: str
    inputs: str
    seconds: float


def image_of(instance: str, namespace: str = "swebench") -> str:
    """The official name of an instance's image: registries allow no double underscore."""
    return f"{namespace}/sweb.eval.x86_64.{instance.lower().replace('__', '_1776_')}:latest"


def as_recipe(value: Any, where: str, before: str = "") -> Recipe:
    """A recipe from a mapping of YAML or JSON. Raises `ConfigError` with the key that is wrong."""
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: a recipe is a mapping")
    unknown = sorted(set(value) - _KEYS)
    if unknown:
        raise ConfigError(f"{where}: unknown key {unknown[0]!r}", hint=f"Known: {sorted(_KEYS)}.")
    python = value.get("python")
    if not isinstance(python, str) or not re.fullmatch(r"3\.\d+", python):
        raise ConfigError(f"{where}: 'python' is {python!r}, not text such as \"3.11\"")
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("packages", "system", "requirements"):
        given = value.get(key) or []
        if not isinstance(given, list) or not all(_is_word(each) for each in given):
            raise ConfigError(f"{where}: {key!r} is not a list of names")
        lists[key] = tuple(given)
    return Recipe(python, before="" if _all_pinned(lists["packages"]) else before, **lists)


def scripts_dir() -> Path:
    """The folder of what runs inside while an image is made. Raises `UsageError` without it."""
    from vervet.core.resources import docker_dir

    folder = docker_dir() / "swebench"
    if not (folder / "install.sh").is_file():
        raise UsageError(
            f"{folder} does not hold the scripts that make images",
            hint="Build images from Vervet's checkout, or install Vervet again.",
        )
    return folder


def script(name: str) -> str:
    """The text of one of those scripts."""
    return (scripts_dir() / name).read_text(encoding="utf-8")


def inputs_digest(wanted: Wanted, recipe: Recipe, base: str) -> str:
    """What an image is made of, as one digest: it is made again only when this changes."""
    return digest_json(
        {
            "version": _INPUTS_VERSION,
            "base": base,
            "commit": wanted.base_commit,
            "recipe": [
                recipe.python,
                recipe.packages,
                recipe.system,
                recipe.requirements,
                recipe.before,
            ],
            "scripts": {name: digest_file(scripts_dir() / name) for name in _SCRIPTS},
        }
    )


def _is_word(value: Any) -> bool:
    """Whether pip and apt would take it for a name, and not for an option."""
    return isinstance(value, str) and bool(value) and value[0] not in "-/." and "\n" not in value


def _all_pinned(packages: tuple[str, ...]) -> bool:
    return bool(packages) and all("==" in each for each in packages)
