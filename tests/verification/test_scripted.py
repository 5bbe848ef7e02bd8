"""Verifiers over a sandbox that answers from a script: what a jail would make slow or rare."""

from __future__ import annotations

import pytest

from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.sandbox.job import CheckReport
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.scripted import ScriptedSandbox, prints
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
