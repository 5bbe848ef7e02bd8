"""Owns what the profiles of the jail hold beside Python's standard library.

A profile's packages are those of the environment that runs Vervet, seen read-only inside and
imported once by the runner, so that no check waits for them. Never installs anything.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vervet.core.errors import JobError
from vervet.sandbox.interpreter import Tree

__all__ = ["PACKAGES", "PROFILES", "Profile", "trees_of"]

PACKAGES = "/opt/packages"
"""Where the packages of a profile lie inside, below one folder that is on the path."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Top-level modules that a candidate of this profile can import, and those imported for it."""

    name: str
    packages: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    distribution: str = ""


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("python"),
        Profile(
            "answers",
            packages=("sympy", "mpmath", "math_verify", "latex2sympy2_extended", "antlr4"),
            preload=("sympy", "math_verify"),
            distribution="math-verify[antlr4_13_2]",
        ),
    )
}


def trees_of(profile: Profile) -> tuple[Tree, ...]:
    """Where its packages are on this host, and where inside. Raises `JobError` if one is not."""
    return tuple(_tree(profile, package) for package in profile.packages)


def _tree(profile: Profile, package: str) -> Tree:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise JobError(
            f"the profile {profile.name} needs the package {package}, which is not installed",
            hint=f"Install {profile.distribution} into the environment of Vervet.",
        )
    origin = Path(spec.origin)
    source = origin.parent if origin.name == "__init__.py" else origin
    return Tree(source, f"{PACKAGES}/{source.name}")
