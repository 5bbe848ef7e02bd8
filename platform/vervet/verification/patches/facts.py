"""Owns what validation with gold has shown of an instance, as part of its problem's spec.

Plain values that JSON holds: what the tests are byte for byte, which files configure them, what
installing changes outside of the repository, and which doubles behave here.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.values import Problem

__all__ = ["FACTS", "FLAKY", "Facts", "facts_of", "pack", "unpack"]

FACTS = "facts"
"""The key of a problem's spec."""
FLAKY = "flaky"
"""The code of an instance on which gold resolves more often than not, but not alike each time."""
LISTS = ("gone", "packages", "xfailed", "altered", "written")
_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an instance. Paths of files are relative to the repository.

    `tests` are the files of the test patch as it leaves them, packed, and `gone` those that it
    deletes; `configuration` are the files that configure tests, as they are at the base commit,
    packed; `gold_touches` are kinds by path of what gold touches of what decides about tests.
    `installed` are paths outside of the repository that installing changes, with kind and digest
    (empty: another one each time), `built` those within it that no patch names, and `packages`
    the top-level names that it installs as copies. `problem` is empty where gold resolved it
    and no patch did not, else it says what was wrong; the code is `FLAKY` where gold's tests did
    not end alike in all of its `gold_runs`.
    `xfailed` are the tests that are expected to fail and do, with gold too; `altered` the functions
    of tests that fail with gold once their expected values are changed; `twin_exit` is the exit
    code of the twins with gold (None: another one each time), and `written` the code that running
    the tests leaves.
    """

    tests: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)
    gold_touches: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    built: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    xfailed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    twin_exit: int | None = None
    canary: bool = False
    twins: bool = False
    mutants: bool = False
    gold_runs: int = 0
    problem: str = ""
    code: str = ""

    @property
    def flaky(self) -> bool:
        """Whether verdicts on this instance are to be settled by a majority."""
        return self.code == FLAKY

    @property
    def valid(self) -> bool:
        """Whether verdicts on this instance say something."""
        return self.gold_runs > 0 and not self.problem

    def as_spec(self) -> dict[str, Any]:
        """As JSON values, equal for equal facts."""
        found = asdict(self)
        found["installed"] = {path: list(what) for path, what in sorted(self.installed.items())}
        for name in LISTS:
            found[name] = sorted(found[name])
        return found


def facts_of(problem: Problem) -> Facts | None:
    """The facts in a problem's spec; None where it has none. Raises `ProblemError`."""
    found = problem.spec.get(FACTS)
    if found is None:
        return None
    known = {each.name for each in fields(Facts)}
    if not isinstance(found, Mapping) or not set(found) <= known:
        raise ProblemError(
            f"problem {problem.id}: its facts are of another version of Vervet",
            hint="Validate it again: vervet swebench validate.",
        )
    lists = {name: tuple(found.get(name, ())) for name in LISTS}
    installed = {path: (what[0], what[1]) for path, what in found.get("installed", {}).items()}
    return Facts(**{**found, **lists, "installed": installed})


def pack(data: bytes) -> str:
    """Bytes as text that JSON holds."""
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def unpack(text: str) -> bytes:
    """What `pack` was given. Raises `ProblemError` for what it has not made."""
    try:
        opened = zlib.decompressobj()
        data = opened.decompress(base64.b64decode(text, validate=True), _LARGEST)
    except (ValueError, zlib.error) as error:
        raise ProblemError(f"the facts of an instance are damaged: {error}") from None
    if not opened.eof:
        raise ProblemError("the facts of an instance are damaged: a file is cut or too large")
    return data
