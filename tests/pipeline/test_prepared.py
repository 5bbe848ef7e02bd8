"""References are run once a suite, verifier and environment: the facts are kept by digest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from vervet.core.values import Problem, Suite
from vervet.pipeline.prepared import prepared_suite
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.verification.functions import FunctionVerifier
from vervet.verification.programs import ProgramVerifier

SPEC = {"prompt": "", "entry_point": "f", "setup": "", "asserts": ["assert f()"]}
SUITE = Suite("small", (Problem("one", "function", "", SPEC, references=("def f(): return 1",)),))
TOLD = {
    **dict.fromkeys(("failed", "changed", "handles"), False),
    **dict.fromkeys(("stuck", "stuck_words"), ""),
    "outcomes": "P",
    "reached": 1,
    "ended": True,
}


@pytest.fixture
def sandbox() -> ScriptedSandbox:
    """Where every reference passes."""
    return ScriptedSandbox(lambda *_: prints(f"\n{json.dumps(TOLD)}".encode()))


def opened(suite: Suite, sandbox: ScriptedSandbox, folder: Path) -> Suite:
    return prepared_suite(suite, {"function": FunctionVerifier()}, sandbox, folder)


def test_the_second_opening_runs_nothing(sandbox: ScriptedSandbox, tmp_path: Path) -> None:
    first = opened(SUITE, sandbox, tmp_path / "prepared")
    second = opened(SUITE, sandbox, tmp_path / "prepared")

    assert len(sandbox.jobs) == 1
    assert first == second
    assert first.problems[0].spec == {**SPEC, "reaches": 1}


def test_another_reference_is_run(sandbox: ScriptedSandbox, tmp_path: Path) -> None:
    (problem,) = SUITE.problems
    other = replace(SUITE, problems=(replace(problem, references=("def f(): return 2",)),))
    opened(SUITE, sandbox, tmp_path)
    opened(other, sandbox, tmp_path)

    assert len(sandbox.jobs) == 2


@pytest.mark.parametrize("left", ["", "{", "[]", "{}", '{"another": {}}'])
def test_what_cannot_be_read_is_found_again(
    sandbox: ScriptedSandbox, tmp_path: Path, left: str
) -> None:
    opened(SUITE, sandbox, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(left)

    assert opened(SUITE, sandbox, tmp_path).problems[0].spec["reaches"] == 1
    assert len(sandbox.jobs) == 2


def test_a_folder_that_cannot_be_written_is_no_hindrance(
    sandbox: ScriptedSandbox, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    assert opened(SUITE, sandbox, tmp_path / "file").problems[0].spec["reaches"] == 1


def test_a_suite_that_needs_no_preparation_leaves_nothing(
    sandbox: ScriptedSandbox, tmp_path: Path
) -> None:
    problem = Problem("one", "program", "", {"tests": []}, references=("print()",))
    suite = Suite("small", (problem,))

    assert prepared_suite(suite, {"program": ProgramVerifier()}, sandbox, tmp_path) == suite
    assert list(tmp_path.iterdir()) == []
