"""What a reference shows of its problem: counted, found once, the same for every candidate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.verification.functions.suite import problem
from vervet.core.errors import SandboxError
from vervet.core.status import Status
from vervet.core.values import Problem, Solution
from vervet.problems.reading import read_suite
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.scripted import ScriptedSandbox
from vervet.verification.functions import FunctionVerifier
from vervet.verification.preparing import prepare_problem, prepare_suite
from vervet.verification.registry import verify

FACTS = ("mode", "mirror", "handles", "reaches")


def prepared(jail: JailSandbox, asked: Problem, *references: str) -> dict[str, Any]:
    """The facts that the first reference shows."""
    found = prepare_problem(FunctionVerifier(), replace(asked, references=references), jail)
    assert {k: v for k, v in found.spec.items() if k not in FACTS} == dict(asked.spec)
    return {key: found.spec[key] for key in FACTS if key in found.spec}


def test_asserts_are_counted_with_loops_unrolled(jail: JailSandbox) -> None:
    test = (
        "def check(candidate):\n    for n in candidate(3):\n        assert n\n    assert n == 3\n"
    )
    spec = {"prompt": "", "entry_point": "f", "test": test}

    facts = prepared(jail, Problem("f", "function", "", spec), "def f(n): return range(1, n + 1)")

    assert facts == {"reaches": 4}


@pytest.mark.parametrize(
    ("asserts", "reference", "facts"),
    [
        ("f([1]) == [1]", "def f(x): return x", {}),
        ("f([1]) == [1, 2]", "def f(x):\n    x.append(2)\n    return x", {"mirror": True}),
        ("f(1)(2) == 3", "def f(a): return lambda b: a + b", {"handles": True}),
        ("list(f(2)) == [0, 1]", "def f(n): yield from range(n)", {}),
        ("f(Pair()) == ()", "class Pair(tuple): pass\ndef f(p): return p", {"mode": "beside"}),
        ("f(lambda n: n + 1) == 2", "def f(g): return g(1)", {"mode": "beside"}),
        ("sys.maxsize and f() == 1", "import sys\ndef f(): return 1", {"mode": "beside"}),
    ],
)  # fmt: skip
def test_what_must_cross_is_found_with_the_reference(
    jail: JailSandbox, asserts: str, reference: str, facts: dict[str, Any]
) -> None:
    found = prepared(jail, problem("f", f"assert {asserts}"), reference)

    assert found == {"reaches": 1, **facts}


def test_a_reference_that_fails_shows_nothing(jail: JailSandbox) -> None:
    assert prepared(jail, problem("f", "assert f() == 1"), "def f(): return 2") == {}


def test_without_a_reference_or_with_facts_nothing_is_run() -> None:
    sandbox = ScriptedSandbox(lambda *_: "not to be run")
    for asked in (
        problem("f", "assert f()"),
        replace(problem("f", "assert f()", reaches=1), references=("def f(): return 1",)),
    ):
        assert prepare_problem(FunctionVerifier(), asked, sandbox) == asked
    assert sandbox.jobs == []


def test_a_sandbox_that_fails_is_no_fact() -> None:
    asked = replace(problem("f", "assert f()"), references=("def f(): return 1",))

    with pytest.raises(SandboxError, match="it burned"):
        prepare_problem(FunctionVerifier(), asked, ScriptedSandbox(lambda *_: "it burned"))


def ready(jail: JailSandbox, path: Path) -> tuple[Problem, ...]:
    suite = read_suite(path).suite
    return prepare_suite(suite, {"function": FunctionVerifier()}, jail).problems


def test_every_reference_of_humaneval_passes_in_a_process_of_its_own(
    jail: JailSandbox, shared_data: Path
) -> None:
    problems = ready(jail, shared_data / "humaneval" / "HumanEval.jsonl.gz")
    verifier = FunctionVerifier()
    statuses = []
    for each in problems:
        solution = verifier.extract(each, each.references[0], cut=False)
        statuses.append(verify(verifier, jail, each, solution).status)

    assert statuses == [Status.PASSED] * 164
    assert sum("reaches" in each.spec for each in problems) == 164
    assert [each.id for each in problems if "mode" in each.spec or "handles" in each.spec] == []
    assert sum("mirror" in each.spec for each in problems) == 3


@pytest.mark.timeout(600)
def test_every_reference_of_mbpp_passes_and_few_beside_the_tests(
    jail: JailSandbox, shared_data: Path
) -> None:
    problems = ready(jail, shared_data / "mbpp" / "mbpp.jsonl")

    assert len(problems) == 974
    assert [each.id for each in problems if each.spec.get("reaches", 0) < 3] == []
    assert [each.id for each in problems if "mode" in each.spec] == ["367", "596", "601", "927"]
    assert sum("mirror" in each.spec for each in problems) == 46


def test_helpers_of_the_prompt_are_not_the_solutions(jail: JailSandbox, shared_data: Path) -> None:
    problems = read_suite(shared_data / "humaneval" / "HumanEval.jsonl.gz").suite.problems
    forged = {
        "HumanEval/32": "    return 0\n\ndef poly(xs, x): return 0\n",
        "HumanEval/38": "    return s\n\ndef encode_cyclic(s): return s\n",
        "HumanEval/50": "    return s\n\ndef encode_shift(s): return s\n",
    }
    for each in problems:
        if each.id in forged:
            found = verify(FunctionVerifier(), jail, each, Solution("function", forged[each.id]))
            assert (found.status, found.code) == (Status.FAILED, "assertion"), each.id
