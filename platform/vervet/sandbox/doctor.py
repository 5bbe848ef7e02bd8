"""Owns what is said of the sandboxes of this host: which are sound, what holds, what is missing.

Every promise is tried with a real job in real isolation. Never prints, and never weakens anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from vervet.core.errors import JobError, NoIsolationError, SandboxError, UnknownNameError
from vervet.sandbox.abilities import abilities_here
from vervet.sandbox.bubblewrap import Bwrap, find_bwrap
from vervet.sandbox.host import LAYERS, OPTIONAL, Layer, host_words, layer_of, missing
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.probes import QUESTIONS, Probe, ask
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.registry import make_sandbox

__all__ = ["BACKENDS", "Diagnosis", "Examination", "examine"]

BACKENDS = ("jail", "reference", "docker")
SLOW = frozenset({"docker"})
"""Only asked where they are the default: starting and removing containers takes seconds."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What holds for one backend; `why` says why it cannot be had, `kind` what it came to.

    `notes` are sentences for people: which bubblewrap, what is weaker than it could be.
    """

    backend: str
    kind: str = ""
    why: str = ""
    layers: tuple[Layer, ...] = ()
    probes: tuple[Probe, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def available(self) -> bool:
        """Whether there is such a sandbox here at all."""
        return not self.why

    @property
    def asked(self) -> bool:
        """Whether its promises were tried."""
        return bool(self.probes)

    @property
    def sound(self) -> bool:
        """Whether it was asked and every promise that was tried holds."""
        return self.asked and all(probe.ok for probe in self.probes)


@dataclass(frozen=True, slots=True)
class Examination:
    """This host: what it offers, and each backend, the default one first."""

    default: str
    host: dict[str, str] = field(default_factory=dict)
    backends: tuple[Diagnosis, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the default backend is."""
        return self.backends[0].sound


def examine(default: str = "jail", others: Sequence[str] = BACKENDS) -> Examination:
    """Try every promise of the default backend, and the most important ones of the others.

    Of a slow one that is not the default it is only said whether it can be had.
    Raises `UnknownNameError` for a backend that there is none of.
    """
    names = [default, *(name for name in others if name != default)]
    with ThreadPoolExecutor(len(names), thread_name_prefix="vervet-doctor") as pool:
        asked = [pool.submit(_diagnose, name, brief=name != default) for name in names]
        host = host_words(abilities_here())
        return Examination(default, host, tuple(each.result() for each in asked))


def _diagnose(name: str, *, brief: bool) -> Diagnosis:
    try:
        sandbox = make_sandbox(name)
    except UnknownNameError:
        raise
    except SandboxError as error:
        return Diagnosis(name, why=f"{error.message}. {error.hint}".strip())
    try:
        if brief and name in SLOW:
            return Diagnosis(name, kind=sandbox.environment()["kind"])
        return _question(name, sandbox, brief=brief)
    finally:
        sandbox.close()


def _question(name: str, sandbox: Sandbox, *, brief: bool) -> Diagnosis:
    probes: list[Probe] = []
    for question in QUESTIONS:
        in_force = frozenset(sandbox.layers())
        if (question.brief or not brief) and question.needs <= in_force:
            probes.append(ask(sandbox, question))
    return Diagnosis(
        name,
        kind=sandbox.environment()["kind"],
        layers=_layers(sandbox),
        probes=tuple(probes),
        notes=_notes(sandbox),
    )


def _layers(sandbox: Sandbox) -> tuple[Layer, ...]:
    in_force, found = sandbox.layers(), []
    for name in LAYERS:
        if name in in_force:
            found.append(layer_of(name, True))
        elif isinstance(sandbox, JailSandbox) and name not in OPTIONAL:
            why, fix = missing(name, abilities_here(), sandbox.cgroup_problem)
            found.append(layer_of(name, False, why, fix))
        elif name not in OPTIONAL:
            found.append(layer_of(name, False))
    return tuple(found)


def _notes(sandbox: Sandbox) -> tuple[str, ...]:
    """Which bubblewrap is in use and why not another; what is weaker than it could be."""
    if not isinstance(sandbox, JailSandbox):
        return ()
    notes = [_words_for(bwrap, sandbox.bwrap) for bwrap in find_bwrap()]
    return (*notes, sandbox.weakness) if sandbox.weakness else tuple(notes)


def _words_for(bwrap: Bwrap, used: Bwrap | None) -> str:
    if bwrap == used:
        return f"bubblewrap of the {bwrap.origin}: sound, in use ({bwrap.path})"
    if used is None:
        return f"bubblewrap of the {bwrap.origin}: does not work here ({bwrap.path})"
    if bwrap.origin == "wheel":
        return f"bubblewrap of the {bwrap.origin}: not needed"
    return f"bubblewrap of the {bwrap.origin}: {_fault(lambda: JailSandbox(bwrap=bwrap))}"


def _fault(make: Callable[[], JailSandbox]) -> str:
    """Why a sandbox cannot be made."""
    try:
        made = make()
    except (NoIsolationError, JobError) as error:
        return f"not sound: {error.message}"
    made.close()
    return f"not sound: {made.weakness}" if made.weakness else "sound, not in use"
