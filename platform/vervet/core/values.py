"""The frozen nouns of Vervet: problem, solution, candidate, attempt, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vervet.core.digests import digest_json, digest_text
from vervet.core.limits import Usage
from vervet.core.status import NORMAL, Flag, Outcome, Settlement, Status

__all__ = ["Attempt", "Candidate", "CheckEvidence", "Problem", "Solution", "Suite", "Verdict"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to solve, with what its verifier needs.

    `kind` names the verifier; `spec` is JSON that this verifier understands (tests, answer,
    statement). `references` are completions known to be correct, `known_wrong` ones known to be
    wrong.
    """

    id: str
    kind: str
    prompt: str
    spec: Mapping[str, Any]
    stop: tuple[str, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    known_wrong: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Identity by content: everything that can change a completion or its verdict."""
        return digest_json(
            {
                "id": self.id,
                "kind": self.kind,
                "prompt": self.prompt,
                "spec": self.spec,
                "stop": self.stop,
            }
        )


@dataclass(frozen=True, slots=True)
class Suite:
    """A named set of problems, in a fixed order."""

    name: str
    problems: tuple[Problem, ...]
    origin: str = ""

    @property
    def digest(self) -> str:
        """Identity by the content and order of the problems."""
        return digest_json([problem.digest for problem in self.problems])


@dataclass(frozen=True, slots=True)
class Solution:
    """What was extracted from a completion: a program, an answer, a proof, a patch.

    `malformed` is empty, or the code of what kept anything from being extracted
    ("nothing_extracted", "cut", ...); `text` is then empty.
    """

    kind: str
    text: str
    malformed: str = ""

    @property
    def digest(self) -> str:
        """Equal solutions of a problem are verified once."""
        return digest_text(f"{self.kind}\0{self.malformed}\0{self.text}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One generated completion of a problem, the `ordinal`-th of its run (from 0)."""

    problem_id: str
    ordinal: int
    completion: str
    solution: Solution
    finish_reason: str = "stop"
    tokens: int = 0
    mean_logprob: float | None = None
    claimed: Status | None = None
    prompt_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class CheckEvidence:
    """Why one check of an attempt was not passed; texts are capped by who makes them."""

    ordinal: int
    name: str
    outcome: Outcome
    message: str = ""
    expected: bytes | None = None
    actual: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a verifier on a solution, as the verifier reports it.

    `outcomes` holds one entry per check in the problem's order; `layers` names the isolation
    that was in force ("userns", "seccomp", ...; empty when nothing untrusted was run).
    """

    status: Status
    code: str = ""
    flags: frozenset[Flag] = frozenset()
    outcomes: tuple[Outcome, ...] = ()
    evidence: tuple[CheckEvidence, ...] = ()
    usage: Usage = Usage()
    message: str = ""
    layers: tuple[str, ...] = ()
    condition: str = NORMAL


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the attempts of a solution under condition `normal` settle to."""

    status: Status
    code: str = ""
    flags: frozenset[Flag] = frozenset()
    settlement: Settlement = Settlement.FIRST
    attempts: int = 1

    @property
    def counts_as_passed(self) -> bool:
        """Whether coverage counts it by default: passes under suspicion are left out."""
        return self.status is Status.PASSED and not self.flags & DISCOUNTED


DISCOUNTED = frozenset({Flag.FLAGGED, Flag.BESIDE, Flag.UNSAFE})
