"""Functions beside their tests: every published reference, and what must not pass."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vervet.core.errors import ProblemError
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, Problem
from vervet.sandbox.jail import JailSandbox
from vervet.verification.functions import FunctionVerifier
from vervet.verification.registry import verify

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")

DOUBLE = {
    "prompt": 'def double(x):\n    """Twice x."""\n',
    "entry_point": "double",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n",
}


def attempt(jail: JailSandbox, completion: str, **change: Any) -> Attempt:
    asked = Problem("double", "function", DOUBLE["prompt"], DOUBLE | change, stop=STOP)
    verifier = FunctionVerifier()
    verifier.check_problem(asked)
    return verify(verifier, jail, asked, verifier.extract(asked, completion, cut=False))


@pytest.mark.parametrize(
    ("completion", "status", "code"),
    [
        ("    return 2 * x\n", Status.PASSED, ""),
        ("    return 2 * x\n\ndef other():\n    return (", Status.PASSED, ""),
        ("    print('noise')\n    return 2 * x", Status.PASSED, ""),
        ("```python\ndef double(x):\n    return x + x\n```", Status.PASSED, ""),
        ("    return x + 2\n", Status.FAILED, "assertion"),
        ("    return x / 0\n", Status.CRASHED, "ZeroDivisionError"),
        ("    return y\n", Status.CRASHED, "NameError"),
        ("    return (\n", Status.MALFORMED, "syntax_error"),
        ("return x\n", Status.MALFORMED, "syntax_error"),
        ("", Status.MALFORMED, "nothing_extracted"),
        ("    while True: pass\n", Status.TIMED_OUT, "cpu_time"),
        ("    import sys; sys.exit(0)\n", Status.FAILED, "ended_early"),
        ("    import os; os._exit(0)\n", Status.FAILED, "ended_early"),
        ("    raise SystemExit\n", Status.FAILED, "ended_early"),
    ],
)
def test_completions_get_their_status(
    jail: JailSandbox, completion: str, status: Status, code: str
) -> None:
    found = attempt(jail, completion, limits={"cpu_s": 0.5, "wall_s": 30.0})

    assert (found.status, found.code) == (status, code)
    assert found.outcomes == (Outcome.PASSED,) * 2 or status is not Status.PASSED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": "assert double(2) == 4"}, "no tests"),
        ({"entry_point": "double("}, "no name"),
        ({"prompt": None}, "prompt"),
        ({"tests": []}, "tests"),
        ({"limits": {"speed": 1}}, "speed"),
    ],
)
def test_broken_problems_are_named(change: dict[str, Any], words: str) -> None:
    asked = Problem("double", "function", "", DOUBLE | change)

    with pytest.raises(ProblemError, match="problem double") as caught:
        FunctionVerifier().check_problem(asked)

    assert words in str(caught.value)


def test_every_reference_of_humaneval_passes(jail: JailSandbox, shared_data: Path) -> None:
    verifier = FunctionVerifier()
    packed = (shared_data / "humaneval" / "HumanEval.jsonl.gz").read_bytes()
    records = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    passed = 0
    for record in records:
        spec = {key: record[key] for key in ("prompt", "entry_point", "test")}
        asked = Problem(record["task_id"], "function", record["prompt"], spec, stop=STOP)
        verifier.check_problem(asked)
        solution = verifier.extract(asked, record["canonical_solution"], cut=False)
        found = verify(verifier, jail, asked, solution)
        assert found.status is Status.PASSED, (asked.id, found)
        passed += 1

    assert passed == 164
