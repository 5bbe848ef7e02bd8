"""Verifiers over a sandbox that answers from a script: what a jail would make slow or rare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vervet.core.status import Flag, Status
from vervet.core.values import Problem
from vervet.sandbox.job import CheckReport, LimitHit
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.scripted import ScriptedSandbox, Starved, prints
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

TESTS = [{"input": str(n), "output": str(n)} for n in range(4)]


@pytest.mark.parametrize("failing", range(5))
def test_a_sandbox_that_fails_at_any_check_makes_no_verdict(failing: int) -> None:
    def script(_: bytes, stdin: bytes) -> CheckReport | str:
        return "out of order" if stdin == str(failing).encode() else prints(stdin)

    sandbox = ScriptedSandbox(script)
    verifier, asked = ProgramVerifier(), Problem("p", "program", "", {"tests": TESTS})

    found = verify(verifier, sandbox, asked, verifier.extract(asked, "pass", cut=False))

    assert found.status is (Status.PASSED if failing == 4 else Status.INFRA_ERROR)
    assert found.message == ("" if failing == 4 else "out of order")
    assert len(found.outcomes) == 4


def test_the_scripted_sandbox_is_a_sandbox_that_nothing_can_name() -> None:
    from importlib.metadata import entry_points

    sandbox = ScriptedSandbox(lambda *_: prints(b""))

    assert isinstance(sandbox, Sandbox)
    assert "scripted" not in {entry.name for entry in entry_points(group="vervet.sandboxes")}


def test_a_starved_check_is_an_infra_error_that_says_so() -> None:
    sandbox = ScriptedSandbox(lambda *_: Starved("check 1 waited 5.0 of 8.0 s for a processor"))
    verifier, asked = ProgramVerifier(), Problem("p", "program", "", {"tests": TESTS})

    found = verify(verifier, sandbox, asked, verifier.extract(asked, "pass", cut=False))

    assert (found.status, found.code) == (Status.INFRA_ERROR, "starved")
    assert found.flags == {Flag.STARVED}


@pytest.mark.parametrize(
    ("limit", "known_by"),
    [(LimitHit.CPU, "rusage"), (LimitHit.WALL, "deadline"), (LimitHit.OUTPUT, "pipe")],
)
def test_evidence_says_which_limit_was_hit_and_how_that_is_known(
    limit: LimitHit, known_by: str
) -> None:
    hit = replace(prints(b"", 1), limit=limit, known_by=known_by, stderr=b"ValueError: my words")
    verifier, asked = ProgramVerifier(), Problem("p", "program", "", {"tests": TESTS})
    solution = verifier.extract(asked, "pass", cut=False)

    found = verify(verifier, ScriptedSandbox(lambda *_: hit), asked, solution)

    assert found.evidence[0].message == f"{limit} limit hit, known by {known_by}"
