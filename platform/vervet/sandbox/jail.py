"""Owns the embedded default: a Python that forks once per check, in the best isolation here.

Namespaces by bubblewrap with Landlock and seccomp on top; where namespaces are forbidden, these
two alone; never anything less, unless it was constructed for that by name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from vervet.core.errors import JobError, NoIsolationError
from vervet.sandbox.abilities import Abilities, abilities_here
from vervet.sandbox.bubblewrap import ROOT, Bwrap, find_bwrap
from vervet.sandbox.cgroups import sweep_cgroups
from vervet.sandbox.guest import runner_digest
from vervet.sandbox.hello import HIGHEST_LANDLOCK, Hello, rules_inside, rules_on_host
from vervet.sandbox.interpreter import current_interpreter
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.keeper import Keeper
from vervet.sandbox.profiles import PACKAGES, PROFILES, Profile, trees_of
from vervet.sandbox.settle import probe, settle
from vervet.sandbox.stage import Direct, stage_for
from vervet.sandbox.start import (
    BareStarter,
    BwrapStarter,
    bare_root,
    cgroup_problem,
    remove_folder,
)

__all__ = ["FIX", "JailSandbox"]

NAMESPACES = ("userns", "pidns", "netns", "mountns", "ipcns", "utsns")
ALWAYS = ("rlimits", "nonewprivs")
FIX = (
    "Allow unprivileged user namespaces (Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap), or "
    "install the package bubblewrap; --unsafe-no-isolation runs candidates unprotected."
)


class JailSandbox:
    """One per worker process. `unsafe_no_isolation` runs everything with rlimits alone.

    `abilities` are those that may be used; `hash_seed` is that of every interpreter inside; with
    `fresh`, no guest serves a second job. Raises `NoIsolationError` if neither namespaces nor
    Landlock with seccomp work on this host and unsafe was not asked for.
    """

    own_children = True
    """All that runs inside descends from this process: a thread's processors pass down to it."""

    def __init__(
        self,
        *,
        unsafe_no_isolation: bool = False,
        bwrap: Bwrap | None = None,
        abilities: Abilities | None = None,
        hash_seed: int = 0,
        fresh: bool = False,
    ) -> None:
        self._python = current_interpreter()
        self._hash_seed, self._fresh = hash_seed, fresh
        self._abilities = abilities or abilities_here()
        self.bwrap: Bwrap | None = None
        """The bubblewrap in use."""
        self.weakness = ""
        """Why isolation is less than it could be, and what to do; empty where it is not."""
        self.cgroup_problem = "none are asked for"
        """Why guests have no control group; empty where they have."""
        self._root: Path | None = None
        if unsafe_no_isolation:
            self._use_nothing()
        else:
            self._use_the_best(bwrap)

    def environment(self) -> dict[str, str]:
        """What decides outcomes here: interpreter, runner, kind of sandbox."""
        return {
            "kind": self._kind,
            "interpreter": self._python.version,
            "runner": runner_digest(),
        }

    def layers(self) -> tuple[str, ...]:
        """The layers in force; none where isolation was given up by name."""
        return self._keepers["python"].layers

    @property
    def landlock(self) -> int:
        """The ABI of Landlock in use; 0 for none."""
        return self._keepers["python"].landlock

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """See `Sandbox.run`. Raises `JobError` before anything is started."""
        return self._keeper(job.program.profile).run(job, on_check)

    def close(self) -> None:
        """End the guests that are kept and what started them."""
        for keeper in self._keepers.values():
            keeper.close()
        self._stage.close()
        if self._root is not None:
            remove_folder(self._root)

    def _use_the_best(self, bwrap: Bwrap | None) -> None:
        words = ["not to be used here"]
        if self._abilities.namespaces:
            sweep_cgroups("vervet")
            self.cgroup_problem = (
                cgroup_problem() if self._abilities.cgroups else "not to be used here"
            )
            found = [bwrap] if bwrap else find_bwrap()
            words = settle(found, self._python, self._use_bwrap, self.run, _packages_here())
            if not words:
                return
        problem = f"bubblewrap does not work here ({'; '.join(words)})"
        if not self._abilities.confines_alone:
            raise NoIsolationError(
                f"{problem}, and Landlock with seccomp alone is not to be had", hint=FIX
            )
        self._use_landlock()
        if failure := probe(self.run):
            self.close()
            raise NoIsolationError(
                f"{problem}, and Landlock with seccomp alone does not either ({failure})", hint=FIX
            )
        self.weakness = f"{problem}: Landlock and seccomp stand alone. {FIX}"

    def _keeper(self, name: str) -> Keeper:
        """The keeper of a profile. Raises `JobError` for one that is not to be had."""
        if name not in self._keepers:
            if name not in PROFILES:
                raise JobError(
                    f"the jail has no profile {name!r}; images have others: --sandbox docker",
                    hint=f"The jail knows: {', '.join(PROFILES)}.",
                )
            self._keepers[name] = self._make_keeper(PROFILES[name])
        return self._keepers[name]

    def _use_bwrap(self, bwrap: Bwrap, stage: Direct) -> None:
        cgroups = not self.cgroup_problem

        def keeper(profile: Profile) -> Keeper:
            packages = trees_of(profile)
            hello = Hello(
                root=ROOT,
                contained=True,
                count_processes=True,
                landlock=min(self._abilities.landlock, HIGHEST_LANDLOCK),
                rules=rules_inside(self._python, packages),
                path=(PACKAGES,) if packages else (),
                preload=profile.preload,
                seccomp=self._abilities.seccomp,
                machine=self._abilities.machine,
            )
            return Keeper(
                BwrapStarter(
                    self._python,
                    packages,
                    bwrap,
                    stage,
                    cgroups=cgroups,
                    hash_seed=self._hash_seed,
                ),
                hello,
                (profile.name,),
                layers=NAMESPACES + ALWAYS + (("cgroup",) if cgroups else ()),
                library_path=self._python.library_path,
                fresh=self._fresh,
            )

        self.bwrap = bwrap
        self._use("jail", stage, keeper)

    def _use_landlock(self) -> None:
        stage = stage_for(())
        start = self._bare_starter("landlock", stage)

        def keeper(profile: Profile) -> Keeper:
            packages = trees_of(profile)
            hello = Hello(
                root="",
                contained=False,
                count_processes=False,
                landlock=min(self._abilities.landlock, HIGHEST_LANDLOCK),
                rules=rules_on_host(self._python, packages),
                own="read",
                path=tuple({str(tree.source.parent) for tree in packages}),
                preload=profile.preload,
                strict_files=True,
                machine=self._abilities.machine,
            )
            return Keeper(
                start,
                hello,
                (profile.name,),
                layers=ALWAYS,
                processes=False,
                fresh=self._fresh,
            )

        self._use("landlock", stage, keeper)

    def _use_nothing(self) -> None:
        stage = Direct()
        start = self._bare_starter("none", stage)

        def keeper(profile: Profile) -> Keeper:
            hello = Hello(
                root="",
                contained=False,
                count_processes=False,
                landlock=0,
                path=tuple({str(tree.source.parent) for tree in trees_of(profile)}),
                preload=profile.preload,
                seccomp=False,
            )
            return Keeper(start, hello, (profile.name,), fresh=self._fresh)

        self._use("none", stage, keeper)

    def _use(self, kind: str, stage: Direct, make: Callable[[Profile], Keeper]) -> None:
        self._kind, self._stage, self._make_keeper = kind, stage, make
        self._keepers = {"python": make(PROFILES["python"])}

    def _bare_starter(self, kind: str, stage: Direct) -> BareStarter:
        self._root = bare_root(kind)
        return BareStarter(self._python, stage, self._root, hash_seed=self._hash_seed)


def _packages_here() -> list[Path]:
    """Where the packages of every profile lie that has all of its own."""
    found: list[Path] = []
    for profile in PROFILES.values():
        with contextlib.suppress(JobError):
            found += [tree.source for tree in trees_of(profile)]
    return found
