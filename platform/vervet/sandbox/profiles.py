"""Owns what the profiles of the jail hold beside Python's standard library.

A profile's packages are those of the environment that runs Vervet, seen read-only inside and
imported once by the runner, so that no check waits for them. Never installs anything.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from vervet.core.errors import JobError
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.interpreter import Tree

__all__ = ["PACKAGES", "PROFILES", "Profile", "trees_of"]

PACKAGES = "/opt/packages"
"""Where the packages of a profile lie inside, below one folder that is on the path."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Top-level modules that a candidate of this profile can import, and those imported for it.

    `described` are distributions whose metadata they look for when they are imported; `own` are
    modules of ours from the profile's folder in `sandboxes/`.
    """

    name: str
    packages: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("python"),
        Profile(
            "answers",
            packages=("sympy", "mpmath", "math_verify", "latex2sympy2_extended", "antlr4"),
            described=("antlr4-python3-runtime",),
            own=("answers_warm",),
            preload=("sympy", "math_verify", "answers_warm"),
        ),
    )
}


def trees_of(profile: Profile) -> tuple[Tree, ...]:
    """Where its packages are on this host, and where inside. Raises `JobError` if one is not."""
    sources = [_package(profile, name) for name in profile.packages]
    sources += [_metadata(profile, name) for name in profile.described]
    sources += [sandboxes_dir() / profile.name / f"{name}.py" for name in profile.own]
    return tuple(Tree(source, f"{PACKAGES}/{source.name}") for source in sources)


def _package(profile: Profile, name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise _missing(profile, name)
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _metadata(profile: Profile, name: str) -> Path:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise _missing(profile, name) from None
    files = [file for file in found.files or () if file.name == "METADATA"]
    if not files:
        raise _missing(profile, name)
    return Path(str(found.locate_file(files[0]))).parent


def _missing(profile: Profile, name: str) -> JobError:
    return JobError(
        f"the profile {profile.name} needs the package {name}, which is not installed",
        hint="Install Vervet with all that it names: its lock file has it.",
    )
